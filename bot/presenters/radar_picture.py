"""How music sounds → a picture: a radar of the audio features."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from bot.presenters.figures import (
    ACCENT,
    CHART_WIDTH,
    FAINT,
    HEAD,
    INK,
    MUTED,
    PALETTE,
    PAPER,
    Picture,
    drawn,
    fitted,
    headed,
    legible,
)
from bot.services.taste_answers import SoundAnswer
from recommender.tallies import Sound

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.projections.polar import PolarAxes

_RADAR: Final = 5.7
"""Inches, as all sizes here."""
_RADAR_WORDS: Final = 0.6
"""Around the radar."""
_LEGEND_COLUMNS: Final = 3
_LEGEND_LINE: Final = 0.27
_LEGEND_WORDS: Final = 1.75
_CAPTION: Final = "standard deviations from the catalog's mean (dashed); further out is more"
_MOST_REACH: Final = 3
"""Standard deviations that a radar shows; what is farther is drawn there. The least is one, so that small differences
look small."""
_BETWEEN_FEATURES: Final = 0.35
"""Radians: where the rings are named."""
_STEEP: Final = 0.2
"""Sine of the angle up to which a feature stands above or below the radar."""
_FORMS: Final = {"loudness": ("{:.0f}", " dB"), "tempo": ("{:.0f}", " bpm")}


def sound_picture(answer: SoundAnswer) -> Picture:
    """Return a radar of the audio features, in standard deviations from the catalog's mean."""
    height = HEAD + _RADAR + _under_radar(answer)
    return drawn(lambda figure: _draw_radar(figure, answer), alt=sound_words(answer), width=CHART_WIDTH, height=height)


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
    return f"{_title(answer)}; in brackets the standard deviations from the catalog's mean. {'; '.join(lines)}."


def _draw_radar(figure: "Figure", answer: SoundAnswer) -> None:
    headed(figure, _title(answer), _CAPTION)
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


def _under_radar(answer: SoundAnswer) -> float:
    return _LEGEND_LINE * (1 + math.ceil(len(_heard(answer)) / _LEGEND_COLUMNS)) if answer.parts else 0.0


def _title(answer: SoundAnswer) -> str:
    return f"The sound of {answer.whose.label}"


def _heard(answer: SoundAnswer) -> list[tuple[str, Sound]]:
    return [*([("on average", answer.whole)] if answer.whole is not None else []), *answer.parts]


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
