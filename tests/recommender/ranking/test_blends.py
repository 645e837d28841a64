"""Promises of blends: what is like the unwanted goes down, and only that."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender.ports import TrackList
from recommender.ranking.blends import UNLIKE_WEIGHT, away_queries, sides_of, unlike_penalty
from recommender.ranking.directions import Direction, known_vectors
from recommender.ranking.recommender import Recommender
from recommender.ranking.scoring import weighted_cosines
from recommender.songs import normalised
from recommender.track_tables import TrackTables
from recommender.types import (
    NO_AUDIO_FEATURES,
    ListKind,
    Matrix,
    Modality,
    Recommendation,
    TrackKey,
    Vector,
    Weights,
)
from recommender.unit_rows import unit_rows
from tests.recommender.ranking.catalogs import Catalog, for_member, keys_of, played, seeds, seen, three_genres

METAL_ACT_B = tuple(map(TrackKey, range(6, 11)))
SLICES = {Modality.TEXT: slice(0, 3), Modality.IMAGE: slice(3, 3), Modality.AUDIO: slice(3, 6)}
FINITE = st.floats(-1, 1, width=32)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return three_genres()


@pytest.fixture(scope="module")
def recommender(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    return catalog.recommender(tmp_path_factory.mktemp("index"))


@st.composite
def fused(draw: st.DrawFn, rows: int) -> Matrix:
    vectors = draw(arrays(np.float32, (rows, 6), elements=FINITE))
    return np.concatenate([unit_rows(vectors[:, :3]), unit_rows(vectors[:, 3:])], axis=1)


def closeness(recommender: Recommender, answer: Recommendation, unlike: tuple[TrackKey, ...]) -> float:
    """Return how close the suggestions are to the nearest of some tracks, on average."""
    index = recommender._index
    vectors, others = (known_vectors(index, np.asarray(keys)) for keys in (keys_of(answer), unlike))
    return float(weighted_cosines(vectors, others, index.space.slices, Weights()).max(axis=1).mean())


class TestPenalty:
    @given(st.data())
    def test_it_never_gives_and_takes_more_from_what_is_closer(self, data: st.DataObject) -> None:
        vectors, sides = data.draw(fused(5)), data.draw(fused(2))

        penalty = unlike_penalty(vectors, sides, SLICES, Weights())
        near = weighted_cosines(vectors, sides, SLICES, Weights()).max(axis=1)

        assert (penalty <= 0).all()
        assert (penalty >= -UNLIKE_WEIGHT - 1e-5).all()
        order = np.argsort(near)
        assert (np.diff(penalty[order]) <= 1e-6).all()

    @given(st.data(), st.integers(1, 6))
    def test_lists_move_away_from_the_unwanted(self, data: st.DataObject, count: int) -> None:
        scores: Vector = data.draw(arrays(np.float32, 8, elements=FINITE))
        vectors, sides = data.draw(fused(8)), data.draw(fused(2))
        penalty = unlike_penalty(vectors, sides, SLICES, Weights())

        before = np.argsort(-scores, kind="stable")[:count]
        after = np.argsort(-(scores + penalty), kind="stable")[:count]

        assert -penalty[after].sum() <= -penalty[before].sum() + 1e-4

    def test_a_copy_loses_as_much_as_a_match_gains_and_the_opposite_nothing(self) -> None:
        side = np.asarray([[1, 0, 0, 0, 1, 0]], dtype=np.float32)

        penalty = unlike_penalty(np.concatenate([side, -side]), side, SLICES, Weights())

        assert penalty == pytest.approx([-UNLIKE_WEIGHT, 0])

    def test_lists_count_where_they_say_more_than_vectors(self) -> None:
        side = np.asarray([[1, 0, 0, 0, 0, 0]], dtype=np.float32)
        far = np.asarray([[0, 1, 0, 0, 0, 0]], dtype=np.float32)

        penalty = unlike_penalty(
            np.concatenate([side, far]), side, SLICES, Weights(), in_lists=np.asarray([0.2, 0.4], dtype=np.float32)
        )

        assert penalty == pytest.approx([-1.0 * UNLIKE_WEIGHT, -0.4 * UNLIKE_WEIGHT])

    def test_of_what_nothing_is_known_takes_nothing_away(self) -> None:
        nothing = np.zeros((0, 6), dtype=np.float32)

        assert not unlike_penalty(np.ones((2, 6), dtype=np.float32), nothing, SLICES, Weights()).any()
        assert away_queries([], nothing, SLICES) == []


def test_an_artist_has_as_many_sides_as_their_songs_have_kinds(recommender: Recommender) -> None:
    index = recommender._index

    one_kind = sides_of(index, METAL_ACT_B)
    two_kinds = sides_of(index, (*METAL_ACT_B, *map(TrackKey, range(86, 91))))

    assert (len(one_kind), len(two_kinds)) == (1, 2)
    assert len(sides_of(index, (TrackKey(999),))) == 0


def test_candidates_are_also_looked_for_away_from_the_unwanted(recommender: Recommender) -> None:
    index = recommender._index
    metal, disco = known_vectors(index, np.asarray([1, 81]))
    query = index.space.query({each: (metal + disco)[at] for each, at in index.space.slices.items()}, Weights())
    direction = Direction(query=query, share=1.0, anchor_queries=np.empty((0, len(query)), dtype=np.float32))

    [(moved, share)] = away_queries([direction], disco[None, :], index.space.slices)

    assert share == 1.0
    assert moved @ disco < query @ disco - 0.1
    assert moved @ metal > moved @ disco


class TestAnswers:
    """Like A and B, and not like C, as the recommender answers it."""

    @pytest.mark.parametrize("unlike", [(3,), (31, 32), (46,), (91, 3)])
    @pytest.mark.parametrize("like", [(1,), (1, 41), (2, 81)])
    def test_suggestions_move_away(
        self, recommender: Recommender, like: tuple[int, ...], unlike: tuple[int, ...]
    ) -> None:
        keys = tuple(map(TrackKey, unlike))
        plain = recommender.recommend(seeds(*like))
        apart = recommender.recommend(seeds(*like, unlike=keys))

        assert closeness(recommender, apart, keys) <= closeness(recommender, plain, keys) + 1e-6
        assert not {*unlike} & {*keys_of(apart)}

    def test_parts_add_up_and_say_what_was_taken(self, recommender: Recommender) -> None:
        answer = recommender.recommend(seeds(1, 41, unlike=(TrackKey(3),)))

        for each in answer.suggestions:
            assert sum(each.parts.as_dict().values()) == pytest.approx(each.score, abs=1e-6)
            assert each.parts.dislikes <= 0
        assert min(each.parts.dislikes for each in answer.suggestions) < 0

    def test_both_likes_are_still_there(self, recommender: Recommender) -> None:
        answer = recommender.recommend(seeds(1, 41, unlike=(TrackKey(81),)))

        genres = [each.track.genres[0] for each in answer.suggestions]
        assert genres.count("iron metal") == 5
        assert genres.count("lullaby") == 5

    def test_an_artist_is_left_out_with_all_their_songs(self, recommender: Recommender) -> None:
        blocked = frozenset({normalised("Iron Act B")})

        answer = recommender.recommend(seeds(1, unlike=METAL_ACT_B, blocked_artists=blocked, count=20))

        assert not {*METAL_ACT_B} & {*keys_of(answer)}

    def test_other_versions_of_the_unwanted_do_not_come_back(self, tmp_path: Path) -> None:
        catalog = three_genres()
        like = catalog.all[TrackKey(7)]
        catalog.all[TrackKey(201)] = replace(like, key=TrackKey(201), title=f"{like.title} - Live")

        answer = catalog.recommender(tmp_path).recommend(seeds(6, unlike=(TrackKey(7),), count=20))

        assert 201 not in keys_of(answer)

    def test_a_member_can_ask_for_their_taste_without_a_side_of_it(self, recommender: Recommender) -> None:
        signals = [played(key) for key in (*range(1, 6), *range(41, 46))]
        disco_side = tuple(map(TrackKey, range(46, 51)))

        answer = recommender.recommend(for_member(unlike=disco_side, count=8), signals)
        plain = recommender.recommend(for_member(count=8), signals)

        assert closeness(recommender, answer, disco_side) < closeness(recommender, plain, disco_side)

    def test_an_unwanted_track_of_which_nothing_is_known_is_merely_left_out(self, tmp_path: Path) -> None:
        catalog = three_genres()
        recommender = catalog.recommender(tmp_path)

        assert keys_of(recommender.recommend(seeds(1, unlike=(TrackKey(999),)))) == keys_of(
            recommender.recommend(seeds(1))
        )


def test_what_others_put_beside_the_unwanted_goes_down_too(tmp_path: Path) -> None:
    catalog = three_genres()
    for key in range(1, 121):
        catalog.all[TrackKey(key)] = replace(catalog.all[TrackKey(key)], audio=NO_AUDIO_FEATURES)
    vectors_only = catalog.recommender(tmp_path)
    lists = [[3, 20, 21], [3, 20, 22], [3, 20, 25], [1, 30, 31], [1, 33, 34], [41, 42, 43]]
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
    recommender = Recommender(
        vectors_only._index, catalog, catalog.encode_prompt, seen, now=vectors_only._now,
        tables=tables,
    )  # fmt: skip

    def taken(weights: Weights) -> float:
        reading = recommender.read(seeds(1, unlike=(TrackKey(3),), weights=weights))
        found = recommender.find(reading, np.asarray([20], dtype=np.int64))
        pool = recommender.pool(found.keys, reading.unwanted)
        parts = dict(zip((each.key for each in pool.tracks), recommender.rank(reading, pool, found).parts, strict=True))
        return parts[TrackKey(20)].dislikes

    by_words_alone = taken(Weights(text=1, image=0, audio=0, collaborative=0))
    assert taken(Weights(text=1, image=0, audio=0, collaborative=1)) < by_words_alone - 0.2
