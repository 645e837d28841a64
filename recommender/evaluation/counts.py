"""Measuring predictors of counts: how far from log(1 + count) of what is held out each is."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.evaluation.compare import BOOTSTRAP_SEED, Comparison, Report, by_owner, cold_share, finished
from recommender.evaluation.count_features import CountTraining
from recommender.evaluation.count_predictors import CountMethod
from recommender.evaluation.datasets import Rows
from recommender.evaluation.metrics import Values, chance_not_better, rmse_interval
from recommender.evaluation.splits import Split


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountRow:
    """How far off a method was, over the held-out entries of all seeds."""

    method: str
    n: int
    """Owners that something was held out of, at any seed."""
    entries: int
    """Counts that were predicted."""
    rmse: float
    """Of log(1 + count)."""
    rmse_ci: tuple[float, float]
    """95 % bootstrap interval over owners."""
    mae: float
    """Mean absolute error, of the same."""
    seconds: float
    """To learn and to predict, per seed."""
    squares_by_owner: Values
    """Shape (n,): summed squared errors, owners ascending, means over the seeds at which each was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountEvaluation:
    """The figures of one run."""

    rows: tuple[CountRow, ...]
    owners: int
    tracks: int
    entries: int
    cold_share: float
    """Of what is held out: of tracks that are in no training list."""
    was_stopped: bool = False
    """Whether Ctrl-C ended it: the methods that were still to come have no row."""
    about: str = ""
    """As of :class:`recommender.evaluation.compare.Evaluation`."""


def counted_on(
    splits: Mapping[int, Split], methods: Mapping[str, CountMethod], *, report: Report | None = None
) -> CountEvaluation:
    """Measure predictors on splits of one dataset of counts, by seed.

    Raises:
        ValueError: Nothing can be held out, or all counts are the same, so that there is nothing to predict.
        KeyboardInterrupt: Ctrl-C before any method was measured; later the finished ones are returned.
    """
    if any(len(split.asked) == 0 for split in splits.values()):
        raise ValueError("every list is too short to hold anything out")
    dataset = next(iter(splits.values())).dataset
    if np.ptp(dataset.counts.data) == 0:
        raise ValueError("every count is the same, so that there is nothing to predict")

    def row_of(name: str, method: CountMethod) -> CountRow:
        runs = []
        for seed, split in splits.items():
            if report is not None:
                report(name, seed)
            runs.append(_run(method, split, seed))
        return _row(name, runs)

    rows, was_stopped = finished(methods, row_of)
    return CountEvaluation(
        rows=rows,
        owners=len(dataset.owners),
        tracks=len(dataset.tracks),
        entries=int(dataset.counts.nnz),
        cold_share=float(np.mean([cold_share(split) for split in splits.values()])),
        was_stopped=was_stopped,
    )


def compared_counts(rows: Sequence[CountRow], method: str, *, among: Sequence[str] | None = None) -> Comparison | None:
    """Return how a method stands against the best of the others by RMSE; None when either is not there.

    Args:
        rows: Of one evaluation.
        method: The one in question.
        among: Names of the others that count; None takes all.
    """
    ours = next((row for row in rows if row.method == method), None)
    others = [row for row in rows if row.method != method and (among is None or row.method in among)]
    if ours is None or not others:
        return None
    best = min(others, key=lambda row: row.rmse)
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return Comparison(
        method=method,
        best_other=best.method,
        metric="rmse",
        ratio=ours.rmse / best.rmse if best.rmse > 0 else np.nan,
        # The smaller error is better.
        chance_not_better=chance_not_better(-ours.squares_by_owner, -best.squares_by_owner, rng),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Run:
    asked: Rows
    squares: Values
    """Summed over each owner's entries, as are the next two."""
    absolutes: Values
    counts: Values
    seconds: float


def _run(method: CountMethod, split: Split, seed: int) -> _Run:
    logarithms = split.train.copy()
    logarithms.data = np.log1p(logarithms.data)
    started = time.perf_counter()
    predict = method(CountTraining(tracks=split.dataset.tracks, table=logarithms, seed=seed))
    held = split.dataset.counts.multiply(split.test).tocsr()[split.asked]
    sizes = np.diff(held.indptr)
    of = np.repeat(np.arange(len(split.asked)), sizes)
    errors = predict(split.asked[of], held.indices.astype(np.int64)) - np.log1p(held.data)
    return _Run(
        asked=split.asked,
        squares=np.bincount(of, np.square(errors), minlength=len(sizes)).astype(np.float64),
        absolutes=np.bincount(of, np.abs(errors), minlength=len(sizes)).astype(np.float64),
        counts=sizes.astype(np.float64),
        seconds=time.perf_counter() - started,
    )


def _row(name: str, runs: Sequence[_Run]) -> CountRow:
    asked = [run.asked for run in runs]
    squares, absolutes, counts = (
        by_owner(asked, [getattr(run, each) for run in runs]) for each in ("squares", "absolutes", "counts")
    )
    return CountRow(
        method=name,
        n=len(counts),
        entries=int(sum(run.counts.sum() for run in runs)),
        rmse=float(np.sqrt(squares.sum() / counts.sum())),
        rmse_ci=rmse_interval(squares, counts, np.random.default_rng(BOOTSTRAP_SEED)),
        mae=float(absolutes.sum() / counts.sum()),
        seconds=float(np.mean([run.seconds for run in runs])),
        squares_by_owner=squares,
    )
