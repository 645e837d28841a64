"""Interests: the clusters that a set of tracks falls into, so that tastes far apart are never averaged.

Whoever loves metal and lullabies gets both, and nothing in between.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.types import Keys, Matrix, Modality, TrackKey, Vector, Weights

Labels = NDArray[np.int64]
"""Shape (n,): the cluster of each row, counted from zero."""

MAX_INTERESTS: Final = 8
MAX_CLUSTERED_TRACKS: Final = 250
"""Strongest tracks that are clustered; pairwise distances of more would cost more than they tell."""
MAX_ODD_SHARE: Final = 0.04
"""Of all strength: a cluster with less is an odd listen and no interest."""

_FEW: Final = 4
"""Up to so many tracks a silhouette says little, so they are parted by how close they are."""
_FEW_COSINE: Final = 0.2
"""Mean cosine from which a few tracks count as one taste; higher than for clusters, for single cosines vary more."""
_SAME_TASTE_COSINE: Final = 0.1
"""Mean cosine from which two clusters count as one taste. Measured on 28,356 tracks: two random tracks have 0, two of
one subgenre .05 to .24, two of one playlist .17 in the median."""
_MIN_SILHOUETTE: Final = 0.08
"""Below it the clusters overlap so much that one interest describes the tracks better (1 is perfectly apart)."""
_ODD_COSINE: Final = 0.0
"""Members no closer than this to the centre of their cluster do not shape it."""
_CLUSTERING_WEIGHTS: Final = Weights()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interest:
    """One cluster of tracks."""

    vector: Mapping[Modality, Vector]
    """The centre: a unit sub-vector per modality that any member has."""
    weight: float
    """Its share of the whole, above 0; the shares add up to 1."""
    representative: TrackKey
    """The member that stands for it: strong, and close to the centre."""
    members: tuple[TrackKey, ...]
    """Strongest first."""
    newest: datetime | None = None
    """When a member was last listened to, where that is known."""


def interests_of(
    keys: Keys, vectors: Matrix, strengths: Vector, slices: Mapping[Modality, slice], *, keep_odd: bool = False
) -> tuple[Interest, ...]:
    """Cluster tracks into interests, strongest first.

    Few tracks are parted by average linkage at a fixed cosine. More are clustered by Ward's method into the number of
    clusters (at most :data:`MAX_INTERESTS`) with the best mean silhouette; then those that are as close as one taste
    are joined.

    Args:
        keys: The tracks.
        vectors: Shape (n, dim), their fused vectors; rows that are zero everywhere are left out.
        strengths: Shape (n,), how much each track counts, above 0.
        slices: Where each modality lies in a vector.
        keep_odd: Whether clusters with a very small share are interests too: yes for tracks somebody named,
            no for what was heard in passing.

    Returns:
        No interests when no track has a vector. The result does not depend on the order of the tracks.

    Source:
        Ward, JASA 1963, doi:10.1080/01621459.1963.10500845; Rousseeuw, J. Comput. Appl. Math. 1987,
        doi:10.1016/0377-0427(87)90125-7.
    """
    usable = np.flatnonzero(vectors.any(axis=1) & (strengths > 0))
    # The strongest first, by key among equals, so that the order in which tracks arrive decides nothing.
    order = usable[np.lexsort((keys[usable], -strengths[usable]))][:MAX_CLUSTERED_TRACKS]
    if len(order) == 0:
        return ()
    keys, vectors, strengths = keys[order], vectors[order], strengths[order]
    labels = cluster_labels(clustering_points(vectors, slices))
    shares = np.bincount(labels, weights=strengths) / strengths.sum()
    kept = [label for label, share in enumerate(shares) if keep_odd or share >= MAX_ODD_SHARE]
    kept = sorted(kept or [int(np.argmax(shares))], key=lambda label: -shares[label])
    total = float(sum(shares[label] for label in kept))
    return tuple(
        _interest(keys[rows], vectors[rows], strengths[rows], slices, weight=float(shares[label]) / total)
        for label in kept
        for rows in [np.flatnonzero(labels == label)]
    )


def clustering_points(vectors: Matrix, slices: Mapping[Modality, slice]) -> Matrix:
    """Return unit rows whose inner product is the weighted mean cosine of the modalities."""
    points = np.zeros_like(vectors)
    for modality, columns in slices.items():
        points[:, columns] = np.float32(np.sqrt(_CLUSTERING_WEIGHTS.of(modality))) * vectors[:, columns]
    return _unit(points)


def cluster_labels(points: Matrix) -> Labels:
    """Return the cluster of each unit row; the number of clusters is found, and may be one."""
    if len(points) == 1:
        return np.zeros(1, dtype=np.int64)
    cosines = points @ points.T
    distances = np.clip(1 - cosines, 0, 2).astype(np.float64)
    np.fill_diagonal(distances, 0)
    return _parted_few(distances) if len(points) <= _FEW else _parted_many(points, distances)


def newest_of(members: Iterable[TrackKey], moments: Mapping[TrackKey, datetime]) -> datetime | None:
    """Return the latest moment of any of these tracks."""
    return max((moments[member] for member in members if member in moments), default=None)


def shares_to_slots(shares: Sequence[float], count: int) -> list[int]:
    """Divide ``count`` places in proportion to shares, at least one each while there are enough.

    Returns:
        Whole numbers that add up to ``count``.

    Source:
        The largest remainder method (Hamilton's).
    """
    if not shares:
        return []
    floor = 1 if count >= len(shares) else 0
    total = sum(shares)
    exact = [share / total * (count - floor * len(shares)) for share in shares]
    slots = [floor + int(each) for each in exact]
    by_remainder = sorted(range(len(shares)), key=lambda i: (-(exact[i] - int(exact[i])), -shares[i], i))
    for i in by_remainder[: count - sum(slots)]:
        slots[i] += 1
    return slots


def _parted_few(distances: NDArray[np.float64]) -> Labels:
    # Here, because it takes a second to import and only some requests cluster.
    from sklearn.cluster import AgglomerativeClustering

    clustering = AgglomerativeClustering(
        n_clusters=None, distance_threshold=1 - _FEW_COSINE, metric="precomputed", linkage="average"
    )
    labels: Labels = clustering.fit_predict(distances).astype(np.int64)
    return labels


def _parted_many(points: Matrix, distances: NDArray[np.float64]) -> Labels:
    from sklearn.cluster import ward_tree
    from sklearn.metrics import silhouette_score

    merges, *_ = ward_tree(points)
    best, best_silhouette = np.zeros(len(points), dtype=np.int64), _MIN_SILHOUETTE
    for count in range(2, min(MAX_INTERESTS, len(points) - 1) + 1):
        labels = _cut(merges, len(points), count)
        silhouette = float(silhouette_score(distances, labels, metric="precomputed"))
        if silhouette > best_silhouette:
            best, best_silhouette = labels, silhouette
    return _merged(best, 1 - distances)


def _merged(labels: Labels, cosines: NDArray[np.float64]) -> Labels:
    """Join clusters until no two are as close as one taste: a silhouette also parts what is merely uneven."""
    labels = labels.copy()
    while labels.max() > 0:
        member = np.eye(labels.max() + 1)[labels]
        sizes = member.sum(axis=0)
        means = member.T @ cosines @ member / np.outer(sizes, sizes)
        np.fill_diagonal(means, -1)
        left, right = sorted(np.unravel_index(int(means.argmax()), means.shape))
        if means[left, right] < _SAME_TASTE_COSINE:
            break
        labels[labels == right] = left
        labels[labels > right] -= 1
    return labels


def _cut(merges: NDArray[np.int64], leaves: int, count: int) -> Labels:
    """Return the clusters of a tree once all but the last ``count - 1`` merges are made; nearest merges come first."""
    clusters = {leaf: [leaf] for leaf in range(leaves)}
    for step, (left, right) in enumerate(merges[: leaves - count].tolist()):
        clusters[leaves + step] = clusters.pop(left) + clusters.pop(right)
    labels = np.empty(leaves, dtype=np.int64)
    for label, members in enumerate(clusters.values()):
        labels[members] = label
    return labels


def _interest(
    keys: Keys, vectors: Matrix, strengths: Vector, slices: Mapping[Modality, slice], *, weight: float
) -> Interest:
    points = clustering_points(vectors, slices)
    closeness = points @ _unit((strengths[:, None] * points).sum(axis=0))
    shaping = strengths * (closeness > _ODD_COSINE) if (closeness > _ODD_COSINE).any() else strengths
    centre = (shaping[:, None] * vectors).sum(axis=0)
    return Interest(
        vector={
            modality: _unit(centre[columns])
            for modality, columns in slices.items()
            if np.linalg.norm(centre[columns]) > np.finfo(np.float32).eps
        },
        weight=weight,
        representative=TrackKey(int(keys[np.argmax(shaping * np.maximum(closeness, 0))])),
        members=tuple(TrackKey(int(key)) for key in keys),
    )


def _unit(rows: Matrix) -> Matrix:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    unit: Matrix = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return unit
