"""Small made-up lists to learn from."""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy import sparse

from recommender.collaborative import Table
from recommender.ports import TrackList
from recommender.types import ListKind


def a_list(number: int, keys: Iterable[int], kind: ListKind = ListKind.PLAYLIST) -> TrackList:
    """Return a list of tracks, each of full strength."""
    ascending = np.asarray(sorted(keys), dtype=np.int64)
    return TrackList(
        owner=f"{kind}:{number}", kind=kind, keys=ascending, strengths=np.ones(len(ascending), dtype=np.float32)
    )


def lists_of(several: Iterable[Iterable[int]]) -> list[TrackList]:
    return [a_list(number, keys) for number, keys in enumerate(several, start=1)]


def table_of(rows: Sequence[Sequence[int]]) -> Table:
    """Return zeros and ones as a sparse table."""
    return sparse.csr_array(np.asarray(rows, dtype=np.float32))


def random_table(rng: np.random.Generator, lists: int, columns: int, share: float = 0.3) -> Table:
    """Return a random table in which every list has two columns at least, and every column is in some list."""
    dense = (rng.random((lists, columns)) < share).astype(np.float32)
    for row in range(lists):
        dense[row, [row % columns, (row + 1) % columns]] = 1
    for column in range(columns):
        dense[column % lists, column] = 1
    return sparse.csr_array(dense)
