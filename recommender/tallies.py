"""What music is made of, counted: its genres, its decades and its sound."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from recommender.songs import normalised
from recommender.types import AudioFeatures, Track

SOUND_FEATURES: Final = (
    "danceability",
    "energy",
    "loudness",
    "tempo",
    "speechiness",
    "instrumentalness",
    "liveness",
    "acousticness",
    "valence",
)
"""The audio features with a scale that a mean makes sense on, in display order: neighbours tend to go together."""
YEARS_OF_A_DECADE: Final = 10

Weighted = Iterable[tuple[Track, float]]
"""Tracks with how much each counts, above 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How much of some music has each of several names."""

    counts: Mapping[str, float]
    """Weight of the tracks that have the name; a track may have several."""
    known: float
    """Weight of the tracks that have any name."""
    total: float
    """Weight of all tracks."""

    def share(self, name: str) -> float:
        """Return the share of the tracks of which anything is known, 0 to 1."""
        return self.counts.get(name, 0.0) / self.known if self.known else 0.0

    @property
    def ranked(self) -> tuple[str, ...]:
        """The names, most common first, by name among equals."""
        return tuple(sorted(self.counts, key=lambda name: (-self.counts[name], name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How one audio feature is spread."""

    mean: float
    """In Spotify's unit."""
    deviation: float
    """Standard deviation of the tracks, not of the mean."""
    known: float
    """Weight of the tracks of which it is known, above 0."""


Sound = Mapping[str, Spread]
"""Of each of :data:`SOUND_FEATURES` that is known of any track."""


def genre_tally(tracks: Weighted) -> Tally:
    """Return how common each genre is, in the spelling that comes first in the alphabet."""
    counts: dict[str, float] = defaultdict(float)
    spelling: dict[str, str] = {}
    known, total = [], []
    for track, weight in tracks:
        total.append(weight)
        if track.genres:
            known.append(weight)
        for genre in track.genres:
            spelling[normalised(genre)] = min(genre, spelling.get(normalised(genre), genre))
        for genre in dict.fromkeys(map(normalised, track.genres)):
            counts[genre] += weight
    return Tally(
        counts={spelling[genre]: count for genre, count in counts.items()},
        known=math.fsum(known),
        total=math.fsum(total),
    )


def decade_tally(tracks: Weighted) -> Tally:
    """Return how common each decade is, as ``1990s``, earliest first."""
    counts: dict[int, float] = defaultdict(float)
    total = []
    for track, weight in tracks:
        total.append(weight)
        if track.year is not None:
            counts[decade_of(track.year)] += weight
    return Tally(
        counts={decade_name(decade): counts[decade] for decade in sorted(counts)},
        known=math.fsum(counts.values()),
        total=math.fsum(total),
    )


def decade_of(year: int) -> int:
    """Return the first year of a year's decade."""
    return year - year % YEARS_OF_A_DECADE


def decade_name(decade: int) -> str:
    """Return what a decade is called: ``1990s``."""
    return f"{decade}s"


def sound_of(tracks: Weighted) -> Sound:
    """Return how each audio feature is spread; a feature that is known of no track is left out."""
    weighed = [(track.audio, weight) for track, weight in tracks]
    spreads = ((name, _spread(name, weighed)) for name in SOUND_FEATURES)
    return {name: spread for name, spread in spreads if spread is not None}


def _spread(name: str, weighed: list[tuple[AudioFeatures, float]]) -> Spread | None:
    known = [(value, weight) for audio, weight in weighed if (value := _value(audio, name)) is not None]
    if not known:
        return None
    total = math.fsum(weight for _, weight in known)
    mean = math.fsum(value * weight for value, weight in known) / total
    variance = math.fsum((value - mean) ** 2 * weight for value, weight in known) / total
    return Spread(mean=mean, deviation=math.sqrt(variance), known=total)


def _value(audio: AudioFeatures, name: str) -> float | None:
    value: float | None = getattr(audio, name)
    # A tempo of 0 is how Spotify says that it found none.
    return None if name == "tempo" and not value else value
