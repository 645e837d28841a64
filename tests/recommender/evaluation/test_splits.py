import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.evaluation.splits import SPLITS_OF, SplitKind, Task, hold_out, leave_one_out, split_of, splits_of
from tests.recommender.evaluation.lists import listening, playlists


@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=8), seed=st.integers(0, 99))
def test_every_entry_is_on_one_side_and_a_fifth_is_held_out(lengths: list[int], seed: int) -> None:
    dataset = listening([(f"o{o}", f"s{s}", 1.0 + s) for o, length in enumerate(lengths) for s in range(length)])

    split = hold_out(dataset, np.random.default_rng(seed), smallest=5)

    both = split.train.toarray() + split.test.toarray() * dataset.counts.toarray()
    assert (both == dataset.counts.toarray()).all()
    assert split.train.multiply(split.test).nnz == 0
    held = np.diff(split.test.indptr)
    assert held.tolist() == [max(round(length / 5), 1) if length >= 5 else 0 for length in lengths]
    assert split.asked.tolist() == [row for row, length in enumerate(lengths) if length >= 5]


def test_a_split_can_be_made_again_and_another_seed_makes_another() -> None:
    dataset = playlists()

    first, again, other = (split_of(dataset, SplitKind.ALL, np.random.default_rng(seed)) for seed in (1, 1, 2))

    assert (first.test != again.test).nnz == 0
    assert (first.test != other.test).nnz > 0


@pytest.mark.parametrize("kind", [SplitKind.ALL, SplitKind.WARM, SplitKind.COLD])
def test_the_splits_of_all_seeds_are_those_of_each_and_share_their_tracks(kind: SplitKind) -> None:
    dataset = playlists()

    made = splits_of(dataset, kind, (3, 4))

    assert made[3].dataset is made[4].dataset
    for seed, split in made.items():
        alone = split_of(dataset, kind, np.random.default_rng(seed))
        assert (split.test != alone.test).nnz == 0
        assert (split.train != alone.train).nnz == 0


def test_short_playlists_are_only_learnt_from() -> None:
    dataset = listening([("short", f"s{n}", 1) for n in range(9)] + [("long", f"s{n}", 1) for n in range(10)])

    split = split_of(dataset, SplitKind.ALL, np.random.default_rng(0))

    assert split.asked.tolist() == [1]
    assert np.diff(split.train.indptr).tolist() == [9, 8]


def test_one_song_is_left_out_of_each_history() -> None:
    dataset = listening([("ann", f"s{n}", 1) for n in range(6)] + [("bob", f"s{n}", 1) for n in range(4)])

    split = split_of(dataset, SplitKind.LOO, np.random.default_rng(0))

    assert np.diff(split.test.indptr).tolist() == [1, 0]
    assert split.asked.tolist() == [0]


def test_the_last_song_is_left_out_where_times_are_known() -> None:
    rows = [("ann", f"s{n}", 1.0) for n in range(6)]
    dataset = listening(rows, at=[3.0, 1.0, 9.0, 2.0, 4.0, 5.0])

    for seed in range(5):
        split = leave_one_out(dataset, np.random.default_rng(seed))
        assert split.test.toarray().tolist() == [[0, 0, 1, 0, 0, 0]]


def test_a_listener_whose_times_are_not_all_known_does_not_spoil_the_order_of_others() -> None:
    rows = [(owner, f"s{n}", 1.0) for owner in ("ann", "bob") for n in range(5)]
    dataset = listening(rows, at=[np.nan, 1, 2, 3, 4, 9, 0, 1, 2, 3])

    held = [leave_one_out(dataset, np.random.default_rng(seed)).test.toarray() for seed in range(20)]

    assert {int(each[0].argmax()) for each in held} == {0, 1, 2, 3, 4}
    assert {int(each[1].argmax()) for each in held} == {0}


def test_cold_tracks_are_in_no_training_list_and_the_others_in_all_of_theirs() -> None:
    dataset = playlists()

    split = split_of(dataset, SplitKind.COLD, np.random.default_rng(0))

    is_cold = np.bincount(split.train.indices, minlength=len(dataset.tracks)) == 0
    assert is_cold.sum() == round(0.2 * len(dataset.tracks))
    assert (split.train.toarray() == dataset.counts.toarray() * ~is_cold).all()
    assert (split.test.toarray() == (dataset.counts.toarray() > 0) * is_cold).all()
    assert split.asked.tolist() == np.flatnonzero(split.test.sum(axis=1)).tolist()


def test_cold_tracks_are_asked_of_lists_that_are_long_enough_and_keep_something() -> None:
    rows = [("long", f"s{n}", 1) for n in range(10)] + [("short", f"s{n}", 1) for n in range(4)]
    dataset = listening([*rows, *((f"one {n}", f"s{n}", 1) for n in range(10))])

    split = split_of(dataset, SplitKind.COLD, np.random.default_rng(0), smallest=5)
    everyone = split_of(dataset, SplitKind.COLD, np.random.default_rng(0), smallest=1)

    assert split.asked.tolist() == [0]
    assert set(everyone.asked.tolist()) <= {0, 1}


def test_a_listener_of_five_songs_is_asked() -> None:
    dataset = listening([("ann", f"s{n}", 1) for n in range(5)] + [("bob", f"s{n}", 1) for n in range(4)])

    assert split_of(dataset, SplitKind.HOLDOUT, np.random.default_rng(0)).asked.tolist() == [0]


@pytest.mark.parametrize("kind", SPLITS_OF[Task.CONTINUATION] + SPLITS_OF[Task.LISTENING])
def test_the_test_part_says_yes_or_no(kind: SplitKind) -> None:
    split = split_of(playlists(), kind, np.random.default_rng(0))

    assert set(split.test.data.tolist()) == {1.0}
