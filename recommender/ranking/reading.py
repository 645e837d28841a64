"""A request as it is understood, and what was found for it: the values between the steps of the recommender."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from recommender.ranking.learned_content import LearnedContent
from recommender.ranking.pool import Unwanted
from recommender.ranking.seeds import Start
from recommender.taste_profile import TasteProfile
from recommender.types import Keys, Matrix, Request, Track, TrackKey


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """What a request, and what its member did, come to before anything is searched."""

    request: Request
    profile: TasteProfile
    start: Start
    played: tuple[str, ...]
    """Normalised names of the artists that the member plays, most first."""
    own: Mapping[TrackKey, Track]
    """The member's or the seed's tracks that a reason may name, as far as the catalog has them."""
    unwanted: Unwanted
    unlike: Matrix
    """Shape (sides, dim): what suggestions should not be like."""
    today: date

    @property
    def familiar(self) -> frozenset[str]:
        """Normalised names of the artists that the member plays or asked about."""
        return frozenset(self.played) | self.start.artists


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """The candidates of a request."""

    keys: Keys
    """Ascending."""
    learned: LearnedContent | None = None
    """What features say of them, where there is a profile."""
