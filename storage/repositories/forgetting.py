"""Deleting tracks with all that hangs on them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, select

from recommender.types import Source, TrackKey
from storage.models import FeedbackRow, ListeningRow, PlaylistEntryRow, SignalRow, TrackRow, table_of
from storage.repositories.albums import delete_empty
from storage.repositories.search import unindex_words
from storage.sql import chunks

_TRACK = table_of(TrackRow)
_HOLDERS = [table_of(model) for model in (SignalRow, FeedbackRow, PlaylistEntryRow, ListeningRow)]
"""A track that one of these names is somebody's."""


def only_spotify_knows(connection: Connection, keys: Select[Any]) -> list[TrackKey]:
    """Return those of the tracks whose words came from Spotify alone."""
    theirs = select(_TRACK.c.id).where(_TRACK.c.id.in_(keys), _TRACK.c.words_source == Source.SPOTIFY.value)
    return [TrackKey(key) for key in connection.execute(theirs).scalars()]


def delete_unheld(connection: Connection, keys: Sequence[TrackKey]) -> int:
    """Delete those of the tracks that nobody has a signal or a verdict on; return how many.

    Vectors, artists, genres and what else hangs on a track go with it, and an album with its last track.
    """
    deleted = 0
    for some in chunks(keys):
        unheld = [~exists().where(holder.c.track_id == _TRACK.c.id) for holder in _HOLDERS]
        columns = (_TRACK.c.id, _TRACK.c.popularity, _TRACK.c.album_id)
        rows = connection.execute(select(*columns).where(_TRACK.c.id.in_(some), *unheld)).all()
        unindex_words(connection, [(TrackKey(row.id), row.popularity) for row in rows])
        connection.execute(delete(_TRACK).where(_TRACK.c.id.in_([row.id for row in rows])))
        delete_empty(connection, {row.album_id for row in rows})
        deleted += len(rows)
    return deleted
