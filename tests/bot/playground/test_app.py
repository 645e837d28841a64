"""The playground starts, says why when it cannot, and stops without leaving anything running."""

import asyncio
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest

from bot.errors import PlaygroundError
from bot.playground.app import DATASET, PREPARED, Playground
from bot.playground.bot_process import child_environment

PATIENCE_S = 120.0


@pytest.fixture
def broken_home(tmp_path: Path) -> Path:
    """A home whose database is no database."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "cratedigger.sqlite").write_bytes(b"this is no database" * 100)
    return home


async def test_a_taken_port_is_named_with_a_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(PlaygroundError, match=f"Port {port}.*--port"):
            async with Playground(tmp_path, port):
                pass


async def test_the_settings_point_at_the_stand_ins_and_nowhere_else(tmp_path: Path) -> None:
    async with Playground(tmp_path, 0) as playground:
        addresses = [
            value for name, value in playground.settings.items() if name.endswith(("_BASE", "_URL")) or "://" in value
        ]

        assert len(addresses) == 8
        assert all(value.split("://")[1].startswith("127.0.0.1:") for value in addresses)
        assert playground.settings["CRATEDIGGER_HOME"] == str(tmp_path)


async def test_a_preparation_that_fails_is_told_and_not_remembered(broken_home: Path) -> None:
    said: list[str] = []
    async with Playground(broken_home, 0, say=said.append) as playground:
        with pytest.raises(PlaygroundError, match="catalog import"):
            await playground.prepare()

        assert playground.page.bot.state == "stopped"
    assert said == ["Reading 720 tracks of the sample catalog …"]
    assert (broken_home / DATASET).exists()
    assert not (broken_home / PREPARED).exists()


async def test_a_bot_that_does_not_start_is_told(broken_home: Path) -> None:
    async with Playground(broken_home, 0) as playground:
        with pytest.raises(PlaygroundError, match="did not start"):
            await playground.start_bot()

        assert playground.page.bot.state == "stopped"


async def test_the_page_serves_covers_of_the_sample(tmp_path: Path) -> None:
    async with Playground(tmp_path, 0) as playground, aiohttp.ClientSession() as http:
        album = playground.catalog.albums[0]
        async with http.get(playground.page.cover_url(album.spotify_id)) as answer:
            assert await answer.read() == album.cover()
        async with http.get(playground.page.cover_url("unknown")) as answer:
            assert answer.status == 404


async def test_a_signal_stops_everything_and_keeps_what_was_prepared(tmp_path: Path) -> None:
    arguments = ["-m", "bot", "playground", "--port", "0", "--home", str(tmp_path / "home")]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=child_environment({}), cwd=tmp_path, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE_S):
        await process.stderr.readuntil(b"Reading 720 tracks")
        process.send_signal(signal.SIGTERM)
        rest = await process.stderr.read()
        code = await process.wait()

    assert b"Stopping." in rest
    assert b"Traceback" not in rest
    assert code == 0
