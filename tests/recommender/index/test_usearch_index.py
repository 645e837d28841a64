from pathlib import Path

import numpy as np
import pytest

from recommender.errors import IndexFileError
from recommender.index.exact_index import ExactIndex
from recommender.index.usearch_index import UsearchIndex
from recommender.ports import TrackIndex
from recommender.types import Keys, Matrix
from tests.contracts.indexes import DIM, IndexContract, keys, random_unit, unit


class TestUsearchIndex(IndexContract):
    tolerance = 8e-3  # bf16 has eight significant bits

    def index_of(self, folder: Path, at: Keys, rows: Matrix) -> TrackIndex:
        index = UsearchIndex(DIM)
        index.add(at, rows)
        return index


def saved(path: Path, count: int = 50) -> Matrix:
    rows = random_unit(count)
    index = UsearchIndex(DIM)
    index.add(np.arange(count), rows)
    index.save(path)
    return rows


@pytest.mark.parametrize("by_key", [True, False])
def test_a_mapped_index_answers_like_the_one_that_was_saved(tmp_path: Path, by_key: bool) -> None:
    rows = saved(tmp_path / "graph")

    index = UsearchIndex.view(tmp_path / "graph", DIM, by_key=by_key)

    assert len(index) == 50
    assert index.dim == DIM
    assert [index.search(row, 1)[0][0] for row in rows] == list(range(50))


def test_a_mapped_index_refuses_changes(tmp_path: Path) -> None:
    saved(tmp_path / "graph")
    index = UsearchIndex.view(tmp_path / "graph", DIM)

    with pytest.raises(ValueError, match="mapped"):
        index.add(keys(99), unit([1.0]))
    with pytest.raises(ValueError, match="mapped"):
        index.remove(keys(1))


def test_saving_leaves_nothing_beside(tmp_path: Path) -> None:
    saved(tmp_path / "graph")
    saved(tmp_path / "graph", count=10)

    assert [path.name for path in tmp_path.iterdir()] == ["graph"]
    assert len(UsearchIndex.view(tmp_path / "graph", DIM)) == 10


def test_the_same_rows_make_the_same_file(tmp_path: Path) -> None:
    saved(tmp_path / "first", count=500)
    saved(tmp_path / "second", count=500)

    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_a_missing_a_foreign_or_a_torn_file_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "graph")
    (tmp_path / "foreign").write_bytes(b"not a graph" * 100)
    (tmp_path / "torn").write_bytes((tmp_path / "graph").read_bytes()[:200])

    for name in ("missing", "foreign", "torn"):
        with pytest.raises(IndexFileError, match="usearch cannot map it"):
            UsearchIndex.view(tmp_path / name, DIM)


def test_rows_of_another_width_are_refused(tmp_path: Path) -> None:
    saved(tmp_path / "graph")

    with pytest.raises(IndexFileError, match="8 columns"):
        UsearchIndex.view(tmp_path / "graph", DIM + 1)


def test_finds_nearly_all_true_neighbours_in_clusters() -> None:
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((60, 64))
    rows = (centres[rng.integers(0, 60, 6_000)] + 0.7 * rng.standard_normal((6_000, 64))).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    graph, exact = UsearchIndex(64), ExactIndex(64)
    graph.add(np.arange(6_000), rows)
    exact.add(np.arange(6_000), rows)

    hits = [len(set(graph.search(row, 10)[0].tolist()) & set(exact.search(row, 10)[0].tolist())) for row in rows[::60]]

    assert sum(hits) / (10 * len(hits)) >= 0.97
