import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import StandardScaler

from recommender.evaluation import collaborative_baselines
from recommender.evaluation.baselines import tfidf
from recommender.evaluation.catalog_features import AUDIO_FEATURES, SYSTEM_FEATURES, mean_filled, z_scored
from recommender.evaluation.collaborative_baselines import EASE_LAMBDA, ease, item_knn, user_knn
from recommender.evaluation.methods import BASELINES, COLLABORATIVE, package_missing_for
from recommender.evaluation.metrics import hits_of, list_metrics
from recommender.evaluation.rankers import NOTHING, Training
from recommender.types import AudioFeatures, Track, TrackKey
from tests.recommender.evaluation.lists import SONGS_PER_ARTIST, listening, split, training

K = 10


def recall_of(method: str) -> float:
    made = split()
    lists = BASELINES[method](training(made))(made.asked, K)
    relevant = np.diff(made.test[made.asked].indptr).astype(float)
    return float(list_metrics(hits_of(lists, made.test, made.asked), relevant, K).recall.mean())


@pytest.mark.parametrize(
    "method", [name for name in BASELINES if name not in {"random", "popularity", "spotify-popularity"}]
)
def test_what_looks_at_the_list_beats_chance_and_popularity(method: str) -> None:
    assert package_missing_for(method) is None
    assert recall_of(method) > 1.5 * max(recall_of("random"), recall_of("popularity"))


@pytest.mark.parametrize("method", BASELINES)
def test_the_same_seed_gives_the_same_lists_and_the_training_part_stays_as_it_was(method: str) -> None:
    made = training(split())
    before = made.table.copy()
    owners = np.arange(0, made.table.shape[0], 5)

    first, again = (BASELINES[method](made)(owners, K) for _ in range(2))

    assert (first == again).all()
    assert (made.table != before).nnz == 0


@pytest.mark.parametrize("method", BASELINES)
def test_listening_without_titles_or_sound_is_ranked_too(method: str) -> None:
    rows = [(f"o{owner}", f"s{(owner + step) % 7}", 1.0 + step) for owner in range(8) for step in range(4)]
    dataset = listening(rows)

    lists = BASELINES[method](Training(tracks=dataset.tracks, table=dataset.counts, seed=0))(np.arange(8), 3)

    assert lists.shape == (8, 3)
    assert (lists != NOTHING).all()
    assert not dataset.counts[np.repeat(np.arange(8), 3), lists.ravel()].sum()


def test_popularity_counts_training_lists_and_not_what_is_held_out() -> None:
    made = split()
    lists = BASELINES["popularity"](training(made))(np.asarray([0]), 1)

    having = np.bincount(made.train.indices, minlength=len(made.dataset.tracks)).astype(float)
    having[made.train[[0]].indices] = 0
    assert having[lists[0, 0]] == having.max()


def test_more_popular_tracks_of_the_same_artist_come_first() -> None:
    made = training(split())
    ranked = BASELINES["same-artist"](made)(np.asarray([0]), 60)[0]
    own = [made.tracks[column].artists[0] for column in made.table[[0]].indices]
    key = [(own.count(made.tracks[column].artists[0]), made.tracks[column].popularity) for column in ranked]

    assert key == sorted(key, reverse=True)


def test_random_lists_differ_between_owners() -> None:
    lists = BASELINES["random"](training(split()))(np.arange(5), K)

    assert len({tuple(row) for row in lists.tolist()}) == 5


def test_features_are_scaled_as_scikit_learn_does_and_unknown_ones_stay_unknown() -> None:
    tracks = split().dataset.tracks
    raw = [[getattr(track.audio, name) for name in AUDIO_FEATURES] for track in tracks]

    assert z_scored(tracks, AUDIO_FEATURES) == pytest.approx(StandardScaler().fit_transform(raw), abs=1e-3)
    bare = [*tracks[:3], Track(key=TrackKey(9), title="x", artists=("y",), audio=AudioFeatures(energy=0.5))]
    assert np.isnan(z_scored(bare, AUDIO_FEATURES)[3]).sum() == len(AUDIO_FEATURES) - 1
    assert np.isfinite(mean_filled(bare, SYSTEM_FEATURES)).all()


def test_the_mean_vector_system_ranks_by_cosine_to_the_mean_of_the_seeds() -> None:
    made = training(split())
    features = mean_filled(made.tracks, SYSTEM_FEATURES)
    own = made.table[[2]].indices
    closeness = cosine_similarity(features[own].mean(axis=0, keepdims=True), features)[0]
    closeness[own] = -np.inf

    ranked = BASELINES["mean-vector"](made)(np.asarray([2]), 5)[0]

    assert closeness[ranked] == pytest.approx(np.sort(closeness)[::-1][:5], abs=1e-6)


def test_tfidf_finds_the_artists_of_the_list() -> None:
    made = training(split())

    ranked = tfidf(made)(np.asarray([0]), SONGS_PER_ARTIST)[0]

    own = {made.tracks[column].artists for column in made.table[[0]].indices}
    assert all(made.tracks[column].artists in own for column in ranked)


def test_item_neighbours_are_summed_cosines_of_columns() -> None:
    made = training(split())
    closeness = cosine_similarity(made.binary.toarray().T)
    np.fill_diagonal(closeness, 0)
    expected = made.binary.toarray()[1] @ closeness
    expected[made.table[[1]].indices] = -np.inf

    ranked = item_knn(made)(np.asarray([1]), 8)[0]

    assert expected[ranked] == pytest.approx(np.sort(expected)[::-1][:8])


def test_only_the_nearest_owners_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collaborative_baselines, "USER_NEIGHBOURS", 1)
    # Ann and Bob share two of three songs; Cyd shares one with Ann, and four people have Cyd's other songs.
    rows = [("ann", "a"), ("ann", "b"), ("ann", "c"), ("bob", "a"), ("bob", "b"), ("bob", "x")]
    rows += [("cyd", "a"), ("cyd", "y"), ("cyd", "z"), *((f"o{n}", name) for n in range(4) for name in ("y", "z"))]
    dataset = listening([(owner, name, 1.0) for owner, name in rows])

    ranked = user_knn(Training(tracks=dataset.tracks, table=dataset.counts, seed=0))(np.asarray([0]), 1)

    assert dataset.counts[1, ranked[0, 0]] == 1


def test_ease_ranks_by_what_the_paper_minimises() -> None:
    made = training(split())
    table = made.binary.toarray()
    own = table[1] > 0
    # Ridge regression of each track on the others, one at a time.
    expected = np.full(table.shape[1], -np.inf)
    for track in np.flatnonzero(~own).tolist():
        others = np.delete(np.arange(table.shape[1]), track)
        x = table[:, others]
        weights = np.linalg.solve(x.T @ x + EASE_LAMBDA * np.eye(len(others)), x.T @ table[:, track])
        expected[track] = table[1, others] @ weights

    ranked = ease(made)(np.asarray([1]), 8)[0]

    assert expected[ranked] == pytest.approx(np.sort(expected)[::-1][:8], abs=1e-6)


def test_lists_of_one_track_teach_word2vec_nothing() -> None:
    dataset = listening([("a", "x", 1), ("b", "y", 1)])

    ranked = BASELINES["word2vec"](Training(tracks=dataset.tracks, table=dataset.counts, seed=0))(np.asarray([0]), 1)

    assert ranked.tolist() == [[1]]


def test_collaborative_methods_are_among_the_baselines() -> None:
    assert set(COLLABORATIVE) < set(BASELINES)
