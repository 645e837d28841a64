"""Looking at pictures: what is written on them, and where."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from bot.presenters.figures import PAPER, Picture, drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

TOUCHING = 1.5
"""Pixels by which the boxes around two lines of text may overlap: letters are lower than their box."""

LARGE = 100
"""Pixels of one colour that can be seen."""


@contextmanager
def kept_figures(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> "Iterator[list[Figure]]":
    """Keep the figures that a module draws."""
    figures: list[Figure] = []

    def keeping(draw: "Callable[[Figure], None]", *, alt: str, width: float, height: float) -> Picture:
        def draw_and_keep(figure: "Figure") -> None:
            draw(figure)
            figures.append(figure)

        return drawn(draw_and_keep, alt=alt, width=width, height=height)

    with monkeypatch.context() as patch:
        patch.setattr(module, "drawn", keeping)
        yield figures


def written_on(figure: "Figure") -> "list[Text]":
    """Return the words that can be seen on a figure."""
    from matplotlib.text import Text

    return [each for each in figure.findobj(Text) if each.get_visible() and each.get_text().strip()]


def assert_legible(figure: "Figure") -> None:
    """Hold that no words on a figure overlap, and that none leave it."""
    boxes = [(each.get_text(), each.get_window_extent().padded(-TOUCHING)) for each in written_on(figure)]
    for words, box in boxes:
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
        assert inside, f"{words!r} leaves the picture"
    for (one, left), (other, right) in combinations(boxes, 2):
        assert not left.overlaps(right), f"{one!r} and {other!r} overlap"


def pixels_of(picture: Picture) -> Image.Image:
    """Return a picture's pixels."""
    return Image.open(io.BytesIO(picture.png)).convert("RGB")


def colours_of(picture: Picture) -> set[str]:
    """Return the colours that can be seen, but for the paper."""
    found = pixels_of(picture).getcolors(maxcolors=1 << 24)
    assert found is not None
    return {f"#{bytes(colour).hex()}" for count, colour in found if count >= LARGE and isinstance(colour, tuple)} - {
        PAPER
    }
