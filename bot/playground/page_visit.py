"""One visit to the playground's page: the questions that come over its websocket, and the events that go back."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import WSMsgType, web

from bot.errors import BotError
from bot.playground.discord_standin import DiscordStandIn
from bot.playground.discord_standin_commands import NotSendable
from bot.playground.discord_standin_reply import Reply

log = logging.getLogger(__name__)

ACKNOWLEDGED_WITHIN_S = 4.0
"""A little more than the window in which Discord wants an answer."""
_ANSWER_TO_COMMAND = 20

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone a visitor can act as."""

    id: str
    name: str
    taste: str
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class BotState:
    """How the bot is doing, for the page."""

    state: str
    """``preparing``, ``starting``, ``online``, ``stopped``."""
    text: str


class Host(Protocol):
    """What a visit needs of the page's server."""

    discord: DiscordStandIn
    people: tuple[Person, ...]
    tries: tuple[str, ...]
    bot: BotState
    restart: Callable[[], Awaitable[None]]


class Visit:
    """One open page: who its visitor acts as, and what they do."""

    def __init__(self, host: Host, socket: web.WebSocketResponse) -> None:
        self._host = host
        self._discord = host.discord
        self._socket = socket
        self._user = host.people[0].id
        self._actions: dict[str, Callable[[Json], Awaitable[Json]]] = {
            "be": self._be,
            "commands": self._commands,
            "use": self._use,
            "menu": self._menu,
            "complete": self._complete,
            "press": self._press,
            "submit": self._submit,
            "say": self._say,
            "restart": self._restart,
        }

    async def serve(self) -> None:
        """Greet, then carry questions and events until the page goes away."""
        await self.send(self._welcome())
        async with asyncio.TaskGroup() as tasks:
            pump = tasks.create_task(self._pump())
            async for message in self._socket:
                if message.type == WSMsgType.TEXT:
                    tasks.create_task(self._answer(message.data))
            pump.cancel()

    async def send(self, body: Json) -> None:
        """Send, unless the page is gone."""
        with suppress(ConnectionError):
            await self._socket.send_json(body)

    async def close(self) -> None:
        """Send the page away."""
        await self._socket.close()

    def _welcome(self) -> Json:
        people = [{"id": p.id, "name": p.name, "taste": p.taste, "is_admin": p.is_admin} for p in self._host.people]
        bot = {"state": self._host.bot.state, "text": self._host.bot.text}
        channel = self._discord.channel["name"]
        return {"type": "welcome", "people": people, "bot": bot, "channel": channel, "tries": list(self._host.tries)}

    async def _pump(self) -> None:
        events = self._discord.subscribe()
        try:
            async for event in events:
                if event.get("visible_to") in {None, self._user}:
                    await self.send(self._labelled(event))
        finally:
            events.close()

    async def _answer(self, text: str) -> None:
        number = None
        try:
            asked = json.loads(text)
            number = asked["id"]
            answer = await self._actions[asked["do"]](asked)
        except (NotSendable, TimeoutError, BotError) as error:
            answer = {"ok": False, "error": str(error) or "The bot does not answer."}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            log.warning("page request refused reason=%s", type(error).__name__)
            answer = {"ok": False, "error": "The page sent something that makes no sense."}
        await self.send({"ok": True, **answer, "re": number})

    async def _be(self, asked: Json) -> Json:
        if asked["user"] not in self._discord.users:
            msg = "There is no such person."
            raise NotSendable(msg)
        self._user = asked["user"]
        messages = [self._with_name(message) for message in self._discord.visible_messages(self._user)]
        return {"messages": messages, "commands": self._discord.commands_for(self._user)}

    async def _commands(self, _asked: Json) -> Json:
        return {"commands": self._discord.commands_for(self._user)}

    async def _use(self, asked: Json) -> Json:
        return await _answered(await self._discord.use_command(self._user, asked["name"], asked["options"]))

    async def _menu(self, asked: Json) -> Json:
        return await _answered(await self._discord.use_message_menu(self._user, asked["name"], asked["message"]))

    async def _complete(self, asked: Json) -> Json:
        command, option, typed = asked["command"], asked["option"], asked["typed"]
        return {"choices": await self._discord.complete(self._user, command, option, typed, asked["options"])}

    async def _press(self, asked: Json) -> Json:
        values = tuple(asked.get("values") or ())
        return await _answered(await self._discord.press(self._user, asked["message"], asked["custom_id"], values))

    async def _submit(self, asked: Json) -> Json:
        return await _answered(await self._discord.submit_modal(self._user, asked["interaction"], asked["values"]))

    async def _say(self, asked: Json) -> Json:
        await self._discord.say(self._user, asked["text"])
        return {}

    async def _restart(self, _asked: Json) -> Json:
        await self._host.restart()
        return {}

    def _labelled(self, event: Json) -> Json:
        return {**event, "message": self._with_name(event["message"])} if "message" in event else event

    def _with_name(self, message: Json) -> Json:
        """Say which command a message answers; Discord's client knows, its metadata does not say."""
        asked = (message.get("interaction_metadata") or {}).get("id")
        for interaction in self._discord.world.interactions.values():
            if interaction.id == asked and message["type"] == _ANSWER_TO_COMMAND:
                return {**message, "used": f"/{interaction.name}"}
        return message


async def _answered(reply: Reply) -> Json:
    """Wait for the first sign of the bot; its absence comes as an event of its own."""
    with suppress(TimeoutError):
        await reply.acknowledged(ACKNOWLEDGED_WITHIN_S)
    return {"interaction": reply.interaction_id}
