"""What Spotify told us is kept for thirty days, then refreshed or dropped."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, delete, exists, select, update

from recommender.types import Source, TrackKey
from storage.models import AlbumRow, TrackGenreRow, TrackRow, table_of
from storage.repositories.albums import forget_covers
from storage.repositories.forgetting import delete_unheld
from storage.repositories.reading import forget_texts
from storage.repositories.search import reindex_words, unindex_words
from storage.sql import chunks

_TRACK = table_of(TrackRow)
_ALBUM = table_of(AlbumRow)
_GENRE = table_of(TrackGenreRow)
_SPOTIFY = Source.SPOTIFY.value


class ExpiryRepository:
    """Finds and drops what Spotify told us too long ago."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def expired(self, now: datetime, limit: int) -> list[TrackKey]:
        """Return tracks with facts from Spotify that have to be refreshed, the longest expired first."""
        statement = select(_TRACK.c.id).where(_TRACK.c.expires_at <= now)
        keys = self._connection.execute(statement.order_by(_TRACK.c.expires_at, _TRACK.c.id).limit(limit)).scalars()
        return [TrackKey(key) for key in keys]

    def drop_expired(self, now: datetime) -> int:
        """Drop what was not refreshed in time; return how many tracks lost something.

        A track that nobody holds goes whole. One that somebody has a signal or verdict on keeps its name, so that
        members can still be told what they played, and stays in :meth:`expired`; everything else from Spotify goes.
        """
        statement = select(_TRACK.c.id).where(_TRACK.c.expires_at <= now)
        keys = [TrackKey(key) for key in self._connection.execute(statement).scalars()]
        for some in chunks(keys):
            named = self._connection.execute(_spotify_named(some)).scalars().all()
            delete_unheld(self._connection, [TrackKey(key) for key in named])
            self._strip(some, now)
        return len(keys)

    def _strip(self, keys: Sequence[TrackKey], now: datetime) -> None:
        tracks = self._connection.execute(
            select(_TRACK.c.id, _TRACK.c.popularity, _TRACK.c.popularity_source, _TRACK.c.album_id).where(
                _TRACK.c.id.in_(keys)
            )
        ).all()
        remaining = [row.id for row in tracks]
        self._strip_popularity([(row.id, row.popularity) for row in tracks if row.popularity_source == _SPOTIFY])
        here = _TRACK.c.id.in_(remaining)
        released = update(_TRACK).where(here, _TRACK.c.released_source == _SPOTIFY)
        self._connection.execute(released.values(released=None, year=None, released_source=None))
        genres = delete(_GENRE).where(_GENRE.c.track_id.in_(remaining), _GENRE.c.source == _SPOTIFY)
        retold = set(self._connection.execute(genres.returning(_GENRE.c.track_id)).scalars())
        retold |= self._strip_albums({row.album_id for row in tracks}, now)
        forget_texts(self._connection, sorted(retold))
        done = update(_TRACK).where(here, _TRACK.c.words_source != _SPOTIFY)
        self._connection.execute(done.values(expires_at=None))

    def _strip_popularity(self, tracks: Sequence[tuple[int, int | None]]) -> None:
        unindex_words(self._connection, [(TrackKey(key), popularity) for key, popularity in tracks])
        keys = [key for key, _ in tracks]
        unknown = update(_TRACK).where(_TRACK.c.id.in_(keys)).values(popularity=None, popularity_source=None)
        self._connection.execute(unknown)
        reindex_words(self._connection, keys)

    def _strip_albums(self, albums: set[int], now: datetime) -> set[int]:
        """Forget names and covers of albums no track of which was refreshed; return the tracks that lost a name."""
        fresh = exists().where(_TRACK.c.album_id == _ALBUM.c.id, _TRACK.c.expires_at > now)
        stale = (_ALBUM.c.id.in_(albums), ~fresh)
        covers = update(_ALBUM).where(*stale, _ALBUM.c.cover_source == _SPOTIFY)
        bare = covers.values(cover_url=None, cover_source=None).returning(_ALBUM.c.id)
        forget_covers(self._connection, list(self._connection.execute(bare).scalars()))
        names = update(_ALBUM).where(*stale, _ALBUM.c.name_source == _SPOTIFY)
        nameless = names.values(name=None, name_source=None).returning(_ALBUM.c.id)
        unnamed = list(self._connection.execute(nameless).scalars())
        return set(self._connection.execute(select(_TRACK.c.id).where(_TRACK.c.album_id.in_(unnamed))).scalars())


def _spotify_named(keys: Sequence[TrackKey]) -> Select[int]:
    return select(_TRACK.c.id).where(_TRACK.c.id.in_(keys), _TRACK.c.words_source == _SPOTIFY)
