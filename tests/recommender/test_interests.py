import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.interests import Interest, interests_of, shares_to_slots
from recommender.types import Matrix, Modality

SLICES = {Modality.TEXT: slice(0, 16), Modality.AUDIO: slice(16, 24)}
METAL, LULLABY, DISCO = 0, 1, 2


def around(style: int, count: int, seed: int, spread: float = 0.12) -> Matrix:
    """Return fused rows near one of three unrelated styles."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((count, 24), dtype=np.float32)
    for columns in SLICES.values():
        rows[:, columns.start + style] = 1
        rows[:, columns] += rng.normal(0, spread, size=(count, columns.stop - columns.start))
        rows[:, columns] /= np.linalg.norm(rows[:, columns], axis=1, keepdims=True)
    return rows


def found(vectors: Matrix, strengths: list[float] | None = None, *, keep_odd: bool = False) -> tuple[Interest, ...]:
    weights = np.ones(len(vectors)) if strengths is None else np.asarray(strengths)
    keys = np.arange(1, len(vectors) + 1, dtype=np.int64)
    return interests_of(keys, vectors, weights.astype(np.float32), SLICES, keep_odd=keep_odd)


@pytest.mark.parametrize("count", [2, 6, 30])
def test_metal_and_lullabies_are_two_interests_and_nothing_in_between(count: int) -> None:
    interests = found(np.concatenate([around(METAL, count, 1), around(LULLABY, count, 2)]))

    assert [set(each.members) for each in interests] in (
        [set(range(1, count + 1)), set(range(count + 1, 2 * count + 1))],
        [set(range(count + 1, 2 * count + 1)), set(range(1, count + 1))],
    )
    for interest in interests:
        assert max(interest.vector[Modality.AUDIO][:2]) > 0.9
        assert min(interest.vector[Modality.AUDIO][:2]) < 0.3


@pytest.mark.parametrize("count", [1, 2, 3, 12, 60])
def test_one_taste_stays_one_interest(count: int) -> None:
    assert len(found(around(METAL, count, 3))) == 1


def test_the_number_of_interests_is_found() -> None:
    rows = np.concatenate([around(style, 12, seed) for seed, style in enumerate((METAL, LULLABY, DISCO))])

    assert len(found(rows)) == 3


def test_an_interest_weighs_what_its_tracks_weigh() -> None:
    rows = np.concatenate([around(METAL, 10, 1), around(LULLABY, 10, 2)])

    strong, weak = found(rows, [1.0] * 10 + [3.0] * 10)

    assert set(strong.members) == set(range(11, 21))
    assert (strong.weight, weak.weight) == pytest.approx((0.75, 0.25))


def test_one_odd_listen_is_no_interest_and_does_not_tilt_the_others() -> None:
    metal = around(METAL, 40, 1)

    alone = found(metal)
    with_odd = found(np.concatenate([metal, around(LULLABY, 1, 2)]))

    assert len(alone) == len(with_odd) == 1
    for modality, centre in alone[0].vector.items():
        assert float(centre @ with_odd[0].vector[modality]) > 0.999


def test_a_track_that_was_named_is_an_interest_however_odd() -> None:
    rows = np.concatenate([around(METAL, 40, 1), around(LULLABY, 1, 2)])

    assert any(each.members == (41,) for each in found(rows, keep_odd=True))


def test_a_representative_is_a_strong_member_near_the_centre() -> None:
    rows = around(METAL, 10, 4)

    (interest,) = found(rows, [1.0] * 9 + [10.0])

    assert interest.representative == 10
    assert interest.members[0] == 10


def test_tracks_without_a_vector_or_strength_are_left_out() -> None:
    rows = np.concatenate([around(METAL, 3, 1), np.zeros((1, 24), dtype=np.float32)])

    (interest,) = found(rows, [1.0, 1.0, 0.0, 1.0])

    assert set(interest.members) == {1, 2}
    assert found(np.zeros((2, 24), dtype=np.float32)) == ()


def test_a_modality_that_no_member_has_is_not_in_the_vector() -> None:
    rows = around(METAL, 3, 1)
    rows[:, SLICES[Modality.AUDIO]] = 0

    assert set(found(rows)[0].vector) == {Modality.TEXT}


def test_the_order_in_which_tracks_come_decides_nothing() -> None:
    rows = np.concatenate([around(style, 9, seed) for seed, style in enumerate((METAL, LULLABY, DISCO))])
    keys = np.arange(1, 28, dtype=np.int64)
    strengths = np.linspace(1, 2, 27, dtype=np.float32)
    shuffled = np.random.default_rng(5).permutation(27)

    straight = interests_of(keys, rows, strengths, SLICES)
    mixed = interests_of(keys[shuffled], rows[shuffled], strengths[shuffled], SLICES)

    assert [each.members for each in straight] == [each.members for each in mixed]
    assert [each.representative for each in straight] == [each.representative for each in mixed]


def test_places_follow_the_largest_remainders() -> None:
    assert shares_to_slots([0.6, 0.4], 10) == [6, 4]
    assert shares_to_slots([0.95, 0.05], 10) == [9, 1]
    assert shares_to_slots([0.5, 0.3, 0.2], 2) == [1, 1, 0]
    assert shares_to_slots([], 5) == []


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=8), st.integers(0, 25))
def test_places_add_up_and_nobody_is_forgotten_while_there_are_enough(shares: list[float], count: int) -> None:
    slots = shares_to_slots(shares, count)

    assert sum(slots) == count
    assert min(slots) >= (1 if count >= len(shares) else 0)
