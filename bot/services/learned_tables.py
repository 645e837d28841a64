"""What is known of every track beside its vectors, and what lists taught: kept in files, and in step with the index.

Plain blocking code with one lock around every change; services send it through their pools. Several processes may share
the files: a complete set replaces another at a single moment, and each process takes over the newest.
"""

import json
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import numpy as np

from bot.errors import ClosingDownError
from bot.services.content_policy import ContentPolicy
from recommender.errors import IndexFileError
from recommender.evaluation.list_quality import Quality
from recommender.index.catalog_index import CatalogIndex
from recommender.index.generations import Generation, Manifest, checked_manifest, new_draft, newest_generation
from recommender.list_model import NO_ARTIST_CODE
from recommender.ports import ListSource, Progress, TrackList, TrackSource
from recommender.ranking.feature_weights import WeightSets, default_weights
from recommender.track_tables import TrackTables
from recommender.types import Fact, Track, TrackKey

log = logging.getLogger(__name__)

TABLES_FILE: Final = "tables.npz"
WEIGHTS_FILE: Final = "weights.json"
QUALITY_FILE: Final = "quality.json"
_FIRST: Final = TrackKey(0)
_TOLD_EVERY: Final = 1_000
"""Tracks between two reports of progress."""


class Tracks(TrackSource, Protocol):
    """What the catalog says of tracks."""

    def tracks(self, keys: Iterable[TrackKey], /) -> Mapping[TrackKey, Track]:
        """Return the tracks that exist among these keys."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """What the ranking is served with beside the index."""

    tables: TrackTables
    weights: WeightSets
    quality: Quality | None = None
    """How well checked lists were continued with these; None where that was not measured."""
    stamp: str = ""
    """Of all that it was learnt from; the same stamp needs no learning again."""
    members: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """How many tracks each member gave who was learnt from; they go by digests."""
    generation: int = 0
    """Number of the files; a later one has a higher number."""


class LearnedTables:
    """Keeps tables and weights, and lets them follow the index."""

    def __init__(self, folder: Path, tracks: Tracks, lists: ListSource, policy: ContentPolicy) -> None:
        """Take collaborators.

        Args:
            folder: For the files; made when it is needed.
            tracks: The catalog.
            lists: What the tables learn from.
            policy: Says what of a track may be learnt from.
        """
        self._folder = folder
        self._tracks = tracks
        self._lists = lists
        self._policy = policy
        self._served: tuple[_State, Learned] | None = None
        self._changing = threading.Lock()
        self._closing = threading.Event()

    def serving(self, index: CatalogIndex) -> Learned:
        """Return what to rank with: tables that know every track of the index.

        They are opened on first use. Files that are missing, torn, of another format or of another content policy are
        built anew from the database, with the weights that come with the project: weights are not learnt here.

        Raises:
            ClosingDownError: They had to be built, and :meth:`close` was called.
        """
        served = self._served
        if served is not None and served[0] == _state_of(index):
            return served[1]
        with self._changing:
            return self._covering(self._served[1] if self._served is not None else self._opened(index), index)

    def refresh(self, index: CatalogIndex) -> None:
        """Take over what another process published, and bring in the tracks that came since."""
        with self._changing:
            newest = newest_generation(self._folder)
            served = self._served[1] if self._served is not None else None
            if served is not None and newest is not None and newest.number != served.generation:
                served = self._read_newest() or served
            self._covering(served if served is not None else self._opened(index), index)

    def kept(self) -> Learned | None:
        """Return what is served, or what the newest files hold; None when there is nothing that can be used."""
        with self._changing:
            return self._served[1] if self._served is not None else self._read_newest()

    def built(
        self,
        index: CatalogIndex,
        lists: Sequence[TrackList],
        *,
        version: str = "",
        progress: Progress | None = None,
    ) -> TrackTables:
        """Return tables of the tracks of an index, built anew from the database; nothing that is served changes.

        Args:
            index: Of the catalog.
            lists: What to learn from.
            version: Of the lists.
            progress: Counts tracks.

        Raises:
            ClosingDownError: :meth:`close` was called.
        """
        return TrackTables.build(self._streamed(index, progress), lists, reads=self._reads, version=version)

    def publish(self, learned: Learned, index: CatalogIndex) -> Learned:
        """Write everything to files, serve it from now on, and return it with the number of the files."""
        with self._changing:
            return self._covering(self._published(learned), index)

    def rebuild_words(self, index: CatalogIndex) -> None:
        """Read all tracks anew after many came, so that the weights of words fit; what lists taught stays.

        Raises:
            ClosingDownError: :meth:`close` was called.
        """
        before = self.serving(index)
        tables = self.built(index, ()).with_lists(before.tables.lists, before.tables.version)
        self.publish(replace(before, tables=tables, stamp=""), index)

    def warm_up(self, index: CatalogIndex) -> None:
        """Open everything and let it work out once what every answer needs."""
        tables = self.serving(index).tables
        if (lists := tables.lists) is not None:
            track, artist, full = lists.tracks[:1], lists.artists[:1], np.ones(1, dtype=np.float32)
            lists.track_scores(track, full)
            lists.artist_scores(artist, full[: len(artist)])
            lists.lists_with_track(int(track[0]), track)
            lists.lists_with_artist(int(artist.max(initial=NO_ARTIST_CODE)), artist)
        # Looked at once, they are remembered.
        _ = tables.list_rows, tables.artist_columns

    def close(self) -> None:
        """Let building end soon."""
        self._closing.set()

    def _covering(self, learned: Learned, index: CatalogIndex) -> Learned:
        state = _state_of(index)
        missing = np.setdiff1d(index.keys, learned.tables.keys)
        if len(missing):
            came = self._tracks.tracks([TrackKey(key) for key in missing.tolist()])
            tables = learned.tables.with_tracks([*map(self._policy.readable, came.values())], reads=self._reads)
            learned = replace(learned, tables=tables)
        self._served = (state, learned)
        return learned

    def _opened(self, index: CatalogIndex) -> Learned:
        learned = self._read_newest()
        if learned is not None:
            return learned
        version = self._lists.version()
        tables = self.built(index, list(self._lists.track_lists()), version=version)
        log.info("tables of tracks built tracks=%d lists=%s", len(tables), tables.lists is not None)
        return self._published(Learned(tables=tables, weights=default_weights()))

    def _read_newest(self) -> Learned | None:
        newest = newest_generation(self._folder)
        while newest is not None:
            try:
                return self._read(newest)
            except IndexFileError as error:
                # Another process may have published newer files and removed these meanwhile.
                tried, newest = newest, newest_generation(self._folder)
                if newest == tried:
                    log.warning("tables of tracks not usable reason=%r", error.reason)
                    return None
        return None

    def _read(self, generation: Generation) -> Learned:
        manifest = checked_manifest(generation.path, contents=True)
        if manifest.facts.get("content") != self._content:
            raise IndexFileError(str(generation.path), "CONTENT_SOURCES was another when its words were read")
        tables = TrackTables.load(generation.path / TABLES_FILE)
        try:
            weights = WeightSets.from_json((generation.path / WEIGHTS_FILE).read_text("utf-8"))
        except (OSError, ValueError) as error:
            log.warning("weights not usable, those of the project serve reason=%r", str(error))
            return Learned(tables=tables, weights=default_weights(), generation=generation.number)
        return Learned(
            tables=tables,
            weights=weights,
            quality=_quality_in(generation.path, manifest),
            stamp=manifest.facts.get("stamp", ""),
            members=json.loads(manifest.facts.get("members", "{}")),
            generation=generation.number,
        )

    def _published(self, learned: Learned) -> Learned:
        with new_draft(self._folder) as draft:
            learned.tables.save(draft.path / TABLES_FILE)
            (draft.path / WEIGHTS_FILE).write_text(learned.weights.to_json(), "utf-8")
            if learned.quality is not None:
                (draft.path / QUALITY_FILE).write_text(learned.quality.to_json(), "utf-8")
            facts = {"content": self._content, "stamp": learned.stamp, "members": json.dumps(dict(learned.members))}
            generation = draft.publish(facts)
        return replace(learned, generation=generation.number)

    def _streamed(self, index: CatalogIndex, progress: Progress | None) -> Iterator[Track]:
        wanted = frozenset(index.keys.tolist())
        done = 0
        for track in self._tracks.tracks_after(_FIRST):
            if track.key in wanted:
                done += 1
                yield self._policy.readable(track)
                if progress is not None and (done % _TOLD_EVERY == 0 or done == len(wanted)):
                    progress(done, len(wanted))
            if self._closing.is_set():
                raise ClosingDownError

    def _reads(self, track: Track) -> bool:
        return self._policy.may_read_fact(track, Fact.WORDS)

    @property
    def _content(self) -> str:
        return ",".join(sorted(self._policy.sources))


_State = tuple[int, int, int]
"""Generation, number of tracks and last key of an index: other tracks hardly ever leave all three alike."""


def _state_of(index: CatalogIndex) -> _State:
    return index.generation, len(index), index.last_key


def _quality_in(folder: Path, manifest: Manifest) -> Quality | None:
    if QUALITY_FILE not in manifest.files:
        return None
    try:
        return Quality.from_json((folder / QUALITY_FILE).read_text("utf-8"))
    except (OSError, ValueError) as error:
        log.warning("figures of quality not usable reason=%r", str(error))
        return None
