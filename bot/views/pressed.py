"""Buttons that outlive the process: everything they need stands in their custom id."""

import re
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Self

import discord
from discord import ui

from bot.presenters.delivery import think
from bot.views.host import host_of


class LastingButton(ui.Button[Any]):
    """A button that thinks privately, works, and answers an error with one private reply.

    discord.py would look for a pressed button in the message that came with the press, and say nothing where that is
    not complete. The custom id is enough, so the bot finds these buttons itself, with :func:`pressed`.
    """

    template: ClassVar[re.Pattern[str]]
    """Of the custom ids."""

    def __init_subclass__(cls, *, template: str) -> None:
        """Keep the pattern of the custom ids."""
        super().__init_subclass__()
        cls.template = re.compile(template)

    @classmethod
    @abstractmethod
    def of(cls, match: re.Match[str], /) -> Self:
        """Return the button whose custom id matched the template."""

    def is_dispatchable(self) -> bool:
        """Keep discord.py from remembering every message that shows a button."""
        return False

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Acknowledge, then do what the button is for."""
        try:
            await self.acknowledge(interaction)
            await self.work(interaction)
        except Exception as error:  # noqa: BLE001 -- nothing above answers the member
            await host_of(interaction).reply_to_error(interaction, error)

    async def acknowledge(self, interaction: discord.Interaction[Any]) -> None:
        """Show that the bot is at it."""
        await think(interaction, private=True)

    @abstractmethod
    async def work(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button is for and deliver the answer."""


def pressed(custom_id: str, kinds: Iterable[type[LastingButton]]) -> LastingButton | None:
    """Return the button that a custom id stands for, or None if it is of none of these kinds."""
    for kind in kinds:
        match = kind.template.fullmatch(custom_id)
        if match is not None:
            return kind.of(match)
    return None


def number_in(match: re.Match[str], name: str) -> int:
    """Return a number of a custom id."""
    return int(match[name])
