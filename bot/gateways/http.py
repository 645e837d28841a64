"""Asking content services over HTTP: politely, with bounds on time and size, and typed refusals."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from bot.errors import ContentBusyError, ContentUnavailableError
from bot.gateways.public_addresses import PublicOnlyAdapter
from bot.settings import is_loopback

log = logging.getLogger(__name__)

TIMEOUT = timedelta(seconds=20)
"""Without a byte; LRCLIB is known to take nearly as long."""
LONGEST_ANSWER = timedelta(seconds=60)
"""From the question to the last byte."""
POLITE_GAP = timedelta(seconds=1)
"""Between two questions to LRCLIB or MusicBrainz; MusicBrainz requires it."""
LARGEST_JSON = 2 * 2**20
MOST_REDIRECTS = 5
DEFAULT_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(days=1)
_CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 503})
_NOBODY_HAS_IT = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back with status 200."""

    body: bytes
    content_type: str
    """In lower case, without parameters."""


class Http:
    """Asks one service; thread-safe, one question at a time where it has to be polite.

    Args:
        service: Its name, for messages.
        user_agent: Who we are; see :func:`user_agent`.
        trusted: Addresses that the operator configured. Only they may lie in a private network.
        refused_hosts: Domains that are never asked, also after a redirect.
        gap: The least time between two questions; see :func:`polite_gap`.
    """

    def __init__(
        self,
        service: str,
        *,
        user_agent: str,
        trusted: Sequence[str] = (),
        refused_hosts: Sequence[str] = (),
        gap: timedelta = timedelta(0),
        timeout: timedelta = TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._service = service
        self._trusted = tuple(f"{base.rstrip('/')}/" for base in trusted)
        self._refused_hosts = tuple(refused_hosts)
        self._gap = gap.total_seconds()
        self._timeout = timeout.total_seconds()
        self._clock = clock
        self._sleep = sleep
        self._turn = threading.Lock()
        self._next_turn = clock()
        self._far = _session(user_agent)
        self._near = _session(user_agent)
        self._near.trust_env = False  # a proxy is for the internet, not for this machine
        for session in (self._far, self._near):
            session.mount("http://", PublicOnlyAdapter())
            session.mount("https://", PublicOnlyAdapter())
            for base in self._trusted:
                session.mount(base, requests.adapters.HTTPAdapter())

    def json(self, url: str, params: Mapping[str, str] | None = None) -> Any:
        """Return the decoded JSON answer, or None when nobody has it (404).

        Raises:
            ContentBusyError: The service wants a pause.
            ContentUnavailableError: No answer, another status, or no JSON.
        """
        answer = self.get(url, params, accept="application/json", limit=LARGEST_JSON)
        if answer is None:
            return None
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise ContentUnavailableError(self._service, "the answer is no JSON") from error

    def get(self, url: str, params: Mapping[str, str] | None = None, *, accept: str, limit: int) -> Answer | None:
        """Return what lies there, or None when nobody has it (404).

        Args:
            url: Where to ask; redirects are followed, and held to the same rules.
            params: Of the query.
            accept: Media types wanted.
            limit: Bytes; a longer answer is an error.

        Raises:
            ContentBusyError: The service wants a pause.
            ContentUnavailableError: No answer, another status, too long, or an address that may not be asked.
        """
        deadline = self._clock() + LONGEST_ANSWER.total_seconds()
        try:
            for _ in range(MOST_REDIRECTS + 1):
                self._check(url)
                self._wait_for_turn()
                with self._ask(url, params, accept) as response:
                    if response.status_code not in _REDIRECTS:
                        return self._answer(response, limit, deadline)
                    url, params = urljoin(response.url, response.headers.get("Location", "")), None
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
            raise ContentUnavailableError(self._service, _in_words(error)) from error
        raise ContentUnavailableError(self._service, f"more than {MOST_REDIRECTS} redirects")

    def close(self) -> None:
        """Close the connections."""
        self._far.close()
        self._near.close()

    def _check(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").rstrip(".")
        except ValueError as error:
            raise ContentUnavailableError(self._service, "not a web address") from error
        if parts.scheme not in {"http", "https"} or not host:
            raise ContentUnavailableError(self._service, "not a web address")
        if any(host == refused or host.endswith(f".{refused}") for refused in self._refused_hosts):
            raise ContentUnavailableError(self._service, "an address that we may not ask")

    def _wait_for_turn(self) -> None:
        with self._turn:
            wait = self._next_turn - self._clock()
            if wait > 0:
                self._sleep(min(wait, self._gap))
            self._next_turn = self._clock() + self._gap

    def _ask(self, url: str, params: Mapping[str, str] | None, accept: str) -> requests.Response:
        session = self._near if is_loopback(url) else self._far
        return session.get(
            url,
            params=params,
            headers={"Accept": accept},
            timeout=self._timeout,
            stream=True,
            allow_redirects=False,
        )

    def _answer(self, response: requests.Response, limit: int, deadline: float) -> Answer | None:
        status = response.status_code
        if status in _NOBODY_HAS_IT:
            return None
        if status in _BUSY:
            raise ContentBusyError(self._service, _pause(response.headers.get("Retry-After")))
        if status != requests.codes.ok:
            raise ContentUnavailableError(self._service, f"status {status}")
        body = bytearray()
        for chunk in _chunks(response):
            body += chunk
            if len(body) > limit:
                raise ContentUnavailableError(self._service, f"an answer of more than {limit:,} bytes")
            if self._clock() > deadline:
                raise ContentUnavailableError(self._service, "an answer that does not end")
        return Answer(bytes(body), response.headers.get("Content-Type", "").partition(";")[0].strip().lower())


def user_agent(contact: str) -> str:
    """Return who we are, as MusicBrainz and LRCLIB ask: name, version, and where to find the operator."""
    try:
        release = version("cratedigger")
    except PackageNotFoundError:
        release = "0"
    return f"Cratedigger/{release} ({contact})"


def polite_gap(base: str) -> timedelta:
    """Return the time between two questions to a service; a stand-in on this machine needs none."""
    return timedelta(0) if is_loopback(base) else POLITE_GAP


def _session(agent: str) -> requests.Session:
    session = requests.Session()
    session.headers["User-Agent"] = agent
    session.headers["Accept-Encoding"] = "identity"  # a limit on bytes should limit what is unpacked, too
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    return session


def _chunks(response: requests.Response) -> Iterator[bytes]:
    # read1 returns what has arrived: `iter_content` would wait for a full chunk, however slowly it drips.
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        yield chunk


def _pause(retry_after: str | None) -> timedelta:
    pause = DEFAULT_PAUSE
    if retry_after is not None:
        try:
            pause = timedelta(seconds=float(retry_after))
        except (ValueError, OverflowError):
            pause = _until(retry_after) or DEFAULT_PAUSE
    return min(max(pause, timedelta(seconds=1)), LONGEST_PAUSE)


def _until(moment: str) -> timedelta | None:
    try:
        return parsedate_to_datetime(moment) - datetime.now(UTC)
    except (ValueError, TypeError):
        return None


def _in_words(error: Exception) -> str:
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError | urllib3.exceptions.ProtocolError):
        return "no connection"
    return "not a web address" if isinstance(error, ValueError) else type(error).__name__
