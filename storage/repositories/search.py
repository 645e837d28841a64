"""Finding tracks by what people type.

On SQLite the words of every track lie in a full-text index whose row ids begin with the popularity, most popular
first. So the first 25 matches in row order are the 25 best ones, and a prefix of one letter, which half of the catalog
matches, costs no more than a rare one. Elsewhere plain SQL answers the same by scanning in order of popularity.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, text, true

from recommender.songs import normalised
from recommender.types import TrackKey
from storage.models import TrackArtistRow, TrackRow, table_of

_TRACK = table_of(TrackRow)
_ARTIST = table_of(TrackArtistRow)
_KEY_BITS = 40
_UNKNOWN = 101
"""Rank of a track of unknown popularity, behind the 0 of known ones (rank 100)."""
_MOST_WORDS = 12
_SPARE = 2
"""Tracks fetched for each that is wanted, since several may be one recording."""
_LAST = "\U0010ffff"
_WORD = re.compile(r"\w")
_INSERT = text("INSERT INTO track_search (rowid, title, artists) VALUES (:rowid, :title, :artists)")
_DELETE = text("DELETE FROM track_search WHERE rowid = :rowid")
_MATCH = text("SELECT rowid FROM track_search WHERE track_search MATCH :query ORDER BY rowid LIMIT :limit")
_FIRST = text("SELECT rowid FROM track_search ORDER BY rowid LIMIT :limit")

Indexed = tuple[TrackKey, int | None, str, Sequence[str]]
"""Key, popularity, normalised title, artists."""


def index_words(connection: Connection, tracks: Iterable[Indexed]) -> None:
    """Make tracks findable; for one that was, call :func:`unindex_words` first."""
    if not _has_full_text(connection):
        return
    rows = [
        {"rowid": _row(key, popularity), "title": title, "artists": " ".join(normalised(name) for name in artists)}
        for key, popularity, title, artists in tracks
    ]
    if rows:
        connection.execute(_INSERT, rows)


def unindex_words(connection: Connection, tracks: Iterable[tuple[TrackKey, int | None]]) -> None:
    """Make tracks unfindable; they are given with the popularity that they were indexed with."""
    rows = [{"rowid": _row(key, popularity)} for key, popularity in tracks]
    if rows and _has_full_text(connection):
        connection.execute(_DELETE, rows)


def reindex_words(connection: Connection, keys: Sequence[int]) -> None:
    """Make tracks findable again with the words and the popularity that their rows hold now."""
    artists: defaultdict[int, list[str]] = defaultdict(list)
    named = select(_ARTIST.c.track_id, _ARTIST.c.name).where(_ARTIST.c.track_id.in_(keys))
    for row in connection.execute(named.order_by(_ARTIST.c.track_id, _ARTIST.c.position)):
        artists[row.track_id].append(row.name)
    columns = (_TRACK.c.id, _TRACK.c.popularity, _TRACK.c.title_normalised)
    rows = connection.execute(select(*columns).where(_TRACK.c.id.in_(keys))).all()
    index_words(connection, [(TrackKey(key), popularity, title, artists[key]) for key, popularity, title in rows])


def keys_starting(connection: Connection, typed: str, limit: int) -> list[TrackKey]:
    """Return tracks that the typed text may become, most popular first.

    First come titles that begin with it, then tracks in whose title and artists every word begins a word. Issues of
    one recording are listed once. Nothing typed may become anything: the most popular tracks.
    """
    words = normalised(typed).split()[:_MOST_WORDS]
    if limit < 1:
        return []
    fetched = limit * _SPARE
    if not words:
        found = _first(connection, fetched)
    elif not any(_WORD.search(word) for word in words):
        found = _most_popular(connection, _between(_TRACK.c.title_normalised, " ".join(words)), fetched)
    elif _has_full_text(connection):
        found = _with_full_text(connection, words, fetched)
    else:
        found = with_plain_sql(connection, words, fetched)
    return each_recording_once(connection, found)[:limit]


def each_recording_once(connection: Connection, keys: Sequence[TrackKey]) -> list[TrackKey]:
    """Return the first track of each recording, in the order given."""
    rows = connection.execute(select(_TRACK.c.id, _TRACK.c.recording).where(_TRACK.c.id.in_(keys)))
    recording_of = {row.id: row.recording for row in rows}
    firsts: dict[str, TrackKey] = {}
    for key in keys:
        firsts.setdefault(recording_of[key], key)
    return list(firsts.values())


def _first(connection: Connection, limit: int) -> list[TrackKey]:
    if not _has_full_text(connection):
        return _most_popular(connection, true(), limit)
    return _keys(connection.execute(_FIRST, {"limit": limit}).scalars())


def _with_full_text(connection: Connection, words: Sequence[str], limit: int) -> list[TrackKey]:
    quoted = [f'"{word}"' for word in words if _WORD.search(word)]
    phrase = " ".join(quoted).replace('" "', " ")
    beginning = _matches(connection, f"title : ^ {phrase} *", limit)
    if len(beginning) == limit:
        return beginning
    anywhere = _matches(connection, " AND ".join(f"{word} *" for word in quoted), limit + len(beginning))
    return list(dict.fromkeys([*beginning, *anywhere]))[:limit]


def with_plain_sql(connection: Connection, words: Sequence[str], limit: int) -> list[TrackKey]:
    """Answer :func:`keys_starting` for normalised words on any database."""
    beginning = _most_popular(connection, _begins(_TRACK.c.title_normalised, " ".join(words)), limit)
    if len(beginning) == limit:
        return beginning
    named = _ARTIST.c.track_id == _TRACK.c.id
    every = and_(
        *(
            or_(
                _holds_word(_TRACK.c.title_normalised, word),
                exists().where(named, _holds_word(_ARTIST.c.name_normalised, word)),
            )
            for word in words
        )
    )
    anywhere = _most_popular(connection, every, limit + len(beginning))
    return list(dict.fromkeys([*beginning, *anywhere]))[:limit]


def _matches(connection: Connection, query: str, limit: int) -> list[TrackKey]:
    return _keys(connection.execute(_MATCH, {"query": query, "limit": limit}).scalars())


def _keys(rows: Iterable[int]) -> list[TrackKey]:
    return [TrackKey(row & ((1 << _KEY_BITS) - 1)) for row in rows]


def _most_popular(connection: Connection, condition: ColumnElement[bool], limit: int) -> list[TrackKey]:
    order = (_TRACK.c.popularity.desc().nulls_last(), _TRACK.c.id)
    found = connection.execute(select(_TRACK.c.id).where(condition).order_by(*order).limit(limit))
    return [TrackKey(key) for key in found.scalars()]


def _begins(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    return column.startswith(prefix, autoescape=True)


def _between(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    # Unlike LIKE, which SQLite folds the case of, a range is looked up in the index.
    return and_(column >= prefix, column < f"{prefix}{_LAST}")


def _holds_word(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return or_(_begins(column, word), column.contains(f" {word}", autoescape=True))


def _row(key: TrackKey, popularity: int | None) -> int:
    rank = _UNKNOWN if popularity is None else 100 - popularity
    return (rank << _KEY_BITS) | key


def _has_full_text(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
