"""The collaborative part of the engine: learnt from lists at night, asked with one profile at a time.

What is learnt of tracks reaches those that somebody has; what is learnt of artists reaches all of their tracks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.collaborative import (
    ARTIST_DIM,
    EASE_LIMIT,
    EASE_RIDGE,
    Ease,
    Neighbours,
    Table,
    context_vectors,
    folded_in,
    item_factors,
    list_neighbours,
)
from recommender.index.answers import positions
from recommender.ports import TrackList
from recommender.types import Keys, Matrix, Vector
from recommender.unit_rows import unit_rows

FEWEST_LISTS: Final = 5
"""With fewer there is nothing to learn from others."""
SHORTEST_LIST: Final = 2

NO_ARTIST_CODE: Final = 0

Named = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What the lists with one thing have in common with those with each of some others."""

    lists: NDArray[np.int64]
    """Shape (others,): how many have both."""
    cosines: NDArray[np.float64]
    """Shape (others,), 0 to 1."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ListModel:
    """What lists say of tracks and of artists. Make one with :meth:`fit`."""

    tracks: Keys
    """Of the columns of ``table``, ascending: every track that a list has."""
    table: Table
    """Shape (lists, tracks), 1 where a list has a track."""
    artists: Keys
    """Codes of the columns of ``by_artist``, ascending."""
    by_artist: Table
    """Shape (lists, artists), 1 where a list has a track of the artist."""
    artist_vectors: Matrix
    """Shape (artists, dim): unit rows by what artists are found together with."""
    ease: Ease | None
    """None where ``factors`` stand in for it."""
    factors: Matrix | None
    """Shape (tracks, factors)."""

    @classmethod
    def fit(
        cls, lists: Iterable[TrackList], keys: Keys, artists: Keys, *, ease_limit: int = EASE_LIMIT
    ) -> "ListModel | None":
        """Learn from lists.

        Args:
            lists: Any number; tracks that are not among ``keys`` are left out, and lists that are too short then.
            keys: The tracks of the catalog, ascending.
            artists: The code of the first artist of each of them; 0 where there is none.
            ease_limit: Lists or tracks, whichever are fewer, beyond which EASE is not solved.

        Returns:
            None when there are fewer than :data:`FEWEST_LISTS` lists: then nobody's taste is known well enough.
        """
        columns: list[NDArray[np.int64]] = []
        for each in lists:
            found, rows = positions(keys, each.keys)
            if found.sum() >= SHORTEST_LIST:
                columns.append(rows)
        if len(columns) < FEWEST_LISTS:
            return None
        ends = np.cumsum([0, *map(len, columns)])
        rows = np.concatenate(columns)
        played, places = np.unique(rows, return_inverse=True)
        table = _ones(places, ends, len(played))
        of_track = artists[played]
        named = of_track[places] != NO_ARTIST_CODE
        codes, artist_places = np.unique(of_track[places[named]], return_inverse=True)
        list_of = np.repeat(np.arange(len(columns)), np.diff(ends))[named]
        by_artist = sparse.csr_array(
            (np.ones(len(list_of), dtype=np.float32), (list_of, artist_places)),
            shape=(len(columns), max(len(codes), 1)),
        )
        by_artist.data = np.ones_like(by_artist.data)
        solves = min(table.shape) <= ease_limit
        return cls(
            tracks=keys[played],
            table=table,
            artists=codes,
            by_artist=by_artist,
            artist_vectors=context_vectors(by_artist, ARTIST_DIM),
            ease=Ease.fit(table, EASE_RIDGE) if solves else None,
            factors=None if solves else item_factors(table),
        )

    def track_scores(self, keys: Keys, strengths: Vector) -> Named:
        """Return what is said of each track in ``tracks`` for somebody who has these; never negative.

        Args:
            keys: Of a profile; those that no list has are left out.
            strengths: Shape (len(keys),), how much each counts, above 0; 1 for what counts in full.
        """
        found, columns = positions(self.tracks, keys)
        profile = _row(columns, strengths[found], len(self.tracks))
        model = self.ease.scores(profile) if self.ease is not None else folded_in(self._factors, profile)
        return {
            "track_neighbours": self._track_neighbours.scores(profile)[0],
            "list_neighbours": list_neighbours(self.table, profile)[0],
            "list_model": np.maximum(model[0], 0),
        }

    def artist_scores(self, artists: Keys, strengths: Vector) -> Named:
        """Return what is said of each artist in ``artists`` for somebody who has tracks of these; never negative.

        Args:
            artists: Of the tracks of a profile, one each, repeated where it has several tracks of one.
            strengths: Shape (len(artists),), how much each track counts.
        """
        found, columns = positions(self.artists, artists)
        counts = np.bincount(columns, weights=strengths[found], minlength=len(self.artists))
        own = np.flatnonzero(counts)
        profile = _row(own, np.log1p(counts[own]), self.by_artist.shape[1])
        towards = unit_rows(np.asarray(profile @ self.artist_vectors, dtype=np.float64))
        return {
            "artist_neighbours": self._artist_neighbours.scores(profile)[0][: len(self.artists)],
            "artist_contexts": np.maximum(towards @ self.artist_vectors.T, 0)[0][: len(self.artists)],
        }

    def shared_lists(self, key: int, others: Keys) -> NDArray[np.float64]:
        """Return the cosine of the lists with one track and those with each of some others; 0 for unknown ones."""
        return self.lists_with_track(key, others).cosines

    def lists_with_track(self, key: int, others: Keys) -> "Shared":
        """Return what the lists with one track share with those with each of some others; nothing for unknown ones."""
        return _shared(self._tracks_of_lists, self.tracks, key, others)

    def lists_with_artist(self, artist: int, others: Keys) -> "Shared":
        """Return what the lists with one artist share with those with each of some others, by their codes."""
        return _shared(self._artists_of_lists, self.artists, artist, others)

    @cached_property
    def _track_neighbours(self) -> Neighbours:
        return Neighbours.fit(self.table)

    @cached_property
    def _artist_neighbours(self) -> Neighbours:
        return Neighbours.fit(self.by_artist)

    @cached_property
    def _tracks_of_lists(self) -> Table:
        return self.table.tocsc()

    @cached_property
    def _artists_of_lists(self) -> Table:
        return self.by_artist.tocsc()

    @property
    def _factors(self) -> Matrix:
        if self.factors is None:
            raise ValueError("a model has EASE or factors")
        return self.factors


def _shared(columns: Table, known: Keys, one: int, others: Keys) -> Shared:
    """Compare one column of ones with some others; both are named as in ``known``."""
    found, places = positions(known, np.asarray([one, *others.tolist()], dtype=np.int64))
    both, cosines = np.zeros(len(others), dtype=np.int64), np.zeros(len(others))
    if found[0]:
        sizes = np.diff(columns.indptr)[places]
        counts = (columns[:, places[1:]].T @ columns[:, places[:1]]).toarray().ravel()
        both[found[1:]] = np.rint(counts)
        cosines[found[1:]] = counts / np.sqrt(sizes[0] * sizes[1:])
    return Shared(lists=both, cosines=cosines)


def _ones(columns: NDArray[np.int64], ends: NDArray[np.int64], width: int) -> Table:
    table = sparse.csr_array((np.ones(len(columns), dtype=np.float32), columns, ends), shape=(len(ends) - 1, width))
    table.sort_indices()
    return table


def _row(columns: NDArray[np.int64], values: NDArray[np.floating], width: int) -> Table:
    order = np.argsort(columns)
    return sparse.csr_array(
        (values[order].astype(np.float32), columns[order], np.asarray([0, len(columns)])), shape=(1, width)
    )
