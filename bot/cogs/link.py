"""``/link`` and ``/unlink``: a member's Spotify account."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.presenters.delivery import LOST, deliver, think
from bot.presenters.linking import linked_text, unlinked_text
from bot.services.ports import Links
from bot.views.linking import invitation_view
from bot.views.verdict_buttons import confirmation
from recommender.types import MemberId

log = logging.getLogger(__name__)

FOLLOW_UP_FOR = timedelta(minutes=14)
"""Discord lets a bot change its answer for fifteen minutes."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    interaction: discord.Interaction[Any]
    since: datetime
    """By our own clock: what tells the time inside Discord's ids need not agree with it."""


class LinkCog(commands.Cog):
    """Links and unlinks."""

    def __init__(self, linking: Links) -> None:
        self._linking = linking
        self._waiting: dict[MemberId, _Waiting] = {}

    @app_commands.command()
    async def link(self, interaction: discord.Interaction[Any]) -> None:
        """Connect your Spotify account, so that I can dig from what you listen to."""
        await think(interaction, private=True)
        member = MemberId(interaction.user.id)
        invitation = await self._linking.begin(member, interaction.user.display_name)
        await deliver(interaction, invitation_view(invitation))
        self._forget_old()
        self._waiting[member] = _Waiting(interaction, since=discord.utils.utcnow())

    @app_commands.command()
    async def unlink(self, interaction: discord.Interaction[Any]) -> None:
        """Disconnect Spotify and erase everything that came from it."""
        await think(interaction, private=True)
        was_linked = await self._linking.unlink(MemberId(interaction.user.id))
        await deliver(interaction, confirmation(unlinked_text(was_linked=was_linked)))

    async def say_linked(self, member: MemberId, display_name: str) -> bool:
        """Turn the invitation into a confirmation once the member has come back from Spotify.

        Returns:
            Whether there was an invitation young enough to change.
        """
        self._forget_old()
        waiting = self._waiting.pop(member, None)
        if waiting is None:
            return False
        interaction = waiting.interaction
        try:
            await deliver(interaction, confirmation(linked_text(display_name)))
        except (discord.HTTPException, *LOST):
            log.warning("link confirmation not delivered interaction=%d", interaction.id, exc_info=True)
            return False
        return True

    def _forget_old(self) -> None:
        oldest = discord.utils.utcnow() - FOLLOW_UP_FOR
        self._waiting = {member: each for member, each in self._waiting.items() if each.since > oldest}
