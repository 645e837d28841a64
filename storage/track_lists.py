"""What collaborative factors are learnt from: lists, each page of them read in a short transaction of its own."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from recommender.ports import ListSource, TrackList
from recommender.types import Keys, ListKind, MemberId, Signal, TrackKey, Vector, Verdict
from storage.database import Database
from storage.stored import Stored
from storage.values import Consent, ListenerKey, PlaylistKey

_PAGE = 500
"""Playlists or listeners that are read together: some 40,000 rows of usual ones."""
_SHORTEST = 2
"""Tracks; what stands alone says nothing of what belongs together."""


class StoredLists:
    """Streams the playlists and listeners of dataset files, and the members who agreed; safe to share between threads.

    Args:
        database: Of the catalog.
        strengths_of: How much each track speaks for the taste behind a member's signals; blocked tracks are not asked
            for. :func:`recommender.taste_profile.strengths_of`.
    """

    def __init__(
        self, database: Database, strengths_of: Callable[[Sequence[Signal]], Mapping[TrackKey, float]]
    ) -> None:
        self._database = database
        self._strengths_of = strengths_of

    def track_lists(self) -> Iterator[TrackList]:
        """Yield every list that may be learnt from: playlists, listeners, members, each by number.

        A member who agreed no longer when it is their turn is left out. No transaction stays open between two lists,
        so what is learnt in between does not hold the database's log back.
        """
        for each in chain(self._playlists(), self._listeners(), self._members()):
            if len(each.keys) >= _SHORTEST:
                yield each

    def version(self) -> str:
        """Return a short text that differs when any list may differ."""
        with self._database.reading() as stored:
            members = stored.consents.members(Consent.PEOPLE)
            parts = [stored.playlists.version(), stored.listening.version(), stored.signals.version_of(members)]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]

    def _playlists(self) -> Iterator[TrackList]:
        after = PlaylistKey(0)
        while True:
            with self._database.reading() as stored:
                page = stored.playlists.lists(after, _PAGE)
            if not page:
                return
            for after, keys in page:
                yield _list(ListKind.PLAYLIST, after, keys, np.ones(len(keys), dtype=np.float32))

    def _listeners(self) -> Iterator[TrackList]:
        after = ListenerKey(0)
        while True:
            with self._database.reading() as stored:
                page = stored.listening.lists(after, _PAGE)
            if not page:
                return
            for after, keys, plays in page:
                yield _list(ListKind.LISTENER, after, keys, np.log2(1.0 + plays).astype(np.float32))

    def _members(self) -> Iterator[TrackList]:
        with self._database.reading() as stored:
            members = stored.consents.members(Consent.PEOPLE)
        for member in members:
            with self._database.reading() as stored:
                signals = _learnt_from(stored, member)
            strengths = self._strengths_of(signals)
            keys = np.asarray(sorted(strengths), dtype=np.int64)
            found = np.asarray([strengths[TrackKey(key)] for key in keys.tolist()], dtype=np.float32)
            # What was played once and long ago has faded to nothing.
            yield _list(ListKind.MEMBER, member, keys[found > 0], found[found > 0])


def _learnt_from(stored: Stored, member: MemberId) -> list[Signal]:
    if stored.consents.since(member, Consent.PEOPLE) is None:
        return []
    blocked = {each.track for each in stored.feedback.of_member(member) if each.verdict is Verdict.BLOCK}
    return [signal for signal in stored.signals.of_member(member) if signal.track not in blocked]


def _list(kind: ListKind, number: int, keys: Keys, strengths: Vector) -> TrackList:
    return TrackList(owner=f"{kind}:{number}", kind=kind, keys=keys, strengths=strengths)


if TYPE_CHECKING:
    _fits: type[ListSource] = StoredLists
