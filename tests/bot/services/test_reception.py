"""Promises of the figures that members' verdicts give: shares of what was judged, with honest intervals."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.services.reception import COUNTED_FOR, Received, liked_line, received
from recommender.types import TrackKey, Verdict
from storage.database import Database
from tests.bot.content_world import a_database
from tests.storage.builders import ADA, NOON, add_one, remembered, verdict

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with a_database(tmp_path) as database:
        yield database


def suggest(database: Database, modality: str, source: str, verdicts: str, first: int) -> None:
    """Suggest a track per sign: + is liked, - disliked, . not judged."""
    with database.transaction() as stored:
        for number, sign in enumerate(verdicts):
            key = KEYS[first + number]
            stored.suggestions.remember(ADA, [remembered(key, modality, source)], NOON)
            if sign != ".":
                said = Verdict.LIKE if sign == "+" else Verdict.DISLIKE
                stored.feedback.record(verdict(ADA, key, said, LATER))


KEYS: list[TrackKey] = []


@pytest.fixture(autouse=True)
def tracks(database: Database) -> None:
    KEYS[:] = [add_one(database, f"Song {n}") for n in range(20)]


def counted(database: Database, after: timedelta = timedelta(days=1)) -> Received:
    with database.reading() as stored:
        return received(stored, NOON + after)


def test_before_anybody_judges_nothing_is_told(database: Database) -> None:
    suggest(database, "text", "vectors", "...", 0)

    assert counted(database) == Received(by_modality=(), by_source=())
    assert liked_line(()) is None


def test_shares_are_of_what_was_judged_most_judged_first(database: Database) -> None:
    suggest(database, "text", "words", "++-.", 0)
    suggest(database, "audio", "words", "-", 4)
    suggest(database, "collaborative", "list_model", "++++++++--...", 5)

    found = counted(database)

    by_part = {each.name: (each.suggested, each.judged, round(each.share, 3)) for each in found.by_modality}
    assert by_part == {"collaborative": (13, 10, 0.8), "text": (4, 3, 0.667), "audio": (1, 1, 0.0)}
    assert [each.name for each in found.by_modality] == ["collaborative", "text", "audio"]
    assert [(each.name, each.judged) for each in found.by_source] == [("list_model", 10), ("words", 4)]


def test_intervals_are_those_of_wilson(database: Database) -> None:
    suggest(database, "text", "words", "++++++++--", 0)

    [share] = counted(database).by_modality

    # 8 of 10: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) with z = 1.96.
    assert share.low == pytest.approx(0.4902, abs=1e-4)
    assert share.high == pytest.approx(0.9433, abs=1e-4)


def test_what_was_suggested_long_ago_no_longer_counts(database: Database) -> None:
    suggest(database, "text", "words", "+", 0)

    assert counted(database, COUNTED_FOR).by_modality
    assert not counted(database, COUNTED_FOR + timedelta(seconds=1)).by_modality


def test_a_line_tells_the_share_its_interval_and_of_how_many(database: Database) -> None:
    suggest(database, "text", "words", "++++++++--", 0)
    suggest(database, "audio", "sound", "-", 10)

    line = liked_line(counted(database).by_modality)

    assert line == "text 80% (49% to 94%) of 10, audio 0% (0% to 79%) of 1"
