"""``/status``: how the installation is doing, for those who manage the server."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.presenters.delivery import deliver, think
from bot.presenters.status import status_text
from bot.services.ports import ReportsStatus
from bot.views.verdict_buttons import confirmation


class StatusCog(commands.Cog):
    """Reports."""

    def __init__(self, status: ReportsStatus) -> None:
        self._status = status

    @app_commands.command()
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.guild_only()
    async def status(self, interaction: discord.Interaction[Any]) -> None:
        """Show how the catalog, the index and the quotas are doing."""
        await think(interaction, private=True)
        await deliver(interaction, confirmation(status_text(await self._status.report())))
