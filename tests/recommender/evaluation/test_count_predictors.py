import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from recommender.evaluation.count_features import CountTraining
from recommender.evaluation.count_predictors import COUNT_METHODS, USER_MEAN
from recommender.evaluation.datasets import Rows
from recommender.evaluation.metrics import Values
from recommender.types import Track, TrackKey

OWNERS, TRACKS, ARTISTS = 60, 80, 16


def made_up(seed: int = 0) -> tuple[CountTraining, Rows, Rows, Values]:
    """Listeners have habits, tracks differ a little, and each listener loves one artist; a fifth is kept aside."""
    rng = np.random.default_rng(seed)
    habit, quality = rng.normal(0, 0.5, OWNERS), rng.normal(0, 0.15, TRACKS)
    loved = rng.integers(0, ARTISTS, OWNERS)
    artist = np.arange(TRACKS) % ARTISTS
    values = 2 + habit[:, None] + quality + 0.8 * (artist == loved[:, None]) + rng.normal(0, 0.2, (OWNERS, TRACKS))
    values = np.maximum(values, np.log(2))
    has = rng.random(values.shape) < 0.4
    aside = has & (rng.random(values.shape) < 0.2)
    tracks = tuple(
        Track(key=TrackKey(each + 1), title=f"t{each}", artists=(f"artist {artist[each]}",)) for each in range(TRACKS)
    )
    training = CountTraining(tracks=tracks, table=sparse.csr_array(np.where(has & ~aside, values, 0)), seed=seed)
    owners, columns = np.nonzero(aside)
    return training, owners, columns, values[aside]


def error_of(method: str) -> float:
    training, owners, columns, truth = made_up()
    return float(np.sqrt(np.mean(np.square(COUNT_METHODS[method](training)(owners, columns) - truth))))


def test_means_are_those_of_the_training_part() -> None:
    training, owners, columns, _ = made_up()
    values, table = training.table.data, training.table

    predicted = {
        name: COUNT_METHODS[name](training)(owners, columns) for name in ("global-mean", USER_MEAN, "item-mean")
    }

    assert predicted["global-mean"].tolist() == pytest.approx([values.mean()] * len(owners))
    assert predicted[USER_MEAN][0] == pytest.approx(table[[owners[0]]].data.mean())
    assert predicted["item-mean"][0] == pytest.approx(table[:, [columns[0]]].data.mean())


def test_what_knows_more_errs_less() -> None:
    errors = {name: error_of(name) for name in COUNT_METHODS}

    assert errors["bias"] < errors[USER_MEAN] < errors["global-mean"]
    assert errors["bias"] < errors["item-mean"]
    assert errors["ours"] < 0.85 * errors["bias"], "it knows who loves which artist"
    assert errors["ridge"] < 0.9 * errors["bias"]


@pytest.mark.parametrize("method", COUNT_METHODS)
def test_the_same_seed_predicts_the_same_and_the_training_part_stays_as_it_was(method: str) -> None:
    training, owners, columns, _ = made_up()
    before = training.table.copy()

    first, again = (COUNT_METHODS[method](training)(owners, columns) for _ in range(2))

    assert (first == again).all()
    assert (training.table != before).nnz == 0


@pytest.mark.parametrize("method", COUNT_METHODS)
def test_listeners_and_tracks_without_entries_get_a_sensible_count(method: str) -> None:
    training, *_ = made_up()
    table = training.table.toarray()
    table[0], table[:, 0] = 0, 0
    part = CountTraining(tracks=training.tracks, table=sparse.csr_array(table), seed=0)

    predicted = COUNT_METHODS[method](part)(np.asarray([0, 0, 1]), np.asarray([0, 1, 0]))

    assert (predicted > np.log(2) - 0.5).all()
    assert (predicted < table.max() + 0.5).all()


@pytest.mark.parametrize("method", COUNT_METHODS)
def test_of_next_to_nothing_the_mean_is_predicted(method: str) -> None:
    tracks = tuple(Track(key=TrackKey(each + 1), title="", artists=()) for each in range(2))
    training = CountTraining(tracks=tracks, table=sparse.csr_array(np.asarray([[1.0, 1.0]])), seed=0)

    assert COUNT_METHODS[method](training)(np.asarray([0]), np.asarray([1])).tolist() == pytest.approx([1.0])


@pytest.mark.parametrize("method", ["ridge", "ours"])
@pytest.mark.parametrize("table", [np.ones((4, 4)), np.eye(8)], ids=["everybody has everything", "nobody shares any"])
def test_where_everything_is_the_same_nothing_is_learnt(method: str, table: NDArray[np.float64]) -> None:
    size = len(table)
    tracks = tuple(Track(key=TrackKey(each + 1), title="", artists=()) for each in range(size))
    training = CountTraining(tracks=tracks, table=sparse.csr_array(table), seed=0)

    assert COUNT_METHODS[method](training)(np.asarray([0]), np.asarray([1])).tolist() == pytest.approx([1.0])
