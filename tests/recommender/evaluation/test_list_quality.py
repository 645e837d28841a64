"""Promises of the figure that is kept: the same lists with the same parts hidden, whatever else comes or goes."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from recommender.evaluation import list_quality as module
from recommender.evaluation.list_quality import (
    FEWEST_COMPARED,
    FEWEST_FOR_A_FIGURE,
    Change,
    Lessons,
    Quality,
    change_between,
    lessons_of,
)
from recommender.fused_space import FusedSpace
from recommender.index.catalog_index import CatalogIndex
from recommender.ports import TrackList
from recommender.ranking.feature_weights import WeightSets, default_weights
from recommender.ranking.weight_learning import FEWEST_LISTS, Examples
from recommender.track_tables import TrackTables
from recommender.types import Track
from tests.recommender.ranking.catalogs import IMAGE_DIM, TEXT_DIM, three_genres
from tests.recommender.track_lists import a_list

TODAY = date(2026, 11, 20)
PER_LIST = 8


class World:
    """A catalog of three genres, and lists that each keep to one."""

    def __init__(self, folder: Path) -> None:
        self.catalog = three_genres(artists_per_genre=9, tracks_per_artist=6)
        space = FusedSpace.fit(
            self.catalog,
            text=("hashed-words", TEXT_DIM),
            image=("styles", IMAGE_DIM),
            rng=np.random.default_rng(7),
        )
        self.index = CatalogIndex.build(folder, self.catalog, space)

    def lists(self, count: int) -> list[TrackList]:
        by_genre: dict[str, list[int]] = {}
        for track in self.catalog.all.values():
            by_genre.setdefault(track.genres[0], []).append(track.key)
        genres = list(by_genre.values())
        return [
            a_list(
                number,
                np.random.default_rng(number).choice(genres[number % len(genres)], PER_LIST, replace=False).tolist(),
            )
            for number in range(count)
        ]

    def tables(self, lists: Sequence[TrackList]) -> TrackTables:
        return TrackTables.build(self.catalog.all.values(), lists, reads=everything)

    def learn(self, lists: Sequence[TrackList], tables: TrackTables | None = None) -> Lessons:
        lessons = lessons_of(lists, tables or self.tables(lists), self.index, default_weights(), today=TODAY)
        assert lessons is not None
        return lessons

    def quality(self, lists: Sequence[TrackList], tables: TrackTables | None = None) -> Quality:
        quality = self.learn(lists, tables).quality
        assert quality is not None
        return quality

    @cache  # noqa: B019 -- there is one world
    def lessons(self, count: int) -> Lessons:
        """What so many lists teach."""
        return self.learn(self.lists(count))


def everything(_track: Track) -> bool:
    return True


def figures(*values: float, first: int = 0) -> Quality:
    return Quality(figures={f"list {first + n}": value for n, value in enumerate(values)}, low=0.0, high=1.0)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("quality"))


def test_without_enough_lists_there_are_neither_new_weights_nor_a_figure(world: World) -> None:
    few = world.lessons(FEWEST_LISTS - 1)

    assert few.weights is default_weights()
    assert few.quality is None


def test_with_too_few_lists_for_both_all_of_them_teach(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    taught: list[int] = []

    def learn(examples: Examples, before: WeightSets, **_others: object) -> WeightSets:
        taught.append(len(examples.many))
        return before

    monkeypatch.setattr(module, "learn", learn)

    lessons = world.learn(world.lists(FEWEST_FOR_A_FIGURE - 1))

    assert lessons.quality is None
    assert taught == [FEWEST_FOR_A_FIGURE - 1]


def test_a_quarter_of_the_lists_is_checked_and_the_figure_is_their_mean(world: World) -> None:
    quality = world.lessons(100).quality

    assert quality is not None
    assert len(quality.figures) == 25
    assert all(0 <= figure <= 1 for figure in quality.figures.values())
    assert quality.ndcg == pytest.approx(np.mean(list(quality.figures.values())))
    assert 0.05 < quality.low < quality.ndcg < quality.high <= 1


def test_what_is_learnt_says_from_what_and_how_many(world: World) -> None:
    provenance = world.lessons(100).weights.provenance

    assert (provenance.data, provenance.lists, provenance.learnt) == ("playlists", 75, "2026-11-20")


def test_the_same_lists_are_checked_when_others_come(world: World) -> None:
    before, after = world.lessons(100).quality, world.lessons(110).quality

    assert before is not None
    assert after is not None
    assert len(before.figures.keys() & after.figures.keys()) >= 22


def test_the_same_part_of_a_list_is_hidden_when_it_grows() -> None:
    whole = a_list(1, range(1, 51))
    grown = a_list(1, range(1, 56))

    hidden, later = module._hidden_of(whole), module._hidden_of(grown)

    assert (len(hidden), len(later)) == (10, 11)
    assert len(np.intersect1d(hidden, later)) >= 9
    assert module._hidden_of(a_list(2, range(1, 51))).tolist() != hidden.tolist()


def test_a_list_model_that_has_seen_what_is_hidden_is_not_asked(world: World) -> None:
    lists = world.lists(80)
    unknowing = world.tables(lists).with_lists(None, "")

    assert world.quality(lists, unknowing) == world.lessons(80).quality


def test_tracks_that_cannot_be_found_are_not_asked_for(world: World) -> None:
    lists = world.lists(80)
    strangers = np.arange(10_001, 10_009)
    longer = [
        replace(
            each,
            keys=np.concatenate([each.keys, strangers]),
            strengths=np.ones(PER_LIST + len(strangers), dtype=np.float32),
        )
        for each in lists
    ]

    assert world.quality(longer, world.tables(lists)) == world.lessons(80).quality


def test_lists_without_anything_in_common_are_continued_worse(world: World) -> None:
    lists = world.lists(80)
    rng = np.random.default_rng(3)
    keys = np.asarray(list(world.catalog.all))
    scattered = [replace(each, keys=np.sort(rng.choice(keys, PER_LIST, replace=False))) for each in lists]

    good, bad = world.lessons(80).quality, world.quality(scattered)

    assert good is not None
    change = change_between(good, bad)
    assert change is not None
    assert change.lists == 20
    assert change.is_fall_beyond(0.5)


def test_learning_tells_how_far_it_is_and_ends_when_it_is_told_to(world: World) -> None:
    lists = world.lists(60)
    told: list[tuple[int, int]] = []

    done = lessons_of(
        lists,
        world.tables(lists),
        world.index,
        default_weights(),
        today=TODAY,
        progress=lambda done, total: told.append((done, total)),
    )
    stopped = lessons_of(
        lists, world.tables(lists), world.index, default_weights(), today=TODAY, stop=lambda: len(told) > 0
    )

    assert done is not None
    assert told == [(number, 60) for number in range(1, 61)]
    assert stopped is None


def test_only_lists_that_were_checked_both_times_are_compared() -> None:
    before = figures(*[0.4] * 30)
    now = figures(*[0.3] * 30, first=5)

    change = change_between(before, now)

    assert change is not None
    assert change.lists == 25
    assert change.before == pytest.approx(0.4)
    assert change.now == pytest.approx(0.3)
    assert change.low == change.high == pytest.approx(-0.1)


def test_hardly_any_lists_in_common_cannot_be_compared() -> None:
    assert change_between(figures(*[0.4] * 30), figures(*[0.1] * 30, first=30 - FEWEST_COMPARED + 1)) is None


@pytest.mark.parametrize(
    ("now", "high", "expected"),
    [(0.35, -0.02, True), (0.37, -0.02, False), (0.35, 0.01, False), (0.5, 0.12, False)],
    ids=["more than the share", "less than the share", "may be chance", "better"],
)
def test_a_fall_is_one_beyond_the_share_that_chance_does_not_explain(now: float, high: float, expected: bool) -> None:
    change = Change(lists=30, before=0.4, now=now, low=-0.2, high=high)

    assert change.is_fall_beyond(0.1) is expected


def test_figures_survive_a_file() -> None:
    quality = Quality(figures={"a": 0.25, "b": 0.5}, low=0.1, high=0.6)

    assert Quality.from_json(quality.to_json()) == quality


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"figures": {"a": "x"}, "low": 0, "high": 1})])
def test_a_text_that_holds_no_figures_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- of any text
        Quality.from_json(text)
