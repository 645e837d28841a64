import numpy as np
import pytest

from recommender.candidates import candidates, nearest
from recommender.index.exact_index import ExactIndex
from recommender.types import Keys, Vector


def keys(*values: int) -> Keys:
    return np.asarray(values, dtype=np.int64)


def along(degrees: float) -> Vector:
    angle = np.radians(degrees)
    return np.asarray([np.cos(angle), np.sin(angle)], dtype=np.float32)


@pytest.fixture
def index() -> ExactIndex:
    """Return an index of tracks 1 to 90, each one degree further along."""
    index = ExactIndex(2)
    index.add(np.arange(1, 91, dtype=np.int64), np.stack([along(degree) for degree in range(1, 91)]))
    return index


def test_the_nearest_come_first_without_what_is_excluded(index: ExactIndex) -> None:
    assert nearest(index, along(0), 3, excluded=keys(1, 3)).tolist() == [2, 4, 5]


def test_a_long_list_of_exclusions_does_not_starve_the_answer(index: ExactIndex) -> None:
    assert nearest(index, along(0), 5, excluded=np.arange(1, 81)).tolist() == [81, 82, 83, 84, 85]


def test_fewer_come_back_only_when_there_are_no_more(index: ExactIndex) -> None:
    assert nearest(index, along(0), 50, excluded=np.arange(1, 81)).tolist() == list(range(81, 91))
    assert nearest(index, along(0), 5, excluded=np.arange(1, 91)).tolist() == []


def test_a_filter_is_kept_exactly(index: ExactIndex) -> None:
    found = candidates(index, [along(0)], [1.0], excluded=keys(70), among=keys(70, 71, 90), size=10)

    assert found.tolist() == [71, 90]


def test_a_filter_that_leaves_nothing_finds_nothing(index: ExactIndex) -> None:
    assert candidates(index, [along(0)], [1.0], excluded=keys(70), among=keys(70)).tolist() == []


def test_each_query_gets_its_share_of_the_pool(index: ExactIndex) -> None:
    found = candidates(index, [along(0), along(90)], [3.0, 1.0], excluded=keys(), size=8)

    assert found.tolist() == [1, 2, 3, 4, 5, 6, 89, 90]


def test_what_several_queries_find_comes_once(index: ExactIndex) -> None:
    found = candidates(index, [along(0), along(0)], [1.0, 1.0], excluded=keys(), size=8)

    assert found.tolist() == [1, 2, 3, 4]
