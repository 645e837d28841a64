"""The bot runs as a child with the playground's settings and nobody else's."""

import asyncio
import json
import os
import socket
import sys
from pathlib import Path

import pytest

from bot.playground.bot_process import BotProcess, child_environment
from bot.playground.discord_standin import DiscordStandIn

PATIENCE_S = 60.0
_STARTER = """
import asyncio, json, sys
from pathlib import Path
from bot.playground.bot_process import BotProcess

async def main():
    process = BotProcess(json.loads(sys.argv[1]), Path.cwd())
    await process.start()
    await process.stopped()

asyncio.run(main())
"""


def test_an_operators_own_settings_do_not_reach_the_playground(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://operator@db/real")
    monkeypatch.setenv("discord_token", "the real one")
    monkeypatch.setenv("UNRELATED", "kept")

    environment = child_environment({"DISCORD_TOKEN": "stand-in"})

    assert "DATABASE_URL" not in environment
    assert "discord_token" not in environment
    assert environment["DISCORD_TOKEN"] == "stand-in"
    assert environment["UNRELATED"] == "kept"
    assert (Path(environment["PYTHONPATH"].split(os.pathsep)[0]) / "bot" / "__main__.py").exists()


async def test_a_command_runs_to_its_end_and_tells_its_exit_code(tmp_path: Path) -> None:
    process = BotProcess({"CRATEDIGGER_HOME": str(tmp_path)}, tmp_path)

    assert await process.run("--help") == 0
    assert await process.run("no-such-command") == 2
    assert not process.is_running


async def test_a_bot_that_stops_by_itself_tells_its_exit_code(tmp_path: Path) -> None:
    process = BotProcess({"CRATEDIGGER_HOME": str(tmp_path)}, tmp_path)

    assert await process.stopped() == 0
    await process.start()
    code = await process.stopped()
    await process.stop()

    assert code == 1
    assert not process.is_running


async def test_stopping_ends_a_running_bot(tmp_path: Path) -> None:
    process = BotProcess({"CRATEDIGGER_HOME": str(tmp_path)}, tmp_path)
    await process.start()
    was_running = process.is_running

    await process.stop()

    assert (was_running, process.is_running) == (True, False)


async def test_a_bot_ends_when_whoever_started_it_is_killed(discord: DiscordStandIn, tmp_path: Path) -> None:
    settings = {
        "CRATEDIGGER_HOME": str(tmp_path / "home"),
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_BASE": discord.api_base,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
        "WEB_PORT": str(free_port()),
    }
    starter = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _STARTER, json.dumps(settings), env=child_environment({}), cwd=tmp_path
    )
    await discord.bot_ready(PATIENCE_S)

    starter.kill()
    await starter.wait()

    async with asyncio.timeout(PATIENCE_S):
        while discord.bot_is_connected:  # noqa: ASYNC110 -- it is another process that ends
            await asyncio.sleep(0.05)
        while is_taken(int(settings["WEB_PORT"])):  # noqa: ASYNC110 -- as above
            await asyncio.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
