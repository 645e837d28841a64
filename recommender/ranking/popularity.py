"""Popularity: how many people listen to a track, fading with its age."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from recommender.types import Track, Vector

HALF_LIFE_YEARS: Final = 30.0
"""A track of this age counts half. Long, because the services' figures already favour what is played now."""
_MAX_POPULARITY: Final = 100.0
_NEUTRAL: Final = 0.5
"""Stands for the median where no track of the pool is known."""


def decayed_popularity(tracks: Sequence[Track], *, today: date) -> Vector:
    """Return popularity/100 · 2^(-age / half-life) of each track, in [0, 1], shape (n,).

    A popularity or a year that is unknown takes the median of the tracks at hand: neither for nor against.
    """
    popularity = [np.nan if each.popularity is None else each.popularity / _MAX_POPULARITY for each in tracks]
    ages = [np.nan if each.year is None else max(today.year - each.year, 0) for each in tracks]
    freshness = 0.5 ** (np.asarray(ages, dtype=np.float32) / np.float32(HALF_LIFE_YEARS))
    decayed: Vector = with_median(np.asarray(popularity, dtype=np.float32)) * with_median(freshness)
    return decayed


def with_median(values: Vector) -> Vector:
    """Return the values with the median of the known ones for each NaN; one half where all are unknown."""
    unknown = np.isnan(values)
    median = np.median(values[~unknown]) if not unknown.all() else _NEUTRAL
    return np.where(unknown, np.float32(median), values)
