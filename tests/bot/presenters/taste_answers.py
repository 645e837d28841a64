"""Maps and charts with invented values, as the service would answer."""

from typing import Any

import numpy as np

from bot.services.taste_answers import Kind, MapAnswer, SoundAnswer, TallyAnswer, Whose
from recommender.area_names import AreaName
from recommender.projection import Projection
from recommender.tallies import SOUND_FEATURES, Sound, Spread, Tally
from recommender.taste_map import NOWHERE, Area, Layer, TasteMap
from recommender.types import Matrix, Track, TrackKey

CATALOG = Whose(label="the catalog", described={"kind": "catalog"}, tracks=4_000)
ADA = Whose(label="what Ada listens to", described={"kind": "member", "member": "101"}, tracks=30, is_weighed=True)
SONGS = Whose(label="“Paper Boats” by The Lanterns", described={"kind": "track", "tracks": []}, tracks=2)
EACH = 40
"""Tracks of one area."""


def area(number: int, *, tracks: int = EACH, weight: float = 0.25, **name: Any) -> Area:
    values: dict[str, Any] = {
        "name": f"genre {number} · subgenre {number}",
        "genres": (f"genre {number}", f"subgenre {number}"),
        "sounds": ("acoustic", "low-key"),
        "decade": 1990,
        "artists": (f"The {number}s", "Somebody Else"),
    }
    first = TrackKey(number * EACH + 1)
    return Area(name=AreaName(**{**values, **name}), weight=weight, tracks=tracks, representative=first)


def map_answer(
    areas: int = 4,
    *,
    whose: Whose = CATALOG,
    interests: int = 0,
    loose: int = 0,
    by: Projection = Projection.TSNE,
    **name: Any,
) -> MapAnswer:
    """Return a map of areas in a ring; each interest is in one of them, and ``loose`` tracks in none."""
    labels = np.repeat(np.arange(areas), EACH)
    tracks = tuple(
        Track(key=TrackKey(row + 1), title=f"Song {row} - Remastered", artists=(f"Artist {row}", "Guest"))
        for row in range(areas * EACH)
    )
    own, strengths = None, np.zeros(len(tracks), dtype=np.float32)
    if interests:
        in_interest = np.full(len(tracks), NOWHERE)
        for label in range(interests):
            in_interest[label * EACH : label * EACH + 10] = label
        strengths[in_interest != NOWHERE] = np.linspace(1, 5, 10 * interests)
        strengths[-1 - loose : -1] = 1
        own = Layer(
            areas=tuple(area(label, tracks=10, weight=1 / interests, **name) for label in range(interests)),
            labels=in_interest,
        )
    return MapAnswer(
        whose=whose,
        map=TasteMap(
            by=by,
            seed=0,
            tracks=tracks,
            places=ring(areas),
            catalog=Layer(areas=tuple(area(label, weight=1 / areas, **name) for label in range(areas)), labels=labels),
            own=own,
            strengths=strengths,
            trust=0.94,
        ),
        catalog_tracks=4_000,
        fingerprint="f" * 16,
    )


def ring(areas: int) -> Matrix:
    rng = np.random.default_rng(1)
    angles = np.repeat(2 * np.pi * np.arange(areas) / areas, EACH)
    around = 0.8 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return (around + rng.normal(0, 0.05, size=around.shape)).astype(np.float32)


def tally(**counts: float) -> Tally:
    weights = {name.replace("_", " ").removeprefix("y"): count for name, count in counts.items()}
    return Tally(counts=weights, known=10.0, total=20.0)


def tally_answer(kind: Kind, catalog: Tally, own: Tally | None = None) -> TallyAnswer:
    return TallyAnswer(kind=kind, whose=ADA if own else CATALOG, own=own, catalog=catalog)


def sound(shift: float = 0.0, features: tuple[str, ...] = SOUND_FEATURES) -> Sound:
    return {
        name: Spread(mean=0.5 + shift * 0.1 * (place % 3 - 1), deviation=0.1, known=10)
        for place, name in enumerate(features)
    }


def sound_answer(*parts: str, whose: Whose = CATALOG, shift: float = 1.0) -> SoundAnswer:
    return SoundAnswer(
        whose=whose,
        whole=None if whose is CATALOG else sound(shift / 2),
        parts=tuple((name, sound(shift * (place + 1))) for place, name in enumerate(parts)),
        catalog=sound(),
    )
