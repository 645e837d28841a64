"""Promises of a process's life: background tasks end with it, errors stay what they are, signals are heard."""

import asyncio
import os
import signal

import pytest

from bot.errors import SettingsError
from bot.lifetime import cancelled_at_the_end, until_stopped


async def failing(error: Exception) -> None:
    raise error


async def test_background_tasks_end_with_the_block() -> None:
    async with cancelled_at_the_end() as tasks:
        task = tasks.create_task(asyncio.sleep(3600))
        await asyncio.sleep(0)

    assert task.cancelled()


async def test_what_the_block_raises_is_raised_as_it_is() -> None:
    async def block() -> None:
        async with cancelled_at_the_end() as tasks:
            tasks.create_task(asyncio.sleep(3600))
            raise SettingsError("WEB_PORT", "is taken")

    with pytest.raises(SettingsError, match="WEB_PORT"):
        await block()


async def test_what_an_awaited_task_raises_is_raised_as_it_is() -> None:
    async def block() -> None:
        async with cancelled_at_the_end() as tasks:
            await tasks.create_task(failing(SettingsError("TEXT_ENCODER", "is not here")))

    with pytest.raises(SettingsError, match="TEXT_ENCODER"):
        await block()


async def test_a_background_task_that_fails_ends_the_block_and_is_named() -> None:
    async def block() -> None:
        async with cancelled_at_the_end() as tasks:
            tasks.create_task(failing(SettingsError("TEXT_ENCODER", "is not here")))
            await asyncio.sleep(3600)

    with pytest.raises(SettingsError, match="TEXT_ENCODER"):
        await block()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_serving_and_lets_it_close(number: signal.Signals) -> None:
    closed = asyncio.Event()

    async def serving() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            closed.set()

    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), number)
    try:
        await until_stopped(serving())
    finally:
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().remove_signal_handler(each)

    assert closed.is_set()


async def test_a_failure_while_serving_is_raised() -> None:
    with pytest.raises(SettingsError, match="DISCORD_TOKEN"):
        await until_stopped(failing(SettingsError("DISCORD_TOKEN", "is not known to Discord")))


async def test_a_second_signal_does_not_cut_the_closing_short() -> None:
    closed = asyncio.Event()

    async def serving() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.05)
            closed.set()

    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)
    try:
        await until_stopped(serving())
    finally:
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().remove_signal_handler(each)

    assert closed.is_set()
