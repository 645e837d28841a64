"""A page on a stand-in Discord, and visitors who speak its websocket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from bot.playground.discord_standin import DiscordStandIn
from bot.playground.page_server import PageServer
from bot.playground.page_visit import Person
from tests.wire.bot_on_discord import JONAS, MIRA, World

Json = dict[str, Any]
PATIENCE_S = 30.0
"""Seconds; generous, because the machine may be busy."""


class Visitor:
    """Asks over a websocket, as the page's scripts do, and keeps the events that come."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.events: list[Json] = []
        self._answers: dict[int, Json] = {}
        self._count = 0
        self._reading = asyncio.create_task(self._read())

    async def ask(self, action: str, **details: object) -> Json:
        self._count += 1
        number = self._count
        await self.socket.send_json({"id": number, "do": action, **details})
        await self.until(lambda: number in self._answers)
        return self._answers.pop(number)

    async def event(self, kind: str) -> Json:
        await self.until(lambda: any(each["type"] == kind for each in self.events))
        found = next(each for each in self.events if each["type"] == kind)
        self.events.remove(found)
        return found

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110 -- answers and events come in any order
                await asyncio.sleep(0.005)

    async def leave(self) -> None:
        await self.socket.close()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        async for message in self.socket:
            body = message.json()
            if "re" in body:
                self._answers[body["re"]] = body
            else:
                self.events.append(body)


@pytest.fixture
async def discord() -> AsyncIterator[DiscordStandIn]:
    async with DiscordStandIn() as discord:
        yield discord


@pytest.fixture
def world(discord: DiscordStandIn) -> World:
    return World(discord)


@pytest.fixture
async def page(discord: DiscordStandIn) -> AsyncIterator[PageServer]:
    async def restart() -> None:
        await served.show_bot("online", "Online again")

    served = PageServer(
        discord,
        people=[
            Person(id=MIRA, name="Mira", taste="metal", is_admin=True),
            Person(id=JONAS, name="Jonas", taste="folk"),
        ],
        tries=["/recommend"],
        cover_of={"album": b"\xff\xd8\xff a picture"}.get,
        album_of_release={"release": "album"},
        restart=restart,
    )
    await served.start(0)
    yield served
    await served.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def visitor(page: PageServer, http: aiohttp.ClientSession) -> AsyncIterator[Visitor]:
    visitor = Visitor(await http.ws_connect(f"{page.base}/socket", origin=page.base))
    yield visitor
    await visitor.leave()
