"""The bot as a child process: the same program an operator runs, with an environment that points at the stand-ins."""

import asyncio
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import bot
from bot.settings import Settings

log = logging.getLogger(__name__)

STOPS_WITHIN_S = 15.0
"""How long the bot may take to close before it is killed."""


def child_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with these settings and no others.

    An operator's own settings, their database above all, must not reach the playground.
    """
    named = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in named}
    source = str(Path(bot.__file__).parents[1])
    path = os.pathsep.join(part for part in (source, kept.get("PYTHONPATH")) if part)
    return {**kept, **settings, "PYTHONPATH": path}


class BotProcess:
    """Runs ``python -m bot`` with the playground's settings; one long-lived run at a time. It ends when we do.

    Args:
        settings: Names as in ``.env``.
        folder: To run in; it must hold no ``.env``, which the bot would read.
    """

    def __init__(self, settings: Mapping[str, str], folder: Path) -> None:
        self._environment = child_environment(settings)
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    @property
    def is_running(self) -> bool:
        """Whether the long-lived run goes on."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start ``python -m bot run``; its output goes where ours goes."""
        self._process = await self._spawn("run")

    async def stopped(self) -> int:
        """Wait until the run ends and return its exit code; 0 when there is none."""
        return 0 if self._process is None else await self._process.wait()

    async def stop(self) -> None:
        """Ask the run to close; kill it when it does not in time."""
        if self._process is not None:
            await _ended(self._process)

    async def run(self, *arguments: str) -> int:
        """Run one command to its end and return its exit code; progress and complaints go to our terminal."""
        process = await self._spawn(*arguments, stdout=asyncio.subprocess.DEVNULL)
        try:
            return await process.wait()
        finally:
            await _ended(process)

    async def _spawn(self, *arguments: str, stdout: int | None = None) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.playground.bot_child",
            *arguments,
            env=self._environment,
            cwd=self._folder,
            stdin=asyncio.subprocess.PIPE,  # its end tells the child that we are gone, however we went
            stdout=stdout,
        )


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOPS_WITHIN_S)
    except TimeoutError:
        log.warning("bot killed reason=did_not_close pid=%d", process.pid)
        process.kill()
        await process.wait()
