"""What the whole catalog is made of, counted by the database: genres, decades and sound."""

import math
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from recommender.songs import normalised
from recommender.tallies import SOUND_FEATURES, YEARS_OF_A_DECADE, Sound, Spread, Tally, decade_name
from storage.models import TrackGenreRow, TrackRow, table_of

_TRACK = table_of(TrackRow)
_GENRE = table_of(TrackGenreRow)


class TallyRepository:
    """Counts tracks; :mod:`recommender.tallies` counts the same of tracks at hand."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def genres(self) -> Tally:
        """Return how many tracks each genre has, whoever said so."""
        named = select(func.min(_GENRE.c.genre), func.count()).group_by(_GENRE.c.genre_normalised)
        return Tally(
            counts={name: float(tracks) for name, tracks in self._connection.execute(named)},
            known=self._number(select(func.count(_GENRE.c.track_id.distinct()))),
            total=self._tracks(),
        )

    def decades(self) -> Tally:
        """Return how many tracks each decade has, earliest first."""
        decade = (_TRACK.c.year - _TRACK.c.year % YEARS_OF_A_DECADE).label("decade")
        named = select(decade, func.count()).where(_TRACK.c.year.is_not(None)).group_by(decade).order_by(decade)
        counts = {decade_name(first): float(tracks) for first, tracks in self._connection.execute(named)}
        return Tally(counts=counts, known=sum(counts.values()), total=self._tracks())

    def sound(self, *, genre: str | None = None, decade: str | None = None) -> Sound:
        """Return how each audio feature is spread, in the whole catalog or in one genre or decade (``1990s``)."""
        features = [_known(name) for name in SOUND_FEATURES]
        columns = (each for value in features for each in (func.count(value), func.avg(value), func.avg(value * value)))
        statement = select(*columns)
        if genre is not None:
            of_genre = select(_GENRE.c.track_id).where(_GENRE.c.genre_normalised == normalised(genre))
            statement = statement.where(_TRACK.c.id.in_(of_genre))
        if decade is not None:
            first = int(decade.removesuffix("s"))
            statement = statement.where(_TRACK.c.year.between(first, first + YEARS_OF_A_DECADE - 1))
        row = self._connection.execute(statement).one()
        moments = zip(SOUND_FEATURES, row[::3], row[1::3], row[2::3], strict=True)
        return {
            name: Spread(mean=mean, deviation=math.sqrt(max(squares - mean * mean, 0.0)), known=float(known))
            for name, known, mean, squares in moments
            if known
        }

    def _tracks(self) -> float:
        return self._number(select(func.count()).select_from(_TRACK))

    def _number(self, statement: Select[Any]) -> float:
        return float(self._connection.execute(statement).scalar_one())


def _known(name: str) -> ColumnElement[Any]:
    """Return a feature's column; a tempo of 0 is how Spotify says that it found none."""
    return func.nullif(_TRACK.c.tempo, 0) if name == "tempo" else _TRACK.c[name]
