"""Small builders with defaults; every name in them is invented."""

from datetime import UTC, datetime, timedelta
from typing import Any

from recommender.types import (
    Fact,
    Feedback,
    MemberId,
    Signal,
    SignalKind,
    Source,
    Track,
    TrackFacts,
    TrackKey,
    Verdict,
)
from storage.database import Database
from storage.values import Link, Listening, Merged, PendingLogin, Remembered

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ADA = MemberId(901_000_000_000_000_001)
BEN = MemberId(901_000_000_000_000_002)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, time: timedelta) -> None:
        self.at += time


def facts(title: str = "Paper Boats", *artists: str, source: Source = Source.DATASET, **others: Any) -> TrackFacts:
    return TrackFacts(title=title, artists=artists or ("The Lanterns",), sources={Fact.WORDS: source}, **others)


def add(database: Database, *each: TrackFacts) -> list[Merged]:
    with database.transaction() as stored:
        return stored.tracks.add_or_merge(each)


def add_one(database: Database, title: str = "Paper Boats", *artists: str, **others: Any) -> TrackKey:
    return add(database, facts(title, *artists, **others))[0].key


def track_of(database: Database, key: TrackKey) -> Track:
    with database.reading() as stored:
        return stored.tracks.of_keys([key])[key]


def play(track: TrackKey, at: datetime = NOON, **others: Any) -> Signal:
    return Signal(track=track, kind=SignalKind.PLAY, at=at, **others)


def verdict(member: MemberId, track: TrackKey, said: Verdict = Verdict.LIKE, at: datetime = NOON) -> Feedback:
    return Feedback(member=member, track=track, verdict=said, given_at=at)


def remembered(track: TrackKey, modality: str = "text", source: str = "content", score: float = 0.5) -> Remembered:
    return Remembered(track=track, modality=modality, source=source, score=score)


def listening(listener: str, track: TrackKey, plays: int = 1, last_at: datetime | None = None) -> Listening:
    return Listening(listener=listener, track=track, plays=plays, last_at=last_at)


def link(member: MemberId = ADA, **others: Any) -> Link:
    values: dict[str, Any] = {
        "member": member,
        "spotify_user_id": "ada-on-spotify",
        "display_name": "Ada",
        "client_id": "c" * 32,
        "scopes": frozenset({"user-top-read", "user-library-read"}),
        "access_token": "access-secret",
        "access_expires_at": NOON + timedelta(hours=1),
        "refresh_token": "refresh-secret",
        "linked_at": NOON,
    }
    return Link(**{**values, **others})


def login(state_hash: str = "hash-1", member: MemberId = ADA, created_at: datetime = NOON) -> PendingLogin:
    return PendingLogin(
        state_hash=state_hash,
        member=member,
        member_name="ada",
        verifier="verifier-secret",
        created_at=created_at,
        client_id="c" * 32,
    )
