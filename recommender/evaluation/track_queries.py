"""Track to track: one track is asked about, and those that belong with it are to be found.

What belongs together is told by playlists, by genres or by artists. Genres and playlists are read for judging alone:
no method sees them, for the words of tracks hold neither.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse

from recommender.evaluation.catalog_features import artist_numbers
from recommender.evaluation.datasets import Dataset, Entry, Rows, Table, dataset_of
from recommender.evaluation.splits import Split, SplitKind

QUERIES: Final = 1_000
"""Tracks that are asked about, where there are so many."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JudgedTracks:
    """A dataset, and the main genre of each track."""

    dataset: Dataset
    genres: Rows
    """Shape (tracks,): a number per genre; -1 where none is known."""


def judged_tracks(entries: Iterable[tuple[Entry, str | None]]) -> JudgedTracks:
    """Return the dataset that entries make, and one main genre per track: the commonest of its rows.

    One, because a popular track is in many lists: with all of their genres it would belong with nearly everything.
    Of equally common ones it is the first.

    Raises:
        ValueError: There are none.
    """
    said: defaultdict[str, Counter[str]] = defaultdict(Counter)
    songs: dict[str, None] = {}

    def plain() -> Iterable[Entry]:
        for entry, genre in entries:
            songs.setdefault(entry.song)
            if genre is not None:
                said[entry.song][genre] += 1
            yield entry

    dataset = dataset_of(plain())
    numbers: dict[str, int] = {}
    main = [said[song].most_common(1)[0][0] if song in said else None for song in songs]
    return JudgedTracks(
        dataset=dataset,
        genres=np.asarray([-1 if each is None else numbers.setdefault(each, len(numbers)) for each in main]),
    )


def track_queries(judged: JudgedTracks, kind: SplitKind, rng: np.random.Generator, *, count: int = QUERIES) -> Split:
    """Return a split whose owners are the tracks: each knows itself alone, and is asked for those that belong with it.

    Args:
        judged: All there is.
        kind: What belongs together: playlist, subgenre or artist.
        rng: The queries are drawn from it, among the tracks that belong with any other.
        count: Queries wanted.

    Raises:
        ValueError: No two tracks belong together.
    """
    dataset = judged.dataset
    together = _together(judged, kind)
    sizes = np.asarray(together.sum(axis=0)).ravel()
    company = np.flatnonzero(together @ (sizes > 1))
    if len(company) == 0:
        msg = f"no two tracks share their {kind}"
        raise ValueError(msg)
    asked = np.sort(rng.permutation(company)[:count])
    relevant = sparse.csr_array(together[asked] @ together.T)
    rows, columns = relevant.nonzero()
    others = asked[rows] != columns
    tracks = len(dataset.tracks)
    return Split(
        dataset=dataset,
        train=sparse.csr_array(sparse.eye_array(tracks)),
        test=sparse.csr_array((np.ones(others.sum()), (asked[rows[others]], columns[others])), shape=(tracks, tracks)),
        asked=asked,
        heard=dataset.counts,
        # Playlists judge, so that nothing may be learnt from them.
        others=sparse.csr_array((0, tracks)),
    )


def _together(judged: JudgedTracks, kind: SplitKind) -> Table:
    """Return a table of tracks and what holds them together, with 1 where a track belongs."""
    if kind is SplitKind.PLAYLIST:
        table = sparse.csr_array(judged.dataset.counts.T)
        table.data = np.ones_like(table.data)
        return table
    numbers = judged.genres if kind is SplitKind.SUBGENRE else artist_numbers(judged.dataset.tracks)
    rows = np.flatnonzero(numbers >= 0)
    shape = (len(numbers), int(numbers.max(initial=0)) + 1)
    return sparse.csr_array((np.ones(len(rows)), (rows, numbers[rows])), shape=shape)
