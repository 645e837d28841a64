"""Latent semantic analysis of lyrics: how counts of hashed words become short vectors that can be compared.

The weights of words and the axes are fitted on a catalog's own songs, so that no word list and no language is built in.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recommender.ports import TERM_COLUMNS, LyricTerms
from recommender.types import Matrix, Vector
from recommender.unit_rows import unit_rows

LYRIC_COLUMNS: Final = 200
"""Columns of a song's words. 100 to 256 measured alike; 200 is what LSA of lyrics is usually measured with."""
ENOUGH_LYRICS: Final = 500
"""Songs with lyrics from which on axes are fitted; fewer would describe these songs and not the next ones."""
MOST_TERMS: Final = 20_000
"""Hashed words that count, the commonest; the rarest of a large catalog are names and misprints."""
SONGS_FITTED: Final = 40_000
"""Songs that the axes are fitted on, spread evenly over the catalog: it bounds the memory and the time."""

_SMALLEST_SONGS: Final = 2
"""Songs that a word must be in."""
_SEED: Final = 0


@dataclass(frozen=True, eq=False, kw_only=True)
class LyricSpace:
    """Maps counts of hashed words to unit rows."""

    columns: Vector
    """Shape (terms,): the hashed words that count, ascending; whole numbers."""
    weights: Vector
    """Shape (terms,): how telling each is (inverse document frequency)."""
    axes: Matrix
    """Shape (terms, LYRIC_COLUMNS), or without columns where too few songs have lyrics."""
    mean: Vector
    """Shape (LYRIC_COLUMNS,): what songs share on average."""

    @classmethod
    def empty(cls) -> "LyricSpace":
        """Return the space of a catalog without lyrics."""
        nothing = np.empty(0, dtype=np.float32)
        return cls(columns=nothing, weights=nothing, axes=np.empty((0, 0), dtype=np.float32), mean=nothing)

    @property
    def dim(self) -> int:
        """Columns of a song's words."""
        return int(self.axes.shape[1])

    def rows(self, terms: LyricTerms) -> Matrix:
        """Return unit rows, shape (len(terms), dim); a zero row where no word counts.

        Words weigh by 1 + log(count) and by how telling they are; the songs' average is taken out, which was better
        than leaving out a list of common words.
        """
        rows = np.zeros((len(terms), self.dim), dtype=np.float32)
        if not self.dim or not len(terms.columns):
            return rows
        weighed = _weighed(terms, self.columns, self.weights)
        there = np.flatnonzero(np.diff(weighed.indptr))
        rows[there] = unit_rows(weighed[there] @ self.axes - self.mean)
        return rows


class LyricMoments:
    """Gathers what a space of lyrics is fitted on, in memory that does not grow with the catalog."""

    def __init__(self, *, songs_fitted: int = SONGS_FITTED) -> None:
        self.count = 0
        self._having: NDArray[np.int64] = np.zeros(TERM_COLUMNS, dtype=np.int64)
        self._limit = songs_fitted
        self._step = 1
        self._kept: list[tuple[NDArray[np.uint16], NDArray[np.uint8]]] = []

    def add(self, terms: LyricTerms | None) -> None:
        """Count songs in; those without words are not counted."""
        if terms is None:
            return
        self._having += np.bincount(terms.columns, minlength=TERM_COLUMNS)
        for row in np.flatnonzero(np.diff(terms.starts)).tolist():
            if self.count % self._step == 0:
                self._kept.append(terms.row(row))
            self.count += 1
            if len(self._kept) > self._limit:
                self._kept = self._kept[::2]
                self._step *= 2

    def fitted(self) -> LyricSpace:
        """Return the space; without columns while there are fewer than :data:`ENOUGH_LYRICS` songs.

        Source:
            Deerwester et al., Indexing by Latent Semantic Analysis, JASIS 41 (1990), pp. 391-407.
        """
        columns = np.sort(np.argsort(-self._having, kind="stable")[:MOST_TERMS])
        columns = columns[self._having[columns] >= _SMALLEST_SONGS]
        if self.count < ENOUGH_LYRICS or len(columns) < LYRIC_COLUMNS:
            return LyricSpace.empty()
        from sklearn.utils.extmath import randomized_svd

        weights = (np.log((1 + self.count) / (1 + self._having[columns])) + 1).astype(np.float32)
        songs = _weighed(LyricTerms.joined(self._kept), columns, weights)
        _, _, axes = randomized_svd(songs, LYRIC_COLUMNS, random_state=_SEED)
        axes = np.ascontiguousarray(axes.T, dtype=np.float32)
        return LyricSpace(
            columns=columns.astype(np.float32),
            weights=weights,
            axes=axes,
            mean=np.asarray((songs @ axes).mean(axis=0), dtype=np.float32),
        )


def _weighed(terms: LyricTerms, columns: NDArray[Any], weights: Vector) -> Any:
    """Return a ``scipy.sparse.csr_array`` of unit TF-IDF rows, shape (len(terms), len(columns))."""
    from scipy import sparse

    place = np.full(TERM_COLUMNS, -1, dtype=np.int64)
    place[columns.astype(np.int64)] = np.arange(len(columns))
    places = place[terms.columns]
    counted = places >= 0
    rows = np.repeat(np.arange(len(terms)), np.diff(terms.starts))[counted]
    values = (1 + np.log(terms.counts[counted].astype(np.float32))) * weights[places[counted]]
    lengths = np.sqrt(np.bincount(rows, np.square(values), minlength=len(terms)))
    values = (values / lengths[rows]).astype(np.float32)
    return sparse.csr_array((values, (rows, places[counted])), shape=(len(terms), len(columns)))
