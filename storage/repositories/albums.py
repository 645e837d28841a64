"""Which album a recording belongs to; one that names none gets a row of its own, so that covers have one home."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from recommender.songs import normalised
from recommender.types import AlbumKey, Fact, TrackFacts
from storage.models import AlbumRow, CoverVectorRow, TrackRow, table_of
from storage.repositories.merging import AlbumRecord, Recording, source_of, trust
from storage.sql import chunks, new_keys

_ALBUM = table_of(AlbumRow)
_TRACK = table_of(TrackRow)
_COVER = table_of(CoverVectorRow)
_OWN = "track:"
_SHARED_PICTURE = "cover:"


def identities(facts: TrackFacts) -> list[str]:
    """Return what the album of these facts is known by, surest first; empty when they name no album.

    A track without an album but with the address of a picture shares an album row with the others of that picture.
    """
    found = []
    if facts.spotify_album_id:
        found.append(f"spotify:{facts.spotify_album_id}")
    if facts.album:
        found.append(f"name:{normalised(facts.album)} | {normalised(facts.artists[0])}")
    if not found and facts.cover_url:
        found.append(f"{_SHARED_PICTURE}{facts.cover_url}")
    return found


def join_album(recording: Recording, facts: TrackFacts, albums: "Albums") -> None:
    """Move a recording to the album that the facts name, where it has none yet or a lesser source named another."""
    row = recording.album.row
    if not (is_placeholder(recording.album) or _is_called_otherwise(recording.album, facts)):
        return
    album = albums.of_facts(facts)
    if album is None or album is recording.album or (is_placeholder(album) and row["cover_url"] is not None):
        return
    if album.row["cover_url"] is None:
        album.row.update(cover_url=row["cover_url"], cover_source=row["cover_source"])
        album.is_changed = True
    albums.left(recording.album)
    recording.album = album
    recording.row_changed = recording.text_changed = True
    recording.changes += 1


def is_placeholder(album: AlbumRecord) -> bool:
    """Return whether the row stands in for an album that nobody has named yet."""
    identity: str = album.row["identity"]
    return not identity or identity.startswith((_OWN, _SHARED_PICTURE))


class Albums:
    """The albums that a batch of facts speaks of."""

    def __init__(self, connection: Connection, batch: Iterable[TrackFacts]) -> None:
        self._connection = connection
        self._known: dict[str, AlbumRecord] = {}
        self._own: list[AlbumRecord] = []
        self._left: set[int] = set()
        wanted = list({identity for facts in batch for identity in identities(facts)})
        for some in chunks(wanted):
            for row in connection.execute(select(_ALBUM).where(_ALBUM.c.identity.in_(some))).mappings():
                self._known[row["identity"]] = AlbumRecord(row=dict(row))

    def of_keys(self, keys: Sequence[int]) -> dict[int, AlbumRecord]:
        """Return the albums with these keys; one record for each album, also when asked twice."""
        found = {album.row["id"]: album for album in self._known.values() if "id" in album.row}
        missing = [key for key in set(keys) if key not in found]
        for some in chunks(missing):
            for row in self._connection.execute(select(_ALBUM).where(_ALBUM.c.id.in_(some))).mappings():
                found[row["id"]] = self._known.setdefault(row["identity"], AlbumRecord(row=dict(row)))
        return found

    def of_facts(self, facts: TrackFacts) -> AlbumRecord | None:
        """Return the album that the facts name, made if need be; None when they name none."""
        names = identities(facts)
        for name in names:
            album = self._known.get(name)
            if album is not None and not _is_another_edition(album, facts):
                return album
        return self._new(names[0], facts) if names else None

    def own(self) -> AlbumRecord:
        """Return a new album row for one track alone; :func:`name_own` names it once the track has its key."""
        album = AlbumRecord(row=_empty_row(""), is_new=True)
        self._own.append(album)
        return album

    def left(self, album: AlbumRecord) -> None:
        """Note that a track left this album; it goes when it was the last one."""
        if "id" in album.row:
            self._left.add(album.row["id"])
        else:
            self._own = [each for each in self._own if each is not album]

    def write(self) -> None:
        """Give new albums keys and store what changed; call it before the tracks are written."""
        fresh = [album for album in (*self._known.values(), *self._own) if album.is_new]
        for key, album in zip(new_keys(self._connection, "album", len(fresh)) if fresh else (), fresh, strict=True):
            album.row["id"] = key
            album.is_new = False
        if fresh:
            self._connection.execute(insert(_ALBUM), [album.row for album in fresh])
        self._update([album for album in self._known.values() if album.is_changed or album.cover_changed], fresh)

    def drop_empty(self) -> None:
        """Forget albums that were left by their last track; call it after the tracks are written."""
        delete_empty(self._connection, self._left)

    def _new(self, identity: str, facts: TrackFacts) -> AlbumRecord:
        row = _empty_row(identity)
        row["spotify_album_id"] = facts.spotify_album_id
        row["name"] = facts.album
        row["name_source"] = source_of(facts, Fact.WORDS).value if facts.album else None
        album = self._known[identity] = AlbumRecord(row=row, is_new=True)
        return album

    def _update(self, changed: list[AlbumRecord], fresh: list[AlbumRecord]) -> None:
        known = {id(album) for album in fresh}
        old = [album for album in changed if id(album) not in known]
        if old:
            columns = [column.name for column in _ALBUM.columns if column.name != "id"]
            statement = update(_ALBUM).where(_ALBUM.c.id == bindparam("_id"))
            self._connection.execute(
                statement.values({name: bindparam(name) for name in columns}),
                [{**album.row, "_id": album.row["id"]} for album in old],
            )
        recovered = [album.row["id"] for album in old if album.cover_changed]
        forget_covers(self._connection, recovered)
        for album in changed:
            album.is_changed = album.cover_changed = False


def name_own(album: AlbumRecord, track: int) -> None:
    """Name the row that :meth:`Albums.own` gave after its track."""
    if not album.row["identity"]:
        album.row["identity"] = f"{_OWN}{track}"


def forget_covers(connection: Connection, albums: Sequence[AlbumKey | int]) -> None:
    """Forget the cover vectors of albums, so that their covers are fetched anew."""
    for some in chunks(albums):
        connection.execute(delete(_COVER).where(_COVER.c.album_id.in_(some)))


def delete_empty(connection: Connection, albums: Iterable[int]) -> None:
    """Delete those of the albums that no track belongs to."""
    for some in chunks(sorted(albums)):
        without_tracks = ~exists().where(_TRACK.c.album_id == _ALBUM.c.id)
        connection.execute(delete(_ALBUM).where(_ALBUM.c.id.in_(some), without_tracks))


def _empty_row(identity: str) -> dict[str, Any]:
    names = (column.name for column in _ALBUM.columns if column.name != "id")
    return {**dict.fromkeys(names), "identity": identity}


def _is_called_otherwise(album: AlbumRecord, facts: TrackFacts) -> bool:
    """Return whether a better source gives the album of a recording another name."""
    name, source = album.row["name"], album.row["name_source"]
    if name is None or facts.album is None or trust(source_of(facts, Fact.WORDS)) <= trust(source):
        return False
    return normalised(facts.album) != normalised(name)


def _is_another_edition(album: AlbumRecord, facts: TrackFacts) -> bool:
    known = album.row["spotify_album_id"]
    return None not in {known, facts.spotify_album_id} and known != facts.spotify_album_id
