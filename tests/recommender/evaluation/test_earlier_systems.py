import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import MinMaxScaler

from recommender.evaluation.catalog_features import AUDIO_FEATURES, SYSTEM_FEATURES, mean_filled, tfidf_vectors
from recommender.evaluation.earlier_systems import (
    ALPHA,
    NEAREST,
    alpha_hybrid,
    mean_vector,
    mean_vector_kmeans,
    popularity_by_age,
    text_mean,
    tfidf_with_features,
)
from recommender.evaluation.rankers import NOTHING, Training
from recommender.types import ReleaseDate, Track, TrackKey
from tests.recommender.evaluation.lists import listening, split, training

OWNER = np.asarray([0])


def own(made: Training) -> list[int]:
    columns: list[int] = made.table[OWNER].indices.tolist()
    return columns


def song(released: ReleaseDate | None, popularity: int | None) -> Track:
    return Track(key=TrackKey(1), title="a", artists=("b",), released=released, popularity=popularity)


def test_clusters_of_the_owners_songs_come_first_each_part_in_the_order_of_the_mean_vector() -> None:
    made = training(split())
    features = mean_filled(made.tracks, SYSTEM_FEATURES)
    cluster_of = KMeans(20, n_init=1, random_state=made.seed).fit_predict(features)
    inside = set(cluster_of[own(made)])

    plain = mean_vector(made)(OWNER, len(made.tracks))[0]
    clustered = mean_vector_kmeans(made)(OWNER, len(made.tracks))[0]

    plain = plain[plain != NOTHING]
    first = [column for column in plain if cluster_of[column] in inside]
    assert 0 < len(first) < len(plain)
    assert clustered[clustered != NOTHING].tolist() == [*first, *(each for each in plain if each not in first)]


def test_the_alpha_hybrid_orders_what_is_near_by_content_and_new_popularity() -> None:
    made = training(split())
    features = MinMaxScaler().fit_transform(mean_filled(made.tracks, AUDIO_FEATURES))
    content = cosine_similarity(features[own(made)].mean(axis=0, keepdims=True), features)[0]
    popular = popularity_by_age(made.tracks)
    blend = ALPHA * content + (1 - ALPHA) * popular / popular.max()
    blend[own(made)] = -np.inf

    ranked = alpha_hybrid(made)(OWNER, 10)[0]

    assert len(made.tracks) < NEAREST, "everything is near here"
    assert blend[ranked].tolist() == pytest.approx(np.sort(blend)[::-1][:10].tolist(), abs=1e-6)


def test_beyond_the_nearest_the_alpha_hybrid_follows_content(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.evaluation.earlier_systems.NEAREST", 5)
    made = training(split())
    features = MinMaxScaler().fit_transform(mean_filled(made.tracks, AUDIO_FEATURES))
    content = cosine_similarity(features[own(made)].mean(axis=0, keepdims=True), features)[0]
    content[own(made)] = -np.inf

    ranked = alpha_hybrid(made)(OWNER, 30)[0]

    assert set(ranked[:5]) == set(np.argsort(-content)[:5])
    assert content[ranked[5:]].tolist() == pytest.approx(np.sort(content)[::-1][5:30].tolist(), abs=1e-6)


def test_popularity_counts_by_the_days_since_the_newest_release() -> None:
    tracks = [
        song(ReleaseDate(2020, 1, 11), 100),
        song(ReleaseDate(2020, 1, 2), 50),
        song(ReleaseDate(2020), None),
        song(None, 90),
    ]

    assert popularity_by_age(tracks).tolist() == pytest.approx([1.0, 0.5 / 10, 0, 0])
    assert popularity_by_age([song(None, 90)]).tolist() == [0]


def test_mean_texts_are_compared_by_cosine() -> None:
    dataset = listening([("ann", "a", 1), ("ann", "b", 1), ("bob", "c", 1), ("bob", "d", 1), ("bob", "e", 1)])
    vectors = np.asarray([[2, 0], [0, 2], [1, 1], [9, 0], [0, 0]], dtype=np.float32)
    made = Training(tracks=dataset.tracks, table=dataset.counts, seed=0)

    ranked = text_mean(lambda tracks: vectors[: len(tracks)])(made)(OWNER, 3)[0]

    assert ranked.tolist() == [2, 3, 4]


def test_words_and_features_are_joined_seven_to_three() -> None:
    made = training(split())
    words, features = tfidf_vectors(made.tracks, pairs=False), mean_filled(made.tracks, SYSTEM_FEATURES)
    joined = 0.7 * cosine_similarity(words[own(made)].sum(axis=0)[None, :], words.toarray())[0]
    joined += 0.3 * cosine_similarity(features[own(made)].mean(axis=0, keepdims=True), features)[0]
    joined[own(made)] = -np.inf

    ranked = tfidf_with_features(made)(OWNER, 10)[0]

    assert joined[ranked].tolist() == pytest.approx(np.sort(joined)[::-1][:10].tolist(), abs=1e-5)
