"""Linking a member to a Spotify account: invitation, consent, and the end of a link."""

import hashlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode

from bot.background import BlockingPool
from bot.errors import (
    AccountTakenError,
    ConsentRefusedError,
    LinkError,
    LoginExpiredError,
    PastedAddressError,
    ScopesMissingError,
    SpotifyUnavailableError,
)
from bot.gateways.spotify import SpotifyGateway
from bot.gateways.spotify_login import SCOPES, SpotifyLogin, Tokens, new_verifier
from bot.services.spotify_access import SpotifyAccess
from bot.settings import is_loopback
from recommender.types import MemberId
from storage.database import Database
from storage.values import Link, LinkState, PendingLogin

log = logging.getLogger(__name__)

LOGIN_LIVES = timedelta(minutes=10)
LINK_LIVES = timedelta(days=182)
"""Spotify ends a refresh token six months after consent."""
STATE_BYTES = 32
_PASTED_MOST = 4000
"""Characters of a pasted address that are looked at: what fits into Discord's form. Real ones have about 500."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkInvitation:
    """Where a member goes to link."""

    url: str = field(repr=False)
    """Our page, which names the Discord account and leads on to Spotify."""
    authorize_url: str = field(repr=False)
    """Spotify's page itself, for the paste-the-address way: there our own page need not be reachable."""
    expires_at: datetime
    is_local: bool
    """Whether our page opens on the bot's own machine alone; elsewhere ``authorize_url`` and pasting are the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLink:
    """A login that waits for a member's consent."""

    member_name: str
    authorize_url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAccount:
    """What a login led to."""

    member: MemberId
    display_name: str
    """Of the Spotify account."""
    member_name: str
    """Of the Discord account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatus:
    """How a member stands with Spotify."""

    is_linked: bool
    state: LinkState | None = None
    display_name: str | None = None
    linked_at: datetime | None = None
    ends_at: datetime | None = None
    """When Spotify ends the link by itself."""
    last_synced_at: datetime | None = None


class LinkingService:
    """Links members to Spotify accounts."""

    def __init__(
        self,
        database: Database,
        login: SpotifyLogin,
        access: SpotifyAccess,
        blocking: BlockingPool,
        *,
        public_url: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_linked: Callable[[LinkedAccount], None] = lambda _: None,
    ) -> None:
        """Take collaborators; ``on_linked`` hears of every finished link, in the event loop, and must not block."""
        self._database = database
        self._login = login
        self._access = access
        self._blocking = blocking
        self._public_url = public_url
        self._now = now
        self._on_linked = on_linked

    async def begin(self, member: MemberId, member_name: str, *, client_id: str | None = None) -> LinkInvitation:
        """Return where the member goes; the address works once and for ten minutes.

        Args:
            member: Who links.
            member_name: The Discord name, which our page shows before anything is linked.
            client_id: An app of the member's own; the operator's when None.

        Raises:
            SpotifyNotSetUpError: The operator has set no client id.
        """
        state = secrets.token_urlsafe(STATE_BYTES)
        pending = PendingLogin(
            state_hash=_hash(state),
            member=member,
            member_name=member_name,
            verifier=new_verifier(),
            created_at=self._now(),
            client_id=client_id or self._login.client_id,
        )
        await self._blocking.run(self._save_pending, pending)
        log.info("login begun member=%d", member)
        return LinkInvitation(
            url=f"{self._public_url}/link?{urlencode({'state': state})}",
            authorize_url=self._authorize_url(pending, state),
            expires_at=pending.created_at + LOGIN_LIVES,
            is_local=is_loopback(self._public_url),
        )

    async def describe(self, state: str) -> PendingLink:
        """Return whom a login is for, without using it up.

        Raises:
            LoginExpiredError: The state is unknown, used or too old.
        """
        pending = await self._blocking.run(self._peek, state)
        return PendingLink(
            member_name=pending.member_name,
            authorize_url=self._authorize_url(pending, state),
            expires_at=pending.created_at + LOGIN_LIVES,
        )

    async def finish(self, state: str, code: str | None, error: str | None) -> LinkedAccount:
        """Link the account behind a code; nothing is stored unless Spotify answers for it.

        Linking the same account again keeps its history; another account replaces the one before and its history.

        Raises:
            LoginExpiredError: The state or the code is unknown, used or too old.
            ConsentRefusedError: The member declined.
            ScopesMissingError: Spotify granted less than we asked for.
            AccountTakenError: Another member has linked this account.
            SpotifyError: Spotify does not answer for the account, for instance because it is not on the app's list.
        """
        pending = await self._blocking.run(self._take, state)
        if error == "access_denied":
            raise ConsentRefusedError
        if error or not code:
            log.warning("login came back without a code member=%d error=%.40r", pending.member, error)
            raise LinkError("Spotify did not finish the login. Use /link in Discord to try again.")
        tokens = await self._exchange(pending, code)
        profile = await self._access.call_with(tokens.access_token, SpotifyGateway.me)
        link = Link(
            member=pending.member,
            spotify_user_id=profile.account,
            display_name=profile.display_name,
            client_id=pending.client_id,
            scopes=tokens.scopes or SCOPES,
            access_token=tokens.access_token,
            access_expires_at=tokens.expires_at,
            refresh_token=tokens.refresh_token or "",
            linked_at=self._now(),
        )
        await self._blocking.run(self._save, link)
        log.info("spotify linked member=%d", link.member)
        linked = LinkedAccount(member=link.member, display_name=link.display_name, member_name=pending.member_name)
        self._on_linked(linked)
        return linked

    async def finish_pasted(self, member: MemberId, url: str) -> LinkedAccount:
        """Link with the address that Spotify led the member's browser to.

        Raises:
            PastedAddressError: It is not such an address.
            LoginExpiredError: Its login is not the member's own, used or too old.
            BotError: As :meth:`finish` raises.
        """
        query = self._pasted_query(url)
        pending = await self._blocking.run(self._peek, query["state"])
        if pending.member != member:
            log.warning("login of another member was pasted member=%d", member)
            raise LoginExpiredError
        return await self.finish(query["state"], query.get("code"), query.get("error"))

    async def unlink(self, member: MemberId) -> bool:
        """Erase the link and all that came from it at once; False when there was none."""
        erased = await self._blocking.run(self._erase, member)
        if erased:
            log.info("spotify unlinked member=%d", member)
        return erased

    async def status(self, member: MemberId) -> LinkStatus:
        """Return how a member stands with Spotify."""
        link = await self._blocking.run(self._link_of, member)
        if link is None:
            return LinkStatus(is_linked=False)
        return LinkStatus(
            is_linked=True,
            state=link.state,
            display_name=link.display_name,
            linked_at=link.linked_at,
            ends_at=link.linked_at + LINK_LIVES,
            last_synced_at=link.last_synced_at,
        )

    async def _exchange(self, pending: PendingLogin, code: str) -> Tokens:
        tokens = await self._blocking.run(
            self._login.exchange, code=code, verifier=pending.verifier, client_id=pending.client_id
        )
        # RFC 6749, section 5.1: an answer that leaves the scope out grants what was asked for.
        missing = SCOPES - tokens.scopes if tokens.scopes is not None else frozenset()
        if missing:
            raise ScopesMissingError(missing)
        if tokens.refresh_token is None:
            log.error("spotify gave no refresh token member=%d", pending.member)
            raise SpotifyUnavailableError
        return tokens

    def _authorize_url(self, pending: PendingLogin, state: str) -> str:
        return self._login.authorize_url(state=state, verifier=pending.verifier, client_id=pending.client_id)

    def _pasted_query(self, url: str) -> dict[str, str]:
        address, _, rest = url.strip().strip("<>")[:_PASTED_MOST].partition("?")
        query = {name: values[0] for name, values in parse_qs(rest.partition("#")[0]).items()}
        is_answer = "state" in query and ("code" in query or "error" in query)
        if address != self._login.redirect_uri or not is_answer:
            raise PastedAddressError(self._login.redirect_uri)
        return query

    def _save_pending(self, pending: PendingLogin) -> None:
        with self._database.transaction() as stored:
            stored.logins.purge(self._now(), LOGIN_LIVES)
            stored.logins.add(pending)

    def _peek(self, state: str) -> PendingLogin:
        with self._database.reading() as stored:
            pending = stored.logins.peek(_hash(state), self._now(), LOGIN_LIVES)
        if pending is None:
            raise LoginExpiredError
        return pending

    def _take(self, state: str) -> PendingLogin:
        with self._database.transaction() as stored:
            pending = stored.logins.take(_hash(state), self._now(), LOGIN_LIVES)
        if pending is None:
            raise LoginExpiredError
        return pending

    def _save(self, link: Link) -> None:
        with self._database.transaction() as stored:
            for other in stored.links.all():
                if other.spotify_user_id == link.spotify_user_id and other.member != link.member:
                    raise AccountTakenError
            before = stored.links.of_member(link.member)
            if before is not None and before.spotify_user_id != link.spotify_user_id:
                stored.links.erase_link(link.member)
            stored.links.save(link)

    def _erase(self, member: MemberId) -> bool:
        with self._database.transaction() as stored:
            return stored.links.erase_link(member)

    def _link_of(self, member: MemberId) -> Link | None:
        with self._database.reading() as stored:
            return stored.links.of_member(member)


def _hash(state: str) -> str:
    """Return what is stored of a state: whoever reads the database cannot finish a login with it."""
    return hashlib.sha256(state.encode()).hexdigest()
