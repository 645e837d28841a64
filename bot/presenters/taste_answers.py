"""Maps and charts → pictures for people, JSON for programs."""

from typing import Any, assert_never

from bot.presenters.chart_pictures import tally_picture
from bot.presenters.figures import Picture
from bot.presenters.map_picture import map_picture
from bot.presenters.radar_picture import sound_picture
from bot.services.taste_answers import Answer, MapAnswer, SoundAnswer, TallyAnswer, Whose
from recommender.tallies import Sound
from recommender.taste_map import NOWHERE, Layer
from recommender.types import Track

Json = dict[str, Any]

_DECIMALS = 6


def picture_of(answer: Answer) -> Picture:
    """Return the picture of a map or a chart, with words for whoever cannot see it."""
    match answer:
        case MapAnswer():
            return map_picture(answer)
        case TallyAnswer():
            return tally_picture(answer)
        case SoundAnswer():
            return sound_picture(answer)
        case _:
            assert_never(answer)


def json_of(answer: Answer) -> Json:
    """Return the values of a map or a chart; shares are 0 to 1, areas count from 1, what is not known is null."""
    match answer:
        case MapAnswer():
            return _map_json(answer)
        case TallyAnswer():
            return _tally_json(answer)
        case SoundAnswer():
            return _sound_json(answer)
        case _:
            assert_never(answer)


def _map_json(answer: MapAnswer) -> Json:
    drawn = answer.map
    by_key = {track.key: track for track in drawn.tracks}
    interests = drawn.own.labels.tolist() if drawn.own is not None else [NOWHERE] * len(drawn.tracks)
    rows = zip(
        drawn.tracks,
        drawn.places.tolist(),
        drawn.catalog.labels.tolist(),
        interests,
        drawn.strengths.tolist(),
        strict=True,
    )
    return {
        "kind": "map",
        "subject": _subject(answer.whose),
        "by": drawn.by.value,
        "seed": drawn.seed,
        "trustworthiness": _rounded(drawn.trust),
        "catalog": {"tracks": answer.catalog_tracks, "shown": len(drawn.tracks), "fingerprint": answer.fingerprint},
        "areas": _areas(drawn.catalog, by_key),
        "interests": _areas(drawn.own, by_key) if drawn.own is not None else None,
        "points": [
            {
                **_named(track),
                "x": _rounded(x),
                "y": _rounded(y),
                "area": area + 1,
                "interest": interest + 1 if interest != NOWHERE else None,
                "strength": _rounded(strength),
            }
            for track, (x, y), area, interest, strength in rows
        ],
    }


def _areas(layer: Layer, by_key: dict[Any, Track]) -> list[Json]:
    return [
        {
            "name": area.name.name,
            "genres": list(area.name.genres),
            "sounds": list(area.name.sounds),
            "decade": area.name.decade,
            "artists": list(area.name.artists),
            "share": _rounded(area.weight),
            "tracks": area.tracks,
            "representative": _named(by_key[area.representative]) if area.representative in by_key else None,
        }
        for area in layer.areas
    ]


def _tally_json(answer: TallyAnswer) -> Json:
    own, catalog = answer.own, answer.catalog
    names = dict.fromkeys((*(own.counts if own is not None else ()), *catalog.counts))
    first = own or catalog
    return {
        "kind": answer.kind.value,
        "subject": _subject(answer.whose),
        "known_share": _rounded(first.known / first.total),
        "rows": [
            {
                "name": name,
                "share": _rounded(own.share(name)) if own is not None else None,
                "catalog_share": _rounded(catalog.share(name)),
                "catalog_tracks": int(catalog.counts.get(name, 0)),
            }
            for name in sorted(names, key=lambda name: (-first.share(name), -catalog.share(name), name))
        ],
    }


def _sound_json(answer: SoundAnswer) -> Json:
    return {
        "kind": "sound",
        "subject": _subject(answer.whose),
        "features": list(answer.features),
        "catalog": _spreads(answer.catalog, answer.features),
        "whole": _spreads(answer.whole, answer.features) if answer.whole is not None else None,
        "parts": [{"name": name, "sound": _spreads(sound, answer.features)} for name, sound in answer.parts],
    }


def _spreads(sound: Sound, features: tuple[str, ...]) -> Json:
    return {
        name: {"mean": _rounded(sound[name].mean), "deviation": _rounded(sound[name].deviation)} for name in features
    }


def _subject(whose: Whose) -> Json:
    return {**whose.described, "number_of_tracks": whose.tracks}


def _named(track: Track) -> Json:
    return {"key": track.key, "title": track.title, "artists": list(track.artists)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
