import numpy as np
import pytest

from recommender.projection import (
    FEWEST_FOR_TSNE,
    MAIN_COLUMNS,
    MOST_JUDGED,
    Projection,
    k_means,
    laid_out,
    main_columns,
    spread,
    trust,
)
from recommender.types import Matrix


def groups(*sizes: int, dim: int = 80, seed: int = 1) -> Matrix:
    """Rows in groups far apart, in order."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 5, size=(len(sizes), dim))
    rows = [rng.normal(centre, 1, size=(size, dim)) for centre, size in zip(centres, sizes, strict=True)]
    return np.concatenate(rows).astype(np.float32)


def group_of(sizes: tuple[int, ...]) -> list[int]:
    return [group for group, size in enumerate(sizes) for _ in range(size)]


def test_a_sample_is_bounded_ascending_and_the_same_for_the_same_seed() -> None:
    rows, again = (spread(1_000, 50, np.random.default_rng(3)) for _ in range(2))

    assert rows.tolist() == again.tolist() == sorted(set(rows.tolist()))
    assert len(rows) == 50
    assert spread(1_000, 50, np.random.default_rng(4)).tolist() != rows.tolist()


def test_what_is_few_is_shown_whole() -> None:
    assert spread(7, 50, np.random.default_rng(3)).tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_main_columns_keep_distances_where_there_are_enough_of_them() -> None:
    points = groups(4, 4, 4, dim=20)

    columns = main_columns(points)

    assert columns.shape == (12, 12)
    before = np.linalg.norm(points[:, None] - points[None], axis=2)
    after = np.linalg.norm(columns[:, None] - columns[None], axis=2)
    assert after == pytest.approx(before, abs=1e-3)
    assert np.var(columns, axis=0).tolist() == sorted(np.var(columns, axis=0).tolist(), reverse=True)


def test_main_columns_are_bounded() -> None:
    assert main_columns(groups(100)).shape == (100, MAIN_COLUMNS)


@pytest.mark.parametrize("points", [np.ones((1, 8)), np.ones((5, 8)), np.zeros((2, 1)), np.asarray([[0.0], [1.0]])])
def test_few_or_equal_rows_still_have_a_place(points: Matrix) -> None:
    columns = main_columns(points.astype(np.float32))
    places, by = laid_out(columns, Projection.TSNE, seed=0)

    assert columns.shape[1] >= 2
    assert by is Projection.PCA
    assert places.shape == (len(points), 2)
    assert np.isfinite(places).all()
    assert np.abs(places).max() in {0, 1}


@pytest.mark.parametrize("by", Projection)
def test_a_map_fits_its_frame_and_keeps_groups_together(by: Projection) -> None:
    sizes = (30, 30, 30)
    columns = main_columns(groups(*sizes))

    places, made_by = laid_out(columns, by, seed=0)

    assert made_by is by
    assert np.abs(places).max() == pytest.approx(1)
    assert places.max(axis=0) + places.min(axis=0) == pytest.approx([0, 0], abs=1e-6)
    of = np.asarray(group_of(sizes))
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (of[distances.argmin(axis=1)] == of).all()


@pytest.mark.parametrize("by", Projection)
def test_the_same_seed_gives_the_same_map(by: Projection) -> None:
    columns = main_columns(groups(30, 30))

    one, other = (laid_out(columns, by, seed=5)[0] for _ in range(2))

    assert np.array_equal(one, other)


def test_too_few_tracks_for_neighbours_are_laid_out_by_pca() -> None:
    columns = main_columns(groups(FEWEST_FOR_TSNE))

    assert laid_out(columns, Projection.TSNE, seed=0)[1] is Projection.TSNE
    assert laid_out(columns[:-1], Projection.TSNE, seed=0)[1] is Projection.PCA


def test_clusters_are_the_groups_and_the_largest_comes_first() -> None:
    sizes = (5, 20, 10)

    labels = k_means(main_columns(groups(*sizes)), 3, seed=0)

    assert labels.tolist() == [2] * 5 + [0] * 20 + [1] * 10


def test_there_are_no_more_clusters_than_rows_that_differ() -> None:
    rows = np.repeat(np.eye(3, dtype=np.float32), 2, axis=0)

    assert sorted(set(k_means(rows, 8, seed=0).tolist())) == [0, 1, 2]
    assert k_means(rows[:1], 8, seed=0).tolist() == [0]


@pytest.mark.parametrize("groups_planted", [4, 6, 9])
def test_the_number_of_clusters_is_found(groups_planted: int) -> None:
    columns = main_columns(groups(*[20] * groups_planted))

    labels = k_means(columns, seed=0)

    assert len(set(labels.tolist())) == groups_planted


@pytest.mark.parametrize(("rows", "clusters"), [(1, 1), (3, 3), (4, 4), (5, 4)])
def test_of_few_rows_few_clusters_are_found(rows: int, clusters: int) -> None:
    assert len(set(k_means(np.eye(rows, 8, dtype=np.float32), seed=0).tolist())) == clusters


def test_trust_is_high_where_neighbours_stay_and_low_where_they_do_not() -> None:
    columns = main_columns(groups(40, 40, 40))
    rng = np.random.default_rng(0)
    mixed = rng.permutation(columns[:, :2])

    kept = trust(columns, columns[:, :2], rng=rng)
    lost = trust(columns, mixed, rng=rng)

    assert kept is not None
    assert lost is not None
    assert kept > 0.8
    assert lost < 0.65


def test_trust_is_judged_on_a_bounded_sample_and_not_on_a_handful() -> None:
    rows = np.random.default_rng(0).normal(size=(MOST_JUDGED + 500, 2)).astype(np.float32)

    assert trust(rows, rows, rng=np.random.default_rng(0)) == pytest.approx(1)
    assert trust(rows[:20], rows[:20], rng=np.random.default_rng(0)) is None
