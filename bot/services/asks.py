"""What is asked for, and what is answered: the values between whoever asks and the recommending service."""

from dataclasses import dataclass, field
from enum import StrEnum

from recommender.types import OPEN_FILTERS, Filters, MemberId, Modality, Recommendation, TrackKey, Weights


class By(StrEnum):
    """Which evidence a member wants suggestions from."""

    EVERYTHING = "everything"
    WORDS = "words"
    COVER = "cover"
    SOUND = "sound"
    PEOPLE = "people"
    """What playlists and other listeners say alone."""

    @property
    def weights(self) -> Weights:
        """The weights that stand for this choice."""
        return _WEIGHTS[self]


_WEIGHTS = {
    By.EVERYTHING: Weights(),
    By.WORDS: Weights.only(Modality.TEXT),
    By.COVER: Weights.only(Modality.IMAGE),
    By.SOUND: Weights.only(Modality.AUDIO),
    By.PEOPLE: Weights.only(Modality.COLLABORATIVE),
}


class Method(StrEnum):
    """How suggestions are found."""

    ENGINE = "engine"
    MEAN = "mean"
    """The mean vector of several songs, as an earlier system did: a baseline to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a member (or the command line) asks for. At most one kind of seed; none means 'for me'."""

    member: MemberId | None = None
    """Who asks: their known and blocked tracks are left out, and with no other seed their taste is the seed."""
    tracks: tuple[str, ...] = ()
    """Titles as typed, ``title - artist``, or ``key:123`` as autocomplete gives them."""
    artist: str | None = None
    prompt: str | None = None
    cover: bytes | None = field(default=None, repr=False)
    count: int = 10
    by: By = By.EVERYTHING
    mix: float = 0.1
    discovery: float = 0.5
    filters: Filters = OPEN_FILTERS
    """Without a language: that is asked for by name."""
    language: str | None = None
    """Of the songs, as typed: a name or an ISO 639 code."""
    roll: int = 0
    """0 for the best list; another number for the varied list of that number."""
    method: Method = Method.ENGINE

    @property
    def is_for_me(self) -> bool:
        """Whether the member's own taste is the seed."""
        return not self.tracks and self.artist is None and self.prompt is None and self.cover is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Suggestions and what they came from."""

    seed_label: str
    """For people: ``"Wonderwall" by Oasis``, ``your listening``, ``“sad songs”``."""
    seed: dict[str, object]
    """For programs: the ``seed`` of the JSON answer."""
    recommendation: Recommendation
    notes: tuple[str, ...] = ()
    """Honest remarks: little data, a filter that left few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleChoice:
    """One line of autocomplete."""

    key: TrackKey
    label: str
    """``title – artist``, at most 100 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterChoice:
    """One line of autocomplete for a filter."""

    label: str
    value: str
    """What is asked for when it is chosen."""
