"""Who listened to what in dataset files, and how often."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, case, func, insert, select

from recommender.types import Keys, TrackKey
from storage.models import ListenerRow, ListeningRow, TrackReferenceRow, TrackRow, table_of
from storage.repositories.lists import parted, totals
from storage.repositories.reading import existing
from storage.repositories.recordings import keys_by_spotify_id
from storage.sql import chunks, insert_into, new_keys, upsert
from storage.values import ListenerKey, Listening

_LISTENER = table_of(ListenerRow)
_LISTENING = table_of(ListeningRow)
_REFERENCE = table_of(TrackReferenceRow)
_TRACK = table_of(TrackRow)


class ListeningRepository:
    """The listeners of dataset files, and what they played."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin_import(self) -> int:
        """Return the number of a new import."""
        return new_keys(self._connection, "listening_import", 1)[0]

    def add(self, listenings: Sequence[Listening], import_number: int) -> int:
        """Add what listeners played, and return how many of them were not known before.

        Plays of one listener and one track add up within an import, also over several calls; what an earlier import
        counted is replaced. So a file that is imported again doubles nothing. Tracks that are gone are left out.
        """
        tracks = existing(self._connection, _TRACK.c.id, {each.track for each in listenings})
        summed: dict[tuple[str, TrackKey], Listening] = {}
        for each in listenings:
            if each.track in tracks:
                same = each.listener, each.track
                summed[same] = _together(summed[same], each) if same in summed else each
        listeners = [each.listener for each in summed.values()]
        known = self._keys_of(listeners)
        new = [listener for listener in dict.fromkeys(listeners) if listener not in known]
        self._meet(new, known)
        self._count(summed.values(), known, import_number)
        return len(new)

    def lists(self, after: ListenerKey, limit: int) -> list[tuple[ListenerKey, Keys, Keys]]:
        """Return the first ``limit`` listeners with key > ``after``, by key: tracks (ascending) and plays of each."""
        first = select(_LISTENER.c.id).where(_LISTENER.c.id > after).order_by(_LISTENER.c.id).limit(limit)
        owners = [ListenerKey(key) for key in self._connection.execute(first).scalars()]
        if not owners:
            return []
        columns = (_LISTENING.c.listener_id, _LISTENING.c.track_id, _LISTENING.c.plays)
        entries = select(*columns).where(_LISTENING.c.listener_id.between(owners[0], owners[-1]))
        rows = self._connection.execute(entries.order_by(_LISTENING.c.listener_id, _LISTENING.c.track_id))
        return [(owner, table[:, 0], table[:, 1]) for owner, table in parted(owners, rows, columns=2)]

    def of_listener(self, listener: str) -> list[Listening]:
        """Return what a listener played, by track."""
        theirs = select(_LISTENING).join(_LISTENER).where(_LISTENER.c.source_id == listener)
        rows = self._connection.execute(theirs.order_by(_LISTENING.c.track_id))
        return [
            Listening(listener=listener, track=TrackKey(row.track_id), plays=row.plays, last_at=row.last_at)
            for row in rows
        ]

    def version(self) -> str:
        """Return a text that differs when any list may differ."""
        columns = (_LISTENING.c.listener_id, _LISTENING.c.track_id, _LISTENING.c.plays)
        return totals(self._connection, _LISTENING, *columns)

    def count(self) -> int:
        """Return how many listeners there are."""
        return int(self._connection.execute(select(func.count()).select_from(_LISTENER)).scalar_one())

    def _keys_of(self, listeners: Iterable[str]) -> dict[str, int]:
        known: dict[str, int] = {}
        for some in chunks(list(dict.fromkeys(listeners))):
            rows = self._connection.execute(select(_LISTENER).where(_LISTENER.c.source_id.in_(some)))
            known.update((row.source_id, row.id) for row in rows)
        return known

    def _meet(self, new: Sequence[str], known: dict[str, int]) -> None:
        if new:
            known.update(zip(new, new_keys(self._connection, "catalog_listener", len(new)), strict=True))
            self._connection.execute(insert(_LISTENER), [{"id": known[each], "source_id": each} for each in new])

    def _count(self, listenings: Iterable[Listening], keys: Mapping[str, int], import_number: int) -> None:
        rows = [
            {
                "listener_id": keys[each.listener],
                "track_id": each.track,
                "plays": each.plays,
                "last_at": each.last_at,
                "import_number": import_number,
            }
            for each in listenings
        ]
        if not rows:
            return
        statement = insert_into(self._connection, _LISTENING)
        before, told = _LISTENING.c, statement.excluded
        same_import = before.import_number == told.import_number
        told_nothing_newer = told.last_at.is_(None) | (before.last_at > told.last_at)
        counted = statement.on_conflict_do_update(
            index_elements=list(_LISTENING.primary_key.columns),
            set_={
                "plays": case((same_import, before.plays + told.plays), else_=told.plays),
                "last_at": case((told_nothing_newer, before.last_at), else_=told.last_at),
                "import_number": told.import_number,
            },
        )
        self._connection.execute(counted, rows)


class TrackReferenceRepository:
    """The ids by which datasets name tracks that they say nothing else about."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, references: Mapping[str, TrackKey]) -> None:
        """Remember ids that are not Spotify's; a later track replaces an earlier one."""
        rows = [{"reference": reference, "track_id": key} for reference, key in references.items()]
        upsert(self._connection, _REFERENCE, rows, replace=("track_id",))

    def known(self, ids: Iterable[str]) -> dict[str, TrackKey]:
        """Return the tracks behind those of the ids that we know, Spotify's or others."""
        wanted = list(dict.fromkeys(ids))
        found = {one: TrackKey(key) for one, key in keys_by_spotify_id(self._connection, wanted).items()}
        for some in chunks(wanted):
            rows = self._connection.execute(select(_REFERENCE).where(_REFERENCE.c.reference.in_(some)))
            found.update((row.reference, TrackKey(row.track_id)) for row in rows)
        return found


def _together(one: Listening, other: Listening) -> Listening:
    moments = [each.last_at for each in (one, other) if each.last_at is not None]
    return replace(one, plays=one.plays + other.plays, last_at=max(moments, default=None))
