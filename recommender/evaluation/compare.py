"""Comparing methods: each is asked the same on the same splits, and measured in the same way."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from recommender.evaluation.catalog_features import AUDIO_FEATURES, z_scored
from recommender.evaluation.datasets import Dataset, warm_part
from recommender.evaluation.metrics import (
    ListMetrics,
    Values,
    chance_not_better,
    coverage,
    hits_of,
    interval,
    intra_list_diversity,
    list_metrics,
    novelty,
    recall_at,
)
from recommender.evaluation.rankers import Method, Training
from recommender.evaluation.splits import Split, SplitKind, split_of
from recommender.types import Matrix

DEEP: Final = 100
"""Places at which recall is measured too."""
_BOOTSTRAP_SEED: Final = 2_026

Report = Callable[[str, int], None]
"""Is told the method and the seed that come next."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """How well a method did; per-owner figures are means over owners, and all are means over seeds."""

    method: str
    n: int
    """Owners that were asked."""
    precision: float
    recall: float
    f1: float
    ndcg: float
    ndcg_ci: tuple[float, float]
    """95 % bootstrap interval of the mean over owners."""
    mrr: float
    hit: float
    recall_100: float
    coverage: float
    novelty: float
    ild: float
    """NaN where no audio features are known."""
    seconds: float
    """To learn and to rank, per seed."""
    ndcg_by_owner: Values
    """Shape (n,), owners in the order of the dataset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One method against the best of the others by NDCG."""

    method: str
    best_other: str
    ratio: float
    """Of the mean NDCGs; NaN where the other has none."""
    chance_not_better: float
    """Share of 10,000 paired resamples of owners in which the method is not ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The figures of one run."""

    rows: tuple[Row, ...]
    owners: int
    tracks: int
    entries: int
    cold_share: float
    """Of what is held out: in no training list, so that no collaborative method can find it."""


def evaluated(
    dataset: Dataset,
    kind: SplitKind,
    methods: Mapping[str, Method],
    *,
    k: int,
    seeds: Sequence[int],
    report: Report | None = None,
) -> Evaluation:
    """Measure methods.

    Args:
        dataset: All there is; the warm part is taken here where it is asked for.
        kind: Of the split.
        methods: By name.
        k: Places of a list that count.
        seeds: One split and one run of each method per seed.
        report: Is told what comes next.

    Raises:
        ValueError: Nothing can be held out.
    """
    dataset = warm_part(dataset) if kind is SplitKind.WARM else dataset
    splits = {seed: split_of(dataset, kind, np.random.default_rng(seed)) for seed in seeds}
    if any(len(split.asked) == 0 for split in splits.values()):
        raise ValueError("every list is too short to hold anything out")
    audio = z_scored(dataset.tracks, AUDIO_FEATURES)
    rows = []
    for name, method in methods.items():
        runs = []
        for seed, split in splits.items():
            if report is not None:
                report(name, seed)
            runs.append(_run(method, split, audio, k=k, seed=seed))
        rows.append(_row(name, runs))
    return Evaluation(
        rows=tuple(rows),
        owners=len(dataset.owners),
        tracks=len(dataset.tracks),
        entries=int(dataset.counts.nnz),
        cold_share=float(np.mean([_cold_share(split) for split in splits.values()])),
    )


def compared(rows: Sequence[Row], method: str, *, among: Sequence[str] | None = None) -> Comparison | None:
    """Return how a method stands against the best of the others by NDCG; None when either is not there.

    Args:
        rows: Of one evaluation.
        method: The one in question.
        among: Names of the others that count; None takes all.
    """
    ours = next((row for row in rows if row.method == method), None)
    others = [row for row in rows if row.method != method and (among is None or row.method in among)]
    if ours is None or not others:
        return None
    best = max(others, key=lambda row: row.ndcg)
    rng = np.random.default_rng(_BOOTSTRAP_SEED)
    return Comparison(
        method=method,
        best_other=best.method,
        ratio=ours.ndcg / best.ndcg if best.ndcg > 0 else np.nan,
        chance_not_better=chance_not_better(ours.ndcg_by_owner, best.ndcg_by_owner, rng),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Run:
    at_k: ListMetrics
    recall_deep: Values
    coverage: float
    novelty: float
    ild: float
    seconds: float


def _run(method: Method, split: Split, audio: Matrix, *, k: int, seed: int) -> _Run:
    started = time.perf_counter()
    ranker = method(Training(tracks=split.dataset.tracks, table=split.train, seed=seed))
    lists = ranker(split.asked, k)
    seconds = time.perf_counter() - started
    # Asked for anew: an engine that spreads variety over a list of ten does not give the top of a list of a hundred.
    deep = ranker(split.asked, DEEP)
    relevant = np.diff(split.test[split.asked].indptr).astype(np.float64)
    return _Run(
        at_k=list_metrics(hits_of(lists, split.test, split.asked), relevant, k),
        recall_deep=recall_at(hits_of(deep, split.test, split.asked), relevant, DEEP),
        coverage=coverage(lists, len(split.dataset.tracks)),
        novelty=novelty(lists, split.train),
        ild=intra_list_diversity(lists, audio),
        seconds=seconds,
    )


def _row(name: str, runs: Sequence[_Run]) -> Row:
    # Lists keep their lengths, so the same owners are asked at every seed, and can be averaged one by one.
    by_owner = {
        each.name: np.mean([getattr(run.at_k, each.name) for run in runs], axis=0) for each in fields(ListMetrics)
    }
    means = {metric: float(values.mean()) for metric, values in by_owner.items()}
    return Row(
        method=name,
        n=len(by_owner["ndcg"]),
        ndcg_ci=interval(by_owner["ndcg"], np.random.default_rng(_BOOTSTRAP_SEED)),
        recall_100=float(np.mean([run.recall_deep.mean() for run in runs])),
        coverage=float(np.mean([run.coverage for run in runs])),
        novelty=float(np.mean([run.novelty for run in runs])),
        ild=float(np.mean([run.ild for run in runs])),
        seconds=float(np.mean([run.seconds for run in runs])),
        ndcg_by_owner=by_owner["ndcg"],
        **means,
    )


def _cold_share(split: Split) -> float:
    seen = np.bincount(split.train.indices, minlength=split.train.shape[1]) > 0
    return float(1 - seen[split.test.indices].mean())
