"""Pictures that Matplotlib draws: one style, one way to PNG, and words for whoever cannot see them.

Matplotlib is imported when a picture is made and not before: a bot that draws none does not pay for it.
"""

import io
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

DPI: Final = 150
"""Pixels per inch. A picture of 8 inches is 1,200 pixels wide; Discord shows it at about 550."""

CHART_WIDTH: Final = 8.0
EDGE: Final = 0.3
"""Between what is drawn and the border."""
HEAD: Final = 1.0
"""Of a title with a line below it. All in inches."""

PAPER: Final = "#1e2128"
"""Behind everything. Dark and opaque: it neither glares in a dark client nor loses its words in a light one."""
INK: Final = "#f2f3f5"
"""Titles, and the words that matter."""
MUTED: Final = "#b4bac6"
"""Words that explain: axes, sources, footnotes."""
FAINT: Final = "#3a404c"
"""Lines of the grid, and what lies in the background."""
ACCENT: Final = "#56b4e9"
"""What a picture is about, where it has one colour."""
PALETTE: Final = (
    "#56b4e9", "#e69f00", "#2fc49a", "#f0e442", "#f0776b", "#cf9bd8", "#9fb4ff", "#b8d97a", "#c9a27c", "#8fd3d1",
)  # fmt: skip
"""Colours of categories, told apart with the common colour blindnesses as far as ten can be: always label them too.

Source:
    The first four and their order after Okabe and Ito, *Color Universal Design*, 2008; made lighter for dark paper.
"""

_FONT: Final = "DejaVu Sans"
"""Comes with Matplotlib, so that pictures are the same everywhere."""
_OTHER_SCRIPTS: Final = (
    "Noto Sans CJK JP", "Noto Sans JP", "Noto Sans KR", "Noto Sans SC", "IPAexGothic", "WenQuanYi Zen Hei",
    "Hiragino Sans", "Yu Gothic", "Malgun Gothic", "Arial Unicode MS", "Noto Sans Thai", "Noto Sans Devanagari",
)  # fmt: skip
"""Asked in turn, where they are installed, for letters that the font lacks."""
_NO_GLYPH: Final = "▯"

_STYLE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "figure.facecolor": PAPER,
        "savefig.facecolor": PAPER,
        "figure.constrained_layout.w_pad": 0.15,
        "figure.constrained_layout.h_pad": 0.15,
        "axes.facecolor": PAPER,
        "axes.edgecolor": FAINT,
        "axes.labelcolor": MUTED,
        "axes.labelsize": 11,
        "axes.titlecolor": INK,
        "axes.titlesize": 15,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 12,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.prop_cycle": "cycler('color', [" + ", ".join(f"'{colour}'" for colour in PALETTE) + "])",
        "grid.color": FAINT,
        "grid.linewidth": 0.8,
        "text.color": INK,
        # Names are shown as they are written: A$AP and Ke$ha are no formula.
        "text.parse_math": False,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelsize": 11,
        "ytick.labelsize": 11,
        "legend.frameon": False,
        "legend.fontsize": 11,
        "legend.labelcolor": INK,
        "font.size": 11,
    }
)

# Matplotlib's style is one for the whole process, and it is not safe to draw from two threads.
_drawing = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture with the words that stand for it."""

    png: bytes = field(repr=False)
    alt: str
    """What it shows, for people who cannot see it; also written into the file."""


def drawn(draw: "Callable[[Figure], None]", *, alt: str, width: float = 8.0, height: float = 6.0) -> Picture:
    """Return the picture that a function draws on an empty figure in our style.

    Args:
        draw: Puts axes on the figure; its layout is *constrained*, so they make room for their labels. It may import
            from Matplotlib (never ``pyplot``), and must leave nothing behind but what it drew.
        alt: What the picture shows.
        width: Inches; :data:`DPI` pixels each.
        height: Inches.

    Returns:
        The same bytes for the same drawing. One picture is drawn at a time; others wait.
    """
    import matplotlib.style
    from matplotlib.figure import Figure

    file = io.BytesIO()
    with _drawing, matplotlib.style.context(["default", {**_STYLE, "font.family": _families()}]):
        figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
        draw(figure)
        figure.savefig(file, format="png", metadata={"Description": alt, "Software": None})
    return Picture(png=file.getvalue(), alt=alt)


def headed(figure: "Figure", title: str, caption: str) -> None:
    """Write a title and a line below it at the top of a figure whose axes are placed by hand.

    They take the upper :data:`HEAD` inches; what is too long for one line is shortened.
    """
    figure.set_layout_engine("none")
    width, height = figure.get_size_inches()
    first = figure.text(EDGE / width, 1 - 0.2 / height, legible(title), va="top", size=16, weight="bold")
    second = figure.text(EDGE / width, 1 - 0.58 / height, legible(caption), va="top", size=10.5, color=MUTED)
    for text in (first, second):
        fitted(text, (width - 2 * EDGE) * figure.dpi)


def fitted(text: "Text", width: float) -> None:
    """Shorten a text on a figure until it is at most so many pixels wide."""
    words = text.get_text()
    while words and text.get_window_extent().width > width:
        words = words[:-1].rstrip()
        text.set_text(f"{words}…")


def legible(text: str) -> str:
    """Return a text with a box in place of each letter that no font at hand can draw."""
    glyphs = _glyphs()
    return "".join(letter if letter.isspace() or ord(letter) in glyphs else _NO_GLYPH for letter in text)


@cache
def _families() -> list[str]:
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [_FONT, *(name for name in _OTHER_SCRIPTS if name in installed)]


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, fontManager, get_font

    paths = [fontManager.findfont(FontProperties(family=name)) for name in _families()]
    return frozenset(code for path in paths for code in get_font(path).get_charmap())
