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
class Person:
    """A member whom another one names."""

    member: MemberId
    name: str
    """What they are called where the answer is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a member (or the command line) asks for. At most one kind of seed; none means 'for me'."""

    member: MemberId | None = None
    """Who asks: their known and blocked tracks are left out, and with no other seed their taste is the seed."""
    tracks: tuple[str, ...] = ()
    """Titles as typed, ``title - artist``, or ``key:123`` as autocomplete gives them."""
    artist: str | None = None
    album: str | None = None
    """``title``, ``title - artist``, or ``album:12`` as autocomplete gives them."""
    playlist: str | None = None
    """A playlist of a dataset file by its name or id, or as ``playlist:12``; or a link to one on Spotify."""
    prompt: str | None = None
    cover: bytes | None = field(default=None, repr=False)
    other: Person | None = None
    """A member whose taste is the seed, if they agreed to it."""
    group: tuple[Person, ...] = ()
    """Members for whom a list is made together, if each agreed; whoever asks is one of them too."""
    path: tuple[str, str] | None = None
    """Two tracks, named as in ``tracks``: the way from the first to the second is asked for."""
    unlike: tuple[str, ...] = ()
    """Tracks or artists, by name, that suggestions should not be like."""
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
        named = (self.artist, self.album, self.playlist, self.prompt, self.cover, self.other, self.path)
        return not self.tracks and not self.group and all(each is None for each in named)

    @property
    def named_tracks(self) -> tuple[str, ...]:
        """Every track that suggestions start from, as it was named."""
        return self.tracks if self.path is None else self.path


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
    """One line of autocomplete for a filter, an album or a playlist."""

    label: str
    value: str
    """What is asked for when it is chosen."""
