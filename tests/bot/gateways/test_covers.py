from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.errors import ContentBusyError, ContentUnavailableError
from bot.gateways.covers import LARGEST_PICTURE, CoverArtArchive, WebPictures, picture_in_file
from bot.gateways.http import Http, user_agent
from bot.playground.content_standin import ARCHIVE, ContentStandIn, StandInSong
from tests.bot.content_world import a_picture, a_song, running


@contextmanager
def pictures(*songs: StandInSong) -> Iterator[tuple[ContentStandIn, Http]]:
    stand_in = ContentStandIn(songs)
    with running(stand_in):
        http = Http("x", user_agent=user_agent("test"), trusted=(stand_in.base,))
        try:
            yield stand_in, http
        finally:
            http.close()


def test_the_front_of_a_release_is_found_where_the_archive_sends_us() -> None:
    song = a_song()
    with pictures(song) as (stand_in, http):
        archive = CoverArtArchive(stand_in.base, http)

        assert archive.front(song.release_id) == a_picture()
        assert archive.front(a_song(album="Unknown", cover=None).release_id) is None
        assert archive.address(song.release_id) == f"{stand_in.base}/release/{song.release_id}/front-500"


def test_a_picture_is_fetched_from_its_address() -> None:
    song = a_song(cover=lambda: a_picture("teal", "PNG"))
    with pictures(song) as (stand_in, http):
        url = stand_in.cover_url(song)

        assert url is not None
        assert WebPictures(http).at(url) == a_picture("teal", "PNG")
        assert WebPictures(http).at(f"{stand_in.base}/covers/none") is None
        assert stand_in.cover_url(a_song(album="Other", cover=None)) is None


def test_what_is_no_picture_is_none() -> None:
    with pictures() as (stand_in, http):
        url = stand_in.add_picture("page", lambda: b"<svg onload=alert(1)>")
        stand_in.weather.nonsense.add("nothing")

        assert WebPictures(http).at(url) is None
        stand_in.weather.nonsense.add(ARCHIVE)
        assert WebPictures(http).at(url) is None


def test_a_picture_that_is_too_large_is_not_loaded() -> None:
    with pictures() as (stand_in, http):
        url = stand_in.add_picture("huge", lambda: b"\xff\xd8\xff" + b"x" * LARGEST_PICTURE)

        with pytest.raises(ContentUnavailableError, match="more than 10,485,760 bytes"):
            WebPictures(http).at(url)


def test_troubles_are_typed() -> None:
    with pictures() as (stand_in, http):
        stand_in.weather.busy[ARCHIVE] = 3
        with pytest.raises(ContentBusyError):
            CoverArtArchive(stand_in.base, http).front("x")


def test_a_picture_in_a_file_is_read_within_bounds(tmp_path: Path) -> None:
    good, text, huge = tmp_path / "a cover.jpg", tmp_path / "b.jpg", tmp_path / "c.jpg"
    good.write_bytes(a_picture())
    text.write_bytes(b"root:x:0:0")
    huge.write_bytes(b"\xff\xd8\xff" + b"x" * LARGEST_PICTURE)

    assert picture_in_file(good.as_uri()) == a_picture()
    assert picture_in_file(text.as_uri()) is None
    assert picture_in_file(huge.as_uri()) is None
    assert picture_in_file((tmp_path / "none.jpg").as_uri()) is None
