"""Invented songs in a few themes, each with words of its own among words that all share."""

from collections.abc import Sequence

import numpy as np

THEMES = 4
_SHARED = tuple(f"common{chr(97 + n)}" for n in range(20))


def songs(count: int, *, seed: int = 0, words: int = 60) -> tuple[list[str], list[int]]:
    """Return lyrics and the theme of each."""
    rng = np.random.default_rng(seed)
    themes = [row % THEMES for row in range(count)]
    return [_song(theme, words, rng) for theme in themes], themes


def _song(theme: int, words: int, rng: np.random.Generator) -> str:
    own: Sequence[str] = [f"theme{chr(97 + theme)}word{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(150)]
    return " ".join([*rng.choice(own, words), *rng.choice(_SHARED, words)])
