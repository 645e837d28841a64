import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import percentileofscore

from recommender.ranking.novelty import novelty_of, popularity_percentiles
from recommender.types import Track
from tests.recommender.ranking.catalogs import track

EVENLY = np.full(101, 10, dtype=np.int64)


def by(*artists: str, popularity: int | None = None) -> Track:
    return track(1, "Song", artists=artists, popularity=popularity)


def test_the_share_of_new_artists_is_counted_by_suggestion() -> None:
    tracks = [by("Familiar"), by("New"), by("New", "FAMILIAR"), by("Newer")]

    found = novelty_of(tracks, discovery=0.7, familiar=frozenset({"familiar"}), popularity_counts=EVENLY)

    assert found is not None
    assert (found.discovery, found.new_artists) == (0.7, 0.5)


def test_where_no_artist_is_familiar_the_share_says_nothing() -> None:
    found = novelty_of([by("New")], discovery=0.5, familiar=frozenset(), popularity_counts=EVENLY)

    assert found is not None
    assert found.new_artists is None


def test_the_percentile_is_a_mean_over_what_is_known() -> None:
    tracks = [by("A", popularity=0), by("B", popularity=100), by("C"), by("D", popularity=100)]

    found = novelty_of(tracks, discovery=0.5, familiar=frozenset(), popularity_counts=EVENLY)

    assert found is not None
    assert found.popularity_known == 3
    assert found.popularity_percentile == pytest.approx((0.5 + 100.5 + 100.5) / 101 * 100 / 3)


def test_unknown_popularity_is_no_percentile_and_no_suggestions_no_novelty() -> None:
    found = novelty_of([by("A")], discovery=0.5, familiar=frozenset(), popularity_counts=EVENLY)

    assert found is not None
    assert (found.popularity_percentile, found.popularity_known) == (None, 0)
    assert novelty_of([], discovery=0.5, familiar=frozenset(), popularity_counts=EVENLY) is None


@given(st.lists(st.integers(0, 100), min_size=1, max_size=60))
def test_percentiles_are_scipys(popularities: list[int]) -> None:
    counts = np.bincount(popularities, minlength=101)

    ranks = popularity_percentiles(counts)

    for popularity in (0, *popularities, 100):
        assert ranks[popularity] == pytest.approx(percentileofscore(popularities, popularity, kind="mean"))


def test_without_any_popularity_every_one_is_in_the_middle() -> None:
    assert (popularity_percentiles(np.zeros(101, dtype=np.int64)) == 50).all()
