"""Options that several commands have, as Discord offers them."""

import discord
from discord import app_commands

from bot.services.asks import By, Person
from recommender.types import MemberId, PopularityBand

BY = [app_commands.Choice(name=each.value, value=each.value) for each in By]
BY_WITHOUT_PEOPLE = [each for each in BY if each.value != By.PEOPLE.value]
BANDS = {
    "hits": ("well known: popularity from 60", PopularityBand(lowest=60)),
    "between": ("in between: popularity 30 to 59", PopularityBand(lowest=30, highest=59)),
    "gems": ("hidden gems: popularity below 30, or unknown", PopularityBand(highest=29)),
}
POPULARITY = [app_commands.Choice(name=name, value=value) for value, (name, _) in BANDS.items()]
DECADES = [app_commands.Choice(name=f"{year}s", value=year) for year in range(2020, 1940, -10)]


def person(user: discord.User) -> Person:
    """Return a member whom another one names, as they are called where the command is used."""
    return Person(member=MemberId(user.id), name=user.display_name)
