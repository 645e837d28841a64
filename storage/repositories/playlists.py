"""What dataset files bring beside tracks: playlists, and where lyrics stand."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from recommender.types import Keys, TrackKey
from storage.models import LyricsReferenceRow, PlaylistEntryRow, PlaylistRow, table_of
from storage.repositories.lists import parted, totals
from storage.repositories.reading import forget_texts
from storage.sql import chunks, new_keys, upsert
from storage.values import LyricsReference, PlaylistFacts, PlaylistKey

_PLAYLIST = table_of(PlaylistRow)
_ENTRY = table_of(PlaylistEntryRow)
_LYRICS = table_of(LyricsReferenceRow)


class PlaylistRepository:
    """The playlists of dataset files."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, facts: PlaylistFacts) -> PlaylistKey:
        """Return the key of a playlist, adding it or correcting what it is called."""
        said: dict[str, Any] = {"name": facts.name, "genre": facts.genre, "subgenre": facts.subgenre}
        same = _PLAYLIST.c.source_id == facts.source_id
        known = self._connection.execute(select(_PLAYLIST.c.id).where(same)).scalar()
        if known is not None:
            self._connection.execute(update(_PLAYLIST).where(same).values(said))
            return PlaylistKey(known)
        key = new_keys(self._connection, "catalog_playlist", 1)[0]
        self._connection.execute(insert(_PLAYLIST).values(id=key, source_id=facts.source_id, **said))
        return PlaylistKey(key)

    def add_entries(self, playlist: PlaylistKey, keys: Sequence[TrackKey]) -> int:
        """Put tracks into a playlist; those already there stay as they are. Return how many were new."""
        rows = [{"playlist_id": playlist, "track_id": key} for key in dict.fromkeys(keys)]
        return upsert(self._connection, _ENTRY, rows)

    def lists(self, after: PlaylistKey, limit: int) -> list[tuple[PlaylistKey, Keys]]:
        """Return the first ``limit`` playlists with key > ``after``, by key: their tracks, ascending."""
        first = select(_PLAYLIST.c.id).where(_PLAYLIST.c.id > after).order_by(_PLAYLIST.c.id).limit(limit)
        owners = [PlaylistKey(key) for key in self._connection.execute(first).scalars()]
        if not owners:
            return []
        entries = select(_ENTRY.c.playlist_id, _ENTRY.c.track_id).where(
            _ENTRY.c.playlist_id.between(owners[0], owners[-1])
        )
        rows = self._connection.execute(entries.order_by(_ENTRY.c.playlist_id, _ENTRY.c.track_id))
        return [(owner, table[:, 0]) for owner, table in parted(owners, rows, columns=1)]

    def version(self) -> str:
        """Return a text that differs when any list may differ."""
        return totals(self._connection, _ENTRY, _ENTRY.c.playlist_id, _ENTRY.c.track_id)

    def count(self) -> int:
        """Return how many playlists there are."""
        return int(self._connection.execute(select(func.count()).select_from(_PLAYLIST)).scalar_one())


class DatasetWordsRepository:
    """Where in the operator's dataset files the lyrics of tracks stand; the lyrics themselves are never stored."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, references: Sequence[LyricsReference]) -> None:
        """Remember where lyrics stand; a later place replaces an earlier one.

        Tracks that had no lyrics before are embedded anew, with them.
        """
        known = self.of_keys([each.track for each in references])
        forget_texts(self._connection, [each.track for each in references if each.track not in known])
        rows = [{"track_id": each.track, "path": each.path, "row": each.row} for each in references]
        upsert(self._connection, _LYRICS, rows, replace=("path", "row"))

    def of_keys(self, keys: Sequence[TrackKey]) -> dict[TrackKey, LyricsReference]:
        """Return the places that are known for these tracks."""
        found: dict[TrackKey, LyricsReference] = {}
        for some in chunks([int(key) for key in keys]):
            for row in self._connection.execute(select(_LYRICS).where(_LYRICS.c.track_id.in_(some))):
                key = TrackKey(row.track_id)
                found[key] = LyricsReference(key, row.path, row.row)
        return found
