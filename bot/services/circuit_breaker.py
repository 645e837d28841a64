"""A fuse for services that are down: after a few failures nobody waits for them for a while."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from bot.errors import ContentBusyError, ContentUnavailableError

log = logging.getLogger(__name__)
T = TypeVar("T")

FAILURES_IN_A_ROW = 3
PAUSE = timedelta(minutes=10)


class CircuitBreaker:
    """Asks services until they fail, then leaves them alone for a while; thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, int] = {}
        self._closed_until: dict[str, float] = {}
        self._lock = threading.Lock()

    def is_open(self, service: str) -> bool:
        """Return whether the service is left alone at the moment."""
        with self._lock:
            return self._clock() < self._closed_until.get(service, 0.0)

    @property
    def is_any_open(self) -> bool:
        """Return whether any service is left alone at the moment."""
        with self._lock:
            return any(self._clock() < until for until in self._closed_until.values())

    def ask(self, service: str, question: Callable[[], T | None]) -> tuple[T | None, bool]:
        """Return the answer and whether there is one to rely on: (None, True) means that nobody has it.

        A failure is logged, once per pause when the service is dead, and never raised.
        """
        if self.is_open(service):
            return None, False
        try:
            answer = question()
        except ContentBusyError as error:
            self._leave_alone(service, max(error.retry_after, timedelta(seconds=1)), "it wants a pause")
        except ContentUnavailableError as error:
            self._count(service, error.reason)
        else:
            with self._lock:
                self._failures.pop(service, None)
            return answer, True
        return None, False

    def _count(self, service: str, reason: str) -> None:
        with self._lock:
            failures = self._failures[service] = self._failures.get(service, 0) + 1
        log.info("content not fetched service=%s reason=%r", service, reason)
        if failures >= FAILURES_IN_A_ROW:
            self._leave_alone(service, PAUSE, reason)

    def _leave_alone(self, service: str, pause: timedelta, reason: str) -> None:
        with self._lock:
            self._closed_until[service] = self._clock() + pause.total_seconds()
            self._failures.pop(service, None)
        log.warning("service left alone service=%s seconds=%d reason=%r", service, pause.total_seconds(), reason)
