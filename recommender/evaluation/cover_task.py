"""Covers by what they look like: does a method put those of a genre near each other, and a copy near its original?

Each picture is a query, and all others are ranked by the cosine of their vectors. Genres and artists are read for
judging alone, and whatever is fitted is fitted to these pictures without them.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.compare import BOOTSTRAP_SEED, DEEP, Evaluation, Report, Row, by_owner, finished
from recommender.evaluation.cover_dataset import NOBODY, CoverDataset
from recommender.evaluation.datasets import Rows
from recommender.evaluation.metrics import (
    ListMetrics,
    Values,
    artist_spread,
    coverage,
    interval,
    list_metrics,
    recall_at,
)
from recommender.evaluation.picture_copies import COPIES, CopyPicture
from recommender.evaluation.rankers import NOTHING, Lists, best_columns
from recommender.ports import Progress
from recommender.types import Matrix
from recommender.unit_rows import unit_rows

COPIES_ASKED: Final = 1_000
"""Pictures, drawn at random, of which every kind of copy is made; that puts a share of .95 within .014."""
_PICTURES_AT_ONCE: Final = 64
"""So that the pictures need not be in memory together."""
_CHUNK_QUERIES: Final = 256

Describe = Callable[[Sequence[bytes], np.random.Generator], Matrix]
"""Returns one row per picture file; the generator is for what is random."""
Fit = Callable[[Matrix], Callable[[Matrix], Matrix]]
"""Takes the rows of all pictures, and returns what turns any rows into the vectors that are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverMethod:
    """How pictures become vectors."""

    describe: Describe
    fit: Fit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoverRow(Row):
    """How well a method did; the figures of lists are means over the pictures that were asked about."""

    precision_ci: tuple[float, float]
    """95 % bootstrap interval of the mean over pictures."""
    copies: Mapping[str, float]
    """Kind of copy, of :data:`recommender.evaluation.picture_copies.COPIES` → share that has its original nearest."""
    copies_asked: int
    """Of each kind, at each seed."""


def measured_covers(
    dataset: CoverDataset,
    methods: Mapping[str, CoverMethod],
    *,
    k: int,
    seeds: Sequence[int],
    report: Report | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure methods; each row is a :class:`CoverRow`.

    Args:
        dataset: The pictures.
        methods: By name.
        k: Places of a list that count.
        seeds: One run of each method per seed, with other copies.
        report: Is told what comes next.
        progress: Counts the pictures that a method describes, copies among them.

    Raises:
        ValueError: No picture has another of its genre by another artist.
        KeyboardInterrupt: Ctrl-C before any method was measured; later the finished ones are returned.
    """
    judging = _judging(dataset)

    def row_of(name: str, method: CoverMethod) -> CoverRow:
        runs = []
        for seed in seeds:
            if report is not None:
                report(name, seed)
            runs.append(_run(method, dataset, judging, k=k, seed=seed, progress=progress))
        return _row(name, judging, runs)

    rows, was_stopped = finished(methods, row_of)
    return Evaluation(
        rows=rows,
        owners=len(dataset.genre_names),
        tracks=len(dataset.genres),
        entries=len(judging.asked),
        cold_share=np.nan,
        was_stopped=was_stopped,
        about=_about(dataset, judging),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Judging:
    asked: Rows
    """Pictures that are asked about."""
    relevant: Values
    """Shape (asked,): how many could be found."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Run:
    at_k: ListMetrics
    recall_deep: Values
    coverage: float
    artists: float
    copies: Mapping[str, float]
    copies_asked: int
    seconds: float


def _judging(dataset: CoverDataset) -> _Judging:
    genres, artists = dataset.genres, dataset.artists
    pairs = artists * len(dataset.genre_names) + genres
    known = artists != NOBODY
    # A picture is no candidate for itself; of a known artist none of that artist's is.
    own = np.ones(len(genres), dtype=np.int64)
    own[known] = np.bincount(pairs[known])[pairs[known]] if known.any() else 1
    relevant = np.bincount(genres)[genres] - own
    if not relevant.any():
        raise ValueError("no genre has pictures of two artists")
    asked = np.flatnonzero(relevant)
    return _Judging(asked=asked, relevant=relevant[asked].astype(np.float64))


def _run(
    method: CoverMethod, dataset: CoverDataset, judging: _Judging, *, k: int, seed: int, progress: Progress | None
) -> _Run:
    rng = np.random.default_rng(seed)
    everything = np.arange(len(dataset.genres))
    copied = np.sort(rng.permutation(len(everything))[:COPIES_ASKED])
    total = len(everything) + len(COPIES) * len(copied)

    def told(done: int) -> None:
        if progress is not None:
            progress(done, total)

    started = time.perf_counter()
    described = _described(method, dataset, everything, rng, told=told)
    vectors_of = method.fit(described)
    vectors = vectors_of(described)
    lists = _ranked(vectors, dataset, judging.asked, max(k, DEEP), rng)
    seconds = time.perf_counter() - started
    copies = {}
    for place, (name, copy) in enumerate(COPIES.items()):
        before = len(everything) + place * len(copied)
        rows = _described(method, dataset, copied, rng, told=partial(_told_after, told, before), copy=copy)
        copies[name] = _found_originals(vectors_of(rows), vectors, copied, rng)
    found = np.where(lists == NOTHING, -1, dataset.genres[lists])
    hits: NDArray[np.bool_] = found == dataset.genres[judging.asked][:, None]
    return _Run(
        at_k=list_metrics(hits, judging.relevant, k),
        recall_deep=recall_at(hits, judging.relevant, DEEP),
        coverage=coverage(lists[:, :k], len(everything)),
        artists=artist_spread(lists[:, :k], dataset.artists),
        copies=copies,
        copies_asked=len(copied),
        seconds=seconds,
    )


def _described(
    method: CoverMethod,
    dataset: CoverDataset,
    rows: Rows,
    rng: np.random.Generator,
    *,
    told: Callable[[int], None],
    copy: CopyPicture | None = None,
) -> Matrix:
    """Return what a method makes of some pictures, or of copies of them."""
    parts = []
    for start in range(0, len(rows), _PICTURES_AT_ONCE):
        pictures = [dataset.picture(row) for row in rows[start : start + _PICTURES_AT_ONCE].tolist()]
        parts.append(method.describe(pictures if copy is None else [copy(each, rng) for each in pictures], rng))
        told(start + len(pictures))
    return np.concatenate(parts)


def _ranked(vectors: Matrix, dataset: CoverDataset, asked: Rows, count: int, rng: np.random.Generator) -> Lists:
    """Return the nearest other pictures of each that is asked about, without those of its own artist."""
    # Folders are sorted by genre: equal scores in their order would give away what belongs together.
    order = rng.permutation(len(vectors))
    candidates, artists = vectors[order], dataset.artists[order]
    count = min(count, len(order))
    lists = np.empty((len(asked), count), dtype=np.int64)
    for start in range(0, len(asked), _CHUNK_QUERIES):
        chunk = asked[start : start + _CHUNK_QUERIES]
        scores = (vectors[chunk] @ candidates.T).astype(np.float64)
        theirs = dataset.artists[chunk][:, None]
        scores[(chunk[:, None] == order) | ((theirs == artists) & (theirs != NOBODY))] = -np.inf
        best = best_columns(scores, count)
        lists[start : start + len(chunk)] = np.where(best == NOTHING, NOTHING, order[best])
    return lists


def _found_originals(copies: Matrix, vectors: Matrix, originals: Rows, rng: np.random.Generator) -> float:
    """Return the share of copies that have their original nearest of all pictures; equals are at random."""
    order = rng.permutation(len(vectors))
    nearest = order[(copies @ vectors[order].T).argmax(axis=1)]
    return float((nearest == originals).mean())


def _row(name: str, judging: _Judging, runs: Sequence[_Run]) -> CoverRow:
    asked = [judging.asked] * len(runs)
    values = {
        each.name: by_owner(asked, [getattr(run.at_k, each.name) for run in runs]) for each in fields(ListMetrics)
    }
    over_seeds = {
        metric: float(np.mean([getattr(run, metric) for run in runs])) for metric in ("coverage", "artists", "seconds")
    }
    return CoverRow(
        method=name,
        n=len(judging.asked),
        ndcg_ci=interval(values["ndcg"], np.random.default_rng(BOOTSTRAP_SEED)),
        precision_ci=interval(values["precision"], np.random.default_rng(BOOTSTRAP_SEED)),
        recall_100=float(by_owner(asked, [run.recall_deep for run in runs]).mean()),
        ndcg_by_owner=values["ndcg"],
        novelty=np.nan,
        ild=np.nan,
        copies={kind: float(np.mean([run.copies[kind] for run in runs])) for kind in COPIES},
        copies_asked=runs[0].copies_asked,
        **{metric: float(each.mean()) for metric, each in values.items()},
        **over_seeds,
    )


def _about(dataset: CoverDataset, judging: _Judging) -> str:
    known = int((dataset.artists != NOBODY).sum())
    filtered = ", without pictures of the query's own artist" if known else ""
    left = ", ".join(
        f"{count:,} {why} ({', '.join(dataset.examples[why])}{', …' if count > len(dataset.examples[why]) else ''})"
        for why, count in dataset.left_out.items()
    )
    return (
        f"{len(dataset.genres):,} pictures, {len(judging.asked):,} asked, {len(dataset.genre_names)} genres "
        f"({', '.join(dataset.genre_names)}){filtered}{f'; left out: {left}' if left else ''}"
    )


def centred(rows: Matrix) -> Callable[[Matrix], Matrix]:
    """Return what brings rows to unit length, takes away the mean of all pictures, and brings them to it again."""
    mean = unit_rows(rows).mean(axis=0)
    return lambda each: unit_rows(unit_rows(each) - mean)


def as_described(_rows: Matrix) -> Callable[[Matrix], Matrix]:
    """Return what brings rows to unit length and does nothing else."""
    return unit_rows


def _told_after(told: Callable[[int], None], before: int, done: int) -> None:
    told(before + done)
