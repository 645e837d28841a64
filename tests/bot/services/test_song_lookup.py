"""Promises of finding out what song is meant: Spotify, MusicBrainz and LRCLIB over the wire."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.playground.content_standin import LYRICS, RECORDINGS
from bot.services.song_lookup import FoundSong, NamedSong, Song, SongLink, SongLookup, UnknownSong, best_match
from bot.services.track_names import readings_of
from recommender.types import Fact, ReleaseDate, Source, TrackFacts
from tests.bot.lookup_world import SPOTIFYS, LookupWorld, in_the_open, lookup_world, spotified, stranger

SONG = stranger("metal")
LINK = SongLink(SONG.spotify_id)


def named(text: str) -> NamedSong:
    return NamedSong(readings_of(text))


BY_NAME = named(f"{SONG.facts.title} - {SONG.facts.artists[0]}")


def lookup_of(world: LookupWorld) -> SongLookup:
    return SongLookup(world.side.catalog, world.core.services, world.reading, tell=world.told.append)


async def found(world: LookupWorld, song: Song) -> FoundSong:
    answer = await lookup_of(world).find(song, None)
    assert isinstance(answer, FoundSong)
    return answer


async def why_not(world: LookupWorld, song: Song) -> tuple[str, ...]:
    answer = await lookup_of(world).find(song, None)
    assert isinstance(answer, UnknownSong)
    return answer.why


@pytest.mark.parametrize("song", [LINK, BY_NAME])
async def test_spotify_knows_its_links_and_finds_names(tmp_path: Path, song: Song) -> None:
    async with lookup_world(tmp_path, at_spotify=(SONG,), in_the_open=(in_the_open(SONG),)) as world:
        answer = await found(world, song)
        asked = world.services.requests

    facts = answer.facts
    assert answer.where == "Spotify"
    assert (facts.title, facts.artists, facts.isrc) == (SONG.facts.title, SONG.facts.artists, SONG.facts.isrc)
    assert facts.spotify_id == SONG.spotify_id
    assert facts.sources[Fact.WORDS] is Source.SPOTIFY
    assert asked == []
    assert world.told == ["Looking the song up"]


@pytest.mark.parametrize("song", [LINK, BY_NAME])
async def test_without_a_token_musicbrainz_knows(tmp_path: Path, song: Song) -> None:
    async with lookup_world(tmp_path, at_spotify=(SONG,), in_the_open=(in_the_open(SONG),), has_secret=False) as world:
        answer = await found(world, song)
        asked = world.spotify.requests

    facts = answer.facts
    assert answer.where == "MusicBrainz"
    assert (facts.title, facts.artists, facts.album) == (SONG.facts.title, SONG.facts.artists, SONG.facts.album)
    assert (facts.isrc, facts.duration_ms) == (SONG.facts.isrc, SONG.facts.duration_ms)
    assert (facts.released, facts.genres) == (SONG.facts.released, SONG.facts.genres)
    assert isinstance(facts.released, ReleaseDate)
    assert facts.spotify_id == (SONG.spotify_id if song is LINK else None)
    assert set(facts.sources.values()) == {Source.MUSICBRAINZ}
    assert asked == []


async def test_people_write_the_artist_first_too(tmp_path: Path) -> None:
    async with lookup_world(tmp_path, in_the_open=(in_the_open(SONG),), has_secret=False) as world:
        answer = await found(world, named(f"{SONG.facts.artists[0]} - {SONG.facts.title}"))

    assert answer.facts.title == SONG.facts.title


async def test_what_only_lrclib_knows_is_a_song_too(tmp_path: Path) -> None:
    known = in_the_open(SONG, in_musicbrainz=False, lyrics="la la")
    async with lookup_world(tmp_path, in_the_open=(known,), has_secret=False) as world:
        answer = await found(world, BY_NAME)

    assert (answer.where, answer.facts.title, answer.facts.artists) == ("LRCLIB", SONG.facts.title, SONG.facts.artists)
    assert answer.facts.sources == {Fact.WORDS: Source.LRCLIB}


async def test_an_operator_who_wants_spotify_alone_has_no_other_asked(tmp_path: Path) -> None:
    async with lookup_world(tmp_path, in_the_open=(in_the_open(SONG),), content_sources="spotify") as world:
        why = await why_not(world, LINK)
        asked = world.services.requests

    assert why == ("Spotify has no such track.",)
    assert asked == []


async def test_what_spotify_finds_otherwise_is_not_taken_for_what_was_meant(tmp_path: Path) -> None:
    async with lookup_world(tmp_path, at_spotify=(SONG,), says=spotified) as world:
        why = await why_not(world, BY_NAME)

    assert SPOTIFYS not in SONG.facts.title
    assert why == ("Spotify has no such track.", "MusicBrainz does not know it.", "LRCLIB does not know it.")


async def test_every_service_that_is_down_is_named(tmp_path: Path) -> None:
    async with lookup_world(tmp_path) as world:
        world.spotify.weather.api_is_down = True
        world.services.weather.down |= {LYRICS, RECORDINGS}
        by_link = await why_not(world, LINK)
        by_name = await why_not(world, BY_NAME)

    assert by_link == (
        "Spotify does not answer at the moment. Try again in a few minutes.",
        "MusicBrainz does not answer at the moment.",
    )
    assert by_name[1:] == ("MusicBrainz does not answer at the moment.", "LRCLIB does not answer at the moment.")


async def test_a_service_that_failed_often_is_left_alone(tmp_path: Path) -> None:
    async with lookup_world(tmp_path, has_secret=False) as world:
        world.services.weather.down.add(RECORDINGS)
        for _ in range(5):
            await why_not(world, LINK)

        assert len(world.services.asked(RECORDINGS)) == 3


async def test_a_spent_quota_is_told_with_its_end_in_plain_text(tmp_path: Path) -> None:
    async with lookup_world(tmp_path) as world:
        world.side.budget.block(datetime.now(UTC) + timedelta(hours=5))
        why = await why_not(world, LINK)
        asked = world.spotify.requests

    assert why[0].startswith("Spotify's quota is used up until 20")
    assert "<t:" not in why[0]
    assert asked == []


def a_result(title: str, *artists: str) -> TrackFacts:
    return TrackFacts(title=title, artists=artists, sources={Fact.WORDS: Source.SPOTIFY})


HELLO = a_result("Hello", "Adele")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Hello - Adele", "Hello"),
        ("Adele - Hello", "Hello"),
        ("helo by adelle", "Hello"),
        ("Hello (Live) - Adele", "Hello - Live at Home"),
        ("Under Pressure - Queen & David Bowie", "Under Pressure - Remastered 2011"),
        ("Yesterday - Beatles", "Yesterday"),
        ("Hello - Lionel Richie", None),
        ("Goodbye - Adele", None),
    ],
)
def test_of_search_results_the_one_that_was_meant_is_taken(typed: str, expected: str | None) -> None:
    results = [
        a_result("Hello Goodbye", "The Beatles"),
        HELLO,
        a_result("Hello - Live at Home", "Adele"),
        a_result("Under Pressure - Remastered 2011", "Queen", "David Bowie"),
        a_result("Yesterday", "The Beatles"),
    ]

    match = best_match(results, readings_of(typed))

    assert (None if match is None else match.title) == expected


def test_of_results_alike_the_first_is_taken_and_of_none_nothing() -> None:
    again = replace(HELLO, album="Again")

    assert best_match([HELLO, again], readings_of("Hello - Adele")) is HELLO
    assert best_match([], readings_of("Hello - Adele")) is None
