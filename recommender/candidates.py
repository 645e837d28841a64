"""Candidates: the tracks near enough to be worth ranking, found for every direction of a request."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from recommender.interests import shares_to_slots
from recommender.ports import TrackIndex
from recommender.types import Keys, Vector

POOL_SIZE: Final = 400
"""Candidates that are ranked; era, popularity and variety choose among so many neighbours."""
_ENLARGED: Final = 4
"""Factor by which a search grows when too much of what it found was excluded."""
NO_KEYS: Final[Keys] = np.empty(0, dtype=np.int64)


def candidates(
    index: TrackIndex,
    queries: Sequence[Vector],
    shares: Sequence[float],
    *,
    excluded: Keys,
    among: Keys | None = None,
    size: int = POOL_SIZE,
) -> Keys:
    """Return the nearest tracks of several queries, each with its share of the pool.

    Args:
        index: Where to look.
        queries: Weighted queries, none of them zero.
        shares: How much of the pool each query is entitled to; only their proportions matter.
        excluded: Tracks that must not come back: seeds, known, blocked, lately suggested.
        among: The only tracks that may come back; None for all.
        size: Tracks wanted over all queries; a track near to several counts for each, so fewer may come.

    Returns:
        Distinct keys, ascending.
    """
    allowed = None if among is None else np.setdiff1d(among, excluded)
    found = [
        nearest(index, query, slots, excluded=excluded, among=allowed)
        for query, slots in zip(queries, shares_to_slots(shares, size), strict=True)
        if slots > 0
    ]
    return np.unique(np.concatenate([NO_KEYS, *found]))


def nearest(index: TrackIndex, query: Vector, count: int, *, excluded: Keys, among: Keys | None = None) -> Keys:
    """Return the ``count`` nearest tracks that are not excluded, best first; fewer only when there are no more."""
    if among is not None:
        return index.search(query, count, among=among)[0] if len(among) else NO_KEYS
    asked = min(2 * count, len(index))
    while True:
        keys, _ = index.search(query, asked)
        kept = keys[~np.isin(keys, excluded)][:count]
        if len(kept) == count or asked >= len(index):
            return kept
        asked = min(asked * _ENLARGED, len(index))
