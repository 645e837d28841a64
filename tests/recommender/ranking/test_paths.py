"""Promises of paths: every step is close to the last, and the way leads from one song to the other."""

from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import EmptyCatalogError, NothingToGoOnError
from recommender.ranking.directions import known_vectors
from recommender.ranking.paths import best_path
from recommender.ranking.recommender import Recommender
from recommender.songs import normalised
from recommender.types import NO_AUDIO_FEATURES, Filters, Modality, Suggestion, TrackKey, Weights
from tests.recommender.ranking.catalogs import Catalog, keys_of, seeds, three_genres

METAL, LULLABY = TrackKey(1), TrackKey(50)
FORBIDDEN = -np.inf


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return three_genres()


@pytest.fixture(scope="module")
def recommender(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    return catalog.recommender(tmp_path_factory.mktemp("index"))


def widest(steps: np.ndarray[tuple[int, int], np.dtype[np.float32]], path: list[int]) -> float:
    return min(float(steps[one, other]) for one, other in pairwise(path))


def unevenness(steps: np.ndarray[tuple[int, int], np.dtype[np.float32]], path: list[int]) -> float:
    return sum((1 - float(steps[one, other])) ** 2 for one, other in pairwise(path))


@st.composite
def step_tables(draw: st.DrawFn) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    rows = draw(st.integers(2, 7))
    close = st.sampled_from([-0.2, 0.0, 0.1, 0.3, 0.5, 0.8, FORBIDDEN])
    table = np.full((rows, rows), FORBIDDEN, dtype=np.float32)
    for one, other in combinations(range(rows), 2):
        table[one, other] = draw(close)
    return table


class TestBestPath:
    def test_a_way_round_with_short_steps_beats_a_leap(self) -> None:
        steps = np.full((4, 4), FORBIDDEN, dtype=np.float32)
        steps[0, 1], steps[1, 3], steps[0, 2], steps[2, 3] = 0.9, 0.2, 0.5, 0.6

        assert best_path(steps, 3) == [0, 2, 3]

    def test_among_equally_wide_steps_the_even_way_wins(self) -> None:
        steps = np.full((5, 5), FORBIDDEN, dtype=np.float32)
        steps[0, 1], steps[1, 3], steps[1, 2], steps[2, 4], steps[3, 4] = 0.2, 0.9, 0.5, 0.6, 0.6

        assert best_path(steps, 4) == [0, 1, 3, 4]

    def test_a_path_is_as_long_as_it_can_be_where_there_are_too_few(self) -> None:
        steps = np.full((3, 3), FORBIDDEN, dtype=np.float32)
        steps[0, 1], steps[1, 2], steps[0, 2] = 0.1, 0.1, 0.9

        assert best_path(steps, 10) == [0, 1, 2]

    def test_without_any_way_the_two_ends_are_left(self) -> None:
        assert best_path(np.full((3, 3), FORBIDDEN, dtype=np.float32), 3) == [0, 2]

    @given(step_tables(), st.integers(2, 6))
    def test_no_other_path_of_that_length_has_a_narrower_widest_step(
        self, steps: np.ndarray[tuple[int, int], np.dtype[np.float32]], count: int
    ) -> None:
        last = len(steps) - 1
        possible = [
            path
            for length in range(2, count + 1)
            for middle in combinations(range(1, last), length - 2)
            if np.isfinite(widest(steps, path := [0, *middle, last]))
        ]

        found = best_path(steps, count)

        if not possible:
            assert found == [0, last]
            return
        longest = [path for path in possible if len(path) == max(map(len, possible))]
        assert len(found) == len(longest[0])
        narrowest = max(widest(steps, path) for path in longest)
        assert widest(steps, found) == narrowest
        as_narrow = [path for path in longest if widest(steps, path) == narrowest]
        assert unevenness(steps, found) <= min(unevenness(steps, path) for path in as_narrow) + 1e-4


def path(recommender: Recommender, *asked: int, count: int = 8, **others: object) -> tuple[Suggestion, ...]:
    first, last = asked or (METAL, LULLABY)
    return recommender.path(seeds(first, last, count=count, **others)).suggestions


def artists(found: tuple[Suggestion, ...]) -> list[str]:
    return [each.track.artists[0] for each in found]


@pytest.mark.parametrize("count", [3, 5, 8, 20])
def test_a_path_has_both_ends_and_as_many_songs_as_asked(recommender: Recommender, count: int) -> None:
    answer = recommender.path(seeds(METAL, LULLABY, count=count))

    assert (keys_of(answer)[0], keys_of(answer)[-1]) == (METAL, LULLABY)
    assert len(set(keys_of(answer))) == count
    assert [each.rank for each in answer.suggestions] == list(range(1, count + 1))
    assert answer.catalog_tracks == 120


def test_each_score_is_the_closeness_to_the_song_before_and_its_parts_add_up(
    recommender: Recommender, catalog: Catalog
) -> None:
    found = path(recommender)

    vectors = known_vectors(recommender._index, np.asarray([each.track.key for each in found]))
    slices, weights = recommender._index.space.slices, Weights()
    total = sum(weights.of(each) for each in (Modality.TEXT, Modality.IMAGE, Modality.AUDIO))
    assert found[0].score == 0
    for before, each, one, other in zip(found, found[1:], vectors, vectors[1:], strict=False):
        closeness = sum(weights.of(which) / total * float(one[at] @ other[at]) for which, at in slices.items())
        assert each.score == pytest.approx(closeness, abs=1e-5)
        assert sum(each.parts.as_dict().values()) == pytest.approx(each.score, abs=1e-9)
        assert each.because_of == before.track.key
        assert f"“{before.track.title}” by {before.track.artists[0]}" in each.reason


def test_reasons_say_where_it_starts_how_close_each_step_is_and_where_it_ends(recommender: Recommender) -> None:
    first, second, *_, last = path(recommender)

    assert first.reason == "Where the path starts"
    assert second.reason.startswith("Close in ")
    assert last.reason.endswith("; where the path ends")


def test_the_way_leads_from_one_kind_to_the_other_and_never_back(recommender: Recommender) -> None:
    genres = [each.track.genres[0] for each in path(recommender)]

    assert genres == sorted(genres, key=["iron metal", "neon disco", "lullaby"].index)
    assert genres[0] != genres[-1]


def test_more_songs_make_the_widest_step_narrower_than_the_leap(recommender: Recommender) -> None:
    def at_the_widest_step(count: int) -> float:
        return min(each.score for each in path(recommender, count=count)[1:])

    one, other = known_vectors(recommender._index, np.asarray([METAL, LULLABY]))
    assert float(one @ other) < at_the_widest_step(3) < at_the_widest_step(8)


def test_no_artist_comes_twice_in_a_row_nor_more_than_twice_between_the_ends(recommender: Recommender) -> None:
    for ends in ((1, 50), (3, 5), (2, 118), (45, 48)):
        found = artists(path(recommender, *ends, count=12))

        assert all(one != other for one, other in pairwise(found))
        assert all(found[1:-1].count(artist) <= 2 for artist in found)


def test_filters_exclusions_and_blocked_artists_hold_between_the_ends(
    recommender: Recommender, catalog: Catalog
) -> None:
    usual = path(recommender)
    unwanted, artist = usual[1].track, usual[3].track.artists[0]

    filtered = path(recommender, filters=Filters(genre="neon disco"))
    narrowed = path(recommender, excluded=frozenset({unwanted.key}), blocked_artists=frozenset({normalised(artist)}))

    assert {each.track.genres[0] for each in filtered[1:-1]} == {"neon disco"}
    assert unwanted.key not in {each.track.key for each in narrowed}
    assert artist not in artists(narrowed)


def test_a_roll_gives_another_path_and_the_same_number_the_same(recommender: Recommender) -> None:
    def keys(roll: int) -> list[int]:
        return [each.track.key for each in path(recommender, roll=roll)]

    assert keys(4711) == keys(4711)
    assert keys(4711) != keys(0)
    assert (keys(4711)[0], keys(4711)[-1]) == (METAL, LULLABY)


def test_versions_and_covers_of_the_ends_and_of_steps_are_no_steps(tmp_path: Path) -> None:
    catalog = three_genres()
    for key, title, artist in (
        (201, f"{catalog.all[METAL].title} - Live", "Iron Act A"),
        (202, catalog.all[LULLABY].title, "Somebody Else"),
    ):
        like = catalog.all[METAL if key == 201 else LULLABY]
        catalog.all[TrackKey(key)] = replace(like, key=TrackKey(key), title=title, artists=(artist,))
    for key in range(2, 41):
        like = catalog.all[TrackKey(key)]
        catalog.all[TrackKey(300 + key)] = replace(like, key=TrackKey(300 + key), artists=("A Cover Band",))

    found = path(catalog.recommender(tmp_path), count=12)

    assert not {201, 202} & {each.track.key for each in found}
    titles = [each.track.title for each in found]
    assert len(set(titles)) == len(titles)


def test_a_small_catalog_gives_a_shorter_path(tmp_path: Path) -> None:
    catalog = three_genres(artists_per_genre=2, tracks_per_artist=1)

    found = path(catalog.recommender(tmp_path), 1, 3, count=30)

    assert 2 <= len(found) <= 6
    assert (found[0].track.key, found[-1].track.key) == (1, 3)


def test_what_one_end_lacks_does_not_count_where_the_other_lacks_it_too(tmp_path: Path) -> None:
    catalog = three_genres()
    for key in (METAL, LULLABY):
        catalog.all[key] = replace(catalog.all[key], audio=NO_AUDIO_FEATURES)

    for each in path(catalog.recommender(tmp_path)):
        assert each.parts.audio == 0


@pytest.mark.parametrize("ends", [(1, 1), (1, 999), (1,)])
def test_a_path_needs_two_songs(recommender: Recommender, ends: tuple[int, ...]) -> None:
    with pytest.raises(NothingToGoOnError, match="name two different ones"):
        recommender.path(seeds(*ends))


def test_two_versions_are_one_song(tmp_path: Path) -> None:
    catalog = three_genres()
    like = catalog.all[METAL]
    catalog.all[TrackKey(201)] = replace(like, key=TrackKey(201), title=f"{like.title} - Live")

    with pytest.raises(NothingToGoOnError, match="name two different ones"):
        catalog.recommender(tmp_path).path(seeds(METAL, 201))


def test_a_path_cannot_go_by_people_alone(recommender: Recommender) -> None:
    with pytest.raises(NothingToGoOnError, match="words, cover and sound"):
        recommender.path(seeds(METAL, LULLABY, weights=Weights(text=0, image=0, audio=0, collaborative=1)))


def test_an_end_of_which_nothing_is_known_is_named(tmp_path: Path) -> None:
    catalog = three_genres()
    catalog.all[METAL] = replace(catalog.all[METAL], audio=NO_AUDIO_FEATURES)

    with pytest.raises(NothingToGoOnError, match=f"nothing of “{catalog.all[METAL].title}”"):
        catalog.recommender(tmp_path).path(
            seeds(METAL, LULLABY, weights=Weights(text=0, image=0, audio=1, collaborative=0))
        )


def test_an_empty_catalog_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmptyCatalogError):
        Catalog([]).recommender(tmp_path).path(seeds(1, 2))
