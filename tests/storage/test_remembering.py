"""Playlists, lyrics references, marks and the budget."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from recommender.types import TrackKey
from storage.database import Database
from storage.values import LyricsReference, PlaylistFacts
from tests.storage.builders import NOON, Clock, add_one, track_of

LAKE = PlaylistFacts(source_id="p1", name="Lake Songs", genre="folk", subgenre="indie folk")


def test_a_playlist_is_added_once_and_can_be_renamed(database: Database) -> None:
    with database.transaction() as stored:
        key = stored.playlists.add(LAKE)
        again = stored.playlists.add(PlaylistFacts(source_id="p1", name="Renamed"))
        other = stored.playlists.add(PlaylistFacts(source_id="p2", name="Lake Songs"))

        assert key == again != other
        assert stored.playlists.count() == 2
        assert stored.tracks.statistics().playlists == 2


def test_a_track_stands_in_many_playlists_once_in_each(database: Database) -> None:
    one, two = add_one(database, "One"), add_one(database, "Two")
    with database.transaction() as stored:
        lake = stored.playlists.add(LAKE)
        sea = stored.playlists.add(PlaylistFacts(source_id="p2", name="Sea"))

        assert stored.playlists.add_entries(lake, [one, two, one]) == 2
        assert stored.playlists.add_entries(lake, [two]) == 0
        assert stored.playlists.add_entries(sea, [two]) == 1
        assert stored.playlists.add_entries(sea, []) == 0


def test_a_track_whose_lyrics_turn_up_later_is_embedded_anew(database: Database) -> None:
    key = add_one(database)
    vector = np.ones((1, 3), dtype=np.float32)
    with database.transaction() as stored:
        stored.vectors.save_text("text/3", [key], vector)
        stored.dataset_words.save([LyricsReference(key, "/data/songs.csv", 3)])
        missing_first = stored.vectors.count_missing_text("text/3")
        stored.vectors.save_text("text/3", [key], vector)
        stored.dataset_words.save([LyricsReference(key, "/data/songs.csv", 4)])
        missing_again = stored.vectors.count_missing_text("text/3")

    assert (missing_first, missing_again) == (1, 0)


def test_vectors_can_be_forgotten_so_that_they_are_made_anew(database: Database) -> None:
    key = add_one(database, album="Harbour")
    album = track_of(database, key).album_key
    assert album is not None
    vector = np.ones((1, 3), dtype=np.float32)
    with database.transaction() as stored:
        stored.vectors.save_text("text/3", [key], vector)
        stored.vectors.save_cover("image/3", [album], vector)
        stored.vectors.forget({key}, {album})

        assert stored.vectors.count_missing_text("text/3") == 1
        assert stored.vectors.count_missing_cover("image/3") == 1


def test_lyrics_are_known_by_their_place_alone(database: Database) -> None:
    key = add_one(database)
    with database.transaction() as stored:
        stored.dataset_words.save([LyricsReference(key, "/data/old.csv", 3)])
        stored.dataset_words.save([LyricsReference(key, "/data/songs.csv", 12)])

        found = stored.dataset_words.of_keys([key, TrackKey(99)])

    assert found == {key: LyricsReference(key, "/data/songs.csv", 12)}


def test_marks_are_put_read_replaced_and_forgotten(database: Database) -> None:
    with database.transaction() as stored:
        assert stored.state.get("mark") is None
        stored.state.put("mark", "one")
        stored.state.put("mark", "two")
        assert stored.state.get("mark") == "two"
        stored.state.forget("mark")
        assert stored.state.get("mark") is None


def test_calls_are_counted_in_a_rolling_window(database: Database, clock: Clock) -> None:
    with database.transaction() as stored:
        stored.budget.spend(clock.at)
        stored.budget.spend(clock.at)
        clock.pass_by(timedelta(hours=1))
        stored.budget.spend(clock.at)

        assert stored.budget.spent_since(NOON) == 3
        assert stored.budget.spent_since(NOON + timedelta(microseconds=1)) == 1
        assert stored.budget.spent_since(clock.at + timedelta(hours=1)) == 0


def test_calls_long_past_are_forgotten(database: Database) -> None:
    with database.transaction() as stored:
        stored.budget.spend(NOON - timedelta(days=3))
        stored.budget.spend(NOON)

        assert stored.budget.spent_since(NOON - timedelta(days=9)) == 1


def test_a_block_lasts_until_its_end_or_until_it_is_lifted(database: Database) -> None:
    later = NOON + timedelta(hours=13)
    with database.transaction() as stored:
        assert stored.budget.blocked_until() is None
        stored.budget.block(later.astimezone(timezone(timedelta(hours=2))))
        stored.budget.block(NOON)
        assert stored.budget.blocked_until() == later
        stored.budget.unblock()
        assert stored.budget.blocked_until() is None
        with pytest.raises(ValueError, match="naive"):
            stored.budget.block(datetime(2026, 11, 20))  # noqa: DTZ001
