"""The systems that this one grew from, as they were: what each ranked by, as baselines.

Each is a :data:`recommender.evaluation.rankers.Method`, or returns one. The covers of the dataset files are not to be
had; what the covers system did is measured on pictures.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import numpy as np

from recommender.evaluation.baselines import near_mean
from recommender.evaluation.catalog_features import AUDIO_FEATURES, SYSTEM_FEATURES, mean_filled, tfidf_vectors
from recommender.evaluation.datasets import Rows
from recommender.evaluation.rankers import NOTHING, Method, Ranker, Scores, Training, best_columns, ranked_by
from recommender.types import Matrix, ReleaseDate, Track
from recommender.unit_rows import unit_rows

CLUSTERS: Final = 20
"""K of the mean-vector system's K-means."""
_FURTHER_THAN_ANY: Final = 2.0
"""Cosines lie in [-1, 1]: whoever loses this much comes after everybody who does not."""
ALPHA: Final = 0.5
"""Of content against weighted popularity: the alpha hybrid's own setting."""
NEAREST: Final = 100
"""Tracks by content that the alpha hybrid orders."""
FEATURES_SHARE: Final = 0.3
"""Of features against words where both are added; the published figure."""
_LARGEST_POPULARITY: Final = 100.0


def mean_vector(training: Training) -> Ranker:
    """Rank as the mean-vector system does: cosine to the mean of 14 z-scored features, with year and popularity.

    Source:
        The public notebook "Music Recommendation System using Spotify Dataset", which scales 15 columns, averages the
        rows of the songs asked about and ranks by cosine distance; without *explicit*, which playlists do not tell.
    """
    return near_mean(training, SYSTEM_FEATURES)


def mean_vector_kmeans(training: Training) -> Ranker:
    """Rank as :func:`mean_vector`, but the tracks of the clusters that the owner's songs are in before all others.

    Source:
        The same notebook clusters the scaled columns by K-means with K = 20. Those outside the clusters follow here, so
        that no list is short.
    """
    from sklearn.cluster import KMeans

    features = mean_filled(training.tracks, SYSTEM_FEATURES)
    unit = unit_rows(features)
    clusters = min(CLUSTERS, len(np.unique(features, axis=0)))
    cluster_of = KMeans(clusters, n_init=1, random_state=training.seed).fit_predict(features)
    belongs = np.eye(clusters, dtype=np.float32)[cluster_of]
    table = training.binary

    def scores(owners: Rows) -> Scores:
        means = unit_rows(np.asarray(table[owners] @ features, dtype=np.float32))
        outside = (np.asarray(table[owners] @ belongs) == 0)[:, cluster_of]
        found: Scores = np.asarray(means @ unit.T, dtype=np.float64) - _FURTHER_THAN_ANY * outside
        return found

    return ranked_by(training, scores)


def alpha_hybrid(training: Training) -> Ranker:
    """Rank what is nearest by MinMax-scaled audio features by half that and half popularity weighted by age.

    Popularity counts by 1 / (days since the release + 1), as it did there, scaled to [0, 1] over the catalog. Days
    count up to the newest release of the catalog. An unknown popularity or date adds nothing. What is further away by
    content follows by content alone: over the whole catalog the newest tracks would push everything else out.

    Source:
        The public article "Music Recommendation System using Spotify API and Python": recommendations by cosine over
        MinMax-scaled features of a playlist's tracks, reordered by weighted popularity, ``alpha`` = 0.5 between them.
    """
    from sklearn.preprocessing import minmax_scale

    features = np.asarray(minmax_scale(mean_filled(training.tracks, AUDIO_FEATURES)), dtype=np.float32)
    unit = unit_rows(features)
    popular = popularity_by_age(training.tracks)
    popular = popular / max(popular.max(initial=0.0), np.finfo(np.float64).tiny)
    table = training.binary

    def scores(owners: Rows) -> Scores:
        content = np.asarray(unit_rows(np.asarray(table[owners] @ features, dtype=np.float32)) @ unit.T)
        own = table[owners].toarray() > 0
        near = best_columns(np.where(own, -np.inf, content), NEAREST)
        found: Scores = np.asarray(content, dtype=np.float64) - _FURTHER_THAN_ANY
        rows, places = np.nonzero(near != NOTHING)
        columns = near[rows, places]
        found[rows, columns] = ALPHA * content[rows, columns] + (1 - ALPHA) * popular[columns]
        return found

    return ranked_by(training, scores)


def popularity_by_age(tracks: Sequence[Track]) -> Scores:
    """Return popularity, 0 to 1, over days since the release + 1, shape (tracks,); 0 where either is unknown."""
    days = np.asarray([np.nan if each.released is None else _first_day(each.released) for each in tracks])
    told = np.asarray([np.nan if each.popularity is None else each.popularity for each in tracks], dtype=np.float64)
    newest = np.max(days, initial=-np.inf, where=np.isfinite(days))
    by_age: Scores = np.nan_to_num(told / _LARGEST_POPULARITY / (newest - days + 1))
    return by_age


def text_mean(vectors_of: Callable[[tuple[Track, ...]], Matrix]) -> Method:
    """Return the method that ranks by the cosine to the mean text vector of the owner's tracks.

    It is the words' half of the lyrics and covers system, on the words that dataset files have: title, artists, album.

    Args:
        vectors_of: Returns a raw row of the text encoder per track, zero where nothing can be read.
    """

    def method(training: Training) -> Ranker:
        vectors = vectors_of(training.tracks)
        unit = unit_rows(vectors)
        table = training.binary
        return ranked_by(training, lambda owners: np.asarray(table[owners] @ vectors @ unit.T, dtype=np.float64))

    return method


def tfidf_with_features(training: Training) -> Ranker:
    """Rank by 0.7 of the cosine of words and 0.3 of that of the mean-vector system's features.

    Of words without pairs: their cosines are large enough to count beside those of features.
    """
    words = tfidf_vectors(training.tracks, pairs=False)
    features = mean_filled(training.tracks, SYSTEM_FEATURES)
    unit = unit_rows(features)
    table = training.binary.astype(np.float32)

    def scores(owners: Rows) -> Scores:
        said = table[owners] @ words
        lengths = np.sqrt(np.asarray(said.multiply(said).sum(axis=1)).ravel())[:, None]
        by_words = np.asarray((said @ words.T).toarray()) / np.where(lengths > 0, lengths, 1)
        by_features = unit_rows(np.asarray(table[owners] @ features, dtype=np.float32)) @ unit.T
        return np.asarray((1 - FEATURES_SHARE) * by_words + FEATURES_SHARE * by_features, dtype=np.float64)

    return ranked_by(training, scores)


def _first_day(released: ReleaseDate) -> float:
    return float(date(released.year, released.month or 1, released.day or 1).toordinal())
