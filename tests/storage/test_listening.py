"""Who listened to what in dataset files, and the ids that such files name songs by."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from recommender.types import Source, TrackKey
from storage.database import Database
from storage.values import ListenerKey, Listening
from tests.storage.builders import ADA, NOON, add_one, link, listening, play

HOUR = timedelta(hours=1)
FIRST = ListenerKey(0)


@pytest.fixture
def keys(database: Database) -> list[TrackKey]:
    return [add_one(database, f"Song {n}") for n in range(3)]


def imported(database: Database, *batches: Sequence[Listening]) -> list[int]:
    """Import batches as one file, and return how many listeners each brought."""
    with database.transaction() as stored:
        number = stored.listening.begin_import()
        return [stored.listening.add(batch, number) for batch in batches]


def plays_of(database: Database, listener: str) -> dict[TrackKey, int]:
    with database.reading() as stored:
        return {each.track: each.plays for each in stored.listening.of_listener(listener)}


def test_plays_of_one_track_add_up_within_an_import(database: Database, keys: list[TrackKey]) -> None:
    new = imported(
        database,
        [listening("u1", keys[0], 2), listening("u1", keys[0]), listening("u2", keys[0], 7)],
        [listening("u1", keys[0], 4), listening("u1", keys[1])],
    )

    assert new == [2, 0]
    assert plays_of(database, "u1") == {keys[0]: 7, keys[1]: 1}
    assert plays_of(database, "u2") == {keys[0]: 7}
    assert plays_of(database, "nobody") == {}


def test_the_same_file_again_doubles_nothing_and_a_newer_one_corrects(database: Database, keys: list[TrackKey]) -> None:
    batches = [[listening("u1", keys[0], 2), listening("u1", keys[0])], [listening("u1", keys[0], 4)]]
    imported(database, *batches)

    assert imported(database, *batches) == [0, 0]
    assert plays_of(database, "u1") == {keys[0]: 7}

    imported(database, [listening("u1", keys[0], 3)])
    assert plays_of(database, "u1") == {keys[0]: 3}


def test_the_latest_moment_is_kept_and_one_that_is_not_told_takes_none_away(
    database: Database, keys: list[TrackKey]
) -> None:
    one, two, three = keys
    imported(
        database,
        [listening("u", one, last_at=NOON), listening("u", one, last_at=NOON + HOUR), listening("u", one)],
        [listening("u", one, last_at=NOON - HOUR), listening("u", two), listening("u", three)],
    )
    imported(database, [listening("u", one), listening("u", two, last_at=NOON), listening("u", three)])
    imported(database, [listening("u", two, last_at=NOON + HOUR)])

    with database.reading() as stored:
        latest = {each.track: each.last_at for each in stored.listening.of_listener("u")}
    assert latest == {one: NOON + HOUR, two: NOON + HOUR, three: None}


def test_tracks_that_are_gone_are_left_out_with_listeners_of_nothing_else(
    database: Database, keys: list[TrackKey]
) -> None:
    assert imported(database, [listening("u1", TrackKey(77)), listening("u2", keys[0])], []) == [1, 0]

    with database.reading() as stored:
        assert stored.listening.count() == 1


def test_listeners_are_counted_with_their_plays(database: Database, keys: list[TrackKey]) -> None:
    imported(database, [listening("u1", keys[0], 5), listening("u1", keys[1]), listening("u2", keys[0], 2)])

    with database.reading() as stored:
        statistics = stored.tracks.statistics()
        assert stored.listening.count() == 2
    assert (statistics.listeners, statistics.plays) == (2, 8)


def test_listeners_come_in_pages(database: Database, keys: list[TrackKey]) -> None:
    imported(
        database,
        [listening("u1", keys[1], 3), listening("u1", keys[0]), listening("u2", keys[2]), listening("u3", keys[0])],
    )

    with database.reading() as stored:
        page = stored.listening.lists(FIRST, 2)
        rest = stored.listening.lists(page[-1][0], 2)
        nothing = stored.listening.lists(rest[-1][0], 2)

    assert [(tracks.tolist(), plays.tolist()) for _, tracks, plays in page] == [
        (keys[:2], [1, 3]),
        ([keys[2]], [1]),
    ]
    assert [tracks.tolist() for _, tracks, _ in rest] == [[keys[0]]]
    assert nothing == []


def test_the_version_tells_one_state_of_listening_from_another(database: Database, keys: list[TrackKey]) -> None:
    def version() -> str:
        with database.reading() as stored:
            return stored.listening.version()

    states = [version()]
    for each in (listening("u1", keys[0]), listening("u1", keys[1]), listening("u1", keys[1], 2)):
        imported(database, [each])
        states.append(version())
    imported(database, [listening("u1", keys[1], 2)])

    assert len(set(states)) == 4
    assert version() == states[-1]


def test_what_somebody_listened_to_stays_when_the_member_who_brought_it_unlinks(database: Database) -> None:
    key = add_one(database, source=Source.SPOTIFY)
    imported(database, [listening("u1", key)])
    with database.transaction() as stored:
        stored.links.save(link())
        stored.signals.record(ADA, [play(key)], Source.SPOTIFY)
        stored.links.erase_link(ADA)

    assert plays_of(database, "u1") == {key: 1}


def test_tracks_are_known_by_ids_of_datasets_and_of_spotify(database: Database, keys: list[TrackKey]) -> None:
    spotify = add_one(database, "On Spotify", spotify_id="1" * 22)
    with database.transaction() as stored:
        stored.references.save({"SOAKIMP12A8C130995": keys[0], "SOBBMDR12A8C13253B": keys[1]})
        stored.references.save({"SOBBMDR12A8C13253B": keys[2]})

        known = stored.references.known(["SOAKIMP12A8C130995", "SOBBMDR12A8C13253B", "1" * 22, "never seen"])

    assert known == {"SOAKIMP12A8C130995": keys[0], "SOBBMDR12A8C13253B": keys[2], "1" * 22: spotify}
