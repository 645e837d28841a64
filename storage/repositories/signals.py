"""What members did with tracks, said of them, and were suggested."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, case, delete, func, select

from recommender.types import Feedback, MemberId, Signal, SignalKind, Source, TrackKey, Verdict
from storage.models import FeedbackRow, SignalRow, SuggestionRow, TrackRow, table_of
from storage.repositories.reading import existing
from storage.sql import chunks, upsert
from storage.values import Reception, Remembered

_SIGNAL = table_of(SignalRow)
_FEEDBACK = table_of(FeedbackRow)
_SUGGESTION = table_of(SuggestionRow)
_TRACK = table_of(TrackRow)
_VERDICT_SIGNALS = {Verdict.LIKE: SignalKind.LIKE, Verdict.DISLIKE: SignalKind.DISLIKE}


class SignalRepository:
    """What members did with tracks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, member: MemberId, signals: Sequence[Signal], origin: Source) -> int:
        """Remember signals and return how many were not known before; tracks that are gone are left out.

        Each play is kept once for its moment. Of other kinds one per track is kept, the latest.

        Raises:
            ValueError: One is a verdict; those are feedback.
        """
        if any(signal.kind in _VERDICT_SIGNALS.values() for signal in signals):
            raise ValueError("likes and dislikes are recorded as feedback")
        before = self._count(member)
        tracks = existing(self._connection, _TRACK.c.id, {signal.track for signal in signals})
        known = [signal for signal in signals if signal.track in tracks]
        plays = [_row(member, signal, origin) for signal in known if signal.kind is SignalKind.PLAY]
        latest = [_row(member, signal, origin) for signal in known if signal.kind is not SignalKind.PLAY]
        upsert(self._connection, _SIGNAL, plays)
        upsert(self._connection, _SIGNAL, latest, replace=("at", "count", "rank"))
        return self._count(member) - before

    def of_member(self, member: MemberId) -> list[Signal]:
        """Return a member's signals, oldest first, with likes and dislikes among them.

        What two origins tell alike (Spotify and the member's own export) is one signal.
        """
        statement = select(_SIGNAL).where(_SIGNAL.c.member_id == member).order_by(_SIGNAL.c.at)
        found: dict[tuple[int, str, int], Signal] = {}
        for row in self._connection.execute(statement).mappings():
            found[row["track_id"], row["kind"], row["occasion"]] = _signal(row)
        verdicts = FeedbackRepository(self._connection).of_member(member)
        said = [
            Signal(track=each.track, kind=_VERDICT_SIGNALS[each.verdict], at=each.given_at)
            for each in verdicts
            if each.verdict in _VERDICT_SIGNALS
        ]
        return sorted([*found.values(), *said], key=lambda signal: signal.at)

    def forget_kind(self, member: MemberId, kinds: Iterable[SignalKind], origin: Source) -> None:
        """Forget signals of these kinds from one origin: before a new snapshot of a top list is recorded."""
        self._connection.execute(
            delete(_SIGNAL).where(
                _SIGNAL.c.member_id == member, _SIGNAL.c.origin == origin.value, _SIGNAL.c.kind.in_(list(kinds))
            )
        )

    def latest_play_at(self, member: MemberId) -> datetime | None:
        """Return when the newest known play was, or None."""
        plays = select(_SIGNAL.c.at).where(_SIGNAL.c.member_id == member, _SIGNAL.c.kind == SignalKind.PLAY.value)
        found: datetime | None = self._connection.execute(plays.order_by(_SIGNAL.c.at.desc()).limit(1)).scalar()
        return found

    def version_of(self, members: Sequence[MemberId]) -> str:
        """Return a text that differs when any signal or verdict of these members may differ."""
        parts = [",".join(map(str, members))]
        for some in chunks(members):
            for table, moment in ((_SIGNAL, _SIGNAL.c.at), (_FEEDBACK, _FEEDBACK.c.given_at)):
                counted = select(func.count(), func.sum(table.c.track_id), func.max(moment))
                number, tracks, newest = self._connection.execute(counted.where(table.c.member_id.in_(some))).one()
                parts.append(f"{number}.{int(tracks or 0)}.{newest}")
        return " ".join(parts)

    def _count(self, member: MemberId) -> int:
        counted = select(func.count()).select_from(_SIGNAL).where(_SIGNAL.c.member_id == member)
        return int(self._connection.execute(counted).scalar_one())


class FeedbackRepository:
    """What members said about tracks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, feedback: Feedback) -> bool:
        """Remember a verdict, in place of an earlier one on the same track; return False when the track is gone."""
        if not existing(self._connection, _TRACK.c.id, [feedback.track]):
            return False
        row = {
            "member_id": feedback.member,
            "track_id": feedback.track,
            "verdict": feedback.verdict.value,
            "given_at": feedback.given_at,
        }
        upsert(self._connection, _FEEDBACK, [row], replace=("verdict", "given_at"))
        return True

    def of_member(self, member: MemberId) -> list[Feedback]:
        """Return a member's verdicts, newest first."""
        statement = select(_FEEDBACK).where(_FEEDBACK.c.member_id == member)
        rows = self._connection.execute(statement.order_by(_FEEDBACK.c.given_at.desc(), _FEEDBACK.c.track_id))
        return [
            Feedback(
                member=MemberId(row.member_id),
                track=TrackKey(row.track_id),
                verdict=Verdict(row.verdict),
                given_at=row.given_at,
            )
            for row in rows
        ]

    def undo(self, member: MemberId, track: TrackKey) -> bool:
        """Forget the verdict on a track; return whether there was one."""
        mine = (_FEEDBACK.c.member_id == member, _FEEDBACK.c.track_id == track)
        return bool(self._connection.execute(delete(_FEEDBACK).where(*mine)).rowcount)


class SuggestionRepository:
    """What was suggested to whom, lately, and how that was received."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def remember(self, member: MemberId, suggested: Sequence[Remembered], at: datetime, *, roll: int = 0) -> None:
        """Remember what was suggested to a member, in place of an earlier time; tracks that are gone are left out."""
        present = existing(self._connection, _TRACK.c.id, {each.track for each in suggested})
        rows: list[dict[str, Any]] = [
            {
                "member_id": member,
                "track_id": each.track,
                "at": at,
                "roll": roll,
                "modality": each.modality,
                "source": each.source,
                "score": each.score,
            }
            for each in suggested
            if each.track in present
        ]
        upsert(self._connection, _SUGGESTION, rows, replace=("at", "roll", "modality", "source", "score"))

    def recent(self, member: MemberId, since: datetime, *, but_for_roll: int = 0) -> set[TrackKey]:
        """Return the tracks that were suggested to a member at or after a moment.

        Those last suggested in the roll ``but_for_roll`` are left out, so that the same number can bring them again;
        0, the best list, has no such right.
        """
        mine = select(_SUGGESTION.c.track_id).where(_SUGGESTION.c.member_id == member, _SUGGESTION.c.at >= since)
        if but_for_roll:
            mine = mine.where(_SUGGESTION.c.roll != but_for_roll)
        return {TrackKey(key) for key in self._connection.execute(mine).scalars()}

    def received_by_modality(self, since: datetime) -> list[Reception]:
        """Return how suggestions made at or after a moment were received, by their largest part, most first."""
        return self._received(_SUGGESTION.c.modality, since)

    def received_by_source(self, since: datetime) -> list[Reception]:
        """Return how suggestions made at or after a moment were received, by the source of candidates, most first."""
        return self._received(_SUGGESTION.c.source, since)

    def _received(self, by: ColumnElement[str], since: datetime) -> list[Reception]:
        """Count the verdicts that followed; one from before the suggestion says nothing about it."""
        said_later = (
            (_FEEDBACK.c.member_id == _SUGGESTION.c.member_id)
            & (_FEEDBACK.c.track_id == _SUGGESTION.c.track_id)
            & (_FEEDBACK.c.given_at >= _SUGGESTION.c.at)
        )
        suggested = func.count()
        counted = (
            select(by, suggested, _times(Verdict.LIKE), _times(Verdict.DISLIKE))
            .select_from(_SUGGESTION.outerjoin(_FEEDBACK, said_later))
            .where(_SUGGESTION.c.at >= since)
            .group_by(by)
            .order_by(suggested.desc(), by)
        )
        return [
            Reception(name=name, suggested=number, liked=liked, disliked=disliked)
            for name, number, liked, disliked in self._connection.execute(counted)
        ]


def _times(verdict: Verdict) -> ColumnElement[int]:
    return func.sum(case((_FEEDBACK.c.verdict == verdict.value, 1), else_=0))


def _signal(row: RowMapping) -> Signal:
    return Signal(
        track=TrackKey(row["track_id"]),
        kind=SignalKind(row["kind"]),
        at=row["at"],
        count=row["count"],
        rank=row["rank"],
    )


def _row(member: MemberId, signal: Signal, origin: Source) -> dict[str, object]:
    is_play = signal.kind is SignalKind.PLAY
    return {
        "member_id": member,
        "track_id": signal.track,
        "kind": signal.kind.value,
        "origin": origin.value,
        "occasion": round(signal.at.timestamp() * 1000) if is_play else 0,
        "at": signal.at,
        "count": signal.count,
        "rank": signal.rank,
    }
