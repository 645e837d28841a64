"""Spotify's JSON in our words: tracks, plays, playlists, profiles. Pure functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from recommender.types import Fact, ReleaseDate, Source, TrackFacts

T = TypeVar("T")

COVER_WIDTH_PX = 300
"""The narrowest cover that still fills an encoder's 224 pixels and a card's thumbnail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotifyProfile:
    """Who a Spotify account belongs to."""

    account: str
    """``account_id`` where Spotify gives it: it never changes; else ``id``."""
    user_id: str
    """``id``: what the owner of a playlist is compared with."""
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedTrack:
    """A track and the moment it was played, saved or put into a playlist."""

    facts: TrackFacts
    at: datetime | None
    """Aware UTC; None where Spotify does not say (old playlists)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistSummary:
    """One playlist of a member's list."""

    spotify_id: str
    name: str
    owner: str
    is_collaborative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A page of a longer list."""

    items: tuple[T, ...]
    """What of the page is usable: no local files, no podcast episodes."""
    offset: int
    rows: int
    """Rows the page had on the wire."""
    total: int
    """Rows of the whole list."""

    @property
    def next_offset(self) -> int | None:
        """Where the next page starts, or None after the last one."""
        after = self.offset + self.rows
        return after if self.rows and after < self.total else None


def profile(body: Mapping[str, Any]) -> SpotifyProfile:
    """Read ``GET /me``."""
    user_id = str(body["id"])
    return SpotifyProfile(
        account=str(body.get("account_id") or user_id),
        user_id=user_id,
        display_name=str(body.get("display_name") or user_id),
    )


def page_of(body: Mapping[str, Any], item: Callable[[Mapping[str, Any]], T | None], *, offset: int) -> Page[T]:
    """Read a paging object; rows that are null, or that ``item`` has no use for, are left out."""
    rows = body["items"]
    read = (item(row) for row in rows if row is not None)
    return Page(
        items=tuple(each for each in read if each is not None),
        offset=offset,
        rows=len(rows),
        total=int(body.get("total") or 0),
    )


def played(row: Mapping[str, Any]) -> DatedTrack | None:
    """Read a row of recently played."""
    return _dated(row.get("track"), row.get("played_at"))


def saved(row: Mapping[str, Any]) -> DatedTrack | None:
    """Read a row of the saved tracks."""
    return _dated(row.get("track"), row.get("added_at"))


def playlist_row(row: Mapping[str, Any]) -> DatedTrack | None:
    """Read a row of a playlist: the key is ``item`` since February 2026, ``track`` for older apps."""
    return _dated(row.get("item") or row.get("track"), row.get("added_at"))


def playlist(row: Mapping[str, Any]) -> PlaylistSummary:
    """Read a row of a member's playlists."""
    return PlaylistSummary(
        spotify_id=str(row["id"]),
        name=str(row.get("name") or ""),
        owner=str((row.get("owner") or {}).get("id") or ""),
        is_collaborative=bool(row.get("collaborative")),
    )


def track(body: Mapping[str, Any]) -> TrackFacts | None:
    """Read ``GET /tracks/{id}``."""
    return track_facts({**body})  # what is no object at all is no answer, while track_facts takes it for an empty row


def track_facts(track: Mapping[str, Any] | None) -> TrackFacts | None:
    """Read a track; None for what is no recording of Spotify's catalog (local files, episodes, removed tracks)."""
    if not track or track.get("is_local") or not track.get("id") or track.get("type", "track") != "track":
        return None
    artists = tuple(name for artist in track.get("artists") or () if artist and (name := _text(artist.get("name"))))
    title = _text(track.get("name"))
    if not artists or not title:
        return None
    album = track.get("album") or {}
    released = _released(album.get("release_date"))
    cover = _cover(album.get("images") or ())
    popularity = track.get("popularity")
    known = {
        Fact.WORDS: True,
        Fact.COVER: cover is not None,
        Fact.RELEASED: released is not None,
        Fact.POPULARITY: popularity is not None,
    }
    return TrackFacts(
        title=title,
        artists=artists,
        album=_text(album.get("name")) or None,
        released=released,
        duration_ms=track.get("duration_ms"),
        explicit=track.get("explicit"),
        popularity=popularity,
        spotify_id=str(track["id"]),
        spotify_album_id=album.get("id") or None,
        isrc=(track.get("external_ids") or {}).get("isrc") or None,
        cover_url=cover,
        sources={fact: Source.SPOTIFY for fact, is_known in known.items() if is_known},
    )


def moment(text: str | None) -> datetime | None:
    """Read Spotify's ISO 8601 moments; the year 1970 stands for 'unknown' in old playlists."""
    if not text:
        return None
    read = datetime.fromisoformat(text)
    aware = read if read.tzinfo else read.replace(tzinfo=UTC)
    return aware.astimezone(UTC) if aware.year > 1970 else None  # noqa: PLR2004


def _dated(track: Mapping[str, Any] | None, at: str | None) -> DatedTrack | None:
    facts = track_facts(track)
    return None if facts is None else DatedTrack(facts=facts, at=moment(at))


def _text(value: object) -> str:
    return str(value).strip() if value else ""


def _released(text: str | None) -> ReleaseDate | None:
    try:
        return ReleaseDate.parse(text) if text else None
    except ValueError:  # "0000" stands for unknown
        return None


def _cover(images: Any) -> str | None:
    by_width = sorted(
        (image for image in images if image and image.get("url")), key=lambda each: each.get("width") or 0
    )
    large = [image for image in by_width if (image.get("width") or 0) >= COVER_WIDTH_PX]
    chosen = large[:1] or by_width[-1:]
    return str(chosen[0]["url"]) if chosen else None
