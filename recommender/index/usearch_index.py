"""The approximate index: a usearch graph of bf16 rows. The only module that knows usearch."""

import mmap
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from usearch.index import Index, MetricKind, ScalarKind

from recommender.errors import IndexFileError
from recommender.index.answers import best_first, checked_count, checked_query, checked_rows
from recommender.index.durable import sync_file, sync_folder
from recommender.types import Keys, Matrix, Vector

if TYPE_CHECKING:
    from recommender.ports import TrackIndex

_CONNECTIVITY: Final = 16
_EXPANSION_ADD: Final = 128
_EXPANSION_SEARCH: Final = 128
"""Nodes kept in view during a search; usearch raises it to the count asked for."""
_THREADS: Final = 1
"""With one thread the same rows in the same order always make the same graph."""


class UsearchIndex:
    """A graph over bf16 rows, by inner product. Safe to share between threads: calls wait for each other.

    Scores carry the rounding of bf16 (about three digits). A mapped index (:meth:`view`) cannot be changed.
    """

    def __init__(self, dim: int, *, by_key: bool = True) -> None:
        """Make an empty index.

        Args:
            dim: Columns of a vector.
            by_key: Whether rows are looked up, replaced or removed by key; a mapped index opens faster without.
        """
        self._dim = dim
        self._by_key = by_key
        self._one_at_a_time = threading.Lock()
        self._graph: Any = Index(
            ndim=dim,
            metric=MetricKind.IP,
            dtype=ScalarKind.BF16,
            connectivity=_CONNECTIVITY,
            expansion_add=_EXPANSION_ADD,
            expansion_search=_EXPANSION_SEARCH,
            enable_key_lookups=by_key,
        )
        # After the graph, which is let go first: it reads from what is mapped.
        self._mapped: mmap.mmap | None = None

    @classmethod
    def view(cls, path: Path, dim: int, *, by_key: bool = True) -> "UsearchIndex":
        """Map a saved index into memory; it opens in milliseconds and costs memory for what is touched.

        The graph is trusted: check the file first, a damaged one can crash the process.

        Raises:
            IndexFileError: The file is missing, is no usearch file, or holds another kind of rows.
        """
        index = cls(dim, by_key=by_key)
        try:
            # Mapped by us: usearch, when it cannot open a path, closes a file descriptor that is somebody else's.
            with path.open("rb") as file:
                index._mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            index._graph.view(memoryview(index._mapped))
        except Exception as error:  # usearch raises RuntimeError, ValueError and others, without a base of its own
            raise IndexFileError(str(path), f"usearch cannot map it ({error})") from error
        if index._graph.ndim != dim or index._graph.dtype != ScalarKind.BF16:
            raise IndexFileError(str(path), f"it holds {index._graph.dtype} rows of {index._graph.ndim} columns")
        return index

    @property
    def dim(self) -> int:
        """Columns of a vector."""
        return self._dim

    def __len__(self) -> int:
        """Return how many keys can be found."""
        return len(self._graph)

    def search(self, query: Vector, count: int, /, *, among: Keys | None = None) -> tuple[Keys, Vector]:
        """Return keys and inner products, best first; see :class:`recommender.ports.TrackIndex`."""
        query, count = checked_query(query, self._dim), checked_count(count)
        if among is not None:
            # A filter that cuts along clusters breaks a walk through the graph, so these rows are all compared.
            keys, rows = self._stored(np.unique(among))
            return best_first(keys, rows @ query, count)
        with self._one_at_a_time:
            wanted = min(count, len(self._graph))
            if wanted == 0:
                return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
            matches = self._graph.search(query, wanted, threads=_THREADS)
            if len(matches) < wanted:  # removals can cut parts of a graph off
                matches = self._graph.search(query, wanted, threads=_THREADS, exact=True)
        return best_first(matches.keys.astype(np.int64), (1 - matches.distances).astype(np.float32), count)

    def vectors_of(self, keys: Keys, /) -> Matrix:
        """Return the stored rows, rounded to bf16, in the order asked; zero rows for unknown keys."""
        rows = np.zeros((len(keys), self._dim), dtype=np.float32)
        for place, row in enumerate(self._get(np.asarray(keys, dtype=np.int64))):
            if row is not None:
                rows[place] = row
        return rows

    def add(self, keys: Keys, vectors: Matrix, /) -> None:
        """Add rows; a key that is already there is replaced.

        Raises:
            ValueError: Another width, a NaN, or a key given twice; or the index is mapped.
        """
        keys, vectors = checked_rows(keys, vectors, self._dim)
        self._refuse_when_mapped()
        if len(keys) == 0:
            return
        with self._one_at_a_time:
            if self._by_key:
                # usearch refuses a key it already holds, so replacing is remove + add.
                self._remove_known(keys)
            self._graph.add(keys.astype(np.uint64), vectors, threads=_THREADS)

    def remove(self, keys: Keys, /) -> None:
        """Forget these keys; unknown ones are ignored.

        Raises:
            ValueError: The index is mapped.
        """
        self._refuse_when_mapped()
        with self._one_at_a_time:
            self._remove_known(np.unique(np.asarray(keys, dtype=np.int64)))

    def save(self, path: Path) -> None:
        """Write the index; a crash leaves the old file or the new one."""
        beside = path.with_name(f".{path.name}.tmp")
        with self._one_at_a_time:
            self._graph.save(beside)
        sync_file(beside)
        beside.replace(path)
        sync_folder(path.parent)

    def _remove_known(self, keys: Keys) -> None:
        there = keys[(keys >= 0) & self._contains(keys)]
        if len(there):
            self._graph.remove(there.astype(np.uint64), threads=_THREADS)

    def _contains(self, keys: Keys) -> np.ndarray[Any, np.dtype[np.bool_]]:
        if len(keys) == 0:
            return np.zeros(0, dtype=bool)
        return np.asarray(self._graph.contains(keys.astype(np.uint64)), dtype=bool)

    def _get(self, keys: Keys) -> Sequence[Vector | None]:
        if len(keys) == 0:
            return ()
        with self._one_at_a_time:
            rows: Sequence[Vector | None] = self._graph.get(keys.astype(np.uint64), dtype="f32")
        return rows

    def _stored(self, keys: Keys) -> tuple[Keys, Matrix]:
        rows = self._get(keys)
        there = [place for place, row in enumerate(rows) if row is not None]
        found = [row for row in rows if row is not None]
        return keys[there], np.asarray(found, dtype=np.float32).reshape(len(found), self._dim)

    def _refuse_when_mapped(self) -> None:
        if self._mapped is not None:
            raise ValueError("a mapped index cannot be changed")


if TYPE_CHECKING:
    _fits: type[TrackIndex] = UsearchIndex
