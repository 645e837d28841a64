"""What comes back after a person did something: the handle that a test or the page waits on."""

import copy
from typing import Any

from bot.playground.discord_standin_components import walk
from bot.playground.discord_standin_people import Json
from bot.playground.discord_standin_world import EPHEMERAL, LOADING, Interaction, World

DEFAULT_WAIT = 30.0
"""Seconds to wait for an answer unless told otherwise."""


class Reply:
    """The bot's answer to one interaction, as it comes in."""

    def __init__(self, world: World, interaction: Interaction) -> None:
        self._world = world
        self._interaction = interaction

    @property
    def interaction_id(self) -> str:
        """The id of the interaction."""
        return self._interaction.id

    @property
    def callback_type(self) -> int | None:
        """The type of the first answer (4 message, 5 thinking, 6 later, 7 update, 9 form); None before it."""
        return self._interaction.callback_type

    @property
    def answered_after(self) -> float | None:
        """Seconds until the first answer."""
        return self._interaction.answered_after

    @property
    def failed(self) -> bool:
        """Whether the bot let the window pass: 'The application did not respond'."""
        return self._interaction.failed

    @property
    def modal(self) -> Json | None:
        """The form that the bot opened."""
        return copy.deepcopy(self._interaction.modal)

    @property
    def messages(self) -> list[Json]:
        """Copies of the bot's messages that answer this and still stand, oldest first; the thinking line too."""
        mine = self._interaction.messages
        return [copy.deepcopy(self._world.messages[each]) for each in mine if each in self._world.messages]

    @property
    def is_ephemeral(self) -> bool:
        """Whether all of the bot's messages are seen by this person alone."""
        return bool(self.messages) and all(message["flags"] & EPHEMERAL for message in self.messages)

    async def acknowledged(self, timeout: float = DEFAULT_WAIT) -> "Reply":  # noqa: ASYNC109
        """Wait for the first answer of any kind.

        Raises:
            TimeoutError: There is none.
        """
        done = self._interaction
        await self._world.until(
            lambda: done.callback_type is not None or done.failed, timeout=timeout, what=f"an answer to {done.name}"
        )
        return self

    async def settled(self, timeout: float = DEFAULT_WAIT, *, messages: int = 1) -> "Reply":  # noqa: ASYNC109
        """Wait until that many messages stand and none is thinking, or a form or update came, or all failed.

        Raises:
            TimeoutError: That does not happen.
        """

        def done() -> bool:
            if self.failed or self.modal is not None or self.callback_type in {6, 7}:
                return True
            standing = self.messages
            return len(standing) >= messages and not any(each["flags"] & LOADING for each in standing)

        await self._world.until(done, timeout=timeout, what=f"an answer to {self._interaction.name}")
        return self

    async def message(self, timeout: float = DEFAULT_WAIT) -> Json:  # noqa: ASYNC109
        """Wait for the first finished message and return it.

        Raises:
            TimeoutError: There is none, or the bot let the window pass.
        """
        await self.settled(timeout)
        standing = self.messages
        if not standing:
            msg = f"no message answers {self._interaction.name}"
            raise TimeoutError(msg)
        return standing[0]


def text_of(message: Json) -> str:
    """Return all that can be read in a message: content, embeds and text components, line by line."""
    parts: list[Any] = [message.get("content")]
    for embed in message.get("embeds") or ():
        parts += [embed.get("title"), embed.get("description")]
    parts += [each.get("content") for each in walk(message.get("components") or ())]
    return "\n".join(part for part in parts if part)


def buttons_of(message: Json) -> list[Json]:
    """Return the buttons of a message, in reading order."""
    return [each for each in walk(message.get("components") or ()) if each["type"] == 2]  # noqa: PLR2004
