import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ranking.diversity import Label, capped_mmr_order, mmr_order
from recommender.types import Matrix, Vector


def scores(*values: float) -> Vector:
    return np.asarray(values, dtype=np.float32)


def unit(rows: list[list[float]]) -> Matrix:
    matrix = np.asarray(rows, dtype=np.float32)
    rows_of_length_one: Matrix = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return rows_of_length_one


def test_second_pick_avoids_a_near_copy_of_the_first() -> None:
    twin = [1.0, 0.0]
    vectors = np.asarray([twin, twin, [0.0, 1.0]], dtype=np.float32)

    order = mmr_order(scores(1.0, 0.95, 0.6), vectors, trade_off=0.5, count=3)

    assert order == [0, 2, 1]


def test_trade_off_one_is_relevance_alone() -> None:
    vectors = unit([[1, 0], [1, 0], [0, 1]])

    assert mmr_order(scores(0.2, 0.9, 0.5), vectors, trade_off=1.0, count=3) == [1, 2, 0]


def test_trade_off_zero_goes_where_nothing_was_picked_yet() -> None:
    vectors = unit([[1, 0], [1, 0.1], [-1, 0.2]])

    assert mmr_order(scores(0.9, 0.8, 0.0), vectors, trade_off=0.0, count=2) == [0, 2]


def test_among_equals_the_earlier_row_comes_first() -> None:
    vectors = unit([[1, 0, 0], [0, 1, 0], [0, 0, 1]])

    assert mmr_order(scores(0.5, 0.5, 0.5), vectors, trade_off=0.7, count=3) == [0, 1, 2]


def test_fewer_come_back_when_there_are_fewer() -> None:
    assert mmr_order(scores(0.5), unit([[1, 0]]), trade_off=0.7, count=10) == [0]
    assert mmr_order(scores(), np.empty((0, 2), dtype=np.float32), trade_off=0.7, count=10) == []


def test_rows_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="do not match"):
        mmr_order(scores(0.5, 0.4), unit([[1, 0]]), trade_off=0.7, count=1)


@pytest.mark.parametrize("trade_off", [-0.1, 1.1])
def test_a_trade_off_outside_its_range_is_refused(trade_off: float) -> None:
    with pytest.raises(ValueError, match="trade_off"):
        mmr_order(scores(0.5), unit([[1, 0]]), trade_off=trade_off, count=1)


def test_a_cap_holds_for_its_label_alone() -> None:
    vectors = unit([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    labels = [[("artist", "a")], [("artist", "a")], [("artist", "a")], [("artist", "b")]]

    order = capped_mmr_order(
        scores(0.9, 0.8, 0.7, 0.1), vectors, trade_off=1.0, count=4, labels=labels, caps={("artist", "a"): 2}
    )

    assert order == [0, 1, 3]


def test_each_group_gets_its_places_though_another_scores_higher() -> None:
    vectors = unit([[1, 0], [1, 0.1], [1, 0.2], [0, 1]])

    order = capped_mmr_order(
        scores(0.9, 0.8, 0.7, 0.1),
        vectors,
        trade_off=1.0,
        count=3,
        labels=[[]] * 4,
        caps={},
        slots=([0, 0, 0, 1], [2, 1]),
    )

    assert order == [0, 1, 3]


def test_places_that_a_group_cannot_fill_go_to_the_others() -> None:
    vectors = unit([[1, 0], [1, 0.1], [1, 0.2]])

    order = capped_mmr_order(
        scores(0.9, 0.8, 0.7), vectors, trade_off=1.0, count=3, labels=[[]] * 3, caps={}, slots=([0, 0, 0], [1, 2])
    )

    assert order == [0, 1, 2]


@given(st.data())
def test_every_order_is_distinct_and_within_its_caps(data: st.DataObject) -> None:
    size = data.draw(st.integers(0, 20))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    names = [f"artist {rng.integers(0, 4)}" for _ in range(size)]
    caps: dict[Label, int] = {("artist", name): 2 for name in names}
    vectors = rng.normal(size=(size, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    count = data.draw(st.integers(0, 12))

    order = capped_mmr_order(
        rng.random(size).astype(np.float32),
        vectors,
        trade_off=data.draw(st.floats(0, 1)),
        count=count,
        labels=[[("artist", name)] for name in names],
        caps=caps,
    )

    assert len(set(order)) == len(order)
    assert len(order) == min(count, sum(min(2, names.count(name)) for name in set(names)))
    assert all([names[row] for row in order].count(name) <= 2 for name in names)
