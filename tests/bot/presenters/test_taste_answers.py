import json

import pytest

from bot.presenters.chart_pictures import tally_words
from bot.presenters.map_picture import map_words
from bot.presenters.radar_picture import sound_words
from bot.presenters.taste_answers import json_of, picture_of
from bot.services.taste_answers import Answer, Kind
from tests.bot.presenters.taste_answers import ADA, EACH, map_answer, sound_answer, tally, tally_answer


def test_every_answer_has_a_picture_with_its_words() -> None:
    map_, genres, sound = map_answer(2), tally_answer(Kind.GENRES, tally(ska=1)), sound_answer("ska", "dub")

    assert [picture_of(each).alt for each in (map_, genres, sound)] == [
        map_words(map_),
        tally_words(genres),
        sound_words(sound),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        map_answer(2),
        map_answer(2, whose=ADA, interests=1),
        tally_answer(Kind.DECADES, tally(y1990s=1)),
        sound_answer("ska", "dub"),
        sound_answer(whose=ADA),
    ],
)
def test_json_is_what_programs_read(answer: Answer) -> None:
    assert json.loads(json.dumps(json_of(answer))) == json_of(answer)


def test_a_map_lists_its_areas_and_every_track() -> None:
    answer = json_of(map_answer(3, whose=ADA, interests=1))

    assert (answer["kind"], answer["by"], answer["seed"], answer["trustworthiness"]) == ("map", "tsne", 0, 0.94)
    assert answer["subject"] == {"kind": "member", "member": "101", "number_of_tracks": 30}
    assert answer["catalog"] == {"tracks": 4_000, "shown": 3 * EACH, "fingerprint": "f" * 16}
    assert [each["name"] for each in answer["areas"]] == [f"genre {n} · subgenre {n}" for n in range(3)]
    assert answer["areas"][0] == {
        "name": "genre 0 · subgenre 0",
        "genres": ["genre 0", "subgenre 0"],
        "sounds": ["acoustic", "low-key"],
        "decade": 1990,
        "artists": ["The 0s", "Somebody Else"],
        "share": pytest.approx(1 / 3, abs=1e-6),
        "tracks": EACH,
        "representative": {"key": 1, "title": "Song 0 - Remastered", "artists": ["Artist 0", "Guest"]},
    }
    assert len(answer["interests"]) == 1
    first, later = answer["points"][0], answer["points"][EACH + 3]
    assert {name: first[name] for name in ("key", "area", "interest", "strength")} == {
        "key": 1,
        "area": 1,
        "interest": 1,
        "strength": 1.0,
    }
    assert (later["area"], later["interest"], later["strength"]) == (2, None, 0.0)
    assert all(-1.5 <= each["x"] <= 1.5 and -1.5 <= each["y"] <= 1.5 for each in answer["points"])


def test_a_map_of_the_catalog_has_no_interests() -> None:
    assert json_of(map_answer(2))["interests"] is None


def test_a_tally_names_own_shares_beside_the_catalogs() -> None:
    answer = json_of(tally_answer(Kind.GENRES, tally(ska=1, folk=9), own=tally(ska=8, dub=2)))

    assert (answer["kind"], answer["known_share"]) == ("genres", 0.5)
    assert answer["rows"] == [
        {"name": "ska", "share": 0.8, "catalog_share": 0.1, "catalog_tracks": 1},
        {"name": "dub", "share": 0.2, "catalog_share": 0.0, "catalog_tracks": 0},
        {"name": "folk", "share": 0.0, "catalog_share": 0.9, "catalog_tracks": 9},
    ]


def test_a_tally_of_the_catalog_has_no_own_shares() -> None:
    rows = json_of(tally_answer(Kind.DECADES, tally(y1990s=4)))["rows"]

    assert rows == [{"name": "1990s", "share": None, "catalog_share": 0.4, "catalog_tracks": 4}]


def test_a_sound_gives_means_in_spotifys_units() -> None:
    answer = json_of(sound_answer("ska", "dub", whose=ADA))

    assert answer["whole"]["danceability"] == {"mean": 0.45, "deviation": 0.1}
    assert answer["catalog"]["danceability"]["mean"] == 0.5
    assert [each["name"] for each in answer["parts"]] == ["ska", "dub"]
    assert set(answer["parts"][0]["sound"]) == set(answer["features"])
    assert json_of(sound_answer("ska", "dub"))["whole"] is None
