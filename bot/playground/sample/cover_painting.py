"""Covers of the fictional albums: every genre has its own way to paint."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from bot.playground.sample import cover_graphics, cover_scenes

Painter = Callable[[str, str, np.random.Generator], bytes]

_PAINTERS: Mapping[str, Painter] = MappingProxyType(
    {
        "metal": cover_scenes.metal,
        "folk": cover_graphics.folk,
        "techno": cover_graphics.techno,
        "ambient": cover_scenes.ambient,
        "hip hop": cover_graphics.hip_hop,
        "jazz": cover_graphics.jazz,
        "synthwave": cover_scenes.synthwave,
        "country": cover_scenes.country,
        "punk": cover_graphics.punk,
        "lullaby": cover_scenes.lullaby,
        "reggae": cover_scenes.reggae,
        "soul": cover_graphics.soul,
    }
)


def paint_cover(genre: str, name: str, artist: str, *, seed: int) -> bytes:
    """Return a cover of 512 x 512 pixels as a JPEG, the same for the same arguments.

    Args:
        genre: Decides the style.
        name: The album's name, written on it.
        artist: Written on it as well.
        seed: Decides colours and shapes.

    Raises:
        KeyError: No such genre.
    """
    return _PAINTERS[genre](name, artist, np.random.default_rng(seed))
