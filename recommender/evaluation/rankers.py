"""Rankers: what every measured method becomes, so that all of them are asked in the same way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.datasets import Rows, Table
from recommender.types import Track

Scores = NDArray[np.float64]
"""Shape (owners asked, tracks): higher is better, -inf never."""
Lists = NDArray[np.int64]
"""Shape (owners asked, count): columns, best first; :data:`NOTHING` where a list is shorter."""
Scorer = Callable[[Rows], Scores]
"""Scores all tracks for some owners."""
Ranker = Callable[[Rows, int], Lists]
"""Ranks tracks for some owners; none that the owner has."""

NOTHING: Final = -1
_CHUNK_OWNERS: Final = 256
"""Owners whose scores of a whole catalog are in memory at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Training:
    """All that a method may see."""

    tracks: tuple[Track, ...]
    """The whole catalog, in the order of the columns."""
    table: Table
    """Shape (owners, tracks): counts of the training part."""
    seed: int
    """Whatever is random is drawn from it."""
    others: Table | None = None
    """Shape (any, tracks): the lists to learn from, where those of ``table`` are only to be answered."""

    @property
    def binary(self) -> Table:
        """The training part with 1 for every count."""
        table = self.table.copy()
        table.data = np.ones_like(table.data)
        return table


Method = Callable[[Training], Ranker]
"""Learns from a training part."""


def ranked_by(training: Training, scorer: Scorer) -> Ranker:
    """Return a ranker that orders the whole catalog by scores.

    What an owner has already is left out. Equal scores are ordered at random, once for all owners: files are often
    sorted by list, so that their order would give away what belongs together.
    """
    order = np.random.default_rng(training.seed).permutation(len(training.tracks))

    def ranked(owners: Rows, count: int) -> Lists:
        lists = np.full((len(owners), count), NOTHING, dtype=np.int64)
        for start in range(0, len(owners), _CHUNK_OWNERS):
            chunk = owners[start : start + _CHUNK_OWNERS]
            scores = np.array(scorer(chunk), dtype=np.float64)
            scores[training.table[chunk].nonzero()] = -np.inf
            best = best_columns(scores[:, order], count)
            lists[start : start + len(chunk), : best.shape[1]] = np.where(best == NOTHING, NOTHING, order[best])
        return lists

    return ranked


def best_columns(scores: Scores, count: int) -> Lists:
    """Return the columns of the highest scores of each row, best first; :data:`NOTHING` for those of -inf."""
    count = min(count, scores.shape[1])
    kept = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    values = np.take_along_axis(scores, kept, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    best = np.take_along_axis(kept, order, axis=1)
    return np.where(np.isneginf(np.take_along_axis(values, order, axis=1)), NOTHING, best)
