"""The words of titles, artists and albums as sparse vectors: what a dense text vector blurs, a name keeps.

Words are hashed, so that a track which comes later needs no vocabulary, and weighed by how rare they are (TF-IDF).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.songs import normalised
from recommender.types import Track

Table: TypeAlias = Any
"""A ``scipy.sparse.csr_array`` (SciPy ships no types), shape (tracks, words)."""

BUCKETS: Final = 2**20
"""A million: two different words of a catalog of 170,000 tracks seldom share one."""


def words_of(track: Track) -> str:
    """Return the normalised title, artists and album of a track, and each artist once more as one word.

    Empty where nothing is known.
    """
    if not track.artists:
        return ""
    names = [normalised(name) for name in track.artists]
    whole = (f"artist_{'_'.join(name.split())}" for name in names)
    return " ".join([normalised(track.title), *names, normalised(track.album or ""), *whole])


@dataclass(frozen=True, slots=True, eq=False)
class WordWeights:
    """How rare each hashed word, or pair of words, is in a catalog."""

    idf: NDArray[np.float32]
    """Shape (:data:`BUCKETS`,)."""

    @classmethod
    def fit(cls, texts: Sequence[str]) -> "WordWeights":
        """Count in how many texts each word is: idf = ln((1 + n) / (1 + df)) + 1, as scikit-learn smooths it."""
        counts = _counted(texts)
        found = np.bincount(counts.indices, minlength=BUCKETS)
        return cls((np.log((1 + len(texts)) / (1 + found)) + 1).astype(np.float32))

    def rows(self, texts: Sequence[str]) -> Table:
        """Return unit TF-IDF rows, shape (len(texts), :data:`BUCKETS`), float32; zero rows for empty texts.

        Source:
            Salton and Buckley, Information Processing & Management 1988, doi:10.1016/0306-4573(88)90021-0, with
            sublinear term frequencies.
        """
        rows = _counted(texts)
        rows.data = ((np.log(rows.data) + 1) * self.idf[rows.indices]).astype(np.float32)
        lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        rows.data /= np.repeat(np.where(lengths > 0, lengths, 1), np.diff(rows.indptr)).astype(np.float32)
        return rows


def _counted(texts: Sequence[str]) -> Table:
    # Here, because it takes a second to import and only building and adding need it.
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(
        n_features=BUCKETS, ngram_range=(1, 2), alternate_sign=False, norm=None, dtype=np.float32, lowercase=False
    )
    return (
        sparse.csr_array(hashing.transform(texts)) if len(texts) else sparse.csr_array((0, BUCKETS), dtype=np.float32)
    )
