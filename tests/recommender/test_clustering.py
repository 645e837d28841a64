import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score, silhouette_score

from recommender.clustering import average_linkage, mean_silhouette, ward_partitions


def points(count: int, seed: int) -> NDArray[np.float64]:
    """Return points in three heaps of different width."""
    rng = np.random.default_rng(seed)
    heaps = rng.normal(scale=3, size=(3, 6))
    return heaps[rng.integers(0, 3, count)] + rng.normal(scale=rng.uniform(0.2, 1.5, (count, 1)), size=(count, 6))


def squared(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    distances: NDArray[np.float64] = np.square(rows[:, None] - rows[None]).sum(axis=2)
    return distances


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [9, 40, 150])
def test_ward_parts_as_scikit_learn_does(count: int, seed: int) -> None:
    rows = points(count, seed)

    partitions = ward_partitions(squared(rows), 8)

    assert sorted(partitions) == list(range(2, 9))
    for clusters, labels in partitions.items():
        reference = AgglomerativeClustering(n_clusters=clusters, linkage="ward").fit_predict(rows)
        assert adjusted_rand_score(reference, labels) == pytest.approx(1.0)
        assert set(labels.tolist()) == set(range(clusters))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("closer_than", [0.5, 2.0, 5.0, 50.0])
def test_average_linkage_parts_as_scikit_learn_does(closer_than: float, seed: int) -> None:
    distances = np.sqrt(squared(points(12, seed)))

    labels = average_linkage(distances, closer_than=closer_than)

    reference = AgglomerativeClustering(
        n_clusters=None, distance_threshold=closer_than, metric="precomputed", linkage="average"
    ).fit_predict(distances)
    assert adjusted_rand_score(reference, labels) == pytest.approx(1.0)
    assert labels.max() == reference.max()


@pytest.mark.parametrize("seed", range(5))
def test_silhouettes_are_those_of_scikit_learn(seed: int) -> None:
    rows = points(30, seed)
    distances = np.sqrt(squared(rows))
    for labels in ward_partitions(squared(rows), 12).values():
        reference = silhouette_score(distances, labels, metric="precomputed")
        assert mean_silhouette(distances, labels) == pytest.approx(reference)


def test_rows_that_are_all_the_same_are_one_cluster_and_apart_by_nothing() -> None:
    nothing = np.zeros((4, 4))

    assert average_linkage(nothing, closer_than=0.1).tolist() == [0, 0, 0, 0]
    assert mean_silhouette(nothing, np.asarray([0, 0, 1, 1])) == 0


@pytest.mark.parametrize("count", [1, 2])
def test_few_rows_are_parted_too(count: int) -> None:
    far = np.full((count, count), 9.0)
    np.fill_diagonal(far, 0)

    assert average_linkage(far, closer_than=1).tolist() == list(range(count))
    assert sorted(ward_partitions(far, 8)) == list(range(2, count + 1))
