"""How a process of the bot lives and ends: tasks in the background, and signals that ask for the end."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

log = logging.getLogger(__name__)


class _EndedError(Exception):
    """Ends a task group whose tasks would go on for ever."""


@asynccontextmanager
async def cancelled_at_the_end() -> AsyncIterator[asyncio.TaskGroup]:
    """Give a group for background tasks, which are cancelled when the block ends.

    A task that fails ends the block. What goes wrong, in the block or in a task, is raised as it is.

    Raises:
        BaseExceptionGroup: Several tasks failed at once.
    """
    failure: Exception | None = None
    try:
        async with asyncio.TaskGroup() as tasks:
            try:
                yield tasks
            except Exception as error:  # noqa: BLE001  (raised again below, outside the group's own exception group)
                failure = error
            raise _EndedError
    except BaseExceptionGroup as group:
        _, others = group.split(_EndedError)
        if failure is None and others is not None:
            raise others.exceptions[0] if len(others.exceptions) == 1 else others from None
    if failure is not None:
        raise failure


async def until_stopped(serving: Coroutine[object, object, None]) -> None:
    """Serve until it ends by itself, or SIGINT or SIGTERM asks for the end; then it is cancelled, and closes.

    Later signals are not heeded: a terminal and a parent process often send one each.
    """
    task = asyncio.ensure_future(serving)

    def stop() -> None:
        if not task.cancelling():
            log.info("stopping")
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if (me := asyncio.current_task()) is not None and me.cancelling():
            raise
