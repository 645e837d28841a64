"""How large the catalog is, and how much of it can be compared by what."""

from sqlalchemy import Connection, func, select

from storage.models import (
    CoverVectorRow,
    ListenerRow,
    ListeningRow,
    PlaylistRow,
    TextVectorRow,
    TrackArtistRow,
    TrackRow,
    table_of,
)
from storage.repositories.filtering import genres, languages
from storage.values import CatalogStatistics

_TRACK = table_of(TrackRow)
_ARTIST = table_of(TrackArtistRow)
_TEXT = table_of(TextVectorRow)
_COVER = table_of(CoverVectorRow)
_LISTENING = table_of(ListeningRow)
_COMMONEST = 20


def statistics(connection: Connection) -> CatalogStatistics:
    """Count what the catalog holds: tracks, the albums they belong to, and how many have what they are compared by."""
    count = func.count()
    has_cover = (_COVER.c.album_id == _TRACK.c.album_id) & (func.length(_COVER.c.vector) > 0)
    one = connection.execute
    return CatalogStatistics(
        tracks=one(select(count).select_from(_TRACK)).scalar_one(),
        albums=one(select(func.count(_TRACK.c.album_id.distinct()))).scalar_one(),
        artists=one(select(func.count(_ARTIST.c.name_normalised.distinct()))).scalar_one(),
        genres=tuple(genres(connection)[:_COMMONEST]),
        languages=tuple(languages(connection)[:_COMMONEST]),
        with_audio=one(select(count).select_from(_TRACK).where(_TRACK.c.audio_known > 0)).scalar_one(),
        with_text=one(select(count).select_from(_TEXT).where(func.length(_TEXT.c.vector) > 0)).scalar_one(),
        with_cover=one(select(count).select_from(_TRACK.join(_COVER, has_cover))).scalar_one(),
        playlists=one(select(count).select_from(table_of(PlaylistRow))).scalar_one(),
        listeners=one(select(count).select_from(table_of(ListenerRow))).scalar_one(),
        plays=int(one(select(func.sum(_LISTENING.c.plays))).scalar() or 0),
    )
