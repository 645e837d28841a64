"""Bringing what a linked member listens to into the catalog: plays, top tracks, saved tracks, own playlists."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from bot.background import BlockingPool
from bot.errors import (
    AccessTokenRefusedError,
    NeedsRelinkError,
    NotAllowlistedError,
    OwnerNotPremiumError,
    QuotaExceededError,
    RateLimitedError,
    SpotifyError,
    SpotifyForbiddenError,
    SpotifyNotFoundError,
    SpotifyUnavailableError,
)
from bot.gateways.spotify import PAGE, SpotifyGateway, TopRange
from bot.gateways.spotify_reading import DatedTrack, PlaylistSummary
from bot.services.library_records import LibraryRecords, StepResult, Sync, SyncStep, SyncSummary
from bot.services.spotify_access import SpotifyAccess
from recommender.types import MemberId, SignalKind
from storage.database import Database

__all__ = ["LibrarySyncService", "StepResult", "SyncStep", "SyncSummary"]

log = logging.getLogger(__name__)
T = TypeVar("T")

DEEP_AFTER = timedelta(hours=20)
"""Top tracks, saved tracks and playlists are read once a day; between, one call asks for new plays."""
SAVED_MOST = 500
"""Saved tracks we look at, last saved first: ten calls."""
PLAYLISTS_MOST = 5
"""Own playlists we open, a page of each: five calls."""
RETRY_AFTER = timedelta(minutes=1)
"""So long after a sync that failed the next one is due, when somebody asks for one that is not old."""
OUTAGES_MOST = 2
"""So many steps without an answer, one after the other, and the rest is left for the next sync."""

_TOPS = (
    (SyncStep.TOP_SHORT, TopRange.SHORT, SignalKind.TOP_SHORT),
    (SyncStep.TOP_MEDIUM, TopRange.MEDIUM, SignalKind.TOP_MEDIUM),
    (SyncStep.TOP_LONG, TopRange.LONG, SignalKind.TOP_LONG),
)
_HOPELESS = (
    QuotaExceededError,
    RateLimitedError,
    NeedsRelinkError,
    NotAllowlistedError,
    OwnerNotPremiumError,
    AccessTokenRefusedError,
)
"""After one of these the next step would fail like the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    at: datetime
    is_complete: bool
    summary: SyncSummary | None = None
    """None when it was before our start."""


class LibrarySyncService:
    """Reads members' libraries; what was read stays, whatever happens after."""

    def __init__(
        self,
        database: Database,
        access: SpotifyAccess,
        blocking: BlockingPool,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._records = LibraryRecords(database)
        self._access = access
        self._blocking = blocking
        self._now = now
        self._syncing: defaultdict[MemberId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._last: dict[MemberId, _Ended] = {}

    async def sync(self, member: MemberId) -> SyncSummary:
        """Read what is new at Spotify, and once a day everything; two syncs of one member follow each other.

        Every step is kept as soon as it is read. One that fails does not stop the others, unless the others would fail
        too; the summary says which, and the next sync reads what is missing.

        Raises:
            NotLinkedError: There is no link, or not any more. What Spotify refuses is in the summary instead.
        """
        async with self._syncing[member]:
            return await self._sync(member)

    async def sync_if_older(self, member: MemberId, age: timedelta) -> SyncSummary | None:
        """Sync unless one ended less than ``age`` ago, or failed less than a minute ago; None when nothing was due.

        Raises:
            NotLinkedError: There is no link.
        """
        async with self._syncing[member]:
            link = await self._blocking.run(self._records.link_of, member)
            last = self._last.get(member) or _Ended(at=link.last_synced_at or link.linked_at - age, is_complete=True)
            wait = age if last.is_complete else min(age, RETRY_AFTER)
            if link.linked_at <= last.at and self._now() - last.at < wait:
                return None
            return await self._sync(member)

    def last_incomplete(self, member: MemberId) -> SyncSummary | None:
        """Return how the last sync since our start went, if it left something out."""
        last = self._last.get(member)
        return None if last is None or last.is_complete else last.summary

    async def _sync(self, member: MemberId) -> SyncSummary:
        link = await self._blocking.run(self._records.link_of, member)
        now = self._now()
        sync = Sync(member=member, linked_at=link.linked_at, began_at=now)
        is_deep = link.last_synced_at is None or now - link.last_synced_at >= DEEP_AFTER
        summary = await self._run_steps(sync, self._steps(sync, is_deep=is_deep))
        self._last[member] = _Ended(at=self._now(), is_complete=summary.is_complete, summary=summary)
        if summary.is_complete and is_deep:
            await self._blocking.run(self._records.mark_synced, sync)
        log.info(
            "library synced member=%d plays=%d new_tracks=%d failed=%s",
            member, summary.new_plays, len(summary.new_keys), [step.step.value for step in summary.steps if step.error],
        )  # fmt: skip
        return summary

    def _steps(self, sync: Sync, *, is_deep: bool) -> list[tuple[SyncStep, Callable[[], Awaitable[StepResult]]]]:
        steps: list[tuple[SyncStep, Callable[[], Awaitable[StepResult]]]] = [
            (SyncStep.RECENT, partial(self._recent, sync))
        ]
        if is_deep:
            steps += [(step, partial(self._top, sync, step, span, kind)) for step, span, kind in _TOPS]
            steps += [
                (SyncStep.SAVED, partial(self._saved, sync)),
                (SyncStep.PLAYLISTS, partial(self._playlists, sync)),
            ]
        return steps

    async def _run_steps(
        self, sync: Sync, steps: list[tuple[SyncStep, Callable[[], Awaitable[StepResult]]]]
    ) -> SyncSummary:
        results: list[StepResult] = []
        outages = 0
        for step, read in steps:
            try:
                results.append(await read())
                outages = 0
            except SpotifyError as error:
                log.warning("sync step failed member=%d step=%s error=%s", sync.member, step, type(error).__name__)
                results.append(StepResult(step=step, error=error))
                outages += isinstance(error, SpotifyUnavailableError)
                if isinstance(error, _HOPELESS) or outages >= OUTAGES_MOST:
                    return sync.summary(results, stopped_by=error)
        return sync.summary(results)

    async def _recent(self, sync: Sync) -> StepResult:
        latest = await self._blocking.run(self._records.latest_play, sync.member)
        plays = await self._ask(sync, lambda spotify: spotify.recently_played(after=latest))
        new = await self._blocking.run(self._records.add, sync, SignalKind.PLAY, plays)
        return StepResult(step=SyncStep.RECENT, tracks=len(plays), new=new.signals)

    async def _top(self, sync: Sync, step: SyncStep, span: TopRange, kind: SignalKind) -> StepResult:
        tracks = await self._ask(sync, lambda spotify: spotify.top_tracks(span))
        dated = tuple(DatedTrack(facts=facts, at=None) for facts in tracks)
        new = await self._blocking.run(self._records.replace, sync, kind, dated)
        return StepResult(step=step, tracks=len(tracks), new=new.signals)

    async def _saved(self, sync: Sync) -> StepResult:
        """Read pages until one is wholly known, then go on where an earlier sync was cut off.

        When we hold more than Spotify has, tracks were removed there: then all is read, and replaces what we held.
        """
        result = StepResult(step=SyncStep.SAVED)
        whole: list[DatedTrack] = []
        offset: int | None = 0
        has_stale = False
        while offset is not None and offset < SAVED_MOST:
            page = await self._ask(sync, partial(SpotifyGateway.saved_tracks, offset=offset))
            new = await self._blocking.run(self._records.add, sync, SignalKind.SAVED, page.items)
            result = replace(result, tracks=result.tracks + len(page.items), new=result.new + new.signals)
            whole += page.items
            has_stale = has_stale or new.held > page.total
            offset = page.next_offset
            if new.signals == 0 and not has_stale and offset is not None:
                offset = max(offset, new.held // PAGE * PAGE) if new.held < min(page.total, SAVED_MOST) else None
        if has_stale:
            await self._blocking.run(self._records.replace, sync, SignalKind.SAVED, tuple(whole))
        return result

    async def _playlists(self, sync: Sync) -> StepResult:
        me = await self._ask(sync, SpotifyGateway.me)
        listed = await self._ask(sync, SpotifyGateway.playlists)
        own = [each for each in listed.items if each.owner == me.user_id or each.is_collaborative][:PLAYLISTS_MOST]
        found: list[DatedTrack] = []
        result, skipped = StepResult(step=SyncStep.PLAYLISTS), 0
        for playlist in own:
            tracks = await self._playlist(sync, playlist)
            if tracks is None:
                skipped += 1
                continue
            new = await self._blocking.run(self._records.add, sync, SignalKind.PLAYLIST, tracks)
            result = replace(result, tracks=result.tracks + len(tracks), new=result.new + new.signals)
            found += tracks
        if not skipped:
            await self._blocking.run(self._records.replace, sync, SignalKind.PLAYLIST, tuple(found))
        return result

    async def _playlist(self, sync: Sync, playlist: PlaylistSummary) -> tuple[DatedTrack, ...] | None:
        try:
            page = await self._ask(sync, partial(SpotifyGateway.playlist_tracks, playlist_id=playlist.spotify_id))
        except (SpotifyForbiddenError, SpotifyNotFoundError) as error:
            # Spotify has been seen to close a member's own playlists to new apps; the others may still be open.
            log.warning("playlist was skipped member=%d error=%s", sync.member, type(error).__name__)
            return None
        return page.items

    async def _ask(self, sync: Sync, ask: Callable[[SpotifyGateway], T]) -> T:
        return await self._access.call(sync.member, ask)
