import numpy as np
import pytest
from scipy import sparse

from recommender.evaluation.count_features import (
    NEIGHBOUR_SHRINK,
    OWNER_SHRINK,
    TRACK_SHRINK,
    Biases,
    CountFeatures,
    CountTraining,
    factors,
    neighbours,
    shrunk_means,
)
from recommender.types import ReleaseDate, Track, TrackKey


def training(table: list[list[float]], artists: str = "", **facts: int) -> CountTraining:
    """Rows of log(1 + count), 0 for nothing; one letter per track names its artist."""
    values = np.asarray(table, dtype=np.float64)
    tracks = tuple(
        Track(
            key=TrackKey(column + 1),
            title=f"t{column}",
            artists=(artists[column],) if column < len(artists) and artists[column] != "-" else (),
            released=ReleaseDate(facts["year"]) if "year" in facts else None,
            popularity=facts.get("popularity"),
        )
        for column in range(values.shape[1])
    )
    return CountTraining(tracks=tracks, table=sparse.csr_array(values), seed=0)


def pairs(*asked: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.asarray(asked, dtype=np.int64).T
    return rows, columns


def test_means_are_joined_with_values_of_nothing() -> None:
    found = shrunk_means(np.asarray([0, 0, 2]), np.asarray([1.0, 3.0, 5.0]), 3, shrink=2)

    assert found.tolist() == [4 / 4, 0, 5 / 3]


def test_biases_of_one_round_are_shrunk_deviations_and_more_rounds_take_turns() -> None:
    made = training([[1.0, 3.0], [2.0, 0]])

    biases = Biases.of(made)

    mean = 2.0
    owners, tracks = np.zeros(2), np.zeros(2)
    for _ in range(4):
        owners[0] = ((1 - mean - tracks[0]) + (3 - mean - tracks[1])) / (2 + OWNER_SHRINK)
        owners[1] = (2 - mean - tracks[0]) / (1 + OWNER_SHRINK)
        tracks[0] = ((1 - mean - owners[0]) + (2 - mean - owners[1])) / (2 + TRACK_SHRINK)
        tracks[1] = (3 - mean - owners[0]) / (1 + TRACK_SHRINK)
    assert biases.mean == mean
    assert biases.owners.tolist() == pytest.approx(owners.tolist())
    assert biases.tracks.tolist() == pytest.approx(tracks.tolist())
    assert biases.predicted(*pairs((1, 1))).tolist() == pytest.approx([mean + owners[1] + tracks[1]])
    assert biases.left[[0], [1]] == pytest.approx(3 - biases.predicted(*pairs((0, 1))))


def test_neighbours_tell_what_the_owners_tracks_with_the_same_listeners_deviated_by() -> None:
    made = training([[1.0, 0, 2.0], [1.0, 3.0, 0], [2.0, 1.0, 0]])
    biases = Biases.of(made)

    deviation, closeness = neighbours(made, biases)(*pairs((0, 1), (1, 2)))

    both = 2 / np.sqrt(3 * 2)
    assert closeness.tolist() == pytest.approx([both, 1 / np.sqrt(3)])
    assert deviation[0] == pytest.approx(both * biases.left[[0], [0]][0] / (both + NEIGHBOUR_SHRINK))


def test_neighbours_of_many_owners_are_those_of_few() -> None:
    rng = np.random.default_rng(0)
    made = training((rng.random((300, 8)) * (rng.random((300, 8)) < 0.5)).tolist())
    told = neighbours(made, Biases.of(made))
    owners, columns = rng.integers(0, 300, 900), rng.integers(0, 8, 900)

    together = told(owners, columns)

    for place in range(0, 900, 90):
        alone = told(owners[[place]], columns[[place]])
        assert [each[place] for each in together] == pytest.approx([each[0] for each in alone])


def test_factors_find_what_two_groups_of_listeners_have_in_common() -> None:
    table = np.full((20, 6), 1.0)
    table[:10, :3] = table[10:, 3:] = 2.0
    made = training(table.tolist())

    left = factors(made, Biases.of(made))(*pairs((0, 0), (0, 5), (15, 0), (15, 5)))

    assert np.sign(left).tolist() == [1, -1, -1, 1]
    assert np.abs(left).min() > 0.3


@pytest.mark.parametrize("table", [[[1.0, 2.0]], [[1.0], [2.0]]])
def test_factors_of_one_listener_or_one_track_say_nothing(table: list[list[float]]) -> None:
    made = training(table)

    assert factors(made, Biases.of(made))(*pairs((0, 0))).tolist() == [0]


def test_what_an_artist_does_with_the_listener_is_told_and_nothing_where_none_is_known() -> None:
    made = training([[3.0, 0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]], artists="aab-", year=1994)

    rows = CountFeatures(made).of(*pairs((0, 1), (0, 2), (0, 3)))

    assert np.isfinite(rows[0, :-1]).all()
    assert rows[0, -2:].tolist()[0] == 1994
    assert np.isnan(rows[:, -1]).all(), "no popularity is told"
    own_count, own_share, own_above = rows[0, 14], rows[0, 15], rows[0, 16]
    assert (own_count, own_share) == (1, pytest.approx(1 / 3))
    assert own_above > 0
    assert np.isnan(rows[2, 12:18]).all()


def test_habits_are_those_of_the_list_and_of_nobody_where_there_is_none() -> None:
    once, often = float(np.log(2)), float(np.log(11))
    made = training([[once, often, once], [0, 0, 0]])

    rows = CountFeatures(made).of(*pairs((0, 0), (1, 0)))

    assert rows[0, 8:12].tolist() == pytest.approx([2 / 3, often, np.std([once, once, often]), once])
    mean = (2 * once + often) / 3
    assert np.isnan(rows[1, 8])
    assert rows[1, 9:12].tolist() == pytest.approx([mean, 0, mean])


def test_a_part_of_the_entries_keeps_its_shape_and_its_tracks() -> None:
    made = training([[1.0, 3.0], [2.0, 0]])

    part = made.only(np.asarray([True, False, True]))

    assert part.table.toarray().tolist() == [[1, 0], [2, 0]]
    assert part.tracks is made.tracks
