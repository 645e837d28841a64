import json
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender.ranking.feature_weights import (
    FEW_TRACKS,
    LISTENED,
    SETS,
    FeatureWeights,
    WeightSets,
    asked_for,
    by_part,
    contributions,
    default_weights,
    inputs,
)
from recommender.ranking.features import FEATURE_PARTS, FEATURES, Features
from recommender.types import Modality, Weights

COUNT = len(FEATURES)
WORDS, ARTIST = FEATURES.index("words"), FEATURES.index("artist")


def features_of(values: Any) -> Features:
    rows = np.asarray(values, dtype=np.float32)
    return Features(keys=np.arange(1, len(rows) + 1), values=rows)


def spoilt(change: Callable[[dict[str, Any]], object]) -> str:
    said = json.loads(default_weights().to_json())
    change(said)
    return json.dumps(said)


class TestDefaults:
    def test_they_say_where_they_come_from(self) -> None:
        provenance = default_weights().provenance

        assert provenance.lists > 0
        assert date.fromisoformat(provenance.learnt) > date(2026, 1, 1)
        assert provenance.ndcg > provenance.ndcg_before
        assert provenance.data

    @pytest.mark.parametrize("name", SETS)
    def test_no_evidence_speaks_against_a_track(self, name: str) -> None:
        weights: FeatureWeights = getattr(default_weights(), name)

        assert weights.flat.shape == (2 * COUNT,)
        assert (weights.flat >= 0).all()
        assert weights.scale > 0

    @pytest.mark.parametrize("name", ["one_unheard", "many_unheard"])
    def test_without_listeners_nothing_is_kept_for_them(self, name: str) -> None:
        weights: FeatureWeights = getattr(default_weights(), name)
        listened = [FEATURES.index(each) for each in LISTENED]

        assert not weights.share[listened].any()
        assert not weights.log[listened].any()
        assert weights.share.any()

    def test_each_kind_of_profile_has_its_own(self) -> None:
        sets = default_weights()

        assert sets.for_profile(FEW_TRACKS, has_listeners=True) is sets.one
        assert sets.for_profile(1, has_listeners=False) is sets.one_unheard
        assert sets.for_profile(FEW_TRACKS + 1, has_listeners=True) is sets.many
        assert sets.for_profile(300, has_listeners=False) is sets.many_unheard


class TestFiles:
    def test_weights_come_back(self) -> None:
        weights = default_weights()

        again = WeightSets.from_json(weights.to_json())

        assert again.to_json() == weights.to_json()
        assert again.provenance == weights.provenance
        for name in SETS:
            assert getattr(again, name).flat == pytest.approx(getattr(weights, name).flat, abs=1e-6)
            assert getattr(again, name).scale == pytest.approx(getattr(weights, name).scale, abs=1e-6)

    def test_a_row_comes_back(self) -> None:
        flat = np.arange(2 * COUNT, dtype=np.float64)

        weights = FeatureWeights.of(flat, 3.0)

        assert (weights.flat == flat).all()
        assert weights.log[0] == COUNT
        assert weights.scale == 3

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "Expecting value"),
            ("[]", "no weights of features"),
            ("{}", "no weights of features"),
            (spoilt(lambda said: said.pop("many")), "many"),
            (spoilt(lambda said: said["provenance"].pop("lists")), "lists"),
            (spoilt(lambda said: said["one"].pop("scale")), "scale"),
            (spoilt(lambda said: said["one"].update(weights=None)), "no weights of features"),
            (spoilt(lambda said: said["one"]["weights"].pop("words")), "not for artist"),
            (spoilt(lambda said: said["one"]["weights"].update(smell=[1, 1])), "smell"),
            (spoilt(lambda said: said["one"]["weights"].update(words=[-0.1, 1])), "not negative"),
            (spoilt(lambda said: said["one"]["weights"].update(words=[float("nan"), 1])), "finite"),
            (spoilt(lambda said: said["one"].update(scale=0)), "above 0"),
            (spoilt(lambda said: said["one"].update(scale=float("inf"))), "finite"),
            (spoilt(lambda said: said["one"].update(weights={each: [1] for each in FEATURES})), "two weights"),
        ],
    )
    def test_what_is_no_weights_is_refused(self, text: str, why: str) -> None:
        with pytest.raises(ValueError, match=why):
            WeightSets.from_json(text)


class TestInputs:
    def test_a_feature_counts_by_its_share_of_the_best_and_by_its_logarithm(self) -> None:
        values = np.zeros((3, COUNT))
        values[:, ARTIST] = [1, 4, 0]

        found = inputs(features_of(values))

        assert found[:, ARTIST].tolist() == [0.25, 1, 0]
        assert found[:, COUNT + ARTIST] == pytest.approx(np.log([2, 5, 1]))
        assert np.count_nonzero(found) == 4

    def test_a_weak_best_is_not_blown_up(self) -> None:
        values = np.zeros((2, COUNT))
        values[:, WORDS] = [0.01, 0.005]

        assert inputs(features_of(values))[:, WORDS] == pytest.approx([0.5, 0.25])

    def test_without_candidates_there_is_nothing(self) -> None:
        assert inputs(features_of(np.empty((0, COUNT)))).shape == (0, 2 * COUNT)
        assert contributions(features_of(np.empty((0, COUNT))), default_weights().one).shape == (0, COUNT)


def some_values() -> st.SearchStrategy[Any]:
    numbers = st.floats(0, 50, width=32, allow_subnormal=False)
    return st.integers(1, 6).flatmap(lambda rows: arrays(np.float32, (rows, COUNT), elements=numbers))


class TestContributions:
    @given(some_values(), st.sampled_from(SETS))
    @settings(max_examples=60, deadline=None)
    def test_they_are_never_negative_and_add_up_by_part(self, values: Any, name: str) -> None:
        weights: FeatureWeights = getattr(default_weights(), name)

        added = contributions(features_of(values), weights)

        assert (added >= 0).all()
        parts = by_part(added)
        assert set(parts) == set(FEATURE_PARTS.values())
        assert sum(parts.values()) == pytest.approx(added.sum(axis=1), abs=1e-4)
        total = inputs(features_of(values)).astype(np.float64) @ weights.flat / weights.scale
        assert added.sum(axis=1) == pytest.approx(total, rel=1e-4, abs=1e-4)

    @given(some_values(), st.sampled_from(SETS), st.data())
    @settings(max_examples=150, deadline=None)
    def test_more_of_a_feature_never_lowers_a_track(self, values: Any, name: str, data: st.DataObject) -> None:
        weights: FeatureWeights = getattr(default_weights(), name)
        row, column = data.draw(st.integers(0, len(values) - 1)), data.draw(st.integers(0, COUNT - 1))
        raised = values.copy()
        raised[row, column] += data.draw(st.floats(0, 50, width=32))

        before, after = (contributions(features_of(each), weights).sum(axis=1) for each in (values, raised))

        assert after[row] >= before[row] - 1e-5
        # Nor against any other track: those only lose where it has become the best.
        assert (after[row] - after >= before[row] - before - 1e-5).all()

    def test_the_order_of_candidates_makes_no_difference(self) -> None:
        rng = np.random.default_rng(3)
        values = rng.random((20, COUNT))
        order = rng.permutation(20)

        added = contributions(features_of(values), default_weights().many)

        assert (contributions(features_of(values[order]), default_weights().many) == added[order]).all()


class TestAskedFor:
    def test_the_usual_counts_everything_once(self) -> None:
        assert asked_for(Weights()) == pytest.approx(np.ones(COUNT))

    def test_modalities_count_by_their_proportions_against_the_usual(self) -> None:
        found = dict(zip(FEATURES, asked_for(Weights(text=1.1, image=0, audio=0.3, collaborative=0.2)), strict=True))

        assert found["words"] == found["meaning"] == pytest.approx(2 * 1.3 / 1.6)
        assert found["cover"] == 0
        assert found["sound"] == pytest.approx(1.3 / 1.6)
        assert found["list_model"] == pytest.approx(2 / 3 * 1.3 / 1.6)
        assert found["artist"] == found["years"] == found["popularity"] == 1

    @pytest.mark.parametrize("weights", [Weights(), Weights(image=0), Weights.only(Modality.COLLABORATIVE)])
    def test_only_proportions_matter(self, weights: Weights) -> None:
        twice = Weights(**{each.value: 2 * weights.of(each) for each in Modality})

        assert asked_for(twice) == pytest.approx(asked_for(weights))

    @pytest.mark.parametrize("modality", list(Modality))
    def test_one_modality_alone_leaves_nothing_else(self, modality: Modality) -> None:
        found = asked_for(Weights.only(modality))

        counted = {
            (FEATURE_PARTS[name], factor) for name, factor in zip(FEATURES, found.tolist(), strict=True) if factor
        }
        assert counted == {(modality.value, 1.0)}
