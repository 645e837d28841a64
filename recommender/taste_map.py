"""A map of tracks: where each lies, which areas there are, and what somebody's own music is among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from recommender.area_names import AreaName, area_names
from recommender.interests import Interest, Labels, clustering_points
from recommender.projection import Projection, k_means, laid_out, main_columns, trust
from recommender.types import Matrix, Modality, Track, TrackKey, Vector

NOWHERE: Final = -1
"""The label of a track that belongs to no area of a layer."""

_CENTRAL_SHARE: Final = 0.1
"""Of an area's tracks: the nearest to its centre, among which the best known stands for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Tracks that lie together, and what they are called."""

    name: AreaName
    weight: float
    """Its share of the layer; the shares add up to 1."""
    tracks: int
    representative: TrackKey


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """One way in which tracks of a map fall into areas."""

    areas: tuple[Area, ...]
    """Largest first."""
    labels: Labels
    """Shape (n,): the area of each track of the map, or :data:`NOWHERE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMusic:
    """Whose music is shown on a map."""

    strengths: Mapping[TrackKey, float]
    """How much each track counts, above 0."""
    interests: tuple[Interest, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TasteMap:
    """Tracks laid out in two dimensions."""

    by: Projection
    """What laid them out; few tracks are always laid out by PCA."""
    seed: int
    tracks: tuple[Track, ...]
    places: Matrix
    """Shape (n, 2), within -1 and 1."""
    catalog: Layer
    """The tracks parted by K-means."""
    own: Layer | None
    """The interests of whoever's music is shown; None on a map of the catalog alone."""
    strengths: Vector
    """Shape (n,): how much each track counts in the own music, 0 where it is none of it."""
    trust: float | None
    """See :func:`recommender.projection.trust`."""


def taste_map(
    tracks: Sequence[Track],
    vectors: Matrix,
    slices: Mapping[Modality, slice],
    *,
    by: Projection,
    clusters: int | None,
    seed: int,
    own: OwnMusic | None = None,
) -> TasteMap:
    """Lay tracks out and name the areas.

    Args:
        tracks: What to show, at least one; own music among them.
        vectors: Shape (n, dim), their fused vectors in the same order; no zero rows.
        slices: Where each modality lies in a vector.
        by: How they are laid out.
        clusters: Areas that K-means parts the tracks into, fewer where fewer tracks differ; None finds their number.
        seed: Of what is random; the same tracks and seed give the same map.
        own: Whose music to show; interests are named by what tells them from all tracks of the map.
    """
    columns = main_columns(clustering_points(vectors, slices))
    places, by = laid_out(columns, by, seed=seed)
    strengths = np.asarray([own.strengths.get(track.key, 0.0) if own else 0.0 for track in tracks], dtype=np.float32)
    return TasteMap(
        by=by,
        seed=seed,
        tracks=tuple(tracks),
        places=places,
        catalog=_clustered(tracks, columns, k_means(columns, clusters, seed=seed)),
        own=_interests(tracks, strengths, own.interests) if own else None,
        strengths=strengths,
        trust=trust(columns, places, rng=np.random.default_rng(seed)),
    )


def _clustered(tracks: Sequence[Track], columns: Matrix, labels: Labels) -> Layer:
    members = [np.flatnonzero(labels == label) for label in range(labels.max() + 1)]
    names = area_names([[(tracks[row], 1.0) for row in rows.tolist()] for rows in members], tracks)
    areas = (
        Area(
            name=name, weight=len(rows) / len(tracks), tracks=len(rows), representative=_central(tracks, columns, rows)
        )
        for name, rows in zip(names, members, strict=True)
    )
    return Layer(areas=tuple(areas), labels=labels)


def _central(tracks: Sequence[Track], columns: Matrix, rows: Labels) -> TrackKey:
    """Return the best known of the tracks nearest to the centre."""
    distances = np.linalg.norm(columns[rows] - columns[rows].mean(axis=0), axis=1)
    nearest = rows[np.argsort(distances, kind="stable")][: max(1, int(len(rows) * _CENTRAL_SHARE))]
    best: Track = max((tracks[row] for row in nearest.tolist()), key=lambda track: (track.popularity or 0, -track.key))
    return best.key


def _interests(tracks: Sequence[Track], strengths: Vector, interests: Sequence[Interest]) -> Layer:
    row_of = {track.key: row for row, track in enumerate(tracks)}
    labels = np.full(len(tracks), NOWHERE, dtype=np.int64)
    members = [[row_of[key] for key in interest.members if key in row_of] for interest in interests]
    for label, rows in enumerate(members):
        labels[rows] = label
    names = area_names([[(tracks[row], float(strengths[row])) for row in rows] for rows in members], tracks)
    areas = (
        Area(name=name, weight=interest.weight, tracks=len(rows), representative=interest.representative)
        for name, interest, rows in zip(names, interests, members, strict=True)
    )
    return Layer(areas=tuple(areas), labels=labels)
