"""The values that storage gives and takes beside the recommender's own."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from recommender.types import MemberId, TrackKey

PlaylistKey = NewType("PlaylistKey", int)


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
    with_audio: int
    with_text: int
    with_cover: int
    playlists: int


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
