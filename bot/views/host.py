"""What a pressed button may ask of the bot it belongs to."""

from typing import Any, Protocol, cast

import discord

from bot.services.ports import Services


class Host(Protocol):
    """The bot, as buttons and forms see it."""

    @property
    def services(self) -> Services:
        """The use cases."""
        ...

    async def reply_to_error(self, interaction: discord.Interaction[Any], error: BaseException, /) -> None:
        """Send one private reply about an error."""
        ...


def host_of(interaction: discord.Interaction[Any]) -> Host:
    """Return the bot that got the interaction.

    A button made by an earlier run of the bot can be handed nothing but the interaction.
    """
    return cast("Host", interaction.client)
