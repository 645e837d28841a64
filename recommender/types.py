"""The values that cross package borders: tracks, signals, requests and suggestions.

Everything here is frozen and knows nothing of databases, networks or Discord.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

import numpy as np
from numpy.typing import NDArray

TrackKey = NewType("TrackKey", int)
"""Our integer id of a track; the usearch key. Positive."""
AlbumKey = NewType("AlbumKey", int)
HIGHEST_POPULARITY = 100
"""Spotify's scale of popularity goes from 0 to here."""
MemberId = NewType("MemberId", int)
"""The Discord id of a member."""

Vector = NDArray[np.float32]
"""Shape (dim,)."""
Matrix = NDArray[np.float32]
"""Shape (rows, dim)."""
Keys = NDArray[np.int64]
"""Shape (rows,): track keys."""


class Modality(StrEnum):
    """A kind of evidence that a track is compared by."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    COLLABORATIVE = "collaborative"


class Source(StrEnum):
    """Where a fact about a track came from."""

    DATASET = "dataset"
    MUSICBRAINZ = "musicbrainz"
    LRCLIB = "lrclib"
    COVERARTARCHIVE = "coverartarchive"
    SPOTIFY = "spotify"
    MEMBER = "member"
    LYRICS = "lyrics"
    """Worked out from the words of the song, not said by anybody."""


class Fact(StrEnum):
    """A group of facts about a track that come from one source together."""

    WORDS = "words"
    """Title, artists and album."""
    GENRES = "genres"
    COVER = "cover"
    AUDIO = "audio"
    POPULARITY = "popularity"
    RELEASED = "released"
    LANGUAGE = "language"


class Verdict(StrEnum):
    """What a member said about a track."""

    LIKE = "like"
    DISLIKE = "dislike"
    BLOCK = "block"
    KNOWN = "known"


class ListKind(StrEnum):
    """Whose tracks a list holds that collaborative factors may be learnt from."""

    PLAYLIST = "playlist"
    """A playlist of a dataset file."""
    LISTENER = "listener"
    """A listener of a dataset file."""
    MEMBER = "member"
    """A member who agreed to it."""


class SignalKind(StrEnum):
    """What a member did with a track."""

    PLAY = "play"
    SAVED = "saved"
    TOP_SHORT = "top_short"
    TOP_MEDIUM = "top_medium"
    TOP_LONG = "top_long"
    PLAYLIST = "playlist"
    LIKE = "like"
    DISLIKE = "dislike"


@dataclass(frozen=True, slots=True)
class ReleaseDate:
    """A release date as precise as it is known: a year, a month or a day."""

    year: int
    month: int | None = None
    day: int | None = None

    def __str__(self) -> str:
        """Return ISO 8601 at the known precision: ``1995``, ``1995-10`` or ``1995-10-30``."""
        parts = [f"{self.year:04d}"]
        if self.month is not None:
            parts.append(f"{self.month:02d}")
            if self.day is not None:
                parts.append(f"{self.day:02d}")
        return "-".join(parts)

    @classmethod
    def parse(cls, text: str) -> "ReleaseDate":
        """Read ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD`` (a time after the day is ignored).

        Raises:
            ValueError: The text is none of these, or no such day exists.
        """
        parts = [int(part) for part in text.strip()[:10].split("-")]
        date(*[*parts, 1, 1][:3])
        return cls(*parts[:3])


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFeatures:
    """Spotify's audio features, in Spotify's units; None where unknown."""

    danceability: float | None = None
    energy: float | None = None
    key: int | None = None
    """Pitch class 0-11."""
    loudness: float | None = None
    """Decibels, about -60 to 0."""
    mode: int | None = None
    """1 major, 0 minor."""
    speechiness: float | None = None
    acousticness: float | None = None
    instrumentalness: float | None = None
    liveness: float | None = None
    valence: float | None = None
    tempo: float | None = None
    """Beats per minute."""
    time_signature: int | None = None

    @property
    def known(self) -> int:
        """How many of the features are known."""
        return sum(getattr(self, each.name) is not None for each in fields(self))


NO_AUDIO_FEATURES = AudioFeatures()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFacts:
    """What a source says about one recording, before it has a key."""

    title: str
    artists: tuple[str, ...]
    album: str | None = None
    released: ReleaseDate | None = None
    duration_ms: int | None = None
    explicit: bool | None = None
    genres: tuple[str, ...] = ()
    language: str | None = None
    """ISO 639-1 code of the language that is sung, as :func:`recommender.languages.code_of` gives it."""
    popularity: int | None = None
    """0-100."""
    audio: AudioFeatures = NO_AUDIO_FEATURES
    spotify_id: str | None = None
    spotify_album_id: str | None = None
    isrc: str | None = None
    cover_url: str | None = None
    sources: Mapping[Fact, Source] = field(default_factory=lambda: MappingProxyType({}))
    """Which source each known group of facts came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track(TrackFacts):
    """One recording of the catalog."""

    key: TrackKey
    album_key: AlbumKey | None = None

    @property
    def year(self) -> int | None:
        """The year of release, where known."""
        return self.released.year if self.released else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something a member did with a track: evidence of taste."""

    track: TrackKey
    kind: SignalKind
    at: datetime
    """When it happened (plays, saves, verdicts) or was observed (tops, playlists). Aware UTC."""
    count: int = 1
    rank: int | None = None
    """Position in a top list, 0 first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One verdict of one member on one track."""

    member: MemberId
    track: TrackKey
    verdict: Verdict
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each modality counts against the others; only their proportions matter."""

    text: float = 0.55
    image: float = 0.15
    audio: float = 0.30
    collaborative: float = 0.30

    @classmethod
    def only(cls, modality: Modality) -> "Weights":
        """Return weights by which nothing but one modality counts."""
        return cls(**{each.value: float(each is modality) for each in Modality})

    def of(self, modality: Modality) -> float:
        """Return the weight of one modality."""
        return float(getattr(self, modality.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class PopularityBand:
    """How popular tracks may be, both ends included.

    Raises:
        ValueError: The ends are not in [0, 100], or the wrong way round.
    """

    lowest: int = 0
    """0-100. A band that is open here takes tracks of unknown popularity for little known, and lets them pass."""
    highest: int = 100

    def __post_init__(self) -> None:
        """Check the ends."""
        if not 0 <= self.lowest <= self.highest <= HIGHEST_POPULARITY:
            message = f"a popularity band of {self.lowest} to {self.highest} is not within 0 to {HIGHEST_POPULARITY}"
            raise ValueError(message)


ANY_POPULARITY = PopularityBand()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What suggestions may be; None means anything.

    A filter that asks for something (decade, genre, language, explicit, at least so popular) passes only what is known
    to be it. One that keeps something out (not explicit, not longer, not more popular) lets pass what is unknown.
    """

    decade: int | None = None
    """First year of the decade, for instance 1990."""
    explicit: bool | None = None
    """False keeps tracks known to be explicit out; True asks for those alone."""
    genre: str | None = None
    language: str | None = None
    """ISO 639-1 code of the language that is sung."""
    max_ms: int | None = None
    """Longest duration, included."""
    popularity: PopularityBand = ANY_POPULARITY

    @property
    def is_open(self) -> bool:
        """Whether everything passes."""
        return self == OPEN_FILTERS


OPEN_FILTERS = Filters()


class SeedKind(StrEnum):
    """What suggestions start from."""

    TRACK = "track"
    ALBUM = "album"
    PLAYLIST = "playlist"
    ARTIST = "artist"
    PROMPT = "prompt"
    COVER = "cover"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """Where suggestions start: exactly the fields of its kind are set."""

    kind: SeedKind
    tracks: tuple[TrackKey, ...] = ()
    artist: str | None = None
    prompt: str | None = None
    cover: bytes | None = field(default=None, repr=False)
    member: MemberId | None = None
    name: str | None = None
    """What the member is called, where somebody else asks; None where they ask themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of the recommender."""

    seed: Seed
    count: int = 10
    weights: Weights = field(default_factory=Weights)
    mix: float = 0.1
    """Weight of popularity against content, 0 to 1: the *alpha* of earlier systems."""
    discovery: float = 0.5
    """0 keeps to the familiar (artists already played), 1 to the unknown."""
    filters: Filters = OPEN_FILTERS
    excluded: frozenset[TrackKey] = frozenset()
    """Known, blocked or lately suggested tracks."""
    blocked_artists: frozenset[str] = frozenset()
    """Normalised names."""
    unlike: tuple[TrackKey, ...] = ()
    """Tracks that suggestions should not be like: they do not come back, and what is close to them goes down."""
    max_per_artist: int | None = 2
    """Tracks of one artist at most, None for any number; a playlist that is continued lets an artist have the share
    that they have in it, if that is more."""
    roll: int = 0
    """0 for the best list; any other number for a varied one, which the same number brings again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreParts:
    """The parts of a score; their sum *is* the score."""

    text: float = 0.0
    image: float = 0.0
    audio: float = 0.0
    collaborative: float = 0.0
    artist: float = 0.0
    """What it adds that the seed has tracks of the same artist."""
    era: float = 0.0
    """What the years of release add when they lie near those of the seed."""
    popularity: float = 0.0
    discovery: float = 0.0
    """What the discovery dial gives or takes for a familiar or new artist."""
    dislikes: float = 0.0
    """What closeness to disliked tracks takes away; zero or negative."""

    @property
    def total(self) -> float:
        """The score."""
        return sum(self.as_dict().values())

    def as_dict(self) -> dict[str, float]:
        """Return the parts by name, in display order."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


VECTORS = "vectors"
"""The source of candidates that are near by their fused vectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A ranked track with its score parts and reason."""

    rank: int
    track: Track
    parts: ScoreParts
    reason: str
    because_of: TrackKey | None = None
    """The member's or the seed's own track behind it."""
    inferred: frozenset[Modality] = frozenset()
    """Modalities whose part rests on an inferred sub-vector."""
    source: str = VECTORS
    """The source of candidates in which it stood highest: :data:`VECTORS`, or what lists, words or artists brought."""
    by_score: int | None = None
    """Its place among all candidates by score alone, 1 first; None where there is no such order, as for a group."""
    without: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """The place by score that it would have without each modality that gives it anything, by the name of the part; see
    :mod:`recommender.ranking.counterfactuals`."""

    @property
    def score(self) -> float:
        """The sum of the parts."""
        return self.parts.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Novelty:
    """What the discovery dial and the popularity asked for came to."""

    discovery: float
    """The dial, as it was asked."""
    new_artists: float | None
    """Share of the suggestions by artists whom the member neither plays nor asked about, 0 to 1; None where no artist
    is familiar, so that the share would say nothing."""
    popularity_percentile: float | None
    """Mean over the suggestions of known popularity: how much of the catalog is less popular, 0 to 100. None where
    none is known."""
    popularity_known: int
    """How many suggestions that mean is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happiness:
    """How happy a list for several members makes one of them."""

    member: MemberId
    name: str | None
    """None for the member who asks."""
    share: float
    """What the list comes to for them, of what their own best list of that length does; 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The answer to a request."""

    suggestions: tuple[Suggestion, ...]
    catalog_tracks: int
    """Tracks that were searchable."""
    fingerprint: str
    """Of the fused space that was searched."""
    novelty: Novelty | None = None
    """None where nothing was found."""
    roll: int = 0
    """The number that brings the same list again; 0 for the best one."""
    happiness: tuple[Happiness, ...] = ()
    """Of each member of a group."""
