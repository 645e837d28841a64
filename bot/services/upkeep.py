"""Upkeep: members' libraries brought up to date, and new tracks made searchable while the bot runs."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.background import BlockingPool
from bot.errors import BotError, NeedsRelinkError
from bot.services.library_sync import LibrarySyncService, SyncSummary
from bot.services.searchable_catalog import SearchableCatalog
from recommender.errors import EmptyCatalogError
from recommender.types import MemberId
from storage.database import Database
from storage.values import Link, LinkState

log = logging.getLogger(__name__)

FRESH_FOR = timedelta(minutes=15)
"""A library synced less than this ago is not read again for an answer."""
PATIENCE = timedelta(seconds=25)
"""How long an answer waits for a member's new tracks to become searchable."""
ROUND_EVERY = timedelta(minutes=5)
"""How often the catalog is looked through for tracks that something else left unembedded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the nightly refresh and how it went."""

    name: str
    outcome: str
    failed: bool = False


class Upkeep:
    """Keeps the catalog and the members' libraries up to date."""

    def __init__(
        self,
        database: Database,
        catalog: SearchableCatalog,
        library: LibrarySyncService,
        *,
        blocking: BlockingPool,
        encoding: BlockingPool,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._library = library
        self._blocking = blocking
        self._encoding = encoding
        self._now = now
        self._wanted = asyncio.Event()
        self._absorbing = asyncio.Lock()

    async def bring_up_to_date(self, member: MemberId) -> tuple[str, ...]:
        """Sync a member's library when it is due, and wait a little for new tracks to become searchable.

        Returns:
            Remarks for the member; whatever goes wrong with Spotify becomes one of them.
        """
        link = await self._blocking.run(self._link_of, member)
        if link is None:
            return ()
        if link.state is LinkState.NEEDS_RELINK:
            return (str(NeedsRelinkError()),)
        if link.last_synced_at is not None and self._now() - link.last_synced_at < FRESH_FOR:
            return ()
        return await self.sync(member)

    async def sync(self, member: MemberId) -> tuple[str, ...]:
        """Sync a member's library now; return remarks for the member."""
        try:
            summary = await self._library.sync(member)
        except BotError as error:
            log.warning("library not synced member=%d error=%s", member, type(error).__name__)
            return (f"{error} I used what I already know of you.",)
        remarks = _remarks(summary)
        if summary.new_tracks and not await self._absorb_within(PATIENCE):
            return (*remarks, "Some of your tracks are still being read; ask again in a few minutes for better picks.")
        return remarks

    def nudge(self) -> None:
        """Say that there may be something to embed."""
        self._wanted.set()

    async def run(self) -> None:
        """Embed what is new whenever nudged, and every few minutes; goes on until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), ROUND_EVERY.total_seconds())
            self._wanted.clear()
            try:
                await self.absorb()
            except Exception:
                log.exception("absorbing new tracks failed")

    async def absorb(self) -> int:
        """Embed what is missing and make it searchable; return how many tracks became so."""
        async with self._absorbing:
            return await self._encoding.run(self._catalog.absorb)

    async def nightly(self) -> tuple[Step, ...]:
        """Sync every linked member, drop what expired, embed what is new and rebuild the index.

        A step that fails does not stop the others.
        """
        steps = [
            await _step("sync members", self._sync_all),
            await _step("expire", self._expire),
            await _step("embed", self._embed),
            await _step("rebuild index", self._rebuild),
        ]
        return tuple(steps)

    async def _sync_all(self) -> str:
        links = await self._blocking.run(self._links)
        synced = 0
        for link in links:
            if link.state is not LinkState.OK:
                continue
            try:
                await self._library.sync(link.member)
                synced += 1
            except BotError as error:
                log.warning("library not synced member=%d error=%s", link.member, type(error).__name__)
            except Exception:
                log.exception("library sync failed member=%d", link.member)
        return f"{synced} of {len(links)} members"

    async def _expire(self) -> str:
        dropped = await self._blocking.run(self._drop_expired)
        return f"{dropped} rows from Spotify dropped"

    async def _embed(self) -> str:
        async with self._absorbing:
            embedded = await self._encoding.run(self._catalog.embed)
        return f"{embedded.text.done} texts, {embedded.covers.done} covers"

    async def _rebuild(self) -> str:
        try:
            index = await self._encoding.run(self._catalog.rebuild)
        except EmptyCatalogError:
            return "nothing to index yet"
        return f"{len(index)} tracks"

    async def _absorb_within(self, patience: timedelta) -> bool:
        work = asyncio.ensure_future(self.absorb())
        done, _ = await asyncio.wait({work}, timeout=patience.total_seconds())
        if not done:
            work.add_done_callback(_log_failure)
            return False
        work.result()
        return True

    def _link_of(self, member: MemberId) -> Link | None:
        with self._database.transaction() as stored:
            return stored.links.of_member(member)

    def _links(self) -> list[Link]:
        with self._database.transaction() as stored:
            return stored.links.all()

    def _drop_expired(self) -> int:
        with self._database.transaction() as stored:
            return stored.expiry.drop_expired(self._now())


async def _step(name: str, work: Callable[[], Awaitable[str]]) -> Step:
    try:
        outcome = await work()
    except Exception as error:
        log.exception("nightly step failed step=%s", name)
        return Step(name=name, outcome=f"failed: {error}", failed=True)
    log.info("nightly step done step=%s outcome=%s", name, outcome)
    return Step(name=name, outcome=outcome)


def _remarks(summary: SyncSummary) -> tuple[str, ...]:
    if not summary.failed_steps:
        return ()
    return (f"Spotify did not give me your {', '.join(summary.failed_steps)} this time.",)


def _log_failure(work: "asyncio.Future[int]") -> None:
    if not work.cancelled() and work.exception() is not None:
        log.error("absorbing new tracks failed", exc_info=work.exception())
