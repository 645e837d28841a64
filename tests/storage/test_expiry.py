from datetime import timedelta

import numpy as np
import pytest

from recommender.types import Fact, ReleaseDate, Source, Track, TrackFacts, TrackKey
from storage.catalog_store import CatalogStore
from storage.database import Database
from tests.storage.builders import ADA, Clock, add, add_one, facts, play, track_of, verdict

MONTH = timedelta(days=30)
ID = "1" * 22
THEIRS = facts(
    "Theirs", source=Source.SPOTIFY, album="Lake", popularity=50, released=ReleaseDate(2020), genres=("x",),
    cover_url="https://c.invalid/", spotify_id=ID, spotify_album_id="A" * 22,
)  # fmt: skip


def drop(database: Database, clock: Clock) -> int:
    with database.transaction() as stored:
        return stored.expiry.drop_expired(clock.at)


def expired(database: Database, clock: Clock, limit: int = 9) -> list[TrackKey]:
    with database.reading() as stored:
        return stored.expiry.expired(clock.at, limit)


def embed(database: Database, track: Track) -> None:
    store = CatalogStore(database)
    assert track.album_key is not None
    store.save_text("f", [track.key], np.ones((1, 2), dtype=np.float32))
    store.save_cover("g", [track.album_key], np.ones((1, 2), dtype=np.float32))


def test_open_facts_never_expire(database: Database, clock: Clock) -> None:
    add_one(database, popularity=3)
    clock.pass_by(timedelta(days=9_999))

    assert expired(database, clock) == []
    assert drop(database, clock) == 0


def test_the_longest_expired_come_first(database: Database, clock: Clock) -> None:
    keys = []
    for name in ("one", "two", "three"):
        keys.append(add_one(database, name, source=Source.SPOTIFY))
        clock.pass_by(timedelta(days=1))
    clock.pass_by(MONTH)

    assert expired(database, clock) == keys
    assert expired(database, clock, limit=2) == keys[:2]


def test_a_track_that_nobody_holds_is_dropped_whole(database: Database, clock: Clock) -> None:
    key = add(database, THEIRS)[0].key
    embed(database, track_of(database, key))
    clock.pass_by(MONTH)

    assert drop(database, clock) == 1

    with database.reading() as stored:
        connection = stored.tracks._connection
        for table in ("track", "album", "track_artist", "track_genre", "text_vector", "cover_vector", "track_search"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0, table
        assert stored.tracks.by_spotify_ids([ID]) == {}


@pytest.mark.parametrize("holder", ["signal", "verdict"])
def test_a_track_that_somebody_holds_keeps_its_name_alone(database: Database, clock: Clock, holder: str) -> None:
    key = add(database, THEIRS)[0].key
    embed(database, track_of(database, key))
    with database.transaction() as stored:
        if holder == "signal":
            stored.signals.record(ADA, [play(key)], Source.SPOTIFY)
        else:
            stored.feedback.record(verdict(ADA, key))
    clock.pass_by(MONTH)

    drop(database, clock)

    track = track_of(database, key)
    assert (track.title, track.artists, track.spotify_id) == ("Theirs", ("The Lanterns",), ID)
    assert (track.album, track.popularity, track.released, track.cover_url, track.genres) == (None,) * 4 + ((),)
    assert expired(database, clock) == [key]
    store = CatalogStore(database)
    assert (store.count_missing_text("f"), store.count_missing_cover("g")) == (1, 1)
    with database.reading() as stored:
        assert [found.key for found in stored.tracks.search("theirs")] == [key]


def test_a_track_that_is_told_again_is_whole_again(database: Database, clock: Clock) -> None:
    key = add(database, THEIRS)[0].key
    with database.transaction() as stored:
        stored.feedback.record(verdict(ADA, key))
    before = track_of(database, key)
    clock.pass_by(MONTH)
    drop(database, clock)

    add(database, THEIRS)

    assert track_of(database, key) == before
    assert expired(database, clock) == []


def test_of_a_track_with_open_words_only_what_spotify_said_goes(database: Database, clock: Clock) -> None:
    said = TrackFacts(
        title="Ours",
        artists=("The Lanterns",),
        released=ReleaseDate(1990),
        popularity=7,
        sources={Fact.WORDS: Source.DATASET, Fact.POPULARITY: Source.SPOTIFY},
    )
    key = add(database, said)[0].key
    embed(database, track_of(database, key))
    clock.pass_by(MONTH)

    assert drop(database, clock) == 1

    track = track_of(database, key)
    assert (track.popularity, track.released) == (None, ReleaseDate(1990))
    assert expired(database, clock) == []
    assert CatalogStore(database).count_missing_text("f") == 0


def test_an_album_stays_named_while_one_of_its_tracks_was_refreshed(database: Database, clock: Clock) -> None:
    old = add_one(database, "Old", source=Source.SPOTIFY, album="Lake", spotify_album_id="A" * 22)
    with database.transaction() as stored:
        stored.feedback.record(verdict(ADA, old))
    clock.pass_by(MONTH)
    add_one(database, "New", source=Source.SPOTIFY, album="Lake", spotify_album_id="A" * 22)

    drop(database, clock)

    assert track_of(database, old).album == "Lake"
