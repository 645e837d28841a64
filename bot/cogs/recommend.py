"""``/recommend``: songs for a member, or like a song, an artist or a few words."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import SeveralSeedsError
from bot.presenters.delivery import deliver, deliver_more, think
from bot.presenters.suggestions import pages
from bot.services.asks import Ask, By, FilterChoice
from bot.services.ports import Recommends
from bot.views.suggestion_cards import suggestion_view
from recommender.ranking.rolls import LARGEST_ROLL
from recommender.types import ANY_POPULARITY, Filters, MemberId, PopularityBand

log = logging.getLogger(__name__)

T = TypeVar("T")

USUAL_COUNT = 5
MOST = 20
USUAL_MIX = 10
USUAL_DISCOVERY = 50
MOST_MINUTES = 60
COMPLETION_PATIENCE_S = 2.0
"""Discord drops suggestions for typing that come after three seconds."""

_BY = [
    app_commands.Choice(name="everything", value=By.EVERYTHING.value),
    app_commands.Choice(name="words", value=By.WORDS.value),
    app_commands.Choice(name="cover", value=By.COVER.value),
    app_commands.Choice(name="sound", value=By.SOUND.value),
    app_commands.Choice(name="people", value=By.PEOPLE.value),
]
_BANDS = {
    "hits": ("well known: popularity from 60", PopularityBand(lowest=60)),
    "between": ("in between: popularity 30 to 59", PopularityBand(lowest=30, highest=59)),
    "gems": ("hidden gems: popularity below 30, or unknown", PopularityBand(highest=29)),
}
_POPULARITY = [app_commands.Choice(name=name, value=value) for value, (name, _) in _BANDS.items()]
_DECADES = [app_commands.Choice(name=f"{year}s", value=year) for year in range(2020, 1940, -10)]


class RecommendCog(commands.Cog):
    """Recommends."""

    def __init__(self, recommending: Recommends) -> None:
        self._recommending = recommending

    @app_commands.command()
    @app_commands.describe(
        track="A song to start from",
        artist="An artist to start from",
        prompt="A few words to start from: a mood, a theme, a scene",
        count="How many songs (5 if you leave it out)",
        by="What to compare by (everything if you leave it out)",
        mix="How much popularity counts, in percent (10 if you leave it out)",
        discovery="0 keeps to artists you know, 100 to those you do not (50 if you leave it out)",
        decade="Only songs of this decade",
        genre="Only songs of this genre, or a kind of it",
        language="Only songs known to be sung in this language",
        popularity="Only songs as popular as this",
        max_minutes="No song longer than this",
        explicit="False leaves songs with explicit lyrics out, True leaves all others out",
        roll="Any number for another good list; the same number brings the same list",
        private="True shows the answer to you alone",
    )
    @app_commands.choices(by=_BY)
    @app_commands.choices(decade=_DECADES)
    @app_commands.choices(popularity=_POPULARITY)
    async def recommend(  # noqa: PLR0917 -- discord.py makes an option of each
        self,
        interaction: discord.Interaction[Any],
        track: app_commands.Range[str, 1, 200] | None = None,
        prompt: app_commands.Range[str, 1, 300] | None = None,
        artist: app_commands.Range[str, 1, 200] | None = None,
        count: app_commands.Range[int, 1, MOST] = USUAL_COUNT,
        by: str = By.EVERYTHING.value,
        mix: app_commands.Range[int, 0, 100] = USUAL_MIX,
        discovery: app_commands.Range[int, 0, 100] = USUAL_DISCOVERY,
        decade: int | None = None,
        genre: app_commands.Range[str, 1, 100] | None = None,
        language: app_commands.Range[str, 1, 60] | None = None,
        popularity: str | None = None,
        max_minutes: app_commands.Range[int, 1, MOST_MINUTES] | None = None,
        explicit: bool | None = None,  # noqa: FBT001 -- an option of the command
        roll: app_commands.Range[int, 0, LARGEST_ROLL] = 0,
        private: bool = False,  # noqa: FBT001, FBT002 -- an option of the command
    ) -> None:
        """Dig up songs: for you, or like a song, an artist, or a few words."""
        await think(interaction, private=private)
        ask = Ask(
            member=MemberId(interaction.user.id),
            tracks=(track,) if track else (),
            artist=artist,
            prompt=prompt,
            count=count,
            by=By(by),
            mix=mix / 100,
            discovery=discovery / 100,
            filters=Filters(
                decade=decade,
                explicit=explicit,
                genre=genre,
                max_ms=max_minutes * 60_000 if max_minutes else None,
                popularity=_BANDS[popularity][1] if popularity else ANY_POPULARITY,
            ),
            language=language,
            roll=roll,
        )
        _check_one_seed(track=track, artist=artist, prompt=prompt)
        first, *rest = pages(await self._recommending.recommend(ask))
        await deliver(interaction, suggestion_view(first))
        for page in rest:
            await deliver_more(interaction, suggestion_view(page), private=private)

    @recommend.autocomplete("track")
    async def _titles(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        found = await _completed(interaction, self._recommending.complete_title(typed))
        return [app_commands.Choice(name=each.label[:100], value=f"key:{each.key}") for each in found[:25]]

    @recommend.autocomplete("genre")
    async def _genres(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return _choices(await _completed(interaction, self._recommending.complete_genre(typed)))

    @recommend.autocomplete("language")
    async def _languages(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return _choices(await _completed(interaction, self._recommending.complete_language(typed)))


async def _completed(interaction: discord.Interaction[Any], found: Awaitable[list[T]]) -> list[T]:
    try:
        async with asyncio.timeout(COMPLETION_PATIENCE_S):
            return await found
    except Exception:  # a failed completion must not stand in the way of typing
        log.warning("completion failed interaction=%d", interaction.id, exc_info=True)
        return []


def _choices(found: Sequence[FilterChoice]) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=each.label[:100], value=each.value[:100]) for each in found[:25]]


def _check_one_seed(**seeds: str | None) -> None:
    given = tuple(name for name, value in seeds.items() if value)
    if len(given) > 1:
        raise SeveralSeedsError(given)
