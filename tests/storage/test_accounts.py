from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from recommender.types import MemberId, Signal, SignalKind, Source, TrackKey
from storage.database import Database
from storage.values import Link, LinkState, PendingLogin
from tests.storage.builders import ADA, BEN, NOON, add_one, link, login, play, verdict

TEN_MINUTES = timedelta(minutes=10)


def found(database: Database, member: MemberId = ADA) -> Link | None:
    with database.reading() as stored:
        return stored.links.of_member(member)


def take(database: Database, state_hash: str = "hash-1", later: timedelta = timedelta(0)) -> PendingLogin | None:
    with database.transaction() as stored:
        return stored.logins.take(state_hash, NOON + later, TEN_MINUTES)


def test_a_link_comes_back_as_it_was_saved(database: Database) -> None:
    ours = link(state=LinkState.NEEDS_RELINK, last_synced_at=NOON)

    with database.transaction() as stored:
        stored.links.save(ours)

    assert found(database) == ours
    assert found(database, BEN) is None


def test_linking_again_replaces_the_link(database: Database) -> None:
    with database.transaction() as stored:
        stored.links.save(link(state=LinkState.NEEDS_RELINK))
        stored.links.save(link(display_name="Ada L."))
        assert len(stored.links.all()) == 1

    ours = found(database)
    assert ours is not None
    assert (ours.display_name, ours.state) == ("Ada L.", LinkState.OK)


def test_a_refresh_keeps_the_refresh_token_unless_there_is_a_new_one(database: Database) -> None:
    with database.transaction() as stored:
        stored.links.save(link())
        stored.links.update_tokens(ADA, "access-2", NOON + timedelta(hours=2), None)
        first = stored.links.of_member(ADA)
        stored.links.update_tokens(ADA, "access-3", NOON + timedelta(hours=3), "refresh-3")
        second = stored.links.of_member(ADA)

    assert first is not None
    assert second is not None
    assert (first.access_token, first.refresh_token) == ("access-2", "refresh-secret")
    assert (second.access_token, second.refresh_token) == ("access-3", "refresh-3")
    assert second.access_expires_at == NOON + timedelta(hours=3)


def test_marks_belong_to_one_member(database: Database) -> None:
    with database.transaction() as stored:
        stored.links.save(link())
        stored.links.save(link(BEN))
        stored.links.mark(ADA, LinkState.NOT_ALLOWLISTED)
        stored.links.synced(BEN, NOON)
        states = {each.member: (each.state, each.last_synced_at) for each in stored.links.all()}

    assert states == {ADA: (LinkState.NOT_ALLOWLISTED, None), BEN: (LinkState.OK, NOON)}


def test_tokens_do_not_show(database: Database) -> None:
    assert "secret" not in repr(link())
    assert "secret" not in repr(login())


def test_unlinking_erases_all_that_came_from_the_link_at_once(database: Database) -> None:
    theirs = add_one(database, "Theirs", source=Source.SPOTIFY, genres=("x",), album="Lake")
    shared = add_one(database, "Shared", source=Source.SPOTIFY)
    judged = add_one(database, "Judged", source=Source.SPOTIFY)
    known = add_one(database, "Known")
    with database.transaction() as stored:
        stored.links.save(link())
        stored.logins.add(login())
        stored.signals.record(ADA, [play(key) for key in (theirs, shared, judged, known)], Source.SPOTIFY)
        stored.signals.record(ADA, [play(known)], Source.MEMBER)
        stored.signals.record(BEN, [play(shared)], Source.SPOTIFY)
        stored.feedback.record(verdict(ADA, judged))

        assert stored.links.erase_link(ADA)

        assert stored.links.of_member(ADA) is None
        assert stored.logins.peek("hash-1", NOON, TEN_MINUTES) is None
        assert set(stored.tracks.of_keys([theirs, shared, judged, known])) == {shared, judged, known}
        mine = [(signal.track, signal.kind) for signal in stored.signals.of_member(ADA)]
        assert sorted(mine) == [(judged, SignalKind.LIKE), (known, SignalKind.PLAY)]
        assert [signal.track for signal in stored.signals.of_member(BEN)] == [shared]
        assert [track.key for track in stored.tracks.search("theirs")] == []
        assert not stored.links.erase_link(ADA)
        assert stored.tracks._connection.exec_driver_sql("SELECT count(*) FROM album").scalar() == 3


def test_a_login_can_be_finished_once(database: Database) -> None:
    with database.transaction() as stored:
        stored.logins.add(login())
        assert stored.logins.peek("hash-1", NOON, TEN_MINUTES) == login()

    assert take(database) == login()
    assert take(database) is None
    assert take(database, "never") is None


def test_a_login_that_is_too_old_is_no_login_and_is_gone(database: Database) -> None:
    with database.transaction() as stored:
        stored.logins.add(login())
        late = NOON + TEN_MINUTES + timedelta(seconds=1)
        assert stored.logins.peek("hash-1", late, TEN_MINUTES) is None
        assert stored.logins.peek("hash-1", NOON + TEN_MINUTES, TEN_MINUTES) is not None

    assert take(database, later=TEN_MINUTES + timedelta(seconds=1)) is None
    assert take(database) is None


def test_of_many_who_come_with_one_state_one_gets_the_login(database: Database) -> None:
    with database.transaction() as stored:
        stored.logins.add(login())

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: take(database), range(8)))

    assert [each for each in taken if each is not None] == [login()]


def test_old_logins_are_purged(database: Database) -> None:
    with database.transaction() as stored:
        stored.logins.add(login("old", created_at=NOON - timedelta(hours=1)))
        stored.logins.add(login("new"))

        assert stored.logins.purge(NOON) == 1
        assert stored.logins.peek("new", NOON, TEN_MINUTES) is not None


def test_a_signal_of_a_link_names_no_track_that_is_gone(database: Database) -> None:
    with database.transaction() as stored:
        recorded = stored.signals.record(
            ADA, [Signal(track=TrackKey(77), kind=SignalKind.SAVED, at=NOON)], Source.SPOTIFY
        )

    assert recorded == 0
