from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.background import BlockingPool
from bot.errors import TrackGoneError
from bot.services.feedback import FeedbackService
from recommender.types import Fact, MemberId, SignalKind, Source, TrackFacts, TrackKey, Verdict
from storage.crypto import Cipher
from storage.database import Database

MIRA, JONAS = MemberId(1), MemberId(2)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path / 'bot.sqlite'}", Cipher([Cipher.generate_key()]))
    yield database
    database.close()


@pytest.fixture
def feedback(database: Database) -> Iterator[FeedbackService]:
    pool = BlockingPool(workers=1)
    yield FeedbackService(database, pool, now=Clock())
    pool.close()


def two_tracks(database: Database) -> tuple[TrackKey, TrackKey]:
    sources = {Fact.WORDS: Source.DATASET}
    titles = ("Copper Rain", "Slow Harbour")
    facts = [TrackFacts(title=title, artists=("The Night Ferries",), sources=sources) for title in titles]
    with database.transaction() as stored:
        first, second = stored.tracks.add_or_merge(facts)
    return first.key, second.key


async def test_verdict_is_remembered_with_its_track(database: Database, feedback: FeedbackService) -> None:
    rain, _ = two_tracks(database)

    track = await feedback.record(MIRA, rain, Verdict.LIKE)

    ((given, same),) = await feedback.of_member(MIRA)
    assert track == same
    assert track.title == "Copper Rain"
    assert (given.member, given.track, given.verdict) == (MIRA, rain, Verdict.LIKE)
    assert given.given_at == NOON + timedelta(minutes=1)


async def test_later_verdict_replaces_the_earlier_one(database: Database, feedback: FeedbackService) -> None:
    rain, _ = two_tracks(database)

    await feedback.record(MIRA, rain, Verdict.LIKE)
    await feedback.record(MIRA, rain, Verdict.DISLIKE)

    assert [given.verdict for given, _ in await feedback.of_member(MIRA)] == [Verdict.DISLIKE]


async def test_members_verdicts_are_their_own_and_newest_first(database: Database, feedback: FeedbackService) -> None:
    rain, harbour = two_tracks(database)

    await feedback.record(MIRA, rain, Verdict.LIKE)
    await feedback.record(JONAS, rain, Verdict.DISLIKE)
    await feedback.record(MIRA, harbour, Verdict.DISLIKE)

    assert [track.title for _, track in await feedback.of_member(MIRA)] == ["Slow Harbour", "Copper Rain"]
    assert [given.verdict for given, _ in await feedback.of_member(JONAS)] == [Verdict.DISLIKE]


async def test_verdict_is_a_signal_of_taste(database: Database, feedback: FeedbackService) -> None:
    rain, _ = two_tracks(database)

    await feedback.record(MIRA, rain, Verdict.DISLIKE)

    with database.reading() as stored:
        signals = stored.signals.of_member(MIRA)
    assert [(signal.track, signal.kind) for signal in signals] == [(rain, SignalKind.DISLIKE)]


async def test_undone_verdict_is_forgotten(database: Database, feedback: FeedbackService) -> None:
    rain, harbour = two_tracks(database)
    await feedback.record(MIRA, rain, Verdict.LIKE)

    undone = await feedback.undo(MIRA, rain)
    never_given = await feedback.undo(MIRA, harbour)

    assert (undone.title, never_given.title) == ("Copper Rain", "Slow Harbour")
    assert await feedback.of_member(MIRA) == ()


async def test_track_that_is_gone_takes_no_verdict(database: Database, feedback: FeedbackService) -> None:
    with pytest.raises(TrackGoneError):
        await feedback.record(MIRA, TrackKey(999), Verdict.LIKE)
    with pytest.raises(TrackGoneError):
        await feedback.undo(MIRA, TrackKey(999))

    assert await feedback.of_member(MIRA) == ()
