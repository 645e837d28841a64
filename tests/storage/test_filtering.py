"""Which tracks pass filters, and what filters can ask for."""

from typing import Any

import numpy as np
import pytest

from recommender.types import OPEN_FILTERS, Filters, PopularityBand, ReleaseDate
from storage.database import Database
from storage.values import Gaps
from tests.storage.builders import add, add_one, facts


def keys(database: Database, **wanted: Any) -> list[int]:
    with database.reading() as stored:
        return [int(key) for key in stored.tracks.keys_matching(Filters(**wanted))]


def test_a_filter_that_asks_for_something_passes_what_is_known_to_be_it(database: Database) -> None:
    old = add_one(
        database, "Old", released=ReleaseDate(1989), genres=("rock opera",), explicit=True, language="de", popularity=70
    )
    first = add_one(database, "First", released=ReleaseDate(1990), genres=("Indie Rock",), language="en", popularity=30)
    last = add_one(database, "Last", released=ReleaseDate(1999, 12, 31), genres=("rock",), language="en", popularity=29)
    unknown = add_one(database, "Unknown")

    assert keys(database) == [old, first, last, unknown]
    assert keys(database, decade=1990) == [first, last]
    assert keys(database, explicit=True) == [old]
    assert keys(database, genre="ROCK") == [first, last]
    assert keys(database, genre="100%") == []
    assert keys(database, language="en") == [first, last]
    assert keys(database, language="fr") == []
    assert keys(database, popularity=PopularityBand(lowest=30)) == [old, first]
    assert keys(database, popularity=PopularityBand(lowest=30, highest=69)) == [first]
    assert keys(database, popularity=PopularityBand(lowest=29, highest=29)) == [last]
    assert keys(database, decade=1990, language="en", genre="rock", popularity=PopularityBand(lowest=30)) == [first]


def test_a_filter_that_keeps_something_out_lets_pass_what_is_unknown(database: Database) -> None:
    rude = add_one(database, "Rude", explicit=True, duration_ms=180_000, popularity=80)
    clean = add_one(database, "Clean", explicit=False, duration_ms=180_001, popularity=10)
    unknown = add_one(database, "Unknown")

    assert keys(database, explicit=False) == [clean, unknown]
    assert keys(database, max_ms=180_000) == [rude, unknown]
    assert keys(database, popularity=PopularityBand(highest=79)) == [clean, unknown]
    assert keys(database, popularity=PopularityBand(lowest=1, highest=79)) == [clean]
    assert keys(database, popularity=PopularityBand()) == [rude, clean, unknown]


def test_a_band_must_lie_within_the_scale_and_the_right_way_round() -> None:
    for lowest, highest in ((-1, 50), (0, 101), (60, 40)):
        with pytest.raises(ValueError, match="popularity band"):
            PopularityBand(lowest=lowest, highest=highest)


def test_filters_are_open_until_one_is_set() -> None:
    assert OPEN_FILTERS.is_open
    assert Filters(popularity=PopularityBand()).is_open
    for wanted in ({"language": "en"}, {"max_ms": 1}, {"popularity": PopularityBand(lowest=1)}, {"explicit": False}):
        assert not Filters(**wanted).is_open


def test_what_is_not_known_is_counted(database: Database) -> None:
    add_one(database, "One", released=ReleaseDate(1990), explicit=False, language="en", duration_ms=1, popularity=0)
    add_one(database, "Two", explicit=True, language="en")
    add_one(database, "Three", duration_ms=1)

    with database.reading() as stored:
        found = stored.tracks.gaps()

    assert found == Gaps(tracks=3, year=2, explicit=1, language=1, duration=1, popularity=2)


def test_genres_and_languages_come_commonest_first(database: Database) -> None:
    add(
        database,
        facts("One", genres=("Indie Rock", "folk"), language="es"),
        facts("Two", genres=("folk",), language="en"),
        facts("Three", language="en"),
        facts("Four"),
    )

    with database.reading() as stored:
        assert stored.tracks.genres() == [("folk", 2), ("Indie Rock", 1)]
        assert stored.tracks.languages() == [("en", 2), ("es", 1)]
        statistics = stored.tracks.statistics()
    assert statistics.genres == (("folk", 2), ("Indie Rock", 1))
    assert statistics.languages == (("en", 2), ("es", 1))


def test_a_genre_is_there_by_itself_or_by_its_kinds_and_else_the_closest_are(database: Database) -> None:
    add(database, facts("One", genres=("Indie Rock",)), facts("Two", genres=("folk",)))

    with database.reading() as stored:
        assert [stored.tracks.has_genre(each) for each in ("indie ROCK", "rock", "indie", "ock")] == [
            True, True, False, False,
        ]  # fmt: skip
        assert stored.tracks.closest_genres("idnie rokc") == ["Indie Rock"]
        assert stored.tracks.closest_genres("qqq") == []


def test_popularity_is_counted_where_it_is_known(database: Database) -> None:
    for title, popularity in (("One", 0), ("Two", 100), ("Three", 100), ("Four", None)):
        add_one(database, title, popularity=popularity)

    with database.reading() as stored:
        counts = stored.tracks.popularity_counts()

    assert counts.shape == (101,)
    assert counts.dtype == np.int64
    assert (counts[0], counts[100], counts.sum()) == (1, 2, 3)
