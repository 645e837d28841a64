"""The bot as an operator's service manager runs it: a plain process that is started, asked, and told to end."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.playground.bot_process import child_environment
from bot.playground.discord_standin import DiscordStandIn
from bot.playground.discord_standin_reply import buttons_of, text_of
from bot.settings import Settings
from tests.installation import NOWHERE
from tests.wire.bot_on_discord import MIRA

STARTS_WITHIN_S = 60.0
ENDS_WITHIN_S = 8.0
"""Service managers kill after ten seconds."""
PROMPT = "a zeppelin over the harbour"


class Process:
    """``python -m bot run`` on a Discord of our own; what it logs goes to a file."""

    def __init__(self, discord: DiscordStandIn, home: Path, folder: Path) -> None:
        self._folder = folder
        self.log = folder / "bot.log"
        services = ("LYRICS_API_BASE", "MUSICBRAINZ_API_BASE", "COVER_ART_ARCHIVE_BASE")
        self._environment = child_environment(
            dict.fromkeys((*services, "SPOTIFY_API_BASE", "SPOTIFY_ACCOUNTS_BASE"), NOWHERE)
            | {
                "CRATEDIGGER_HOME": str(home),
                "DISCORD_TOKEN": discord.token,
                "DISCORD_API_BASE": discord.api_base,
                "DISCORD_GATEWAY_URL": discord.gateway_url,
                "LOG_LEVEL": "DEBUG",
                "WEB_PORT": "0",
            }
        )

    async def start(self) -> asyncio.subprocess.Process:
        """Start the bot; the caller ends it."""
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", env=self._environment, cwd=self._folder, stderr=log
            )

    async def logged(self, words: str) -> None:
        """Wait until the log holds these words."""
        ends = time.monotonic() + STARTS_WITHIN_S
        while words not in self.log.read_text(encoding="utf-8"):
            assert time.monotonic() < ends, self.log.read_text(encoding="utf-8")
            await asyncio.sleep(0.05)


@pytest.fixture
async def discord() -> AsyncIterator[DiscordStandIn]:
    async with DiscordStandIn() as discord:
        yield discord
        assert discord.problems == []


@pytest.fixture
def process(discord: DiscordStandIn, installation: Settings, tmp_path: Path) -> Process:
    folder = tmp_path / "run"
    folder.mkdir()
    return Process(discord, installation.home, folder)


async def ended(running: asyncio.subprocess.Process, number: signal.Signals = signal.SIGTERM) -> int:
    """Ask a process to end and return its exit code."""
    try:
        running.send_signal(number)
        return await asyncio.wait_for(running.wait(), ENDS_WITHIN_S)
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def test_members_are_answered_from_the_first_moment_and_buttons_outlive_a_kill(
    discord: DiscordStandIn, process: Process
) -> None:
    running = await process.start()
    await discord.bot_ready(STARTS_WITHIN_S)
    cards = await (await discord.use_command(MIRA, "recommend", {"prompt": PROMPT})).message(10)
    verdict = buttons_of(cards)[1]["custom_id"]
    killed = await ended(running, signal.SIGKILL)

    running = await process.start()
    await process.logged("commands unchanged")
    await discord.bot_ready(STARTS_WITHIN_S)
    noted = await (await discord.press(MIRA, cards["id"], verdict)).message(10)

    assert "starting from" in text_of(cards)
    assert "👎 Noted" in text_of(noted)
    assert (killed, await ended(running)) == (-signal.SIGKILL, 0)


async def test_an_answer_under_way_arrives_before_the_process_ends(discord: DiscordStandIn, process: Process) -> None:
    running = await process.start()
    await discord.bot_ready(STARTS_WITHIN_S)
    reply = await discord.use_command(MIRA, "recommend", {"prompt": PROMPT})
    await reply.acknowledged()

    assert await ended(running) == 0
    assert "starting from" in text_of(reply.messages[0])


async def test_logs_at_their_fullest_hold_no_token_no_name_and_nothing_that_was_typed(
    discord: DiscordStandIn, process: Process
) -> None:
    running = await process.start()
    await discord.bot_ready(STARTS_WITHIN_S)
    await discord.complete(MIRA, "recommend", "track", "harbour lanterns")
    await (await discord.use_command(MIRA, "recommend", {"prompt": PROMPT})).message(10)
    await (await discord.use_command(MIRA, "recommend", {"artist": "Zeppelin Orchestra"})).message(10)
    await (await discord.use_command(MIRA, "recommend", {"track": "Quayside Waltz - Ottoline Marsh"})).message(30)
    await (await discord.use_command(MIRA, "link")).message(10)
    assert await ended(running) == 0

    log = process.log.read_text(encoding="utf-8")
    mira = discord.world.users[MIRA]
    tokens = [discord.token, *discord.world.interactions]
    typed = ["harbour lanterns", PROMPT, "Zeppelin Orchestra", "Quayside", "Ottoline"]
    assert "commands registered" in log
    assert [each for each in (*tokens, mira.username, mira.global_name, *typed) if each in log] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_start_can_be_called_off(process: Process, number: signal.Signals) -> None:
    running = await process.start()
    await process.logged("Scheduler started")

    assert await ended(running, number) == 0
