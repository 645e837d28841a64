from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.background import BlockingPool
from bot.services.consent import ConsentService
from recommender.types import MemberId
from storage.database import Database
from storage.values import Consent
from tests.bot.content_world import a_database

MIRA, JONAS = MemberId(1), MemberId(2)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with a_database(tmp_path) as database:
        yield database


@pytest.fixture
def consent(database: Database) -> Iterator[ConsentService]:
    pool = BlockingPool(workers=1)
    yield ConsentService(database, pool, now=lambda: NOON)
    pool.close()


async def test_nobody_agrees_before_they_say_so(consent: ConsentService) -> None:
    assert not await consent.allows(MIRA, Consent.PEOPLE)


async def test_a_member_agrees_for_themselves_until_they_take_it_back(
    database: Database, consent: ConsentService
) -> None:
    await consent.set(MIRA, Consent.PEOPLE, agrees=True)

    assert await consent.allows(MIRA, Consent.PEOPLE)
    assert not await consent.allows(JONAS, Consent.PEOPLE)
    with database.reading() as stored:
        assert stored.consents.since(MIRA, Consent.PEOPLE) == NOON

    await consent.set(MIRA, Consent.PEOPLE, agrees=False)

    assert not await consent.allows(MIRA, Consent.PEOPLE)
