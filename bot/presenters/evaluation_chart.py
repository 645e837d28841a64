"""Values → the picture that ``cratedigger evaluate --chart`` writes: how good each method is, with intervals."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from bot.presenters.figures import ACCENT, FAINT, INK, MUTED, Picture, drawn, legible
from bot.services.evaluation import Measured
from recommender.evaluation.compare import Row
from recommender.evaluation.counts import CountRow
from recommender.evaluation.methods import EARLIER_SYSTEMS, OUR_METHODS
from recommender.evaluation.planted_interests import InterestRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW_HEIGHT: Final = 0.3
"""Inches."""
_AROUND: Final = 1.9
"""Inches for title, axis and legend."""
_NAMES_WIDTH: Final = 2.0
_PANEL_WIDTH: Final = 5.0
_EARLIER: Final = "#e69f00"
_OTHERS: Final = "#828a99"
_ROOM: Final = 1.18
"""Of the longest interval, so that the figures beside bars have a place."""


def evaluation_chart(measured: Sequence[Measured]) -> Picture:
    """Return one panel per split, with the methods in the order of the first: a bar or a point each.

    Bars are NDCG, or the share of members who got both of their tastes; points are RMSE.

    Args:
        measured: Of one task and file, at least one; each has at least one row.
    """
    order = [
        row.method for row in sorted(measured[0].evaluation.rows, key=_value, reverse=_is_better_high(measured[0]))
    ]
    order += [row.method for each in measured[1:] for row in each.evaluation.rows if row.method not in order]
    first = measured[0]
    title = f"{first.task.capitalize()}: {_metric(first)}, {legible(first.file)}"

    def draw(figure: "Figure") -> None:
        panels = figure.subplots(1, len(measured), sharey=True, squeeze=False)[0]
        for axes, each in zip(panels, measured, strict=True):
            _panel(axes, each, order)
        panels[0].set_yticks(range(len(order)), [legible(name) for name in order])
        panels[0].set_ylim(len(order) - 0.4, -0.6)
        figure.suptitle(title, x=0.02, ha="left", fontsize=15, fontweight="bold", color=INK)
        _legend(figure, order)

    return drawn(
        draw,
        alt=f"{title}. " + " ".join(_in_words(each) for each in measured),
        width=_NAMES_WIDTH + _PANEL_WIDTH * len(measured),
        height=_AROUND + _ROW_HEIGHT * len(order),
    )


def _panel(axes: "Axes", measured: Measured, order: Sequence[str]) -> None:
    rows = {row.method: row for row in measured.evaluation.rows}
    places = [place for place, name in enumerate(order) if name in rows]
    shown = [rows[order[place]] for place in places]
    values = [_value(row) for row in shown]
    ends = [_interval(row) for row in shown]
    colours = [_colour(row.method) for row in shown]
    if _is_better_high(measured):
        axes.barh(places, values, color=colours, height=0.68)
    else:
        axes.scatter(values, places, c=colours, s=46, zorder=3)
    for place, value, (low, high), colour in zip(places, values, ends, colours, strict=True):
        axes.plot([low, high], [place, place], color=INK if _is_better_high(measured) else colour, lw=1.3, zorder=4)
        axes.annotate(f"{value:.3f}", (high, place), xytext=(5, 0), textcoords="offset points", va="center", color=INK)
    start = 0.0 if _is_better_high(measured) else min(low for low, _ in ends) * 0.97
    furthest = max(high for _, high in ends)
    axes.set_xlim(start, start + (furthest - start) * _ROOM if furthest > start else start + 1)
    axes.set_title(f"{measured.split}", fontsize=12, color=MUTED)
    axes.set_xlabel(f"{_axis(measured)} with 95 % intervals{_seeds(measured)}")
    axes.grid(axis="x", color=FAINT)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_visible(False)


def _legend(figure: "Figure", order: Sequence[str]) -> None:
    from matplotlib.patches import Patch

    groups = ((ACCENT, "ours"), (_EARLIER, "systems it grew from"), (_OTHERS, "other baselines"))
    used = {_colour(name) for name in order}
    handles = [Patch(color=colour, label=label) for colour, label in groups if colour in used]
    figure.legend(handles=handles, loc="outside lower left", ncols=len(handles))


def _in_words(measured: Measured) -> str:
    rows = sorted(measured.evaluation.rows, key=_value, reverse=_is_better_high(measured))
    return f"{measured.split}: " + ", ".join(f"{row.method} {_value(row):.3f}" for row in rows) + "."


def _value(row: Row | CountRow | InterestRow) -> float:
    if isinstance(row, InterestRow):
        return row.subgenres
    return row.ndcg if isinstance(row, Row) else row.rmse


def _interval(row: Row | CountRow | InterestRow) -> tuple[float, float]:
    if isinstance(row, InterestRow):
        return row.subgenres_ci
    return row.ndcg_ci if isinstance(row, Row) else row.rmse_ci


def _is_better_high(measured: Measured) -> bool:
    return not isinstance(measured.evaluation.rows[0], CountRow)


def _metric(measured: Measured) -> str:
    if isinstance(measured.evaluation.rows[0], InterestRow):
        return f"members with both tastes in their {measured.k}"
    return f"NDCG@{measured.k}" if _is_better_high(measured) else "RMSE of log(1 + count), less is better"


def _axis(measured: Measured) -> str:
    is_of_members = isinstance(measured.evaluation.rows[0], InterestRow)
    return "Share, by subgenre," if is_of_members else _metric(measured).partition(" ")[0]


def _seeds(measured: Measured) -> str:
    return f", {len(measured.seeds)} seeds" if len(measured.seeds) > 1 else ""


def _colour(method: str) -> str:
    if method in OUR_METHODS:
        return ACCENT
    return _EARLIER if method in EARLIER_SYSTEMS else _OTHERS
