"""Albums and playlists of the catalog, found by what people call them.

Album keys are given as ``album:12`` and playlist keys as ``playlist:12`` where a name could mean several.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from recommender.songs import normalised
from recommender.types import AlbumKey, TrackKey
from storage.models import AlbumRow, PlaylistEntryRow, PlaylistRow, TrackArtistRow, TrackRow, table_of
from storage.repositories.naming import closest_of
from storage.values import NamedAlbum, NamedPlaylist, PlaylistKey

_ALBUM = table_of(AlbumRow)
_TRACK = table_of(TrackRow)
_ARTIST = table_of(TrackArtistRow)
_PLAYLIST = table_of(PlaylistRow)
_ENTRY = table_of(PlaylistEntryRow)
_KEY = re.compile(r"(album|playlist):(\d{1,18})")
_BETWEEN = re.compile(r"\s+(?:[-–—]|by)\s+", re.IGNORECASE)
_LOOKED_AT = 200
"""Names of which the largest collections are offered while somebody types."""


class CollectionRepository:
    """Finds albums and playlists."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def album_named(self, text: str) -> NamedAlbum | None:
        """Return the album called this, or None; ``title - artist`` and ``title by artist`` name both.

        Of several the one with most tracks. The text is tried as a title first, since titles hold dashes too.
        """
        key = _key_in(text, "album")
        if key is not None:
            return next(iter(self._albums([key])), None)
        found = self._albums(self._called(_ALBUM, text))
        for split in _BETWEEN.finditer(text):
            if found:
                break
            called = self._albums(self._called(_ALBUM, text[: split.start()]))
            found = [each for each in called if _is_by(each, text[split.end() :])]
        return max(found, key=lambda album: (len(album.tracks), -album.key), default=None)

    def albums_starting(self, typed: str, limit: int) -> list[NamedAlbum]:
        """Return albums that the typed text may become, those with most tracks first."""
        keys = self._starting(_ALBUM, _TRACK.c.album_id, _TRACK.c.id, typed, limit)
        by_key = {each.key: each for each in self._albums(keys)}
        return [by_key[AlbumKey(key)] for key in keys if key in by_key]

    def closest_albums(self, text: str, limit: int) -> list[str]:
        """Return ``Title – Artist`` of the albums that are spelt most like the text, best first."""
        names = self._connection.execute(select(_ALBUM.c.id, _ALBUM.c.name).where(_ALBUM.c.name.is_not(None))).all()
        key_of = {row.name: row.id for row in reversed(names)}
        title, *_ = _BETWEEN.split(text, maxsplit=1)
        closest = [name for each in dict.fromkeys([text, title]) for name in closest_of(each, list(key_of), limit)]
        keys = [key_of[name] for name in dict.fromkeys(closest)][:limit]
        labels = {album.key: album.label for album in self._albums(keys)}
        return [labels[AlbumKey(key)] for key in keys if key in labels]

    def playlist_named(self, text: str) -> NamedPlaylist | None:
        """Return the playlist of a dataset file with this name, or with this id in the file, or None.

        Of several of one name the one with most tracks.
        """
        key = _key_in(text, "playlist")
        if key is None:
            of_id = select(_PLAYLIST.c.id).where(_PLAYLIST.c.source_id == text.strip())
            key = self._connection.execute(of_id).scalar()
        found = self._playlists([key] if key is not None else self._called(_PLAYLIST, text))
        return max(found, key=lambda playlist: (len(playlist.tracks), -playlist.key), default=None)

    def playlists_starting(self, typed: str, limit: int) -> list[NamedPlaylist]:
        """Return playlists that the typed text may become, the longest first."""
        keys = self._starting(_PLAYLIST, _ENTRY.c.playlist_id, _ENTRY.c.track_id, typed, limit)
        by_key = {each.key: each for each in self._playlists(keys)}
        return [by_key[PlaylistKey(key)] for key in keys if key in by_key]

    def closest_playlists(self, text: str, limit: int) -> list[str]:
        """Return the names of the playlists that are spelt most like the text, best first."""
        names = self._connection.execute(select(_PLAYLIST.c.name).distinct()).scalars().all()
        return closest_of(text, [name for name in names if name], limit)

    def _called(self, table: Any, text: str) -> list[int]:
        """Return the keys of what is called this; names are compared as they are normalised only where none is."""
        wanted = text.strip()
        same = select(table.c.id).where(func.lower(table.c.name) == wanted.lower())
        found = list(self._connection.execute(same).scalars())
        if found or not normalised(wanted):
            return found
        names = self._connection.execute(select(table.c.id, table.c.name).where(table.c.name.is_not(None)))
        return [row.id for row in names if normalised(row.name) == normalised(wanted)]

    def _starting(
        self, table: Any, owner: ColumnElement[int], counted: ColumnElement[int], typed: str, limit: int
    ) -> list[int]:
        """Return the keys of collections whose name begins with the text, then of those with a word that does."""
        wanted, name = typed.strip().lower(), func.lower(table.c.name)
        begins = name.startswith(wanted, autoescape=True)
        within = or_(begins, name.contains(f" {wanted}", autoescape=True))
        found: list[int] = []
        for condition in (begins, within):
            if len(found) < limit:
                named = select(table.c.id).where(table.c.name.is_not(None), condition).limit(_LOOKED_AT)
                keys = list(self._connection.execute(named).scalars())
                sizes = self._sizes(owner, counted, keys)
                found += [key for key in sorted(keys, key=lambda key: (-sizes[key], key)) if key not in found]
        return found[:limit]

    def _sizes(self, owner: ColumnElement[int], counted: ColumnElement[int], keys: Sequence[int]) -> Counter[int]:
        counts = select(owner, func.count(counted)).where(owner.in_(keys)).group_by(owner)
        return Counter({row[0]: row[1] for row in self._connection.execute(counts)})

    def _albums(self, keys: Iterable[int]) -> list[NamedAlbum]:
        """Return those that have a name and tracks, by key."""
        wanted = sorted(set(keys))
        names = select(_ALBUM.c.id, _ALBUM.c.name).where(_ALBUM.c.id.in_(wanted), _ALBUM.c.name.is_not(None))
        rows = (
            select(_TRACK.c.album_id, _TRACK.c.id, _ARTIST.c.name)
            .join(_ARTIST, _ARTIST.c.track_id == _TRACK.c.id)
            .where(_TRACK.c.album_id.in_(wanted), _ARTIST.c.position == 0)
            .order_by(_TRACK.c.id)
        )
        tracks: defaultdict[int, dict[int, str]] = defaultdict(dict)
        for album, track, artist in self._connection.execute(rows):
            tracks[album][track] = artist
        return [
            NamedAlbum(
                key=AlbumKey(row.id),
                name=row.name,
                artists=tuple(artist for artist, _ in Counter(tracks[row.id].values()).most_common()),
                tracks=tuple(map(TrackKey, tracks[row.id])),
            )
            for row in self._connection.execute(names.order_by(_ALBUM.c.id))
            if tracks[row.id]
        ]

    def _playlists(self, keys: Iterable[int]) -> list[NamedPlaylist]:
        """Return those that are there, by key."""
        wanted = sorted(set(keys))
        tracks: defaultdict[int, list[TrackKey]] = defaultdict(list)
        entries = select(_ENTRY.c.playlist_id, _ENTRY.c.track_id).where(_ENTRY.c.playlist_id.in_(wanted))
        for playlist, track in self._connection.execute(entries.order_by(_ENTRY.c.track_id)):
            tracks[playlist].append(TrackKey(track))
        rows = select(_PLAYLIST).where(_PLAYLIST.c.id.in_(wanted)).order_by(_PLAYLIST.c.id)
        return [
            NamedPlaylist(key=PlaylistKey(row.id), source_id=row.source_id, name=row.name, tracks=tuple(tracks[row.id]))
            for row in self._connection.execute(rows)
        ]


def _is_by(album: NamedAlbum, artist: str) -> bool:
    wanted, names = normalised(artist), {normalised(name) for name in album.artists}
    return not names.isdisjoint({wanted, wanted.removeprefix("the "), f"the {wanted}"})


def _key_in(text: str, kind: str) -> int | None:
    found = _KEY.fullmatch(text.strip())
    return int(found[2]) if found is not None and found[1] == kind else None
