"""What collaborative factors are learnt from."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
import pytest

from recommender.ports import TrackList
from recommender.taste_profile import strengths_of
from recommender.types import ListKind, MemberId, Signal, SignalKind, Source, TrackKey, Verdict
from storage import track_lists
from storage.database import Database
from storage.track_lists import StoredLists
from storage.values import Consent, PlaylistFacts
from tests.storage.builders import ADA, BEN, NOON, add_one, link, listening, play, verdict

DAY = timedelta(days=1)


@pytest.fixture
def keys(database: Database) -> list[TrackKey]:
    return [add_one(database, f"Song {n}") for n in range(6)]


@pytest.fixture
def lists(database: Database) -> StoredLists:
    return StoredLists(database, strengths_of)


def add_playlist(database: Database, name: str, *keys: TrackKey) -> None:
    with database.transaction() as stored:
        playlist = stored.playlists.add(PlaylistFacts(source_id=name, name=name))
        stored.playlists.add_entries(playlist, keys)


def add_listener(database: Database, name: str, plays: Mapping[TrackKey, int]) -> None:
    with database.transaction() as stored:
        number = stored.listening.begin_import()
        stored.listening.add([listening(name, key, times) for key, times in plays.items()], number)


def add_member(database: Database, member: MemberId, *signals: Signal, agrees: bool = True) -> None:
    with database.transaction() as stored:
        stored.signals.record(member, signals, Source.SPOTIFY)
        if agrees:
            stored.consents.give(member, Consent.PEOPLE, NOON)


def told(lists: StoredLists) -> list[tuple[str, ListKind, list[int]]]:
    return [(each.owner, each.kind, each.keys.tolist()) for each in lists.track_lists()]


def of_member(lists: StoredLists) -> TrackList:
    (found,) = (each for each in lists.track_lists() if each.kind is ListKind.MEMBER)
    return found


def test_nothing_is_learnt_from_an_empty_catalog(lists: StoredLists) -> None:
    assert told(lists) == []


def test_playlists_listeners_and_members_are_lists_in_a_stable_order(
    database: Database, lists: StoredLists, keys: list[TrackKey]
) -> None:
    add_member(database, BEN, play(keys[0]), play(keys[5]))
    add_member(database, ADA, play(keys[4]), play(keys[1]))
    add_listener(database, "u1", {keys[3]: 1, keys[2]: 3})
    add_playlist(database, "second", keys[5], keys[0], keys[2])
    add_playlist(database, "first", keys[1], keys[0])

    assert told(lists) == [
        ("playlist:1", ListKind.PLAYLIST, [keys[0], keys[2], keys[5]]),
        ("playlist:2", ListKind.PLAYLIST, [keys[0], keys[1]]),
        ("listener:1", ListKind.LISTENER, [keys[2], keys[3]]),
        (f"member:{ADA}", ListKind.MEMBER, [keys[1], keys[4]]),
        (f"member:{BEN}", ListKind.MEMBER, [keys[0], keys[5]]),
    ]


def test_a_track_of_a_playlist_counts_one_and_plays_of_a_listener_by_their_logarithm(
    database: Database, lists: StoredLists, keys: list[TrackKey]
) -> None:
    add_playlist(database, "p", *keys[:2])
    add_listener(database, "u", {keys[0]: 1, keys[1]: 7})

    playlist, listener = lists.track_lists()

    assert playlist.strengths.tolist() == [1, 1]
    assert listener.strengths.tolist() == [1, 3]
    for each in (playlist, listener):
        assert each.keys.dtype == np.int64
        assert each.strengths.dtype == np.float32


def test_lists_of_fewer_than_two_tracks_are_left_out(
    database: Database, lists: StoredLists, keys: list[TrackKey]
) -> None:
    add_playlist(database, "empty")
    add_playlist(database, "one", keys[0])
    add_listener(database, "u", {keys[0]: 9})
    add_member(database, ADA, play(keys[0]))
    add_playlist(database, "two", *keys[:2])

    assert [owner for owner, _, _ in told(lists)] == ["playlist:3"]


def test_every_list_comes_once_however_many_pages_they_fill(
    database: Database, lists: StoredLists, keys: list[TrackKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(track_lists, "_PAGE", 2)
    for number in range(5):
        add_playlist(database, f"p{number}", *keys[number : number + 2])
        add_listener(database, f"u{number}", {keys[number]: 1, keys[0]: 2, keys[5]: 3})

    found = told(lists)

    assert [owner for owner, _, _ in found] == [f"{kind}:{n}" for kind in ("playlist", "listener") for n in range(1, 6)]
    assert [listed for _, kind, listed in found if kind is ListKind.PLAYLIST] == [keys[n : n + 2] for n in range(5)]


def test_no_transaction_is_open_between_two_lists(database: Database, lists: StoredLists, keys: list[TrackKey]) -> None:
    add_playlist(database, "p", *keys[:2])
    add_member(database, ADA, play(keys[0]), play(keys[1]))
    running = lists.track_lists()
    next(running)

    with database.transaction() as stored:
        stored.consents.withdraw(ADA, Consent.PEOPLE)

    assert list(running) == []


def test_members_who_did_not_agree_are_not_learnt_from(
    database: Database, lists: StoredLists, keys: list[TrackKey]
) -> None:
    add_member(database, ADA, play(keys[0]), play(keys[1]), agrees=False)

    assert told(lists) == []


def test_a_member_is_as_strong_as_when_their_newest_signal_was_new(
    database: Database, lists: StoredLists, keys: list[TrackKey]
) -> None:
    fresh, faded, saved = keys[:3]
    add_member(
        database,
        ADA,
        play(fresh, NOON - 900 * DAY, count=3),
        play(faded, NOON - 990 * DAY),
        Signal(track=saved, kind=SignalKind.SAVED, at=NOON - 900 * DAY),
    )

    found = of_member(lists)

    assert found.keys.tolist() == [fresh, faded, saved]
    assert found.strengths == pytest.approx([math.log2(1 + 3), math.log2(1.5), 2.0])


def test_likes_speak_for_a_track_but_what_is_disliked_or_blocked_is_left_out(
    database: Database, lists: StoredLists, keys: list[TrackKey]
) -> None:
    liked, played, disliked, blocked, known = keys[:5]
    add_member(database, ADA, *(play(key) for key in (played, disliked, blocked, known)))
    with database.transaction() as stored:
        for key, said in (
            (liked, Verdict.LIKE),
            (disliked, Verdict.DISLIKE),
            (blocked, Verdict.BLOCK),
            (known, Verdict.KNOWN),
        ):
            stored.feedback.record(verdict(ADA, key, said))

    assert dict(zip(*(each.tolist() for each in (of_member(lists).keys, of_member(lists).strengths)), strict=True)) == {
        liked: 4.0,
        played: 1.0,
        known: 1.0,
    }


def test_what_has_faded_to_nothing_is_left_out(database: Database, lists: StoredLists, keys: list[TrackKey]) -> None:
    add_member(database, ADA, play(keys[0]), play(keys[1]), play(keys[2], NOON - 60 * 365 * DAY))

    assert of_member(lists).keys.tolist() == keys[:2]


@pytest.mark.parametrize("how", ["unlink", "erase", "withdraw"])
def test_a_member_who_leaves_is_gone_from_what_is_learnt(
    database: Database, lists: StoredLists, keys: list[TrackKey], how: str
) -> None:
    add_member(database, ADA, play(keys[0]), play(keys[1]))
    before = lists.version()
    with database.transaction() as stored:
        stored.links.save(link())
        match how:
            case "unlink":
                stored.links.erase_link(ADA)
            case "erase":
                stored.members.erase_all(ADA)
            case _:
                stored.consents.withdraw(ADA, Consent.PEOPLE)

    assert told(lists) == []
    assert lists.version() != before


def test_the_version_changes_with_every_list_and_with_nothing_else(
    database: Database, lists: StoredLists, keys: list[TrackKey]
) -> None:
    def saying(key: TrackKey, said: Verdict, at: datetime) -> None:
        with database.transaction() as stored:
            stored.feedback.record(verdict(ADA, key, said, at))

    states = [lists.version()]
    changes: Sequence[Callable[[], None]] = (
        lambda: add_playlist(database, "p", keys[0]),
        lambda: add_playlist(database, "p", keys[1]),
        lambda: add_listener(database, "u", {keys[0]: 1}),
        lambda: add_listener(database, "u", {keys[0]: 2}),
        lambda: add_member(database, ADA),
        lambda: add_member(database, ADA, play(keys[0])),
        lambda: saying(keys[1], Verdict.LIKE, NOON),
        lambda: saying(keys[1], Verdict.DISLIKE, NOON + DAY),
        lambda: add_member(database, BEN, play(keys[0])),
    )
    for change in changes:
        change()
        states.append(lists.version())
    settled = lists.version()

    add_one(database, "Another")
    add_listener(database, "u", {keys[0]: 2})
    add_member(database, MemberId(3), play(keys[0]), agrees=False)

    assert len(set(states)) == 10
    assert lists.version() == settled


def test_members_alone_are_weighed_by_the_taste_profile(database: Database, keys: list[TrackKey]) -> None:
    asked: list[Sequence[Signal]] = []

    def strengths(signals: Sequence[Signal]) -> Mapping[TrackKey, float]:
        asked.append(signals)
        return {keys[2]: 0.5, keys[0]: 2.0}

    add_playlist(database, "p", *keys[:2])
    add_member(database, ADA, play(keys[0]))

    *_, member = StoredLists(database, strengths).track_lists()

    assert (member.keys.tolist(), member.strengths.tolist()) == ([keys[0], keys[2]], [2.0, 0.5])
    assert asked == [[play(keys[0])]]
