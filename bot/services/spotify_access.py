"""Asking Spotify for linked members: with a token that is valid, within the budget, and again where that helps."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bot.background import BlockingPool
from bot.errors import (
    AccessTokenRefusedError,
    NeedsRelinkError,
    NotAllowlistedError,
    NotLinkedError,
    QuotaExceededError,
    RateLimitedError,
    SpotifyUnavailableError,
)
from bot.gateways.spotify import SpotifyGateway
from bot.gateways.spotify_budget import SpotifyBudget
from bot.gateways.spotify_login import SpotifyLogin
from recommender.types import MemberId
from storage.database import Database
from storage.values import Link, LinkState

log = logging.getLogger(__name__)
T = TypeVar("T")

ATTEMPTS = 3
LONGEST_WAIT = timedelta(seconds=10)
"""A longer pause is not waited for inside a call; nobody asks Spotify again before it is over."""
BACKOFF = timedelta(seconds=0.5)
"""Before the second attempt after an outage; doubled before the third."""
EXPIRY_MARGIN = timedelta(seconds=60)
"""A token that ends sooner is renewed before it is used."""


class SpotifyAccess:
    """The one way from a member to Spotify's API."""

    def __init__(
        self,
        database: Database,
        login: SpotifyLogin,
        budget: SpotifyBudget,
        blocking: BlockingPool,
        *,
        gateway: Callable[[str], SpotifyGateway],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take collaborators; ``gateway`` makes one from an access token."""
        self._database = database
        self._login = login
        self._budget = budget
        self._blocking = blocking
        self._gateway = gateway
        self._now = now
        self._sleep = sleep
        self._renewing: defaultdict[MemberId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def call(self, member: MemberId, ask: Callable[[SpotifyGateway], T]) -> T:
        """Return what one reading call answers for a linked member.

        The token is renewed when it is about to end, and once more when Spotify refuses it; however many calls run at
        the same time, it is renewed once. A dead refresh token and a missing place on the app's list are remembered.

        Args:
            member: Who is asked about.
            ask: Makes exactly one call that may be repeated.

        Raises:
            NotLinkedError: There is no link, or not any more.
            NeedsRelinkError: The link has ended; Spotify is not asked again.
            SpotifyError: As :class:`SpotifyGateway` raises, after up to three attempts.
        """
        link = await self._valid_link(member, refused=None)
        try:
            answer = await self._call_or_renew(link, ask)
        except NotAllowlistedError:
            await self._blocking.run(self._mark, link, LinkState.NOT_ALLOWLISTED)
            raise
        if link.state is LinkState.NOT_ALLOWLISTED:
            await self._blocking.run(self._mark, link, LinkState.OK)
        return answer

    async def call_with(self, access_token: str, ask: Callable[[SpotifyGateway], T]) -> T:
        """Return what one reading call answers for a token that belongs to no link yet.

        Raises:
            SpotifyError: As :class:`SpotifyGateway` raises, after up to three attempts.
        """
        for attempt in range(1, ATTEMPTS):
            try:
                return await self._blocking.run(self._ask_once, access_token, ask)
            except RateLimitedError as error:
                if error.retry_after > LONGEST_WAIT:
                    raise
                await self._sleep(error.retry_after.total_seconds())
            except SpotifyUnavailableError:
                await self._sleep(BACKOFF.total_seconds() * 2 ** (attempt - 1))
        return await self._blocking.run(self._ask_once, access_token, ask)

    async def _call_or_renew(self, link: Link, ask: Callable[[SpotifyGateway], T]) -> T:
        try:
            return await self.call_with(link.access_token, ask)
        except AccessTokenRefusedError:
            renewed = await self._valid_link(link.member, refused=link.access_token)
            return await self.call_with(renewed.access_token, ask)

    async def _valid_link(self, member: MemberId, *, refused: str | None) -> Link:
        async with self._renewing[member]:
            return await self._blocking.run(self._renewed_link, member, refused)

    def _ask_once(self, access_token: str, ask: Callable[[SpotifyGateway], T]) -> T:
        self._budget.admit()
        try:
            return ask(self._gateway(access_token))
        except QuotaExceededError as error:
            self._budget.block(error.until)
            raise
        except RateLimitedError as error:
            if error.retry_after > LONGEST_WAIT:
                self._budget.block(self._now() + error.retry_after)
            raise

    def _renewed_link(self, member: MemberId, refused: str | None) -> Link:
        link = self._link_of(member)
        if link.state is LinkState.NEEDS_RELINK:
            raise NeedsRelinkError
        if link.access_token != refused and link.access_expires_at - self._now() > EXPIRY_MARGIN:
            return link
        self._budget.check()
        try:
            tokens = self._login.refresh(refresh_token=link.refresh_token, client_id=link.client_id)
        except NeedsRelinkError:
            self._mark(link, LinkState.NEEDS_RELINK)
            raise
        except QuotaExceededError as error:
            self._budget.block(error.until)
            raise
        with self._database.transaction() as stored:
            current = stored.links.of_member(member)
            if current is not None and current.linked_at == link.linked_at:
                stored.links.update_tokens(member, tokens.access_token, tokens.expires_at, tokens.refresh_token)
        log.info("spotify token renewed member=%d", member)
        return self._link_of(member)  # unlinked or linked anew meanwhile: that is what counts

    def _link_of(self, member: MemberId) -> Link:
        with self._database.reading() as stored:
            link = stored.links.of_member(member)
        if link is None:
            raise NotLinkedError
        return link

    def _mark(self, link: Link, state: LinkState) -> None:
        with self._database.transaction() as stored:
            current = stored.links.of_member(link.member)
            if current is not None and current.linked_at == link.linked_at:
                stored.links.mark(link.member, state)
        log.warning("spotify link changed member=%d state=%s", link.member, state)
