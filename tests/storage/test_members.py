"""What members agree to is remembered, and everything about them can be erased."""

from datetime import timedelta

import pytest

from recommender.types import Signal, SignalKind, Source, Verdict
from storage.database import Database
from storage.repositories.members import tables_about_members
from storage.values import Consent
from tests.storage.builders import ADA, BEN, NOON, add_one, link, login, play, remembered, verdict


def rows_about(database: Database, member: int) -> dict[str, int]:
    """Count rows in every table of the file, not of our models, that has a column for members."""
    with database.reading() as stored:
        connection = stored.members._connection
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        counts = {}
        for table in tables:
            columns = [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info('{table}')")]
            for column in columns:
                if "member" in column and column != "member_name":
                    statement = f"SELECT count(*) FROM '{table}' WHERE {column} = {member}"
                    counts[table] = int(connection.exec_driver_sql(statement).scalar_one())
        return counts


@pytest.fixture
def known(database: Database) -> Database:
    ours = add_one(database, "Ours")
    theirs = add_one(database, "Theirs", source=Source.SPOTIFY)
    with database.transaction() as stored:
        for member, state_hash in ((ADA, "a"), (BEN, "b")):
            stored.links.save(link(member))
            stored.logins.add(login(state_hash, member))
            saved = Signal(track=ours, kind=SignalKind.SAVED, at=NOON)
            stored.signals.record(member, [play(ours), saved], Source.SPOTIFY)
            stored.signals.record(member, [play(ours)], Source.MEMBER)
            stored.feedback.record(verdict(member, ours, Verdict.BLOCK))
            stored.suggestions.remember(member, [remembered(ours)], NOON)
            stored.consents.give(member, Consent.PEOPLE, NOON)
        stored.signals.record(ADA, [play(theirs)], Source.SPOTIFY)
        stored.feedback.record(verdict(ADA, theirs))
    return database


def test_every_table_with_members_is_filled_by_this_test(known: Database) -> None:
    counts = rows_about(known, ADA)

    assert set(counts) == {table.name for table in tables_about_members()}
    assert all(counts.values()), counts


def test_erasing_a_member_leaves_no_row_in_any_table(known: Database) -> None:
    others = rows_about(known, BEN)
    mine = rows_about(known, ADA)

    with known.transaction() as stored:
        assert stored.members.erase_all(ADA) == sum(mine.values())

    assert set(rows_about(known, ADA).values()) == {0}
    assert rows_about(known, BEN) == others


def test_tracks_that_only_this_member_brought_go_too(known: Database) -> None:
    with known.transaction() as stored:
        stored.members.erase_all(ADA)

        assert stored.tracks.search("theirs") == []
        assert len(stored.tracks.search("ours")) == 1


def test_erasing_nobody_erases_nothing(database: Database) -> None:
    with database.transaction() as stored:
        assert stored.members.erase_all(ADA) == 0


def test_nobody_agrees_before_they_say_so(database: Database) -> None:
    with database.reading() as stored:
        assert stored.consents.since(ADA, Consent.PEOPLE) is None
        assert stored.consents.members(Consent.PEOPLE) == []


def test_consent_holds_from_the_first_time_until_it_is_withdrawn(database: Database) -> None:
    with database.transaction() as stored:
        stored.consents.give(BEN, Consent.PEOPLE, NOON)
        stored.consents.give(ADA, Consent.PEOPLE, NOON)
        stored.consents.give(ADA, Consent.PEOPLE, NOON + timedelta(hours=1))
        assert stored.consents.since(ADA, Consent.PEOPLE) == NOON
        assert stored.consents.members(Consent.PEOPLE) == [ADA, BEN]

        stored.consents.withdraw(ADA, Consent.PEOPLE)
        stored.consents.withdraw(ADA, Consent.PEOPLE)
        assert stored.consents.since(ADA, Consent.PEOPLE) is None
        assert stored.consents.members(Consent.PEOPLE) == [BEN]
