"""Upkeep: members' libraries brought up to date, and new tracks made searchable while the bot runs."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np

from bot.background import BlockingPool
from bot.errors import BotError, NeedsRelinkError
from bot.services.library_records import SyncStep, SyncSummary
from bot.services.library_sync import LibrarySyncService
from bot.services.searchable_catalog import Absorbed, SearchableCatalog
from bot.services.training import Training
from bot.services.unasked import Unasked
from recommender.errors import EmptyCatalogError
from recommender.types import MemberId
from storage.database import Database
from storage.values import Link, LinkState

log = logging.getLogger(__name__)

FRESH_FOR = timedelta(minutes=15)
"""A library synced less than this ago is not read again for an answer."""
PATIENCE = timedelta(seconds=25)
"""How long an answer waits for a member's new tracks to become searchable."""
ROUND_LASTS = timedelta(seconds=20)
"""What was embedded in this time becomes searchable before the rest is read: lyrics come at one a second."""
ASKED_AGAIN_MOST = 2_000
"""Tracks and albums without an answer that are looked up again by day; a longer list waits for the night."""
ROUND_EVERY = timedelta(minutes=5)
"""How often the catalog is looked through for tracks that something else left unembedded."""


NIGHTLY_MARK = "nightly.last"
"""When the nightly refresh last ended, and how."""
STILL_READING = "Some of your tracks are still being read; ask again in a few minutes for better picks."

_CALLED = {
    SyncStep.RECENT: "recent plays",
    SyncStep.TOP_SHORT: "top tracks",
    SyncStep.TOP_MEDIUM: "top tracks",
    SyncStep.TOP_LONG: "top tracks",
    SyncStep.SAVED: "saved tracks",
    SyncStep.PLAYLISTS: "playlists",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the nightly refresh and how it went."""

    name: str
    outcome: str
    failed: bool = False


class LooksUp(Protocol):
    """Finds words and covers with services that may be down."""

    @property
    def leaves_services_alone(self) -> bool:
        """Whether a service failed so often that it is not asked at the moment."""
        ...

    def unasked(self) -> Unasked:
        """Return what went without an answer."""
        ...

    def take_unasked(self) -> Unasked:
        """Let what went without an answer be embedded anew, and return it."""
        ...


class Upkeep:
    """Keeps the catalog and the members' libraries up to date."""

    def __init__(
        self,
        database: Database,
        catalog: SearchableCatalog,
        library: LibrarySyncService,
        *,
        training: Training,
        content: LooksUp,
        blocking: BlockingPool,
        encoding: BlockingPool,
        tasks: asyncio.TaskGroup,
        now: Callable[[], datetime],
    ) -> None:
        """Take collaborators; ``training`` builds anew, ``content`` knows what a service could not answer."""
        self._database = database
        self._catalog = catalog
        self._library = library
        self._training = training
        self._content = content
        self._blocking = blocking
        self._encoding = encoding
        self._now = now
        self._tasks = tasks
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
        try:
            summary = await self._library.sync_if_older(member, FRESH_FOR)
        except BotError as error:
            log.warning("library not synced member=%d error=%s", member, type(error).__name__)
            return (f"{error} I used what I already know of you.",)
        # Somebody who asks while or after another read their library hears what that one met.
        summary = summary or self._library.last_incomplete(member)
        remarks = () if summary is None else _remarks(summary)
        if await self._blocking.run(self._is_unread, member) and not await self._absorb_within(PATIENCE):
            return (*remarks, STILL_READING)
        owed = await self._blocking.run(self._owed_of, member)
        return (*remarks, _owed(owed)) if owed else remarks

    def linked(self, member: MemberId) -> None:
        """Read the library of a member who has linked just now, without anybody waiting for it."""
        self._tasks.create_task(self._read_library(member))

    async def run(self) -> None:
        """Embed what is new every few minutes, beginning with a look at everything; goes on until cancelled."""
        await self._quietly("refreshing the index", self._refresh)
        while True:
            await self._quietly("asking services again", self._ask_soon)
            await self._quietly("absorbing new tracks", self.absorb)
            await asyncio.sleep(ROUND_EVERY.total_seconds())

    async def absorb(self) -> int:
        """Embed what is missing and make it searchable in rounds; return how many tracks became so."""
        async with self._absorbing:
            total = 0
            while True:
                absorbed = await self._encoding.run(self._absorb_round)
                total += absorbed.tracks
                if absorbed.is_complete or self._catalog.is_closing:
                    return total

    async def nightly(self) -> tuple[Step, ...]:
        """Sync every linked member, drop what expired, embed what is new, rebuild the index and learn from lists.

        A step that fails does not stop the others. What is built stays out where it is worse; see :class:`Training`.
        """
        steps = [
            await _step("sync members", self._sync_all),
            await _step("expire", self._expire),
            await _step("embed", self._embed),
            await _step("rebuild index", self._rebuild),
        ]
        failed = ", ".join(step.name for step in steps if step.failed)
        outcome = f"{self._now():%Y-%m-%d %H:%M} UTC, {f'failed: {failed}' if failed else 'all done'}"
        await self._blocking.run(self._mark, outcome)
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
        await self._blocking.run(self._content.take_unasked)
        async with self._absorbing:
            embedded = await self._encoding.run(self._catalog.embed)
        return f"{embedded.text.done} texts, {embedded.covers.done} covers"

    async def _rebuild(self) -> str:
        try:
            renewed = await self._encoding.run(self._training.renew)
        except EmptyCatalogError:
            return "nothing to index yet"
        return f"{len(renewed.index)} tracks; {renewed.remark}"

    async def _absorb_within(self, patience: timedelta) -> bool:
        work = self._tasks.create_task(self._quietly("absorbing new tracks", self.absorb))
        done, _ = await asyncio.wait({work}, timeout=patience.total_seconds())
        return bool(done)

    async def _read_library(self, member: MemberId) -> None:
        await self._quietly("reading a library", lambda: self.bring_up_to_date(member))

    async def _refresh(self) -> None:
        try:
            await self._encoding.run(self._catalog.refresh)
        except EmptyCatalogError:
            log.info("nothing to search yet")

    async def _quietly(self, what: str, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except Exception:
            log.exception("upkeep failed what=%r", what)

    def _absorb_round(self) -> Absorbed:
        ends = time.monotonic() + ROUND_LASTS.total_seconds()
        return self._catalog.absorb(stop=lambda: time.monotonic() >= ends)

    async def _ask_soon(self) -> None:
        """Let a short list of what services could not answer be looked up anew, unless one is left alone just now."""
        if self._content.leaves_services_alone:
            return
        owed = await self._blocking.run(self._content.unasked)
        if 0 < len(owed.tracks) + len(owed.albums) <= ASKED_AGAIN_MOST:
            await self._blocking.run(self._content.take_unasked)

    def _is_unread(self, member: MemberId) -> bool:
        """Return whether the member has tracks that the index does not hold yet."""
        with self._database.reading() as stored:
            keys = {signal.track for signal in stored.signals.of_member(member)}
        try:
            known = self._catalog.index().keys
        except EmptyCatalogError:
            return bool(keys)
        return not bool(np.isin(sorted(keys), known).all())

    def _owed_of(self, member: MemberId) -> int:
        """Count the member's tracks for which a service could not be asked."""
        owed = self._content.unasked()
        if not (owed.tracks or owed.albums):
            return 0
        with self._database.reading() as stored:
            tracks = stored.tracks.of_keys({signal.track for signal in stored.signals.of_member(member)})
        return sum(track.key in owed.tracks or track.album_key in owed.albums for track in tracks.values())

    def _link_of(self, member: MemberId) -> Link | None:
        with self._database.reading() as stored:
            return stored.links.of_member(member)

    def _mark(self, outcome: str) -> None:
        with self._database.transaction() as stored:
            stored.state.put(NIGHTLY_MARK, outcome)

    def _links(self) -> list[Link]:
        with self._database.reading() as stored:
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


def _owed(tracks: int) -> str:
    which = "one of your tracks" if tracks == 1 else f"{tracks} of your tracks"
    return f"Services for lyrics and covers did not answer for {which}; I ask them again by myself."


def _remarks(summary: SyncSummary) -> tuple[str, ...]:
    if summary.stopped_by is not None:
        return (f"{summary.stopped_by} I used what I already know of you.",)
    failed = dict.fromkeys(_CALLED[step.step] for step in summary.steps if step.error is not None)
    return (f"Spotify did not give me your {' and '.join(failed)} this time.",) if failed else ()
