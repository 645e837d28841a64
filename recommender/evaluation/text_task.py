"""Songs by their words alone: does a method put songs of the same artist, or of the same genre, near each other?

Each song is a query, and all others are ranked by the cosine of their vectors. Only lyrics are read, never titles or
names, and whatever is trained is trained on these lyrics alone. Artists and genres are read for judging.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.compare import BOOTSTRAP_SEED, DEEP, Evaluation, Report, Row, by_owner, finished
from recommender.evaluation.datasets import Rows, Table
from recommender.evaluation.lyrics_dataset import SMALLEST_GENRE, LyricsDataset
from recommender.evaluation.metrics import (
    ListMetrics,
    Values,
    artist_spread,
    coverage,
    interval,
    list_metrics,
    recall_at,
)
from recommender.evaluation.rankers import NOTHING, Lists, Scores, best_columns
from recommender.evaluation.splits import SplitKind
from recommender.types import Matrix

TextMethod = Callable[[Sequence[str], int], Matrix | Table]
"""Returns one row per text, dense or sparse, of unit length or zero, given texts and a seed; made of them alone."""

SMALLEST_ARTIST: Final = 5
"""Songs of an artist that is asked about."""
_CHUNK_QUERIES: Final = 256


def measured_texts(
    dataset: LyricsDataset,
    kinds: Sequence[SplitKind],
    methods: Mapping[str, TextMethod],
    *,
    k: int,
    seeds: Sequence[int],
    report: Report | None = None,
) -> Iterator[Evaluation]:
    """Measure methods, and yield the figures of each kind; vectors are made once for all of them.

    Args:
        dataset: The songs.
        kinds: ``artist``: songs of artists with at least :data:`SMALLEST_ARTIST` songs find the artist's others.
            ``genre``: songs find those of their genre; songs of their own artist are no candidates.
        methods: By name.
        k: Places of a list that count.
        seeds: One run of each method per seed; the queries are the same.
        report: Is told what comes next.

    Raises:
        ValueError: Nothing can be asked.
        KeyboardInterrupt: Ctrl-C before any method was measured; later the finished ones are returned, and are the
            last.
    """
    judgings = [_by_artist(dataset) if kind is SplitKind.ARTIST else _by_genre(dataset) for kind in kinds]
    made: dict[tuple[str, int], _Made] = {}

    def vectors_of(name: str, method: TextMethod, seed: int) -> "_Made":
        if (name, seed) not in made:
            started = time.perf_counter()
            vectors = method(dataset.lyrics, seed)
            made[name, seed] = _Made(vectors, time.perf_counter() - started)
        return made[name, seed]

    for kind, judging in zip(kinds, judgings, strict=True):

        def row_of(name: str, method: TextMethod, judging: _Judging = judging) -> Row:
            runs = []
            for seed in seeds:
                if report is not None:
                    report(name, seed)
                runs.append(_run(vectors_of(name, method, seed), dataset, judging, k=k, seed=seed))
            return _row(name, runs)

        rows, was_stopped = finished(methods, row_of)
        yield Evaluation(
            rows=rows,
            owners=len(np.unique(judging.labels[judging.asked])),
            tracks=len(judging.candidates),
            entries=len(judging.asked),
            cold_share=np.nan,
            was_stopped=was_stopped,
            about=_about(dataset, judging, kind),
        )
        if was_stopped:
            return


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    vectors: Any
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Judging:
    candidates: Rows
    """Songs that are ranked."""
    labels: Rows
    """Shape (songs,): what belongs together."""
    asked: Rows
    """Songs that are asked about, all of them candidates."""
    relevant: Values
    """Shape (asked,): how many could be found."""
    without_own_artist: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Run:
    asked: Rows
    at_k: ListMetrics
    recall_deep: Values
    coverage: float
    artists: float
    seconds: float


def _by_artist(dataset: LyricsDataset) -> _Judging:
    sizes = np.bincount(dataset.artists)[dataset.artists]
    asked = np.flatnonzero(sizes >= SMALLEST_ARTIST)
    if not len(asked):
        msg = f"no artist has {SMALLEST_ARTIST} songs with lyrics"
        raise ValueError(msg)
    return _Judging(
        candidates=np.arange(len(dataset.artists)),
        labels=dataset.artists,
        asked=asked,
        relevant=(sizes[asked] - 1).astype(np.float64),
        without_own_artist=False,
    )


def _by_genre(dataset: LyricsDataset) -> _Judging:
    if len(dataset.genre_names) < 2:  # noqa: PLR2004 -- one genre is nothing to tell apart
        msg = f"the file does not tell two genres with {SMALLEST_GENRE} songs each"
        raise ValueError(msg)
    candidates = np.flatnonzero(dataset.genres >= 0)
    genres, artists = dataset.genres[candidates], dataset.artists[candidates]
    pairs = artists * (int(genres.max()) + 1) + genres
    own = np.bincount(pairs)[pairs]
    relevant = np.bincount(genres)[genres] - own
    return _Judging(
        candidates=candidates,
        labels=dataset.genres,
        asked=candidates[relevant > 0],
        relevant=relevant[relevant > 0].astype(np.float64),
        without_own_artist=True,
    )


def _run(made: _Made, dataset: LyricsDataset, judging: _Judging, *, k: int, seed: int) -> _Run:
    started = time.perf_counter()
    lists = _ranked(made.vectors, dataset, judging, max(k, DEEP), seed)
    seconds = made.seconds + time.perf_counter() - started
    found = np.where(lists == NOTHING, -1, judging.labels[judging.candidates[lists]])
    hits: NDArray[np.bool_] = found == judging.labels[judging.asked][:, None]
    return _Run(
        asked=judging.asked,
        at_k=list_metrics(hits, judging.relevant, k),
        recall_deep=recall_at(hits, judging.relevant, DEEP),
        coverage=coverage(lists[:, :k], len(judging.candidates)),
        artists=artist_spread(lists[:, :k], dataset.artists[judging.candidates]),
        seconds=seconds,
    )


def _ranked(vectors: Any, dataset: LyricsDataset, judging: _Judging, count: int, seed: int) -> Lists:
    """Return the nearest candidates of each song that is asked about, as places among the candidates."""
    # Files are often sorted by artist: equal scores in their order would give away what belongs together.
    order = np.random.default_rng(seed).permutation(len(judging.candidates))
    candidates = judging.candidates[order]
    theirs = vectors[candidates].T
    artists = dataset.artists[candidates]
    count = min(count, len(candidates))
    lists = np.empty((len(judging.asked), count), dtype=np.int64)
    for start in range(0, len(judging.asked), _CHUNK_QUERIES):
        asked = judging.asked[start : start + _CHUNK_QUERIES]
        product = vectors[asked] @ theirs
        scores: Scores = np.array(product if isinstance(product, np.ndarray) else product.toarray(), dtype=np.float64)
        if judging.without_own_artist:
            scores[dataset.artists[asked][:, None] == artists] = -np.inf
        else:
            scores[asked[:, None] == candidates] = -np.inf
        best = best_columns(scores, count)
        lists[start : start + len(asked)] = np.where(best == NOTHING, NOTHING, order[best])
    return lists


def _row(name: str, runs: Sequence[_Run]) -> Row:
    asked = [run.asked for run in runs]
    values = {
        each.name: by_owner(asked, [getattr(run.at_k, each.name) for run in runs]) for each in fields(ListMetrics)
    }
    return Row(
        method=name,
        n=len(values["ndcg"]),
        ndcg_ci=interval(values["ndcg"], np.random.default_rng(BOOTSTRAP_SEED)),
        recall_100=float(by_owner(asked, [run.recall_deep for run in runs]).mean()),
        ndcg_by_owner=values["ndcg"],
        coverage=float(np.mean([run.coverage for run in runs])),
        novelty=np.nan,
        ild=np.nan,
        artists=float(np.mean([run.artists for run in runs])),
        seconds=float(np.mean([run.seconds for run in runs])),
        **{metric: float(each.mean()) for metric, each in values.items()},
    )


def _about(dataset: LyricsDataset, judging: _Judging, kind: SplitKind) -> str:
    labels = len(np.unique(judging.labels[judging.asked]))
    what = (
        f"{labels:,} artists with at least {SMALLEST_ARTIST} songs"
        if kind is SplitKind.ARTIST
        else f"{labels} genres ({', '.join(dataset.genre_names)}), without songs of the query's own artist"
    )
    left = ", ".join(f"{count:,} {why}" for why, count in dataset.left_out.items() if count)
    return (
        f"{len(judging.candidates):,} songs, {len(judging.asked):,} asked, {what}; "
        f"lyrics alone are read, no titles or names{f'; rows left out: {left}' if left else ''}"
    )
