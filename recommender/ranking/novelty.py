"""Novelty: what the discovery dial and the popularity that was asked for came to in the suggestions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.pool import artists_of
from recommender.types import Novelty, Track


def novelty_of(
    tracks: Sequence[Track], *, discovery: float, familiar: frozenset[str], popularity_counts: NDArray[np.int64]
) -> Novelty | None:
    """Return how new the suggestions are; None where there are none.

    Args:
        tracks: The suggestions.
        discovery: The dial, as it was asked.
        familiar: Normalised names of the artists whom the member plays or asked about.
        popularity_counts: Shape (101,): how many tracks of the catalog have each popularity.
    """
    if not tracks:
        return None
    known = [track.popularity for track in tracks if track.popularity is not None]
    percentiles = popularity_percentiles(popularity_counts)[known]
    new = [artists_of(track).isdisjoint(familiar) for track in tracks]
    return Novelty(
        discovery=discovery,
        new_artists=float(np.mean(new)) if familiar else None,
        popularity_percentile=float(percentiles.mean()) if known else None,
        popularity_known=len(known),
    )


def popularity_percentiles(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the percentile rank of each popularity within the catalog, 0 to 100, shape as given.

    That is the share of less popular tracks and half of those as popular, as SciPy's
    ``percentileofscore(kind="mean")`` has it; 50 throughout for a catalog of which no popularity is known.
    """
    tracks = counts.sum()
    if tracks == 0:
        return np.full(len(counts), 50.0)
    ranks: NDArray[np.float64] = 100 * (np.cumsum(counts) - counts / 2) / tracks
    return ranks
