from datetime import timedelta

import pytest

from recommender.types import MemberId, Signal, SignalKind, Source, TrackKey, Verdict
from storage.database import Database
from storage.values import Reception
from tests.storage.builders import ADA, BEN, NOON, add_one, play, remembered, verdict

HOUR = timedelta(hours=1)


def record(database: Database, *signals: Signal, origin: Source = Source.SPOTIFY, member: MemberId = ADA) -> int:
    with database.transaction() as stored:
        return stored.signals.record(member, signals, origin)


def of_member(database: Database, member: MemberId = ADA) -> list[Signal]:
    with database.reading() as stored:
        return stored.signals.of_member(member)


def top(track: TrackKey, rank: int, at: object = NOON) -> Signal:
    return Signal(track=track, kind=SignalKind.TOP_SHORT, at=at, rank=rank)  # type: ignore[arg-type]


def test_each_play_counts_once_however_often_it_is_told(database: Database) -> None:
    key = add_one(database)
    plays = [play(key), play(key, NOON + HOUR)]

    assert record(database, *plays) == 2
    assert record(database, *plays, play(key, NOON + 2 * HOUR)) == 1
    assert record(database, *plays) == 0
    assert of_member(database) == [*plays, play(key, NOON + 2 * HOUR)]


def test_two_plays_within_a_second_are_two(database: Database) -> None:
    key = add_one(database)

    assert record(database, play(key), play(key, NOON + timedelta(milliseconds=1))) == 2


def test_of_other_kinds_the_latest_is_kept(database: Database) -> None:
    key = add_one(database)

    assert record(database, top(key, 3)) == 1
    assert record(database, top(key, 1, NOON + HOUR)) == 0

    assert of_member(database) == [top(key, 1, NOON + HOUR)]


def test_signals_come_oldest_first_and_belong_to_one_member(database: Database) -> None:
    one, two = add_one(database, "One"), add_one(database, "Two")

    record(database, play(one, NOON), play(two, NOON - HOUR))
    record(database, play(two), member=BEN)

    assert [signal.track for signal in of_member(database)] == [two, one]
    assert len(of_member(database, BEN)) == 1


def test_what_two_origins_tell_is_one_signal_and_survives_the_loss_of_one(database: Database) -> None:
    key = add_one(database)
    record(database, play(key, count=2))
    record(database, play(key, count=2), origin=Source.MEMBER)

    assert of_member(database) == [play(key, count=2)]

    with database.transaction() as stored:
        stored.links.erase_link(ADA)
    assert of_member(database) == [play(key, count=2)]


def test_a_new_snapshot_replaces_the_old_one(database: Database) -> None:
    one, two = add_one(database, "One"), add_one(database, "Two")
    record(database, top(one, 0), play(one))
    record(database, top(one, 0), origin=Source.MEMBER)

    with database.transaction() as stored:
        stored.signals.forget_kind(ADA, [SignalKind.TOP_SHORT, SignalKind.TOP_LONG], Source.SPOTIFY)
        stored.signals.record(ADA, [top(two, 0)], Source.SPOTIFY)

    kinds = {(signal.track, signal.kind) for signal in of_member(database)}
    assert kinds == {(one, SignalKind.PLAY), (one, SignalKind.TOP_SHORT), (two, SignalKind.TOP_SHORT)}


def test_the_newest_play_is_known(database: Database) -> None:
    key = add_one(database)
    record(database, play(key), play(key, NOON - HOUR), top(key, 0, NOON + HOUR))

    with database.reading() as stored:
        assert stored.signals.latest_play_at(ADA) == NOON
        assert stored.signals.latest_play_at(BEN) is None


def test_likes_and_dislikes_are_signals_but_other_verdicts_are_not(database: Database) -> None:
    keys = [add_one(database, f"Song {n}") for n in range(4)]
    with database.transaction() as stored:
        for key, said in zip(keys, Verdict, strict=True):
            assert stored.feedback.record(verdict(ADA, key, said))

    kinds = {signal.track: signal.kind for signal in of_member(database)}
    assert kinds == {keys[0]: SignalKind.LIKE, keys[1]: SignalKind.DISLIKE}


@pytest.mark.parametrize("kind", [SignalKind.LIKE, SignalKind.DISLIKE])
def test_verdicts_are_not_recorded_as_signals(database: Database, kind: SignalKind) -> None:
    key = add_one(database)

    with pytest.raises(ValueError, match="feedback"):
        record(database, Signal(track=key, kind=kind, at=NOON))


def test_a_later_verdict_replaces_the_earlier_one(database: Database) -> None:
    key = add_one(database)
    with database.transaction() as stored:
        stored.feedback.record(verdict(ADA, key, Verdict.LIKE))
        stored.feedback.record(verdict(ADA, key, Verdict.DISLIKE, NOON + HOUR))

        assert stored.feedback.of_member(ADA) == [verdict(ADA, key, Verdict.DISLIKE, NOON + HOUR)]
        assert stored.feedback.of_member(BEN) == []


def test_verdicts_come_newest_first_and_can_be_undone(database: Database) -> None:
    one, two = add_one(database, "One"), add_one(database, "Two")
    with database.transaction() as stored:
        stored.feedback.record(verdict(ADA, one))
        stored.feedback.record(verdict(ADA, two, at=NOON + HOUR))
        assert [each.track for each in stored.feedback.of_member(ADA)] == [two, one]

        assert stored.feedback.undo(ADA, two)
        assert not stored.feedback.undo(ADA, two)
        assert not stored.feedback.undo(BEN, one)
        assert [each.track for each in stored.feedback.of_member(ADA)] == [one]


def test_a_verdict_on_a_track_that_is_gone_is_refused_quietly(database: Database) -> None:
    with database.transaction() as stored:
        assert not stored.feedback.record(verdict(ADA, TrackKey(77)))


def test_suggestions_are_remembered_from_their_last_time(database: Database) -> None:
    one, two = add_one(database, "One"), add_one(database, "Two")
    with database.transaction() as stored:
        stored.suggestions.remember(ADA, [remembered(key) for key in (one, two, TrackKey(77))], NOON)
        stored.suggestions.remember(ADA, [remembered(two)], NOON + HOUR)

        assert stored.suggestions.recent(ADA, NOON) == {one, two}
        assert stored.suggestions.recent(ADA, NOON + HOUR) == {two}
        assert stored.suggestions.recent(BEN, NOON) == set()


def test_a_roll_may_bring_again_what_it_brought_and_the_best_list_may_not(database: Database) -> None:
    best, rolled, both = (add_one(database, title) for title in ("Best", "Rolled", "Both"))
    with database.transaction() as stored:
        stored.suggestions.remember(ADA, [remembered(best)], NOON)
        stored.suggestions.remember(ADA, [remembered(rolled), remembered(both)], NOON, roll=47)
        assert stored.suggestions.recent(ADA, NOON, but_for_roll=47) == {best}
        assert stored.suggestions.recent(ADA, NOON, but_for_roll=48) == {best, rolled, both}
        assert stored.suggestions.recent(ADA, NOON) == {best, rolled, both}

        stored.suggestions.remember(ADA, [remembered(both)], NOON + HOUR)

        assert stored.suggestions.recent(ADA, NOON, but_for_roll=47) == {best, both}


def test_suggestions_are_counted_by_their_largest_part_and_by_source_with_the_verdicts_that_followed(
    database: Database,
) -> None:
    keys = [add_one(database, f"Song {n}") for n in range(5)]
    with database.transaction() as stored:
        stored.feedback.record(verdict(ADA, keys[3], Verdict.LIKE, NOON - HOUR))
        stored.suggestions.remember(
            ADA,
            [
                remembered(keys[0], "text"),
                remembered(keys[1], "text"),
                remembered(keys[2], "collaborative", source="people"),
                remembered(keys[3], "text"),
            ],
            NOON,
        )
        stored.suggestions.remember(BEN, [remembered(keys[0], "collaborative")], NOON + HOUR)
        for member, key, said in (
            (ADA, keys[0], Verdict.LIKE),
            (ADA, keys[1], Verdict.DISLIKE),
            (ADA, keys[2], Verdict.KNOWN),
            (BEN, keys[0], Verdict.LIKE),
            (BEN, keys[1], Verdict.DISLIKE),
        ):
            stored.feedback.record(verdict(member, key, said, NOON + 2 * HOUR))

        by_modality = stored.suggestions.received_by_modality(NOON)
        by_source = stored.suggestions.received_by_source(NOON)
        later = stored.suggestions.received_by_source(NOON + HOUR)

    assert by_modality == [
        Reception(name="text", suggested=3, liked=1, disliked=1),
        Reception(name="collaborative", suggested=2, liked=1, disliked=0),
    ]
    assert by_source == [
        Reception(name="content", suggested=4, liked=2, disliked=1),
        Reception(name="people", suggested=1, liked=0, disliked=0),
    ]
    assert later == [Reception(name="content", suggested=1, liked=1, disliked=0)]


def test_a_suggestion_made_again_is_counted_once_as_it_was_the_last_time(database: Database) -> None:
    key = add_one(database)
    with database.transaction() as stored:
        stored.suggestions.remember(ADA, [remembered(key, "text")], NOON)
        stored.suggestions.remember(ADA, [remembered(key, "image", source="people")], NOON + HOUR)

        assert stored.suggestions.received_by_modality(NOON) == [
            Reception(name="image", suggested=1, liked=0, disliked=0)
        ]
        assert [each.name for each in stored.suggestions.received_by_source(NOON)] == ["people"]
