"""What the stand-in Discord remembers: people, one channel, messages, interactions and who watches them."""

import asyncio
import copy
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.playground.discord_standin_people import ORDINARY_PERMISSIONS, Json, StandInUser, member_json, now_text

EPHEMERAL = 1 << 6
LOADING = 1 << 7
COMPONENTS_V2 = 1 << 15

__all__ = ["Interaction", "Json", "StandInUser", "Subscription", "World", "now_text"]

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
"""Interaction types, by Discord's numbers."""

_EPOCH_MS = 1_420_070_400_000
_REPLY_TO_COMMAND = 20


@dataclass(slots=True, kw_only=True)
class Interaction:
    """One thing a person did that the bot must answer."""

    id: str
    token: str
    type: int
    user_id: str
    name: str
    """The command's name, or the custom id."""
    started: float
    pressed_message: str | None = None
    callback_type: int | None = None
    answered_after: float | None = None
    """Seconds until the first answer."""
    ephemeral: bool = False
    original: str | None = None
    """The message ``@original`` stands for."""
    messages: list[str] = field(default_factory=list)
    choices: list[Json] | None = None
    modal: Json | None = None
    failed: bool = False
    """The bot did not answer in time."""


class Subscription:
    """The events from now on, as an asynchronous iterator; close it when done."""

    def __init__(self, on_close: Callable[["Subscription"], None]) -> None:
        self._queue: asyncio.Queue[Json] = asyncio.Queue()
        self._on_close = on_close

    def put(self, event: Json) -> None:
        """Hand one event to whoever iterates."""
        self._queue.put_nowait(event)

    def close(self) -> None:
        """Stop listening."""
        self._on_close(self)

    def __aiter__(self) -> AsyncIterator[Json]:
        """Iterate until cancelled."""
        return self

    async def __anext__(self) -> Json:
        """Wait for the next event."""
        return await self._queue.get()


class World:
    """The state behind the gateway and the REST routes; it knows no network."""

    def __init__(self, users: tuple[StandInUser, ...], *, server_name: str, channel_name: str) -> None:
        self._last_snowflake = 0
        self.application_id = self.snowflake()
        self.guild_id = self.snowflake()
        self.channel_id = self.snowflake()
        self.server_name = server_name
        self.channel_name = channel_name
        self.users: dict[str, StandInUser] = {user.id: user for user in users}
        self.bot = StandInUser(id=self.application_id, username="cratedigger", global_name="Cratedigger")
        self.commands: list[Json] = []
        self.messages: dict[str, Json] = {}
        self.visible_to: dict[str, str] = {}
        """Ephemeral messages: message id to the one person who sees it."""
        self.files: dict[str, tuple[str, bytes]] = {}
        """Uploaded attachments: path below ``/cdn`` to content type and bytes."""
        self.interactions: dict[str, Interaction] = {}
        """By token."""
        self.direct_channels: dict[str, str] = {}
        """Channel id to the person at its other end."""
        self._subscriptions: list[Subscription] = []
        self._changed = asyncio.Event()

    def snowflake(self) -> str:
        """Return a new id; later ones are larger."""
        now = (time.time_ns() // 1_000_000 - _EPOCH_MS) << 22
        self._last_snowflake = max(now, self._last_snowflake + 1)
        return str(self._last_snowflake)

    def bot_json(self) -> Json:
        """Return the bot's own user object."""
        return {**self.bot.as_json(), "bot": True, "discriminator": "0000", "verified": True, "mfa_enabled": False}

    def channel_json(self) -> Json:
        """Return the one text channel."""
        return {
            "id": self.channel_id,
            "type": 0,
            "guild_id": self.guild_id,
            "name": self.channel_name,
            "position": 0,
            "permission_overwrites": [],
            "topic": None,
            "nsfw": False,
            "last_message_id": None,
            "rate_limit_per_user": 0,
            "parent_id": None,
            "flags": 0,
        }

    def guild_json(self) -> Json:
        """Return the one server, as GUILD_CREATE describes it."""
        everyone: Json = {
            "id": self.guild_id,
            "name": "@everyone",
            "permissions": str(ORDINARY_PERMISSIONS),
            "position": 0,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": False,
            "mentionable": False,
            "flags": 0,
        }
        return {
            "id": self.guild_id,
            "name": self.server_name,
            "icon": None,
            "owner_id": next(iter(self.users), self.application_id),
            "roles": [everyone],
            "emojis": [],
            "features": [],
            "channels": [{k: v for k, v in self.channel_json().items() if k != "guild_id"}],
            "threads": [],
            "members": [member_json(self.bot_json())],
            "member_count": len(self.users) + 1,
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
            "stickers": [],
            "large": False,
            "unavailable": False,
            "preferred_locale": "en-US",
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "premium_tier": 0,
            "nsfw_level": 0,
            "system_channel_flags": 0,
            "joined_at": now_text(),
        }

    def new_message(self, *, author: Json, channel: str | None = None, content: str = "", flags: int = 0) -> Json:
        """Return an unpublished message with every field Discord always sends."""
        return {
            "id": self.snowflake(),
            "channel_id": channel or self.channel_id,
            "type": 0,
            "author": author,
            "content": content,
            "timestamp": now_text(),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "components": [],
            "pinned": False,
            "flags": flags,
        }

    def new_reply(self, interaction: Interaction, *, flags: int = 0) -> Json:
        """Return an unpublished message of the bot that answers an interaction."""
        message = self.new_message(author=self.bot_json(), flags=flags)
        message["webhook_id"] = message["application_id"] = self.application_id
        message["interaction_metadata"] = {
            "id": interaction.id,
            "type": interaction.type,
            "user": self.users[interaction.user_id].as_json(),
            "authorizing_integration_owners": {"0": self.guild_id},
        }
        if interaction.type == COMMAND:
            message["type"] = _REPLY_TO_COMMAND
        return message

    def publish_message(self, message: Json, *, visible_to: str | None = None) -> None:
        """Put a message into the channel, for everyone or for one person."""
        self.messages[message["id"]] = message
        if visible_to is not None:
            self.visible_to[message["id"]] = visible_to
        self._publish_about(message, "thinking" if message["flags"] & LOADING else "message_create")

    def update_message(self, message: Json) -> None:
        """Say that a message changed; the thinking line turning into an answer is such a change."""
        message["edited_timestamp"] = now_text()
        self._publish_about(message, "message_update")

    def delete_message(self, message_id: str) -> None:
        """Take a message away."""
        message = self.messages.pop(message_id)
        self._publish_about(message, "message_delete")
        self.visible_to.pop(message_id, None)

    def visible_messages(self, user_id: str) -> list[Json]:
        """Return copies of what a person sees in the channel, oldest first."""
        mine = {None, user_id}
        return [copy.deepcopy(m) for m in self.messages.values() if self.visible_to.get(m["id"]) in mine]

    def _publish_about(self, message: Json, kind: str) -> None:
        seen_by = self.visible_to.get(message["id"])
        self.publish({"type": kind, "message": copy.deepcopy(message), "visible_to": seen_by})

    def publish(self, event: Json) -> None:
        """Tell all subscribers, and wake whoever waits for a condition."""
        for subscription in self._subscriptions:
            subscription.put(event)
        self.wake()

    def wake(self) -> None:
        """Let everyone who waits in :meth:`until` look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    def subscribe(self) -> Subscription:
        """Return a subscription to all events from now on."""
        subscription = Subscription(self._subscriptions.remove)
        self._subscriptions.append(subscription)
        return subscription

    async def until(self, holds: Callable[[], bool], *, timeout: float, what: str) -> None:  # noqa: ASYNC109 -- our own sentence
        """Wait until something holds.

        Raises:
            TimeoutError: It still does not after ``timeout`` seconds; the message says ``what``.
        """
        deadline = time.monotonic() + timeout
        while not holds():
            changed = self._changed
            try:
                await asyncio.wait_for(changed.wait(), max(0.0, deadline - time.monotonic()))
            except TimeoutError as error:
                msg = f"{what}: not within {timeout:g} s"
                raise TimeoutError(msg) from error

    def open_interaction(self, kind: int, user_id: str, name: str, *, pressed: str | None = None) -> Interaction:
        """Start an interaction and remember its token."""
        interaction = Interaction(
            id=self.snowflake(),
            token=secrets.token_urlsafe(48),
            type=kind,
            user_id=user_id,
            name=name,
            started=time.monotonic(),
            pressed_message=pressed,
        )
        self.interactions[interaction.token] = interaction
        return interaction

    def interaction_json(self, interaction: Interaction, data: Mapping[str, Any]) -> Json:
        """Return the INTERACTION_CREATE payload."""
        user = self.users[interaction.user_id]
        payload: Json = {
            "id": interaction.id,
            "application_id": self.application_id,
            "type": interaction.type,
            "token": interaction.token,
            "version": 1,
            "guild_id": self.guild_id,
            "guild": {"id": self.guild_id, "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "locale": "en-US",
            "channel_id": self.channel_id,
            "channel": {**self.channel_json(), "permissions": str(user.permissions)},
            "member": {**member_json(user.as_json()), "permissions": str(user.permissions)},
            "app_permissions": str(ORDINARY_PERMISSIONS),
            "entitlements": [],
            "authorizing_integration_owners": {"0": self.guild_id},
            "context": 0,
            "attachment_size_limit": 10 * 1024 * 1024,
            "data": copy.deepcopy(dict(data)),
        }
        if interaction.pressed_message is not None:
            payload["message"] = copy.deepcopy(self.messages[interaction.pressed_message])
        return payload
