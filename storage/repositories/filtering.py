"""Filters on the catalog: which tracks pass, what they cannot be asked about, and what may be asked for."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, func, or_, select

from recommender.songs import normalised
from recommender.types import ANY_POPULARITY, HIGHEST_POPULARITY, Filters, Keys, PopularityBand
from storage.models import TrackGenreRow, TrackRow, table_of
from storage.values import Gaps

_TRACK = table_of(TrackRow)
_GENRE = table_of(TrackGenreRow)
_YEARS = 10


def keys_matching(connection: Connection, filters: Filters) -> Keys:
    """Return the keys of all tracks that pass the filters, ascending; see :class:`recommender.types.Filters`.

    A genre stands for its kinds too: *rock* finds *indie rock*, but not *rock opera*.
    """
    # Sorted here: asked for an order, SQLite reads the rows themselves instead of the index that has all it needs.
    found = connection.execute(select(_TRACK.c.id).where(*_conditions(filters))).scalars()
    return np.sort(np.fromiter(found, dtype=np.int64))


def gaps(connection: Connection) -> Gaps:
    """Return of how many tracks it is not known what filters look at."""
    known = [_TRACK.c[name] for name in ("year", "explicit", "language", "duration_ms", "popularity")]
    tracks, *counts = connection.execute(select(func.count(), *map(func.count, known)).select_from(_TRACK)).one()
    year, explicit, language, duration, popularity = (tracks - count for count in counts)
    return Gaps(
        tracks=tracks, year=year, explicit=explicit, language=language, duration=duration, popularity=popularity
    )


def has_genre(connection: Connection, genre: str) -> bool:
    """Return whether any track is of this genre or a kind of it."""
    found = select(_GENRE.c.track_id).where(_is_of_genre(genre)).limit(1)
    return connection.execute(found).first() is not None


def genres(connection: Connection) -> list[tuple[str, int]]:
    """Return every genre as it is written, with the number of its tracks, commonest first."""
    tracks = func.count()
    statement = select(func.min(_GENRE.c.genre), tracks).group_by(_GENRE.c.genre_normalised)
    ordered = statement.order_by(tracks.desc(), _GENRE.c.genre_normalised)
    return [(name, number) for name, number in connection.execute(ordered)]


def languages(connection: Connection) -> list[tuple[str, int]]:
    """Return the ISO 639-1 code of every language with the number of its tracks, commonest first."""
    tracks = func.count()
    statement = select(_TRACK.c.language, tracks).where(_TRACK.c.language.is_not(None)).group_by(_TRACK.c.language)
    ordered = statement.order_by(tracks.desc(), _TRACK.c.language)
    return [(code, number) for code, number in connection.execute(ordered)]


def popularity_counts(connection: Connection) -> NDArray[np.int64]:
    """Return how many tracks have each popularity, shape (101,); tracks of unknown popularity are not counted."""
    statement = select(_TRACK.c.popularity, func.count()).where(_TRACK.c.popularity.is_not(None))
    counts = np.zeros(HIGHEST_POPULARITY + 1, dtype=np.int64)
    for popularity, number in connection.execute(statement.group_by(_TRACK.c.popularity)):
        counts[popularity] = number
    return counts


def _conditions(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if filters.decade is not None:
        yield _TRACK.c.year.between(filters.decade, filters.decade + _YEARS - 1)
    if filters.explicit is not None:
        yield _TRACK.c.explicit.is_(True) if filters.explicit else _TRACK.c.explicit.is_not(True)
    if filters.language is not None:
        yield _TRACK.c.language == filters.language
    if filters.max_ms is not None:
        yield or_(_TRACK.c.duration_ms <= filters.max_ms, _TRACK.c.duration_ms.is_(None))
    if filters.popularity != ANY_POPULARITY:
        yield _is_within(filters.popularity)
    if filters.genre is not None:
        yield _TRACK.c.id.in_(select(_GENRE.c.track_id).where(_is_of_genre(filters.genre)))


def _is_within(band: PopularityBand) -> ColumnElement[bool]:
    known = _TRACK.c.popularity.between(band.lowest, band.highest)
    return known if band.lowest else or_(known, _TRACK.c.popularity.is_(None))


def _is_of_genre(genre: str) -> ColumnElement[bool]:
    name = normalised(genre)
    kind = _GENRE.c.genre_normalised.endswith(f" {name}", autoescape=True)
    return or_(_GENRE.c.genre_normalised == name, kind)
