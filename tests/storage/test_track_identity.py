"""Which facts speak of one recording, and which of two."""

import dataclasses
from typing import Any

import pytest

from recommender.types import Fact, Source, TrackFacts
from storage.database import Database
from storage.values import Outcome
from tests.storage.builders import add, add_one, facts, track_of

ID_1, ID_2, ID_3 = "1" * 22, "2" * 22, "3" * 22


def outcomes(database: Database, *each: TrackFacts) -> list[str]:
    return [merged.outcome.value for merged in add(database, *each)]


def count(database: Database) -> int:
    with database.reading() as stored:
        return stored.tracks.count()


def test_a_second_import_changes_nothing_and_says_so(database: Database) -> None:
    batch = [facts(f"Song {n}", genres=("folk",), popularity=n, album="Lake", duration_ms=1000) for n in range(20)]

    assert set(outcomes(database, *batch)) == {"new"}
    assert set(outcomes(database, *batch)) == {"unchanged"}
    assert count(database) == 20


def test_results_come_in_the_order_of_the_facts(database: Database) -> None:
    add_one(database, "Known")

    merged = add(database, facts("New"), facts("Known"), facts("New"))

    assert [each.outcome for each in merged] == [Outcome.NEW, Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert merged[0].key == merged[2].key != merged[1].key


def test_an_empty_batch_adds_nothing(database: Database) -> None:
    assert add(database) == []


def test_distinct_spotify_ids_are_distinct_tracks(database: Database) -> None:
    same: dict[str, Any] = {"duration_ms": 200_000, "album": "Lake"}

    add(database, facts(spotify_id=ID_1, **same), facts(spotify_id=ID_2, **same))
    add(database, facts(spotify_id=ID_3, **same))

    assert count(database) == 3


def test_one_spotify_id_is_one_track_whatever_it_is_called(database: Database) -> None:
    add(database, facts("Paper Boats", spotify_id=ID_1), facts("Barcos", "Other Spelling", spotify_id=ID_1))

    assert count(database) == 1


def test_an_equal_isrc_joins_two_spotify_ids_and_both_lead_to_the_track(database: Database) -> None:
    key = add_one(database, spotify_id=ID_1, isrc="XXAAA2600001")

    merged = add(database, facts("Paper Boats", spotify_id=ID_2, isrc="XXAAA2600001"))

    assert merged[0].key == key
    assert merged[0].outcome is Outcome.CHANGED
    with database.reading() as stored:
        assert stored.tracks.by_spotify_ids([ID_1, ID_2, ID_3]) == {ID_1: key, ID_2: key}
    assert track_of(database, key).spotify_id == ID_1
    assert outcomes(database, facts(spotify_id=ID_2, isrc="XXAAA2600001")) == ["unchanged"]


def test_ids_and_isrcs_are_joined_within_one_batch_too(database: Database) -> None:
    merged = add(
        database,
        facts(spotify_id=ID_1, isrc="XXAAA2600001"),
        facts(spotify_id=ID_2, isrc="XXAAA2600001"),
        facts(spotify_id=ID_2),
    )

    assert len({each.key for each in merged}) == 1


def test_a_spotify_id_counts_more_than_an_isrc(database: Database) -> None:
    first = add_one(database, "One", spotify_id=ID_1, isrc="XXAAA2600001")
    second = add_one(database, "Two", spotify_id=ID_2)

    merged = add(database, facts("Two", spotify_id=ID_2, isrc="XXAAA2600001"))

    assert merged[0].key == second != first


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ({"duration_ms": 200_000}, {"duration_ms": 203_000}),
        ({"duration_ms": 200_000}, {}),
        ({}, {"duration_ms": 200_000}),
        ({}, {}),
        ({"duration_ms": 200_000, "spotify_id": ID_1}, {"duration_ms": 198_000}),
        ({"duration_ms": 200_000}, {"duration_ms": 198_000, "spotify_id": ID_1}),
    ],
)
def test_title_artist_and_length_agree_where_one_side_has_no_id(
    database: Database, known: dict[str, Any], told: dict[str, Any]
) -> None:
    key = add_one(database, "Paper Boats - Remastered 2011", **known)

    assert add_one(database, "PAPER BOATS!", "the lanterns", **told) == key


@pytest.mark.parametrize(
    "other",
    [
        facts(duration_ms=203_001),
        facts("Paper Boats (Live)", duration_ms=200_000),
        facts("Paper Boats - Ada Remix", duration_ms=200_000),
        facts("Paper Boats", "Moth Club", duration_ms=200_000),
        facts("Paper Boat", duration_ms=200_000),
    ],
)
def test_another_length_version_artist_or_title_is_another_track(database: Database, other: TrackFacts) -> None:
    add_one(database, duration_ms=200_000)

    assert outcomes(database, other) == ["new"]


def test_of_several_alike_the_nearest_in_length_is_meant(database: Database) -> None:
    add_one(database, spotify_id=ID_1, duration_ms=198_000)
    near = add_one(database, spotify_id=ID_2, duration_ms=200_900)

    assert add_one(database, duration_ms=200_800) == near


def test_a_track_without_an_id_takes_the_first_one_told(database: Database) -> None:
    key = add_one(database, duration_ms=200_000)

    assert add_one(database, duration_ms=200_000, spotify_id=ID_1) == key
    assert add_one(database, duration_ms=200_000, spotify_id=ID_2) != key
    assert track_of(database, key).spotify_id == ID_1
    assert count(database) == 2


def test_blank_identifiers_are_none_and_isrcs_have_one_spelling(database: Database) -> None:
    key = add_one(database, "One", spotify_id=" ", isrc="XX-AAA-26-00001", album="", spotify_album_id="", cover_url="")

    track = track_of(database, key)
    assert (track.spotify_id, track.album, track.spotify_album_id, track.cover_url) == (None,) * 4
    assert track.isrc == "XXAAA2600001"
    assert add_one(database, "Otherwise Called", spotify_id=ID_1, isrc="xxaaa2600001") == key
    assert add_one(database, "Two", spotify_id="", isrc="") != key


def test_a_title_of_symbols_is_a_title(database: Database) -> None:
    first, second = add_one(database, "÷"), add_one(database, "×")

    assert first != second
    assert add_one(database, "÷") == first


@pytest.mark.parametrize(
    "broken",
    [
        facts("   "),
        TrackFacts(title="x", artists=(), sources={Fact.WORDS: Source.DATASET}),
        facts("x", " "),
        dataclasses.replace(facts(), sources={}),
    ],
)
def test_facts_without_title_artist_or_source_are_refused(database: Database, broken: TrackFacts) -> None:
    with pytest.raises(ValueError, match=r"title|source"):
        add(database, broken)

    assert count(database) == 0
