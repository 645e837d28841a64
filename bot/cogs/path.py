"""``/path``: songs that lead from one to another, every step close to the last."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.presenters import completion
from bot.presenters.delivery import think
from bot.presenters.options import BY_WITHOUT_PEOPLE, DECADES
from bot.services.asks import Ask, By
from bot.services.ports import Recommends
from bot.views.suggestion_cards import deliver_answer
from recommender.ranking.rolls import LARGEST_ROLL
from recommender.types import Filters, MemberId

FEWEST, USUAL_COUNT, MOST = 3, 8, 20
"""Songs, both ends among them."""


class PathCog(commands.Cog):
    """Finds the way from one song to another."""

    def __init__(self, recommending: Recommends) -> None:
        self._recommending = recommending

    @app_commands.command(name="path")
    @app_commands.describe(
        start="The song to start with",
        end="The song to end with",
        count="How many songs, both ends among them (8 if you leave it out)",
        by="What each step is close in (everything if you leave it out)",
        decade="Only songs of this decade in between",
        genre="Only songs of this genre, or a kind of it, in between",
        explicit="False leaves songs with explicit lyrics out, True leaves all others out",
        roll="Any number for another way; the same number brings the same way",
        private="True shows the answer to you alone",
    )
    @app_commands.rename(start="from", end="to")
    @app_commands.choices(by=BY_WITHOUT_PEOPLE)
    @app_commands.choices(decade=DECADES)
    async def path(  # noqa: PLR0917 -- discord.py makes an option of each
        self,
        interaction: discord.Interaction[Any],
        start: app_commands.Range[str, 1, 200],
        end: app_commands.Range[str, 1, 200],
        count: app_commands.Range[int, FEWEST, MOST] = USUAL_COUNT,
        by: str = By.EVERYTHING.value,
        decade: int | None = None,
        genre: app_commands.Range[str, 1, 100] | None = None,
        explicit: bool | None = None,  # noqa: FBT001 -- an option of the command
        roll: app_commands.Range[int, 0, LARGEST_ROLL] = 0,
        private: bool = False,  # noqa: FBT001, FBT002 -- an option of the command
    ) -> None:
        """Go from one song to another, each song close to the one before it."""
        await think(interaction, private=private)
        ask = Ask(
            member=MemberId(interaction.user.id),
            path=(start, end),
            count=count,
            by=By(by),
            filters=Filters(decade=decade, genre=genre, explicit=explicit),
            roll=roll,
        )
        await deliver_answer(interaction, await self._recommending.recommend(ask), private=private)

    @path.autocomplete("start")
    @path.autocomplete("end")
    async def _titles(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return await completion.titles(interaction, self._recommending.complete_title(typed))

    @path.autocomplete("genre")
    async def _genres(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return await completion.names(interaction, self._recommending.complete_genre(typed))
