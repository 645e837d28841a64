"""Members planted with two tastes that lie apart: does a list of ten hold both?

Genres say which tracks make a taste, and what a list holds; no method sees them. The lists that methods learn from are
the file's own, and planted members are none of them. A playlist of one genre still tells which tracks go together.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.evaluation.compare import Report, finished
from recommender.evaluation.datasets import Dataset, Entry, Rows, Table, dataset_of
from recommender.evaluation.metrics import CONFIDENCE
from recommender.evaluation.rankers import NOTHING, Lists, Method, Training
from recommender.evaluation.splits import SplitKind

MEMBERS: Final = 200
"""Planted per seed."""
PLANTED: Final[Mapping[SplitKind, tuple[int, int]]] = {SplitKind.EVEN: (10, 10), SplitKind.UNEVEN: (15, 5)}
"""Tracks of each member's first and second taste."""
PLAYS: Final = 4
"""Of every planted track, so that the share of a taste is that of its tracks."""

Taste = tuple[str, str]
"""A genre, and the finer one within it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JudgedTastes:
    """A dataset, and the taste that each track belongs to."""

    dataset: Dataset
    genres: Rows
    """Shape (tracks,): a number per genre; -1 where none is known."""
    subgenres: Rows
    """Shape (tracks,): a number per taste, of which a genre has several; -1 where none is known."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlantedMembers:
    """Members with two tastes each, and what is judged by."""

    judged: JudgedTastes
    table: Table
    """Shape (members, tracks): plays."""
    tastes: Rows
    """Shape (members, 2): the subgenre of each taste, the larger taste first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestRow:
    """How many of the members a method gave both of their tastes; shares are in [0, 1], intervals hold 95 %."""

    method: str
    n: int
    """Members, of all seeds."""
    genres: float
    """Share of members whose list holds a track of the genre of each taste."""
    genres_ci: tuple[float, float]
    subgenres: float
    """The same of the subgenres that were planted."""
    subgenres_ci: tuple[float, float]
    smaller: float
    """Mean share of a list's tracks that are of the genre of the smaller taste."""
    seconds: float
    """To learn and to rank, per seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestEvaluation:
    """The figures of one run."""

    rows: tuple[InterestRow, ...]
    owners: int
    tracks: int
    entries: int
    cold_share: float = np.nan
    """Nothing is held out."""
    was_stopped: bool = False
    """Whether Ctrl-C ended it: the methods that were still to come have no row."""
    about: str = ""
    """What was measured on, in words."""


def judged_tastes(entries: Iterable[tuple[Entry, Taste | None]]) -> JudgedTastes:
    """Return the dataset that entries make, and one taste per track: the commonest of its rows, of equals the first.

    Raises:
        ValueError: There are none.
    """
    said: defaultdict[str, Counter[Taste]] = defaultdict(Counter)
    songs: dict[str, None] = {}

    def plain() -> Iterable[Entry]:
        for entry, taste in entries:
            songs.setdefault(entry.song)
            if taste is not None:
                said[entry.song][taste] += 1
            yield entry

    dataset = dataset_of(plain())
    dataset.counts.data[:] = 1  # two ids of one song in a playlist are no two plays of it
    main = [said[song].most_common(1)[0][0] if song in said else None for song in songs]
    genres: dict[str, int] = {}
    subgenres: dict[Taste, int] = {}
    return JudgedTastes(
        dataset=dataset,
        genres=np.asarray([-1 if each is None else genres.setdefault(each[0], len(genres)) for each in main]),
        subgenres=np.asarray([-1 if each is None else subgenres.setdefault(each, len(subgenres)) for each in main]),
    )


def planted_members(
    judged: JudgedTastes, kind: SplitKind, rng: np.random.Generator, *, count: int = MEMBERS
) -> PlantedMembers:
    """Return members who played tracks of two subgenres, of different genres; all are drawn at random.

    Args:
        judged: What there is.
        kind: A key of :data:`PLANTED`: how many tracks of each.
        rng: Draws subgenres and tracks.
        count: Members wanted.

    Raises:
        ValueError: There are no two genres with enough tracks in a subgenre.
    """
    sizes = PLANTED[kind]
    having = {taste: np.flatnonzero(judged.subgenres == taste) for taste in range(judged.subgenres.max(initial=-1) + 1)}
    genre_of = {taste: int(judged.genres[rows[0]]) for taste, rows in having.items()}
    large = [taste for taste, rows in having.items() if len(rows) >= max(sizes)]
    pairs = [(one, other) for one in large for other in large if genre_of[one] != genre_of[other]]
    if not pairs:
        msg = f"no two genres have a subgenre of {max(sizes)} tracks each"
        raise ValueError(msg)
    tastes = np.asarray(pairs, dtype=np.int64)[rng.integers(len(pairs), size=count)]
    columns = [
        rng.choice(having[taste], size, replace=False)
        for pair in tastes.tolist()
        for taste, size in zip(pair, sizes, strict=True)
    ]
    rows = np.repeat(np.arange(count), sum(sizes))
    shape = (count, len(judged.dataset.tracks))
    table = sparse.csr_array((np.full(len(rows), float(PLAYS)), (rows, np.concatenate(columns))), shape=shape)
    table.sort_indices()
    return PlantedMembers(judged=judged, table=table, tastes=tastes)


def interests_on(
    planted: Mapping[int, PlantedMembers], methods: Mapping[str, Method], *, k: int, report: Report | None = None
) -> InterestEvaluation:
    """Measure methods on members planted in one dataset, by seed.

    Args:
        planted: By seed.
        methods: By name.
        k: Places of a list that count.
        report: Is told what comes next.

    Raises:
        KeyboardInterrupt: Ctrl-C before any method was measured; later the finished ones are returned.
    """

    def row_of(name: str, method: Method) -> InterestRow:
        found, seconds = [], []
        for seed, members in planted.items():
            if report is not None:
                report(name, seed)
            started = time.perf_counter()
            dataset = members.judged.dataset
            training = Training(tracks=dataset.tracks, table=members.table, seed=seed, others=dataset.counts)
            lists = method(training)(np.arange(len(members.tastes)), k)
            seconds.append(time.perf_counter() - started)
            found.append(_held(lists, members))
        return _row(name, np.concatenate(found), float(np.mean(seconds)))

    rows, was_stopped = finished(methods, row_of)
    first = next(iter(planted.values()))
    dataset = first.judged.dataset
    lengths = [np.sum(first.table.indptr[1:] - first.table.indptr[:-1]) // len(first.tastes)]
    return InterestEvaluation(
        rows=rows,
        owners=len(dataset.owners),
        tracks=len(dataset.tracks),
        entries=int(dataset.counts.nnz),
        was_stopped=was_stopped,
        about=f"{rows[0].n:,} members planted with {lengths[0]} of {len(dataset.tracks):,} tracks, of two genres each; "
        f"{len(dataset.owners):,} lists to learn from",
    )


def _held(lists: Lists, members: PlantedMembers) -> NDArray[np.float64]:
    """Return per member whether both genres and both subgenres are in the list, and the share of the second genre."""
    judged = members.judged
    genre_of = np.zeros(judged.subgenres.max() + 1, dtype=np.int64)
    genre_of[judged.subgenres[judged.subgenres >= 0]] = judged.genres[judged.subgenres >= 0]
    is_there = lists != NOTHING

    def places(numbers: Rows, wanted: Rows) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (numbers[lists][:, None, :] == wanted[:, :, None]) & is_there[:, None, :]
        return found

    by_genre = places(judged.genres, genre_of[members.tastes])
    by_subgenre = places(judged.subgenres, members.tastes)
    return np.column_stack(
        [
            np.all(np.any(by_genre, axis=2), axis=1),
            np.all(np.any(by_subgenre, axis=2), axis=1),
            by_genre[:, 1].sum(axis=1) / np.maximum(is_there.sum(axis=1), 1),
        ]
    )


def _row(name: str, held: NDArray[np.float64], seconds: float) -> InterestRow:
    genres, subgenres, smaller = held.mean(axis=0).tolist()
    return InterestRow(
        method=name,
        n=len(held),
        genres=genres,
        genres_ci=share_interval(held[:, 0]),
        subgenres=subgenres,
        subgenres_ci=share_interval(held[:, 1]),
        smaller=smaller,
        seconds=seconds,
    )


def share_interval(was: Sequence[float] | NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of a share, given 0 or 1 for each of those it is of.

    Source:
        Wilson, JASA 1927, doi:10.1080/01621459.1927.10502953; it does not shrink to nothing at 0 and at 1.
    """
    from scipy.stats import binomtest

    ends = binomtest(int(np.sum(was)), len(was)).proportion_ci(CONFIDENCE, method="wilson")
    return float(ends.low), float(ends.high)
