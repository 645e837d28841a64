import numpy as np
from scipy import sparse

from recommender.evaluation.rankers import NOTHING, Training, best_columns, ranked_by
from tests.recommender.evaluation.lists import split, training


def test_what_an_owner_has_never_comes_back() -> None:
    made = training(split())
    ranker = ranked_by(made, lambda owners: made.table[owners].toarray())

    lists = ranker(np.arange(made.table.shape[0]), 20)

    assert not made.table[np.repeat(np.arange(len(lists)), 20), lists.ravel()].sum()


def test_equal_scores_do_not_come_in_the_order_of_the_file() -> None:
    made = training(split())
    tracks = len(made.tracks)

    lists = ranked_by(made, lambda owners: np.zeros((len(owners), tracks)))(np.asarray([0, 1]), 10)

    assert (np.diff(lists[0]) < 0).any()
    again = ranked_by(made, lambda owners: np.zeros((len(owners), tracks)))(np.asarray([0, 1]), 10)
    assert (lists == again).all()


def test_a_list_ends_where_nothing_is_left() -> None:
    table = sparse.csr_array(np.asarray([[1.0, 0, 1.0, 0]]))
    made = Training(tracks=split().dataset.tracks[:4], table=table, seed=0)

    lists = ranked_by(made, lambda owners: np.asarray([[9.0, 1, 8, 2]]))(np.asarray([0]), 6)

    assert lists.tolist() == [[3, 1, NOTHING, NOTHING, NOTHING, NOTHING]]


def test_the_best_come_first_and_impossible_ones_not_at_all() -> None:
    assert best_columns(np.asarray([[0.1, 0.9, -np.inf, 0.5]]), 4).tolist() == [[1, 3, 0, NOTHING]]


def test_many_owners_are_ranked_as_each_alone() -> None:
    table = sparse.csr_array(np.eye(600, 9))
    made = Training(tracks=split().dataset.tracks[:9], table=table, seed=3)
    values = np.random.default_rng(0).random((600, 9))
    ranker = ranked_by(made, lambda owners: values[owners])

    together = ranker(np.arange(600), 3)

    assert (together[[0, 300, 599]] == ranker(np.asarray([0, 300, 599]), 3)).all()
