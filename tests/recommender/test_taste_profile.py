from datetime import timedelta

import numpy as np
import pytest

from recommender.taste_profile import HALF_LIFE, evidence_of, history, taste_profile
from recommender.types import Keys, Matrix, Modality, Signal, SignalKind, TrackKey
from tests.recommender.ranking.catalogs import NOW, played, signal

SLICES = {Modality.TEXT: slice(0, 4)}


def strength(*signals: Signal) -> float:
    (evidence,) = evidence_of(signals, now=NOW).values()
    return evidence.strength


def by_parity(keys: Keys) -> Matrix:
    """Return one direction for even keys and another for odd ones."""
    return np.eye(4, dtype=np.float32)[keys % 2]


def test_a_fresh_play_counts_one_and_more_plays_ever_less() -> None:
    first, second, third = (strength(played(1, times)) for times in (1, 2, 3))

    assert first == pytest.approx(1.0)
    assert second - first > third - second > 0


def test_plays_on_several_days_count_as_one_count() -> None:
    assert strength(played(1), played(1), played(1)) == pytest.approx(strength(played(1, 3)))


@pytest.mark.parametrize("kind", [each for each in SignalKind if each is not SignalKind.DISLIKE])
def test_every_kind_fades_by_its_half_life(kind: SignalKind) -> None:
    fresh, old = strength(signal(1, kind)), strength(signal(1, kind, NOW - HALF_LIFE[kind]))

    assert 0 < old < fresh
    if kind is not SignalKind.PLAY:
        assert old == pytest.approx(fresh / 2)


def test_a_moment_in_the_future_counts_as_now() -> None:
    assert strength(played(1, at=NOW + timedelta(days=3))) == pytest.approx(strength(played(1)))


def test_the_head_of_a_top_list_counts_more_than_its_end() -> None:
    first, second, last = (strength(signal(1, SignalKind.TOP_SHORT, rank=rank)) for rank in (0, 1, 49))

    assert first > second > last > 0


def test_saying_so_counts_more_than_hearing_once() -> None:
    assert strength(signal(1, SignalKind.LIKE)) > strength(signal(1, SignalKind.SAVED)) > strength(played(1))


def test_what_is_disliked_speaks_for_no_taste_but_is_known() -> None:
    profile = history([played(1, 9), signal(1, SignalKind.DISLIKE), played(2)], now=NOW)

    assert set(profile.evidence) == {2}
    assert profile.disliked.tolist() == [1]
    assert profile.known == {1, 2}


def test_the_latest_verdict_stands() -> None:
    earlier = NOW - timedelta(days=1)

    changed_to_like = history([signal(1, SignalKind.DISLIKE, earlier), signal(1, SignalKind.LIKE)], now=NOW)
    changed_to_dislike = history([signal(1, SignalKind.LIKE, earlier), signal(1, SignalKind.DISLIKE)], now=NOW)

    assert (changed_to_like.disliked.tolist(), set(changed_to_like.evidence)) == ([], {1})
    assert (changed_to_dislike.disliked.tolist(), set(changed_to_dislike.evidence)) == ([1], set())


def test_dislikes_come_latest_first() -> None:
    signals = [signal(key, SignalKind.DISLIKE, NOW - timedelta(days=age)) for key, age in ((1, 5), (2, 1), (3, 9))]

    assert history(signals, now=NOW).disliked.tolist() == [2, 1, 3]


def test_a_profile_has_the_interests_of_what_is_played_with_their_latest_moment() -> None:
    signals = [played(key, at=NOW - timedelta(days=key)) for key in range(1, 13)]

    profile = taste_profile(signals, by_parity, SLICES, now=NOW)

    assert sorted(sorted(each.members) for each in profile.interests) == [[1, 3, 5, 7, 9, 11], [2, 4, 6, 8, 10, 12]]
    assert {each.newest for each in profile.interests} == {NOW - timedelta(days=1), NOW - timedelta(days=2)}
    assert profile.strongest[0] == TrackKey(1)


def test_a_member_without_signals_has_an_empty_profile() -> None:
    profile = taste_profile([], by_parity, SLICES, now=NOW)

    assert (profile.interests, profile.known, profile.disliked.tolist()) == ((), frozenset(), [])


def test_the_order_of_signals_decides_nothing() -> None:
    signals = [played(key, key % 3 + 1) for key in range(1, 13)]

    straight = taste_profile(signals, by_parity, SLICES, now=NOW)
    turned = taste_profile(signals[::-1], by_parity, SLICES, now=NOW)

    assert [each.members for each in straight.interests] == [each.members for each in turned.interests]
