"""``/privacy``: what a member agrees to."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.presenters.delivery import deliver, think
from bot.presenters.privacy import people_text, taste_text
from bot.services.ports import KeepsConsent
from bot.views.verdict_buttons import confirmation
from recommender.types import MemberId
from storage.values import Consent

_SHARE, _KEEP = "share", "keep"
_CHOICES = [
    app_commands.Choice(name="share", value=_SHARE),
    app_commands.Choice(name="keep to myself", value=_KEEP),
]


class PrivacyCog(commands.Cog):
    """Asks and tells what members agree to."""

    def __init__(self, consent: KeepsConsent) -> None:
        self._consent = consent

    @app_commands.command()
    @app_commands.describe(
        people="Whether your listening may count in other people's suggestions (leave it out to see)",
        taste="Whether others may ask for songs that start from your taste (leave it out to see)",
    )
    @app_commands.choices(people=_CHOICES)
    @app_commands.choices(taste=_CHOICES)
    async def privacy(
        self, interaction: discord.Interaction[Any], people: str | None = None, taste: str | None = None
    ) -> None:
        """See and choose what your listening is used for."""
        await think(interaction, private=True)
        member = MemberId(interaction.user.id)
        for purpose, chosen in ((Consent.PEOPLE, people), (Consent.TASTE, taste)):
            if chosen is not None:
                await self._consent.set(member, purpose, agrees=chosen == _SHARE)
        shares = await self._consent.allows(member, Consent.PEOPLE)
        is_open = await self._consent.allows(member, Consent.TASTE)
        await deliver(interaction, confirmation(f"{people_text(shares=shares)}\n{taste_text(is_open=is_open)}"))
