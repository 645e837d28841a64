"""Rows of length one."""

import numpy as np

from recommender.types import Matrix


def unit_rows(rows: Matrix) -> Matrix:
    """Return the rows at length 1; a zero row stays zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    units = np.zeros_like(rows)
    np.divide(rows, lengths, out=units, where=lengths > 0)
    return units
