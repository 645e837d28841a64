import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ranking.directions import Direction
from recommender.ranking.scoring import (
    CENTRE_SHARE,
    DISCOVERY_WEIGHT,
    DISLIKE_WEIGHT,
    ERA_YEARS,
    content_scores,
    content_share,
    discovery_leaning,
    dislike_penalty,
    era_closeness,
    rests_on_one,
    score_parts,
)
from recommender.types import Matrix, Modality, TrackKey, Weights

SLICES = {Modality.TEXT: slice(0, 3), Modality.AUDIO: slice(3, 5)}


def direction(query: list[float], *anchors: list[float]) -> Direction:
    queries = np.asarray(anchors, dtype=np.float32).reshape(len(anchors), 5)
    return Direction(
        query=np.asarray(query, dtype=np.float32),
        share=1.0,
        anchors=tuple(TrackKey(key) for key in range(1, len(anchors) + 1)),
        anchor_queries=queries,
    )


def rows(*values: list[float]) -> Matrix:
    return np.asarray(values, dtype=np.float32)


def test_a_candidate_is_compared_with_the_direction_it_fits_best() -> None:
    words, sound = direction([1, 0, 0, 0, 0]), direction([0, 0, 0, 1, 0])

    content = content_scores([words, sound], rows([0.9, 0, 0, 0.1, 0], [0.2, 0, 0, 0.8, 0]), SLICES)

    assert content.direction.tolist() == [0, 1]
    assert content.cosines[Modality.TEXT].tolist() == pytest.approx([0.9, 0.0])
    assert content.cosines[Modality.AUDIO].tolist() == pytest.approx([0.0, 0.8])


def test_half_of_the_content_is_closeness_to_the_nearest_anchor() -> None:
    seed = direction([1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0])

    content = content_scores([seed], rows([0.6, 0.2, 0.7, 0, 0]), SLICES)

    assert content.anchor.tolist() == [1]
    assert content.cosines[Modality.TEXT][0] == pytest.approx(CENTRE_SHARE * 0.6 + (1 - CENTRE_SHARE) * 0.7)


def test_no_candidate_is_compared_with_itself() -> None:
    seed = direction([1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0])
    own = np.asarray([[False, True]])

    content = content_scores([seed], rows([0.6, 0.2, 0.7, 0, 0]), SLICES, own=[own])

    assert content.anchor.tolist() == [0]


def test_a_candidate_that_is_every_anchor_has_none() -> None:
    seed = direction([1, 0, 0, 0, 0], [0, 1, 0, 0, 0])

    content = content_scores([seed], rows([0.6, 0.2, 0.7, 0, 0]), SLICES, own=[np.asarray([[True]])])

    assert content.anchor.tolist() == [-1]
    assert content.cosines[Modality.TEXT][0] == pytest.approx(0.6)


def test_years_fall_off_and_the_unknown_takes_the_median() -> None:
    closeness = era_closeness([1995, 1995 + int(ERA_YEARS), 2024, None], [1995, 1995, 1995, 1995])

    assert closeness is not None
    assert closeness[:2].tolist() == pytest.approx([1.0, np.exp(-1)])
    assert closeness[3] == pytest.approx(np.median(closeness[:3]))


def test_without_years_there_is_nothing_to_compare() -> None:
    assert era_closeness([1995, None], [None, 1995]) is None


@pytest.mark.parametrize(("discovery", "familiar"), [(0.0, DISCOVERY_WEIGHT), (0.5, 0.0), (1.0, -DISCOVERY_WEIGHT)])
def test_the_discovery_dial_leans_from_the_familiar_to_the_unknown(discovery: float, familiar: float) -> None:
    assert discovery_leaning([True, False], discovery).tolist() == pytest.approx([familiar, 0.0])


def test_a_copy_of_a_disliked_track_loses_most_and_a_stranger_nothing() -> None:
    disliked = rows([1, 0, 0, 1, 0])

    penalty = dislike_penalty(
        rows([1, 0, 0, 1, 0], [0.7, 0.7, 0, 0.7, 0.7], [0, 1, 0, 0, 1]), disliked, SLICES, Weights()
    )

    assert penalty.tolist() == pytest.approx([-DISLIKE_WEIGHT, -DISLIKE_WEIGHT * (0.7 - 0.3) / 0.7, 0.0], abs=1e-6)


def test_what_a_disliked_track_lacks_is_not_held_against_anyone() -> None:
    words_only = rows([1, 0, 0, 0, 0])

    assert dislike_penalty(words_only, words_only, SLICES, Weights())[0] == pytest.approx(-DISLIKE_WEIGHT)
    assert dislike_penalty(words_only, np.zeros((1, 5), np.float32), SLICES, Weights())[0] == 0
    assert dislike_penalty(words_only, np.zeros((0, 5), np.float32), SLICES, Weights())[0] == 0


def test_one_modality_alone_is_recognised() -> None:
    assert rests_on_one(Weights(text=0, image=0, audio=2, collaborative=0))
    assert not rests_on_one(Weights())


@given(st.floats(0, 1), st.booleans(), st.integers(0, 2**32 - 1))
def test_parts_are_the_formula_and_add_up(mix: float, has_era: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(6, 5)).astype(np.float32)
    content = content_scores([direction(list(rng.random(5)), list(rng.random(5)))], vectors, SLICES)
    era, popularity, discovery, dislikes = (rng.random(6).astype(np.float32) for _ in range(4))

    parts = score_parts(
        content,
        mix=mix,
        era=era if has_era else None,
        popularity=popularity,
        discovery=discovery,
        dislikes=-dislikes,
    )

    together = content.cosines[Modality.TEXT] + content.cosines[Modality.AUDIO]
    expected = content_share(mix, has_era=has_era) * together + mix * popularity + discovery - dislikes
    expected = expected + ((1 - mix) - content_share(mix, has_era=has_era)) * era * has_era
    assert [each.total for each in parts] == pytest.approx(expected.tolist(), abs=1e-5)
    assert all(abs(sum(each.as_dict().values()) - each.total) < 1e-9 for each in parts)
