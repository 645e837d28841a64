"""Pictures drawn for tests: eight patterns in one palette, so that colours alone do not tell them apart."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

SIDE = 512
PATTERNS = 8
_INKS = ((200, 60, 40), (40, 90, 170), (30, 30, 40))
_PAPER = (240, 210, 120)


def drawn(pattern: int) -> Image.Image:
    """Return the pattern of this number, 512 x 512."""
    picture = Image.new("RGB", (SIDE, SIDE), _PAPER)
    draw = ImageDraw.Draw(picture)
    [_stripes, _rings, _checks, _shards, _dots, _scribbles, _house, _waves][pattern](draw)
    return picture


def as_file(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Return the picture as the bytes of a file."""
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def corner(picture: Image.Image, *, low: bool) -> Image.Image:
    """Return the upper left or the lower right three quarters of each side; the two share the middle."""
    return picture.crop((128, 128, SIDE, SIDE) if low else (0, 0, 384, 384))


def _stripes(draw: ImageDraw.ImageDraw) -> None:
    for left in range(0, SIDE, 48):
        draw.rectangle([left, 0, left + 22, SIDE], fill=_INKS[left // 48 % 3])


def _rings(draw: ImageDraw.ImageDraw) -> None:
    for ring in range(12, 0, -1):
        draw.circle((SIDE / 2, SIDE / 2), ring * 20, fill=_INKS[ring % 3])


def _checks(draw: ImageDraw.ImageDraw) -> None:
    for left in range(0, SIDE, 64):
        for top in range(0, SIDE, 64):
            if (left + top) // 64 % 2:
                draw.rectangle([left, top, left + 63, top + 63], fill=_INKS[left // 64 % 3])


def _shards(draw: ImageDraw.ImageDraw) -> None:
    for number, (x, y) in enumerate(np.random.default_rng(3).integers(0, SIDE, (60, 2)).tolist()):
        draw.polygon([(x, y), (x + 50, y + 10), (x + 20, y + 60)], fill=_INKS[number % 3])


def _dots(draw: ImageDraw.ImageDraw) -> None:
    for number, (x, y) in enumerate(np.random.default_rng(4).integers(0, SIDE, (90, 2)).tolist()):
        draw.circle((x, y), 6 + number % 12, fill=_INKS[number % 3])


def _scribbles(draw: ImageDraw.ImageDraw) -> None:
    for number, ends in enumerate(np.random.default_rng(5).integers(0, SIDE, (50, 4)).tolist()):
        draw.line(ends, fill=_INKS[number % 3], width=6)


def _house(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle([0, 300, SIDE, SIDE], fill=_INKS[1])
    draw.circle((255, 175), 85, fill=_INKS[0])
    draw.polygon([(60, 300), (160, 150), (260, 300)], fill=_INKS[2])


def _waves(draw: ImageDraw.ImageDraw) -> None:
    for top in range(0, SIDE, 40):
        line = [(x, top + 20 * float(np.sin(x / 30))) for x in range(0, SIDE, 4)]
        draw.line(line, fill=_INKS[top // 40 % 3], width=12)
