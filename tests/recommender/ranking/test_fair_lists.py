"""Promises of fair lists, by hand and against all other lists."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender.ranking.fair_lists import MEAN_SHARE, Caps, Gains, best_rows, fair_rows


def no_caps(tracks: int) -> Caps:
    return [[] for _ in range(tracks)], []


def worth(gains: Gains, rows: list[int] | tuple[int, ...]) -> float:
    happiness = gains[:, list(rows)].sum(axis=1)
    return float(happiness.min() + MEAN_SHARE * happiness.mean())


def keeps(caps: Caps, rows: list[int] | tuple[int, ...]) -> bool:
    taken = [label for row in rows for label in caps[0][row]]
    return all(taken.count(label) <= most for label, most in enumerate(caps[1]))


@st.composite
def problems(draw: st.DrawFn) -> tuple[Gains, Caps, int]:
    people, tracks, kinds = draw(st.integers(1, 4)), draw(st.integers(1, 9)), draw(st.integers(1, 4))
    gains = draw(arrays(np.float64, (people, tracks), elements=st.integers(0, 20).map(float)))
    labels = [sorted(draw(st.sets(st.integers(0, kinds - 1), max_size=2))) for _ in range(tracks)]
    return gains / 20, (labels, [draw(st.integers(1, 3)) for _ in range(kinds)]), draw(st.integers(1, 5))


def test_two_opposite_tastes_get_as_much_each() -> None:
    gains = np.asarray([[1.0, 0.9, 0.8, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0, 0.9, 0.8]])

    assert sorted(fair_rows(gains, no_caps(6), 4)) == [0, 1, 3, 4]


def test_what_all_like_a_little_beats_what_one_loves() -> None:
    gains = np.asarray([[1.0, 0.6, 0.6], [0.0, 0.6, 0.6]])

    assert sorted(fair_rows(gains, no_caps(3), 2)) == [1, 2]


def test_turns_beat_a_poor_compromise() -> None:
    gains = np.asarray([[1.0, 0.0, 0.3, 0.3], [0.0, 1.0, 0.3, 0.3]])

    assert sorted(fair_rows(gains, no_caps(4), 2)) == [0, 1]


def test_among_lists_that_are_as_fair_the_better_one_is_taken() -> None:
    gains = np.asarray([[0.5, 0.5], [0.5, 0.9]])

    assert fair_rows(gains, no_caps(2), 1) == [1]


def test_every_beginning_is_as_fair_as_it_can_be_made_by_one_more() -> None:
    gains = np.asarray([[1.0, 0.9, 0.8, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0, 0.9, 0.8]])

    order = fair_rows(gains, no_caps(6), 6)

    assert [row < 3 for row in order[:2]].count(True) == 1
    assert [row < 3 for row in order[:4]].count(True) == 2


@given(problems())
def test_tracks_are_distinct_and_the_caps_hold(problem: tuple[Gains, Caps, int]) -> None:
    gains, caps, count = problem

    rows = fair_rows(gains, caps, count)

    assert len(set(rows)) == len(rows) <= count
    assert keeps(caps, rows)


@given(problems())
def test_no_exchange_of_one_track_makes_the_list_better(problem: tuple[Gains, Caps, int]) -> None:
    gains, caps, count = problem
    rows = fair_rows(gains, caps, count)

    for out in rows:
        for new in set(range(gains.shape[1])) - set(rows):
            other = [*(row for row in rows if row != out), new]
            assert not keeps(caps, other) or worth(gains, other) <= worth(gains, rows) + 1e-6


@given(problems())
def test_without_caps_lists_are_full_and_near_the_best_of_all(problem: tuple[Gains, Caps, int]) -> None:
    gains, _, count = problem
    tracks = gains.shape[1]

    rows = fair_rows(gains, no_caps(tracks), count)

    best = max(worth(gains, other) for other in combinations(range(tracks), min(count, tracks)))
    assert len(rows) == min(count, tracks)
    # What whole tracks lose against divided ones is at most what so many tracks as there are people give.
    assert worth(gains, rows) >= best - (len(gains) - 1) * gains.max(initial=0) - 1e-9


def test_against_the_best_of_all_little_is_lost() -> None:
    rng = np.random.default_rng(5)
    shares = []
    for _ in range(40):
        gains = np.maximum(rng.normal(size=(3, 4)) @ rng.normal(size=(4, 12)), 0)
        found = gains[:, fair_rows(gains, no_caps(12), 4)].sum(axis=1).min()
        best = max(gains[:, list(rows)].sum(axis=1).min() for rows in combinations(range(12), 4))
        shares.append(1.0 if best == 0 else found / best)

    assert np.mean(shares) > 0.95


def test_one_person_gets_their_best_list() -> None:
    gains = np.asarray([[0.2, 0.9, 0.4, 0.7]])

    assert fair_rows(gains, no_caps(4), 2) == [1, 3]
    assert best_rows(gains[0], no_caps(4), 2) == [1, 3]


def test_the_best_list_of_one_keeps_the_caps() -> None:
    gains = np.asarray([0.9, 0.8, 0.7, 0.1])

    assert best_rows(gains, ([[0], [0], [0], [1]], [2, 1]), 3) == [0, 1, 3]


@pytest.mark.parametrize(("tracks", "count"), [(0, 3), (3, 0)])
def test_nothing_of_nothing(tracks: int, count: int) -> None:
    assert fair_rows(np.zeros((2, tracks)), no_caps(tracks), count) == []
