"""What the stand-in Spotify knows, and the JSON it says it in: the reduced fields that an app of 2026 gets."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

COVER_WIDTHS_PX = (640, 300, 64)
ID_LENGTH = 22
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInTrack:
    """A recording in the stand-in's catalog."""

    spotify_id: str
    """22 characters of base 62."""
    title: str
    artists: tuple[str, ...]
    album: str
    album_id: str
    released: str
    """``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``."""
    duration_ms: int
    explicit: bool = False
    isrc: str | None = None
    cover_url: str | None = None


@dataclass(frozen=True, slots=True)
class StandInMoment:
    """A track and when it was played, saved or added."""

    track: StandInTrack
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInPlaylist:
    """A playlist in an account's list; one with another owner is merely followed."""

    spotify_id: str
    name: str
    owner: str
    tracks: tuple[StandInMoment, ...] = ()
    is_collaborative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInAccount:
    """A Spotify account with a history."""

    user_id: str
    display_name: str
    plays: tuple[StandInMoment, ...] = ()
    """In any order."""
    top: Mapping[str, tuple[StandInTrack, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """``short_term``, ``medium_term``, ``long_term``: best first."""
    saved: tuple[StandInMoment, ...] = ()
    playlists: tuple[StandInPlaylist, ...] = ()

    @property
    def account_id(self) -> str:
        """The id that never changes."""
        return made_up_id(f"account {self.user_id}")


def made_up_id(name: str) -> str:
    """Return 22 characters of base 62 that depend on ``name`` alone, shaped like Spotify's ids."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
    letters = []
    for _ in range(ID_LENGTH):
        number, place = divmod(number, len(_BASE62))
        letters.append(_BASE62[place])
    return "".join(letters)


def spotify_time(at: datetime) -> str:
    """Return a moment as Spotify writes it: UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def track_json(track: StandInTrack, base: str) -> dict[str, Any]:
    """Return a track object without what left the API in February 2026."""
    return {
        "album": _album_json(track, base),
        "artists": [_artist_json(name, base) for name in track.artists],
        "disc_number": 1,
        "duration_ms": track.duration_ms,
        "explicit": track.explicit,
        "external_ids": {"isrc": track.isrc} if track.isrc else {},
        "external_urls": {"spotify": f"https://open.spotify.com/track/{track.spotify_id}"},
        "href": f"{base}/v1/tracks/{track.spotify_id}",
        "id": track.spotify_id,
        "is_local": False,
        "is_playable": True,
        "name": track.title,
        "preview_url": None,
        "track_number": 1,
        "type": "track",
        "uri": f"spotify:track:{track.spotify_id}",
    }


def playlist_json(playlist: StandInPlaylist, base: str, *, is_readable: bool) -> dict[str, Any]:
    """Return a playlist object; the summary of its items stands only in one that the account may read."""
    href = f"{base}/v1/playlists/{playlist.spotify_id}"
    body: dict[str, Any] = {
        "collaborative": playlist.is_collaborative,
        "description": "",
        "external_urls": {"spotify": f"https://open.spotify.com/playlist/{playlist.spotify_id}"},
        "href": href,
        "id": playlist.spotify_id,
        "images": [],
        "name": playlist.name,
        "owner": {"id": playlist.owner, "display_name": playlist.owner, "type": "user"},
        "public": False,
        "snapshot_id": made_up_id(f"snapshot {playlist.spotify_id} {len(playlist.tracks)}"),
        "type": "playlist",
        "uri": f"spotify:playlist:{playlist.spotify_id}",
    }
    if is_readable:
        body["items"] = {"href": f"{href}/items", "total": len(playlist.tracks)}
    return body


def _album_json(track: StandInTrack, base: str) -> dict[str, Any]:
    images = [{"url": track.cover_url, "width": px, "height": px} for px in COVER_WIDTHS_PX] if track.cover_url else []
    return {
        "album_type": "album",
        "artists": [_artist_json(track.artists[0], base)],
        "href": f"{base}/v1/albums/{track.album_id}",
        "id": track.album_id,
        "images": images,
        "name": track.album,
        "release_date": track.released,
        "release_date_precision": {4: "year", 7: "month"}.get(len(track.released), "day"),
        "total_tracks": 1,
        "type": "album",
        "uri": f"spotify:album:{track.album_id}",
    }


def _artist_json(name: str, base: str) -> dict[str, Any]:
    artist_id = made_up_id(f"artist {name}")
    return {
        "external_urls": {"spotify": f"https://open.spotify.com/artist/{artist_id}"},
        "href": f"{base}/v1/artists/{artist_id}",
        "id": artist_id,
        "name": name,
        "type": "artist",
        "uri": f"spotify:artist:{artist_id}",
    }
