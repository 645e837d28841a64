"""What may be seen of some music, and what is answered: values that services make and presenters draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from recommender.tallies import SOUND_FEATURES, Sound, Tally
from recommender.taste_map import TasteMap
from recommender.types import MemberId


class Kind(StrEnum):
    """What is to be seen of some music."""

    MAP = "map"
    GENRES = "genres"
    DECADES = "decades"
    SOUND = "sound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose music: a member's, songs that are named, or, with neither, the whole catalog's."""

    member: MemberId | None = None
    called: str | None = None
    """What a picture calls the member; nothing else of them is shown."""
    tracks: tuple[str, ...] = ()
    """Titles as typed, ``title - artist``, Spotify links, or ``key:123``."""


THE_CATALOG: Final = Subject()


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose music an answer is about."""

    label: str
    """For people: ``the catalog``, ``what Ada listens to``, ``“Wonderwall” by Oasis``."""
    described: Mapping[str, object]
    """For programs."""
    tracks: int
    """How many tracks it is."""
    is_weighed: bool = False
    """Whether some of them count for more than others, as what a member plays often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapAnswer:
    """A map."""

    whose: Whose
    map: TasteMap
    catalog_tracks: int
    """That can be searched; the map shows a sample when they are more than it shows."""
    fingerprint: str
    """Of the fused space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyAnswer:
    """How common genres or decades are."""

    kind: Kind
    whose: Whose
    own: Tally | None
    """Of the subject's tracks, by how much each counts; None where the subject is the catalog."""
    catalog: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundAnswer:
    """How music sounds."""

    whose: Whose
    whole: Sound | None
    """Of all the subject's tracks, by how much each counts; None where the subject is the catalog."""
    parts: tuple[tuple[str, Sound], ...]
    """With their names: the member's largest interests, the named songs, or the catalog's largest genres or decades.
    None where there would be only one."""
    catalog: Sound

    @property
    def features(self) -> tuple[str, ...]:
        """The audio features that are known of all, in display order."""
        sounds = [self.catalog, *dict(self.parts).values(), *([self.whole] if self.whole is not None else [])]
        return tuple(name for name in SOUND_FEATURES if all(name in sound for sound in sounds))


Answer = MapAnswer | TallyAnswer | SoundAnswer
