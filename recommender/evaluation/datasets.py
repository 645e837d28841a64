"""What is measured on: lists of songs that belong together, as one sparse table of owners and tracks.

An *owner* is whoever a list belongs to: a playlist, or a member who listens.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.songs import same_song_key
from recommender.types import Track, TrackFacts, TrackKey

Rows = NDArray[np.int64]
"""Shape (n,): row or column numbers."""
Table: TypeAlias = Any
"""A ``scipy.sparse.csr_array`` (SciPy ships no types), shape (owners, tracks): how often each owner has each track."""

SMALLEST_PLAYLIST: Final = 10
"""Tracks; of shorter lists too little could be held out."""
WARM_LISTS: Final = 2
"""Lists that a track must be in to be warm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One song in one owner's list."""

    owner: str
    song: str
    """What all entries of the same song share; see :func:`song_of`."""
    facts: TrackFacts | None = None
    """None where only the name of the song's row is known."""
    count: float = 1.0
    at: float = np.nan
    """When, in any unit that grows; NaN where unknown."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """Owners, tracks, and who has what."""

    owners: tuple[str, ...]
    tracks: tuple[Track, ...]
    """In the order of the columns; the key of each is its column + 1. Without a title where nothing is known."""
    counts: Table
    times: Table
    """Shape as ``counts``: when it was last; nothing is stored where that is unknown."""

    def only(self, columns: Rows) -> "Dataset":
        """Return the dataset of some of the tracks; owners that have none of them are left out."""
        counts, times = self.counts[:, columns], self.times[:, columns]
        rows = np.flatnonzero(np.diff(counts.indptr))
        return Dataset(
            owners=tuple(self.owners[row] for row in rows),
            tracks=tuple(
                _track(TrackKey(position), self.tracks[column]) for position, column in enumerate(columns, start=1)
            ),
            counts=counts[rows],
            times=times[rows],
        )


def song_of(facts: TrackFacts) -> str:
    """Return what merges several ids of a song: its title without issue and version, and its first artist."""
    return same_song_key(facts.title, facts.artists[0] if facts.artists else "")


def dataset_of(entries: Iterable[Entry]) -> Dataset:
    """Return the dataset that entries make.

    Entries of one owner and one song are one: counts add up, and the latest time counts. Of several facts about a song
    the first count, with the highest popularity of all.

    Raises:
        ValueError: There are none.
    """
    owners: dict[str, int] = {}
    songs: dict[str, int] = {}
    facts: dict[int, TrackFacts] = {}
    popularity: dict[int, int] = {}
    counts: dict[tuple[int, int], float] = {}
    times: dict[tuple[int, int], float] = {}
    for entry in entries:
        cell = (owners.setdefault(entry.owner, len(owners)), songs.setdefault(entry.song, len(songs)))
        counts[cell] = counts.get(cell, 0.0) + entry.count
        if np.isfinite(entry.at):
            times[cell] = max(times.get(cell, -np.inf), entry.at)
        if entry.facts is not None:
            facts.setdefault(cell[1], entry.facts)
            if entry.facts.popularity is not None:
                popularity[cell[1]] = max(popularity.get(cell[1], 0), entry.facts.popularity)
    if not counts:
        raise ValueError("no entry names an owner and a song")
    shape = (len(owners), len(songs))
    return Dataset(
        owners=tuple(owners),
        tracks=tuple(
            _track(TrackKey(column + 1), facts.get(column), popularity=popularity.get(column))
            for column in range(len(songs))
        ),
        counts=_table(counts, shape),
        times=_table(times, shape),
    )


def warm_part(dataset: Dataset, *, lists: int = WARM_LISTS) -> Dataset:
    """Return the tracks that are in at least so many lists, before any split.

    Choosing them before the split favours collaborative methods a little: some are in one training list only.
    """
    return dataset.only(np.flatnonzero(np.bincount(dataset.counts.indices, minlength=len(dataset.tracks)) >= lists))


def _track(key: TrackKey, facts: TrackFacts | None, **changes: Any) -> Track:
    known: Mapping[str, Any] = (
        {"title": "", "artists": ()}
        if facts is None
        else {each.name: getattr(facts, each.name) for each in fields(TrackFacts)}
    )
    return Track(**{**known, **changes, "key": key})


def _table(cells: Mapping[tuple[int, int], float], shape: tuple[int, int]) -> Table:
    rows, columns = np.asarray(list(cells), dtype=np.int64).T if cells else np.empty((2, 0), dtype=np.int64)
    table = sparse.csr_array((np.asarray(list(cells.values()), dtype=np.float64), (rows, columns)), shape=shape)
    table.sort_indices()
    return table
