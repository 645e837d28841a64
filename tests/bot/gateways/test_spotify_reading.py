from datetime import UTC, datetime
from typing import Any

import pytest

from bot.gateways import spotify_reading as reading
from bot.gateways.spotify_wire import pause
from recommender.types import Fact, ReleaseDate, Source

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def a_row(**changes: Any) -> dict[str, Any]:
    return {"id": "x" * 22, "type": "track", "name": "Song", "artists": [{"name": "Singer"}], **changes}


def test_a_playlist_row_is_read_in_its_new_and_in_its_old_shape() -> None:
    new = reading.playlist_row({"added_at": "2026-01-02T03:04:05Z", "item": a_row()})
    old = reading.playlist_row({"added_at": "2026-01-02T03:04:05Z", "track": a_row(), "item": None})

    assert new == old
    assert new is not None
    assert new.at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "row",
    [
        None,
        {},
        a_row(is_local=True),
        a_row(id=None),
        a_row(type="episode"),
        a_row(artists=[]),
        a_row(artists=[{"name": ""}, None]),
        a_row(name=""),
        a_row(name="  ", artists=[{"name": "Singer"}]),
    ],
)
def test_what_is_no_recording_of_the_catalog_is_left_out(row: dict[str, Any] | None) -> None:
    assert reading.track_facts(row) is None


def test_rows_that_are_null_do_not_stop_a_page() -> None:
    body = {"items": [None, {"added_at": None, "track": None}, {"added_at": None, "track": a_row()}], "total": 9}

    page = reading.page_of(body, reading.saved, offset=3)

    assert [each.facts.title for each in page.items] == ["Song"]
    assert page.next_offset == 6


def test_an_empty_page_is_the_last_one_whatever_the_total_says() -> None:
    page = reading.page_of({"items": [], "total": 9}, reading.saved, offset=3)

    assert page.next_offset is None


def test_the_cover_is_the_narrowest_that_is_wide_enough() -> None:
    images = [{"url": "640", "width": 640}, {"url": "300", "width": 300}, {"url": "64", "width": 64}]

    facts = reading.track_facts(a_row(album={"images": images}))
    narrow = reading.track_facts(a_row(album={"images": images[2:]}))
    unsaid = reading.track_facts(a_row(album={"images": [{"url": "?", "width": None}, {"width": 640}]}))

    assert facts is not None
    assert facts.cover_url == "300"
    assert narrow is not None
    assert narrow.cover_url == "64"
    assert unsaid is not None
    assert unsaid.cover_url == "?"


@pytest.mark.parametrize(
    ("text", "date"),
    [("2019", ReleaseDate(2019)), ("2019-05", ReleaseDate(2019, 5)), ("0000", None), ("", None), (None, None)],
)
def test_a_release_date_is_as_precise_as_spotify_says(text: str | None, date: ReleaseDate | None) -> None:
    facts = reading.track_facts(a_row(album={"release_date": text}))

    assert facts is not None
    assert facts.released == date
    assert (Fact.RELEASED in facts.sources) == (date is not None)


def test_popularity_is_kept_where_an_older_app_still_gets_it() -> None:
    facts = reading.track_facts(a_row(popularity=0))

    assert facts is not None
    assert facts.popularity == 0
    assert facts.sources[Fact.POPULARITY] is Source.SPOTIFY


def test_a_profile_without_the_new_id_is_known_by_the_old_one() -> None:
    profile = reading.profile({"id": "mara", "display_name": None})

    assert (profile.account, profile.display_name) == ("mara", "mara")


@pytest.mark.parametrize("text", [None, "", "1970-01-01T00:00:00Z"])
def test_an_unknown_moment_is_none(text: str | None) -> None:
    assert reading.moment(text) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 20 Nov 2026 12:00:30 -0000", 30),
    ],
)
def test_a_pause_is_read_as_seconds_or_as_a_date(header: str, seconds: int) -> None:
    wanted = pause(header, NOW)

    assert wanted is not None
    assert wanted.total_seconds() == seconds


@pytest.mark.parametrize("header", [None, "soon", "-3", "nan", "1e99"])
def test_a_pause_that_makes_no_sense_is_none(header: str | None) -> None:
    assert pause(header, NOW) is None
