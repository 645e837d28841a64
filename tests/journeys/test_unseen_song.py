"""A song that the catalog has never met, asked for by its link or its name: answered in one command."""

import asyncio
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.playground.app import Playground
from bot.playground.discord_standin_reply import text_of
from bot.playground.sample.catalog import SampleTrack, sample_catalog
from bot.playground.sample.listeners import LISTENERS
from bot.playground.sample_world import page_on_spotify
from tests.installation import part_of_the_sample
from tests.journeys.test_spine import ANSWER_S, titles_in
from tests.wire.description import Description

NOOR = LISTENERS[4].discord_id
AT_ONCE_S = 10.0
"""Stand-ins answer without a pause, and the machine may be busy."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def playground(tmp_path_factory: pytest.TempPathFactory, prepared_home: Path) -> AsyncIterator[Playground]:
    home = tmp_path_factory.mktemp("unseen") / "home"
    shutil.copytree(prepared_home, home, symlinks=True)
    description = Description.load()
    async with Playground(home, page_port=0) as playground:
        await playground.start_bot()
        await answered(playground, prompt="rain")  # loads the encoders, as a bot that has run for a while has
        yield playground
        requests = playground.discord.requests
        assert [problem for request in requests for problem in description.problems(request)] == []
        assert playground.discord.problems == []
        assert playground.content.problems == []


def strangers(genre: str) -> list[SampleTrack]:
    """Return tracks that the installation does not hold, by artists that it does not know."""
    known = {name for track in part_of_the_sample().tracks for name in track.facts.artists}
    return [track for track in sample_catalog().unheard if track.genre == genre and not known & {*track.facts.artists}]


async def answered(playground: Playground, member: str = NOOR, **options: Any) -> list[dict[str, Any]]:
    """Return the messages that one command was answered with."""
    reply = await playground.discord.use_command(member, "recommend", options)
    await reply.settled(ANSWER_S)
    assert reply.answered_after is not None
    assert reply.answered_after < 3.0
    return reply.messages


def genres_in(playground: Playground, messages: list[dict[str, Any]]) -> list[str]:
    return [track.genre for track in titles_in(playground, messages)]


async def test_a_link_to_a_song_nobody_had_is_answered_in_one_command(
    playground: Playground, record_property: Callable[[str, object], None]
) -> None:
    song = strangers("metal")[0]

    began = time.monotonic()
    messages = await answered(playground, track=page_on_spotify(song), count=5)
    took = time.monotonic() - began
    record_property("seconds", took)

    text = text_of(messages[0])
    assert f"starting from “{song.facts.title}” by {song.facts.artists[0]}" in text
    assert "was new to me: Spotify knew it, and I read its words and its cover just now" in text
    assert genres_in(playground, messages).count("metal") >= 4
    assert took < AT_ONCE_S


async def test_the_same_link_again_asks_nobody(playground: Playground) -> None:
    song = strangers("jazz")[0]
    await answered(playground, track=page_on_spotify(song))
    playground.spotify.requests.clear()
    playground.content.requests.clear()

    messages = await answered(playground, track=f"{page_on_spotify(song)}?si=abc")

    assert f"starting from “{song.facts.title}”" in text_of(messages[0])
    assert "new to me" not in text_of(messages[0])
    assert (playground.spotify.requests, playground.content.requests) == ([], [])


async def test_title_and_artist_do_as_well_as_a_link(playground: Playground) -> None:
    song = strangers("techno")[0]

    messages = await answered(playground, track=f"{song.facts.title} - {song.facts.artists[0]}", count=5)

    assert "new to me: Spotify knew it" in text_of(messages[0])
    assert genres_in(playground, messages).count("techno") >= 4


async def test_while_spotify_is_down_musicbrainz_knows_what_a_link_means(playground: Playground) -> None:
    song = strangers("folk")[0]
    playground.spotify.weather.api_is_down = True

    messages = await answered(playground, track=page_on_spotify(song), count=5)
    playground.spotify.weather.api_is_down = False

    assert "new to me: MusicBrainz knew it" in text_of(messages[0])
    assert genres_in(playground, messages).count("folk") >= 4


async def test_a_song_that_nobody_knows_is_refused_with_the_reasons(playground: Playground) -> None:
    link = await answered(playground, track="https://open.spotify.com/track/0000000000000000000000")
    named = await answered(playground, track="Qwrtz Xcvb - Nobody Everheard")

    assert "does not hold the song behind that link. Spotify has no such track. MusicBrainz knows no" in text_of(
        link[0]
    )
    assert "Spotify has no such track. MusicBrainz does not know it. LRCLIB does not know it." in text_of(named[0])


async def test_a_slip_of_the_pen_asks_nobody_outside(playground: Playground) -> None:
    known = part_of_the_sample().tracks[0].facts
    playground.spotify.requests.clear()
    playground.content.requests.clear()

    messages = await answered(playground, track=f"{known.title}s - {known.artists[0]}")

    assert f"{known.title} – {known.artists[0]}" in text_of(messages[0])
    assert (playground.spotify.requests, playground.content.requests) == ([], [])


async def test_several_members_who_ask_for_one_song_at_once_all_get_it(playground: Playground) -> None:
    song = strangers("metal")[5]
    everybody = [listener.discord_id for listener in LISTENERS]

    answers = await asyncio.gather(
        *(answered(playground, member, track=page_on_spotify(song), count=3) for member in everybody)
    )

    assert all(f"starting from “{song.facts.title}”" in text_of(messages[0]) for messages in answers)
    assert all("metal" in genres_in(playground, messages) for messages in answers)
    with closing(sqlite3.connect(playground.home / "cratedigger.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM track WHERE title = ?", (song.facts.title,)).fetchone() == (1,)
