"""What is offered while somebody types, in Discord's words; it is never in the way of typing."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

import discord
from discord import app_commands

from bot.services.asks import FilterChoice, TitleChoice

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE_S = 2.0
"""Discord drops suggestions for typing that come after three seconds."""
MOST_CHOICES, LONGEST_CHOICE = 25, 100
"""Discord refuses more lines, or longer ones."""


async def titles(
    interaction: discord.Interaction[Any], found: Awaitable[list[TitleChoice]]
) -> list[app_commands.Choice[str]]:
    """Return tracks as lines whose value names them by their key."""
    offered = await _offered(interaction, found)
    return [app_commands.Choice(name=each.label[:LONGEST_CHOICE], value=f"key:{each.key}") for each in offered]


async def names(
    interaction: discord.Interaction[Any], found: Awaitable[list[FilterChoice]]
) -> list[app_commands.Choice[str]]:
    """Return what is called something as lines."""
    offered = await _offered(interaction, found)
    return [
        app_commands.Choice(name=each.label[:LONGEST_CHOICE], value=each.value[:LONGEST_CHOICE]) for each in offered
    ]


async def _offered(interaction: discord.Interaction[Any], found: Awaitable[list[T]]) -> Sequence[T]:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return (await found)[:MOST_CHOICES]
    except Exception:  # a failed completion must not stand in the way of typing
        log.warning("completion failed interaction=%d", interaction.id, exc_info=True)
        return []
