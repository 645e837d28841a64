"""What Spotify's API and its login have in common on the wire: the session, and what a refusal means."""

import logging
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy

import requests

from bot.errors import (
    AccessTokenRefusedError,
    NotAllowlistedError,
    OwnerNotPremiumError,
    QuotaExceededError,
    RateLimitedError,
    SpotifyError,
    SpotifyForbiddenError,
    SpotifyNotFoundError,
    SpotifyUnavailableError,
)

log = logging.getLogger(__name__)

TIMEOUT = timedelta(seconds=10)
"""For connecting, and for every read after that."""
QUOTA_PAUSE = timedelta(minutes=10)
"""A pause longer than this is the quota's, whatever Spotify calls it: rate windows are 30 seconds long."""
PAUSE_UNSAID = timedelta(seconds=5)
QUOTA_PAUSE_UNSAID = timedelta(hours=1)
MAX_REDIRECTS = 3


def new_session() -> requests.Session:
    """Return a session that neither retries nor sleeps nor keeps cookies.

    The one spotipy builds obeys Retry-After by sleeping inside the call, for hours if told to, and repeats POSTs.
    Cookies are refused because one session serves all members.
    """
    session = requests.Session()
    session.max_redirects = MAX_REDIRECTS
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.auth = _as_it_is
    return session


def silence_spotipy() -> None:
    """Keep spotipy from logging: at DEBUG it prints bearer tokens, at ERROR whole addresses."""
    for name in ("spotipy", "spotipy.client", "spotipy.oauth2"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def refusal(
    status: int, message: str, reason: str | None, retry_after: str | None, *, what: str, now: datetime
) -> SpotifyError:
    """Return the error that stands for a refused call.

    Args:
        status: The HTTP status.
        message: Spotify's own words, which tell one 403 from another; never shown.
        reason: ``error.reason`` of the body, for instance ``QUOTA_EXCEEDED``.
        retry_after: The header as it came: seconds or a date.
        what: The thing that was asked for, in words for a member.
        now: The moment of the answer.
    """
    if status == HTTPStatus.UNAUTHORIZED:
        return AccessTokenRefusedError()
    if status == HTTPStatus.FORBIDDEN:
        return _forbidden(message, what)
    if status == HTTPStatus.NOT_FOUND:
        return SpotifyNotFoundError(what)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _too_many(reason, retry_after, now)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("spotify refused a call as malformed status=%d what=%r", status, what)
    return SpotifyUnavailableError()


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add no credentials; with no ``auth`` at all, requests would replace a bearer token by those of a .netrc file."""
    return request


def pause(retry_after: str | None, now: datetime) -> timedelta | None:
    """Return how long a Retry-After header asks to wait, or None when it says nothing usable."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        return _until(retry_after, now)
    return timedelta(seconds=seconds) if 0 <= seconds < timedelta(days=30).total_seconds() else None


def _until(date: str, now: datetime) -> timedelta | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(aware - now, timedelta())


def _forbidden(message: str, what: str) -> SpotifyError:
    said = message.casefold()
    if "not registered" in said or "developer dashboard" in said:
        return NotAllowlistedError()
    if "premium" in said and "owner" in said:
        return OwnerNotPremiumError()
    return SpotifyForbiddenError(what)


def _too_many(reason: str | None, retry_after: str | None, now: datetime) -> SpotifyError:
    wanted = pause(retry_after, now)
    if reason == "QUOTA_EXCEEDED" or (wanted is not None and wanted > QUOTA_PAUSE):
        return QuotaExceededError(now + (wanted or QUOTA_PAUSE_UNSAID))
    return RateLimitedError(PAUSE_UNSAID if wanted is None else wanted)
