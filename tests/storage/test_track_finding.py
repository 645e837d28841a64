"""Tracks by what people type, and by filters."""

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.types import AudioFeatures, TrackKey
from storage.database import Database
from storage.repositories import naming, search
from tests.storage.builders import add, add_one, facts


def found(database: Database, typed: str, limit: int = 25) -> list[str]:
    with database.reading() as stored:
        return [track.title for track in stored.tracks.search(typed, limit)]


def titled(database: Database, text: str, limit: int = 5) -> list[TrackKey]:
    with database.reading() as stored:
        return [track.key for track in stored.tracks.titled(text, limit)]


def test_titles_that_begin_with_the_text_come_first_then_words_anywhere(database: Database) -> None:
    add_one(database, "Night River", popularity=90)
    add_one(database, "River Song", popularity=10)
    add_one(database, "Old Song", "River Band", popularity=50)
    add_one(database, "Unrelated", popularity=99)

    assert found(database, "riv") == ["River Song", "Night River", "Old Song"]


def test_the_most_popular_come_first_and_unknown_popularity_last(database: Database) -> None:
    for name, popularity in (("a", 10), ("b", None), ("c", 100), ("d", 0)):
        add_one(database, f"River {name}", popularity=popularity)

    assert found(database, "river") == ["River c", "River a", "River d", "River b"]
    assert found(database, "river", limit=2) == ["River c", "River a"]


def test_every_word_may_be_the_beginning_of_one_in_title_or_artist(database: Database) -> None:
    add_one(database, "Paper Boats", "The Lanterns")
    add_one(database, "Paper Boats", "Moth Club")

    for typed in ("paper lant", "lanterns pap", "boats the la", "PAPER BOATS LANTERNS", "Paper Boats - The Lanterns"):
        with database.reading() as stored:
            assert [track.artists for track in stored.tracks.search(typed)] == [("The Lanterns",)], typed


@pytest.mark.parametrize("typed", ["q", "qu", "é", "e", "ガ", "한", "÷", "न", "а"])
def test_one_letter_is_enough_in_any_script(database: Database, typed: str) -> None:
    for title in ("Quiet", "École", "ガラス", "한강", "÷", "नदी", "Аврора"):
        add_one(database, title)

    assert len(found(database, typed)) == 1


@pytest.mark.parametrize("typed", ["()", "zebra", '"', "quiet AND", "title:quiet", "quiet*", "NEAR(", "-"])
def test_odd_input_finds_what_its_words_say_and_never_fails(database: Database, typed: str) -> None:
    add_one(database, "Quiet")

    assert found(database, typed) == (["Quiet"] if typed == "quiet*" else [])


@pytest.mark.parametrize("has_full_text", [True, False])
@pytest.mark.parametrize("typed", ["", "   "])
def test_nothing_typed_gives_the_most_popular(
    database: Database, monkeypatch: pytest.MonkeyPatch, typed: str, *, has_full_text: bool
) -> None:
    monkeypatch.setattr(search, "_has_full_text", lambda _: has_full_text)
    for name, popularity in (("Low", 1), ("Unknown", None), ("High", 99)):
        add_one(database, name, popularity=popularity)

    assert found(database, typed) == ["High", "Low", "Unknown"]
    assert found(database, typed, limit=1) == ["High"]
    assert found(database, typed, limit=0) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(typed=st.text(max_size=30))
def test_any_text_may_be_typed(database: Database, typed: str) -> None:
    with database.reading() as stored:
        stored.tracks.search(typed)
        stored.tracks.titled(typed)
        stored.tracks.artist_named(typed)


def test_issues_of_one_recording_are_listed_once(database: Database) -> None:
    add(database, *(facts(f"Paper Boats{issue}", spotify_id=f"{n}" * 22, popularity=90 - n)
                    for n, issue in enumerate(("", " - Remastered", " - Live"))))  # fmt: skip

    assert found(database, "paper") == ["Paper Boats", "Paper Boats - Live"]


def test_plain_sql_finds_what_the_full_text_index_finds(database: Database) -> None:
    chance = random.Random(7)
    words = ["river", "moon", "paper", "the", "riven", "mood", "theory"]
    add(database, *(facts(" ".join(chance.choices(words, k=3)), " ".join(chance.choices(words, k=2)),
                          spotify_id=f"{n:022}", popularity=chance.choice([None, 0, 5, 50, 100]))
                    for n in range(300)))  # fmt: skip

    with database.reading() as stored:
        connection = stored.tracks._connection
        for typed in ("r", "riv", "the m", "paper the", "moon mood", "th", "zzz", "the the the", "river moon pa"):
            full = search.keys_starting(connection, typed, 1000)
            plain = search.each_recording_once(connection, search.with_plain_sql(connection, typed.split(), 2000))
            assert full == plain, typed


def test_without_a_full_text_index_the_same_is_found(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_has_full_text", lambda _: False)
    add_one(database, "Night River", popularity=90)
    add_one(database, "River Song")

    add_one(database, "River Song", popularity=10)

    assert found(database, "riv") == ["River Song", "Night River"]
    assert found(database, "lantern ri") == ["Night River", "River Song"]
    assert found(database, "river", limit=1) == ["River Song"]


def test_a_popularity_that_changes_moves_the_track(database: Database) -> None:
    low = add_one(database, "River One", popularity=None)
    add_one(database, "River Two", popularity=50)

    add_one(database, "River One", popularity=60)

    assert found(database, "river") == ["River One", "River Two"]
    with database.reading() as stored:
        rows = stored.tracks._connection.exec_driver_sql("SELECT count(*) FROM track_search").scalar()
        assert stored.tracks.search("river")[0].key == low
    assert rows == 2


def test_a_title_is_found_whatever_its_spelling(database: Database) -> None:
    key = add_one(database, "Señorita, Don't!")

    assert titled(database, "senorita dont") == [key]
    assert titled(database, "senorita") == []


def test_title_and_artist_are_found_together(database: Database) -> None:
    ours = add_one(database, "Paper Boats", "The Lanterns", popularity=1)
    add_one(database, "Paper Boats", "Moth Club", popularity=99)

    for text in ("Paper Boats - The Lanterns", "paper boats by the lanterns", "Paper Boats – Lanterns"):
        assert titled(database, text) == [ours], text


def test_the_most_popular_of_a_name_comes_first(database: Database) -> None:
    low = add_one(database, "Paper Boats", "Moth Club", popularity=5)
    unknown = add_one(database, "Paper Boats", "Nobody")
    high = add_one(database, "Paper Boats - Remastered", "The Lanterns", popularity=80)

    assert titled(database, "Paper Boats") == [high, low, unknown]
    assert titled(database, "Paper Boats", limit=1) == [high]


def test_a_live_version_answers_when_it_is_named_or_alone(database: Database) -> None:
    studio = add_one(database, "Paper Boats", popularity=5)
    live = add_one(database, "Paper Boats - Live", popularity=90)
    alone = add_one(database, "Only Live (Live)")

    assert titled(database, "Paper Boats") == [studio]
    assert titled(database, "Paper Boats - Live") == [live]
    assert titled(database, "Paper Boats (live)") == [live]
    assert titled(database, "Only Live") == [alone]


def test_an_issue_that_is_named_comes_first(database: Database) -> None:
    add_one(database, "Paper Boats", "A", popularity=90)
    remaster = add_one(database, "Paper Boats - Remastered", "B", popularity=5)

    assert titled(database, "Paper Boats - Remastered")[0] == remaster


def test_a_title_with_by_in_it_is_a_title_first(database: Database) -> None:
    whole = add_one(database, "Stand By Me")
    add_one(database, "Stand", "Me")

    assert titled(database, "Stand By Me") == [whole]


def test_closest_titles_help_with_a_typing_mistake(database: Database) -> None:
    add(database, facts("Paper Boats"), facts("Paper Moon", "Moth Club"), facts("Zzyzx"))

    with database.reading() as stored:
        assert stored.tracks.closest_titles("papr boats")[0] == "Paper Boats – The Lanterns"
        assert stored.tracks.closest_titles("paper moon moth clib")[0] == "Paper Moon – Moth Club"
        assert "Zzyzx – The Lanterns" not in stored.tracks.closest_titles("paper")
        assert stored.tracks.closest_titles("qqqqqqqq") == []


def test_closest_titles_name_each_song_once_and_look_beyond_one_chunk(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "_CHUNK", 7)
    add(database, *(facts(f"Filler {n}", spotify_id=f"{n:022}") for n in range(40)))
    add(database, *(facts("Paper Boats", spotify_id=f"{n:022}", popularity=n) for n in range(50, 53)))

    with database.reading() as stored:
        assert stored.tracks.closest_titles("paper boat")[:1] == ["Paper Boats – The Lanterns"]
        assert stored.tracks.closest_titles("paper boat").count("Paper Boats – The Lanterns") == 1
        assert stored.tracks.closest_artists("lantern") == ["The Lanterns"]


def nearly(database: Database, title: str, artist: str) -> list[str]:
    with database.reading() as stored:
        return [track.title for track in stored.tracks.nearly_titled(title, artist, 5)]


def test_a_slip_in_title_or_artist_is_near(database: Database) -> None:
    add(database, facts("Paper Boats - Remastered", "The Lanterns", "Ada Verne"), facts("Hello", "Moth Club"))

    assert nearly(database, "Papr Boats", "The Lanterns") == ["Paper Boats - Remastered"]
    assert nearly(database, "Paper Boats", "the lantrens") == ["Paper Boats - Remastered"]
    assert nearly(database, "paper boats (live)", "Ada Vern") == ["Paper Boats - Remastered"]
    assert nearly(database, "Hallo", "Moth Club") == ["Hello"]


def test_another_song_of_the_artist_and_the_song_of_another_are_not_near(database: Database) -> None:
    add(database, facts("Paper Boats", "The Lanterns"), facts("Hello", "Moth Club"))

    assert nearly(database, "Paper Boats", "Moth Club") == []
    assert nearly(database, "Hello Goodbye", "Moth Club") == []
    assert nearly(database, "Paper Boats", "Ada Verne") == []


def test_the_nearest_comes_first_also_beyond_one_chunk(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "_CHUNK", 7)
    add(database, *(facts("Paper Boats", f"Somebody Else {n}") for n in range(40)))
    add(database, facts("Paper Goats", "Zoe Zimmer"), facts("Paper Boat", "Zoe Zimmer"))

    assert nearly(database, "Paper Boats", "Zoe Zimer") == ["Paper Boat", "Paper Goats"]


def test_artists_are_found_with_and_without_the(database: Database) -> None:
    add_one(database, "Paper Boats", "The Lanterns", "Beyla")

    with database.reading() as stored:
        assert stored.tracks.artist_named("LANTERNS") == "the lanterns"
        assert stored.tracks.artist_named("The Béyla") == "beyla"
        assert stored.tracks.artist_named("lantern") is None
        assert stored.tracks.closest_artists("lantrens") == ["The Lanterns"]


def test_an_artists_tracks_include_those_with_others(database: Database) -> None:
    solo = add_one(database, "Solo", "Beyla")
    together = add_one(database, "Together", "The Lanterns", "Beyla")
    add_one(database, "Other")

    with database.reading() as stored:
        keys = stored.tracks.keys_of_artist("beyla")
        assert stored.tracks.keys_of_artist("nobody").shape == (0,)
    assert keys.dtype == np.int64
    assert keys.tolist() == [solo, together]


def test_statistics_count_what_is_there(database: Database) -> None:
    add(
        database,
        facts("One", album="Lake", genres=("folk", "pop"), audio=AudioFeatures(energy=1.0)),
        facts("Two", "The Lanterns", "Ada", album="Lake", genres=("folk",)),
        facts("Three"),
    )

    with database.reading() as stored:
        statistics = stored.tracks.statistics()

    assert (statistics.tracks, statistics.albums, statistics.artists, statistics.with_audio) == (3, 2, 2, 1)
    assert statistics.genres == (("folk", 2), ("pop", 1))
    assert (statistics.with_text, statistics.with_cover, statistics.playlists) == (0, 0, 0)
