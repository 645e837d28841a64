"""Verdicts: what members say about tracks, remembered until they say something else."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.background import BlockingPool
from bot.errors import TrackGoneError
from recommender.types import Feedback, MemberId, Track, TrackKey, Verdict
from storage.database import Database
from storage.stored import Stored

if TYPE_CHECKING:
    from bot.services.ports import TakesVerdicts

log = logging.getLogger(__name__)


class FeedbackService:
    """Records, lists and takes back verdicts."""

    def __init__(
        self, database: Database, blocking: BlockingPool, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._blocking = blocking
        self._now = now

    async def record(self, member: MemberId, track: TrackKey, verdict: Verdict) -> Track:
        """Remember a verdict; saying something else later replaces it.

        Raises:
            TrackGoneError: The catalog no longer has the track.
        """
        feedback = Feedback(member=member, track=track, verdict=verdict, given_at=self._now())
        judged = await self._blocking.run(self._save, feedback)
        log.info("feedback recorded member=%d track=%d verdict=%s", member, track, verdict)
        return judged

    async def undo(self, member: MemberId, track: TrackKey) -> Track:
        """Forget the verdict of a member on a track; without one nothing happens.

        Raises:
            TrackGoneError: The catalog no longer has the track.
        """
        judged = await self._blocking.run(self._forget, member, track)
        log.info("feedback undone member=%d track=%d", member, track)
        return judged

    async def of_member(self, member: MemberId) -> tuple[tuple[Feedback, Track], ...]:
        """Return the verdicts of a member with their tracks, newest first."""
        return await self._blocking.run(self._list, member)

    def _save(self, feedback: Feedback) -> Track:
        with self._database.transaction() as stored:
            track = _existing(stored, feedback.track)
            stored.feedback.record(feedback)
            return track

    def _forget(self, member: MemberId, track: TrackKey) -> Track:
        with self._database.transaction() as stored:
            existing = _existing(stored, track)
            stored.feedback.undo(member, track)
            return existing

    def _list(self, member: MemberId) -> tuple[tuple[Feedback, Track], ...]:
        with self._database.reading() as stored:
            given = stored.feedback.of_member(member)
            tracks = stored.tracks.of_keys([feedback.track for feedback in given])
            return tuple((feedback, tracks[feedback.track]) for feedback in given if feedback.track in tracks)


def _existing(stored: Stored, key: TrackKey) -> Track:
    track = stored.tracks.of_keys([key]).get(key)
    if track is None:
        raise TrackGoneError
    return track


if TYPE_CHECKING:
    _fits: type[TakesVerdicts] = FeedbackService
