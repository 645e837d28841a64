"""The one door through which blocking work leaves the event loop."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class BlockingPool:
    """Runs plain functions on a few named threads."""

    def __init__(self, *, workers: int, name: str = "blocking") -> None:
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix=name)

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``function`` returns, or raise what it raises; the event loop goes on meanwhile."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: function(*args, **kwargs))

    def close(self) -> None:
        """Let running work finish and drop what is still queued."""
        self._threads.shutdown(wait=True, cancel_futures=True)


@contextmanager
def blocking_pool(name: str, workers: int) -> Iterator[BlockingPool]:
    """Give a pool for as long as the block lasts."""
    pool = BlockingPool(workers=workers, name=name)
    try:
        yield pool
    finally:
        pool.close()
