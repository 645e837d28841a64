from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest

from recommender.errors import NothingToGoOnError
from recommender.ranking import learned_content as module
from recommender.ranking.feature_weights import asked_for, contributions, default_weights
from recommender.ranking.features import FEATURE_PARTS, FEATURES, OF_ARTISTS, OF_TRACKS, Profile
from recommender.ranking.learned_content import LearnedContent, learned_content
from recommender.types import VECTORS, Keys, Modality, Weights
from tests.recommender.ranking.catalogs import Catalog, genre_lists, three_genres

NONE = np.empty(0, dtype=np.int64)
OWN = (1, 2, 6, 11)
PEOPLE = Weights.only(Modality.COLLABORATIVE)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return three_genres()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index")


def keys_of(*keys: int) -> Keys:
    return np.asarray(keys, dtype=np.int64)


def found_for(
    catalog: Catalog,
    folder: Path,
    *,
    own: Sequence[int] = OWN,
    lists: Iterable[Iterable[int]] | None = None,
    weights: Weights | None = None,
    among: Keys | None = None,
    near: Keys = NONE,
) -> LearnedContent:
    return learned_content(
        Profile.of(keys_of(*own), np.ones(len(own), dtype=np.float32)),
        weights or Weights(),
        default_weights(),
        catalog.tables(genre_lists(catalog) if lists is None else lists),
        catalog.index(folder),
        excluded=keys_of(*own),
        among=among,
        near=near,
    )


class TestContent:
    def test_candidates_have_what_their_features_add(self, catalog: Catalog, folder: Path) -> None:
        found = found_for(catalog, folder, weights=Weights(text=1.1))

        weighed = contributions(found.scores.features(found.keys), default_weights().many)
        assert (found.contributed == weighed * asked_for(Weights(text=1.1))).all()
        assert (np.diff(found.keys) > 0).all()
        assert not np.isin(found.keys, keys_of(*OWN)).any()

    def test_parts_are_asked_in_any_order_and_add_up(self, catalog: Catalog, folder: Path) -> None:
        found = found_for(catalog, folder)
        some = found.keys[[5, 0, 3]]

        parts = found.parts_of(some)

        assert sum(parts.values()) == pytest.approx(found.contributed[[5, 0, 3]].sum(axis=1), abs=1e-6)
        assert (found.contributed_to(some) == found.contributed[[5, 0, 3]]).all()

    def test_what_is_no_candidate_has_no_parts(self, catalog: Catalog, folder: Path) -> None:
        with pytest.raises(ValueError, match="no candidate"):
            found_for(catalog, folder).parts_of(keys_of(1))

    def test_the_weights_are_those_of_the_profile(self, catalog: Catalog, folder: Path) -> None:
        sets = default_weights()
        for own, lists, weights in (
            (OWN, None, sets.many),
            (OWN, [], sets.many_unheard),
            ((1,), None, sets.one),
            ((1,), [], sets.one_unheard),
        ):
            found = found_for(catalog, folder, own=own, lists=lists)

            assert (found.contributed == contributions(found.scores.features(found.keys), weights)).all()

    def test_only_the_best_are_kept_and_what_was_found_otherwise(
        self, catalog: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        everything = found_for(catalog, folder)
        monkeypatch.setattr(module, "KEPT", 5)
        worst = int(everything.keys[everything.contributed.sum(axis=1).argmin()])

        found = found_for(catalog, folder, near=keys_of(worst))

        totals = everything.contributed.sum(axis=1)
        best = everything.keys[np.argsort(-totals, kind="stable")[:5]]
        assert found.keys.tolist() == sorted({*best.tolist(), worst})

    def test_only_what_may_come_comes(self, catalog: Catalog, folder: Path) -> None:
        found = found_for(catalog, folder, among=keys_of(1, 7, 8, 50))

        assert found.keys.tolist() == [7, 8, 50]


class TestSources:
    def test_each_candidate_names_the_source_in_which_it_stood_highest(self, catalog: Catalog, folder: Path) -> None:
        found = found_for(catalog, folder)
        proposed = found.scores.proposals(Weights(), excluded=keys_of(*OWN))

        for key in found.keys.tolist():
            places = {name: keys.tolist().index(key) for name, keys in proposed.items() if key in keys}
            assert places[found.source_of(key)] == min(places.values())
        assert len(set(found.sources)) > 3

    def test_what_no_source_proposed_was_near_by_its_vectors(self, catalog: Catalog, folder: Path) -> None:
        found = found_for(catalog, folder, among=keys_of(7, 8), near=keys_of(90))

        assert found.source_of(90) == VECTORS


class TestColdTracks:
    """A track that nobody has competes by its content, and by what is said of its artist."""

    def test_it_keeps_all_that_content_says(self, catalog: Catalog, folder: Path) -> None:
        lists = genre_lists(catalog)
        cold = 7
        without = [[key for key in each if key != cold] for each in lists]

        heard, unheard = (found_for(catalog, folder, lists=each) for each in (lists, without))

        content = [column for column, name in enumerate(FEATURES) if FEATURE_PARTS[name] != "collaborative"]
        one, other = (each.contributed_to(keys_of(cold))[0] for each in (heard, unheard))
        assert one[content] == pytest.approx(other[content], abs=1e-6)
        tracks, artists = ([FEATURES.index(name) for name in names] for names in (OF_TRACKS, OF_ARTISTS))
        assert one[tracks].sum() > 0
        assert not other[tracks].any()
        assert other[artists].sum() > 0

    def test_it_is_not_behind_what_strangers_have(self, catalog: Catalog, folder: Path) -> None:
        # The last two acts of every genre are in nobody's list; disco is in many, but never beside metal.
        found = found_for(catalog, folder, near=keys_of(*range(31, 41), *range(81, 121)))

        totals = {key: found.contributed_to(keys_of(key)).sum() for key in (*range(31, 41), *range(81, 121))}

        strangers = np.mean([totals[key] for key in range(81, 111)])
        assert np.mean([totals[key] for key in range(31, 41)]) > 1.3 * strangers

    def test_of_two_twins_the_one_that_strangers_have_is_not_ahead(self, catalog: Catalog, folder: Path) -> None:
        disco = [each for each in genre_lists(catalog) if min(each) > 80]
        metal = [each for each in genre_lists(catalog) if max(each) < 41]

        both = [found_for(catalog, folder, lists=lists, near=keys_of(7, 50)) for lists in (metal, [*metal, *disco])]

        one, other = (each.contributed_to(keys_of(7, 50)).sum(axis=1) for each in both)
        assert one[0] > one[1]
        assert other[0] > other[1]


class TestPeople:
    """Where others alone are asked."""

    def test_nothing_but_lists_proposes_or_counts(self, catalog: Catalog, folder: Path) -> None:
        found = found_for(catalog, folder, weights=PEOPLE)

        assert set(found.sources) <= {*OF_TRACKS, *OF_ARTISTS}
        parts = found.parts_of(found.keys)
        assert (parts["collaborative"] > 0).all()
        assert not any(values.any() for name, values in parts.items() if name != "collaborative")

    @pytest.mark.parametrize("lists", [[], None])
    def test_when_nobody_has_the_seed_it_says_so(
        self, catalog: Catalog, folder: Path, lists: list[list[int]] | None
    ) -> None:
        with pytest.raises(NothingToGoOnError, match="No playlist and no listener that I may learn from has this"):
            found_for(catalog, folder, own=(31, 36), lists=lists, weights=PEOPLE)
