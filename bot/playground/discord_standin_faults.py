"""Things that go wrong on the way to Discord, switched on for the next requests of a kind."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(slots=True)
class Recorded:
    """One request of the bot, as it was sent."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    files: int = 0
    status: int = 0
    """Of the answer; 0 while there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one request; make one with the functions of this module."""

    status: int | None = None
    retry_after: float = 0.0
    delay: float = 0.0
    loses_request: bool = False
    loses_answer: bool = False

    async def before(self, request: web.Request) -> web.StreamResponse | None:
        """Return an answer given instead of carrying the request out, or None."""
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.loses_request:
            _hang_up(request)
            return web.Response(status=500)
        if self.status is None:
            return None
        body: dict[str, Any] = {"message": f"{self.status}: stand-in fault", "code": 0}
        # Without Via, discord.py takes a 429 for a ban by Cloudflare and gives up.
        headers = {"Via": "1.1 stand-in"}
        if self.retry_after:
            body = {"message": "You are being rate limited.", "retry_after": self.retry_after, "global": False}
            headers["Retry-After"] = str(self.retry_after)
        return web.Response(
            status=self.status, body=json.dumps(body).encode(), content_type="application/json", headers=headers
        )

    def after(self, request: web.Request) -> None:
        """Drop the connection after the request was carried out, if the answer is to be lost."""
        if self.loses_answer:
            _hang_up(request)


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def rate_limited(retry_after: float) -> Fault:
    """Answer 429; the request is not carried out."""
    return Fault(status=429, retry_after=retry_after)


def server_error(status: int = 500) -> Fault:
    """Answer 5xx; the request is not carried out."""
    return Fault(status=status)


def slow(seconds: float) -> Fault:
    """Carry out and answer late."""
    return Fault(delay=seconds)


def lost_request() -> Fault:
    """Drop the connection without carrying the request out."""
    return Fault(loses_request=True)


def lost_answer() -> Fault:
    """Carry the request out, then drop the connection."""
    return Fault(loses_answer=True)


@dataclass(slots=True)
class FaultPlan:
    """Which requests go wrong next; each planned fault is used once, in the order planned."""

    _planned: list[tuple[str, re.Pattern[str], Fault]] = field(default_factory=list)

    def plan(self, method: str, path: str, *faults: Fault) -> None:
        """Let the next requests whose path matches (a regular expression, searched) go wrong."""
        self._planned += [(method, re.compile(path), fault) for fault in faults]

    def take(self, request: Recorded) -> Fault | None:
        """Return and use up the fault planned for this request."""
        for planned in self._planned:
            method, path, fault = planned
            if method == request.method and path.search(request.path):
                self._planned.remove(planned)
                return fault
        return None
