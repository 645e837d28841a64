"""Tracks as values, read from their rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, select

from recommender.types import AlbumKey, AudioFeatures, Fact, ReleaseDate, Source, Track, TrackKey
from storage.models import AlbumRow, TextVectorRow, TrackArtistRow, TrackGenreRow, TrackRow, table_of
from storage.repositories.merging import AUDIO_NAMES, trust
from storage.sql import chunks

_TRACK = table_of(TrackRow)
_ALBUM = table_of(AlbumRow)
_ARTIST = table_of(TrackArtistRow)
_GENRE = table_of(TrackGenreRow)
_TEXT = table_of(TextVectorRow)
_OF_ALBUM = ("spotify_album_id", "name", "name_source", "cover_url", "cover_source")
_COLUMNS = [*_TRACK.columns, *(_ALBUM.c[name].label(f"album_{name}") for name in _OF_ALBUM)]


def tracks_of_keys(connection: Connection, keys: Iterable[TrackKey]) -> dict[TrackKey, Track]:
    """Return the tracks that exist among these keys, in the order asked."""
    found: dict[TrackKey, Track] = {}
    for some in chunks([int(key) for key in dict.fromkeys(keys)]):
        statement = select(*_COLUMNS).join(_ALBUM, _ALBUM.c.id == _TRACK.c.album_id).where(_TRACK.c.id.in_(some))
        rows = {row["id"]: row for row in connection.execute(statement).mappings()}
        artists = _artists(connection, _ARTIST.c.track_id.in_(list(rows)))
        genres = _genres(connection, _GENRE.c.track_id.in_(list(rows)))
        found.update((TrackKey(key), _track(rows[key], artists[key], genres[key])) for key in some if key in rows)
    return found


def tracks_after(connection: Connection, after: TrackKey, limit: int) -> list[Track]:
    """Return the first ``limit`` tracks with key > ``after``, by key."""
    statement = select(*_COLUMNS).join(_ALBUM, _ALBUM.c.id == _TRACK.c.album_id).where(_TRACK.c.id > after)
    rows = connection.execute(statement.order_by(_TRACK.c.id).limit(limit)).mappings().all()
    if not rows:
        return []
    # A range, and not the keys one by one: it is read in one sweep.
    first, last = rows[0]["id"], rows[-1]["id"]
    artists = _artists(connection, _ARTIST.c.track_id.between(first, last))
    genres = _genres(connection, _GENRE.c.track_id.between(first, last))
    return [_track(row, artists[row["id"]], genres[row["id"]]) for row in rows]


def existing(connection: Connection, column: ColumnElement[int], keys: Iterable[int]) -> set[int]:
    """Return which of the keys a key column holds: what is gone meanwhile can neither be judged nor embedded."""
    wanted = [int(key) for key in keys]
    statements = (select(column).where(column.in_(some)) for some in chunks(wanted))
    return {key for statement in statements for key in connection.execute(statement).scalars()}


def forget_texts(connection: Connection, keys: Sequence[int]) -> None:
    """Forget the text vectors of tracks whose words changed, so that they are made anew."""
    for some in chunks(keys):
        connection.execute(delete(_TEXT).where(_TEXT.c.track_id.in_(some)))


def _artists(connection: Connection, which: ColumnElement[bool]) -> defaultdict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    statement = select(_ARTIST.c.track_id, _ARTIST.c.name).where(which)
    for key, name in connection.execute(statement.order_by(_ARTIST.c.track_id, _ARTIST.c.position)):
        found[key].append(name)
    return found


def _genres(connection: Connection, which: ColumnElement[bool]) -> defaultdict[int, list[tuple[str, str]]]:
    found: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    statement = select(_GENRE.c.track_id, _GENRE.c.genre, _GENRE.c.source).where(which)
    for key, genre, source in connection.execute(statement.order_by(_GENRE.c.track_id, _GENRE.c.position)):
        found[key].append((genre, source))
    return found


def _track(row: RowMapping, artists: Sequence[str], genres: Sequence[tuple[str, str]]) -> Track:
    genre_source = max((source for _, source in genres), key=trust, default=None)
    audio = {name: row[name] for name in AUDIO_NAMES} if row["audio_known"] else {}
    return Track(
        key=TrackKey(row["id"]),
        album_key=AlbumKey(row["album_id"]),
        title=row["title"],
        artists=tuple(artists),
        album=_album_name(row),
        released=ReleaseDate.parse(row["released"]) if row["released"] else None,
        duration_ms=row["duration_ms"],
        explicit=row["explicit"],
        # One source speaks for the genres: those of a lesser one would slip past a policy that names the better one.
        genres=tuple(name for name, source in genres if trust(source) == trust(genre_source)),
        language=row["language"],
        popularity=row["popularity"],
        audio=AudioFeatures(**audio),
        spotify_id=row["spotify_id"],
        spotify_album_id=row["album_spotify_album_id"],
        isrc=row["isrc"],
        cover_url=row["album_cover_url"],
        sources=_sources(row, genre_source),
    )


def _album_name(row: RowMapping) -> str | None:
    """Return the album's name, unless a lesser source than that of the other words says it."""
    is_as_good = trust(row["album_name_source"]) >= trust(row["words_source"])
    return row["album_name"] if is_as_good else None


def _sources(row: RowMapping, genre_source: str | None) -> Mapping[Fact, Source]:
    told: dict[Fact, Any] = {
        Fact.WORDS: row["words_source"],
        Fact.GENRES: genre_source,
        Fact.COVER: row["album_cover_source"],
        Fact.AUDIO: row["audio_source"],
        Fact.POPULARITY: row["popularity_source"],
        Fact.RELEASED: row["released_source"],
        Fact.LANGUAGE: row["language_source"],
    }
    return MappingProxyType({fact: Source(source) for fact, source in told.items() if source is not None})
