"""Blends: like these songs, and not like those.

What suggestions should be like are directions, as for every seed. What they should not be like takes away: each
candidate loses by how close it is to that, whatever speaks for it otherwise.

Source:
    Rocchio, "Relevance Feedback in Information Retrieval", in Salton (ed.), The SMART Retrieval System, 1971,
    pp. 313-323, for a query that is moved away from what is not wanted.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from recommender.interests import interests_of
from recommender.ranking.directions import Direction, SearchableIndex, known_vectors
from recommender.ranking.scoring import weighted_cosines
from recommender.types import Matrix, Modality, TrackKey, Vector, Weights

UNLIKE_WEIGHT: Final = 0.7
"""What a copy of an unwanted track loses, where a perfect match gains 1. Measured on 28,352 tracks with 40 songs and
for each one of its 60 nearest as the unwanted: the list's closeness to that falls from .278 to .080, and to the song
itself from .411 to .330; with 1 to .044 and .302, with ½ to .125 and .357."""
MOVED_AWAY: Final = 0.5
"""Length of what is taken from a query, against its own, where candidates away from the unwanted are looked for."""


def sides_of(index: SearchableIndex, unlike: Sequence[TrackKey]) -> Matrix:
    """Return what suggestions should not be like: one row for each side of it, shape (sides, dim).

    A track is a side of its own; the songs of an artist have as many sides as they fall into interests. No rows where
    nothing is known of any of them.
    """
    keys = np.unique(np.asarray(unlike, dtype=np.int64))
    slices = index.space.slices
    interests = interests_of(
        keys, known_vectors(index, keys), np.ones(len(keys), dtype=np.float32), slices, keep_odd=True
    )
    rows = np.zeros((len(interests), index.dim), dtype=np.float32)
    for row, interest in zip(rows, interests, strict=True):
        for modality, vector in interest.vector.items():
            row[slices[modality]] = vector
    return rows


def unlike_penalty(
    vectors: Matrix,
    sides: Matrix,
    slices: Mapping[Modality, slice],
    weights: Weights,
    *,
    in_lists: Vector | None = None,
) -> Vector:
    """Return what closeness to the unwanted takes away, zero or negative, shape (n,); closer loses more.

    Args:
        vectors: Shape (n, dim), fused vectors of the candidates.
        sides: Shape (m, dim), as :func:`sides_of` gives them.
        slices: Where each modality lies in a vector.
        weights: Of the request: closeness is the weighted mean cosine over what a side has.
        in_lists: Shape (n,), how close each is to the unwanted in the lists of others, 0 to 1; it counts where it is
            closer than by vectors. None where lists do not count.
    """
    closeness = np.zeros(len(vectors), dtype=np.float32)
    if len(sides):
        closeness = weighted_cosines(vectors, sides, slices, weights).max(axis=1)
    if in_lists is not None:
        closeness = np.maximum(closeness, in_lists.astype(np.float32))
    penalty: Vector = np.maximum(closeness, np.float32(0)) * np.float32(-UNLIKE_WEIGHT)
    return penalty


def away_queries(
    directions: Sequence[Direction], sides: Matrix, slices: Mapping[Modality, slice]
) -> list[tuple[Vector, float]]:
    """Return queries that lead to what is like a direction and away from the unwanted, each with its share.

    Candidates are looked for by these too, because all of the nearest ones may be close to the unwanted.
    """
    if not len(sides):
        return []
    found = []
    for direction in directions:
        moved = direction.query.copy()
        for columns in slices.values():
            length = np.linalg.norm(moved[columns])
            moved[columns] -= np.float32(MOVED_AWAY) * length * sides[:, columns].mean(axis=0)
        if moved.any():
            found.append((moved, direction.share))
    return found
