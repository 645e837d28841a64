import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.playground.content_standin import ARCHIVE, LYRICS, RECORDINGS, ContentStandIn
from bot.services.catalog_import import CatalogImport
from bot.services.content import Content
from bot.services.content_policy import SPOTIFY_HOSTS, ContentPolicy
from bot.services.content_services import ContentServices
from bot.services.unasked import Unasked
from bot.settings import ContentSource
from recommender.ports import Words
from recommender.types import Fact, Source, Track
from storage.catalog_store import CatalogStore
from storage.database import Database
from tests.bot.content_world import (
    SecondsClock,
    a_database,
    a_picture,
    a_song,
    facts_of,
    running,
    settings_for,
    stored_tracks,
    tracks_by_key,
)

OPEN, SPOTIFY = "open", "spotify"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with a_database(tmp_path) as database:
        yield database


@contextmanager
def content_of(
    database: Database, stand_in: ContentStandIn, sources: str = "open,spotify", **changes: object
) -> Iterator[Content]:
    with running(stand_in):
        services = ContentServices(settings_for(stand_in.base, content_sources=sources))
        content = Content(database, services, **changes)  # type: ignore[arg-type]
        try:
            yield content
        finally:
            content.close()
    assert stand_in.problems == []


def said_in(words: Words | None) -> str:
    """Everything an encoder would read."""
    if words is None:
        return ""
    return " ".join([words.title, *words.artists, words.album or "", *words.genres, words.lyrics or ""])


def test_a_library_track_gets_open_words_and_lyrics_and_the_catalog_learns_them(database: Database) -> None:
    song = a_song()
    spotifys = facts_of(song, title="Paper Lanterns - 2011 Remaster", genres=("spotify genre",))
    (track,) = stored_tracks(database, [spotifys])

    with content_of(database, ContentStandIn([song])) as content:
        (words,) = content.words_of([track])

    assert words == Words(
        title="Paper Lanterns",
        artists=("Ilse Varga",),
        album="Night Ferry",
        genres=("dream pop", "electronic"),
        lyrics=song.lyrics,
    )
    (learnt,) = tracks_by_key(database, [track.key])
    assert (learnt.title, learnt.sources[Fact.WORDS]) == ("Paper Lanterns", Source.MUSICBRAINZ)
    assert learnt.genres == ("dream pop", "electronic")


def test_what_musicbrainz_told_is_not_asked_again(database: Database) -> None:
    song = a_song()
    (track,) = stored_tracks(database, [facts_of(song)])
    stand_in = ContentStandIn([song])

    with content_of(database, stand_in) as content:
        content.words_of([track])
        content.cover_of(track)
        (learnt,) = tracks_by_key(database, [track.key])
        content.words_of([learnt])

    assert len(stand_in.asked(RECORDINGS)) == 1


def test_unknown_to_open_services_spotifys_words_are_read_where_allowed(database: Database) -> None:
    (track,) = stored_tracks(database, [facts_of(a_song())])

    with content_of(database, ContentStandIn(), "open,spotify") as content:
        (words,) = content.words_of([track])

    assert words is not None
    assert (words.title, words.genres, words.lyrics) == ("Paper Lanterns", ("said by spotify",), None)


def test_with_spotify_first_its_words_are_read_and_only_lyrics_are_asked_for(database: Database) -> None:
    song = a_song()
    (track,) = stored_tracks(database, [facts_of(song)])
    stand_in = ContentStandIn([song])

    with content_of(database, stand_in, "spotify,open") as content:
        (words,) = content.words_of([track])

    assert words is not None
    assert (words.genres, words.lyrics) == (("said by spotify",), song.lyrics)
    assert stand_in.asked(RECORDINGS) == []


def test_with_spotify_alone_no_open_service_is_asked(database: Database) -> None:
    song = a_song()
    stand_in = ContentStandIn([song])

    with content_of(database, stand_in, "spotify") as content:
        url = stand_in.cover_url(song)
        (track,) = stored_tracks(database, [facts_of(song, cover_url=url)])
        (words,) = content.words_of([track])
        picture = content.cover_of(track)

    assert words is not None
    assert words.lyrics is None
    assert picture == a_picture()
    assert [request.path for request in stand_in.requests] == [f"/covers/{song.release_id}"]


def test_with_open_alone_nothing_that_spotify_said_reaches_an_encoder(database: Database) -> None:
    """The promise of CONTENT_SOURCES=open, for every way in which Spotify's words and pictures could slip through."""
    secret = "spotified"
    known, only_lyrics, unknown = a_song(), a_song("Tin Boats", isrc=None, in_musicbrainz=False), a_song("Ghost")
    spotifys_picture = a_picture("green")
    stand_in = ContentStandIn([known, only_lyrics])

    with content_of(database, stand_in, OPEN) as content:
        url = stand_in.add_picture("spotifys", lambda: spotifys_picture)
        tracks = stored_tracks(
            database,
            [
                facts_of(song, album=f"{secret} album {number}", genres=(f"{secret} genre",), cover_url=url)
                for number, song in enumerate([known, only_lyrics, replace(unknown, isrc=None)])
            ]
            + [
                facts_of(
                    a_song("Dataset Song", isrc=None, artists=("Tom",)),
                    Source.DATASET,
                    cover_url="https://i.scdn.co/image/ab67616d",
                )
            ],
        )
        words = content.words_of(tracks)
        pictures = [content.cover_of(track) for track in tracks]
        again = tracks_by_key(database, [track.key for track in tracks])
        words_again = content.words_of(again)
        pictures_again = [content.cover_of(track) for track in again]

    for each in (words, words_again):
        assert secret not in " ".join(said_in(one) for one in each)
        assert [one.title if one else None for one in each] == ["Paper Lanterns", "Tin Boats", None, "Dataset Song"]
    assert words[1] is not None
    assert (words[1].album, words[1].lyrics) == ("Night Ferry", only_lyrics.lyrics)
    for found in (pictures, pictures_again):
        assert found == [a_picture(), None, None, None]
    assert not any(request.path == "/covers/spotifys" for request in stand_in.requests)


@pytest.mark.parametrize("host", SPOTIFY_HOSTS)
def test_pictures_on_spotifys_servers_are_refused_with_open_alone(host: str) -> None:
    services = ContentServices(settings_for("http://127.0.0.1:9", content_sources=OPEN))

    for address in (f"https://i.{host}/image/x", f"https://{host}/x", f"http://user@I.{host.upper()}./x"):
        assert services.picture_at(address).found is None
        assert services.picture_at(address).was_answered
    services.close()
    assert ContentPolicy((ContentSource.OPEN, ContentSource.SPOTIFY)).refused_hosts == ()


def test_a_source_that_is_not_named_counts_as_spotify() -> None:
    assert not ContentPolicy((ContentSource.OPEN,)).may_read(None)
    assert ContentPolicy((ContentSource.SPOTIFY,)).may_read(Source.DATASET)
    assert not ContentPolicy((ContentSource.OPEN,)).may_read(Source.SPOTIFY)
    assert ContentPolicy((ContentSource.OPEN,)).may_read(Source.MEMBER)


def test_datasets_bring_their_own_words_and_no_service_is_asked(tmp_path: Path, database: Database) -> None:
    path = tmp_path / "songs.csv"
    with path.open("w", newline="") as file:
        rows = [(f"Song {number}", "Ilse Varga", "folk", f"verse {number}") for number in range(600)]
        csv.writer(file).writerows([("title", "artist", "genre", "lyrics"), *rows])
    CatalogImport(database).run(path)
    tracks = tracks_by_key(database, range(1, 601))
    stand_in = ContentStandIn()

    with content_of(database, stand_in, OPEN) as content:
        words = content.words_of(tracks)
        covers = [content.cover_of(track) for track in tracks[:5]]

    assert [each.lyrics if each else None for each in words] == [f"verse {number}" for number in range(600)]
    assert covers == [None] * 5
    assert stand_in.requests == []


def test_covers_of_datasets_are_fetched_or_read_from_their_folder(tmp_path: Path, database: Database) -> None:
    (tmp_path / "one.jpg").write_bytes(a_picture("red"))
    song = a_song()
    stand_in = ContentStandIn([song])

    with content_of(database, stand_in, OPEN) as content:
        path = tmp_path / "songs.csv"
        path.write_text(f"title,artist,cover_url\nA,B,one.jpg\nC,D,{stand_in.cover_url(song)}\nE,F,\n")
        CatalogImport(database).run(path)
        covers = [content.cover_of(track) for track in tracks_by_key(database, [1, 2, 3])]

    assert covers == [a_picture("red"), a_picture(), None]


def test_only_a_dataset_may_name_a_file(tmp_path: Path, database: Database) -> None:
    (tmp_path / "one.jpg").write_bytes(a_picture())
    address = (tmp_path / "one.jpg").as_uri()
    facts = [facts_of(a_song(), source, cover_url=address) for source in (Source.SPOTIFY, Source.MUSICBRAINZ)]

    with content_of(database, ContentStandIn(), "spotify,open") as content:
        for number, each in enumerate(facts):
            (track,) = stored_tracks(database, [replace(each, title=f"Song {number}", isrc=None, album=None)])
            assert content.cover_of(track) is None


def test_an_open_cover_comes_first_and_the_catalog_learns_where_it_lies(database: Database) -> None:
    song = a_song()
    stand_in = ContentStandIn([song])

    with content_of(database, stand_in, "open,spotify") as content:
        url = stand_in.add_picture("spotifys", lambda: a_picture("green"))
        (track,) = stored_tracks(database, [facts_of(song, cover_url=url)])
        picture = content.cover_of(track)
        (learnt,) = tracks_by_key(database, [track.key])
        again = content.cover_of(learnt)

    assert picture == again == a_picture()
    assert learnt.sources[Fact.COVER] is Source.COVERARTARCHIVE
    assert learnt.cover_url == f"{stand_in.base}/release/{song.release_id}/front-500"


def test_without_an_open_cover_spotifys_is_read_where_allowed(database: Database) -> None:
    stand_in = ContentStandIn([a_song(cover=None)])

    with content_of(database, stand_in, "open,spotify") as content:
        url = stand_in.add_picture("spotifys", lambda: a_picture("green"))
        (track,) = stored_tracks(database, [facts_of(a_song(), cover_url=url)])

        assert content.cover_of(track) == a_picture("green")


def library(database: Database, count: int) -> list[Track]:
    songs = [a_song(f"Song {number}", isrc=None, album=f"Album {number}") for number in range(count)]
    return stored_tracks(database, [facts_of(song) for song in songs])


def test_dead_services_are_soon_left_alone_and_the_tracks_remembered(database: Database) -> None:
    tracks = library(database, 40)
    stand_in = ContentStandIn()
    stand_in.weather.down |= {LYRICS, RECORDINGS, ARCHIVE}

    with content_of(database, stand_in, OPEN) as content:
        words = content.words_of(tracks)
        covers = [content.cover_of(track) for track in tracks]
        asked = len(stand_in.requests)
        unasked = content.take_unasked()

        assert words == [None] * 40
        assert covers == [None] * 40
        assert asked <= 10
        assert unasked.tracks == {track.key for track in tracks}
        assert unasked.albums == {track.album_key for track in tracks}
        assert content.take_unasked() == Unasked()


def test_what_was_not_asked_survives_a_restart(database: Database) -> None:
    tracks = library(database, 3)
    stand_in = ContentStandIn()
    stand_in.weather.down |= {LYRICS, RECORDINGS, ARCHIVE}
    with content_of(database, stand_in) as content:
        content.words_of(tracks)
        content.cover_of(tracks[0])

    with content_of(database, ContentStandIn()) as content:
        unasked = content.take_unasked()

    assert unasked == Unasked(
        tracks=frozenset(track.key for track in tracks),
        albums=frozenset(track.album_key for track in tracks[:1] if track.album_key is not None),
    )


def test_taking_the_list_forgets_the_vectors_in_the_same_step(database: Database) -> None:
    tracks = library(database, 3)
    stand_in = ContentStandIn()
    stand_in.weather.down |= {LYRICS, RECORDINGS, ARCHIVE}
    with content_of(database, stand_in) as content:
        content.words_of(tracks[:2])
        content.cover_of(tracks[0])
        store = CatalogStore(database)
        ones = np.ones((3, 4), dtype=np.float32)
        store.save_text("text", [track.key for track in tracks], ones)
        store.save_cover("cover", [track.album_key for track in tracks if track.album_key is not None], ones)

        content.take_unasked()

    assert (store.count_missing_text("text"), store.count_missing_cover("cover")) == (2, 1)


def test_patience_ends_the_asking_and_the_rest_is_remembered(database: Database) -> None:
    tracks = library(database, 5)
    clock = SecondsClock()
    stand_in = ContentStandIn()

    with content_of(database, stand_in, patience=timedelta(0), clock=clock) as content:
        words = content.words_of(tracks)
        unasked = content.take_unasked()

    assert [each.title for each in words if each] == [f"Song {number}" for number in range(5)]
    assert unasked.tracks == {track.key for track in tracks}
    assert stand_in.requests == []


def test_lyrics_are_neither_stored_nor_logged(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    song = a_song(lyrics="a line that nobody else wrote")
    (track,) = stored_tracks(database, [facts_of(song)])

    with caplog.at_level("DEBUG"), content_of(database, ContentStandIn([song])) as content:
        (words,) = content.words_of([track])

    assert words is not None
    assert words.lyrics == "a line that nobody else wrote"
    assert "nobody else wrote" not in caplog.text
    files = b"".join(file.read_bytes() for file in tmp_path.glob("catalog.sqlite*"))
    assert b"nobody else wrote" not in files
