"""How common genres and decades are → pictures: bars and columns."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.presenters.figures import (
    ACCENT,
    CHART_WIDTH,
    EDGE,
    FAINT,
    HEAD,
    INK,
    MUTED,
    Picture,
    drawn,
    fitted,
    headed,
    legible,
)
from bot.services.taste_answers import Kind, TallyAnswer
from recommender.tallies import YEARS_OF_A_DECADE, Tally, decade_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Transform

MOST_BARS: Final = 14
"""Genres shown; the others are counted."""

_NAMES: Final = 2.3
"""Of the names on the left of bars."""
_BAR: Final = 0.36
_COLUMNS: Final = 3.4
_COLUMN_NAMES: Final = 0.3
_COLUMN_NAMES_AND_FIGURES: Final = 0.8
_FIGURE: Final = 0.6
"""Of a share in figures."""
_MOST_COLUMN_NAMES: Final = 14
_ONE_PERCENT: Final = 0.005
"""Less is rounded to nothing."""


def tally_picture(answer: TallyAnswer) -> Picture:
    """Return a chart of genres (bars) or decades (columns), with the catalog's shares where the music is somebody's."""
    words = tally_words(answer)
    if answer.kind is Kind.GENRES:
        bars = len(_largest(answer))
        height = HEAD + _BAR * bars + EDGE
        return drawn(lambda figure: _draw_bars(figure, answer), alt=words, width=CHART_WIDTH, height=height)
    height = HEAD + _COLUMNS + _under_columns(answer) + EDGE
    return drawn(lambda figure: _draw_columns(figure, answer), alt=words, width=CHART_WIDTH, height=height)


def tally_words(answer: TallyAnswer) -> str:
    """Return what a chart of genres or decades shows, in words."""
    tally = _shown(answer)
    names = _largest(answer) if answer.kind is Kind.GENRES else tuple(tally.counts)
    shares = (
        f"{name} {_percent(tally.share(name))}"
        + (f" (catalog {_percent(answer.catalog.share(name))})" if answer.own else "")
        for name in names
    )
    return f"{_title(answer)}: {', '.join(shares)}."


def _draw_bars(figure: "Figure", answer: TallyAnswer) -> None:
    names, tally = _largest(answer), _shown(answer)
    is_own = answer.own is not None
    genres = len(tally.counts)
    which = f"{len(names)} of {genres:,} genres" if genres > len(names) else ""
    headed(figure, _title(answer), _caption(answer, which, "" if is_own else "a track may have several"))
    axes = _axes(
        figure, left=EDGE + _NAMES, bottom=EDGE, height=_BAR * len(names), right=2 * _FIGURE if is_own else _FIGURE
    )
    own, catalog = _shares(names, tally), _shares(names, answer.catalog)
    rows = np.arange(len(names))
    axes.barh(rows, own, height=0.62, color=ACCENT)
    axes.set(ylim=(len(names) - 0.5, -0.5), xlim=(0, max(*own, *(catalog if is_own else own))))
    if is_own:
        axes.vlines(catalog, rows - 0.4, rows + 0.4, color=INK, linewidth=2, clip_on=False)
    side = axes.get_yaxis_transform()
    for row, name in enumerate(names):
        label = axes.text(-0.015, row, legible(name), transform=side, ha="right", va="center", size=11.5)
        fitted(label, (_NAMES - 0.1) * figure.dpi)
        if is_own:
            _figure(axes, (1, row), (0.95 * _FIGURE, 0), own[row], ACCENT, transform=side)
            _figure(axes, (1, row), (1.95 * _FIGURE, 0), catalog[row], INK, transform=side)
        else:
            _figure(axes, (own[row], row), (0.9 * _FIGURE, 0), own[row], MUTED)


def _draw_columns(figure: "Figure", answer: TallyAnswer) -> None:
    tally = _shown(answer)
    is_own = answer.own is not None
    firsts = [int(name.removesuffix("s")) for name in (*tally.counts, *(answer.catalog.counts if is_own else ()))]
    names = [decade_name(first) for first in range(min(firsts), max(firsts) + 1, YEARS_OF_A_DECADE)]
    unknown = 1 - tally.known / tally.total
    headed(
        figure, _title(answer), _caption(answer, f"{unknown:.0%} of unknown year" if unknown >= _ONE_PERCENT else "")
    )
    axes = _axes(figure, left=EDGE, bottom=EDGE + _under_columns(answer), height=_COLUMNS)
    own, catalog = _shares(names, tally), _shares(names, answer.catalog)
    places = np.arange(len(names))
    axes.bar(places, own, width=0.66, color=ACCENT)
    highest = max(*own, *(catalog if is_own else own))
    axes.set(xlim=(-0.6, len(names) - 0.4), ylim=(0, (1.03 if is_own else 1.08) * highest))
    if is_own:
        axes.hlines(catalog, places - 0.42, places + 0.42, color=INK, linewidth=2, clip_on=False)
    axes.axhline(0, color=FAINT, linewidth=1.5, clip_on=False)
    foot = axes.get_xaxis_transform()
    every = math.ceil(len(names) / _MOST_COLUMN_NAMES)
    for place, name in enumerate(names[::every]):
        column = place * every
        axes.annotate(
            name, (column, 0), (0, -9), xycoords=foot, textcoords="offset points", ha="center", va="top", size=11.5
        )
        if is_own:
            _figure(axes, (column, 0), (0, -0.5), own[column], ACCENT, transform=foot, align="center")
            _figure(axes, (column, 0), (0, -0.75), catalog[column], INK, transform=foot, align="center")
        elif own[column]:
            _figure(axes, (column, own[column]), (0, 0.14), own[column], MUTED, align="center")


def _figure(
    axes: "Axes",
    place: tuple[float, float],
    inches_away: tuple[float, float],
    share: float,
    colour: str,
    *,
    transform: "Transform | None" = None,
    align: str = "right",
) -> None:
    """Write a share so many inches from a place."""
    axes.annotate(
        _percent(share),
        place,
        (72 * inches_away[0], 72 * inches_away[1]),
        xycoords=transform if transform is not None else "data",
        textcoords="offset points",
        ha=align,
        va="center",
        size=11,
        color=colour,
        annotation_clip=False,
    )


def _axes(figure: "Figure", *, left: float, bottom: float, height: float, right: float = 0.0) -> "Axes":
    """Return axes without a frame, with so much room on their right."""
    width, whole = figure.get_size_inches()
    axes = figure.add_axes((left / width, bottom / whole, (width - left - right - EDGE) / width, height / whole))
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return axes


def _under_columns(answer: TallyAnswer) -> float:
    return _COLUMN_NAMES if answer.own is None else _COLUMN_NAMES_AND_FIGURES


def _title(answer: TallyAnswer) -> str:
    return f"{'Genres' if answer.kind is Kind.GENRES else 'Decades'} of {answer.whose.label}"


def _caption(answer: TallyAnswer, *remarks: str) -> str:
    tracks = f"{answer.whose.tracks:,} track{'s' if answer.whose.tracks != 1 else ''}"
    weighed = " by how much each counts" if answer.whose.is_weighed else ""
    colours = "white: the catalog" if answer.own is not None else ""
    return "; ".join(filter(None, (f"{tracks}{weighed}", *remarks, colours)))


def _shown(answer: TallyAnswer) -> Tally:
    return answer.own or answer.catalog


def _largest(answer: TallyAnswer) -> tuple[str, ...]:
    return _shown(answer).ranked[:MOST_BARS]


def _shares(names: Sequence[str], tally: Tally) -> list[float]:
    return [tally.share(name) for name in names]


def _percent(share: float) -> str:
    return "<1%" if 0 < share < _ONE_PERCENT else f"{share:.0%}"
