"""Two dimensions out of hundreds: where tracks lie on a map, and which areas the map falls into.

Whatever is random comes from a seed, so the same tracks give the same map.
"""

from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.interests import Labels
from recommender.types import Matrix

Rows = NDArray[np.int64]
"""Shape (n,): row numbers."""

MAIN_COLUMNS: Final = 50
"""Principal components that neighbours are looked for in; what lies beyond them is mostly noise."""
PERPLEXITY: Final = 30.0
"""About how many neighbours of a track t-SNE keeps near it; the original's default."""
FEWEST_FOR_TSNE: Final = 12
"""Tracks; fewer have too few neighbours to keep, and are laid out by PCA."""
MOST_JUDGED: Final = 1_500
"""Tracks that a map is judged by; comparing all pairs of more would cost more than drawing it."""
JUDGED_NEIGHBOURS: Final = 10
CLUSTERS_TRIED: Final = range(4, 11)
"""Fewer say little, and more cannot be told apart by colour."""


class Projection(StrEnum):
    """How tracks are laid out in two dimensions."""

    PCA = "pca"
    """The two directions that tracks differ most in: distances across the map mean something."""
    TSNE = "tsne"
    """Neighbours stay neighbours: areas are clear, distances between them say little."""


def spread(count: int, most: int, rng: np.random.Generator) -> Rows:
    """Return at most ``most`` of ``count`` rows, each as likely as any other, ascending."""
    if count <= most:
        return np.arange(count)
    return np.sort(rng.choice(count, size=most, replace=False))


def main_columns(points: Matrix) -> Matrix:
    """Return the points along their principal components, most telling first.

    Args:
        points: Shape (n, dim), n at least 1.

    Returns:
        Shape (n, k) with k at most :data:`MAIN_COLUMNS` and at least 2; columns without variance are zero.

    Source:
        Hotelling, J. Educ. Psychol. 1933, doi:10.1037/h0071325.
    """
    count = min(MAIN_COLUMNS, *points.shape)
    if not np.ptp(points, axis=0).any():
        return np.zeros((len(points), max(count, 2)), dtype=np.float32)
    # Here, because it takes a second to import and only maps need it.
    from sklearn.decomposition import PCA

    columns: Matrix = PCA(count, svd_solver="covariance_eigh").fit_transform(points).astype(np.float32)
    return np.pad(columns, ((0, 0), (0, max(0, 2 - count))))


def laid_out(columns: Matrix, by: Projection, *, seed: int) -> tuple[Matrix, Projection]:
    """Return places on a map, and what made them.

    Args:
        columns: From :func:`main_columns`.
        by: How; fewer than :data:`FEWEST_FOR_TSNE` rows are laid out by PCA in any case.
        seed: Of what is random in t-SNE.

    Returns:
        Shape (n, 2), the middle of the map at zero, the farthest coordinate at 1 or -1; all zero when all rows are
        alike.

    Source:
        van der Maaten, JMLR 2014, 15(93):3221-3245, for t-SNE by the Barnes-Hut approximation; started from the
        principal components, which keeps the large shape (Kobak and Berens, Nat. Commun. 2019,
        doi:10.1038/s41467-019-13056-x).
    """
    if len(columns) < FEWEST_FOR_TSNE or not columns.any():
        by = Projection.PCA
    places = columns[:, :2] if by is Projection.PCA else _neighbour_embedding(columns, seed)
    places = places - (places.max(axis=0) + places.min(axis=0)) / 2
    farthest = float(np.abs(places).max())
    return (places / farthest if farthest > 0 else places).astype(np.float32), by


def k_means(columns: Matrix, count: int | None = None, *, seed: int) -> Labels:
    """Part rows into clusters, the largest first.

    Args:
        columns: Shape (n, k), n at least 1.
        count: Clusters wanted, at least 1; there are fewer where fewer rows differ. Without it, the number within
            :data:`CLUSTERS_TRIED` that gives the best mean silhouette.
        seed: Of the first centres, and of the rows that silhouettes are judged by.

    Source:
        Lloyd, IEEE Trans. Inf. Theory 1982, doi:10.1109/TIT.1982.1056489; first centres by k-means++ (Arthur and
        Vassilvitskii, SODA 2007, pp. 1027-1035); silhouettes: Rousseeuw, J. Comput. Appl. Math. 1987,
        doi:10.1016/0377-0427(87)90125-7.
    """
    different = len(np.unique(columns, axis=0))
    if count is not None or different <= CLUSTERS_TRIED.start:
        return _largest_first(_parted(columns, min(count or CLUSTERS_TRIED.start, different), seed))
    tried = [_parted(columns, each, seed) for each in CLUSTERS_TRIED if each < different]
    rows = spread(len(columns), MOST_JUDGED, np.random.default_rng(seed))
    return _largest_first(max(tried, key=lambda labels: _silhouette(columns[rows], labels[rows])))


def trust(columns: Matrix, places: Matrix, *, rng: np.random.Generator) -> float | None:
    """Return how far neighbours on the map are neighbours in truth: 1 all of them, about .5 for places at random.

    Args:
        columns: Shape (n, k), what was laid out.
        places: Shape (n, 2), where.
        rng: Chooses the rows that are judged when there are more than :data:`MOST_JUDGED`.

    Returns:
        None for so few rows that each is a neighbour of each.

    Source:
        Venna and Kaski, ICANN 2001, doi:10.1007/3-540-44668-0_68: trustworthiness, with ten neighbours.
    """
    from sklearn.manifold import trustworthiness

    rows = spread(len(columns), MOST_JUDGED, rng)
    if len(rows) <= 2 * JUDGED_NEIGHBOURS:
        return None
    return float(trustworthiness(columns[rows], places[rows], n_neighbors=JUDGED_NEIGHBOURS))


def _neighbour_embedding(columns: Matrix, seed: int) -> Matrix:
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(columns) - 1) / 3)
    with _in_one_thread():
        places: Matrix = TSNE(perplexity=perplexity, init="pca", random_state=seed, n_jobs=1).fit_transform(columns)
    return places


def _parted(columns: Matrix, count: int, seed: int) -> Labels:
    from sklearn.cluster import KMeans

    with _in_one_thread():
        labels: Labels = KMeans(count, n_init=4, random_state=seed).fit_predict(columns).astype(np.int64)
    return labels


def _in_one_thread() -> AbstractContextManager[object]:
    # Threads that wait for each other at every step cost several times what they save on a busy machine of two cores.
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1, user_api="openmp")
    return limits


def _silhouette(columns: Matrix, labels: Labels) -> float:
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(columns, labels))


def _largest_first(labels: Labels) -> Labels:
    count = int(labels.max()) + 1
    sizes = np.bincount(labels, minlength=count)
    firsts = np.asarray([np.argmax(labels == label) for label in range(count)])
    rank = np.empty(count, dtype=np.int64)
    rank[np.lexsort((firsts, -sizes))] = np.arange(count)
    return rank[labels]
