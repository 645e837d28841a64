"""Comparing methods: each is asked the same on the same splits, and measured in the same way."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final, Literal, TypeVar

import numpy as np

from recommender.evaluation.catalog_features import AUDIO_FEATURES, artist_numbers, z_scored
from recommender.evaluation.datasets import SMALLEST_PLAYLIST, Dataset, Rows
from recommender.evaluation.metrics import (
    ListMetrics,
    Values,
    artist_spread,
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
from recommender.evaluation.splits import Split, SplitKind, splits_of
from recommender.types import Matrix

DEEP: Final = 100
"""Places at which recall is measured too."""
BOOTSTRAP_SEED: Final = 2_026

T = TypeVar("T")
R = TypeVar("R")
Report = Callable[[str, int], None]
"""Is told the method and the seed that come next."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """How well a method did; per-owner figures are means over owners, and all are means over seeds."""

    method: str
    n: int
    """Owners that were asked, at any seed."""
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
    artists: float
    """Places of a list with an artist that no earlier place has, as a share; NaN where no artist is known."""
    seconds: float
    """To learn and to rank, per seed."""
    ndcg_by_owner: Values
    """Shape (n,), owners in the order of the dataset; means over the seeds at which each was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One method against the best of the others."""

    method: str
    best_other: str
    metric: Literal["ndcg", "rmse"]
    """By which; of ndcg more is better, of rmse less."""
    ratio: float
    """Of ours to theirs; NaN where theirs is 0."""
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
    was_stopped: bool = False
    """Whether Ctrl-C ended it: the methods that were still to come have no row."""
    about: str = ""
    """What was measured on, in words, where these are no lists."""


def evaluated(
    dataset: Dataset,
    kind: SplitKind,
    methods: Mapping[str, Method],
    *,
    k: int,
    seeds: Sequence[int],
    report: Report | None = None,
    smallest: int = SMALLEST_PLAYLIST,
) -> Evaluation:
    """Measure methods.

    Args:
        dataset: All there is; the warm part is taken here where it is asked for.
        kind: Of the split.
        methods: By name.
        k: Places of a list that count.
        seeds: One split and one run of each method per seed.
        report: Is told what comes next.
        smallest: Entries of the lists that cold tracks are asked of.

    Raises:
        ValueError: Nothing can be held out.
        KeyboardInterrupt: Ctrl-C before any method was measured; later the finished ones are returned.
    """
    return measured_on(splits_of(dataset, kind, seeds, smallest=smallest), methods, k=k, report=report)


def measured_on(
    splits: Mapping[int, Split], methods: Mapping[str, Method], *, k: int, report: Report | None = None
) -> Evaluation:
    """Measure methods on splits of one dataset, by seed; as :func:`evaluated` otherwise."""
    if any(len(split.asked) == 0 for split in splits.values()):
        raise ValueError("every list is too short to hold anything out")
    dataset = next(iter(splits.values())).dataset
    audio, artists = z_scored(dataset.tracks, AUDIO_FEATURES), artist_numbers(dataset.tracks)

    def row_of(name: str, method: Method) -> Row:
        runs = []
        for seed, split in splits.items():
            if report is not None:
                report(name, seed)
            runs.append(_run(method, split, audio, artists, k=k, seed=seed))
        return _row(name, runs)

    rows, was_stopped = finished(methods, row_of)
    return Evaluation(
        rows=rows,
        owners=len(dataset.owners),
        tracks=len(dataset.tracks),
        entries=int(dataset.counts.nnz),
        cold_share=float(np.mean([cold_share(split) for split in splits.values()])),
        was_stopped=was_stopped,
    )


def finished(methods: Mapping[str, T], row_of: Callable[[str, T], R]) -> tuple[tuple[R, ...], bool]:
    """Return the row of each method, and whether Ctrl-C ended it before all were measured.

    Raises:
        KeyboardInterrupt: It came before any was measured.
    """
    rows: list[R] = []
    for name, method in methods.items():
        try:
            rows.append(row_of(name, method))
        except KeyboardInterrupt:
            if not rows:
                raise
            return tuple(rows), True
    return tuple(rows), False


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
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return Comparison(
        method=method,
        best_other=best.method,
        metric="ndcg",
        ratio=ours.ndcg / best.ndcg if best.ndcg > 0 else np.nan,
        chance_not_better=chance_not_better(ours.ndcg_by_owner, best.ndcg_by_owner, rng),
    )


def by_owner(asked: Sequence[Rows], values: Sequence[Values]) -> Values:
    """Return the mean of each owner's values over the seeds at which they were asked, owners ascending.

    Args:
        asked: Owners, per seed.
        values: One per owner asked, per seed.
    """
    _, position = np.unique(np.concatenate(asked), return_inverse=True)
    means: Values = np.bincount(position, np.concatenate(values)) / np.bincount(position)
    return means


def cold_share(split: Split) -> float:
    """Return the share of what is held out that is in no list that is known."""
    seen = np.bincount(split.heard.indices, minlength=split.heard.shape[1]) > 0
    return float(1 - seen[split.test.indices].mean())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Run:
    asked: Rows
    at_k: ListMetrics
    recall_deep: Values
    coverage: float
    novelty: float
    ild: float
    artists: float
    seconds: float


def _run(method: Method, split: Split, audio: Matrix, artists: Rows, *, k: int, seed: int) -> _Run:
    started = time.perf_counter()
    ranker = method(Training(tracks=split.dataset.tracks, table=split.train, seed=seed, others=split.others))
    lists = ranker(split.asked, k)
    seconds = time.perf_counter() - started
    # Asked for anew: an engine that spreads variety over a list of ten does not give the top of a list of a hundred.
    deep = ranker(split.asked, DEEP)
    relevant = np.diff(split.test.indptr)[split.asked].astype(np.float64)
    return _Run(
        asked=split.asked,
        at_k=list_metrics(hits_of(lists, split.test, split.asked), relevant, k),
        recall_deep=recall_at(hits_of(deep, split.test, split.asked), relevant, DEEP),
        coverage=coverage(lists, len(split.dataset.tracks)),
        novelty=novelty(lists, split.heard),
        ild=intra_list_diversity(lists, audio),
        artists=artist_spread(lists, artists),
        seconds=seconds,
    )


def _row(name: str, runs: Sequence[_Run]) -> Row:
    asked = [run.asked for run in runs]
    values = {
        each.name: by_owner(asked, [getattr(run.at_k, each.name) for run in runs]) for each in fields(ListMetrics)
    }
    over_seeds = {
        metric: float(np.mean([getattr(run, metric) for run in runs]))
        for metric in ("coverage", "novelty", "ild", "artists", "seconds")
    }
    return Row(
        method=name,
        n=len(values["ndcg"]),
        ndcg_ci=interval(values["ndcg"], np.random.default_rng(BOOTSTRAP_SEED)),
        recall_100=float(by_owner(asked, [run.recall_deep for run in runs]).mean()),
        ndcg_by_owner=values["ndcg"],
        **{metric: float(each.mean()) for metric, each in values.items()},
        **over_seeds,
    )
