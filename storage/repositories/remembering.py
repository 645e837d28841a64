"""What the bot remembers between two runs: calls to Spotify, and marks of jobs."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from storage.models import SpotifyCallsRow, StateRow, table_of
from storage.sql import upsert

_CALLS = table_of(SpotifyCallsRow)
_STATE = table_of(StateRow)
_BLOCKED = "spotify.blocked_until"
_COUNTED_FOR = timedelta(days=2)
"""Calls older than this no longer count towards any window of 24 hours."""


class StateRepository:
    """Short texts by key: marks of jobs, hashes, progress."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: str) -> str | None:
        """Return what was put under a key, or None."""
        found: str | None = self._connection.execute(select(_STATE.c.value).where(_STATE.c.key == key)).scalar()
        return found

    def put(self, key: str, value: str) -> None:
        """Remember a text under a key, in place of an earlier one."""
        upsert(self._connection, _STATE, [{"key": key, "value": value}], replace=("value",))

    def forget(self, key: str) -> None:
        """Forget what was put under a key."""
        self._connection.execute(delete(_STATE).where(_STATE.c.key == key))


class BudgetRepository:
    """How many calls to Spotify were made, and until when it wants none."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._state = StateRepository(connection)

    def spend(self, at: datetime) -> None:
        """Count one call."""
        raised = update(_CALLS).where(_CALLS.c.at == at).values(calls=_CALLS.c.calls + 1)
        if not self._connection.execute(raised).rowcount:
            self._connection.execute(insert(_CALLS).values(at=at, calls=1))
            self._connection.execute(delete(_CALLS).where(_CALLS.c.at < at - _COUNTED_FOR))

    def spent_since(self, at: datetime) -> int:
        """Return how many calls were counted at or after a moment."""
        return int(self._connection.execute(select(func.sum(_CALLS.c.calls)).where(_CALLS.c.at >= at)).scalar() or 0)

    def blocked_until(self) -> datetime | None:
        """Return until when Spotify wants no calls, or None."""
        until = self._state.get(_BLOCKED)
        return None if until is None else datetime.fromisoformat(until)

    def block(self, until: datetime) -> None:
        """Make no calls until this moment; a block that lasts longer stays.

        Raises:
            ValueError: The moment is naive.
        """
        if until.tzinfo is None:
            msg = f"{until!r} is naive: moments are stored with their time zone"
            raise ValueError(msg)
        before = self.blocked_until()
        if before is None or before < until:
            self._state.put(_BLOCKED, until.isoformat())

    def unblock(self) -> None:
        """Allow calls again."""
        self._state.forget(_BLOCKED)
