"""Lyrics and titles from a small grammar: a theme says what happens, a genre says with which things."""

import re
from collections.abc import Sequence

import numpy as np

from bot.playground.sample.words import Couplet, Genre, Theme

_SLOT = re.compile(r"\{(\w+)\}")


def title_of(genre: Genre, theme: Theme, rng: np.random.Generator) -> str:
    """Return a title that fits the theme, in the words of the genre."""
    return _filled(_pick(theme.titles, rng), genre, rng)


def lyrics_of(genre: Genre, theme: Theme, rng: np.random.Generator) -> str:
    """Return a song: two verses, a bridge and a chorus sung three times, in rhyming couplets.

    Every block is four lines, blocks are parted by a blank line.
    """
    verses = [theme.verse[row] for row in rng.permutation(len(theme.verse))]
    own = [genre.couplets[row] for row in rng.permutation(len(genre.couplets))]
    chorus_lines = [theme.chorus[row] for row in rng.permutation(len(theme.chorus))[:2]]
    chorus = _sung(chorus_lines, genre, rng)
    first = _sung(verses[:2], genre, rng)
    second = _sung([own[0], verses[2]], genre, rng)
    bridge = _sung([verses[3], own[1]], genre, rng)
    return "\n\n".join([first, chorus, second, chorus, bridge, chorus])


def _sung(couplets: Sequence[Couplet], genre: Genre, rng: np.random.Generator) -> str:
    return "\n".join(_filled(line, genre, rng) for couplet in couplets for line in couplet)


def _filled(pattern: str, genre: Genre, rng: np.random.Generator) -> str:
    line = _SLOT.sub(lambda slot: _pick(genre.imagery[slot[1]], rng), pattern)
    return line[0].upper() + line[1:]


def _pick(choices: Sequence[str], rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]
