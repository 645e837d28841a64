"""Baselines that read no listening but the asker's own: chance, popularity, names and sound.

Each is a :data:`recommender.evaluation.rankers.Method`.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from recommender.evaluation.catalog_features import (
    AUDIO_FEATURES,
    artists_table,
    mean_filled,
    tfidf_vectors,
)
from recommender.evaluation.datasets import Rows
from recommender.evaluation.rankers import Ranker, Scores, Training, ranked_by
from recommender.types import Track
from recommender.unit_rows import unit_rows

_POPULARITY_BELOW_ONE: Final = 1_000.0
"""Popularity is at most 100; divided by this it only orders what is equal otherwise."""
_LISTS_BELOW_ONE: Final = 1e6


def random_order(training: Training) -> Ranker:
    """Rank at random, differently for each owner."""
    rng = np.random.default_rng(training.seed)
    return ranked_by(training, lambda owners: rng.random((len(owners), len(training.tracks))))


def popularity(training: Training) -> Ranker:
    """Rank by the number of training lists that have the track."""
    return _same_for_all(training, lists_having(training))


def spotify_popularity(training: Training) -> Ranker:
    """Rank by the popularity that the dataset tells; unknown ones come last."""
    return _same_for_all(training, told_popularity(training.tracks))


def same_artist(training: Training) -> Ranker:
    """Rank by how many tracks of the first artist the owner has, then by popularity.

    Popularity is the dataset's; where it tells none, the number of training lists.
    """
    tracks = training.tracks
    by = artists_table(tracks)
    told = told_popularity(tracks) / _POPULARITY_BELOW_ONE + lists_having(training) / _LISTS_BELOW_ONE
    table = training.binary

    def scores(owners: Rows) -> Scores:
        counted: Scores = (table[owners] @ by @ by.T).toarray() + told
        return counted

    return ranked_by(training, scores)


def audio_mean(training: Training) -> Ranker:
    """Rank by the cosine to the mean of the owner's tracks, over z-scored audio features."""
    return near_mean(training, AUDIO_FEATURES)


def tfidf(training: Training) -> Ranker:
    """Rank by the cosine of TF-IDF vectors of title, artists and album to the sum of the owner's tracks' vectors.

    Words, pairs of words, and each artist as one more word: the strongest of the variants tried.
    """
    vectors = tfidf_vectors(training.tracks)
    table = training.binary.astype(np.float32)

    def scores(owners: Rows) -> Scores:
        # Cosine but for the length of the owner's own vector, which changes no order.
        return np.asarray((table[owners] @ vectors @ vectors.T).toarray(), dtype=np.float64)

    return ranked_by(training, scores)


def lists_having(training: Training) -> Scores:
    """Return the number of training lists that have each track, shape (tracks,)."""
    return np.bincount(training.table.indices, minlength=len(training.tracks)).astype(np.float64)


def told_popularity(tracks: Sequence[Track]) -> Scores:
    """Return the popularity that the dataset tells, shape (tracks,); -1 where it tells none."""
    return np.asarray([-1.0 if each.popularity is None else each.popularity for each in tracks], dtype=np.float64)


def near_mean(training: Training, names: Sequence[str]) -> Ranker:
    """Rank by the cosine to the mean of the owner's tracks, over z-scored columns; the mean for what is unknown."""
    features = mean_filled(training.tracks, names)
    unit = unit_rows(features)
    table = training.binary
    return ranked_by(training, lambda owners: np.asarray(table[owners] @ features @ unit.T))


def _same_for_all(training: Training, values: Scores) -> Ranker:
    return ranked_by(training, lambda owners: np.tile(values, (len(owners), 1)))
