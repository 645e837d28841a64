"""``/together``: songs for several members, the least happy of them as happy as can be."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.presenters import completion
from bot.presenters.delivery import think
from bot.presenters.options import BY, DECADES, person
from bot.services.asks import Ask, By
from bot.services.ports import Recommends
from bot.views.suggestion_cards import deliver_answer
from recommender.ranking.rolls import LARGEST_ROLL
from recommender.types import Filters, MemberId

USUAL_COUNT, MOST = 10, 20


class TogetherCog(commands.Cog):
    """Recommends for several members at once."""

    def __init__(self, recommending: Recommends) -> None:
        self._recommending = recommending

    @app_commands.command(name="together")
    @app_commands.describe(
        other="Who listens with you; they open their taste with /privacy",
        third="One more member",
        fourth="One more member",
        fifth="One more member",
        sixth="One more member",
        unlike="A song or an artist that the songs should not be like",
        count="How many songs (10 if you leave it out)",
        by="What to compare by (everything if you leave it out)",
        decade="Only songs of this decade",
        genre="Only songs of this genre, or a kind of it",
        explicit="False leaves songs with explicit lyrics out, True leaves all others out",
        roll="Any number for another good list; the same number brings the same list",
        private="True shows the answer to you alone",
    )
    @app_commands.rename(other="with", third="and", fourth="and2", fifth="and3", sixth="and4")
    @app_commands.choices(by=BY)
    @app_commands.choices(decade=DECADES)
    async def together(  # noqa: PLR0917 -- discord.py makes an option of each
        self,
        interaction: discord.Interaction[Any],
        other: discord.User,
        third: discord.User | None = None,
        fourth: discord.User | None = None,
        fifth: discord.User | None = None,
        sixth: discord.User | None = None,
        unlike: app_commands.Range[str, 1, 200] | None = None,
        count: app_commands.Range[int, 1, MOST] = USUAL_COUNT,
        by: str = By.EVERYTHING.value,
        decade: int | None = None,
        genre: app_commands.Range[str, 1, 100] | None = None,
        explicit: bool | None = None,  # noqa: FBT001 -- an option of the command
        roll: app_commands.Range[int, 0, LARGEST_ROLL] = 0,
        private: bool = False,  # noqa: FBT001, FBT002 -- an option of the command
    ) -> None:
        """Dig up songs for you and others: nobody is left with what they do not like."""
        await think(interaction, private=private)
        ask = Ask(
            member=MemberId(interaction.user.id),
            group=tuple(person(each) for each in (other, third, fourth, fifth, sixth) if each is not None),
            unlike=(unlike,) if unlike else (),
            count=count,
            by=By(by),
            filters=Filters(decade=decade, genre=genre, explicit=explicit),
            roll=roll,
        )
        await deliver_answer(interaction, await self._recommending.recommend(ask), private=private)

    @together.autocomplete("unlike")
    async def _titles(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return await completion.titles(interaction, self._recommending.complete_title(typed))

    @together.autocomplete("genre")
    async def _genres(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return await completion.names(interaction, self._recommending.complete_genre(typed))
