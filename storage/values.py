"""The values that storage gives and takes beside the recommender's own."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from recommender.types import AlbumKey, MemberId, TrackKey

PlaylistKey = NewType("PlaylistKey", int)
ListenerKey = NewType("ListenerKey", int)


class Outcome(StrEnum):
    """What adding facts did to the catalog."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Merged:
    """The track that facts belong to, and what they did."""

    key: TrackKey
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistFacts:
    """A playlist of a dataset file."""

    source_id: str
    """Its id in the file."""
    name: str
    genre: str | None = None
    subgenre: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPlaylist:
    """A playlist of a dataset file with its tracks."""

    key: PlaylistKey
    source_id: str
    name: str
    tracks: tuple[TrackKey, ...]
    """By key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAlbum:
    """An album with its tracks."""

    key: AlbumKey
    name: str
    artists: tuple[str, ...]
    """First artists of its tracks, commonest first; at least one."""
    tracks: tuple[TrackKey, ...]
    """By key; at least one."""

    @property
    def label(self) -> str:
        """``Title – Artist``, for people."""
        return f"{self.name} – {self.artists[0]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """How often a listener of a dataset file played a track."""

    listener: str
    """The id in the file."""
    track: TrackKey
    plays: int = 1
    last_at: datetime | None = None
    """When they last did, where the file says."""


class Consent(StrEnum):
    """What a member can agree to."""

    PEOPLE = "people"
    """That what they play, save and say is learnt from for everybody's suggestions."""
    TASTE = "taste"
    """That others may ask for suggestions that start from their taste, alone or in a group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A suggestion as it is remembered."""

    track: TrackKey
    modality: str
    """The part of its score that was largest, for instance ``text``."""
    source: str
    """Which source of candidates brought it, for instance ``content``."""
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """How suggestions of one modality, or one source, were received."""

    name: str
    suggested: int
    liked: int
    """Given 👍 after they were suggested."""
    disliked: int
    """Given 👎 after they were suggested."""


@dataclass(frozen=True, slots=True)
class LyricsReference:
    """Where the lyrics of a track stand in a dataset file of the operator."""

    track: TrackKey
    path: str
    row: int
    """Data rows before it; 0 is the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogStatistics:
    """How large the catalog is, and how much of it can be compared by what."""

    tracks: int
    albums: int
    artists: int
    genres: tuple[tuple[str, int], ...]
    """The commonest genres with the number of their tracks, commonest first."""
    languages: tuple[tuple[str, int], ...]
    """The commonest languages that are sung, as ISO 639-1 codes, in the same way; of many tracks none is known."""
    with_audio: int
    with_text: int
    with_cover: int
    playlists: int
    listeners: int
    """Of dataset files."""
    plays: int
    """Theirs, all together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Of how many tracks of the catalog something is not known."""

    tracks: int
    """All of them."""
    year: int
    explicit: int
    """Nobody said whether they are explicit."""
    language: int
    duration: int
    popularity: int


class LinkState(StrEnum):
    """How a link stands."""

    OK = "ok"
    NEEDS_RELINK = "needs_relink"
    NOT_ALLOWLISTED = "not_allowlisted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A member's link to a Spotify account."""

    member: MemberId
    spotify_user_id: str
    display_name: str
    client_id: str
    scopes: frozenset[str]
    access_token: str = field(repr=False)
    access_expires_at: datetime
    refresh_token: str = field(repr=False)
    linked_at: datetime
    state: LinkState = LinkState.OK
    last_synced_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLogin:
    """A login that waits for Spotify to send the member back."""

    state_hash: str
    """Hash of the single-use ``state``; the state itself is not stored."""
    member: MemberId
    member_name: str
    verifier: str = field(repr=False)
    """The PKCE code verifier."""
    created_at: datetime
    client_id: str
