"""Tracks as a batch of facts works on them: found by identity, read whole, and written back where they changed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from recommender.songs import normalised
from storage.models import TrackArtistRow, TrackGenreRow, TrackRow, TrackSpotifyIdRow, table_of
from storage.repositories.albums import Albums, name_own
from storage.repositories.merging import Recording
from storage.repositories.reading import forget_texts
from storage.repositories.search import index_words, unindex_words
from storage.sql import chunks, new_keys

_TRACK = table_of(TrackRow)
_ARTIST = table_of(TrackArtistRow)
_GENRE = table_of(TrackGenreRow)
_SPOTIFY_ID = table_of(TrackSpotifyIdRow)


def load(connection: Connection, albums: Albums, keys: Iterable[int]) -> dict[int, Recording]:
    """Return the recordings with these keys."""
    rows: dict[int, dict[str, Any]] = {}
    artists: defaultdict[int, list[str]] = defaultdict(list)
    genres: defaultdict[int, dict[str, tuple[str, str]]] = defaultdict(dict)
    for some in chunks(list(keys)):
        rows.update((row["id"], dict(row)) for row in connection.execute(_among(_TRACK.c.id, some)).mappings())
        for row in connection.execute(_among(_ARTIST.c.track_id, some).order_by(_ARTIST.c.position)):
            artists[row.track_id].append(row.name)
        for row in connection.execute(_among(_GENRE.c.track_id, some).order_by(_GENRE.c.position)):
            genres[row.track_id][row.genre_normalised] = (row.genre, row.source)
    of_album = albums.of_keys([row["album_id"] for row in rows.values()])
    return {
        key: Recording(
            row=row,
            artists=tuple(artists[key]),
            genres=genres[key],
            album=of_album[row["album_id"]],
            popularity_before=row["popularity"],
        )
        for key, row in rows.items()
    }


def keys_by_spotify_id(connection: Connection, spotify_ids: Sequence[str]) -> dict[str, int]:
    """Return the tracks known under these Spotify ids."""
    found: dict[str, int] = {}
    for some in chunks(spotify_ids):
        rows = connection.execute(_among(_SPOTIFY_ID.c.spotify_id, some))
        found.update((row.spotify_id, row.track_id) for row in rows)
    return found


def keys_among(connection: Connection, column: ColumnElement[str], values: Sequence[str]) -> set[int]:
    """Return the keys of tracks whose column holds one of the values."""
    return {
        key
        for some in chunks(values)
        for key in connection.execute(select(_TRACK.c.id).where(column.in_(some))).scalars()
    }


def write(connection: Connection, recordings: Sequence[Recording], albums: Albums) -> None:
    """Store new recordings and what changed of known ones."""
    fresh = [each for each in recordings if each.is_new]
    for key, each in zip(new_keys(connection, "track", len(fresh)) if fresh else (), fresh, strict=True):
        each.row["id"] = key
        name_own(each.album, key)
    albums.write()
    for each in recordings:
        each.row["album_id"] = each.album.row["id"]
    if fresh:
        connection.execute(insert(_TRACK), [each.row for each in fresh])
    known = [each for each in recordings if not each.is_new]
    _update_rows(connection, [each for each in known if each.row_changed or each.renewed])
    _write_artists(connection, fresh, [each for each in known if each.words_changed])
    _write_genres(connection, [each for each in recordings if each.new_genres])
    ids = [{"spotify_id": one, "track_id": each.key} for each in recordings for one in each.new_spotify_ids]
    if ids:
        connection.execute(insert(_SPOTIFY_ID), ids)
    forget_texts(connection, [each.key for each in known if each.text_changed])
    _write_search(connection, fresh, known)
    albums.drop_empty()


def _among(column: ColumnElement[Any], values: Sequence[Any]) -> Any:
    return select(column.table).where(column.in_(values))


def _update_rows(connection: Connection, changed: Sequence[Recording]) -> None:
    if not changed:
        return
    columns = [column.name for column in _TRACK.columns if column.name != "id"]
    statement = update(_TRACK).where(_TRACK.c.id == bindparam("_id"))
    connection.execute(
        statement.values({name: bindparam(name) for name in columns}),
        [{**each.row, "_id": each.key} for each in changed],
    )


def _write_artists(connection: Connection, fresh: Sequence[Recording], renamed: Sequence[Recording]) -> None:
    for some in chunks([each.key for each in renamed]):
        connection.execute(delete(_ARTIST).where(_ARTIST.c.track_id.in_(some)))
    rows = [
        {"track_id": each.key, "position": position, "name": name, "name_normalised": normalised(name)}
        for each in (*fresh, *renamed)
        for position, name in enumerate(each.artists)
    ]
    if rows:
        connection.execute(insert(_ARTIST), rows)


def _write_genres(connection: Connection, recordings: Sequence[Recording]) -> None:
    known = [each for each in recordings if not each.is_new]
    for some in chunks([each.key for each in known]):
        connection.execute(delete(_GENRE).where(_GENRE.c.track_id.in_(some)))
    rows = [
        {"track_id": each.key, "position": position, "genre_normalised": name, "genre": genre, "source": source}
        for each in recordings
        for position, (name, (genre, source)) in enumerate(each.genres.items())
    ]
    if rows:
        connection.execute(insert(_GENRE), rows)


def _write_search(connection: Connection, fresh: Sequence[Recording], known: Sequence[Recording]) -> None:
    moved = [each for each in known if each.words_changed or each.row["popularity"] != each.popularity_before]
    unindex_words(connection, [(each.key, each.popularity_before) for each in moved])
    index_words(
        connection,
        [(each.key, each.row["popularity"], each.row["title_normalised"], each.artists) for each in (*fresh, *moved)],
    )
