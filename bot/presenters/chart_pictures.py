"""Genres, decades and the sound of music → pictures: bars, columns and a radar."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from bot.presenters.figures import ACCENT, FAINT, INK, MUTED, PALETTE, PAPER, Picture, drawn, fitted, legible
from bot.services.taste_maps import Kind, SoundAnswer, TallyAnswer, Whose
from recommender.tallies import YEARS_OF_A_DECADE, Sound, Tally, decade_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.projections.polar import PolarAxes
    from matplotlib.transforms import Transform

WIDTH: Final = 8.0
"""Inches, as all sizes here."""
MOST_BARS: Final = 14
"""Genres shown; the others are counted."""

_EDGE: Final = 0.3
_HEAD: Final = 1.0
"""Of the title and the line below it."""
_NAMES: Final = 2.3
"""Of the names on the left of bars."""
_BAR: Final = 0.36
_COLUMNS: Final = 3.4
_COLUMN_NAMES: Final = 0.3
_COLUMN_NAMES_AND_FIGURES: Final = 0.8
_FIGURE: Final = 0.6
"""Of a share in figures."""
_MOST_COLUMN_NAMES: Final = 14
_RADAR: Final = 5.7
_RADAR_WORDS: Final = 0.6
"""Around the radar."""
_LEGEND_COLUMNS: Final = 3
_LEGEND_LINE: Final = 0.27
_LEGEND_WORDS: Final = 1.75
_RADAR_CAPTION: Final = "standard deviations from the catalog's mean (dashed); further out is more"
_MOST_REACH: Final = 3
"""Standard deviations that a radar shows; what is farther is drawn there. The least is one, so that small differences
look small."""
_BETWEEN_FEATURES: Final = 0.35
"""Radians: where the rings are named."""
_STEEP: Final = 0.2
"""Sine of the angle up to which a feature stands above or below the radar."""
_ONE_PERCENT: Final = 0.005
"""Less is rounded to nothing."""
_FORMS: Final = {"loudness": ("{:.1f}", " dB"), "tempo": ("{:.0f}", " bpm")}


def tally_picture(answer: TallyAnswer) -> Picture:
    """Return a chart of genres (bars) or decades (columns), with the catalog's shares where the music is somebody's."""
    words = tally_words(answer)
    if answer.kind is Kind.GENRES:
        bars = len(_largest(answer))
        height = _HEAD + _BAR * bars + _EDGE
        return drawn(lambda figure: _draw_bars(figure, answer), alt=words, width=WIDTH, height=height)
    height = _HEAD + _COLUMNS + _under_columns(answer) + _EDGE
    return drawn(lambda figure: _draw_columns(figure, answer), alt=words, width=WIDTH, height=height)


def sound_picture(answer: SoundAnswer) -> Picture:
    """Return a radar of the audio features, in standard deviations from the catalog's mean."""
    height = _HEAD + _RADAR + _under_radar(answer)
    return drawn(lambda figure: _draw_radar(figure, answer), alt=sound_words(answer), width=WIDTH, height=height)


def tally_words(answer: TallyAnswer) -> str:
    """Return what a chart of genres or decades shows, in words."""
    tally = _shown(answer)
    names = _largest(answer) if answer.kind is Kind.GENRES else tuple(tally.counts)
    shares = (
        f"{name} {_percent(tally.share(name))}"
        + (f" (catalog {_percent(answer.catalog.share(name))})" if answer.own else "")
        for name in names
    )
    return f"{_title(answer.kind, answer.whose)}: {', '.join(shares)}."


def sound_words(answer: SoundAnswer) -> str:
    """Return what a radar shows, in words."""
    lines = (
        f"{name}: "
        + ", ".join(
            f"{feature} {_value(feature, sound)} ({_deviations(feature, sound, answer.catalog):+.1f})"
            for feature in answer.features
        )
        for name, sound in _heard(answer)
    )
    return (
        f"{_title(Kind.SOUND, answer.whose)}; in brackets the standard deviations from the catalog's mean. "
        f"{'; '.join(lines)}."
    )


def _draw_bars(figure: "Figure", answer: TallyAnswer) -> None:
    names, tally = _largest(answer), _shown(answer)
    is_own = answer.own is not None
    genres = len(tally.counts)
    which = f"{len(names)} of {genres:,} genres" if genres > len(names) else ""
    _heading(figure, answer.kind, answer.whose, _caption(answer, which, "" if is_own else "a track may have several"))
    axes = _axes(
        figure, left=_EDGE + _NAMES, bottom=_EDGE, height=_BAR * len(names), right=2 * _FIGURE if is_own else _FIGURE
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
    _heading(figure, answer.kind, answer.whose, _caption(answer, f"{unknown:.0%} of unknown year" if unknown else ""))
    axes = _axes(figure, left=_EDGE, bottom=_EDGE + _under_columns(answer), height=_COLUMNS)
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


def _draw_radar(figure: "Figure", answer: SoundAnswer) -> None:
    _heading(figure, Kind.SOUND, answer.whose, _RADAR_CAPTION)
    features = answer.features
    angles = 2 * np.pi * np.arange(len(features)) / len(features)
    heard = _heard(answer)
    deviations = [[_deviations(name, sound, answer.catalog) for name in features] for _, sound in heard]
    reach = _reach(deviations)
    axes = _radar_axes(figure, reach, above=_under_radar(answer))
    for angle in angles:
        axes.plot([angle, angle], [-reach, reach], color=FAINT, linewidth=0.9, zorder=1)
    whole = () if answer.whole is None else (INK,) if answer.parts else (ACCENT,)
    for (name, _), values, colour in zip(heard, deviations, (*whole, *PALETTE), strict=False):
        ends = np.clip([*values, values[0]], -reach, reach)
        around = np.append(angles, angles[0])
        if colour in whole:
            axes.fill(around, ends, color=colour, alpha=0.16)
        axes.plot(
            around, ends, color=colour, linewidth=2.2, marker="o", markersize=5, label=legible(name), clip_on=False
        )
    for angle, name in zip(angles, features, strict=True):
        _feature_words(axes, float(angle), reach, name, answer)
    if answer.parts:
        legend = figure.legend(loc="lower center", ncols=_LEGEND_COLUMNS, bbox_to_anchor=(0.5, 0.01))
        for text in legend.get_texts():
            fitted(text, _LEGEND_WORDS * figure.dpi)


def _radar_axes(figure: "Figure", reach: int, *, above: float) -> "PolarAxes":
    size = _RADAR - 2 * _RADAR_WORDS
    width, height = figure.get_size_inches()
    bottom = _RADAR_WORDS + above
    place = ((width - size) / 2 / width, bottom / height, size / width, size / height)
    axes = cast("PolarAxes", figure.add_axes(place, projection="polar"))
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    axes.set(ylim=(-reach, reach), xticks=[], yticks=[])
    axes.spines["polar"].set_visible(False)
    # The innermost one would be a point.
    for ring in range(1 - reach, reach + 1):
        _ring(axes, ring)
    return axes


def _ring(axes: "PolarAxes", ring: int) -> None:
    """Draw the circle of so many standard deviations, and write on it what it is."""
    whole = np.linspace(0, 2 * np.pi, 361)
    style: dict[str, Any] = {"color": FAINT, "linewidth": 0.9} if ring else {"color": MUTED, "linewidth": 1.5}
    axes.plot(whole, np.full_like(whole, ring), linestyle="-" if ring else "--", zorder=1, clip_on=False, **style)
    words = f"{ring:+}".replace("-", "−") if ring else "0"
    box = {"boxstyle": "round,pad=0.15", "facecolor": PAPER, "edgecolor": "none"}
    axes.annotate(words, (_BETWEEN_FEATURES, ring), ha="center", va="center", size=9.5, color=MUTED, bbox=box, zorder=1)


def _feature_words(axes: "PolarAxes", angle: float, reach: int, name: str, answer: SoundAnswer) -> None:
    """Write a feature's name and its means at the end of its axis."""
    right, up = math.sin(angle), math.cos(angle)
    align = "center" if abs(right) < _STEEP else "left" if right > 0 else "right"
    means = f"catalog {_value(name, answer.catalog)}"
    if answer.whole is not None:
        means = f"{_value(name, answer.whole, with_unit=False)}, {means}"
    first: dict[str, Any] = {"size": 12, "weight": "bold"}
    second: dict[str, Any] = {"size": 10, "color": MUTED}
    for words, line, style in ((name, 7, first), (means, -7, second)):
        away = (10 * right, 18 * up + line)
        axes.annotate(
            words,
            (angle, reach),
            away,
            textcoords="offset points",
            ha=align,
            va="center",
            annotation_clip=False,
            **style,
        )


def _heading(figure: "Figure", kind: Kind, whose: Whose, caption: str) -> None:
    figure.set_layout_engine("none")
    width, height = figure.get_size_inches()
    title = figure.text(_EDGE / width, 1 - 0.2 / height, legible(_title(kind, whose)), size=16, weight="bold", va="top")
    below = figure.text(_EDGE / width, 1 - 0.58 / height, caption, size=10.5, color=MUTED, va="top")
    for each in (title, below):
        fitted(each, (width - 2 * _EDGE) * figure.dpi)


def _axes(figure: "Figure", *, left: float, bottom: float, height: float, right: float = 0.0) -> "Axes":
    """Return axes without a frame, with so much room on their right."""
    width, whole = figure.get_size_inches()
    axes = figure.add_axes((left / width, bottom / whole, (width - left - right - _EDGE) / width, height / whole))
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return axes


def _under_radar(answer: SoundAnswer) -> float:
    return _LEGEND_LINE * (1 + math.ceil(len(_heard(answer)) / _LEGEND_COLUMNS)) if answer.parts else 0.0


def _under_columns(answer: TallyAnswer) -> float:
    return _COLUMN_NAMES if answer.own is None else _COLUMN_NAMES_AND_FIGURES


def _title(kind: Kind, whose: Whose) -> str:
    what = {Kind.GENRES: "Genres", Kind.DECADES: "Decades", Kind.SOUND: "The sound"}
    return f"{what[kind]} of {whose.label}"


def _caption(answer: TallyAnswer, *remarks: str) -> str:
    tracks = f"{answer.whose.tracks:,} track{'s' if answer.whose.tracks != 1 else ''}"
    weighed = " by how much each counts" if answer.whose.is_weighed else ""
    colours = "white: the catalog" if answer.own is not None else ""
    return "; ".join(filter(None, (f"{tracks}{weighed}", *remarks, colours)))


def _heard(answer: SoundAnswer) -> list[tuple[str, Sound]]:
    return [*([("on average", answer.whole)] if answer.whole is not None else []), *answer.parts]


def _shown(answer: TallyAnswer) -> Tally:
    return answer.own or answer.catalog


def _largest(answer: TallyAnswer) -> tuple[str, ...]:
    return _shown(answer).ranked[:MOST_BARS]


def _shares(names: Sequence[str], tally: Tally) -> list[float]:
    return [tally.share(name) for name in names]


def _percent(share: float) -> str:
    return "<1%" if 0 < share < _ONE_PERCENT else f"{share:.0%}"


def _value(feature: str, sound: Sound, *, with_unit: bool = True) -> str:
    form, unit = _FORMS.get(feature, ("{:.2f}", ""))
    return f"{form.format(sound[feature].mean).replace('-', '−')}{unit if with_unit else ''}"


def _deviations(feature: str, sound: Sound, catalog: Sound) -> float:
    """Return how far a mean is from the catalog's, in standard deviations of the catalog's tracks."""
    usual = catalog[feature]
    return (sound[feature].mean - usual.mean) / usual.deviation if usual.deviation > 0 else 0.0


def _reach(deviations: Sequence[Sequence[float]]) -> int:
    """Return how many standard deviations a radar shows."""
    farthest = max(abs(each) for values in deviations for each in values)
    return min(max(math.ceil(farthest), 1), _MOST_REACH)
