"""``/recommend``: songs for a member, or like songs, an artist, an album, a playlist, a member or a few words."""

from collections.abc import Mapping
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import SeveralSeedsError
from bot.presenters import completion
from bot.presenters.delivery import think
from bot.presenters.options import BANDS, BY, DECADES, POPULARITY, person
from bot.services.asks import Ask, By
from bot.services.ports import Recommends
from bot.views.suggestion_cards import deliver_answer
from recommender.ranking.rolls import LARGEST_ROLL
from recommender.types import ANY_POPULARITY, Filters, MemberId

USUAL_COUNT = 5
MOST = 20
USUAL_MIX = 10
USUAL_DISCOVERY = 50
MOST_MINUTES = 60


class RecommendCog(commands.Cog):
    """Recommends."""

    def __init__(self, recommending: Recommends) -> None:
        self._recommending = recommending

    @app_commands.command()
    @app_commands.describe(
        track="A song to start from",
        prompt="A few words to start from: a mood, a theme, a scene",
        artist="An artist to start from",
        also="A second song to start from, beside track",
        unlike="A song or an artist that the songs should not be like",
        album="An album to start from",
        playlist="A playlist to start from: its name here, or a link to one of your own on Spotify",
        other="A member whose taste to start from, if they opened it with /privacy",
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
    @app_commands.rename(other="with")
    @app_commands.choices(by=BY)
    @app_commands.choices(decade=DECADES)
    @app_commands.choices(popularity=POPULARITY)
    async def recommend(  # noqa: PLR0917 -- discord.py makes an option of each
        self,
        interaction: discord.Interaction[Any],
        track: app_commands.Range[str, 1, 200] | None = None,
        prompt: app_commands.Range[str, 1, 300] | None = None,
        artist: app_commands.Range[str, 1, 200] | None = None,
        also: app_commands.Range[str, 1, 200] | None = None,
        unlike: app_commands.Range[str, 1, 200] | None = None,
        album: app_commands.Range[str, 1, 200] | None = None,
        playlist: app_commands.Range[str, 1, 200] | None = None,
        other: discord.User | None = None,
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
        """Dig up songs: for you, or like songs, an artist, an album, a playlist, a member, or a few words."""
        await think(interaction, private=private)
        ask = Ask(
            member=MemberId(interaction.user.id),
            tracks=tuple(each for each in (track, also) if each),
            artist=artist,
            album=album,
            playlist=playlist,
            prompt=prompt,
            other=person(other) if other else None,
            unlike=(unlike,) if unlike else (),
            count=count,
            by=By(by),
            mix=mix / 100,
            discovery=discovery / 100,
            filters=Filters(
                decade=decade,
                explicit=explicit,
                genre=genre,
                max_ms=max_minutes * 60_000 if max_minutes else None,
                popularity=BANDS[popularity][1] if popularity else ANY_POPULARITY,
            ),
            language=language,
            roll=roll,
        )
        _check_one_seed(
            {
                "track": track or also,
                "artist": artist,
                "album": album,
                "playlist": playlist,
                "prompt": prompt,
                "with": other,
            }
        )
        await deliver_answer(interaction, await self._recommending.recommend(ask), private=private)

    @recommend.autocomplete("track")
    @recommend.autocomplete("also")
    @recommend.autocomplete("unlike")
    async def _titles(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return await completion.titles(interaction, self._recommending.complete_title(typed))

    @recommend.autocomplete("album")
    async def _albums(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return await completion.names(interaction, self._recommending.complete_album(typed))

    @recommend.autocomplete("playlist")
    async def _playlists(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return await completion.names(interaction, self._recommending.complete_playlist(typed))

    @recommend.autocomplete("genre")
    async def _genres(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return await completion.names(interaction, self._recommending.complete_genre(typed))

    @recommend.autocomplete("language")
    async def _languages(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return await completion.names(interaction, self._recommending.complete_language(typed))


def _check_one_seed(seeds: Mapping[str, object]) -> None:
    given = tuple(name for name, value in seeds.items() if value)
    if len(given) > 1:
        raise SeveralSeedsError(given)
