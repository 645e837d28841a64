"""What every index of tracks promises; inherit :class:`IndexContract` and say how to make one."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recommender.ports import TrackIndex
from recommender.types import Keys, Matrix, Vector
from recommender.unit_rows import unit_rows

DIM = 8
MakeIndex = Callable[[Keys, Matrix], TrackIndex]


def keys(*values: int) -> Keys:
    return np.asarray(values, dtype=np.int64)


def unit(*rows: list[float]) -> Matrix:
    matrix = np.zeros((len(rows), DIM), dtype=np.float32)
    for number, row in enumerate(rows):
        matrix[number, : len(row)] = row
    return unit_rows(matrix)


def random_unit(count: int, *, seed: int = 0) -> Matrix:
    return unit_rows(np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32))


class IndexContract(ABC):
    """Promises of :class:`recommender.ports.TrackIndex`."""

    tolerance: float = 1e-6
    """How far scores and stored rows may be from float32: more for indexes that round."""

    @abstractmethod
    def index_of(self, folder: Path, at: Keys, rows: Matrix) -> TrackIndex:
        """Make an index of unit rows with DIM columns that holds just these."""

    @pytest.fixture
    def make(self, tmp_path: Path) -> MakeIndex:
        return lambda at, rows: self.index_of(tmp_path, at, rows)

    @pytest.fixture
    def nothing(self, make: MakeIndex) -> TrackIndex:
        return make(keys(), unit())

    @pytest.fixture
    def three(self, make: MakeIndex) -> TrackIndex:
        return make(keys(10, 20, 30), unit([1.0], [1.0, 1.0], [0.0, 1.0]))

    def test_best_comes_first_with_its_inner_product(self, three: TrackIndex) -> None:
        found, scores = three.search(unit([1.0])[0], 3)

        assert found.tolist() == [10, 20, 30]
        assert scores == pytest.approx([1.0, 2**-0.5, 0.0], abs=self.tolerance)

    def test_answers_are_int64_keys_and_float32_scores(self, three: TrackIndex) -> None:
        found, scores = three.search(unit([1.0])[0], 2)

        assert found.dtype == np.int64
        assert scores.dtype == np.float32

    def test_a_longer_query_scales_the_scores(self, three: TrackIndex) -> None:
        _, scores = three.search(unit([1.0])[0] * 3, 1)

        assert scores == pytest.approx([3.0], rel=1e-2)

    def test_fewer_come_back_than_asked_when_fewer_exist(self, three: TrackIndex) -> None:
        found, scores = three.search(unit([1.0])[0], 100)

        assert len(found) == len(scores) == len(three) == 3

    def test_none_come_back_when_none_are_asked(self, three: TrackIndex) -> None:
        found, scores = three.search(unit([1.0])[0], 0)

        assert len(found) == len(scores) == 0

    def test_an_empty_index_finds_nothing(self, nothing: TrackIndex) -> None:
        found, scores = nothing.search(unit([1.0])[0], 5)

        assert len(nothing) == len(found) == len(scores) == 0
        assert len(nothing.search(unit([1.0])[0], 5, among=keys(1))[0]) == 0

    def test_equal_scores_are_ordered_by_key(self, make: MakeIndex) -> None:
        index = make(keys(3, 5, 8), unit([1.0], [1.0], [1.0]))

        assert index.search(unit([1.0])[0], 3)[0].tolist() == [3, 5, 8]

    def test_among_restricts_the_answer_and_ignores_unknown_and_repeated_keys(self, three: TrackIndex) -> None:
        found, scores = three.search(unit([1.0])[0], 5, among=keys(30, 20, 20, 999, 0))

        assert found.tolist() == [20, 30]
        assert scores == pytest.approx([2**-0.5, 0.0], abs=self.tolerance)

    def test_among_nobody_finds_nobody(self, three: TrackIndex) -> None:
        assert len(three.search(unit([1.0])[0], 5, among=keys())[0]) == 0

    def test_among_a_far_cluster_is_exact(self, make: MakeIndex) -> None:
        near, far = random_unit(200, seed=1), random_unit(20, seed=2)
        near[:, 0] += 5
        far[:, 0] -= 5
        rows = np.concatenate([near, far])
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        index = make(np.arange(1, 221), rows)
        query = unit([1.0])[0]

        found, scores = index.search(query, 5, among=np.arange(201, 221))

        assert found.min() > 200
        assert scores == pytest.approx(np.sort(rows[200:] @ query)[: -5 - 1 : -1], abs=self.tolerance)

    @pytest.mark.parametrize(
        "query",
        [
            np.zeros(DIM, dtype=np.float32),
            np.full(DIM, np.nan, dtype=np.float32),
            np.full(DIM, np.inf, dtype=np.float32),
            np.ones(DIM + 1, dtype=np.float32),
            np.ones((1, DIM), dtype=np.float32),
        ],
        ids=["zero", "nan", "infinite", "wide", "matrix"],
    )
    def test_refuses_queries_that_cannot_be_answered(self, three: TrackIndex, query: Vector) -> None:
        with pytest.raises(ValueError, match="query"):
            three.search(query, 3)
        with pytest.raises(ValueError, match="query"):
            three.search(query, 3, among=keys(10))

    def test_refuses_a_negative_count(self, three: TrackIndex) -> None:
        with pytest.raises(ValueError, match="count"):
            three.search(unit([1.0])[0], -1)

    def test_gives_stored_rows_in_the_order_asked_and_zeros_for_unknown_keys(self, three: TrackIndex) -> None:
        rows = three.vectors_of(keys(30, 7, 10, 30))

        assert rows.dtype == np.float32
        assert rows == pytest.approx(
            np.stack([unit([0.0, 1.0])[0], np.zeros(DIM), unit([1.0])[0], unit([0.0, 1.0])[0]]), abs=self.tolerance
        )
        assert three.vectors_of(keys()).shape == (0, DIM)

    def test_added_rows_are_found(self, three: TrackIndex) -> None:
        three.add(keys(25, 5), unit([0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]))

        found, _ = three.search(unit([0.0, 0.0, 1.0])[0], 2)

        assert found.tolist() == [25, 5]
        assert len(three) == 5

    def test_adding_nothing_changes_nothing(self, three: TrackIndex) -> None:
        three.add(keys(), unit())

        assert len(three) == 3

    def test_adding_a_known_key_replaces_its_row(self, three: TrackIndex) -> None:
        three.add(keys(10), unit([0.0, 0.0, 1.0]))

        assert len(three) == 3
        assert three.search(unit([1.0])[0], 1)[0].tolist() == [20]
        assert three.search(unit([0.0, 0.0, 1.0])[0], 1)[0].tolist() == [10]

    def test_shorter_rows_stay_shorter(self, three: TrackIndex) -> None:
        three.add(keys(40, 50), unit([0.0, 0.0, 1.0], [0.0, 0.0, 1.0]) * np.asarray([[0.5], [0.0]], dtype=np.float32))

        found, scores = three.search(unit([0.0, 0.0, 1.0])[0], 1)

        assert found.tolist() == [40]
        assert scores == pytest.approx([0.5], abs=self.tolerance)

    def test_removed_keys_are_not_found(self, three: TrackIndex) -> None:
        three.remove(keys(10, 77, 10))

        assert len(three) == 2
        assert three.search(unit([1.0])[0], 3)[0].tolist() == [20, 30]
        assert three.search(unit([1.0])[0], 3, among=keys(10, 30))[0].tolist() == [30]
        assert not three.vectors_of(keys(10)).any()

    def test_a_removed_key_can_come_back(self, three: TrackIndex) -> None:
        three.remove(keys(10))
        three.add(keys(10), unit([0.0, 1.0, 1.0]))

        assert len(three) == 3
        assert three.search(unit([0.0, 1.0, 1.0])[0], 1)[0].tolist() == [10]

    def test_everything_can_be_removed(self, three: TrackIndex) -> None:
        three.remove(keys(10, 20, 30))

        assert len(three) == 0
        assert len(three.search(unit([1.0])[0], 3)[0]) == 0

    @pytest.mark.parametrize(
        ("at", "rows"),
        [
            (keys(1), np.ones((1, DIM + 1))),
            (keys(1), np.ones(DIM)),
            (keys(1, 2), np.ones((1, DIM))),
            (keys(1), np.full((1, DIM), np.nan)),
            (keys(1), np.full((1, DIM), np.inf)),
            (keys(1, 1), np.ones((2, DIM))),
            (keys(-1), np.ones((1, DIM))),
        ],
        ids=["wide", "flat", "too few", "nan", "infinite", "twice", "negative"],
    )
    def test_refuses_rows_that_cannot_be_stored_and_stays_as_it_was(
        self, three: TrackIndex, at: Keys, rows: Matrix
    ) -> None:
        with pytest.raises(ValueError, match=r"rows|key"):
            three.add(at, rows.astype(np.float32))

        assert len(three) == 3

    def test_the_same_input_gives_the_same_answers(self, tmp_path: Path) -> None:
        at, rows, query = np.arange(1, 301), random_unit(300), random_unit(1, seed=9)[0]
        first = self.index_of(tmp_path / "first", at, rows).search(query, 20)
        second = self.index_of(tmp_path / "second", at, rows).search(query, 20)

        assert first[0].tolist() == second[0].tolist()
        assert first[1].tolist() == second[1].tolist()

    def test_threads_may_search_and_change_it_together(self, make: MakeIndex) -> None:
        rows = random_unit(400)
        index = make(np.arange(1, 201), rows[:200])
        started = threading.Barrier(4)

        def search(number: int) -> bool:
            started.wait()
            answers = [index.search(row, 10) for row in rows[number : number + 60]]
            return all(len(set(found.tolist())) == 10 and (np.diff(scores) <= 0).all() for found, scores in answers)

        def change() -> bool:
            started.wait()
            for start in range(200, 400, 20):
                index.add(np.arange(start + 1, start + 21), rows[start : start + 20])
                index.remove(np.arange(start - 199, start - 189))
            return True

        with ThreadPoolExecutor(4) as threads:
            results = [*(threads.submit(search, number) for number in (0, 60, 120)), threads.submit(change)]
            assert all(each.result(timeout=60) for each in results)

        assert len(index) == 300
        assert index.search(rows[399], 1)[0].tolist() == [400]

    def test_after_any_changes_it_answers_like_a_plain_table(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        # Not decorated itself: Hypothesis refuses to share one test between the classes that inherit it.
        @settings(max_examples=25, deadline=None)
        @given(data=st.data())
        def check(data: st.DataObject) -> None:
            rows = random_unit(12, seed=4)
            table = {number: rows[number] for number in range(1, 5)}
            index = self.index_of(tmp_path_factory.mktemp("index"), np.arange(1, 5), rows[1:5])
            for _ in range(data.draw(st.integers(0, 6))):
                some = data.draw(st.lists(st.integers(1, 11), unique=True, max_size=5))
                if data.draw(st.booleans()):
                    moved = np.roll(rows, data.draw(st.integers(0, 11)), axis=0)[some]
                    index.add(keys(*some), moved)
                    table.update(zip(some, moved, strict=True))
                else:
                    index.remove(keys(*some))
                    table = {key: row for key, row in table.items() if key not in some}
            query = data.draw(arrays.arrays(np.float32, DIM, elements=st.floats(-1, 1, width=16)).filter(np.any))

            found, scores = index.search(query, 5)

            expected = sorted((float(row @ query) for row in table.values()), reverse=True)[:5]
            assert len(index) == len(table)
            assert set(found.tolist()) <= set(table)
            assert scores.tolist() == pytest.approx(expected, abs=DIM * max(self.tolerance, 1e-6))

        check()
