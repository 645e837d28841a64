import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from bot.errors import ContentBusyError, ContentUnavailableError
from bot.gateways import lyrics
from bot.gateways.http import Http, user_agent
from bot.gateways.lyrics import LrclibLyrics
from bot.playground.content_standin import LYRICS, ContentStandIn
from tests.bot.content_world import a_song, running


@contextmanager
def lrclib(*songs: object) -> Iterator[tuple[LrclibLyrics, ContentStandIn]]:
    stand_in = ContentStandIn(songs)  # type: ignore[arg-type]
    with running(stand_in):
        http = Http(lyrics.SERVICE, user_agent=user_agent("test"), trusted=(stand_in.base,))
        try:
            yield LrclibLyrics(stand_in.base, http), stand_in
        finally:
            http.close()
    assert stand_in.problems == []


def test_lyrics_come_with_the_names_of_the_collection() -> None:
    with lrclib(a_song()) as (source, _):
        found = source.find("paper lanterns", "ilse varga", 201_000)

    assert found is not None
    assert (found.title, found.artist, found.album) == ("Paper Lanterns", "Ilse Varga", "Night Ferry")
    assert found.lyrics == "Paper Lanterns over the harbour\nall the way home"
    assert "harbour" not in repr(found)


def test_another_length_is_another_recording() -> None:
    with lrclib(a_song()) as (source, _):
        assert source.find("Paper Lanterns", "Ilse Varga", 230_000) is None
        assert source.find("Paper Lanterns", "Somebody", None) is None


def test_a_remaster_is_asked_for_by_its_plain_name_too() -> None:
    with lrclib(a_song()) as (source, stand_in):
        assert source.find("Paper Lanterns - Remastered 2011", "Ilse Varga", 200_000) is not None
        assert source.find("Nothing At All", "Ilse Varga", 200_000) is None
        assert len(stand_in.asked(LYRICS)) == 3


def test_a_song_without_words_is_known_and_has_none() -> None:
    with lrclib(a_song(lyrics="")) as (source, _):
        found = source.find("Paper Lanterns", "Ilse Varga")

    assert found is not None
    assert found.lyrics is None


def test_an_impossible_length_is_not_asked_with() -> None:
    with lrclib(replace(a_song(), duration_ms=None)) as (source, stand_in):
        assert source.find("Paper Lanterns", "Ilse Varga", 4 * 3_600_000) is not None
        assert "duration" not in stand_in.asked(LYRICS)[0].query


def test_timed_lyrics_lose_their_times(monkeypatch: pytest.MonkeyPatch) -> None:
    timed = {"trackName": "A", "artistName": "B", "albumName": "", "plainLyrics": None}
    synced = "[00:12.30] one line\n[00:15.00][00:20.00] twice\n"

    found = lyrics._found({**timed, "syncedLyrics": synced})

    assert found.lyrics == "one line\ntwice"
    assert found.album is None
    assert re.search(r"\[\d", found.lyrics) is None


@pytest.mark.parametrize("nonsense", [[], "text", {"trackName": "A"}, {"plainLyrics": "x", "syncedLyrics": None}, 5])
def test_an_answer_that_is_no_song_is_an_error(nonsense: object) -> None:
    with pytest.raises(ContentUnavailableError, match="not a song"):
        lyrics._found(nonsense)


def test_troubles_of_the_service_are_typed() -> None:
    with lrclib(a_song()) as (source, stand_in):
        stand_in.weather.down.add(LYRICS)
        with pytest.raises(ContentUnavailableError, match="LRCLIB"):
            source.find("Paper Lanterns", "Ilse Varga")
        stand_in.weather.down.clear()

        stand_in.weather.nonsense.add(LYRICS)
        with pytest.raises(ContentUnavailableError):
            source.find("Paper Lanterns", "Ilse Varga")
        stand_in.weather.nonsense.clear()

        stand_in.weather.busy[LYRICS] = 90
        with pytest.raises(ContentBusyError):
            source.find("Paper Lanterns", "Ilse Varga")


def test_the_stand_in_refuses_what_lrclib_would() -> None:
    stand_in = ContentStandIn([a_song()])
    with running(stand_in):
        strange = Http("x", user_agent="python-requests/2", trusted=(stand_in.base,))
        polite = Http("x", user_agent=user_agent("test"), trusted=(stand_in.base,))
        for http, params in (
            (strange, {"track_name": "a", "artist_name": "b"}),
            (polite, {"track_name": "a"}),
            (polite, {"track_name": "a", "artist_name": "b", "track": "c"}),
            (polite, {"track_name": "a", "artist_name": "b", "duration": "0"}),
        ):
            with pytest.raises(ContentUnavailableError):
                http.json(f"{stand_in.base}/api/get", params)
        strange.close()
        polite.close()

    assert len(stand_in.problems) == 4
