from pathlib import Path

from recommender.index.exact_index import ExactIndex
from recommender.ports import TrackIndex
from recommender.types import Keys, Matrix
from tests.contracts.indexes import DIM, IndexContract


class TestExactIndex(IndexContract):
    def index_of(self, folder: Path, at: Keys, rows: Matrix) -> TrackIndex:
        index = ExactIndex(DIM)
        index.add(at, rows)
        return index


def test_knows_its_width() -> None:
    assert ExactIndex(7).dim == 7
