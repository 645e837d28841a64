"""Logging in to Spotify: authorization code with PKCE, with the client secret where the operator set one.

The token endpoint is called directly: spotipy's login managers print tokens at DEBUG, hide which scopes were granted,
cache tokens of all users in one file, drop Retry-After, and open a browser when a token is missing.

Source:
    RFC 7636 (PKCE), RFC 6749 sections 4.1, 4.4 and 6 (authorization code, client credentials, refresh).
"""

import base64
import hashlib
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import requests
from requests.auth import HTTPBasicAuth

from bot.errors import (
    BotError,
    LoginExpiredError,
    NeedsRelinkError,
    SpotifyError,
    SpotifyNotSetUpError,
    SpotifyUnavailableError,
)
from bot.gateways.spotify_wire import TIMEOUT, refusal

log = logging.getLogger(__name__)

SCOPES = frozenset(
    {
        "user-read-recently-played",
        "user-top-read",
        "user-library-read",
        "playlist-read-private",
        "playlist-modify-private",
    }
)
"""What we ask for; a member grants all of it or is not linked."""
VERIFIER_BYTES = 64
"""86 characters, inside the 43 to 128 that RFC 7636 allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What the token endpoint gave."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(repr=False)
    """None when Spotify sent none: the one in use stays valid."""
    scopes: frozenset[str] | None
    """Granted ones; None when the answer does not say."""


class SpotifyLogin:
    """The accounts service of Spotify, for one app."""

    def __init__(
        self,
        *,
        accounts_base: str,
        client_id: str | None,
        client_secret: str | None,
        redirect_uri: str,
        session: requests.Session,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._accounts_base = accounts_base
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._session = session
        self._now = now

    @property
    def client_id(self) -> str:
        """The operator's app.

        Raises:
            SpotifyNotSetUpError: There is none.
        """
        if self._client_id is None:
            raise SpotifyNotSetUpError
        return self._client_id

    @property
    def has_secret(self) -> bool:
        """Whether the app can log in by itself: see :meth:`app_tokens`."""
        return self._client_id is not None and bool(self._client_secret)

    @property
    def redirect_uri(self) -> str:
        """Where Spotify sends members back to; registered in the dashboard exactly so."""
        return self._redirect_uri

    def authorize_url(self, *, state: str, verifier: str, client_id: str) -> str:
        """Return the address of Spotify's consent page; it always asks, so that nobody links the wrong account."""
        query = {
            "client_id": client_id,
            "response_type": "code",
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(sorted(SCOPES)),
            "state": state,
            "code_challenge_method": "S256",
            "code_challenge": challenge_of(verifier),
            "show_dialog": "true",
        }
        return f"{self._accounts_base}/authorize?{urlencode(query)}"

    def exchange(self, *, code: str, verifier: str, client_id: str) -> Tokens:
        """Return tokens for the code that came back from the consent page.

        Raises:
            LoginExpiredError: The code is unknown, used or too old, or the verifier is not the one it was made with.
            SpotifyNotSetUpError: Spotify does not know the app, or its secret is wrong.
            SpotifyError: As :meth:`refresh` raises.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        return self._tokens(form, client_id, dead=LoginExpiredError)

    def refresh(self, *, refresh_token: str, client_id: str) -> Tokens:
        """Return a new access token.

        Raises:
            NeedsRelinkError: The refresh token has expired or was revoked; trying again is of no use.
            SpotifyNotSetUpError: Spotify does not know the app, or its secret is wrong.
            RateLimitedError, QuotaExceededError: Later.
            SpotifyUnavailableError: No proper answer within ten seconds. The token is as good as before.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._tokens(form, client_id, dead=NeedsRelinkError)

    def app_tokens(self) -> Tokens:
        """Return a token of the app itself: it opens what is nobody's own, songs and search; it is never refreshed.

        Raises:
            SpotifyNotSetUpError: The operator set no secret, or Spotify does not know the app by it.
            SpotifyError: As :meth:`refresh` raises.

        Source:
            RFC 6749, section 4.4 (client credentials).
        """
        if not self.has_secret:
            raise SpotifyNotSetUpError
        return self._tokens({"grant_type": "client_credentials"}, self.client_id, dead=SpotifyNotSetUpError)

    def _tokens(self, form: dict[str, str], client_id: str, *, dead: type[BotError]) -> Tokens:
        secret = self._client_secret if client_id == self._client_id else None
        auth = HTTPBasicAuth(client_id, secret) if secret else None
        try:
            response = self._session.post(
                f"{self._accounts_base}/api/token",
                data=form if secret else {**form, "client_id": client_id},
                auth=auth,
                timeout=TIMEOUT.total_seconds(),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            log.warning("spotify login did not answer error=%s", type(error).__name__)
            raise SpotifyUnavailableError from error
        if response.status_code == HTTPStatus.OK:
            return self._read(response)
        kind = _json(response).get("error")
        if kind == "invalid_grant":
            raise dead
        raise self._refused(response, kind)

    def _refused(self, response: requests.Response, kind: object) -> SpotifyError:
        log.warning("spotify login was refused status=%d error=%.40r", response.status_code, kind)
        if kind in {"invalid_client", "unauthorized_client"}:
            return SpotifyNotSetUpError()
        if response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            return SpotifyUnavailableError()
        reason = kind.get("reason") if isinstance(kind, dict) else None
        header = response.headers.get("Retry-After")
        return refusal(response.status_code, "", reason, header, what="login", now=self._now())

    def _read(self, response: requests.Response) -> Tokens:
        body = _json(response)
        try:
            scope = body.get("scope")
            return Tokens(
                access_token=_text(body["access_token"]),
                expires_at=self._now() + timedelta(seconds=float(body["expires_in"])),
                refresh_token=_text(body["refresh_token"]) if body.get("refresh_token") else None,
                scopes=None if scope is None else frozenset(scope.split()),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            log.warning("spotify login answered in a shape we do not know error=%s", type(error).__name__)
            raise SpotifyUnavailableError from None


def new_verifier() -> str:
    """Return a fresh PKCE verifier."""
    return secrets.token_urlsafe(VERIFIER_BYTES)


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier.

    Source:
        RFC 7636, section 4.2.
    """
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _json(response: requests.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        msg = "not a text"
        raise TypeError(msg)
    return value
