"""The main job with the real bot process: link, listen, embed, recommend, judge, be killed, go on."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.playground.app import Playground
from bot.playground.discord_standin_reply import buttons_of, text_of
from bot.playground.sample.catalog import SampleCatalog, sample_catalog
from bot.playground.sample.listeners import LISTENERS
from tests.installation import with_models
from tests.wire.description import Description

JONAS = LISTENERS[1].discord_id
AIKO = LISTENERS[2].discord_id
DESMOND = LISTENERS[3].discord_id
NOOR = LISTENERS[4].discord_id
ANSWER_S = 90.0
"""Generous: the first answer loads the encoders, on a machine that may be busy."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


def small_world() -> SampleCatalog:
    """Three genres of the sample: enough for Jonas, who loves two of them, and something else."""
    whole = sample_catalog()
    return replace(whole, tracks=tuple(track for track in whole.tracks if track.genre in {"folk", "country", "techno"}))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def playground(tmp_path_factory: pytest.TempPathFactory, models: Path) -> AsyncIterator[Playground]:
    description = Description.load()
    home = with_models(tmp_path_factory.mktemp("spine"), models)
    async with Playground(home, page_port=0, catalog=small_world()) as playground:
        await playground.prepare()
        await playground.start_bot()
        yield playground
        requests = playground.discord.requests
        assert [problem for request in requests for problem in description.problems(request)] == []
        assert playground.discord.problems == []
        assert playground.content.problems == []


async def consent(playground: Playground, address: str, account: str, *, agree: bool = True) -> str:
    """Go from our page to Spotify's and press a button there; return where Spotify leads the browser."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        ours = await (await browser.get(address)).text()
        form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', ours))
        spotify = await browser.post(address.partition("?")[0], data=form)
        page = await spotify.text()
        form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
        form |= {"account": account, "decision": "agree" if agree else "cancel"}
        answer = await browser.post(f"{playground.spotify.base}/authorize", data=form, allow_redirects=False)
        return answer.headers["Location"]


async def invited(playground: Playground, member: str) -> tuple[dict[str, Any], str]:
    """Ask for an invitation; return its message and the address of our page."""
    reply = await playground.discord.use_command(member, "link")
    message = await reply.message(ANSWER_S)
    assert reply.is_ephemeral
    return message, next(button["url"] for button in buttons_of(message) if "url" in button)


async def pasted(playground: Playground, member: str, message: dict[str, Any], address: str) -> str:
    """Paste the address that the browser could not open; return what the bot says."""
    button = next(each["custom_id"] for each in buttons_of(message) if each.get("label", "").startswith("Paste"))
    pressed = await playground.discord.press(member, message["id"], button)
    await pressed.settled()
    assert pressed.modal is not None
    reply = await playground.discord.submit_modal(member, pressed.interaction_id, {_text_field(pressed.modal): address})
    return text_of(await reply.message(ANSWER_S))


def _text_field(part: Any) -> str:
    """Return the custom id of the one text input of a form."""
    if isinstance(part, dict):
        if part.get("type") == 4:
            return str(part["custom_id"])
        part = list(part.values())
    if isinstance(part, list):
        return next((found for each in part if (found := _text_field(each))), "")
    return ""


async def recommended(playground: Playground, member: str, **options: Any) -> list[dict[str, Any]]:
    reply = await playground.discord.use_command(member, "recommend", options)
    await reply.settled(ANSWER_S)
    assert reply.answered_after is not None
    assert reply.answered_after < 3.0
    return reply.messages


async def killed(playground: Playground) -> None:
    """Kill the bot's process with signal 9."""
    process = playground._process()._process
    assert process is not None
    process.kill()
    await process.wait()
    await playground.stop_bot()


def keys_in(messages: list[dict[str, Any]]) -> list[str]:
    """Return the track keys behind the buttons of cards, in order."""
    ids = [button["custom_id"] for message in messages for button in buttons_of(message) if "custom_id" in button]
    found = [match[1] for each in ids if (match := re.search(r"(\d+)", each))]
    return list(dict.fromkeys(found))


def titles_in(playground: Playground, messages: list[dict[str, Any]]) -> list[Any]:
    """Return the sample's tracks that are named in cards."""
    text = "\n".join(text_of(message) for message in messages)
    return [track for track in playground.catalog.tracks if f"[{track.facts.title}]" in text]


async def linked(playground: Playground, member: str, account: str) -> str:
    """Link a member by pasting, anew when there is a link already; return what the bot says."""
    message, ours = await invited(playground, member)
    return await pasted(playground, member, message, await consent(playground, ours, account))


async def test_declining_on_spotifys_page_links_nothing(playground: Playground) -> None:
    message, ours = await invited(playground, DESMOND)
    back = await consent(playground, ours, "desmond", agree=False)

    said = await pasted(playground, DESMOND, message, back)

    assert "declined" in said
    assert "/link" in text_of((await recommended(playground, DESMOND))[0])


async def test_linking_brings_suggestions_from_what_was_heard_without_a_restart(playground: Playground) -> None:
    said = await linked(playground, JONAS, "jonas")
    suggested = titles_in(playground, await recommended(playground, JONAS, count=5))

    assert "Jonas" in said
    assert len(suggested) == 5
    assert {track.genre for track in suggested} <= {"folk", "country"}
    heard = {each.track.spotify_id for each in playground.spotify.login.accounts["jonas"].plays}
    assert not heard & {track.spotify_id for track in suggested}


async def test_a_finished_login_cannot_be_replayed(playground: Playground) -> None:
    message, ours = await invited(playground, NOOR)
    back = await consent(playground, ours, "noor")
    assert "Noor" in await pasted(playground, NOOR, message, back)

    async with aiohttp.ClientSession() as browser:
        replayed = await browser.get(back)

    assert replayed.status >= 400
    assert "/link" in await replayed.text()


async def test_tracks_that_only_a_member_had_become_seeds_for_everyone(playground: Playground) -> None:
    await linked(playground, JONAS, "jonas")
    unheard = {track.spotify_id for track in playground.catalog.unheard}
    plays = playground.spotify.login.accounts["jonas"].plays
    new = next(each.track for each in plays if each.track.spotify_id in unheard)

    suggested: list[Any] = []
    async with asyncio.timeout(ANSWER_S):
        while not suggested:
            await asyncio.sleep(0.5)
            answer = await recommended(playground, NOOR, track=f"{new.title} - {new.artists[0]}")
            suggested = titles_in(playground, answer)

    assert len(suggested) >= 4
    assert new.spotify_id not in {track.spotify_id for track in suggested}


async def test_a_dislike_changes_the_next_answer_also_after_the_bot_was_killed(playground: Playground) -> None:
    await linked(playground, JONAS, "jonas")
    before = await recommended(playground, JONAS, count=5)
    [disliked, *_] = keys_in(before)
    thumb = next(
        button["custom_id"] for button in buttons_of(before[0]) if (button.get("emoji") or {}).get("name") == "👎"
    )
    assert disliked in thumb

    await killed(playground)
    await playground.start_bot()
    pressed = await playground.discord.press(JONAS, before[0]["id"], thumb)
    confirmation = await pressed.message(ANSWER_S)
    after = await recommended(playground, JONAS, count=5)

    assert pressed.is_ephemeral
    assert confirmation
    assert disliked not in keys_in(after)
    assert keys_in(after) != keys_in(before)


async def test_unlinking_erases_the_history_at_once(playground: Playground) -> None:
    await linked(playground, AIKO, "aiko")
    assert titles_in(playground, await recommended(playground, AIKO, count=5))

    reply = await playground.discord.use_command(AIKO, "unlink")
    await reply.message(ANSWER_S)

    assert "/link" in text_of((await recommended(playground, AIKO))[0])
