"""A square canvas for covers: gradients, shapes in unit coordinates, grain and fitted type."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import cast

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

Colour = tuple[int, int, int]
Point = tuple[float, float]
"""x to the right, y down, both 0 to 1."""

COVER_SIDE = 512
_OVERSAMPLING = 2
"""Shapes are drawn larger and scaled down, because Pillow does not smooth edges."""
_SIDE = COVER_SIDE * _OVERSAMPLING
_JPEG_QUALITY = 88


def colour(code: str) -> Colour:
    """Read ``#rrggbb``."""
    return (int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16))


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour that is ``share`` of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return (red, green, blue)


class Canvas:
    """A picture under way; all lengths and places are shares of its side."""

    def __init__(self, ground: Colour, rng: np.random.Generator) -> None:
        self.rng = rng
        self._image = Image.new("RGB", (_SIDE, _SIDE), ground)

    def gradient(self, stops: Sequence[Colour], *, top: float = 0.0, bottom: float = 1.0) -> None:
        """Fill a horizontal band with colours that run from top to bottom."""
        first, last = round(top * _SIDE), round(bottom * _SIDE)
        rows = np.linspace(0, len(stops) - 1, last - first)
        bands = np.stack(
            [np.interp(rows, np.arange(len(stops)), [stop[part] for stop in stops]) for part in range(3)], axis=1
        )
        picture = np.repeat(bands[:, None, :], _SIDE, axis=1).astype(np.uint8)
        self._image.paste(Image.fromarray(picture), (0, first))

    def disc(self, centre: Point, radius: float, fill: Colour, *, alpha: float = 1.0, blur: float = 0.0) -> None:
        """Draw a filled circle, see-through and soft if wanted."""
        x, y, r = centre[0] * _SIDE, centre[1] * _SIDE, radius * _SIDE
        self._stamp(lambda pen: pen.ellipse((x - r, y - r, x + r, y + r), fill=round(255 * alpha)), fill, blur)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour, *, alpha: float = 1.0) -> None:
        """Draw a filled rectangle."""
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], fill, alpha=alpha)

    def shape(self, points: Sequence[Point], fill: Colour, *, alpha: float = 1.0, blur: float = 0.0) -> None:
        """Draw a filled polygon."""
        corners = [(x * _SIDE, y * _SIDE) for x, y in points]
        self._stamp(lambda pen: pen.polygon(corners, fill=round(255 * alpha)), fill, blur)

    def line(self, points: Sequence[Point], width: float, fill: Colour, *, alpha: float = 1.0) -> None:
        """Draw a line through the points."""
        corners = [(x * _SIDE, y * _SIDE) for x, y in points]
        thick = max(round(width * _SIDE), 1)
        self._stamp(lambda pen: pen.line(corners, fill=round(255 * alpha), width=thick, joint="curve"), fill)

    def ridge(self, base: float, height: float, roughness: float, fill: Colour, *, teeth: int = 24) -> None:
        """Draw a silhouette along the bottom: ``base`` is its mean height from the top."""
        steps = self.rng.normal(0, roughness, teeth).cumsum()
        steps = (steps - steps.mean()) / max(float(np.abs(steps).max()), 1e-6)
        tops = [
            (float(x), float(base - height * step)) for x, step in zip(np.linspace(0, 1, teeth), steps, strict=True)
        ]
        self.shape([(0.0, 1.0), *tops, (1.0, 1.0)], fill)

    def mirror(self) -> None:
        """Make the right half the mirror image of the left."""
        left = self._image.crop((0, 0, _SIDE // 2, _SIDE))
        self._image.paste(left.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (_SIDE // 2, 0))

    def soften(self, radius: float) -> None:
        """Blur everything drawn so far."""
        self._image = self._image.filter(ImageFilter.GaussianBlur(radius * _SIDE))

    def grain(self, amount: float) -> None:
        """Lay film grain over everything: ``amount`` is its deviation, of 255."""
        noise = self.rng.normal(0, amount, (COVER_SIDE, COVER_SIDE, 1))
        small = np.asarray(self._image.resize((COVER_SIDE, COVER_SIDE), Image.Resampling.BOX), dtype=np.float32)
        self._image = Image.fromarray(np.clip(small + noise, 0, 255).astype(np.uint8)).resize((_SIDE, _SIDE))

    def write(
        self, text: str, place: Point, height: float, fill: Colour, *, width: float = 0.9, anchor: str = "la"
    ) -> None:
        """Write one line, made smaller until it fits ``width``; the anchor is Pillow's."""
        font = _fitted(text, height * _SIDE, width * _SIDE)
        spot = (place[0] * _SIDE, place[1] * _SIDE)
        ImageDraw.Draw(self._image).text(spot, text, font=font, fill=fill, anchor=anchor)

    def slanted(self, text: str, place: Point, height: float, *, ink: Colour, paper: Colour, degrees: float) -> None:
        """Paste a slip of paper with a word on it, turned about its centre."""
        font = _fitted(text, height * _SIDE, 0.8 * _SIDE)
        left, top, right, bottom = font.getbbox(text)
        edge = height * _SIDE * 0.22
        slip = Image.new("RGB", (int(right - left + 2 * edge), int(bottom - top + 2 * edge)), paper)
        ImageDraw.Draw(slip).text((edge - left, edge - top), text, font=font, fill=ink)
        mask = Image.new("L", slip.size, 255).rotate(degrees, expand=True, resample=Image.Resampling.BICUBIC)
        turned = slip.rotate(degrees, expand=True, resample=Image.Resampling.BICUBIC)
        spot = (round(place[0] * _SIDE - turned.width / 2), round(place[1] * _SIDE - turned.height / 2))
        self._image.paste(turned, spot, mask)

    def jpeg(self) -> bytes:
        """Return the finished picture, ``COVER_SIDE`` pixels wide and high."""
        finished = self._image.resize((COVER_SIDE, COVER_SIDE), Image.Resampling.LANCZOS)
        file = BytesIO()
        finished.save(file, "JPEG", quality=_JPEG_QUALITY, optimize=True)
        return file.getvalue()

    def _stamp(self, draw: Callable[[ImageDraw.ImageDraw], None], fill: Colour, blur: float = 0.0) -> None:
        mask = Image.new("L", (_SIDE, _SIDE), 0)
        draw(ImageDraw.Draw(mask))
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * _SIDE))
        box = mask.getbbox()
        if box is not None:
            self._image.paste(fill, box, ImageChops.duplicate(mask.crop(box)))


def _fitted(text: str, height: float, width: float) -> ImageFont.FreeTypeFont:
    font = _type(height)
    length = font.getlength(text)
    return font if length <= width else _type(height * width / length)


def _type(height: float) -> ImageFont.FreeTypeFont:
    # Pillow's own font, so that covers look the same on every machine; its wheels come with FreeType.
    return cast("ImageFont.FreeTypeFont", ImageFont.load_default(height))
