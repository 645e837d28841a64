"""Variety: an order in which each pick is good and unlike the picks before it."""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.types import Matrix, Vector

Label = tuple[str, Hashable]
"""What several rows may have in common: the kind of thing (artist, song) and which."""


def mmr_order(relevance: Vector, vectors: Matrix, *, trade_off: float, count: int) -> list[int]:
    """Order candidates so that each pick is relevant and unlike the picks before it.

    Args:
        relevance: Shape (n,), higher is better; keep it in [0, 1] so that it weighs
            against cosines on the same scale.
        vectors: Shape (n, dim), unit rows, same order as ``relevance``.
        trade_off: 1.0 ranks by relevance alone, 0.0 by novelty alone.
        count: Picks wanted; fewer come back when n < count.

    Returns:
        Row numbers in playing order, each at most once; among equals the earlier row first.

    Raises:
        ValueError: The row counts differ, or ``trade_off`` is outside [0, 1].

    Source:
        Carbonell and Goldstein, SIGIR 1998, pp. 335-336, doi:10.1145/290941.291025.
    """
    return capped_mmr_order(relevance, vectors, trade_off=trade_off, count=count, labels=[()] * len(relevance), caps={})


def capped_mmr_order(
    relevance: Vector,
    vectors: Matrix,
    *,
    trade_off: float,
    count: int,
    labels: Sequence[Sequence[Label]],
    caps: Mapping[Label, int],
    slots: tuple[Sequence[int], Sequence[int]] | None = None,
) -> list[int]:
    """Order candidates as :func:`mmr_order` does, with at most so many picks per label.

    Args:
        relevance: As there.
        vectors: As there.
        trade_off: As there.
        count: Picks wanted; fewer come back when the caps leave no more.
        labels: The labels of each row.
        caps: How often a label may be picked; a label that is not here has no cap.
        slots: The group of each row, and how many of ``count`` each group gets at least. The best come first whatever
            their group, until the places left are owed. Places that a group cannot fill go to the others.

    Returns:
        Row numbers, each at most once.

    Raises:
        ValueError: The row counts differ, or ``trade_off`` is outside [0, 1].
    """
    if not len(relevance) == len(vectors) == len(labels):
        message = f"{len(relevance)} relevances, {len(vectors)} vectors and {len(labels)} label rows do not match"
        raise ValueError(message)
    if not 0 <= trade_off <= 1:
        message = f"trade_off is {trade_off}, not in [0, 1]"
        raise ValueError(message)
    groups, owed = (np.array(each, dtype=np.int64) for each in (slots or ([0] * len(relevance), [0])))
    left_of_label = dict(caps)
    open_rows = np.ones(len(relevance), dtype=bool)
    redundancy = np.full(len(relevance), -np.inf, dtype=np.float32)
    picked: list[int] = []
    while len(picked) < count:
        is_owed = owed[groups] > 0 if count - len(picked) <= owed.sum() else open_rows
        row = _best(_mmr(relevance, redundancy, trade_off), open_rows, is_owed)
        if row is None:
            break
        if not all(left_of_label.get(label, 1) > 0 for label in labels[row]):
            open_rows[row] = False
            continue
        picked.append(row)
        open_rows[row] = False
        owed[groups[row]] = max(owed[groups[row]] - 1, 0)
        for label in labels[row]:
            if label in left_of_label:
                left_of_label[label] -= 1
        redundancy = np.maximum(redundancy, vectors @ vectors[row])
    return picked


def _mmr(relevance: Vector, redundancy: Vector, trade_off: float) -> NDArray[np.float32]:
    # Before the first pick nothing is redundant.
    repeated = np.where(np.isfinite(redundancy), redundancy, 0)
    value = np.float32(trade_off) * relevance - np.float32(1 - trade_off) * repeated
    return value.astype(np.float32)


def _best(values: NDArray[np.float32], open_rows: NDArray[np.bool_], entitled: NDArray[np.bool_]) -> int | None:
    """Return the best open row, of a group with places left where there is one."""
    choice = open_rows & entitled if (open_rows & entitled).any() else open_rows
    return int(np.argmax(np.where(choice, values, -np.inf))) if choice.any() else None
