import io
import threading
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from bot.presenters.figures import (
    ACCENT,
    CHART_WIDTH,
    DPI,
    EDGE,
    HEAD,
    INK,
    MUTED,
    PALETTE,
    PAPER,
    Picture,
    drawn,
    headed,
    legible,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, by WCAG 2.2."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def image(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.png))


def titled(title: str) -> "Picture":
    def draw(figure: "Figure") -> None:
        figure.subplots().set_title(title)

    return drawn(draw, alt=f"Only a title: {title}", width=3, height=2)


@pytest.mark.parametrize("colour", [INK, MUTED])
def test_words_stand_out_from_the_paper(colour: str) -> None:
    assert contrast(colour, PAPER) >= 7


@pytest.mark.parametrize("colour", [*PALETTE, ACCENT])
def test_colours_stand_out_from_the_paper(colour: str) -> None:
    assert contrast(colour, PAPER) >= 4.5


def test_a_picture_is_a_png_of_the_size_asked_that_carries_its_words() -> None:
    picture = titled("Été")

    opened = image(picture)

    assert (opened.format, opened.size) == ("PNG", (3 * DPI, 2 * DPI))
    assert opened.info["Description"] == picture.alt == "Only a title: Été"


def test_the_paper_is_opaque_so_that_every_background_shows_the_same_picture() -> None:
    corner = image(titled("Here")).convert("RGBA").getpixel((0, 0))

    assert corner == (*bytes.fromhex(PAPER[1:]), 255)


def test_the_same_drawing_gives_the_same_bytes() -> None:
    assert titled("Here") == titled("Here")


def test_names_are_no_formulas() -> None:
    # Read as a formula this one could not be drawn.
    assert image(titled("Ke$\\nothing$ha")).size == (3 * DPI, 2 * DPI)


def test_pictures_drawn_at_once_do_not_mix() -> None:
    alone = titled("One")
    made: list[Picture] = []

    threads = [threading.Thread(target=lambda: made.append(titled("One"))) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert made == [alone] * 4


def test_drawing_leaves_matplotlib_as_it_was() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)

    titled("Here")

    assert dict(matplotlib.rcParams) == before


def test_letters_that_no_font_has_become_boxes() -> None:
    assert legible("Björk – Привет عمر") == "Björk – Привет عمر"
    assert legible("\U000e0100 x") == "▯ x"


def test_a_heading_takes_the_upper_inch_and_is_shortened_to_one_line() -> None:
    figures: list[Figure] = []

    def draw(figure: "Figure") -> None:
        headed(figure, "A long title " * 20, "A caption")
        figures.append(figure)

    drawn(draw, alt="A heading", width=CHART_WIDTH, height=2)

    title, caption = figures[0].texts
    assert title.get_text().endswith("…")
    assert caption.get_text() == "A caption"
    for text in (title, caption):
        box = text.get_window_extent()
        assert box.x1 <= (CHART_WIDTH - EDGE) * DPI
        assert box.y0 >= (2 - HEAD) * DPI
    assert not title.get_window_extent().overlaps(caption.get_window_extent())
