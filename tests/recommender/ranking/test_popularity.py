from datetime import date

import pytest

from recommender.ranking.popularity import HALF_LIFE_YEARS, decayed_popularity
from recommender.types import ReleaseDate
from tests.recommender.ranking.catalogs import track

TODAY = date(2026, 11, 20)


def released(years_ago: int) -> ReleaseDate:
    return ReleaseDate(TODAY.year - years_ago)


def test_a_new_hit_counts_in_full_and_one_a_half_life_old_half() -> None:
    tracks = [
        track(1, "New", popularity=100, released=released(0)),
        track(2, "Old", popularity=100, released=released(int(HALF_LIFE_YEARS))),
    ]

    assert decayed_popularity(tracks, today=TODAY).tolist() == pytest.approx([1.0, 0.5])


def test_what_is_unknown_is_neither_for_nor_against() -> None:
    tracks = [
        track(1, "Hit", popularity=90, released=released(0)),
        track(2, "Middling", popularity=50, released=released(0)),
        track(3, "Flop", popularity=0, released=released(0)),
        track(4, "Untold", popularity=None, released=None),
    ]

    assert decayed_popularity(tracks, today=TODAY).tolist() == pytest.approx([0.9, 0.5, 0.0, 0.5])


def test_when_nothing_is_known_all_are_equal() -> None:
    unknown = decayed_popularity([track(1, "One"), track(2, "Two")], today=TODAY)

    assert unknown[0] == unknown[1] > 0


def test_a_release_that_is_announced_is_not_fresher_than_new() -> None:
    assert decayed_popularity([track(1, "Soon", popularity=80, released=released(-1))], today=TODAY).tolist() == (
        pytest.approx([0.8])
    )
