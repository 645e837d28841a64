"""The learned fusion: what lists hold together comes near, whatever the vectors say."""

import numpy as np
import pytest
from scipy import sparse

from recommender.evaluation import learned_fusion as module
from recommender.evaluation.learned_fusion import DIM, learned_fusion, projection
from recommender.evaluation.rankers import Training
from recommender.types import Matrix, Track, TrackKey

TRACKS = 40
TASTES = 4


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEPS", 150)
    monkeypatch.setattr(module, "BATCH", 64)


def vectors(_tracks: tuple[Track, ...]) -> Matrix:
    """Return rows in which a taste is two small columns beside loud noise."""
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((TRACKS, 30)).astype(np.float32)
    rows[:, :TASTES] = 0.5 * np.eye(TASTES, dtype=np.float32)[np.arange(TRACKS) % TASTES]
    return rows


def training(lists: list[list[int]], *, seed: int = 0) -> Training:
    rows = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
    columns = np.concatenate([np.asarray(each, dtype=np.int64) for each in lists])
    table = sparse.csr_array((np.ones(len(columns)), (rows, columns)), shape=(len(lists), TRACKS))
    tracks = tuple(Track(key=TrackKey(key), title=f"t{key}", artists=("a",)) for key in range(1, TRACKS + 1))
    return Training(tracks=tracks, table=table, seed=seed)


def lists_of_tastes() -> list[list[int]]:
    rng = np.random.default_rng(2)
    return [
        sorted((taste + TASTES * rng.permutation(TRACKS // TASTES)[:5]).tolist()) for taste in list(range(TASTES)) * 8
    ]


def test_tracks_of_a_taste_are_found_that_plain_vectors_bury() -> None:
    made = training(lists_of_tastes())

    found = learned_fusion(vectors)(made)(np.arange(TASTES), 5)

    assert np.mean(found % TASTES == np.arange(TASTES)[:, None]) > 0.8


def test_nothing_that_the_owner_has_comes_back() -> None:
    made = training(lists_of_tastes())

    found = learned_fusion(vectors)(made)(np.arange(TASTES), 10)

    assert all(not set(row) & set(made.table[[owner]].indices) for owner, row in enumerate(found.tolist()))


def test_one_seed_gives_one_projection() -> None:
    made = training(lists_of_tastes())

    assert np.array_equal(projection(vectors(()), made), projection(vectors(()), made))
    assert not np.array_equal(
        projection(vectors(()), made), projection(vectors(()), training(lists_of_tastes(), seed=1))
    )


def test_lists_of_single_tracks_teach_nothing() -> None:
    found = projection(vectors(()), training([[0], [1], [2]]))

    assert found.shape == (30, DIM)
    assert np.isfinite(found).all()
