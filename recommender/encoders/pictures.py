"""Picture files decoded safely into pixels that a network reads."""

import struct
import warnings
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from recommender.errors import PictureRefusedError
from recommender.types import Vector

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

LARGEST_FILE = 10 * 1024 * 1024
"""Bytes; a cover of 3,000 x 3,000 pixels in the best JPEG quality is smaller."""
LARGEST_PICTURE = 40_000_000
"""Pixels: 120 MB once decoded."""
FORMATS = ("JPEG", "PNG", "WEBP")
_BACKGROUND = (255, 255, 255)
"""Behind transparent pixels: what players put there."""
_BROKEN = (
    OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError, MemoryError,
    struct.error,
)  # fmt: skip
"""What decoders raise on files that are cut or made to confuse them."""


def pixels_of(picture: bytes, side: int) -> "NDArray[np.uint8]":
    """Return the middle square of a picture, shape (side, side, 3), red, green, blue.

    Transparent pixels are laid on white; a picture turned by its EXIF stays as it is stored; of an animation the
    first frame counts.

    Raises:
        PictureRefusedError: It is not a JPEG, PNG or WebP, it is broken, or larger than 10 MB or 40 million pixels.
    """
    from PIL import Image

    if len(picture) > LARGEST_FILE:
        raise PictureRefusedError(_too_many_bytes())
    try:
        with warnings.catch_warnings():
            # Pillow warns of files that are odd in ways that do not concern us; sizes are checked below.
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(picture), formats=FORMATS) as opened:
                return _middle_square(opened, side)
    except Image.DecompressionBombError as error:
        raise PictureRefusedError(_too_many_pixels()) from error
    except _BROKEN as error:
        raise PictureRefusedError("it is not a whole JPEG, PNG or WebP file") from error


def network_input(squares: Sequence["NDArray[np.uint8]"], mean: Vector, deviation: Vector) -> "NDArray[np.float32]":
    """Return normalised pixels, shape (pictures, 3, side, side), for squares of shape (side, side, 3).

    Args:
        squares: One or more, all of one size.
        mean: Shape (3,), of the pictures the network was trained on, on a scale of 0 to 1.
        deviation: Shape (3,), likewise.
    """
    scaled = (np.stack(squares).astype(np.float32) / 255 - mean) / deviation
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


def _middle_square(picture: "Image.Image", side: int) -> "NDArray[np.uint8]":
    from PIL import Image

    if picture.width * picture.height > LARGEST_PICTURE:
        raise PictureRefusedError(_too_many_pixels())
    # A JPEG decodes at an eighth of the work in a smaller size; twice the side keeps the resizing smooth.
    picture.draft("RGB", (2 * side, 2 * side))
    colours = _in_colours(picture)
    edge = min(colours.size)
    left, top = (colours.width - edge) // 2, (colours.height - edge) // 2
    square = colours.resize((side, side), Image.Resampling.BICUBIC, box=(left, top, left + edge, top + edge))
    return np.asarray(square, dtype=np.uint8)


def _in_colours(picture: "Image.Image") -> "Image.Image":
    from PIL import Image

    if picture.mode.startswith("I"):  # 16 bits of grey, which convert() would cut off at 255
        return Image.fromarray((np.asarray(picture, dtype=np.int64) >> 8).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layered.size, (*_BACKGROUND, 255)), layered).convert("RGB")
    return picture.convert("RGB")


def _too_many_bytes() -> str:
    return f"it is larger than {LARGEST_FILE // 1024**2} MB"


def _too_many_pixels() -> str:
    return f"it has more than {LARGEST_PICTURE // 1_000_000} million pixels"
