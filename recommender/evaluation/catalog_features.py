"""What the facts about tracks come to as numbers and words, for baselines and for diversity."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy import sparse

from recommender.evaluation.datasets import Rows, Table
from recommender.songs import normalised
from recommender.track_words import words_of
from recommender.types import Matrix, Track

AUDIO_FEATURES: Final = (
    "danceability",
    "energy",
    "key",
    "loudness",
    "mode",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
)
"""The eleven that every public dataset has."""
SYSTEM_FEATURES: Final = (*AUDIO_FEATURES, "duration_ms", "year", "popularity")

_SMALLEST_SHARE: Final = 1e-9
"""Of the mean: a feature that varies less is constant but for rounding."""


def z_scored(tracks: Sequence[Track], names: Sequence[str]) -> Matrix:
    """Return features at mean 0 and standard deviation 1, shape (tracks, names); NaN where unknown.

    A feature that is the same everywhere is 0, and one that no track has is NaN throughout.
    """
    values = np.asarray([[_number(track, name) for name in names] for track in tracks], dtype=np.float64)
    values = values.reshape(len(tracks), len(names))
    known = np.isfinite(values)
    counted = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0).sum(axis=0) / counted
    deviation = np.sqrt(np.where(known, np.square(values - mean), 0).sum(axis=0) / counted)
    varies = deviation > _SMALLEST_SHARE * np.abs(mean)
    scaled: Matrix = np.where(varies, (values - mean) / np.where(varies, deviation, 1), values * 0).astype(np.float32)
    return scaled


def mean_filled(tracks: Sequence[Track], names: Sequence[str]) -> Matrix:
    """Return :func:`z_scored` features with the mean, 0, for what is unknown."""
    return np.nan_to_num(z_scored(tracks, names), nan=0.0)


def tfidf_vectors(tracks: Sequence[Track], *, pairs: bool = True) -> Table:
    """Return unit TF-IDF rows of the words of each track, and of pairs of words; zero rows where nothing is known."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = [words_of(track) for track in tracks]
    if not any(words):
        return sparse.csr_array((len(words), 1), dtype=np.float32)  # the vectorizer refuses an empty vocabulary
    return sparse.csr_array(
        TfidfVectorizer(ngram_range=(1, 2 if pairs else 1), sublinear_tf=True, dtype=np.float32).fit_transform(words)
    )


def artist_numbers(tracks: Sequence[Track]) -> Rows:
    """Return a number per first artist from 0 on, shape (tracks,); -1 where no artist is known."""
    artists: dict[str, int] = {}
    return np.asarray(
        [artists.setdefault(normalised(track.artists[0]), len(artists)) if track.artists else -1 for track in tracks],
        dtype=np.int64,
    )


def artists_table(tracks: Sequence[Track]) -> Table:
    """Return a sparse table of tracks and first artists with 1 where they belong together; at least one column."""
    numbers = artist_numbers(tracks)
    rows = np.flatnonzero(numbers >= 0)
    shape = (len(tracks), max(int(numbers.max(initial=0)) + 1, 1))
    return sparse.csr_array((np.ones(len(rows)), (rows, numbers[rows])), shape=shape)


def _number(track: Track, name: str) -> float:
    value = getattr(track, name) if name in {"duration_ms", "year", "popularity"} else getattr(track.audio, name)
    return np.nan if value is None else float(value)
