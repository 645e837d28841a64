"""How many calls we still allow ourselves: a rolling day, kept in the database so that a restart forgets nothing."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock

from bot.errors import QuotaExceededError
from storage.database import Database
from storage.stored import Stored

log = logging.getLogger(__name__)

WINDOW = timedelta(hours=24)
"""Spotify counts a rolling day, as far as anyone has seen."""
PRECISION = timedelta(seconds=30)
"""How exactly we say when the budget opens again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """Where the budget stands."""

    spent: int
    """Calls in the last 24 hours."""
    daily_calls: int
    blocked_until: datetime | None
    """Before this moment no call goes out; None when calls may go out."""


class SpotifyBudget:
    """Admits calls to Spotify, or says when to come back."""

    def __init__(
        self, database: Database, *, daily_calls: int, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._daily_calls = daily_calls
        self._now = now
        self._counting = Lock()

    def admit(self) -> None:
        """Count one call that is about to be made.

        Raises:
            QuotaExceededError: Spotify told us to stay away until a later moment, or a day's calls are spent.
        """
        now = self._now()
        with self._counting, self._database.transaction() as stored:
            until = self._closed_until(stored, now)
            if until is None:
                stored.budget.spend(now)
        if until is not None:
            raise QuotaExceededError(until)

    def check(self, *, share: float = 1.0) -> None:
        """Raise what :meth:`admit` would raise, and count nothing.

        Args:
            share: Of the day's calls that may be spent already; the rest is kept for what matters more.
        """
        now = self._now()
        with self._database.reading() as stored:
            until = self._closed_until(stored, now, int(self._daily_calls * share))
        if until is not None:
            raise QuotaExceededError(until)

    def block(self, until: datetime) -> None:
        """Make no call before a moment; an earlier moment does not shorten a block."""
        with self._counting, self._database.transaction() as stored:
            stored.budget.block(until)
        log.warning("spotify calls were blocked until=%s", until.isoformat())

    def status(self) -> BudgetStatus:
        """Return where the budget stands."""
        now = self._now()
        with self._database.reading() as stored:
            return BudgetStatus(
                spent=stored.budget.spent_since(now - WINDOW),
                daily_calls=self._daily_calls,
                blocked_until=self._closed_until(stored, now),
            )

    def _closed_until(self, stored: Stored, now: datetime, calls: int | None = None) -> datetime | None:
        calls = self._daily_calls if calls is None else calls
        blocked = stored.budget.blocked_until()
        if blocked is not None and blocked > now:
            return blocked
        if stored.budget.spent_since(now - WINDOW) < calls:
            return None
        return now + self._wait_for_room(stored, now, calls)

    def _wait_for_room(self, stored: Stored, now: datetime, calls: int) -> timedelta:
        """Search by halves for when the oldest calls have left the window."""
        too_short, enough = timedelta(), WINDOW
        while enough - too_short > PRECISION:
            middle = (too_short + enough) / 2
            if stored.budget.spent_since(now - WINDOW + middle) < calls:
                enough = middle
            else:
                too_short = middle
        return enough
