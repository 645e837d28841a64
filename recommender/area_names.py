"""Names for groups of tracks: what the tracks of a group have in common that others have not.

Every track has words: its genres, how it sounds, its decade, its artists. A group is named by the words that tell it
from the background best.

Source:
    Tomokiyo and Hurst, ACL Workshop on Multiword Expressions 2003, pp. 33-40, doi:10.3115/1119282.1119287: the
    informativeness of a word is its pointwise Kullback-Leibler divergence, p · log(p / q).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from recommender.ranking.prompt_meaning import Trait
from recommender.songs import normalised
from recommender.tallies import decade_name, decade_of
from recommender.types import Track

Group = Sequence[tuple[Track, float]]
"""Tracks with their weights."""

MAX_GENRES: Final = 3
MAX_SOUNDS: Final = 2
MAX_ARTISTS: Final = 3
NAMELESS: Final = "a bit of everything"

_LEAST_SHARE: Final = 0.12
"""Of a group: a genre, sound or decade that fewer of its tracks have does not stand for it."""
_LEAST_LIFT: Final = 1.4
"""Times as common as in the background: less is no distinction."""
_LEAST_LIFT_OF_ARTISTS: Final = 3.0
"""The same for artists: one with many tracks has some in every group."""
_FAIR_SHARE: Final = 0.3
"""Of what the best genre tells: one that tells less is not named beside it."""
_TRAITS: Final = (
    Trait("acousticness", is_high=True),
    Trait("danceability", is_high=True),
    Trait("energy", is_high=True),
    Trait("energy", is_high=False),
    Trait("instrumentalness", is_high=True),
    Trait("liveness", is_high=True),
    Trait("speechiness", is_high=True),
    Trait("tempo", is_high=True),
    Trait("tempo", is_high=False),
    Trait("valence", is_high=True),
    Trait("valence", is_high=False),
)
"""The ends of the audio features that people have a word for."""
_GRAIN: Final = 0.5
"""Of a track: added to what the background has, so that a word which it lacks is very rare and not impossible."""
_FEW: Final = 4
"""Tracks; in so small a group one track is a good part of it."""
_SHORT: Final = 2
"""Words of a name, where they are enough."""
_SEPARATOR: Final = " · "


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaName:
    """What a group of tracks is called, and the words behind it, each kind with the most telling first."""

    name: str
    """Of its genres; where none tell it apart of its sound, decade and artists. No two groups share one."""
    genres: tuple[str, ...] = ()
    sounds: tuple[str, ...] = ()
    """As in :mod:`recommender.ranking.prompt_meaning`: ``acoustic``, ``melancholy``, ..."""
    decade: int | None = None
    """First year of the decade that tells it apart."""
    artists: tuple[str, ...] = ()


def area_names(groups: Sequence[Group], background: Iterable[Track]) -> tuple[AreaName, ...]:
    """Return a name for each group, in order.

    Args:
        groups: Tracks with their weights, above 0; an empty group has nothing to be named after.
        background: What the groups are told apart from. It may hold their tracks.
    """
    usual = _Words.of((track, 1.0) for track in background)
    told = [_told(_Words.of(group), usual, len(group)) for group in groups]
    return tuple(replace(each, name=name) for each, name in zip(told, _unique_names(told), strict=True))


class _Kind(Enum):
    GENRE = auto()
    SOUND = auto()
    DECADE = auto()
    ARTIST = auto()


class _Words:
    """How common each word is among tracks."""

    def __init__(self) -> None:
        self.weight: defaultdict[_Kind, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.known: defaultdict[_Kind, float] = defaultdict(float)
        """Weight of the tracks that have any word of a kind."""
        self.spelling: dict[tuple[_Kind, str], str] = {}

    @classmethod
    def of(cls, tracks: Iterable[tuple[Track, float]]) -> "_Words":
        words = cls()
        for track, weight in tracks:
            for kind, said in _said(track):
                words.known[kind] += weight
                for word in dict.fromkeys(map(normalised, said)):
                    words.weight[kind][word] += weight
                for each in said:
                    key = kind, normalised(each)
                    words.spelling[key] = min(each, words.spelling.get(key, each))
        return words

    def share(self, kind: _Kind, word: str, *, smoothed: bool = False) -> float:
        """Return the share of the tracks of which anything is known; smoothed it is never zero."""
        grain = _GRAIN if smoothed else 0.0
        return (self.weight[kind][word] + grain) / (self.known[kind] + 2 * grain)


def _said(track: Track) -> Iterator[tuple[_Kind, Sequence[str]]]:
    """Yield what is known of a track, by kind."""
    if track.genres:
        yield _Kind.GENRE, track.genres
    if track.audio.known:
        yield _Kind.SOUND, [trait.label for trait in _TRAITS if trait.holds_for(track.audio)]
    if track.year is not None:
        yield _Kind.DECADE, [str(decade_of(track.year))]
    yield _Kind.ARTIST, track.artists


def _told(group: _Words, usual: _Words, tracks: int) -> AreaName:
    genres = _distinctive(_Kind.GENRE, group, usual)
    best = genres[0][1] if genres else 0.0
    decades = _distinctive(_Kind.DECADE, group, usual)
    # Who has one track among many is there by chance.
    least = 2 if tracks > _FEW else 1
    artists = _distinctive(
        _Kind.ARTIST, group, usual, least_share=least / max(tracks, 1), least_lift=_LEAST_LIFT_OF_ARTISTS
    )
    return AreaName(
        name="",
        genres=tuple(word for word, telling in genres if telling >= _FAIR_SHARE * best)[:MAX_GENRES],
        sounds=tuple(word for word, _ in _distinctive(_Kind.SOUND, group, usual))[:MAX_SOUNDS],
        decade=int(decades[0][0]) if decades else None,
        artists=tuple(word for word, _ in artists)[:MAX_ARTISTS],
    )


def _distinctive(
    kind: _Kind,
    group: _Words,
    usual: _Words,
    *,
    least_share: float = _LEAST_SHARE,
    least_lift: float = _LEAST_LIFT,
) -> list[tuple[str, float]]:
    """Return the words that tell a group apart, in their spelling, with how much they tell; most telling first."""
    found = []
    for word in group.weight[kind]:
        share, before = group.share(kind, word), usual.share(kind, word, smoothed=True)
        if share >= least_share and share >= least_lift * before:
            found.append((group.spelling[kind, word], share * math.log(share / before)))
    return sorted(found, key=lambda each: (-each[1], each[0]))


def _unique_names(told: Sequence[AreaName]) -> list[str]:
    """Return short names; those that agree go on with more words until they do not."""
    pieces = [_pieces(each) for each in told]
    lengths = [min(_SHORT, len(each.genres)) or _SHORT for each in told]
    while True:
        names = [_SEPARATOR.join(each[:length]) or NAMELESS for each, length in zip(pieces, lengths, strict=True)]
        shared = {name for name, count in Counter(names).items() if count > 1}
        longer = [place for place, name in enumerate(names) if name in shared and lengths[place] < len(pieces[place])]
        if not longer:
            return _numbered(names)
        for place in longer:
            lengths[place] += 1


def _pieces(told: AreaName) -> list[str]:
    """Return the words of a name, best first."""
    decade = [decade_name(told.decade)] if told.decade is not None else []
    if told.genres:
        return [*told.genres[:_SHORT], *decade, *told.sounds, *told.genres[_SHORT:], *told.artists]
    return [*decade, *told.sounds, *told.artists]


def _numbered(names: Sequence[str]) -> list[str]:
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return numbered
