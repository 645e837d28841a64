"""Tracks and albums that went without an answer because a service was down: remembered until somebody asks again."""

import json
import threading
from dataclasses import dataclass, field

from recommender.types import AlbumKey, TrackKey
from storage.database import Database

STATE_KEY = "content.unasked"
MOST = 50_000
"""Of each kind; more are not remembered."""
SAVED_EACH = 256
"""A kill can lose this many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """What to embed again, once the services answer."""

    tracks: frozenset[TrackKey] = field(default_factory=frozenset)
    albums: frozenset[AlbumKey] = field(default_factory=frozenset)


class UnaskedLog:
    """Keeps the list in the database; thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._tracks: set[TrackKey] = set()
        self._albums: set[AlbumKey] = set()

    def add_track(self, track: TrackKey) -> None:
        """Remember a track without its words."""
        with self._lock:
            self._tracks.add(track)

    def add_album(self, album: AlbumKey) -> None:
        """Remember an album without its cover."""
        with self._lock:
            self._albums.add(album)
            is_time = len(self._albums) >= SAVED_EACH
        if is_time:
            self.save()

    def save(self) -> None:
        """Write down what came in since the last time."""
        with self._lock:
            if not (self._tracks or self._albums):
                return
            with self._database.transaction() as stored:
                before = _read(stored.state.get(STATE_KEY))
                tracks = sorted(before.tracks | self._tracks)[:MOST]
                albums = sorted(before.albums | self._albums)[:MOST]
                stored.state.put(STATE_KEY, json.dumps({"tracks": tracks, "albums": albums}))
            self._tracks.clear()
            self._albums.clear()

    def all(self) -> Unasked:
        """Return everything on the list."""
        self.save()
        with self._database.reading() as stored:
            return _read(stored.state.get(STATE_KEY))

    def take(self) -> Unasked:
        """Return everything on the list, empty it, and forget the vectors that were made without an answer.

        All at once: a kill leaves the list as it was, or vectors that are missing and will be made.
        """
        self.save()
        with self._database.transaction() as stored:
            taken = _read(stored.state.get(STATE_KEY))
            stored.vectors.forget(taken.tracks, taken.albums)
            stored.state.forget(STATE_KEY)
        return taken


def _read(text: str | None) -> Unasked:
    lists = json.loads(text) if text else {}
    return Unasked(tracks=frozenset(lists.get("tracks", ())), albums=frozenset(lists.get("albums", ())))
