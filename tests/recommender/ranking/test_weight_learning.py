from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from recommender.list_model import ListModel
from recommender.ports import TrackList
from recommender.ranking import weight_learning as module
from recommender.ranking.directions import SearchableIndex
from recommender.ranking.feature_weights import FeatureWeights, WeightSets, default_weights, inputs
from recommender.ranking.features import FEATURES, Features, Profile
from recommender.ranking.weight_learning import (
    FEWEST_LISTS,
    HIDDEN_SHARE,
    Example,
    Examples,
    example_of,
    examples_of,
    learn,
    ndcg_of,
)
from recommender.track_tables import TrackTables
from recommender.types import Keys
from tests.recommender.ranking.catalogs import Catalog, genre_lists, three_genres
from tests.recommender.track_lists import lists_of

TODAY = date(2026, 11, 20)
WORDS, FIRST = FEATURES.index("words"), FEATURES.index("list_neighbours")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return three_genres()


@pytest.fixture(scope="module")
def lists(catalog: Catalog) -> list[TrackList]:
    return lists_of(genre_lists(catalog, per_genre=15, length=10))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index")


@pytest.fixture(scope="module")
def examples(catalog: Catalog, folder: Path, lists: list[TrackList]) -> Examples:
    return made(catalog, folder, lists)


def made(catalog: Catalog, folder: Path, lists: list[TrackList], seed: int = 0) -> Examples:
    tables = TrackTables.build(list(catalog.all.values()), lists, reads=lambda _track: True)
    return examples_of(lists, tables, catalog.index(folder), np.random.default_rng(seed))


def example(values: list[tuple[float, float]], chosen: list[bool], hidden: int = 1) -> Example:
    """Return candidates of whom words and lists say so much."""
    rows = np.zeros((len(values), len(FEATURES)), dtype=np.float32)
    rows[:, [WORDS, FIRST]] = values
    features = Features(keys=np.arange(1, len(values) + 1), values=rows)
    return Example(features=features, chosen=np.asarray(chosen), hidden=hidden)


def weights_for(*names: str) -> FeatureWeights:
    flat = np.zeros(2 * len(FEATURES))
    flat[[FEATURES.index(name) for name in names]] = 1
    return FeatureWeights.of(flat, 1.0)


def all_alike(weights: FeatureWeights) -> WeightSets:
    return replace(default_weights(), one=weights, one_unheard=weights, many=weights, many_unheard=weights)


def learnt(examples: Examples, before: WeightSets, seed: int = 3) -> WeightSets:
    return learn(examples, before, data="made up", today=TODAY, rng=np.random.default_rng(seed))


class TestExamples:
    def test_a_share_of_each_list_is_hidden_and_looked_for(self, examples: Examples, lists: list[TrackList]) -> None:
        assert len(examples.many) == len(examples.one) == len(lists) == 45
        for each in (*examples.many, *examples.one):
            assert each.hidden == round(HIDDEN_SHARE * 10)
            assert each.chosen.sum() <= each.hidden
        found = sum(each.chosen.sum() for each in examples.many)
        assert found > 0.8 * sum(each.hidden for each in examples.many)

    def test_what_is_left_of_a_list_is_no_candidate(self, examples: Examples, lists: list[TrackList]) -> None:
        for both in (examples.many, examples.one):
            for each, whole in zip(both, lists, strict=True):
                candidates = np.intersect1d(each.features.keys, whole.keys)
                assert (candidates == each.features.keys[each.chosen]).all()

    def test_the_model_that_describes_candidates_has_nothing_of_what_is_hidden(
        self, catalog: Catalog, folder: Path, lists: list[TrackList], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[list[TrackList]] = []
        asked: list[tuple[set[int], set[int]]] = []
        fit = ListModel.fit

        def fitted(of: list[TrackList], *rest: Keys) -> ListModel | None:
            seen.append(of)
            return fit(of, *rest)

        def described(
            profile: Profile, own: Keys, hidden: Keys, tables: TrackTables, index: SearchableIndex
        ) -> Example:
            asked.append(({*own.tolist()}, {*hidden.tolist()}))
            return example_of(profile, own, hidden, tables, index)

        tables = TrackTables.build(list(catalog.all.values()), lists, reads=lambda _track: True)
        monkeypatch.setattr(ListModel, "fit", fitted)
        monkeypatch.setattr(module, "example_of", described)

        examples_of(lists, tables, catalog.index(folder), np.random.default_rng(0))

        (taught,) = seen
        assert len(taught) == len(lists)
        for whole, left, (own, hidden) in zip(lists, taught, asked[::2], strict=True):
            assert own == {*left.keys.tolist()}
            assert own | hidden == {*whole.keys.tolist()}
            assert not own & hidden
            assert len(left.strengths) == len(left.keys)

    def test_a_track_that_only_hidden_parts_have_is_unheard_of(self, catalog: Catalog, folder: Path) -> None:
        # Every list has one song of its own; where it was hidden, no list says anything of it.
        lists = lists_of([[*range(1, 6), 41 + number] for number in range(40)])

        found = made(catalog, folder, lists)

        for each in found.many:
            for key in each.features.keys[each.chosen].tolist():
                if key > 40:
                    row = int(np.searchsorted(each.features.keys, key))
                    assert not each.features.of("list_neighbours")[row]
                    assert not each.features.of("track_neighbours")[row]

    def test_short_lists_teach_nothing_but_are_heard(self, catalog: Catalog, folder: Path) -> None:
        found = made(catalog, folder, lists_of([*genre_lists(catalog), *[[1, 2]] * 20]))

        assert len(found.many) == 30

    def test_only_so_many_lists_teach(
        self, catalog: Catalog, folder: Path, lists: list[TrackList], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MOST_LISTS", 7)

        assert len(made(catalog, folder, lists).many) == 7

    def test_the_same_draws_give_the_same_examples_and_others_do_not(
        self, catalog: Catalog, folder: Path, lists: list[TrackList], examples: Examples
    ) -> None:
        again, other = (made(catalog, folder, lists, seed) for seed in (0, 1))

        for one, two in zip(examples.many, again.many, strict=True):
            assert (one.features.values == two.features.values).all()
            assert (one.chosen == two.chosen).all()
        assert any(
            not np.array_equal(one.features.keys, two.features.keys)
            for one, two in zip(examples.many, other.many, strict=True)
        )

    def test_it_tells_how_far_it_is_and_can_be_stopped(
        self, catalog: Catalog, folder: Path, lists: list[TrackList]
    ) -> None:
        told: list[tuple[int, int]] = []
        tables = TrackTables.build(list(catalog.all.values()), lists, reads=lambda _track: True)

        found = examples_of(
            lists,
            tables,
            catalog.index(folder),
            np.random.default_rng(0),
            progress=lambda done, total: told.append((done, total)),
            stop=lambda: len(told) == 3,
        )

        assert told == [(1, 45), (2, 45), (3, 45)]
        assert len(found.many) == len(found.one) == 3

    def test_without_lists_there_are_no_examples(self, catalog: Catalog, folder: Path) -> None:
        assert made(catalog, folder, []) == Examples(many=(), one=())


class TestLearning:
    def test_weights_that_lists_teach_are_better_and_say_where_they_come_from(self, examples: Examples) -> None:
        before = all_alike(weights_for("years"))

        found = learnt(examples, before)

        provenance = found.provenance
        assert provenance.data == "made up"
        assert provenance.lists == 45
        assert provenance.learnt == "2026-11-20"
        assert provenance.ndcg > provenance.ndcg_before > 0
        assert ndcg_of(examples.many, found.many) > ndcg_of(examples.many, before.many)
        assert ndcg_of(examples.one, found.one) > ndcg_of(examples.one, before.one)
        assert (found.many.flat >= 0).all()

    def test_what_content_is_worth_alone_is_not_learnt_beside_lists(self, examples: Examples) -> None:
        before = all_alike(weights_for("years"))

        found = learnt(examples, before)

        assert found.many_unheard is before.many_unheard
        assert found.one_unheard is before.one_unheard

    def test_a_good_candidate_comes_to_about_one(self, examples: Examples) -> None:
        found = learnt(examples, all_alike(weights_for("years")))

        for weights, of_kind in ((found.many, examples.many), (found.one, examples.one)):
            tops = [(inputs(each.features) @ weights.flat).max() / weights.scale for each in of_kind]
            assert np.median(tops) == pytest.approx(1, abs=1e-4)

    def test_too_few_lists_teach_nothing(self, examples: Examples) -> None:
        before = all_alike(weights_for("years"))
        few = Examples(many=examples.many[: FEWEST_LISTS - 1], one=examples.one[: FEWEST_LISTS - 1])

        assert learnt(few, before) is before
        assert learnt(Examples(many=(), one=()), before) is before

    def test_weights_that_are_no_better_are_not_taken(self) -> None:
        # What is learnt from most lists is wrong of those that were kept apart: of them words are right.
        wrong = example([(0, 1), (1, 0)], [True, False])
        right = example([(0, 1), (1, 0)], [False, True])
        rng = np.random.default_rng(3)
        apart = set(rng.permutation(60)[:15].tolist())
        many = tuple(right if number in apart else wrong for number in range(60))
        before = all_alike(weights_for("words"))

        assert learnt(Examples(many=many, one=many), before) is before
        agreeing = (wrong,) * 60
        assert learnt(Examples(many=agreeing, one=agreeing), before) is not before

    def test_weights_that_are_as_good_are_not_taken_either(self) -> None:
        same = (example([(1, 0), (0, 1)], [True, False]),) * 60
        before = all_alike(weights_for("words"))

        assert learnt(Examples(many=same, one=same), before) is before

    def test_those_for_a_single_song_are_not_taken_where_they_alone_are_no_better(self) -> None:
        better = (example([(0, 1), (1, 0)], [True, False]),) * 60
        as_good = (example([(1, 0), (0, 1)], [True, False]),) * 60
        before = all_alike(weights_for("words"))

        found = learnt(Examples(many=better, one=as_good), before)

        assert found.many is not before.many
        assert found.one is before.one

    def test_where_nothing_that_was_hidden_is_a_candidate_the_weights_stay(self) -> None:
        unfound = (example([(1, 0), (0, 1)], [False, False]),) * 60
        before = all_alike(weights_for("words"))

        assert learnt(Examples(many=unfound, one=unfound), before) is before


class TestNdcg:
    def test_the_best_order_is_one_and_the_worst_is_none(self) -> None:
        by_words = weights_for("words")
        values = [(float(20 - number), 0.0) for number in range(20)]

        best = example(values, [True] * 3 + [False] * 17, hidden=3)
        worst = example(values, [False] * 17 + [True] * 3, hidden=3)

        assert ndcg_of([best], by_words) == pytest.approx(1)
        assert ndcg_of([worst], by_words) == 0
        assert ndcg_of([best, worst], by_words) == pytest.approx(0.5)

    def test_what_is_no_candidate_counts_as_missed(self) -> None:
        half = example([(2, 0), (1, 0)], [True, False], hidden=2)

        assert ndcg_of([half], weights_for("words")) == pytest.approx(1 / (1 + 1 / np.log2(3)))

    def test_equals_do_not_come_in_the_order_of_keys(self) -> None:
        values = [(1.0, 0.0)] * 200
        first = example(values, [True] * 10 + [False] * 190, hidden=10)

        assert ndcg_of([first], weights_for("words")) < 0.5

    def test_without_lists_there_is_nothing(self) -> None:
        assert ndcg_of([], weights_for("words")) == 0
