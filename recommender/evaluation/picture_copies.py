"""Copies of a picture as they go round: cropped, made smaller, saved badly. A good vector hardly notices."""

from collections.abc import Callable, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

CROPPED_TO: Final = 0.8
"""Of each side."""
SCALED_TO: Final = 0.5
"""Of each side."""
JPEG_QUALITY: Final = 30
"""On the scale of libjpeg, 1 to 95: blocks and smeared colours are plain to see."""
_SMALLEST_SIDE: Final = 8
"""Pixels; a smaller picture is not made smaller still."""
_LARGEST_SIDE: Final = 1_024
"""Pixels; larger pictures are first brought to this, which is more than any network here reads."""


def middle(picture: bytes, _rng: np.random.Generator) -> bytes:
    """Return the middle of a picture file, :data:`CROPPED_TO` of each side, as a PNG."""
    return _saved(_cropped(_opened(picture), 0.5, 0.5))


def part(picture: bytes, rng: np.random.Generator) -> bytes:
    """Return a part of a picture file at a random place, :data:`CROPPED_TO` of each side, as a PNG."""
    return _saved(_cropped(_opened(picture), float(rng.random()), float(rng.random())))


def smaller(picture: bytes, _rng: np.random.Generator) -> bytes:
    """Return a picture file at :data:`SCALED_TO` of each side, as a PNG."""
    return _saved(_scaled(_opened(picture)))


def compressed(picture: bytes, _rng: np.random.Generator) -> bytes:
    """Return a picture file as a JPEG of :data:`JPEG_QUALITY`."""
    return _saved(_opened(picture), quality=JPEG_QUALITY)


def all_together(picture: bytes, rng: np.random.Generator) -> bytes:
    """Return a random part of a picture file, made smaller, as a JPEG of :data:`JPEG_QUALITY`."""
    return _saved(_scaled(_cropped(_opened(picture), float(rng.random()), float(rng.random()))), quality=JPEG_QUALITY)


CopyPicture = Callable[[bytes, np.random.Generator], bytes]
COPIES: Final[Mapping[str, CopyPicture]] = MappingProxyType(
    {
        "crop-centre": middle,
        "crop-random": part,
        "scale-50": smaller,
        "jpeg-30": compressed,
        "together": all_together,
    }
)
"""By the names of the answer. All take the file of a picture that can be decoded."""


def _opened(picture: bytes) -> "Image.Image":
    from PIL import Image

    with Image.open(BytesIO(picture)) as opened:
        colours = opened.convert("RGB")
    colours.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE), Image.Resampling.LANCZOS)
    return colours


def _cropped(picture: "Image.Image", across: float, down: float) -> "Image.Image":
    width, height = (max(round(CROPPED_TO * side), 1) for side in picture.size)
    left, top = round(across * (picture.width - width)), round(down * (picture.height - height))
    return picture.crop((left, top, left + width, top + height))


def _scaled(picture: "Image.Image") -> "Image.Image":
    from PIL import Image

    width, height = (max(round(SCALED_TO * side), min(side, _SMALLEST_SIDE)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def _saved(picture: "Image.Image", *, quality: int | None = None) -> bytes:
    file = BytesIO()
    if quality is None:
        picture.save(file, "PNG", compress_level=1)
    else:
        picture.save(file, "JPEG", quality=quality)
    return file.getvalue()
