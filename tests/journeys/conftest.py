"""Worlds for the journeys."""

from collections.abc import AsyncIterator

import pytest

from bot.playground.discord_standin import DiscordStandIn
from tests.wire.bot_on_discord import World
from tests.wire.description import Description


@pytest.fixture(scope="session")
def description() -> Description:
    return Description.load()


@pytest.fixture
async def world(description: Description) -> AsyncIterator[World]:
    """A Discord without a bot; afterwards, every request that was sent is held against Discord's description."""
    async with DiscordStandIn() as discord:
        world = World(discord)
        yield world
        assert [problem for request in discord.requests for problem in description.problems(request)] == []
        if not world.refusals_expected:
            assert discord.problems == []
