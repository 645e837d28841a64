"""Agglomerative clustering of a few hundred rows, and how well the clusters are apart.

scikit-learn has both, and is what the tests hold these to. Its import takes .7 s of processor time and some 70 MB,
which every ``cratedigger recommend --artist`` and every start of the bot would pay for a few lines of arithmetic.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
"""Shape (n,): the cluster of each row, counted from zero."""
Distances = NDArray[np.float64]
"""Shape (n, n), symmetric, none negative, zero on the diagonal."""


def average_linkage(distances: Distances, *, closer_than: float) -> Labels:
    """Return the clusters once no two are closer to each other than this, by the mean distance of their members."""
    labels = np.arange(len(distances))
    for labels, apart in _agglomerated(distances, is_ward=False):  # noqa: B007 -- the last ones are the answer
        if apart >= closer_than:
            break
    return _counted(labels)


def ward_partitions(distances: Distances, most: int) -> dict[int, Labels]:
    """Return the partitions into 2 to ``most`` clusters that Ward's method makes, by their number of clusters.

    Args:
        distances: *Squared* Euclidean ones.
        most: At most the number of rows is made.

    Source:
        Ward, JASA 1963, doi:10.1080/01621459.1963.10500845.
    """
    steps = enumerate(_agglomerated(distances, is_ward=True))
    return {count: _counted(labels) for step, (labels, _) in steps if 2 <= (count := len(distances) - step) <= most}  # noqa: PLR2004 -- one cluster is no partition


def mean_silhouette(distances: Distances, labels: Labels) -> float:
    """Return how well at least two clusters are apart, -1 to 1; a row alone in its cluster counts 0.

    Source:
        Rousseeuw, J. Comput. Appl. Math. 1987, doi:10.1016/0377-0427(87)90125-7.
    """
    rows = np.arange(len(labels))
    member = np.eye(labels.max() + 1)[labels]
    sizes = member.sum(axis=0)
    totals = distances @ member
    others = sizes[labels] - 1
    within = totals[rows, labels] / np.maximum(others, 1)
    means = totals / sizes
    means[rows, labels] = np.inf
    nearest = means.min(axis=1)
    wider = np.maximum(within, nearest)
    silhouettes = np.where(others > 0, (nearest - within) / np.where(wider > 0, wider, 1), 0)
    return float(silhouettes.mean())


def _agglomerated(distances: Distances, *, is_ward: bool) -> Iterator[tuple[Labels, float]]:
    """Yield the clusters, from one per row to two, each time with the distance of the two that are joined next.

    Source:
        Lance and Williams, The Computer Journal 1967, doi:10.1093/comjnl/9.4.373, for the distances to a new cluster.
    """
    count = len(distances)
    apart = distances.astype(np.float64)
    np.fill_diagonal(apart, np.inf)
    labels, sizes = np.arange(count), np.ones(count)
    for _ in range(count - 1):
        left, right = sorted(divmod(int(apart.argmin()), count))
        joined = float(apart[left, right])
        yield labels, joined
        a, b = (sizes[left], sizes[right])
        if is_ward:
            new = ((a + sizes) * apart[left] + (b + sizes) * apart[right] - sizes * joined) / (a + b + sizes)
        else:
            new = (a * apart[left] + b * apart[right]) / (a + b)
        new[left] = np.inf
        apart[left] = apart[:, left] = new
        apart[right] = apart[:, right] = np.inf
        sizes[left] = a + b
        labels = np.where(labels == right, left, labels)
    if count:
        yield labels, np.inf


def _counted(labels: Labels) -> Labels:
    counted: Labels = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    return counted
