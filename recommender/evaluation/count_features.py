"""What is known of a listener and a track that tells how often the one will listen to the other.

Counts are taken as log(1 + count): they spread over three orders of magnitude, and a mean of them would be that of the
few largest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.evaluation.catalog_features import artists_table
from recommender.evaluation.datasets import Rows, Table
from recommender.evaluation.metrics import Values
from recommender.types import Track

Predictor = Callable[[Rows, Rows], Values]
"""Predicts log(1 + count) for pairs of owners and tracks: numbers of equal shape in, values out."""

OWNER_SHRINK: Final = 2.0
"""Entries of no deviation that each listener's mean is joined with; chosen on a part of training data, as all here."""
TRACK_SHRINK: Final = 10.0
"""The same for tracks, which say less."""
ARTIST_SHRINK: Final = 10.0
OWN_ARTIST_SHRINK: Final = 2.0
"""For a listener's mean over one artist."""
NEIGHBOUR_SHRINK: Final = 1.0
"""Closeness that says nothing, which the neighbours of a track are joined with."""
FACTORS: Final = 16
_ROUNDS: Final = 4
"""After which biases fitted in turns move by less than a thousandth."""
_CHUNK_OWNERS: Final = 256
_ONCE: Final = float(np.log(2))
"""log(1 + 1)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountTraining:
    """All that a predictor of counts may see."""

    tracks: tuple[Track, ...]
    table: Table
    """Shape (owners, tracks): log(1 + count) of the training part."""
    seed: int

    @property
    def entries(self) -> tuple[Rows, Rows, Values]:
        """Owner, track and log(1 + count) of each entry."""
        owners = np.repeat(np.arange(self.table.shape[0]), np.diff(self.table.indptr))
        return owners, self.table.indices.astype(np.int64), self.table.data

    def only(self, chosen: NDArray[np.bool_]) -> "CountTraining":
        """Return the training part with some of its entries alone."""
        owners, columns, values = self.entries
        table = sparse.csr_array((values[chosen], (owners[chosen], columns[chosen])), shape=self.table.shape)
        return CountTraining(tracks=self.tracks, table=table, seed=self.seed)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Biases:
    """How far each listener and each track deviate from the mean, shrunk towards none where little is known."""

    mean: float
    owners: Values
    tracks: Values
    left: Table
    """Shape (owners, tracks): what biases do not explain of each entry."""

    @classmethod
    def of(cls, training: CountTraining) -> "Biases":
        """Fit them in turns.

        Source:
            Koren, ACM TKDD 2010, doi:10.1145/1644873.1644874, section 2.1, its decoupled estimates repeated.
        """
        rows, columns, values = training.entries
        mean = float(values.mean()) if len(values) else 0.0
        owners, tracks = np.zeros(training.table.shape[0]), np.zeros(training.table.shape[1])
        for _ in range(_ROUNDS):
            owners = shrunk_means(rows, values - mean - tracks[columns], len(owners), OWNER_SHRINK)
            tracks = shrunk_means(columns, values - mean - owners[rows], len(tracks), TRACK_SHRINK)
        left = values - mean - owners[rows] - tracks[columns]
        table = sparse.csr_array((left, (rows, columns)), shape=training.table.shape)
        return cls(mean=mean, owners=owners, tracks=tracks, left=table)

    def predicted(self, owners: Rows, columns: Rows) -> Values:
        """Return the mean and both deviations."""
        values: Values = self.mean + self.owners[owners] + self.tracks[columns]
        return values


class CountFeatures:
    """Describes pairs by what the training part says of the listener, the track, its artist and tracks like it."""

    def __init__(self, training: CountTraining) -> None:
        """Learn from the training part; pairs to describe must not be in it, or they would describe themselves."""
        self._biases = biases = Biases.of(training)
        self._neighbours = neighbours(training, biases)
        self._factors = factors(training, biases)
        self._sizes = np.diff(training.table.indptr)
        self._listeners = np.bincount(training.table.indices, minlength=training.table.shape[1])
        self._habits = _habits(training, biases.mean)
        self._of_artists = _artists(training, biases)
        self._facts = np.asarray([_facts(track) for track in training.tracks], dtype=np.float64)

    def of(self, owners: Rows, columns: Rows) -> NDArray[np.float64]:
        """Return a row of numbers per pair; NaN where nothing is known."""
        deviation, closeness = self._neighbours(owners, columns)
        return np.column_stack(
            [
                self._biases.predicted(owners, columns),
                self._biases.owners[owners],
                self._biases.tracks[columns],
                np.log1p(self._sizes[owners]),
                np.log1p(self._listeners[columns]),
                deviation,
                closeness,
                self._factors(owners, columns),
                self._habits[owners],
                self._of_artists(owners, columns),
                self._facts[columns],
            ]
        )


def shrunk_means(groups: Rows, values: Values, count: int, shrink: float) -> Values:
    """Return the mean of each group's values, joined with ``shrink`` values of 0; shape (count,)."""
    means: Values = np.bincount(groups, values, minlength=count) / (np.bincount(groups, minlength=count) + shrink)
    return means


def neighbours(training: CountTraining, biases: Biases) -> Callable[[Rows, Rows], tuple[Values, Values]]:
    """Return what tells of pairs how tracks of the same listeners deviated, and how close those are together.

    The deviations of the owner's tracks, weighed by the cosine of their listeners with those of the track in question.
    """
    heard = training.table.copy()
    heard.data = np.ones_like(heard.data)
    listeners = np.asarray(heard.sum(axis=0)).ravel()
    unit = sparse.csr_array(heard @ sparse.diags_array(1 / np.sqrt(np.maximum(listeners, 1))))

    def told(owners: Rows, columns: Rows) -> tuple[Values, Values]:
        deviation, closeness = np.zeros(len(owners)), np.zeros(len(owners))
        asked, place = np.unique(owners, return_inverse=True)
        for start in range(0, len(asked), _CHUNK_OWNERS):
            chunk = asked[start : start + _CHUNK_OWNERS]
            pairs = np.flatnonzero((place >= start) & (place < start + len(chunk)))
            at = place[pairs] - start, columns[pairs]
            closeness[pairs] = (heard[chunk] @ unit.T @ unit).toarray()[at]
            deviation[pairs] = (biases.left[chunk] @ unit.T @ unit).toarray()[at]
        return deviation / (closeness + NEIGHBOUR_SHRINK), closeness

    return told


def factors(training: CountTraining, biases: Biases) -> Predictor:
    """Return what a truncated SVD makes of what biases leave, entries that are not there taken as 0.

    Source:
        Cremonesi, Koren and Turrin, RecSys 2010, doi:10.1145/1864708.1864721, PureSVD, on deviations.
    """
    from sklearn.decomposition import TruncatedSVD

    count = min(FACTORS, min(training.table.shape) - 1)
    if count < 1 or not biases.left.data.any():
        return lambda owners, _columns: np.zeros(len(owners))
    svd = TruncatedSVD(count, random_state=training.seed)
    by_owner = svd.fit_transform(biases.left)
    by_track = svd.components_.T
    return lambda owners, columns: np.einsum("ij,ij->i", by_owner[owners], by_track[columns])


def _habits(training: CountTraining, mean: float) -> NDArray[np.float64]:
    """Return per owner the share of songs heard once, the largest, the spread and the middle of log(1 + count)."""
    lists = np.split(training.table.data, training.table.indptr[1:-1])
    told = [
        (np.mean(each <= _ONCE), each.max(), each.std(), np.median(each)) if len(each) else (np.nan, mean, 0.0, mean)
        for each in lists
    ]
    return np.asarray(told, dtype=np.float64)


def _artists(training: CountTraining, biases: Biases) -> Callable[[Rows, Rows], NDArray[np.float64]]:
    """Return what tells of pairs how the track's artist fares, with everybody and with the owner; NaN without one."""
    table = artists_table(training.tracks)
    artist = np.where(np.diff(table.indptr) > 0, np.append(table.indices, 0)[table.indptr[:-1]], -1)
    rows, columns, values = training.entries
    named = artist[columns] >= 0
    by = artist[columns[named]]
    above = (values - biases.mean - biases.owners[rows])[named]
    overall = shrunk_means(by, above, table.shape[1], ARTIST_SHRINK)
    entries = np.bincount(by, minlength=table.shape[1])
    shape = (training.table.shape[0], table.shape[1])
    own_entries = sparse.csr_array((np.ones(len(by)), (rows[named], by)), shape=shape)
    own_above = sparse.csr_array((above, (rows[named], by)), shape=shape)
    own_left = sparse.csr_array((biases.left.data[named], (rows[named], by)), shape=shape)
    sizes = np.maximum(np.diff(training.table.indptr), 1)

    def told(owners: Rows, columns: Rows) -> NDArray[np.float64]:
        of = artist[columns]
        count = _cells(own_entries, owners, of)
        found = np.column_stack(
            [
                overall[of],
                np.log1p(entries[of]),
                count,
                count / sizes[owners],
                _cells(own_above, owners, of) / (count + OWN_ARTIST_SHRINK),
                _cells(own_left, owners, of) / (count + OWN_ARTIST_SHRINK),
            ]
        )
        found[of < 0] = np.nan
        return found

    return told


def _cells(table: Table, rows: Rows, columns: Rows) -> Values:
    # A column of -1, which names no artist, is counted from the end; what is found there is not used.
    return np.asarray(table[rows, columns], dtype=np.float64).ravel()


def _facts(track: Track) -> tuple[float, float]:
    return (
        np.nan if not track.year else float(track.year),
        np.nan if track.popularity is None else float(track.popularity),
    )
