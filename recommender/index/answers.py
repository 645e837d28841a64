"""What all indexes agree on: which questions and rows are refused, and how answers are ordered."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommender.types import Keys, Matrix, Vector


def checked_query(query: ArrayLike, dim: int) -> Vector:
    """Return the query as a contiguous float32 vector.

    Raises:
        ValueError: Another width, a NaN or infinity, or zero everywhere.
    """
    vector = np.ascontiguousarray(query, dtype=np.float32)
    if vector.shape != (dim,):
        message = f"a query has shape ({dim},), not {vector.shape}"
        raise ValueError(message)
    if not np.isfinite(vector).all():
        raise ValueError("a query must not hold NaN or infinity")
    if not vector.any():
        raise ValueError("a query that is zero everywhere asks for nothing")
    return vector


def checked_count(count: int) -> int:
    """Return the count.

    Raises:
        ValueError: It is negative.
    """
    if count < 0:
        message = f"count is not negative, but {count}"
        raise ValueError(message)
    return count


def checked_rows(keys: ArrayLike, vectors: ArrayLike, dim: int) -> tuple[Keys, Matrix]:
    """Return keys and rows as int64 and float32.

    Raises:
        ValueError: Another width or number of rows, a NaN or infinity, a negative key, or a key given twice.
    """
    checked_keys = np.asarray(keys, dtype=np.int64)
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if rows.shape != (len(checked_keys), dim):
        message = f"{len(checked_keys)} rows have shape ({len(checked_keys)}, {dim}), not {rows.shape}"
        raise ValueError(message)
    if not np.isfinite(rows).all():
        raise ValueError("rows must not hold NaN or infinity")
    if (checked_keys < 0).any():
        raise ValueError("keys are not negative")
    if len(np.unique(checked_keys)) != len(checked_keys):
        raise ValueError("a key is given twice")
    return checked_keys, rows


def best_first(keys: Keys, scores: Vector, count: int) -> tuple[Keys, Vector]:
    """Return the ``count`` best, highest score first; equal scores by key, so that answers are repeatable."""
    if 0 < count < len(scores):
        worst = np.partition(scores, len(scores) - count)[len(scores) - count]
        kept = np.flatnonzero(scores >= worst)
        keys, scores = keys[kept], scores[kept]
    order = np.lexsort((keys, -scores))[:count]
    return keys[order], scores[order]


def positions(ascending: Keys, wanted: Keys) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Look keys up.

    Args:
        ascending: Keys in ascending order.
        wanted: Keys to look for, in any order.

    Returns:
        Which of ``wanted`` are there, and the places of those that are, in the order asked.
    """
    wanted = np.asarray(wanted, dtype=np.int64)
    if len(ascending) == 0:
        return np.zeros(len(wanted), dtype=bool), np.empty(0, dtype=np.int64)
    places = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    found = ascending[places] == wanted
    return found, places[found]
