"""What the stand-in content services know of a song, and the JSON they say it in."""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

_NAMESPACE = uuid.UUID("6f1d0d3a-5c1b-4ab1-9f0e-3f6d8a9f2a10")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInSong:
    """A song that the services know."""

    title: str
    artists: tuple[str, ...]
    album: str | None = None
    duration_ms: int | None = None
    isrc: str | None = None
    genres: tuple[str, ...] = ()
    released: str | None = None
    """``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``."""
    lyrics: str | None = field(default=None, repr=False)
    """None where LRCLIB has no entry; empty for an instrumental."""
    cover: Callable[[], bytes] | None = field(default=None, repr=False)
    """Makes the picture, JPEG or PNG, the first time somebody wants it."""
    in_musicbrainz: bool = True
    links: tuple[str, ...] = ()
    """Pages elsewhere that MusicBrainz' editors have linked the recording with."""

    @property
    def recording_id(self) -> str:
        """The MusicBrainz id."""
        return str(uuid.uuid5(_NAMESPACE, f"recording {self.title} {self.artists} {self.duration_ms}"))

    @property
    def release_id(self) -> str:
        """The MusicBrainz id of the album."""
        return str(uuid.uuid5(_NAMESPACE, f"release {self.album} {self.artists[0]}"))


def lyrics_json(song: StandInSong) -> dict[str, Any]:
    """Return an entry of LRCLIB."""
    number = int.from_bytes(hashlib.sha256(song.recording_id.encode()).digest()[:4], "big")
    return {
        "id": number,
        "name": song.title,
        "trackName": song.title,
        "artistName": ", ".join(song.artists),
        "albumName": song.album or "",
        "duration": (song.duration_ms or 0) / 1000,
        "instrumental": song.lyrics == "",
        "plainLyrics": song.lyrics or None,
        "syncedLyrics": None,
    }


def recording_json(song: StandInSong) -> dict[str, Any]:
    """Return a recording of MusicBrainz with all that it includes when asked."""
    release = {
        "id": song.release_id,
        "title": song.album,
        "status": "Official",
        "date": song.released or "",
        "release-group": {"primary-type": "Album", "secondary-types": []},
    }
    return {
        "id": song.recording_id,
        "title": song.title,
        "length": song.duration_ms,
        "disambiguation": "",
        "first-release-date": song.released or "",
        "artist-credit": [
            {"name": name, "joinphrase": ", " if name != song.artists[-1] else "", "artist": {"name": name}}
            for name in song.artists
        ],
        "isrcs": [song.isrc] if song.isrc else [],
        "genres": [{"name": name, "count": len(song.genres) - place} for place, name in enumerate(song.genres)],
        "releases": [release] if song.album else [],
    }


def url_json(resource: str, songs: Sequence[StandInSong]) -> dict[str, Any]:
    """Return what MusicBrainz says of an address that recordings are linked with."""
    return {
        "id": str(uuid.uuid5(_NAMESPACE, f"url {resource}")),
        "resource": resource,
        "relations": [
            {
                "type": "free streaming",
                "direction": "backward",
                "target-type": "recording",
                "recording": {
                    "id": song.recording_id,
                    "title": song.title,
                    "length": song.duration_ms,
                    "video": False,
                    "disambiguation": "",
                },
            }
            for song in songs
        ],
    }
