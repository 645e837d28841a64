"""What members agree to: nothing before they say so, and nothing any more once they take it back."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.background import BlockingPool
from recommender.types import MemberId
from storage.database import Database
from storage.values import Consent

if TYPE_CHECKING:
    from bot.services.ports import KeepsConsent

log = logging.getLogger(__name__)


class ConsentService:
    """Remembers what members agree to."""

    def __init__(
        self, database: Database, blocking: BlockingPool, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._blocking = blocking
        self._now = now

    async def allows(self, member: MemberId, purpose: Consent) -> bool:
        """Return whether a member agrees."""
        return await self._blocking.run(self._read, member, purpose)

    async def set(self, member: MemberId, purpose: Consent, *, agrees: bool) -> None:
        """Remember whether a member agrees; what was learnt from them is gone with the next training."""
        await self._blocking.run(self._write, member, purpose, agrees)
        log.info("consent set member=%d purpose=%s agrees=%s", member, purpose, agrees)

    def _read(self, member: MemberId, purpose: Consent) -> bool:
        with self._database.reading() as stored:
            return stored.consents.since(member, purpose) is not None

    def _write(self, member: MemberId, purpose: Consent, agrees: bool) -> None:  # noqa: FBT001 -- through the pool
        with self._database.transaction() as stored:
            if agrees:
                stored.consents.give(member, purpose, self._now())
            else:
                stored.consents.withdraw(member, purpose)


if TYPE_CHECKING:
    _fits: type[KeepsConsent] = ConsentService
