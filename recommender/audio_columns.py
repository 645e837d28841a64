"""Audio features as one row of numbers: the raw columns that every fitted transform starts from."""

import math
from typing import Final

from recommender.types import AudioFeatures

_PLAIN: Final = (
    "danceability",
    "energy",
    "loudness",
    "mode",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
    "time_signature",
)
AUDIO_COLUMNS: Final = (*_PLAIN, "key_cos", "key_sin")
"""Names of the columns of :func:`audio_row`, in order."""

_MUST_BE_POSITIVE: Final = frozenset({"tempo", "time_signature"})
_FIFTH: Final = 7
"""Semitones; seven steps of a semitone lead to the neighbour on the circle of fifths."""
_PITCH_CLASSES: Final = 12


def audio_row(features: AudioFeatures) -> list[float]:
    """Return one number per :data:`AUDIO_COLUMNS`, in Spotify's units; NaN where unknown.

    The key is a place on the circle of fifths (cosine and sine), so that C stands beside G and F, not beside C sharp.
    A key of -1 and a tempo or time signature of 0 are how Spotify says *not detected*, hence unknown.
    """
    return [*(_number(name, getattr(features, name)) for name in _PLAIN), *_key(features.key)]


def _number(name: str, value: float | None) -> float:
    if value is None or (name in _MUST_BE_POSITIVE and value <= 0):
        return math.nan
    return float(value)


def _key(pitch_class: int | None) -> tuple[float, float]:
    if pitch_class is None or not 0 <= pitch_class < _PITCH_CLASSES:
        return math.nan, math.nan
    angle = 2 * math.pi * (pitch_class * _FIFTH % _PITCH_CLASSES) / _PITCH_CLASSES
    return math.cos(angle), math.sin(angle)
