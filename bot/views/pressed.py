"""Buttons that outlive the process: everything they need stands in their custom id."""

import re
from abc import abstractmethod
from typing import Any

import discord
from discord import ui

from bot.presenters.delivery import think
from bot.views.host import host_of


class LastingButton(ui.DynamicItem[ui.Button[Any]], template=r"(?!)"):
    """A button that thinks privately, works, and answers an error with one private reply."""

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


def number_in(match: re.Match[str], name: str) -> int:
    """Return a number of a custom id."""
    return int(match[name])
