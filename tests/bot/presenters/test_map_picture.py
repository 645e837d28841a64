from dataclasses import replace

import numpy as np
import pytest

from bot.presenters import map_picture as module
from bot.presenters.figures import INK, PALETTE
from bot.presenters.map_picture import map_picture, map_words
from bot.services.taste_answers import MapAnswer, Whose
from recommender.projection import Projection
from tests.bot.presenters.pictures import assert_legible, colours_of, kept_figures, pixels_of, written_on
from tests.bot.presenters.taste_answers import ADA, SONGS, map_answer

LONG = "a very long genre name that no key has room for · another one of the same length"


def words_on(answer: MapAnswer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is written on a map, once it is known to be legible."""
    with kept_figures(monkeypatch, module) as figures:
        map_picture(answer)
    assert_legible(figures[0])
    return [each.get_text() for each in written_on(figures[0])]


@pytest.mark.parametrize("areas", [1, 2, 4, 8, 10])
@pytest.mark.parametrize("by", Projection)
def test_a_catalog_shows_each_area_in_a_colour_of_its_own_with_its_number(
    areas: int, by: Projection, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = map_answer(areas, by=by)

    words = words_on(answer, monkeypatch)

    for number in range(1, areas + 1):
        assert words.count(str(number)) == 2, "once on the map, once in the key"
        assert f"genre {number - 1} · subgenre {number - 1}" in words
    assert set(PALETTE[:areas]) <= colours_of(map_picture(answer))


@pytest.mark.parametrize("interests", [1, 3, 5, 8])
def test_own_music_shows_its_interests_and_where_the_catalog_lies(
    interests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = words_on(map_answer(8, whose=ADA, interests=interests), monkeypatch)

    assert "What Ada listens to" in words
    assert "larger dots count for more" in words
    for number in range(1, interests + 1):
        assert words.count(str(number)) == 2
        assert f"“Song {(number - 1) * 40}” by Artist {(number - 1) * 40}" in words
    landmarks = [each for each in words if each.startswith("genre ")]
    assert len(landmarks) > interests, "areas of the catalog are named on the map"


def test_named_songs_are_not_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    words = words_on(map_answer(whose=SONGS, interests=2), monkeypatch)

    assert "larger dots count for more" not in words
    assert any(each.startswith("10 tracks, 1990s, acoustic") for each in words)
    assert not any("%" in each for each in words)


def test_tracks_in_no_interest_are_shown_and_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = map_answer(whose=ADA, interests=1, loose=12)

    assert "in no interest" in words_on(answer, monkeypatch)
    assert INK in colours_of(map_picture(answer))


def test_few_interests_have_room_for_their_artists(monkeypatch: pytest.MonkeyPatch) -> None:
    few = words_on(map_answer(8, whose=ADA, interests=2), monkeypatch)
    many = words_on(map_answer(8, whose=ADA, interests=7), monkeypatch)

    assert "also The 0s, Somebody Else" in few
    assert not any(each.startswith("also") for each in many)


def test_long_names_are_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    long = Whose(label="what " + "Ada " * 60 + "listens to", described={}, tracks=3)

    words = words_on(map_answer(8, whose=long, interests=3, name=LONG), monkeypatch)

    assert any(each.startswith("a very long") and each.endswith("…") for each in words)
    assert any(each.startswith("What Ada Ada") and each.endswith("…") for each in words)


def test_names_of_the_catalog_that_find_no_room_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    crowded = map_answer(8, whose=ADA, interests=1)
    crowded = replace(crowded, map=replace(crowded.map, places=np.zeros_like(crowded.map.places)))

    words = words_on(crowded, monkeypatch)

    assert "1" in words
    assert sum(each.startswith("genre ") for each in words) < 8


def test_a_large_area_has_its_number_where_it_is_dense(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = map_answer(20)
    one = replace(answer.map.catalog, areas=answer.map.catalog.areas[:1], labels=np.zeros(800, dtype=np.int64))
    places = answer.map.places.copy()
    places[:400] = np.random.default_rng(0).normal((0.7, 0.7), 0.01, size=(400, 2))
    answer = replace(answer, map=replace(answer.map, catalog=one, places=places))

    with kept_figures(monkeypatch, module) as figures:
        map_picture(answer)

    on_the_map = [each for each in figures[0].axes[0].texts if each.get_text() == "1"]
    assert [each.get_position() for each in on_the_map] == [pytest.approx((0.7, 0.7), abs=0.05)]


def test_an_area_without_artists_is_shown_by_a_track(monkeypatch: pytest.MonkeyPatch) -> None:
    words = words_on(map_answer(2, artists=()), monkeypatch)

    assert "“Song 0” by Artist 0" in words


def test_letters_of_other_scripts_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    words = words_on(map_answer(2, name="オメガ · A$AP $x$", artists=("オメガ",)), monkeypatch)

    assert any("A$AP $x$" in each for each in words)


def test_a_small_catalog_is_shown_whole_and_a_large_one_says_how_much_of_it() -> None:
    answer = map_answer(4)

    assert "160 of 4,000 tracks by t-SNE" in map_words(answer)


def test_the_words_name_every_area_for_who_cannot_see() -> None:
    words = map_words(map_answer(3, whose=ADA, interests=2))

    assert words.startswith("A map of what Ada listens to.")
    assert "trustworthiness 0.94" in words
    assert "Interests, largest first: 1: genre 0 · subgenre 0; 50%, 10 tracks, 1990s, acoustic, low-key; “Song" in words
    assert map_picture(map_answer(3, whose=ADA, interests=2)).alt == words


def test_the_same_map_gives_the_same_picture_and_its_size_is_fixed() -> None:
    one, other = map_picture(map_answer()), map_picture(map_answer())

    assert one == other
    assert pixels_of(one).size == (1380, 960)
