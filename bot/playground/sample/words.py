"""The genres and themes of the fictional catalog, read from the two TOML files beside this module."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

Couplet = tuple[str, str]
"""Two rhyming lines with slots such as ``{place}``."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean and a standard deviation."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """What a song is about."""

    name: str
    mood: str
    verse: tuple[Couplet, ...]
    chorus: tuple[Couplet, ...]
    titles: tuple[str, ...]
    """Patterns with the slots ``{town}``, ``{noun}`` and ``{adj}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Genre:
    """How a kind of music is called, sounds and speaks."""

    name: str
    tags: tuple[str, ...]
    """Narrower genres; every artist has one."""
    artists: tuple[str, ...]
    """The last of them is left out of the dataset."""
    themes: tuple[Theme, ...]
    years: tuple[int, int]
    """First and last year of release, inclusive."""
    explicit: float
    """Share of explicit tracks."""
    instrumental: float
    """Share of tracks without words."""
    sound: Mapping[str, Spread]
    """Audio features in Spotify's units, and the length in minutes."""
    major: float
    """Share of tracks in a major key."""
    imagery: Mapping[str, tuple[str, ...]]
    """Slot → phrases."""
    couplets: tuple[Couplet, ...]


@cache
def themes() -> Mapping[str, Theme]:
    """Return every theme by name, in the order of the file."""
    return MappingProxyType({entry["name"]: _theme(entry) for entry in _read("themes.toml")["theme"]})


@cache
def genres() -> Mapping[str, Genre]:
    """Return every genre by name, in the order of the file."""
    return MappingProxyType({entry["name"]: _genre(entry) for entry in _read("genres.toml")["genre"]})


def _theme(entry: dict[str, Any]) -> Theme:
    return Theme(
        name=entry["name"],
        mood=entry["mood"],
        verse=_couplets(entry["verse"]),
        chorus=_couplets(entry["chorus"]),
        titles=tuple(entry["titles"]),
    )


def _genre(entry: dict[str, Any]) -> Genre:
    sound = {name: Spread(*value) for name, value in entry["sound"].items() if name != "major"}
    return Genre(
        name=entry["name"],
        tags=tuple(entry["tags"]),
        artists=tuple(entry["artists"]),
        themes=tuple(themes()[name] for name in entry["themes"]),
        years=(entry["years"][0], entry["years"][1]),
        explicit=float(entry["explicit"]),
        instrumental=float(entry["instrumental"]),
        sound=MappingProxyType(sound),
        major=float(entry["sound"]["major"]),
        imagery=MappingProxyType({slot: tuple(phrases) for slot, phrases in entry["imagery"].items()}),
        couplets=_couplets(entry["couplets"]),
    )


def _couplets(entries: list[list[str]]) -> tuple[Couplet, ...]:
    return tuple((first, second) for first, second in entries)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("bot.playground.sample").joinpath(name).read_text(encoding="utf-8"))
