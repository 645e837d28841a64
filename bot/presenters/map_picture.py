"""A map of music → a picture: dots for tracks, numbered areas, and beside it what the areas are."""

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.presenters.figures import (
    ACCENT,
    EDGE,
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
from bot.services.taste_answers import MapAnswer
from recommender.interests import Labels
from recommender.projection import Projection
from recommender.songs import without_issue
from recommender.tallies import decade_name
from recommender.taste_map import NOWHERE, Area, Layer, TasteMap
from recommender.types import Matrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

WIDTH: Final = 9.2
HEIGHT: Final = 6.4
"""Inches."""

_MAP: Final = (EDGE / WIDTH, EDGE / HEIGHT, 0.58, 1 - (HEAD + EDGE) / HEIGHT)
_KEY: Final = (0.633, _MAP[1], 0.355, _MAP[3])
"""Left, bottom, width and height as shares of the figure."""
_MARGIN: Final = 1.06
"""Times the extent of the tracks: where the frame of the map is."""
_LEAST_EXTENT: Final = 1e-3
"""Tracks in one place still need a frame around them."""
_BACKGROUND: Final = "#596273"
"""Tracks that are there to show where the others lie."""
_BADGE_POINTS: Final = 17.0
"""Across."""
_CLOSE: Final = 12
"""Neighbours that say how dense an area is at a track."""
_MOST_COMPARED: Final = 400
"""Tracks of an area among which its densest place is looked for."""
_FEWEST_PLACES: Final = 5
"""Areas that the key is laid out for; more of them stand closer together."""
_FEW_AREAS: Final = 4
"""So many have room for another line each."""
_MANY_AREAS: Final = 9
"""So many have room for two lines each."""
_KEY_BADGE: Final = 0.055
_KEY_WORDS: Final = 0.125
"""Where badges and words of the key stand in its width."""
_LINE_INCHES: Final = 0.2
_WIDEST_LANDMARK: Final = 0.4
"""Of the map's width."""
_MOST_TRIED: Final = 30
"""Places tried for one badge or name."""


def map_picture(answer: MapAnswer) -> Picture:
    """Return the picture of a map; its words name what the areas are."""
    return drawn(lambda figure: _MapDrawing(figure, answer).draw(), alt=map_words(answer), width=WIDTH, height=HEIGHT)


def map_words(answer: MapAnswer) -> str:
    """Return what a map shows, in words."""
    areas = ". ".join(
        f"{number}: {'; '.join(_lines(answer, area))}"
        for number, area in enumerate(_layer_of(answer.map).areas, start=1)
    )
    what = "Interests" if answer.map.own else "Areas"
    return f"A map of {answer.whose.label}. {_caption(answer)}. {what}, largest first: {areas}."


class _MapDrawing:
    """One map on one figure."""

    def __init__(self, figure: "Figure", answer: MapAnswer) -> None:
        self._figure = figure
        self._answer = answer
        self._map = answer.map
        self._layer = _layer_of(answer.map)
        self._axes: Axes = figure.add_axes(_MAP)
        self._taken: list[Bbox] = []
        """What must not be written over, in pixels."""

    def draw(self) -> None:
        label = self._answer.whose.label
        headed(self._figure, f"{label[:1].upper()}{label[1:]}", _caption(self._answer))
        self._frame()
        if self._map.own is None:
            self._catalog_dots()
        else:
            self._own_dots()
        self._badges()
        if self._map.own is not None:
            self._landmarks()
        self._key()

    def _frame(self) -> None:
        axes = self._axes
        wide, high = np.maximum(np.abs(self._map.places).max(axis=0), _LEAST_EXTENT).tolist()
        if self._map.by is Projection.PCA:
            # Here distances mean something, so that both axes have one scale; elsewhere the map fills its frame.
            ratio = axes.bbox.width / axes.bbox.height
            wide, high = max(wide, high * ratio), max(high, wide / ratio)
        wide, high = wide * _MARGIN, high * _MARGIN
        axes.set(xticks=[], yticks=[], xlim=(-wide, wide), ylim=(-high, high))
        for spine in axes.spines.values():
            spine.set(visible=True, color=FAINT)

    def _catalog_dots(self) -> None:
        size = float(np.clip(24_000 / len(self._map.places), 4, 60))
        colours = [_colour(label) for label in self._layer.labels.tolist()]
        # In the order of their keys, so that no area lies on top of the others.
        x, y = self._map.places.T
        self._axes.scatter(x, y, s=size, c=colours, alpha=0.8, linewidths=0)

    def _own_dots(self) -> None:
        places, strengths, labels = self._map.places, self._map.strengths, self._layer.labels
        others = strengths == 0
        x, y = places.T
        self._axes.scatter(x[others], y[others], s=7, color=_BACKGROUND, alpha=0.55, linewidths=0)
        # The weak ones last, so that they are not hidden.
        own = np.flatnonzero(~others)
        own = own[np.argsort(-strengths[own], kind="stable")]
        sizes = 24 + 110 * strengths[own] / strengths.max()
        colours = [INK if label == NOWHERE else _colour(label) for label in labels[own].tolist()]
        self._axes.scatter(x[own], y[own], s=sizes, c=colours, alpha=0.92, edgecolors=PAPER, linewidths=0.7)

    def _badges(self) -> None:
        for label in range(len(self._layer.areas)):
            boxes = [self._badge_box(place) for place in self._dense_places(self._layer.labels, label)]
            if boxes:
                box = next((each for each in boxes if self._is_free(each)), boxes[0])
                self._taken.append(box)
                centre = self._axes.transData.inverted().transform(_middle(box))
                _badge(self._axes, centre[0], centre[1], label)

    def _landmarks(self) -> None:
        """Write what the areas of the catalog are, wherever there is room."""
        from matplotlib.patheffects import AbstractPathEffect, withStroke

        halo: list[AbstractPathEffect] = [withStroke(linewidth=4, foreground=PAPER)]
        for label, area in enumerate(self._map.catalog.areas):
            text = self._axes.text(
                0, 0, legible(area.name.name), size=10, style="italic", color=MUTED, ha="center", va="center"
            )
            text.set_path_effects(halo)
            fitted(text, _WIDEST_LANDMARK * self._axes.bbox.width)
            best, least = None, math.inf
            for place in self._dense_places(self._map.catalog.labels, label):
                text.set_position(tuple(place.tolist()))
                box = self._moved_inside(text.get_window_extent().padded(4))
                covered = self._dots_in(box)
                if covered < least and self._is_free(box):
                    best, least = box, covered
            if best is None:
                text.remove()
            else:
                self._taken.append(best)
                text.set_position(tuple(self._axes.transData.inverted().transform(_middle(best)).tolist()))

    def _key(self) -> None:
        """Write what the areas are; where there is room also who plays in them, and what the dots are."""
        axes = self._figure.add_axes(_KEY)
        areas = self._layer.areas
        is_own = self._map.own is not None
        places = max(_FEWEST_PLACES, len(areas) + is_own)
        axes.set(xlim=(0, 1), ylim=(-places, 0))
        axes.axis("off")
        step = _LINE_INCHES / (_KEY[3] * HEIGHT / places)
        most = 4 if len(areas) <= _FEW_AREAS else 3 if len(areas) < _MANY_AREAS else 2
        lines = [_lines(self._answer, area)[:most] for area in areas]
        for label, words in enumerate(lines):
            top = -label - 0.5 + step * (len(words) - 1) / 2
            _badge(axes, _KEY_BADGE, top - step / 2, label)
            for row, line in enumerate(words):
                style: dict[str, Any] = {"size": 10.2, "color": MUTED} if row else {"size": 12, "weight": "bold"}
                text = axes.text(_KEY_WORDS, top - row * step, legible(line), va="center", **style)
                fitted(text, (1 - _KEY_WORDS) * axes.bbox.width)
        if is_own:
            self._legend(axes, 0.5 - places, step)

    def _legend(self, axes: "Axes", middle: float, step: float) -> None:
        rows = [(_BACKGROUND, 4.0, "the catalog, its areas in italics")]
        if (self._layer.labels[self._map.strengths > 0] == NOWHERE).any():
            rows.insert(0, (INK, 6.0, "in no interest"))
        if self._answer.whose.is_weighed:
            rows.insert(0, (ACCENT, 8.0, "larger dots count for more"))
        for row, (colour, size, words) in enumerate(rows):
            y = middle + ((len(rows) - 1) / 2 - row) * step
            axes.plot(_KEY_BADGE, y, marker="o", markersize=size, color=colour)
            axes.text(_KEY_WORDS, y, words, size=10, color=MUTED, va="center")

    def _dense_places(self, labels: Labels, label: int) -> Matrix:
        return _densest_first(self._map.places[labels == label])

    def _badge_box(self, place: NDArray[np.float32]) -> "Bbox":
        from matplotlib.transforms import Bbox

        x, y = self._axes.transData.transform(place)
        half = _BADGE_POINTS / 72 * self._figure.dpi / 2
        return Bbox.from_extents(x - half, y - half, x + half, y + half)

    def _dots_in(self, box: "Bbox") -> int:
        """Return how many tracks of the own music a box would hide."""
        own = self._axes.transData.transform(self._map.places[self._map.strengths > 0])
        inside = (own > [box.x0, box.y0]) & (own < [box.x1, box.y1])
        return int(inside.all(axis=1).sum())

    def _is_free(self, box: "Bbox") -> bool:
        return not any(box.overlaps(other) for other in self._taken)

    def _moved_inside(self, box: "Bbox") -> "Bbox":
        frame = self._axes.bbox
        right = max(frame.x0 - box.x0, 0) - max(box.x1 - frame.x1, 0)
        up = max(frame.y0 - box.y0, 0) - max(box.y1 - frame.y1, 0)
        return box.translated(right, up)


def _layer_of(drawn_map: TasteMap) -> Layer:
    return drawn_map.own or drawn_map.catalog


def _middle(box: "Bbox") -> tuple[float, float]:
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def _badge(axes: "Axes", x: float, y: float, label: int) -> None:
    axes.plot(
        x, y, marker="o", markersize=_BADGE_POINTS, color=_colour(label), markeredgecolor=PAPER, markeredgewidth=1.6
    )
    axes.text(x, y, str(label + 1), size=10, weight="bold", color=PAPER, ha="center", va="center_baseline")


def _colour(label: int) -> str:
    return PALETTE[label % len(PALETTE)]


def _densest_first(places: Matrix) -> Matrix:
    """Return some of the places, those with the nearest neighbours first."""
    if len(places) > _MOST_COMPARED:
        places = places[np.linspace(0, len(places) - 1, _MOST_COMPARED).astype(np.int64)]
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    near = np.sort(distances, axis=1)[:, : _CLOSE + 1].sum(axis=1)
    return places[np.argsort(near, kind="stable")[:_MOST_TRIED]]


def _caption(answer: MapAnswer) -> str:
    shown, everything = len(answer.map.tracks), answer.catalog_tracks
    tracks = f"{shown:,} tracks" if shown == everything else f"{shown:,} of {everything:,} tracks"
    how = {
        Projection.PCA: "PCA: the two directions that music differs most in",
        Projection.TSNE: "t-SNE: what is near is alike",
    }
    trust = f" (trustworthiness {answer.map.trust:.2f})" if answer.map.trust is not None else ""
    return f"{tracks} by {how[answer.map.by]}{trust}"


def _lines(answer: MapAnswer, area: Area) -> list[str]:
    """Return what is said of an area, what matters most first: its name, what tells it apart, its track and artists."""
    name = area.name
    traits = [*([decade_name(name.decade)] if name.decade is not None else []), *name.sounds]
    lines = [name.name, ", ".join([_size(answer, area), *(each for each in traits if each not in name.name)])]
    if answer.map.own is None and name.artists:
        return [*lines, ", ".join(name.artists)]
    track = next((each for each in answer.map.tracks if each.key == area.representative), None)
    if track is not None:
        lines.append(f"“{without_issue(track.title)}” by {track.artists[0]}")
        others = [artist for artist in name.artists if artist not in track.artists]
        if others:
            lines.append(f"also {', '.join(others)}")
    return lines


def _size(answer: MapAnswer, area: Area) -> str:
    tracks = f"{area.tracks:,} track{'s' if area.tracks != 1 else ''}"
    if answer.map.own is None:
        return f"{area.weight:.0%}"
    return f"{area.weight:.0%}, {tracks}" if answer.whose.is_weighed else tracks
