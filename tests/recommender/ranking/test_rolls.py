import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ranking.rolls import LARGEST_ROLL, TEMPERATURE, draw_size, drawn_roll, rolled
from recommender.types import Vector

many_scores = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=80)
rolls = st.integers(1, LARGEST_ROLL)


def shaken(scores: Vector, roll: int, places: int, groups: list[int] | None = None) -> Vector:
    keys = np.arange(1, len(scores) + 1)
    return rolled(scores, keys, roll, groups=groups or [0] * len(scores), places=places)


def best(scores: Vector, places: int) -> list[int]:
    order: list[int] = np.argsort(-scores, kind="stable").tolist()
    return order[:places]


@given(scores=many_scores, places=st.integers(1, 10))
def test_roll_0_is_the_best_list(scores: list[float], places: int) -> None:
    given_scores = np.asarray(scores, dtype=np.float32)

    assert np.array_equal(shaken(given_scores, 0, places), given_scores)


@given(scores=many_scores, roll=rolls, places=st.integers(1, 10))
def test_a_roll_gives_the_same_again_and_never_less_than_the_worst_in_the_draw(
    scores: list[float], roll: int, places: int
) -> None:
    given_scores = np.asarray(scores, dtype=np.float32)

    once, again = shaken(given_scores, roll, places), shaken(given_scores, roll, places)

    assert np.array_equal(once, again)
    assert np.isfinite(once).all()
    floor = np.sort(given_scores)[::-1][draw_size(len(scores), places) - 1]
    assert given_scores[best(once, places)].min() >= floor


@given(roll=rolls)
def test_a_track_keeps_its_luck_when_others_leave_the_pool(roll: int) -> None:
    scores = np.linspace(1, 0, 8, dtype=np.float32)
    keys = np.arange(1, 9)
    without_five = np.delete(np.arange(8), 4)

    whole = rolled(scores, keys, roll, groups=[0] * 8, places=2)
    part = rolled(scores[without_five], keys[without_five], roll, groups=[0] * 7, places=2)

    assert part == pytest.approx(whole[without_five], abs=1e-6)


def test_different_rolls_differ_and_cost_little() -> None:
    scores = np.linspace(1, 0, 400, dtype=np.float32)
    lists = [best(shaken(scores, roll, 10), 10) for roll in range(1, 101)]

    assert len({tuple(each) for each in lists}) == 100
    spread = scores[0] - scores[draw_size(400, 10) - 1]
    losses = [scores[:10].mean() - scores[each].mean() for each in lists]
    assert 0 < np.mean(losses) < 0.3 * spread
    assert max(losses) < 0.6 * spread


def test_the_chance_of_a_track_grows_exponentially_with_its_score() -> None:
    # The spread is the distance of the first and the last: 1 / TEMPERATURE in units of the noise.
    scores = np.asarray([0.5, 0.3, 0.1], dtype=np.float32)
    times = 6_000

    first = [best(shaken(scores, roll, 2), 1)[0] for roll in range(1, times + 1)]

    weights = np.exp(np.asarray([1, 0.5, 0]) / TEMPERATURE)
    expected = weights / weights.sum()
    seen = np.bincount(first, minlength=3) / times
    assert seen == pytest.approx(expected, abs=4 * np.sqrt(0.25 / times))


def test_each_group_has_a_draw_of_its_own() -> None:
    scores = np.asarray([*np.linspace(1, 0.9, 20), *np.linspace(0.2, 0.1, 20)], dtype=np.float32)
    groups = [0] * 20 + [1] * 20

    lists = {tuple(best(shaken(scores, roll, 2, groups)[20:], 2)) for roll in range(1, 30)}

    assert len(lists) > 3
    assert all(max(each) < draw_size(20, 2) for each in lists)


def test_a_small_pool_has_a_small_draw() -> None:
    assert [draw_size(rows, 10) for rows in (8, 30, 120, 400)] == [8, 20, 30, 50]


def test_among_equals_luck_decides() -> None:
    scores = np.full(30, 0.5, dtype=np.float32)

    assert len({tuple(best(shaken(scores, roll, 5), 5)) for roll in range(1, 20)}) == 19


def test_drawn_numbers_are_those_that_can_be_asked_for() -> None:
    rng = np.random.default_rng(5)
    drawn = {drawn_roll(rng) for _ in range(200)}

    assert len(drawn) > 150
    assert min(drawn) >= 1
    assert max(drawn) <= LARGEST_ROLL
