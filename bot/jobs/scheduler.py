"""When the jobs run; what they do is written elsewhere."""

from collections.abc import Awaitable, Callable
from datetime import time
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

GRACE_SECONDS = 3600
"""A nightly refresh missed by less than this (the machine slept) is still done."""


def nightly_scheduler(job: Callable[[], Awaitable[object]], *, at: time, zone: str) -> AsyncIOScheduler:
    """Return a scheduler, not yet started, that runs ``job`` every night at ``at`` in the operator's zone."""
    scheduler = AsyncIOScheduler(timezone=ZoneInfo(zone))
    trigger = CronTrigger(hour=at.hour, minute=at.minute, timezone=ZoneInfo(zone))
    scheduler.add_job(job, trigger, id="nightly_refresh", coalesce=True, misfire_grace_time=GRACE_SECONDS)
    return scheduler
