"""Metrics: how good ranked lists are, per owner and over all of them.

All relevance is yes or no. The definitions are those of Manning, Raghavan and Schütze, Introduction to Information
Retrieval, 2008, chapter 8; NDCG is that of Järvelin and Kekäläinen, ACM TOIS 2002, doi:10.1145/582415.582418.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.datasets import Rows, Table
from recommender.evaluation.rankers import NOTHING, Lists
from recommender.types import Matrix
from recommender.unit_rows import unit_rows

Values = NDArray[np.float64]
"""Shape (owners,)."""

RESAMPLES: Final = 10_000
_RESAMPLES_AT_ONCE: Final = 500
_OWNERS_AT_ONCE: Final = 256
"""Whose rows of a whole catalog are in memory at once."""
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListMetrics:
    """How well each owner's list found what was held out; all in [0, 1]."""

    precision: Values
    recall: Values
    f1: Values
    ndcg: Values
    mrr: Values
    """1 / rank of the first hit; 0 without a hit."""
    hit: Values
    """1 where anything was found."""


def hits_of(lists: Lists, test: Table, owners: Rows) -> NDArray[np.bool_]:
    """Return whether each place of each list holds something that was held out of that owner; shape as ``lists``."""
    found = np.zeros(lists.shape, dtype=np.bool_)
    for start in range(0, len(owners), _OWNERS_AT_ONCE):
        chunk = slice(start, start + _OWNERS_AT_ONCE)
        relevant = test[owners[chunk]].toarray() > 0
        found[chunk] = np.take_along_axis(relevant, np.maximum(lists[chunk], 0), axis=1) & (lists[chunk] != NOTHING)
    return found


def list_metrics(hits: NDArray[np.bool_], relevant: Values, k: int) -> ListMetrics:
    """Measure lists at a depth.

    Args:
        hits: Shape (owners, at least k): whether each place is right. A list that is shorter has misses at its end.
        relevant: Shape (owners,): how many could be found, at least 1 each.
        k: Places that count. Precision is over k places, however many were filled.
    """
    hits = hits[:, :k]
    found = hits.sum(axis=1)
    precision, recall = found / k, found / relevant
    both = precision + recall
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discounts)[np.minimum(relevant, k).astype(np.int64) - 1]
    any_hit = hits.any(axis=1)
    return ListMetrics(
        precision=precision,
        recall=recall,
        f1=np.divide(2 * precision * recall, both, out=np.zeros_like(both), where=both > 0),
        ndcg=hits @ discounts[: hits.shape[1]] / ideal,
        mrr=any_hit / (hits.argmax(axis=1) + 1.0),
        hit=np.asarray(any_hit, dtype=np.float64),
    )


def recall_at(hits: NDArray[np.bool_], relevant: Values, k: int) -> Values:
    """Return the share of what could be found that is among the first ``k``."""
    recall: Values = hits[:, :k].sum(axis=1) / relevant
    return recall


def coverage(lists: Lists, tracks: int) -> float:
    """Return the share of the catalog that is in any list."""
    return len(np.unique(lists[lists != NOTHING])) / tracks


def artist_spread(lists: Lists, artists: Rows) -> float:
    """Return the mean over lists of the share of places whose first artist has no earlier place.

    Args:
        lists: Ranked lists.
        artists: Shape (tracks,): a number per first artist, negative where unknown. Such tracks are left out.

    Returns:
        In (0, 1]: 1 when no artist comes twice; NaN when no list has a track whose artist is known.
    """
    each: list[float] = []
    for places in lists:
        named = artists[places[places != NOTHING]]
        named = named[named >= 0]
        if len(named):
            each.append(len(np.unique(named)) / len(named))
    return float(np.mean(each)) if each else np.nan


def novelty(lists: Lists, train: Table) -> float:
    """Return the mean of -log2((lists with the track + 1) / (lists + 1)) over all places; NaN when all are empty.

    Source:
        Vargas and Castells, RecSys 2011, doi:10.1145/2043932.2043955, smoothed so that cold tracks have a value.
    """
    having = np.bincount(train.indices, minlength=train.shape[1])
    information = -np.log2((having + 1) / (train.shape[0] + 1))
    placed = lists[lists != NOTHING]
    return float(information[placed].mean()) if len(placed) else np.nan


def intra_list_diversity(lists: Lists, audio: Matrix) -> float:
    """Return the mean over lists of the mean pairwise 1 - cosine of z-scored audio features.

    Args:
        lists: Ranked lists.
        audio: Shape (tracks, features), z-scored; NaN where unknown. Tracks with an unknown feature are left out, and
            lists with fewer than two others.

    Returns:
        In [0, 2]; NaN when no list has two tracks with audio features.

    Source:
        Ziegler et al., WWW 2005, doi:10.1145/1060745.1060754.
    """
    known = np.isfinite(audio).all(axis=1) & (audio.shape[1] > 0)
    each: list[float] = []
    for places in lists:
        rows = audio[places[(places != NOTHING) & known[places]]].astype(np.float64)
        unit = unit_rows(rows)
        n = len(unit)
        if n > 1:
            together = (np.square(unit.sum(axis=0)).sum() - np.square(unit).sum()) / (n * (n - 1))
            each.append(float(1 - together))
    return float(np.mean(each)) if each else np.nan


def interval(values: Values, rng: np.random.Generator, *, resamples: int = RESAMPLES) -> tuple[float, float]:
    """Return the bootstrap confidence interval of the mean: percentiles over resampled owners.

    Source:
        Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    return _middle(_resampled_means(values, rng, resamples))


def rmse_interval(
    squares: Values, counts: Values, rng: np.random.Generator, *, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Return the bootstrap confidence interval of a root mean squared error, over resampled owners.

    Args:
        squares: Shape (owners,): summed squared errors of each.
        counts: Shape (owners,): how many errors each sum is of; at least 1.
        rng: Draws the owners.
        resamples: How often.
    """
    means = _resampled_means(np.column_stack([squares, counts]), rng, resamples)
    return _middle(np.sqrt(means[:, 0] / means[:, 1]))


def chance_not_better(ours: Values, theirs: Values, rng: np.random.Generator, *, resamples: int = RESAMPLES) -> float:
    """Return the share of paired resamples of owners in which ours is not better in the mean; small: ours beats theirs.

    Source:
        Sakai, SIGIR 2006, doi:10.1145/1148170.1148261, for the paired bootstrap in retrieval.
    """
    return float((_resampled_means(ours - theirs, rng, resamples) <= 0).mean())


def _middle(means: Values) -> tuple[float, float]:
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)


def _resampled_means(values: Values, rng: np.random.Generator, resamples: int) -> Values:
    parts = [
        values[rng.integers(0, len(values), size=(min(_RESAMPLES_AT_ONCE, resamples - done), len(values)))].mean(axis=1)
        for done in range(0, resamples, _RESAMPLES_AT_ONCE)
    ]
    return np.concatenate(parts)
