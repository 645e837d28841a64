"""The bot runs as a child with the playground's settings and nobody else's."""

import os
from pathlib import Path

import pytest

from bot.playground.bot_process import BotProcess, child_environment


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
