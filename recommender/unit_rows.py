"""Rows of length one."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.floating[Any])


def unit_rows(rows: NDArray[Number]) -> NDArray[Number]:
    """Return the rows at length 1; zero rows stay zero, and rows with a NaN or an infinity become zero."""
    # In float32 the squares of very small numbers would vanish, and those of very large ones overflow.
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))[:, None]
    usable = np.isfinite(lengths) & (lengths > 0)
    return np.where(usable, rows / np.where(usable, lengths, 1), 0).astype(rows.dtype)
