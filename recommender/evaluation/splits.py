"""Splits: what a method may learn from, and what it is asked to find.

Nothing is ever chosen by what is held out; every split is made from one seed and can be made again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.evaluation.datasets import SMALLEST_PLAYLIST, Dataset, Rows, Table, warm_part

HELD_OUT_SHARE: Final = 0.2
SMALLEST_HISTORY: Final = 5
"""Songs of a listener, so that a fifth of them is at least one and four are left to learn from."""


class Task(StrEnum):
    """What is measured."""

    CONTINUATION = "continuation"
    """Songs held out of playlists are found."""
    LISTENING = "listening"
    """Songs held out of what members listened to are found."""
    TRACKS = "tracks"
    """Tracks that belong with one track are found."""
    COUNTS = "counts"
    """How often a member listened to held-out songs is predicted."""
    TEXT = "text"
    """Songs of the same artist or genre are found by their lyrics alone."""
    COVERS = "covers"
    """Pictures of the same genre, and the originals of copies, are found by what they look like alone."""
    INTERESTS = "interests"
    """Members planted with two tastes get both."""


class SplitKind(StrEnum):
    """How the held-out part is chosen."""

    ALL = "all"
    """Continuation: a fifth of each playlist, over all tracks, cold ones included."""
    WARM = "warm"
    """Continuation: the same over the tracks that are in at least two playlists."""
    HOLDOUT = "holdout"
    """Listening: a fifth of each listener's songs."""
    LOO = "loo"
    """Listening: one song of each listener, the last of those whose times are known."""
    COLD = "cold"
    """A fifth of the tracks, out of every list: nobody is known to have them."""
    PLAYLIST = "playlist"
    """Tracks: those of a playlist belong together."""
    SUBGENRE = "subgenre"
    """Tracks: those of the same main genre, the finest that the file tells, belong together."""
    ARTIST = "artist"
    """Tracks and text: those of the same first artist belong together."""
    GENRE = "genre"
    """Text and covers: those of the same genre belong together; what is of the query's own artist is no candidate."""
    EVEN = "even"
    """Interests: as many tracks of one taste as of the other."""
    UNEVEN = "uneven"
    """Interests: three times as many of one as of the other."""


SPLITS_OF: Final = {
    Task.CONTINUATION: (SplitKind.ALL, SplitKind.WARM, SplitKind.COLD),
    Task.LISTENING: (SplitKind.HOLDOUT, SplitKind.LOO, SplitKind.COLD),
    Task.TRACKS: (SplitKind.PLAYLIST, SplitKind.SUBGENRE, SplitKind.ARTIST),
    Task.COUNTS: (SplitKind.HOLDOUT, SplitKind.LOO, SplitKind.COLD),
    Task.TEXT: (SplitKind.ARTIST, SplitKind.GENRE),
    Task.COVERS: (SplitKind.GENRE,),
    Task.INTERESTS: (SplitKind.EVEN, SplitKind.UNEVEN),
}
"""The splits that fit each task, the default first."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """A dataset in two parts."""

    dataset: Dataset
    train: Table
    """Shape (owners, tracks): counts."""
    test: Table
    """Shape (owners, tracks): 1 where held out."""
    asked: Rows
    """The owners that something was held out of, ascending."""
    heard: Table
    """Who is known to have what, shape (any, tracks): what novelty is told by. The training part where that tells."""
    others: Table | None = None
    """As in :class:`recommender.evaluation.rankers.Training`."""


def split_of(
    dataset: Dataset, kind: SplitKind, rng: np.random.Generator, *, smallest: int = SMALLEST_PLAYLIST
) -> Split:
    """Return a split of the kind; the warm part is taken here.

    Args:
        dataset: All there is.
        kind: One that holds something out of lists.
        rng: What is held out is drawn from it.
        smallest: Entries of the lists that cold tracks are asked of; the other kinds have their own.
    """
    if kind is SplitKind.COLD:
        return cold_tracks(dataset, rng, smallest=smallest)
    if kind is SplitKind.LOO:
        return leave_one_out(dataset, rng)
    if kind is SplitKind.HOLDOUT:
        return hold_out(dataset, rng, smallest=SMALLEST_HISTORY)
    return hold_out(warm_part(dataset) if kind is SplitKind.WARM else dataset, rng, smallest=SMALLEST_PLAYLIST)


def splits_of(
    dataset: Dataset, kind: SplitKind, seeds: Sequence[int], *, smallest: int = SMALLEST_PLAYLIST
) -> dict[int, Split]:
    """Return one :func:`split_of` per seed; all are of one dataset, so that what is made of its tracks is made once."""
    if kind is SplitKind.WARM:
        dataset, kind = warm_part(dataset), SplitKind.ALL
    return {seed: split_of(dataset, kind, np.random.default_rng(seed), smallest=smallest) for seed in seeds}


def hold_out(dataset: Dataset, rng: np.random.Generator, *, smallest: int, share: float = HELD_OUT_SHARE) -> Split:
    """Hold a random share out of each list; lists shorter than ``smallest`` are only learnt from.

    At least one entry is held out of each other list, and at least one stays.
    """

    def chosen(row: int) -> Rows:
        start, end = dataset.counts.indptr[row : row + 2]
        length = int(end - start)
        if length < smallest:
            return np.empty(0, dtype=np.int64)
        held = min(max(round(share * length), 1), length - 1)
        return np.asarray(start + np.sort(rng.permutation(length)[:held]), dtype=np.int64)

    return _split(dataset, [chosen(row) for row in range(len(dataset.owners))])


def leave_one_out(dataset: Dataset, rng: np.random.Generator) -> Split:
    """Hold one entry out of each list of at least :data:`SMALLEST_HISTORY`: the last one, or a random one.

    The last, if every entry of the list has a time; among several of one moment a random one.
    """
    timed = np.diff(dataset.times.indptr)

    def chosen(row: int) -> Rows:
        start, end = dataset.counts.indptr[row : row + 2]
        if end - start < SMALLEST_HISTORY:
            return np.empty(0, dtype=np.int64)
        order = rng.permutation(end - start)
        if timed[row] == end - start:
            times = dataset.times.data[dataset.times.indptr[row] :][: end - start]
            order = order[times[order] == times.max()]
        return np.asarray([start + order[0]], dtype=np.int64)

    return _split(dataset, [chosen(row) for row in range(len(dataset.owners))])


def cold_tracks(dataset: Dataset, rng: np.random.Generator, *, smallest: int, share: float = HELD_OUT_SHARE) -> Split:
    """Hold a random share of the tracks out of every list: what nobody is known to have is asked for.

    Lists shorter than ``smallest`` lose their cold tracks too, but are not asked; nor are those that keep nothing.
    """
    count = len(dataset.tracks)
    is_cold = np.zeros(count, dtype=np.bool_)
    is_cold[rng.permutation(count)[: round(share * count)]] = True
    lengths = np.diff(dataset.counts.indptr)
    entries = np.arange(int(dataset.counts.nnz))[is_cold[dataset.counts.indices]]
    rows = np.repeat(np.arange(len(lengths)), lengths)[entries]
    held = np.bincount(rows, minlength=len(lengths))
    split = _split(dataset, np.split(entries, np.cumsum(held)[:-1]))
    return replace(split, asked=np.flatnonzero((held > 0) & (held < lengths) & (lengths >= smallest)))


def _split(dataset: Dataset, held: Sequence[Rows]) -> Split:
    """Part the stored entries of the table: ``held`` names those of each row that are held out."""
    counts = dataset.counts
    is_held: NDArray[np.bool_] = np.zeros(int(counts.nnz), dtype=np.bool_)
    is_held[np.concatenate([np.empty(0, dtype=np.int64), *held])] = True
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))

    def part(mask: NDArray[np.bool_], values: NDArray[np.float64]) -> Table:
        table = sparse.csr_array((values[mask], (rows[mask], counts.indices[mask])), shape=counts.shape)
        table.sort_indices()
        return table

    train = part(~is_held, counts.data)
    return Split(
        dataset=dataset,
        train=train,
        test=part(is_held, np.ones(counts.nnz)),
        asked=np.flatnonzero([len(each) > 0 for each in held]),
        heard=train,
    )
