"""Lists of tracks, read a page of owners at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Table, func, select

Owner = TypeVar("Owner", bound=int)


def parted(
    owners: Sequence[Owner], rows: Iterable[Sequence[int]], *, columns: int
) -> Iterator[tuple[Owner, NDArray[np.int64]]]:
    """Yield the rows of each owner, in the order of the owners; an owner without rows has a table without rows.

    Args:
        owners: Ascending.
        rows: The owner first, then other numbers; ordered by owner, and every owner is one of ``owners``.
        columns: How many other numbers.

    Yields:
        The owner, and the other numbers of its rows: shape (rows, columns).
    """
    table = np.asarray([tuple(row) for row in rows], dtype=np.int64).reshape(-1, 1 + columns)
    starts = np.searchsorted(table[:, 0], np.asarray(owners, dtype=np.int64))
    yield from zip(owners, np.split(table[:, 1:], starts[1:]), strict=True)


def totals(connection: Connection, table: Table, *columns: ColumnElement[int]) -> str:
    """Return how many rows a table has, and the sum of each column: they tell one state of it from another."""
    found = connection.execute(select(func.count(), *(func.sum(column) for column in columns)).select_from(table)).one()
    # PostgreSQL sums to decimals, and either sums nothing to NULL.
    return ".".join(str(int(each or 0)) for each in found)
