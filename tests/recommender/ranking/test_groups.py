"""Promises of suggestions for several members."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.errors import EmptyCatalogError, NothingToGoOnError
from recommender.ports import TrackList
from recommender.ranking.groups import Listener, group_answer
from recommender.ranking.recommender import Recommender
from recommender.songs import normalised, same_song_key
from recommender.track_tables import TrackTables
from recommender.types import (
    Filters,
    ListKind,
    MemberId,
    Recommendation,
    Request,
    Seed,
    SeedKind,
    SignalKind,
    TrackKey,
)
from tests.recommender.ranking.catalogs import Catalog, for_member, keys_of, played, seen, signal, three_genres

METAL, LULLABY, DISCO = "iron metal", "lullaby", "neon disco"
MIRA = Listener(member=MemberId(1), name="Mira", signals=tuple(played(key) for key in range(1, 7)))
ME = Listener(member=MemberId(2), signals=tuple(played(key) for key in range(41, 50)))
AIKO = Listener(member=MemberId(3), name="Aiko", signals=tuple(played(key) for key in range(81, 87)))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return three_genres()


@pytest.fixture(scope="module", params=["vectors", "features"])
def recommender(
    request: pytest.FixtureRequest, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Recommender:
    plain = catalog.recommender(tmp_path_factory.mktemp("index"))
    return plain if request.param == "vectors" else with_features(plain, catalog)


def with_features(plain: Recommender, catalog: Catalog) -> Recommender:
    """Return a recommender that weighs features, also what a few lists say."""
    lists = [range(start, start + 20, 3) for start in (1, 5, 20, 41, 50, 60, 81, 90, 100)]
    tables = TrackTables.build(
        list(catalog.all.values()),
        [
            TrackList(
                owner=f"playlist:{number}",
                kind=ListKind.PLAYLIST,
                keys=np.asarray(keys, dtype=np.int64),
                strengths=np.ones(len(keys), dtype=np.float32),
            )
            for number, keys in enumerate(lists)
        ],
        reads=lambda _track: True,
    )
    return Recommender(plain._index, catalog, catalog.encode_prompt, seen, now=plain._now, tables=tables)


def asked(count: int = 10, **others: object) -> Request:
    return replace(Request(seed=Seed(kind=SeedKind.MEMBER), count=count), **others)  # type: ignore[arg-type]


def genres_of(answer: Recommendation) -> list[str]:
    return [each.track.genres[0] for each in answer.suggestions]


def shares(answer: Recommendation) -> list[float]:
    return [each.share for each in answer.happiness]


def test_each_of_two_gets_their_like(recommender: Recommender) -> None:
    answer = group_answer(recommender, asked(), [MIRA, ME])

    assert genres_of(answer).count(METAL) >= 4
    assert genres_of(answer).count(LULLABY) >= 4


def test_it_says_how_happy_each_is(recommender: Recommender) -> None:
    answer = group_answer(recommender, asked(), [MIRA, ME, AIKO])

    assert [(each.member, each.name) for each in answer.happiness] == [(1, "Mira"), (2, None), (3, "Aiko")]
    assert all(0.2 < share < 1 for share in shares(answer))


def test_nobody_is_left_behind(recommender: Recommender) -> None:
    for group in ([MIRA, ME], [MIRA, ME, AIKO], [MIRA, replace(MIRA, member=MemberId(9)), ME]):
        happiness = shares(group_answer(recommender, asked(), group))

        assert max(happiness) - min(happiness) < 0.2
        assert min(happiness) > 0.9 / len(group)


def test_one_alone_is_as_happy_as_can_be(recommender: Recommender) -> None:
    answer = group_answer(recommender, asked(), [MIRA])

    assert shares(answer) == [pytest.approx(1.0)]
    assert set(genres_of(answer)) == {METAL}


def test_people_of_one_taste_are_all_happy(recommender: Recommender) -> None:
    twin = replace(MIRA, member=MemberId(9), name="Twin")

    assert shares(group_answer(recommender, asked(), [MIRA, twin])) == [pytest.approx(1.0)] * 2


def test_what_anybody_knows_blocked_or_was_suggested_comes_back_for_nobody(recommender: Recommender) -> None:
    open_list = group_answer(recommender, asked(), [MIRA, ME])
    suggested = frozenset(map(TrackKey, keys_of(open_list)[:4]))

    answer = group_answer(recommender, asked(count=20), [MIRA, replace(ME, excluded=suggested)])

    known = {each.track for who in (MIRA, ME) for each in who.signals}
    assert not (known | suggested) & set(keys_of(answer))


def test_other_versions_of_what_one_knows_come_back_for_nobody(tmp_path: Path) -> None:
    catalog = three_genres()
    like = catalog.all[TrackKey(45)]
    catalog.all[TrackKey(201)] = replace(like, key=TrackKey(201), title=f"{like.title} - Live")

    answer = group_answer(catalog.recommender(tmp_path), asked(count=20), [MIRA, ME])

    assert 201 not in keys_of(answer)


def test_caps_filters_and_blocked_artists_hold(recommender: Recommender) -> None:
    answer = group_answer(
        recommender, asked(count=30, blocked_artists=frozenset({normalised("Iron Act C")})), [MIRA, ME]
    )
    disco = group_answer(recommender, asked(filters=Filters(genre=DISCO)), [MIRA, ME])

    artists = [each.track.artists[0] for each in answer.suggestions]
    assert all(artists.count(artist) <= 2 for artist in artists)
    assert "Iron Act C" not in artists
    assert len({same_song_key(each.track.title, each.track.artists[0]) for each in answer.suggestions}) == 30
    assert set(genres_of(disco)) == {DISCO}


def test_parts_are_means_and_add_up(recommender: Recommender) -> None:
    answer = group_answer(recommender, asked(), [MIRA, ME])

    for each in answer.suggestions:
        assert sum(each.parts.as_dict().values()) == pytest.approx(each.score, abs=1e-9)
    assert [each.rank for each in answer.suggestions] == list(range(1, 11))


def test_a_list_that_is_not_in_the_order_of_scores_has_no_places_by_score(recommender: Recommender) -> None:
    answer = group_answer(recommender, asked(), [MIRA, ME])

    assert all(each.by_score is None and not each.without for each in answer.suggestions)


def test_each_reason_is_that_of_the_member_whom_it_suits_best(recommender: Recommender) -> None:
    answer = group_answer(recommender, asked(), [MIRA, ME])

    for each in answer.suggestions:
        theirs = {METAL: "in Mira's listening", LULLABY: "Because you played"}.get(each.track.genres[0])
        assert theirs is None or theirs in each.reason or "Popular" in each.reason


def test_a_track_for_several_names_them(recommender: Recommender) -> None:
    twin = replace(MIRA, member=MemberId(9), name="Twin")

    answer = group_answer(recommender, asked(), [MIRA, twin])
    with_me = group_answer(recommender, asked(), [MIRA, replace(MIRA, member=MemberId(8), name=None)])

    assert [each.reason.endswith("; for Twin too") for each in answer.suggestions[:3]] == [True] * 3
    assert [each.reason.endswith("; for you too") for each in with_me.suggestions[:3]] == [True] * 3


def test_of_others_no_more_is_told_than_that_they_listen_to_it(recommender: Recommender) -> None:
    signals = [signal(key, SignalKind.LIKE) for key in range(1, 7)]
    request = for_member()

    told = recommender.recommend(replace(request, seed=replace(request.seed, name="Mira")), signals).suggestions
    own = recommender.recommend(request, signals).suggestions

    assert any("in Mira's listening" in each.reason for each in told)
    assert not any("you" in each.reason.split() or "liked" in each.reason for each in told)
    assert any("Because you liked" in each.reason for each in own)


def test_a_roll_gives_another_fair_list_and_the_same_number_the_same(recommender: Recommender) -> None:
    best, rolled = (group_answer(recommender, asked(roll=roll), [MIRA, ME]) for roll in (0, 4711))

    assert keys_of(rolled) != keys_of(best)
    assert keys_of(rolled) == keys_of(group_answer(recommender, asked(roll=4711), [MIRA, ME]))
    assert min(shares(best)) >= min(shares(rolled)) > 0.3
    assert rolled.roll == 4711


def test_it_says_how_new_it_is_to_all_of_them(recommender: Recommender) -> None:
    novelty = group_answer(recommender, asked(), [MIRA, ME]).novelty

    assert novelty is not None
    assert novelty.new_artists is not None


def test_a_member_without_a_taste_is_named(recommender: Recommender) -> None:
    disliking = Listener(member=MemberId(5), name="Noor", signals=(signal(3, SignalKind.DISLIKE),))

    with pytest.raises(NothingToGoOnError, match="too little of what Noor likes"):
        group_answer(recommender, asked(), [MIRA, disliking])


def test_where_nothing_is_left_the_list_is_empty(recommender: Recommender) -> None:
    everything = frozenset(map(TrackKey, range(1, 121)))

    answer = group_answer(recommender, asked(excluded=everything), [MIRA, ME])

    assert answer.suggestions == ()
    assert answer.happiness == ()


def test_an_empty_catalog_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmptyCatalogError):
        group_answer(Catalog([]).recommender(tmp_path), asked(), [MIRA])
