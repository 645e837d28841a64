"""The project's own engine as measured methods: the dataset is its catalog, an owner's list is a member's history.

Only the text encoder, the audio features and what the facts say are used: such files have no covers and no lyrics.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from recommender.audio_columns import audio_row
from recommender.encoders.track_text import compose, track_text_fingerprint, track_vectors
from recommender.errors import NothingToGoOnError
from recommender.evaluation.datasets import Rows
from recommender.evaluation.rankers import NOTHING, Lists, Method, Ranker, Scores, Training, ranked_by
from recommender.evaluation.text_cache import cached_rows
from recommender.fused_space import FusedSpace
from recommender.ports import Progress, RawVectors, TextEncoder, TrackList, TrackLookup, Words
from recommender.ranking.directions import directions_of, known_vectors
from recommender.ranking.feature_weights import WeightSets, default_weights
from recommender.ranking.recommender import Recommender
from recommender.ranking.scoring import content_scores
from recommender.ranking.weight_learning import examples_of, learn
from recommender.songs import normalised
from recommender.taste_profile import taste_profile
from recommender.track_tables import TrackTables
from recommender.types import (
    HIGHEST_POPULARITY,
    Filters,
    Keys,
    ListKind,
    Matrix,
    MemberId,
    Request,
    Seed,
    SeedKind,
    Signal,
    SignalKind,
    Track,
    TrackKey,
    Vector,
    Weights,
)

if TYPE_CHECKING:
    from recommender.index.catalog_index import CatalogIndex
    from recommender.ports import RawVectorSource

log = logging.getLogger(__name__)

MOMENT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""When everything is measured: signals without a time do not fade, and the age of songs is the same in every run."""
_NO_COVERS: Final = ("no covers", 1)
_NO_KEY: Final = TrackKey(0)
_SPACE_SEED: Final = 0
_HIDING: Final = 1
_CHECKING: Final = 2


class DatasetCatalog:
    """A dataset as a catalog: what the engine looks tracks up in, and what its index is built from."""

    def __init__(self, tracks: Sequence[Track], text: Matrix) -> None:
        """Take the tracks by ascending key, and the raw text vector of each."""
        self._tracks = {track.key: track for track in tracks}
        self._text = text
        self._by_artist: dict[str, list[int]] = defaultdict(list)
        for track in tracks:
            for name in {normalised(each) for each in track.artists}:
                self._by_artist[name].append(track.key)

    def tracks(self, keys: Iterable[TrackKey], /) -> Mapping[TrackKey, Track]:
        """Return the tracks that exist among these keys."""
        return {key: self._tracks[key] for key in keys if key in self._tracks}

    def keys_matching(self, filters: Filters, /) -> Keys:
        """Return all keys: nothing is filtered here.

        Raises:
            ValueError: Something is.
        """
        if not filters.is_open:
            raise ValueError("the evaluation asks without filters")
        return np.asarray(list(self._tracks), dtype=np.int64)

    def keys_of_artist(self, artist: str, /) -> Keys:
        """Return the keys of an artist's tracks."""
        return np.asarray(self._by_artist.get(artist, ()), dtype=np.int64)

    def popularity_counts(self) -> NDArray[np.int64]:
        """Return how many tracks have each popularity, shape (101,)."""
        known = [track.popularity for track in self._tracks.values() if track.popularity is not None]
        return np.bincount(np.asarray(known, dtype=np.int64), minlength=HIGHEST_POPULARITY + 1)

    def count(self, /) -> int:
        """Count the tracks."""
        return len(self._tracks)

    def batches(
        self, _text: tuple[str, int], image: tuple[str, int], /, *, after: TrackKey = _NO_KEY
    ) -> Iterator[RawVectors]:
        """Yield the whole catalog at once."""
        tracks = [track for track in self._tracks.values() if track.key > after]
        yield RawVectors(
            keys=np.asarray([track.key for track in tracks], dtype=np.int64),
            text=self._text[[track.key - 1 for track in tracks]],
            image=np.zeros((len(tracks), image[1]), dtype=np.float32),
            audio=np.asarray([audio_row(track.audio) for track in tracks], dtype=np.float32),
            artists=tuple(normalised(track.artists[0]) if track.artists else "" for track in tracks),
            popularity=np.asarray(
                [np.nan if track.popularity is None else track.popularity for track in tracks], dtype=np.float32
            ),
        )


class Engine:
    """Makes methods of the engine; the catalog of a dataset is embedded and indexed once, whatever is asked of it."""

    def __init__(self, encoder: TextEncoder, folder: Path, cache: Path, progress: Progress | None = None) -> None:
        """Take what is needed.

        Args:
            encoder: Embeds the words of tracks.
            folder: For indexes; what is in it may be thrown away afterwards.
            cache: Keeps text vectors from one run to the next.
            progress: Counts the texts that are embedded.
        """
        self._encoder = encoder
        self._folder = folder
        self._cache = cache
        self._progress = progress
        self._ready: dict[int, tuple[tuple[Track, ...], CatalogIndex, DatasetCatalog]] = {}
        self._learnt: dict[int, tuple[Training, TrackTables, WeightSets]] = {}

    def recommending(self) -> Method:
        """Return the engine as members meet it: interests, ranking, at most two tracks of an artist, variety."""

        def method(training: Training) -> Ranker:
            index, catalog = self._catalog_of(training.tracks)
            tables, weights = self._learnt_from(training)
            recommender = Recommender(
                index, catalog, _no_prompt, _no_cover, now=lambda: MOMENT, tables=tables, weights=weights
            )

            def ranked(owners: Rows, count: int) -> Lists:
                lists = np.full((len(owners), count), NOTHING, dtype=np.int64)
                for place, owner in enumerate(owners.tolist()):
                    keys = _recommended(recommender, signals_of(training, owner), count)
                    lists[place, : len(keys)] = [key - 1 for key in keys]
                return lists

            return ranked

        return method

    def by_track(self) -> Method:
        """Return the engine asked about one track: what is like the first of each owner's list, which is not empty."""

        @cache
        def encoded(text: str) -> Vector:
            vector: Vector = self._encoder.encode([text])[0]
            return vector

        def method(training: Training) -> Ranker:
            index, catalog = self._catalog_of(training.tracks)
            tables, weights = self._learnt_from(training)
            recommender = Recommender(
                index, catalog, encoded, _no_cover, now=lambda: MOMENT, tables=tables, weights=weights
            )

            def ranked(owners: Rows, count: int) -> Lists:
                lists = np.full((len(owners), count), NOTHING, dtype=np.int64)
                first = training.table.indices[training.table.indptr[owners]]
                for place, column in enumerate(first.tolist()):
                    seed = Seed(kind=SeedKind.TRACK, tracks=(TrackKey(column + 1),))
                    keys = _suggested(recommender, Request(seed=seed, count=count))
                    lists[place, : len(keys)] = [key - 1 for key in keys]
                return lists

            return ranked

        return method

    def content(self, weights: Weights | None = None) -> Method:
        """Return the content part of the engine's score alone, over every track: no caps, no variety, no popularity."""
        asked = weights or Weights()

        def method(training: Training) -> Ranker:
            return ranked_by(training, self.content_scorer(training, asked))

        return method

    def content_scorer(self, training: Training, weights: Weights) -> Callable[[Rows], Scores]:
        """Return what scores all tracks by content; 0 throughout where an owner's tracks say nothing."""
        index, _ = self._catalog_of(training.tracks)
        keys = np.arange(1, len(training.tracks) + 1)
        vectors = index.vectors_of(keys)

        def scores(owners: Rows) -> Scores:
            return np.stack([_content_of(index, vectors, signals_of(training, owner), weights) for owner in owners])

        return scores

    def raw_text_vectors(self, tracks: tuple[Track, ...]) -> Matrix:
        """Return what the text encoder makes of each track's words, as it comes; zero where nothing can be read."""
        return self._text_rows(tracks)

    def _learnt_from(self, training: Training) -> tuple[TrackTables, WeightSets]:
        """Return what a training part teaches: the lists of all owners, and what each feature is worth among them."""
        if id(training) not in self._learnt:
            index, _ = self._catalog_of(training.tracks)
            lists = lists_of(training)
            tables = TrackTables.build(training.tracks, lists, reads=lambda _track: True)
            examples = examples_of(lists, tables, index, np.random.default_rng((training.seed, _HIDING)))
            weights = learn(
                examples,
                default_weights(),
                data="training part",
                today=MOMENT.date(),
                rng=np.random.default_rng((training.seed, _CHECKING)),
            )
            log.info("weights learnt %s", weights.provenance)
            self._learnt = {id(training): (training, tables, weights)}
        return self._learnt[id(training)][1:]

    def fused_vectors(self, tracks: tuple[Track, ...]) -> Matrix:
        """Return the fused vectors of tracks as far as they are known, shape (tracks, dim)."""
        index, _ = self._catalog_of(tracks)
        return known_vectors(index, np.arange(1, len(tracks) + 1))

    def _catalog_of(self, tracks: tuple[Track, ...]) -> tuple["CatalogIndex", DatasetCatalog]:
        if id(tracks) not in self._ready:
            text = (track_text_fingerprint(self._encoder), self._encoder.dim)
            catalog = DatasetCatalog(tracks, self._text_rows(tracks))
            space = FusedSpace.fit(catalog, text=text, image=_NO_COVERS, rng=np.random.default_rng(_SPACE_SEED))
            # usearch 2.26 comes last: OpenVINO 2026.4 reads no network in a process that loaded usearch before it.
            # Where all texts were kept from a run before, none has been read yet, and a song that is named needs it.
            self._encoder.encode(["warm"])
            from recommender.index.catalog_index import CatalogIndex

            index = CatalogIndex.build(self._folder / str(len(self._ready)), catalog, space)
            # The tracks are kept too, so that no other tuple can get their id.
            self._ready[id(tracks)] = (tracks, index, catalog)
        return self._ready[id(tracks)][1:]

    def _text_rows(self, tracks: Sequence[Track]) -> Matrix:
        words = [_words_of(track) for track in tracks]
        fingerprint = track_text_fingerprint(self._encoder)
        file = self._cache / f"{hashlib.sha256(fingerprint.encode()).hexdigest()[:16]}.npz"
        by_text = {compose(each)[0]: each for each in words if each is not None}

        def embedded(texts: Sequence[str]) -> Matrix:
            return track_vectors(self._encoder, [by_text[text] for text in texts])

        rows = cached_rows(file, list(by_text), embedded, self._encoder.dim, self._progress)
        at = {text: row for row, text in enumerate(by_text)}
        found = np.zeros((len(tracks), self._encoder.dim), dtype=np.float32)
        for place, each in enumerate(words):
            if each is not None:
                found[place] = rows[at[compose(each)[0]]]
        return found


def lists_of(training: Training) -> list[TrackList]:
    """Return what there is to learn from as lists: of members where there are counts, else playlists."""
    table = training.table if training.others is None else training.others
    kind = ListKind.PLAYLIST if (table.data == 1).all() else ListKind.LISTENER
    return [
        TrackList(
            owner=f"{kind}:{owner}",
            kind=kind,
            keys=table.indices[start:end].astype(np.int64) + 1,
            strengths=np.log2(1 + table.data[start:end]).astype(np.float32),
        )
        for owner, (start, end) in enumerate(zip(table.indptr[:-1].tolist(), table.indptr[1:].tolist(), strict=True))
    ]


def signals_of(training: Training, owner: int) -> list[Signal]:
    """Return an owner's training list as what a member did: plays where there are counts, else tracks of a playlist."""
    start, end = training.table.indptr[owner : owner + 2]
    counts = training.table.data[start:end]
    kind = SignalKind.PLAYLIST if (training.table.data == 1).all() else SignalKind.PLAY
    return [
        Signal(track=training.tracks[column].key, kind=kind, at=MOMENT, count=int(count))
        for column, count in zip(training.table.indices[start:end].tolist(), counts.tolist(), strict=True)
    ]


def _recommended(recommender: Recommender, signals: Sequence[Signal], count: int) -> list[TrackKey]:
    if all(signal.kind is SignalKind.PLAYLIST for signal in signals):
        seed = Seed(kind=SeedKind.PLAYLIST, tracks=tuple(signal.track for signal in signals))
        return _suggested(recommender, Request(seed=seed, count=count))
    seed = Seed(kind=SeedKind.MEMBER, member=MemberId(1))
    return _suggested(recommender, Request(seed=seed, count=count, max_per_artist=None), signals)


def _suggested(recommender: Recommender, request: Request, signals: Sequence[Signal] = ()) -> list[TrackKey]:
    try:
        return [each.track.key for each in recommender.recommend(request, signals).suggestions]
    except NothingToGoOnError:
        return []


def _content_of(index: "CatalogIndex", vectors: Matrix, signals: Sequence[Signal], weights: Weights) -> Vector:
    slices = index.space.slices
    profile = taste_profile(signals, lambda keys: known_vectors(index, keys), slices, now=MOMENT)
    try:
        directions = directions_of(profile.interests, index, weights)
    except NothingToGoOnError:
        return np.zeros(len(vectors), dtype=np.float32)
    scores: Vector = np.sum(list(content_scores(directions, vectors, slices).cosines.values()), axis=0)
    return scores


def _words_of(track: Track) -> Words | None:
    if not track.artists:
        return None
    return Words(title=track.title, artists=track.artists, album=track.album, genres=track.genres, lyrics=None)


def _no_prompt(_text: str) -> Vector:
    raise NotImplementedError


def _no_cover(_picture: bytes) -> Vector:
    raise NotImplementedError


if TYPE_CHECKING:
    _looks_up: type[TrackLookup] = DatasetCatalog
    _streams: type[RawVectorSource] = DatasetCatalog
