"""The index that compares a query with every row: right by construction, and the measure of the others."""

import threading
from typing import TYPE_CHECKING

import numpy as np

from recommender.index.answers import best_first, checked_count, checked_query, checked_rows, positions
from recommender.types import Keys, Matrix, Vector

if TYPE_CHECKING:
    from recommender.ports import TrackIndex


class ExactIndex:
    """Rows in memory, searched with one matrix product. Safe to share between threads.

    Readers see the rows as they were when they began; a change makes new arrays and swaps them in.
    """

    def __init__(self, dim: int) -> None:
        self._dim = dim
        self._rows: tuple[Keys, Matrix] = (np.empty(0, dtype=np.int64), np.empty((0, dim), dtype=np.float32))
        self._changing = threading.Lock()

    @property
    def dim(self) -> int:
        """Columns of a vector."""
        return self._dim

    def __len__(self) -> int:
        """Return how many keys can be found."""
        return len(self._rows[0])

    def search(self, query: Vector, count: int, /, *, among: Keys | None = None) -> tuple[Keys, Vector]:
        """Return keys and inner products, best first; see :class:`recommender.ports.TrackIndex`."""
        query, count = checked_query(query, self._dim), checked_count(count)
        keys, vectors = self._rows
        if among is not None:
            _, rows = positions(keys, np.unique(among))
            keys, vectors = keys[rows], vectors[rows]
        return best_first(keys, vectors @ query, count)

    def vectors_of(self, keys: Keys, /) -> Matrix:
        """Return the stored rows in the order asked; zero rows for unknown keys."""
        known, vectors = self._rows
        found, rows = positions(known, keys)
        wanted = np.zeros((len(found), self._dim), dtype=np.float32)
        wanted[found] = vectors[rows]
        return wanted

    def add(self, keys: Keys, vectors: Matrix, /) -> None:
        """Add rows; a key that is already there is replaced.

        Raises:
            ValueError: Another width, a NaN, or a key given twice.
        """
        keys, vectors = checked_rows(keys, vectors, self._dim)
        with self._changing:
            old_keys, old_vectors = self._without(keys)
            all_keys = np.concatenate([old_keys, keys])
            order = np.argsort(all_keys)
            self._rows = (all_keys[order], np.concatenate([old_vectors, vectors])[order])

    def remove(self, keys: Keys, /) -> None:
        """Forget these keys; unknown ones are ignored."""
        with self._changing:
            self._rows = self._without(keys)

    def _without(self, keys: Keys) -> tuple[Keys, Matrix]:
        known, vectors = self._rows
        kept = ~np.isin(known, keys)
        return known[kept], vectors[kept]


if TYPE_CHECKING:
    _fits: type[TrackIndex] = ExactIndex
