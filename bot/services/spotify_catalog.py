"""Spotify's catalog, which is nobody's own: asked as the app where it has a secret, else as the member who asks."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

from bot.background import BlockingPool
from bot.errors import (
    AccessTokenRefusedError,
    NoSpotifyTokenError,
    NotLinkedError,
    QuotaExceededError,
    SpotifyError,
    SpotifyForbiddenError,
    SpotifyNotSetUpError,
)
from bot.gateways.spotify import SpotifyGateway
from bot.gateways.spotify_budget import SpotifyBudget
from bot.gateways.spotify_login import SpotifyLogin, Tokens
from bot.services.spotify_access import EXPIRY_MARGIN, SpotifyAccess
from recommender.types import MemberId

log = logging.getLogger(__name__)
T = TypeVar("T")

LOOKUP_SHARE = 0.5
"""Of a day's calls: whoever looks songs up leaves the other half to members' libraries."""
_NOT_AS_THE_APP = (SpotifyNotSetUpError, SpotifyForbiddenError, AccessTokenRefusedError)
"""The app may not ask this by itself, but a member may."""


class SpotifyCatalog:
    """Asks Spotify about songs."""

    def __init__(
        self,
        access: SpotifyAccess,
        login: SpotifyLogin,
        budget: SpotifyBudget,
        blocking: BlockingPool,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._access = access
        self._login = login
        self._budget = budget
        self._blocking = blocking
        self._now = now
        self._app: Tokens | None = None
        self._logging_in = asyncio.Lock()

    async def ask(self, member: MemberId | None, question: Callable[[SpotifyGateway], T]) -> T:
        """Return what one reading call about no member in particular answers.

        Args:
            member: Who wants to know, if it is a member: without a secret of the app, their link is used.
            question: Makes exactly one call that may be repeated.

        Raises:
            NoSpotifyTokenError: The operator set no secret, and the member has no link.
            QuotaExceededError: Spotify wants no calls, or the share of the day's calls for looking up is spent.
            SpotifyError: As :class:`SpotifyGateway` raises, after up to three attempts.
        """
        await self._blocking.run(self._budget.check, share=LOOKUP_SHARE)
        refused: SpotifyError | None = None
        if self._login.has_secret:
            try:
                return await self._ask_as_app(question)
            except _NOT_AS_THE_APP as error:
                log.warning("spotify not asked as the app error=%s", type(error).__name__)
                refused = error
        if member is not None:
            with suppress(NotLinkedError):
                return await self._access.call(member, question)
        raise refused or NoSpotifyTokenError(is_member=member is not None)

    async def _ask_as_app(self, question: Callable[[SpotifyGateway], T]) -> T:
        token = await self._app_token(refused=None)
        try:
            return await self._access.call_with(token, question)
        except AccessTokenRefusedError:
            return await self._access.call_with(await self._app_token(refused=token), question)

    async def _app_token(self, *, refused: str | None) -> str:
        async with self._logging_in:
            app = self._app
            if app is None or app.access_token == refused or app.expires_at - self._now() <= EXPIRY_MARGIN:
                app = self._app = await self._blocking.run(self._log_in)
            return app.access_token

    def _log_in(self) -> Tokens:
        try:
            return self._login.app_tokens()
        except QuotaExceededError as error:
            self._budget.block(error.until)
            raise
