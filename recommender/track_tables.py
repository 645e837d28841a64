"""What the ranking knows of every track beside its vectors: words, artist, year, popularity, and the lists of others.

One row per track, by ascending key. Built from the catalog and the lists at night, kept in one file, and
extended in memory by what comes during the day.
"""

import logging
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy import sparse

from recommender.collaborative import Ease
from recommender.errors import IndexFileError
from recommender.fusion import artist_code
from recommender.index.answers import positions
from recommender.index.durable import replace_file
from recommender.list_model import NO_ARTIST_CODE, ListModel
from recommender.ports import TrackList
from recommender.songs import normalised
from recommender.track_words import Table, WordWeights, words_of
from recommender.types import Keys, Track, Vector

log = logging.getLogger(__name__)

_FORMAT: Final = "track-tables-1"
Reads = Callable[[Track], bool]
"""Whether the words of a track may be read."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackTables:
    """Make one with :meth:`build` or :meth:`load`."""

    keys: Keys
    """Shape (n,), ascending."""
    artists: Keys
    """Shape (n,): code of the first artist, 0 where there is none."""
    years: Vector
    """Shape (n,): NaN where unknown."""
    popularity: Vector
    """Shape (n,): 0-100, NaN where unknown."""
    words: Table
    """Shape (n, words): unit TF-IDF rows; zero where nothing may be read."""
    word_weights: WordWeights
    lists: ListModel | None
    version: str = ""
    """Of the lists that were learnt from."""

    @classmethod
    def build(
        cls, tracks: Iterable[Track], lists: Iterable[TrackList], *, reads: Reads, version: str = ""
    ) -> "TrackTables":
        """Read the catalog once and learn from lists.

        Args:
            tracks: By ascending key.
            lists: What may be learnt from.
            reads: Says of which tracks the words may be read.
            version: Of the lists.
        """
        facts = _Facts.of(tracks, reads)
        weights = WordWeights.fit(facts.texts)
        return cls(
            keys=facts.keys,
            artists=facts.artists,
            years=facts.years,
            popularity=facts.popularity,
            words=weights.rows(facts.texts),
            word_weights=weights,
            lists=ListModel.fit(lists, facts.keys, facts.artists),
            version=version,
        )

    def __len__(self) -> int:
        """Return the number of tracks."""
        return len(self.keys)

    @property
    def last_key(self) -> int:
        """The largest key; 0 when there is none."""
        return int(self.keys[-1]) if len(self.keys) else 0

    @cached_property
    def list_rows(self) -> Keys:
        """The row of each track of the list model, shape (tracks of lists,); -1 for one that is gone."""
        if self.lists is None:
            return np.empty(0, dtype=np.int64)
        found, rows = positions(self.keys, self.lists.tracks)
        places = np.full(len(found), -1, dtype=np.int64)
        places[found] = rows
        return places

    @cached_property
    def artist_columns(self) -> Keys:
        """Which artist of the list model each row is by, shape (n,); -1 where no list has the artist."""
        columns = np.full(len(self), -1, dtype=np.int64)
        if self.lists is not None:
            found, places = positions(self.lists.artists, self.artists)
            columns[found] = places
        return columns

    def with_tracks(self, tracks: Sequence[Track], *, reads: Reads) -> "TrackTables":
        """Return tables that have these too; those that are there already stay as they are."""
        known, _ = positions(self.keys, np.asarray([track.key for track in tracks], dtype=np.int64))
        facts = _Facts.of([track for track, there in zip(tracks, known.tolist(), strict=True) if not there], reads)
        if not len(facts.keys):
            return self
        keys = np.concatenate([self.keys, facts.keys])
        order = np.argsort(keys, kind="stable")
        return replace(
            self,
            keys=keys[order],
            artists=np.concatenate([self.artists, facts.artists])[order],
            years=np.concatenate([self.years, facts.years])[order],
            popularity=np.concatenate([self.popularity, facts.popularity])[order],
            words=sparse.csr_array(
                sparse.vstack([self.words, self.word_weights.rows(facts.texts)], format="csr")[order]
            ),
        )

    def with_lists(self, lists: ListModel | None, version: str) -> "TrackTables":
        """Return the same tables with another list model."""
        return replace(self, lists=lists, version=version)

    def save(self, path: Path) -> None:
        """Write the tables to an ``.npz`` file; a crash leaves the old file or the new one."""
        arrays: dict[str, Any] = {
            "format": np.asarray([_FORMAT, self.version]),
            "keys": self.keys,
            "artists": self.artists,
            "years": self.years,
            "popularity": self.popularity,
            "idf": self.word_weights.idf,
            **_of_table("words", self.words),
        }
        if (lists := self.lists) is not None:
            arrays |= {
                "list_tracks": lists.tracks,
                "list_artists": lists.artists,
                "artist_vectors": lists.artist_vectors,
                **_of_table("lists", lists.table),
                **_of_table("by_artist", lists.by_artist),
            }
            if lists.ease is not None:
                arrays |= {
                    "ease": lists.ease.inverse,
                    "ease_diagonal": lists.ease.diagonal,
                    "ease_by_lists": np.asarray(lists.ease.by_lists),
                }
            if lists.factors is not None:
                arrays["factors"] = lists.factors
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, lambda file: np.savez(file, **arrays))

    @classmethod
    def load(cls, path: Path) -> "TrackTables":
        """Read tables back.

        Raises:
            IndexFileError: The file is missing, torn, or of another format.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                form, version = stored["format"].tolist()
                if form != _FORMAT:
                    raise IndexFileError(str(path), f"its format is {form}")
                return cls(
                    keys=stored["keys"],
                    artists=stored["artists"],
                    years=stored["years"],
                    popularity=stored["popularity"],
                    words=_table(stored, "words"),
                    word_weights=WordWeights(stored["idf"]),
                    lists=_list_model(stored) if "list_tracks" in stored else None,
                    version=version,
                )
        except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise IndexFileError(str(path), f"the tables cannot be read ({type(error).__name__})") from error


@dataclass(kw_only=True, eq=False)
class _Facts:
    keys: Keys
    artists: Keys
    years: Vector
    popularity: Vector
    texts: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, tracks: Iterable[Track], reads: Reads) -> "_Facts":
        keys, artists, years, popularity, texts = [], [], [], [], []
        for track in tracks:
            keys.append(track.key)
            artists.append(code_of(track))
            years.append(np.nan if track.year is None else track.year)
            popularity.append(np.nan if track.popularity is None else track.popularity)
            texts.append(words_of(track) if reads(track) else "")
        return cls(
            keys=np.asarray(keys, dtype=np.int64),
            artists=np.asarray(artists, dtype=np.int64),
            years=np.asarray(years, dtype=np.float32),
            popularity=np.asarray(popularity, dtype=np.float32),
            texts=texts,
        )


def code_of(track: Track) -> int:
    """Return the code of a track's first artist; 0 where there is none."""
    name = normalised(track.artists[0]) if track.artists else ""
    return int(artist_code(name).astype(np.int64)) if name else NO_ARTIST_CODE


def _of_table(name: str, table: Table) -> dict[str, Any]:
    return {f"{name}_{part}": getattr(table, part) for part in ("data", "indices", "indptr")} | {
        f"{name}_shape": np.asarray(table.shape)
    }


def _table(stored: Any, name: str) -> Table:
    parts = (stored[f"{name}_data"], stored[f"{name}_indices"], stored[f"{name}_indptr"])
    return sparse.csr_array(parts, shape=tuple(stored[f"{name}_shape"].tolist()))


def _list_model(stored: Any) -> ListModel:
    table = _table(stored, "lists")
    ease = None
    if "ease" in stored:
        ease = Ease(table, stored["ease"], stored["ease_diagonal"], bool(stored["ease_by_lists"]))
    return ListModel(
        tracks=stored["list_tracks"],
        table=table,
        artists=stored["list_artists"],
        by_artist=_table(stored, "by_artist"),
        artist_vectors=stored["artist_vectors"],
        ease=ease,
        factors=stored.get("factors"),
    )
