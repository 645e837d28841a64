import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import average_precision_score, ndcg_score, precision_recall_fscore_support

from recommender.evaluation.metrics import (
    artist_spread,
    chance_not_better,
    coverage,
    hits_of,
    interval,
    intra_list_diversity,
    list_metrics,
    novelty,
    recall_at,
)
from recommender.evaluation.rankers import NOTHING, best_columns


def test_a_worked_example() -> None:
    # Held out: three tracks; found at places 2 and 4 of five.
    hits = np.asarray([[False, True, False, True, False]])

    found = list_metrics(hits, np.asarray([3.0]), 5)

    assert found.precision[0] == pytest.approx(2 / 5)
    assert found.recall[0] == pytest.approx(2 / 3)
    assert found.f1[0] == pytest.approx(0.5)
    assert found.mrr[0] == pytest.approx(1 / 2)
    assert found.hit[0] == 1
    gained = 1 / math.log2(3) + 1 / math.log2(5)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert found.ndcg[0] == pytest.approx(gained / ideal)


def test_places_beyond_k_do_not_count_and_nothing_found_is_zero() -> None:
    found = list_metrics(np.asarray([[False, False, True]]), np.asarray([1.0]), 2)

    assert [found.precision[0], found.recall[0], found.f1[0], found.ndcg[0], found.mrr[0], found.hit[0]] == [0] * 6


def test_a_perfect_list_has_an_ndcg_of_one_even_when_more_could_be_found_than_fits() -> None:
    found = list_metrics(np.ones((2, 3), dtype=bool), np.asarray([3.0, 50.0]), 3)

    assert found.ndcg.tolist() == pytest.approx([1.0, 1.0])
    assert found.precision.tolist() == [1.0, 1.0]


@given(
    scores=st.lists(st.integers(0, 10_000), min_size=4, max_size=40, unique=True),
    k=st.integers(1, 4),
    data=st.data(),
)
@settings(max_examples=40)
def test_metrics_agree_with_scikit_learn(scores: list[int], k: int, data: st.DataObject) -> None:
    count = len(scores)
    relevant = data.draw(st.lists(st.booleans(), min_size=count, max_size=count).filter(any))
    values = np.asarray([scores], dtype=float)
    truth = np.asarray([relevant])
    lists = best_columns(values, k)

    found = list_metrics(
        hits_of(lists, sparse.csr_array(truth.astype(float)), np.asarray([0])), truth.sum(axis=1).astype(float), k
    )

    assert found.ndcg[0] == pytest.approx(ndcg_score(truth.astype(int), values, k=k))
    suggested = np.zeros(count, dtype=bool)
    suggested[lists[0]] = True
    precision, recall, f1, _ = precision_recall_fscore_support(truth[0], suggested, average="binary", zero_division=0)
    assert (found.precision[0], found.recall[0], found.f1[0]) == pytest.approx((precision, recall, f1))


@given(place=st.integers(0, 9))
def test_with_one_relevant_track_the_reciprocal_rank_is_the_average_precision(place: int) -> None:
    truth = np.arange(10) == place

    found = list_metrics(truth[None, :], np.asarray([1.0]), 10)

    assert found.mrr[0] == pytest.approx(average_precision_score(truth, -np.arange(10.0)))


def test_hits_are_those_of_the_asked_owner_and_never_of_empty_places() -> None:
    test = sparse.csr_array(np.asarray([[1.0, 0, 0], [0, 0, 1.0]]))

    hits = hits_of(np.asarray([[2, NOTHING, 0]]), test, np.asarray([1]))

    assert hits.tolist() == [[True, False, False]]


def test_recall_deeper_down() -> None:
    assert recall_at(np.asarray([[False, True, True]]), np.asarray([4.0]), 3).tolist() == [0.5]


def test_coverage_counts_tracks_once() -> None:
    assert coverage(np.asarray([[0, 1], [1, NOTHING]]), 8) == 0.25


def test_novelty_is_the_information_of_a_track_being_in_a_list() -> None:
    train = sparse.csr_array(np.asarray([[1.0, 0], [1, 0], [1, 0]]))

    # One track in 3 of 3 lists tells nothing; one in none of 3 has -log2(1 / 4) = 2 bits.
    assert novelty(np.asarray([[0]]), train) == 0
    assert novelty(np.asarray([[1]]), train) == 2
    assert novelty(np.asarray([[0, 1]]), train) == 1
    assert math.isnan(novelty(np.asarray([[NOTHING]]), train))


def test_artist_spread_is_the_share_of_places_that_bring_a_new_artist() -> None:
    artists = np.asarray([7, 7, 3, -1])

    assert artist_spread(np.asarray([[0, 1, 2]]), artists) == pytest.approx(2 / 3)
    assert artist_spread(np.asarray([[0, 2, NOTHING], [0, 1, 3]]), artists) == pytest.approx((1 + 1 / 2) / 2)
    assert math.isnan(artist_spread(np.asarray([[3, NOTHING]]), artists))


def test_hits_of_many_owners_are_found_as_those_of_few() -> None:
    rng = np.random.default_rng(0)
    held = rng.random((600, 9)) < 0.3
    lists = np.stack([rng.permutation(9)[:4] for _ in range(600)])

    hits = hits_of(lists, sparse.csr_array(held.astype(float)), np.arange(600))

    assert (hits == np.take_along_axis(held, lists, axis=1)).all()


def test_diversity_is_the_mean_pairwise_distance() -> None:
    audio = np.asarray([[1, 0], [0, 1], [-1, 0], [np.nan, 1]], dtype=np.float32)

    assert intra_list_diversity(np.asarray([[0, 1]]), audio) == pytest.approx(1)
    assert intra_list_diversity(np.asarray([[0, 2]]), audio) == pytest.approx(2)
    assert intra_list_diversity(np.asarray([[0, 1, 2]]), audio) == pytest.approx((1 + 2 + 1) / 3)
    assert intra_list_diversity(np.asarray([[0, 1, 3], [0, 0, NOTHING]]), audio) == pytest.approx(0.5)
    assert math.isnan(intra_list_diversity(np.asarray([[0, 3]]), audio))


def test_an_interval_of_many_owners_is_the_one_of_the_normal_distribution() -> None:
    values = np.random.default_rng(0).normal(0.3, 0.1, size=400)

    low, high = interval(values, np.random.default_rng(1), resamples=10_000)

    half = 1.96 * values.std() / math.sqrt(400)
    assert low == pytest.approx(values.mean() - half, abs=5e-4)
    assert high == pytest.approx(values.mean() + half, abs=5e-4)


def test_a_method_that_is_ahead_for_every_owner_is_ahead_in_every_resample() -> None:
    theirs = np.random.default_rng(0).random(50)
    rng = np.random.default_rng(1)

    assert chance_not_better(theirs + 0.01, theirs, rng) == 0
    assert chance_not_better(theirs, theirs, rng) == 1
    assert 0.3 < chance_not_better(np.tile([0.1, 0.0], 50), np.tile([0.0, 0.1], 50), rng, resamples=1_200) < 0.7
