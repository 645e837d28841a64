"""Promises of the door to blocking work."""

import asyncio
import threading

import pytest

from bot.background import BlockingPool


async def test_blocking_work_leaves_the_event_loop_free() -> None:
    pool = BlockingPool(workers=1)
    let_go = threading.Event()

    working = asyncio.create_task(pool.run(let_go.wait, 30))
    asyncio.get_running_loop().call_later(0.05, let_go.set)

    assert await working
    pool.close()


async def test_what_the_function_raises_is_raised_here() -> None:
    pool = BlockingPool(workers=1)

    with pytest.raises(ZeroDivisionError):
        await pool.run(divmod, 1, 0)
    pool.close()


async def test_one_worker_means_one_thread_and_one_thing_at_a_time() -> None:
    pool = BlockingPool(workers=1, name="encoder")

    names = await asyncio.gather(*(pool.run(lambda: threading.current_thread().name) for _ in range(3)))
    pool.close()

    assert len(set(names)) == 1
    assert names[0].startswith("encoder")
