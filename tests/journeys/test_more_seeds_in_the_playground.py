"""The real bot process on the sample catalog: a path, a blend, and a list for two who opened their taste."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.playground.app import Playground
from bot.playground.discord_standin_reply import buttons_of, text_of
from bot.playground.sample.catalog import SampleTrack
from bot.playground.sample.listeners import LISTENERS
from tests.installation import part_of_the_sample
from tests.journeys.test_spine import ANSWER_S, titles_in
from tests.wire.description import Description

MIRA, JONAS = LISTENERS[0].discord_id, LISTENERS[1].discord_id

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def playground(tmp_path_factory: pytest.TempPathFactory, prepared_home: Path) -> AsyncIterator[Playground]:
    home = tmp_path_factory.mktemp("seeds") / "home"
    shutil.copytree(prepared_home, home, symlinks=True)
    description = Description.load()
    async with Playground(home, page_port=0) as playground:
        await playground.start_bot()
        yield playground
        requests = playground.discord.requests
        assert [problem for request in requests for problem in description.problems(request)] == []
        assert playground.discord.problems == []


def some(genre: str) -> list[SampleTrack]:
    return [track for track in part_of_the_sample().tracks if track.genre == genre]


async def used(playground: Playground, member: str, command: str, **options: Any) -> list[dict[str, Any]]:
    reply = await playground.discord.use_command(member, command, {name.strip("_"): v for name, v in options.items()})
    await reply.settled(ANSWER_S)
    assert reply.answered_after is not None
    assert reply.answered_after < 3.0
    return reply.messages


def genres_in(playground: Playground, messages: list[dict[str, Any]]) -> list[str]:
    return [track.genre for track in titles_in(playground, messages)]


async def likes(playground: Playground, member: str, genre: str) -> None:
    """Press 👍 on three songs of a genre."""
    [message, *_] = await used(playground, member, "recommend", track=some(genre)[0].facts.title, genre=genre, count=3)
    for button in buttons_of(message):
        if button["custom_id"].startswith("verdict:like"):
            await (await playground.discord.press(member, message["id"], button["custom_id"])).settled(ANSWER_S)


async def test_a_path_leads_from_one_song_to_another(playground: Playground) -> None:
    first, last = some("metal")[0], some("lullaby")[0]

    messages = await used(playground, MIRA, "path", from_=first.facts.title, to=last.facts.title, count=5)

    text = "\n".join(text_of(message) for message in messages)
    assert text.startswith("## From song to song")
    assert f"### 1. [{first.facts.title}]" in text
    assert f"### 5. [{last.facts.title}]" in text
    assert "Where the path starts" in text


async def test_songs_like_two_and_not_like_an_artist(playground: Playground) -> None:
    one, other, unlike = some("metal")[0], some("folk")[0], some("jazz")[0]

    messages = await used(
        playground, MIRA, "recommend", track=one.facts.title, also=other.facts.title, unlike=unlike.facts.artists[0]
    )

    assert f"not like {unlike.facts.artists[0]}" in text_of(messages[0])
    assert {"metal", "folk"} <= set(genres_in(playground, messages))


async def test_an_album_is_completed_and_leads_to_its_kind(playground: Playground) -> None:
    album = some("techno")[0].album.name

    choices = await playground.discord.complete(MIRA, "recommend", "album", album[:5], timeout=ANSWER_S)
    chosen = next(choice["value"] for choice in choices if choice["name"].startswith(album))
    messages = await used(playground, MIRA, "recommend", album=chosen, count=4)

    assert genres_in(playground, messages).count("techno") >= 3


async def test_two_get_a_list_together_once_both_are_for_it(playground: Playground) -> None:
    await likes(playground, MIRA, "metal")
    await likes(playground, JONAS, "folk")
    [refused] = await used(playground, MIRA, "together", with_=JONAS)
    await used(playground, JONAS, "privacy", taste="share")

    messages = await used(playground, MIRA, "together", with_=JONAS, count=5)
    alone = await used(playground, MIRA, "recommend", with_=JONAS)

    assert text_of(refused).startswith("Jonas has not agreed")
    assert {"metal", "folk"} <= set(genres_in(playground, messages))
    assert "starting from what Jonas and you listen to" in text_of(messages[0])
    assert "how happy: Jonas " in text_of(messages[0])
    assert "starting from Jonas's listening" in text_of(alone[0])
    assert genres_in(playground, alone).count("folk") >= 3
