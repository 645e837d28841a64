"""Promises of ``cratedigger recommend --track`` for songs that the catalog has never met, in one process."""

from collections.abc import Iterator

import pytest

from bot.playground.content_standin import ContentStandIn
from bot.playground.sample.listeners import stand_in_track
from bot.playground.sample_world import page_on_spotify
from bot.playground.spotify_standin import SpotifyStandIn
from bot.settings import Settings
from tests.bot.content_world import running
from tests.bot.lookup_world import SECRET, in_the_open, stranger
from tests.bot.spotify_world import CLIENT_ID, REDIRECT_URI, an_account
from tests.command_line import Result, Run, ran
from tests.installation import NOWHERE, part_of_the_sample

SONG = stranger("metal")
NAME = f"{SONG.facts.title} - {SONG.facts.artists[0]}"
KNOWN = part_of_the_sample().tracks[0].facts


@pytest.fixture
def run(installation: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Recommend from an installation whose operator has nothing set and reaches nothing; a test may set more."""
    monkeypatch.chdir(installation.home)
    monkeypatch.setenv("CRATEDIGGER_HOME", str(installation.home))
    for name in ("LYRICS", "MUSICBRAINZ", "SPOTIFY"):
        monkeypatch.setenv(f"{name}_API_BASE", NOWHERE)
    for name in ("COVER_ART_ARCHIVE_BASE", "SPOTIFY_ACCOUNTS_BASE"):
        monkeypatch.setenv(name, NOWHERE)

    def run(*arguments: str) -> Result:
        return ran("recommend", *arguments, monkeypatch=monkeypatch, capfd=capfd)

    return run


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[ContentStandIn]:
    """Content services that know the song, and a Spotify that knows it too, with the operator's secret set."""
    with running(ContentStandIn([in_the_open(SONG)])) as services:
        cover = services.add_picture(SONG.album.spotify_id, SONG.album.cover)
        spotify = SpotifyStandIn(
            [an_account()],
            client_id=CLIENT_ID,
            client_secret=SECRET,
            redirect_uris=[REDIRECT_URI],
            catalog=[stand_in_track(SONG, lambda _album: cover)],
        )
        with running(spotify):
            for name in ("LYRICS_API_BASE", "MUSICBRAINZ_API_BASE", "COVER_ART_ARCHIVE_BASE"):
                monkeypatch.setenv(name, services.base)
            for name in ("SPOTIFY_API_BASE", "SPOTIFY_ACCOUNTS_BASE"):
                monkeypatch.setenv(name, spotify.base)
            monkeypatch.setenv("SPOTIFY_CLIENT_ID", CLIENT_ID)
            monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", SECRET)
            yield services
    assert services.problems == []


def in_words(text: str) -> str:
    return " ".join(text.split())


def test_a_link_to_a_new_song_is_answered_in_one_process(run: Run, outside: ContentStandIn) -> None:
    result = run("--track", page_on_spotify(SONG), "--count", "5", "--json")

    assert result.code == 0, result.err
    [seed] = result.json["seed"]["tracks"]
    assert (seed["spotify_id"], seed["title"]) == (SONG.spotify_id, SONG.facts.title)
    assert len(result.json["suggestions"]) == 5
    assert "was new to me: Spotify knew it" in result.json["notes"][0]
    assert "Looking the song up …" in result.err
    assert "Reading the words and the cover" in result.err


def test_the_next_process_knows_the_song_by_its_name(run: Run, outside: ContentStandIn) -> None:
    run("--track", page_on_spotify(SONG))
    outside.requests.clear()

    result = run("--track", NAME, "--count", "5")

    assert result.code == 0, result.err
    assert f"From “{SONG.facts.title}” by {SONG.facts.artists[0]}" in in_words(result.out)
    assert "Looking" not in result.err
    assert outside.requests == []


def test_without_credentials_the_open_collections_answer(
    run: Run, outside: ContentStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPOTIFY_CLIENT_SECRET")

    result = run("--track", NAME)

    assert result.code == 0, result.err
    assert "MusicBrainz knew it" in in_words(result.err)


def test_without_credentials_and_network_the_closest_titles_and_the_reasons_are_told(run: Run) -> None:
    named = run("--track", f"{KNOWN.title} - Nobody Everheard")
    linked = run("--track", page_on_spotify(SONG), "--json")

    assert (named.code, linked.code) == (1, 1)
    assert linked.out == ""
    for said in (in_words(named.err), in_words(linked.err)):
        assert "SPOTIFY_CLIENT_SECRET are not both set. MusicBrainz does not answer at the moment." in said
        assert "Traceback" not in said
    assert f"Closest: {KNOWN.title} – {KNOWN.artists[0]}" in in_words(named.err)


def test_a_misspelt_title_asks_nobody_and_fails_with_the_closest(run: Run, outside: ContentStandIn) -> None:
    result = run("--track", f"{KNOWN.title}x - {KNOWN.artists[0]}")

    assert result.code == 1
    assert f"{KNOWN.title} – {KNOWN.artists[0]}" in in_words(result.err)
    assert outside.requests == []
