"""Tracks and artists by their whole names, exactly or nearly."""

import heapq
import re
from collections.abc import Iterator, Sequence
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import Connection, Row, Select, exists, func, select

from recommender.songs import normalised, recording_key, song_title
from recommender.types import TrackKey
from storage.models import TrackArtistRow, TrackRow, table_of
from storage.repositories.search import each_recording_once

_TRACK = table_of(TrackRow)
_ARTIST = table_of(TrackArtistRow)
_CHUNK = 10_000
"""Names compared at a time, so that memory stays flat."""
_LIKE_ENOUGH = 50.0
"""Of 100; below this, names have little more than letters in common."""
_NEARLY = 80.0
"""Of 100; from here on, a name is taken for another one misspelt: a letter of five, or two of eleven."""
_BETWEEN = re.compile(r"\s+(?:[-–—]|by)\s+", re.IGNORECASE)
_MOST_OF_A_NAME = 100
_LAST = "\U0010ffff"


def titled(connection: Connection, text: str, limit: int) -> list[TrackKey]:
    """Return tracks called this, most popular first; ``title - artist`` and ``title by artist`` name both.

    Issues of a recording count as one title: *Wonderwall* is also called *Wonderwall - Remastered*. Other versions
    (live, remixes) answer only when the text names them, or when there is nothing else. The text is tried as a title
    first, since *Stand By Me* is no song by Me.
    """
    found = _called(connection, text, limit)
    for split in _BETWEEN.finditer(text):
        if found:
            break
        artist = normalised(text[split.end() :])
        found = _called(connection, text[: split.start()], limit, artists=_spellings(artist))
    return found


def closest_titles(connection: Connection, text: str, limit: int) -> list[TrackKey]:
    """Return the tracks whose title, alone or with the first artist, is spelt most like the text; each name once."""
    wanted = normalised(text)
    names = (
        select(_TRACK.c.id, _TRACK.c.popularity, _TRACK.c.title_normalised, _ARTIST.c.name_normalised)
        .join(_ARTIST, _ARTIST.c.track_id == _TRACK.c.id)
        .where(_ARTIST.c.position == 0)
    )
    best: dict[str, tuple[float, int, int]] = {}
    for rows in _in_chunks(connection, names):
        titles = [row.title_normalised for row in rows]
        labels = [f"{row.title_normalised} {row.name_normalised}" for row in rows]
        for likeness, place in (*_most_alike(wanted, titles, limit), *_most_alike(wanted, labels, limit)):
            popularity = -1 if rows[place].popularity is None else rows[place].popularity
            rank = (likeness, popularity, -rows[place].id)
            best[labels[place]] = max(rank, best.get(labels[place], rank))
    return [TrackKey(-rank[2]) for rank in heapq.nlargest(limit, best.values())]


def nearly_titled(connection: Connection, title: str, artist: str, limit: int) -> list[TrackKey]:
    """Return the tracks of which title and artist may be a misspelling, each of the two for itself; best first.

    Spelling the artist right does not make *Hello* a misspelling of *Hallelujah*, nor the title one artist another.
    """
    wanted, by = song_title(title), normalised(artist)
    names = select(_ARTIST.c.name_normalised).distinct()
    artists = [
        rows[place].name_normalised
        for rows in _in_chunks(connection, names)
        for _, place in _most_alike(by, [row.name_normalised for row in rows], None, at_least=_NEARLY)
    ]
    theirs = select(_TRACK.c.id, _TRACK.c.recording).where(
        exists().where(_ARTIST.c.track_id == _TRACK.c.id, _ARTIST.c.name_normalised.in_(artists))
    )
    rows = connection.execute(theirs.order_by(_TRACK.c.id)).all() if artists else []
    alike = _most_alike(wanted, [row.recording.partition(" | ")[0] for row in rows], limit, at_least=_NEARLY)
    return [TrackKey(rows[place].id) for _, place in alike]


def artist_named(connection: Connection, text: str) -> str | None:
    """Return the normalised name of the artist called this, with or without a leading *the*, or None."""
    for name in _spellings(normalised(text)):
        if connection.execute(select(exists().where(_ARTIST.c.name_normalised == name))).scalar():
            return name
    return None


def closest_artists(connection: Connection, text: str, limit: int) -> list[str]:
    """Return the names of the artists that are spelt most like the text, best first."""
    wanted = normalised(text)
    column = _ARTIST.c.name_normalised
    best: list[tuple[float, str]] = []
    for rows in _in_chunks(connection, select(column, func.min(_ARTIST.c.name).label("name")).group_by(column)):
        alike = _most_alike(wanted, [row.name_normalised for row in rows], limit)
        best = heapq.nlargest(limit, [*best, *((likeness, rows[place].name) for likeness, place in alike)])
    return [name for _, name in best]


def closest_of(text: str, names: Sequence[str], limit: int) -> list[str]:
    """Return those of the names that are spelt most like the text, best first; among equals the earlier one."""
    alike = _most_alike(normalised(text), [normalised(name) for name in names], limit)
    return [names[place] for _, place in alike]


def _called(connection: Connection, title: str, limit: int, *, artists: Sequence[str] = ()) -> list[TrackKey]:
    """Return the tracks of this title, by one of the artists where some are given."""
    song, name = song_title(title), normalised(title)
    prefix = f"{song} | "
    statement = select(_TRACK.c.id, _TRACK.c.title_normalised, _TRACK.c.recording, _TRACK.c.popularity).where(
        _TRACK.c.recording >= prefix, _TRACK.c.recording < f"{prefix}{_LAST}"
    )
    if artists:
        named = (_ARTIST.c.track_id == _TRACK.c.id, _ARTIST.c.name_normalised.in_(artists))
        statement = statement.where(exists().where(*named))
    rows = connection.execute(statement).all()
    version = _version(recording_key(title, ""))
    same_version = [row for row in rows if _version(row.recording) == version or row.title_normalised == name]
    is_exact_wanted = name != song

    def rank(row: Any) -> tuple[bool, int, int]:
        popularity = -1 if row.popularity is None else row.popularity
        return (is_exact_wanted and row.title_normalised != name, -popularity, row.id)

    ranked = [TrackKey(row.id) for row in sorted(same_version or rows, key=rank)[:_MOST_OF_A_NAME]]
    return each_recording_once(connection, ranked)[:limit]


def _version(recording: str) -> str:
    return recording.rpartition(" | ")[2]


def _spellings(artist: str) -> tuple[str, ...]:
    return (artist, artist.removeprefix("the ") if artist.startswith("the ") else f"the {artist}")


def _in_chunks(connection: Connection, statement: Select[Any]) -> Iterator[Sequence[Row[Any]]]:
    # On the statement, not on the connection, which would keep the option for all that follows.
    return connection.execute(statement.execution_options(yield_per=_CHUNK)).partitions()


def _most_alike(
    wanted: str, names: Sequence[str], limit: int | None, *, at_least: float = _LIKE_ENOUGH
) -> list[tuple[float, int]]:
    """Return likeness in percent and place of the names most like the wanted one; with no limit, of all alike."""
    found = process.extract(wanted, names, scorer=fuzz.ratio, limit=limit, score_cutoff=at_least)
    return [(likeness, place) for _, likeness, place in found]
