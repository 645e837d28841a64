"""What the lists of others say: which tracks and which artists belong with those of a profile.

A list is a playlist, or what somebody listens to. Everything here is learnt from lists alone, in closed form, and knows
nothing of content; what nobody has gets zero from its track, and what its artist's listeners say from its artist.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.types import Matrix
from recommender.unit_rows import unit_rows

Table: TypeAlias = Any
"""A ``scipy.sparse.csr_array`` (SciPy ships no types), shape (lists, tracks or artists)."""
Scores = NDArray[np.float64]
"""Shape (profiles, columns)."""

EASE_RIDGE: Final = 10.0
"""Of EASE, lower than usual, for lists are short. Measured on hidden parts of the training lists of 1,630 listeners:
NDCG@10 .103 at 200, .107 at 50, .110 at 20 and at 8."""
EASE_LIMIT: Final = 6_000
"""Lists or tracks, whichever are fewer, up to which EASE is solved: 6,000 take some ten seconds and 144 MB, and time
grows with the cube. Beyond, factors found by alternating least squares stand in for it."""
ALS_FACTORS: Final = 64
ALS_ROUNDS: Final = 15
ALS_RIDGE: Final = 0.1
ALS_ALPHA: Final = 10.0
ARTIST_DIM: Final = 64
CONTEXT_POWER: Final = 0.75
"""Flattens how often an artist is met, as the negative samples of word2vec are."""
_SVD_SEED: Final = 0
_COLUMNS_AT_ONCE: Final = 4_096
_SVD_ROUNDS: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Ease:
    """EASE: each track as a linear mix of a profile's others.

    The inverse is taken over lists or tracks, whichever are fewer: with K = XXᵀ + λI the matrix inversion lemma gives
    P = (XᵀX + λI)⁻¹ = (I - XᵀK⁻¹X) / λ. So it costs the cube of the smaller side only.

    Source:
        Steck, WWW 2019, doi:10.1145/3308558.3313710.
    """

    table: Table
    inverse: NDArray[np.float32]
    """Of the Gram matrix of lists (shape (lists, lists)) or of tracks (shape (tracks, tracks))."""
    diagonal: NDArray[np.float64]
    """Shape (tracks,): what a track's prediction is divided by."""
    by_lists: bool

    @classmethod
    def fit(cls, table: Table, ridge: float, *, by_lists: bool | None = None) -> "Ease":
        """Solve it.

        Args:
            table: Shape (lists, tracks), 1 where a list has a track.
            ridge: λ, above 0.
            by_lists: Which inverse to take; None takes the smaller one.
        """
        import scipy.linalg

        over_lists = table.shape[0] < table.shape[1] if by_lists is None else by_lists
        gram = (table @ table.T if over_lists else table.T @ table).toarray() + ridge * np.eye(
            table.shape[0 if over_lists else 1]
        )
        inverse = scipy.linalg.cho_solve(scipy.linalg.cho_factor(gram), np.eye(len(gram)))
        # By lists, M = XᵀK⁻¹X; what EASE predicts for an absent track i is (xM)ᵢ / (1 - Mᵢᵢ).
        diagonal = 1 - _weighted_norms(inverse, table) if over_lists else np.diag(inverse).copy()
        return cls(table, inverse.astype(np.float32), diagonal, over_lists)

    def scores(self, profiles: Table) -> Scores:
        """Return what it predicts of tracks that a profile has not; what it has gets no meaningful figure.

        Args:
            profiles: Shape (profiles, tracks).
        """
        if self.by_lists:
            return np.asarray(((profiles @ self.table.T) @ self.inverse) @ self.table, dtype=np.float64) / self.diagonal
        mixed = np.asarray(profiles @ self.inverse, dtype=np.float64)
        own = np.asarray(profiles.multiply(self.diagonal).toarray())
        return (own - mixed) / self.diagonal


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Summed cosines of columns: how often what a profile has is found together with each other thing.

    Source:
        Sarwar et al., WWW 2001, doi:10.1145/371920.372071.
    """

    unit: Table
    """Shape (lists, columns), columns of unit length."""

    @classmethod
    def fit(cls, table: Table) -> "Neighbours":
        """Bring columns to unit length.

        Args:
            table: Shape (lists, columns), 1 where a list has it.
        """
        having = np.asarray(table.sum(axis=0)).ravel()
        return cls(sparse.csr_array(table @ sparse.diags_array(1 / np.sqrt(np.maximum(having, 1)))))

    def scores(self, profiles: Table) -> Scores:
        """Return the summed cosines with what each profile has."""
        return np.asarray(((profiles @ self.unit.T) @ self.unit).toarray(), dtype=np.float64)


def list_neighbours(table: Table, profiles: Table) -> Scores:
    """Return the summed cosines of the lists that have each track with a profile, shape (profiles, tracks).

    Source:
        Herlocker et al., SIGIR 1999, doi:10.1145/312624.312682, with all lists as neighbours.
    """
    sizes = np.maximum(np.diff(table.indptr), 1)
    own = np.maximum(np.sqrt(np.asarray(profiles.multiply(profiles).sum(axis=1)).ravel()), 1e-9)
    closeness = (profiles @ table.T).toarray() / (own[:, None] * np.sqrt(sizes)[None, :])
    return np.asarray(closeness @ table, dtype=np.float64)


def item_factors(table: Table, *, seed: int = 0) -> Matrix:
    """Return factors of tracks by implicit-feedback alternating least squares, shape (tracks, :data:`ALS_FACTORS`).

    Source:
        Hu, Koren and Volinsky, ICDM 2008, doi:10.1109/ICDM.2008.22; the ``implicit`` library.
    """
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    # implicit runs its own threads and asks for this; OpenBLAS threads under them make it many times slower.
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=ALS_FACTORS,
            iterations=ALS_ROUNDS,
            regularization=ALS_RIDGE,
            alpha=ALS_ALPHA,
            random_state=seed,
            num_threads=1,
        )
        model.fit(sparse.csr_matrix(table.astype(np.float32)), show_progress=False)
    return np.asarray(model.item_factors, dtype=np.float32)


def folded_in(factors: Matrix, profiles: Table) -> Scores:
    """Return what factors predict for profiles that they were not learnt with, shape (profiles, tracks).

    A profile's own factors solve the same regularised least squares as a list's: they come near s for what it has
    with strength s, in full at 1, and near 0 for all else; what it has counts 1 + (α - 1) s against 1 for the rest.
    """
    gram = factors.T @ factors + ALS_RIDGE * np.eye(factors.shape[1], dtype=np.float32)
    found = np.zeros((profiles.shape[0], len(factors)))
    for row in range(profiles.shape[0]):
        has = slice(profiles.indptr[row], profiles.indptr[row + 1])
        own, strengths = factors[profiles.indices[has]], profiles.data[has]
        if len(own):
            more = (ALS_ALPHA - 1) * strengths
            solved = np.linalg.solve(gram + (own.T * more) @ own, ((1 + more) * strengths) @ own)
            found[row] = factors @ solved
    return found


def context_vectors(table: Table, dim: int) -> Matrix:
    """Return unit vectors of columns by what they are found together with; zero for what is never found with another.

    Positive pointwise mutual information with flattened contexts, reduced by a truncated singular value decomposition:
    in closed form what word2vec's negative sampling approaches.

    Args:
        table: Shape (lists, columns), 1 where a list has it.
        dim: Columns wanted at most.

    Source:
        Levy and Goldberg, NeurIPS 2014; Levy, Goldberg and Dagan, TACL 2015, doi:10.1162/tacl_a_00134.
    """
    together = sparse.coo_array(table.T @ table)
    other = together.row != together.col
    rows, columns, counts = together.row[other], together.col[other], together.data[other].astype(np.float64)
    size = table.shape[1]
    met = np.bincount(rows, weights=counts, minlength=size)
    flattened = met**CONTEXT_POWER
    total = counts.sum()
    if not total:
        return np.zeros((size, 1), dtype=np.float32)
    contexts = flattened / flattened.sum() * total
    information = np.log(counts * total / (met[rows] * contexts[columns]))
    positive = information > 0
    if not positive.any() or size <= 2:  # noqa: PLR2004 -- the decomposition wants more columns than directions
        return np.zeros((size, 1), dtype=np.float32)
    from sklearn.decomposition import TruncatedSVD

    table_of_information = sparse.csr_matrix((information[positive], (rows[positive], columns[positive])), (size, size))
    svd = TruncatedSVD(min(dim, size - 1), random_state=_SVD_SEED, n_iter=_SVD_ROUNDS)
    vectors = svd.fit_transform(table_of_information) / np.sqrt(np.maximum(svd.singular_values_, 1e-9))
    return unit_rows(vectors.astype(np.float32))


def _weighted_norms(inverse: NDArray[np.float64], table: Table) -> NDArray[np.float64]:
    """Return xᵀK⁻¹x for each column x of a table, a few thousand columns at a time."""
    columns = table.tocsc()
    norms = np.zeros(table.shape[1])
    for start in range(0, table.shape[1], _COLUMNS_AT_ONCE):
        some = columns[:, start : start + _COLUMNS_AT_ONCE]
        norms[start : start + some.shape[1]] = np.asarray(some.multiply(inverse @ some).sum(axis=0)).ravel()
    return norms
