"""A Discord on loopback for the playground and the tests, with people who type commands and press buttons.

It is strict where Discord is: the three-second window, double answers, unknown tokens, limits of messages, components
and commands, options that a person could not send. What it cannot say is how Discord draws things, its real rate
limits and its undocumented refusals. It runs in one event loop with whoever drives it; the bot may be another process.
"""

import asyncio
import base64
import copy
import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.playground.discord_standin_commands import (
    CHAT_INPUT,
    MESSAGE_MENU,
    NotSendable,
    command_data,
    filled,
    find_command,
    may_use,
    option_values,
    people_in,
)
from bot.playground.discord_standin_components import SELECTS, walk
from bot.playground.discord_standin_faults import Fault, FaultPlan, Recorded
from bot.playground.discord_standin_gateway import DEFAULT_HEARTBEAT_MS, Gateway
from bot.playground.discord_standin_people import Json, StandInUser, resolved_json
from bot.playground.discord_standin_reply import DEFAULT_WAIT, Reply
from bot.playground.discord_standin_rest import Rest
from bot.playground.discord_standin_world import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    Interaction,
    Subscription,
    World,
)

__all__ = ["DEFAULT_USERS", "DiscordStandIn", "NotSendable", "Reply", "StandInUser"]

ANSWER_WINDOW = 3.0
"""Seconds in which a bot must answer an interaction."""
TOKEN_LIFETIME = 15 * 60.0
"""Seconds in which a bot may follow up."""

DEFAULT_USERS = (
    StandInUser(id="1000000000000000001", username="mira", global_name="Mira", is_admin=True),
    StandInUser(id="1000000000000000002", username="jonas", global_name="Jonas"),
    StandInUser(id="1000000000000000003", username="aiko", global_name="Aiko"),
)


class DiscordStandIn:
    """A Discord with one server, one channel, one bot and a few people.

    Ids are strings, as in Discord's JSON; methods take integers too.
    """

    def __init__(
        self,
        users: tuple[StandInUser, ...] = DEFAULT_USERS,
        *,
        server_name: str = "Cratedigger playground",
        channel_name: str = "music",
        token: str | None = None,
        answer_window: float = ANSWER_WINDOW,
        token_lifetime: float = TOKEN_LIFETIME,
        heartbeat_ms: int = DEFAULT_HEARTBEAT_MS,
    ) -> None:
        self.world = World(users, server_name=server_name, channel_name=channel_name)
        self.token = token or _new_token(self.world.application_id)
        self._answer_window = answer_window
        self._faults = FaultPlan()
        self.gateway = Gateway(self.world, self.token, heartbeat_ms=heartbeat_ms)
        self._rest = Rest(
            self.world,
            self.token,
            faults=self._faults,
            answer_window=answer_window,
            token_lifetime=token_lifetime,
        )
        self._runner: web.AppRunner | None = None
        self._expiries: set[asyncio.Task[None]] = set()
        self._base = ""

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        self._runner = web.AppRunner(self._rest.application(self.gateway.serve), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self._base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._rest.base = self._base
        self.gateway.resume_url = self.gateway_url

    async def stop(self) -> None:
        """Close all connections and stop listening."""
        for task in self._expiries:
            task.cancel()
        await asyncio.gather(*self._expiries, return_exceptions=True)
        await self.gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> "DiscordStandIn":
        """Start on a free port."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    @property
    def api_base(self) -> str:
        """The value for ``DISCORD_API_BASE``."""
        return f"{self._base}/api/v10"

    @property
    def gateway_url(self) -> str:
        """The value for ``DISCORD_GATEWAY_URL``."""
        return self._base.replace("http://", "ws://") + "/gateway"

    @property
    def users(self) -> dict[str, StandInUser]:
        """The people, by id."""
        return self.world.users

    @property
    def guild(self) -> Json:
        """The one server."""
        return self.world.guild_json()

    @property
    def channel(self) -> Json:
        """The one channel."""
        return self.world.channel_json()

    @property
    def bot_user(self) -> Json:
        """The bot's user object."""
        return self.world.bot_json()

    @property
    def commands(self) -> list[Json]:
        """The commands that the bot registered, as Discord would list them."""
        return self.world.commands

    @property
    def requests(self) -> list[Recorded]:
        """Every REST request of the bot, in order, with the body as it was sent."""
        return self._rest.requests

    @property
    def problems(self) -> list[str]:
        """What was refused, in words: requests and gateway payloads."""
        return [*self._rest.problems, *self.gateway.problems]

    @property
    def bot_is_connected(self) -> bool:
        """Whether the bot listens on the gateway."""
        return self.gateway.connected

    async def bot_ready(self, timeout: float = DEFAULT_WAIT, *, commands: int = 1) -> None:  # noqa: ASYNC109
        """Wait until the bot listens and has registered at least that many commands.

        Raises:
            TimeoutError: It has not in time.
        """

        def ready() -> bool:
            return self.gateway.connected and len(self.commands) >= commands

        await self.world.until(ready, timeout=timeout, what="the bot connects and registers its commands")

    def commands_for(self, user_id: int | str) -> list[Json]:
        """Return the commands that a person may use."""
        permissions = self._user(user_id).permissions
        return [copy.deepcopy(c) for c in self.commands if may_use(c, permissions)]

    def visible_messages(self, user_id: int | str) -> list[Json]:
        """Return what a person sees in the channel, oldest first."""
        return self.world.visible_messages(str(user_id))

    def subscribe(self) -> Subscription:
        """Return all events from now on, as an asynchronous iterator; close it when done.

        An event has ``type`` and ``visible_to`` (the one person who sees it, or None for everyone), and
        ``message_create``, ``message_update``, ``message_delete``, ``thinking``: ``message`` (Discord's JSON);
        ``modal``: ``modal`` and ``interaction_id``; ``failed``: ``interaction_id``; ``commands``: ``commands``.
        A thinking line has a message id and turns into an answer with a ``message_update`` of that id.
        """
        return self.world.subscribe()

    def plan_fault(self, method: str, path: str, *faults: Fault) -> None:
        """Let the bot's next requests with this method and path (a regular expression) go wrong."""
        self._faults.plan(method, path, *faults)

    async def use_command(self, user_id: int | str, name: str, options: Mapping[str, Any] | None = None) -> Reply:
        """Send a slash command as a person would; a subcommand's name follows after a space.

        Raises:
            NotSendable: Discord's client would not let the person send this.
        """
        user, (top, *path) = self._user(user_id), name.split()
        command = self._command(user, top, CHAT_INPUT)
        values = option_values(command, path, options or {})
        data = {**command_data(command, self.world.guild_id), "options": values, **self._resolved(values)}
        return await self._interact(self.world.open_interaction(COMMAND, user.id, name), data)

    async def use_message_menu(self, user_id: int | str, name: str, message_id: int | str) -> Reply:
        """Choose a message menu command on a message.

        Raises:
            NotSendable: There is no such command or message.
        """
        user, message = self._user(user_id), self._message(user_id, message_id)
        command = self._command(user, name, MESSAGE_MENU)
        resolved = {"messages": {message["id"]: copy.deepcopy(message)}}
        data = {**command_data(command, self.world.guild_id), "target_id": message["id"], "resolved": resolved}
        return await self._interact(self.world.open_interaction(COMMAND, user.id, name), data)

    async def complete(
        self,
        user_id: int | str,
        command: str,
        option: str,
        typed: str,
        options: Mapping[str, Any] | None = None,
        *,
        timeout: float = ANSWER_WINDOW,  # noqa: ASYNC109
    ) -> list[Json]:
        """Return the choices (``name`` and ``value``) that the bot offers while a person types.

        Raises:
            NotSendable: The option does not exist or has no autocomplete.
            TimeoutError: The bot does not answer.
        """
        user, (top, *path) = self._user(user_id), command.split()
        registered = self._command(user, top, CHAT_INPUT)
        values = option_values(registered, path, {**(options or {}), option: typed}, focused=option)
        data = {**command_data(registered, self.world.guild_id), "options": values, **self._resolved(values)}
        interaction = self.world.open_interaction(AUTOCOMPLETE, user.id, command)
        await self.gateway.dispatch("INTERACTION_CREATE", self.world.interaction_json(interaction, data))
        await self.world.until(lambda: interaction.choices is not None, timeout=timeout, what="autocomplete")
        return copy.deepcopy(interaction.choices or [])

    async def press(
        self, user_id: int | str, message_id: int | str, custom_id: str, values: tuple[str, ...] = ()
    ) -> Reply:
        """Press a button, or choose ``values`` in a select menu.

        Raises:
            NotSendable: The person does not see the message, or it has no such component, or it is disabled.
        """
        message = self._message(user_id, message_id)
        found = [each for each in walk(message["components"]) if each.get("custom_id") == custom_id]
        if not found or found[0].get("disabled"):
            msg = f"There is nothing to press called {custom_id!r}."
            raise NotSendable(msg)
        data: Json = {"custom_id": custom_id, "component_type": found[0]["type"], "id": found[0]["id"]}
        if found[0]["type"] in SELECTS:
            data["values"] = list(values)
        interaction = self.world.open_interaction(COMPONENT, str(user_id), custom_id, pressed=message["id"])
        return await self._interact(interaction, data)

    async def submit_modal(self, user_id: int | str, interaction_id: int | str, values: Mapping[str, str]) -> Reply:
        """Send a form that the bot opened, with values by custom id; what is not given stays as it was.

        Raises:
            NotSendable: No such form is open for the person, or a value is missing or too long.
        """
        opened = next((i for i in self.world.interactions.values() if i.id == str(interaction_id)), None)
        if opened is None or opened.modal is None or opened.user_id != str(user_id):
            msg = "There is no such form."
            raise NotSendable(msg)
        modal = opened.modal
        data = {"custom_id": modal["custom_id"], "components": [filled(row, values) for row in modal["components"]]}
        interaction = self.world.open_interaction(
            MODAL_SUBMIT, opened.user_id, modal["custom_id"], pressed=opened.pressed_message
        )
        return await self._interact(interaction, data)

    async def say(self, user_id: int | str, content: str) -> Json:
        """Write an ordinary message into the channel; the bot sees it as its intents allow."""
        message = self.world.new_message(author=self._user(user_id).as_json(), content=content)
        self.world.publish_message(message)
        await self.gateway.dispatch_message("MESSAGE_CREATE", copy.deepcopy(message))
        return copy.deepcopy(message)

    async def _interact(self, interaction: Interaction, data: Json) -> Reply:
        await self.gateway.dispatch("INTERACTION_CREATE", self.world.interaction_json(interaction, data))
        task = asyncio.create_task(self._expire(interaction))
        self._expiries.add(task)
        task.add_done_callback(self._expiries.discard)
        return Reply(self.world, interaction)

    async def _expire(self, interaction: Interaction) -> None:
        await asyncio.sleep(self._answer_window)
        if interaction.callback_type is None:
            interaction.failed = True
            event = {"type": "failed", "interaction_id": interaction.id, "visible_to": interaction.user_id}
            self.world.publish(event)

    def _user(self, user_id: int | str) -> StandInUser:
        user = self.world.users.get(str(user_id))
        if user is None:
            msg = f"There is no person {user_id}."
            raise NotSendable(msg)
        return user

    def _resolved(self, options: list[Json]) -> Json:
        people = [self._user(each) for each in people_in(options)]
        return {"resolved": resolved_json(people)} if people else {}

    def _command(self, user: StandInUser, name: str, kind: int) -> Json:
        command = find_command(self.commands, name, kind)
        if not may_use(command, user.permissions):
            msg = f"{user.global_name} may not use {name!r}."
            raise NotSendable(msg)
        return command

    def _message(self, user_id: int | str, message_id: int | str) -> Json:
        message = self.world.messages.get(str(message_id))
        if message is None or self.world.visible_to.get(message["id"]) not in {None, str(user_id)}:
            msg = "There is no such message."
            raise NotSendable(msg)
        return message


def _new_token(application_id: str) -> str:
    start = base64.urlsafe_b64encode(application_id.encode()).decode().rstrip("=")
    return f"{start}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"
