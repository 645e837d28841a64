"""``/privacy``: what a member agrees to."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.presenters.delivery import deliver, think
from bot.presenters.privacy import people_text
from bot.services.ports import KeepsConsent
from bot.views.verdict_buttons import confirmation
from recommender.types import MemberId
from storage.values import Consent

_SHARE, _KEEP = "share", "keep"


class PrivacyCog(commands.Cog):
    """Asks and tells what members agree to."""

    def __init__(self, consent: KeepsConsent) -> None:
        self._consent = consent

    @app_commands.command()
    @app_commands.describe(
        people="Whether your listening may count in other people's suggestions (leave it out to see)"
    )
    @app_commands.choices(
        people=[
            app_commands.Choice(name="share", value=_SHARE),
            app_commands.Choice(name="keep to myself", value=_KEEP),
        ]
    )
    async def privacy(self, interaction: discord.Interaction[Any], people: str | None = None) -> None:
        """See and choose what your listening is used for."""
        await think(interaction, private=True)
        member = MemberId(interaction.user.id)
        if people is not None:
            await self._consent.set(member, Consent.PEOPLE, agrees=people == _SHARE)
        shares = await self._consent.allows(member, Consent.PEOPLE)
        await deliver(interaction, confirmation(people_text(shares=shares)))
