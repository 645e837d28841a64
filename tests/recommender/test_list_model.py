from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.collaborative import ARTIST_DIM, EASE_RIDGE, Ease, Neighbours, context_vectors, list_neighbours
from recommender.list_model import FEWEST_LISTS, ListModel
from recommender.types import Keys, Vector
from tests.recommender.track_lists import lists_of, table_of

KEYS = np.asarray([10, 20, 30, 40, 50, 60, 70], dtype=np.int64)
ARTISTS = np.asarray([-7, -7, 0, 5, 5, 9, 9], dtype=np.int64)
"""Codes are hashes: some are negative, and 0 is nobody."""
LISTS = ([10, 20, 30], [10, 20], [10, 20, 40], [40, 50], [40, 50, 30], [50, 40, 999])


def keys(*some: int) -> Keys:
    return np.asarray(some, dtype=np.int64)


def ones(count: int) -> Vector:
    return np.ones(count, dtype=np.float32)


def fitted(lists: Sequence[Sequence[int]] = LISTS, **limits: int) -> ListModel:
    model = ListModel.fit(lists_of(lists), KEYS, ARTISTS, **limits)
    assert model is not None
    return model


def test_tracks_that_the_catalog_has_not_are_ignored() -> None:
    model = fitted()

    assert model.tracks.tolist() == [10, 20, 30, 40, 50]
    assert model.table.shape == (6, 5)
    assert model.table.toarray()[5].tolist() == [0, 0, 0, 1, 1]


def test_lists_that_are_too_short_without_unknown_tracks_are_left_out() -> None:
    model = fitted((*LISTS, [10, 998, 999]))

    assert model.table.shape == (6, 5)


def test_from_too_few_lists_nothing_is_learnt() -> None:
    enough = [[10, 20]] * FEWEST_LISTS

    assert ListModel.fit(lists_of([*enough[1:], [10, 999]]), KEYS, ARTISTS) is None
    assert ListModel.fit([], KEYS, ARTISTS) is None
    assert ListModel.fit(lists_of(enough), KEYS, ARTISTS) is not None


def test_a_list_has_each_artist_once_and_nobody_is_no_artist() -> None:
    model = fitted()

    assert model.artists.tolist() == [-7, 5]
    assert model.by_artist.toarray().tolist() == [[1, 0], [1, 0], [1, 1], [0, 1], [0, 1], [0, 1]]


def test_what_is_said_of_tracks_is_what_its_models_say() -> None:
    model = fitted()
    profile = table_of([[1, 0, 1, 0, 0]])

    said = model.track_scores(keys(30, 10), ones(2))

    assert said["track_neighbours"] == pytest.approx(Neighbours.fit(model.table).scores(profile)[0], abs=1e-5)
    assert said["list_neighbours"] == pytest.approx(list_neighbours(model.table, profile)[0], abs=1e-5)
    predicted = np.maximum(Ease.fit(model.table, EASE_RIDGE).scores(profile)[0], 0)
    assert said["list_model"] == pytest.approx(predicted, abs=1e-6)
    assert said["list_model"][1] > said["list_model"][4]


def test_tracks_of_a_profile_that_no_list_has_say_nothing() -> None:
    model = fitted()

    assert not any(said.any() for said in model.track_scores(keys(60, 999), ones(2)).values())
    assert not any(said.any() for said in model.artist_scores(keys(9, 0), ones(2)).values())
    known, mixed = model.track_scores(keys(10), ones(1)), model.track_scores(keys(999, 10), ones(2))
    assert all((known[name] == mixed[name]).all() for name in known)


def test_what_is_said_of_artists_grows_with_the_logarithm_of_their_tracks() -> None:
    model = fitted()

    one, three = (model.artist_scores(keys(*[-7] * count), ones(count)) for count in (1, 3))

    unit = Neighbours.fit(model.by_artist).scores(table_of([[1, 0]]))[0]
    assert one["artist_neighbours"] == pytest.approx(np.log(2) * unit, abs=1e-5)
    assert three["artist_neighbours"] == pytest.approx(np.log(4) * unit, abs=1e-5)
    assert one["artist_contexts"] == pytest.approx(three["artist_contexts"], abs=1e-6)


def test_artists_are_known_by_their_company() -> None:
    every = np.arange(1, 10, dtype=np.int64)
    in_two_scenes = [[1, 2, 3], [1, 2], [2, 3], [1, 3], [4, 5, 6], [4, 5], [5, 6], [1, 2, 9]]
    model = ListModel.fit(lists_of(in_two_scenes), every, every)
    assert model is not None

    said = model.artist_scores(keys(1), ones(1))["artist_contexts"]

    assert said[1] > 0
    assert said[3:6] == pytest.approx([0, 0, 0], abs=1e-5)
    vectors = context_vectors(model.by_artist, ARTIST_DIM)
    assert said == pytest.approx(np.maximum(vectors @ vectors[0], 0), abs=1e-5)


def test_lists_without_any_artist_can_be_learnt_from() -> None:
    model = ListModel.fit(lists_of(LISTS), KEYS, np.zeros(len(KEYS), dtype=np.int64))
    assert model is not None

    assert all(len(said) == 0 for said in model.artist_scores(keys(0, 5), ones(2)).values())
    assert model.track_scores(keys(10), ones(1))["track_neighbours"][1] > 0


def test_beyond_the_limit_factors_stand_in_for_ease() -> None:
    at_the_limit, beyond = fitted(ease_limit=5), fitted(ease_limit=4)

    assert at_the_limit.ease is not None
    assert at_the_limit.factors is None
    assert beyond.ease is None
    assert beyond.factors is not None
    said = beyond.track_scores(keys(10), ones(1))
    assert said["list_model"][1] > 0
    for name in ("track_neighbours", "list_neighbours"):
        assert (said[name] == at_the_limit.track_scores(keys(10), ones(1))[name]).all()


def test_a_model_of_neither_kind_is_refused() -> None:
    model = fitted()
    object.__setattr__(model, "ease", None)

    with pytest.raises(ValueError, match="EASE or factors"):
        model.track_scores(keys(10), ones(1))


def test_shared_lists_are_cosines_of_columns() -> None:
    model = fitted()

    shared = model.shared_lists(10, keys(20, 30, 50, 999, 10))

    assert shared == pytest.approx([1, 1 / np.sqrt(6), 0, 0, 1], abs=1e-6)
    assert not model.shared_lists(999, keys(10, 20)).any()
    assert model.shared_lists(10, keys()).shape == (0,)


def test_lists_that_have_both_are_counted() -> None:
    model = fitted()

    tracks = model.lists_with_track(10, keys(20, 30, 50, 999, 10))
    artists = model.lists_with_artist(-7, keys(5, 9, 0, -7))

    assert tracks.lists.tolist() == [3, 1, 0, 0, 3]
    assert artists.lists.tolist() == [1, 0, 0, 3]
    assert artists.cosines == pytest.approx([1 / np.sqrt(12), 0, 0, 1])
    assert not model.lists_with_artist(0, keys(5, -7)).lists.any()


@given(st.data(), st.sampled_from([2, 6_000]))
@settings(max_examples=40, deadline=None)
def test_nothing_that_lists_say_is_negative_or_endless(data: st.DataObject, ease_limit: int) -> None:
    some = st.lists(st.sampled_from([*KEYS.tolist(), 999]), min_size=2, max_size=7, unique=True)
    model = ListModel.fit(
        lists_of(data.draw(st.lists(some, min_size=5, max_size=12))), KEYS, ARTISTS, ease_limit=ease_limit
    )
    asked = keys(*data.draw(some))
    strengths = np.asarray([data.draw(st.floats(0.0625, 1, width=32)) for _ in asked], dtype=np.float32)
    if model is None:
        return

    of_tracks = model.track_scores(asked, strengths)
    of_artists = model.artist_scores(ARTISTS[: len(asked)], strengths)

    for said, known in [(of_tracks, model.tracks), (of_artists, model.artists)]:
        for values in said.values():
            assert values.shape == known.shape
            assert np.isfinite(values).all()
            assert (values >= 0).all()
