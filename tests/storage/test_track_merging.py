"""What a track learns, and whose word counts."""

from datetime import timedelta

import numpy as np
import pytest

from recommender.types import AlbumKey, AudioFeatures, Fact, ReleaseDate, Source, TrackFacts, TrackKey
from storage.catalog_store import CatalogStore
from storage.database import Database
from storage.values import Outcome
from tests.storage.builders import Clock, add, add_one, facts, track_of

ID = "1" * 22
FULL = facts(
    "Paper Boats",
    "The Lanterns",
    "Ada",
    album="Lake",
    released=ReleaseDate(1995, 10, 30),
    duration_ms=200_000,
    explicit=False,
    genres=("folk", "indie"),
    language="en",
    popularity=40,
    audio=AudioFeatures(energy=0.5, key=7, mode=1, tempo=120.0),
    spotify_id=ID,
    spotify_album_id="A" * 22,
    isrc="XXAAA2600001",
    cover_url="https://covers.invalid/lake.jpg",
)


def embedded(database: Database, key: TrackKey) -> bool:
    store = CatalogStore(database)
    return key not in [track.key for track in store.tracks_missing_text("f", limit=99, after=TrackKey(0))]


def embed(database: Database, key: TrackKey) -> None:
    CatalogStore(database).save_text("f", [key], np.ones((1, 4), dtype=np.float32))


def test_every_fact_comes_back(database: Database) -> None:
    track = track_of(database, add(database, FULL)[0].key)

    for name in ("title", "artists", "album", "released", "duration_ms", "explicit", "genres", "popularity", "audio"):
        assert getattr(track, name) == getattr(FULL, name), name
    for name in ("spotify_id", "spotify_album_id", "isrc", "cover_url", "language"):
        assert getattr(track, name) == getattr(FULL, name), name
    assert set(track.sources) == set(Fact)
    assert set(track.sources.values()) == {Source.DATASET}
    assert track.album_key is not None


def test_unknown_facts_stay_unknown(database: Database) -> None:
    track = track_of(database, add_one(database))

    assert (track.album, track.released, track.duration_ms, track.explicit, track.popularity) == (None,) * 5
    assert track.audio.known == 0
    assert dict(track.sources) == {Fact.WORDS: Source.DATASET}


def test_a_track_learns_what_it_did_not_know(database: Database) -> None:
    key = add_one(database, spotify_id=ID)

    assert add(database, FULL)[0].outcome is Outcome.CHANGED

    track = track_of(database, key)
    assert (track.album, track.popularity, track.isrc) == ("Lake", 40, "XXAAA2600001")
    assert track.artists == ("The Lanterns",)


def test_among_equals_the_first_word_stays(database: Database) -> None:
    key = add(database, FULL)[0].key
    other = facts(
        "Other Title", "Other", spotify_id=ID, popularity=90, duration_ms=1, explicit=True, album="Other",
        released=ReleaseDate(2001), audio=AudioFeatures(energy=0.9), isrc="XXBBB2600002", cover_url="https://o.invalid/",
    )  # fmt: skip
    before = track_of(database, key)

    assert add(database, other)[0].outcome is Outcome.UNCHANGED
    assert track_of(database, key) == before


def test_genres_of_several_rows_are_united_in_order(database: Database) -> None:
    add(database, facts(spotify_id=ID, genres=("pop", "dance pop")), facts(spotify_id=ID, genres=("rock", "Pop")))

    assert track_of(database, add_one(database, spotify_id=ID)).genres == ("pop", "dance pop", "rock")


def test_a_finer_date_of_the_same_year_is_learnt(database: Database) -> None:
    key = add_one(database, spotify_id=ID, released=ReleaseDate(1995))

    add_one(database, spotify_id=ID, released=ReleaseDate(1995, 10))
    add_one(database, spotify_id=ID, released=ReleaseDate(2001, 1, 1))

    assert track_of(database, key).released == ReleaseDate(1995, 10)


def test_audio_features_that_were_unknown_are_learnt_one_by_one(database: Database) -> None:
    key = add_one(database, spotify_id=ID, audio=AudioFeatures(energy=0.5))

    add_one(database, spotify_id=ID, audio=AudioFeatures(energy=0.9, valence=0.1))

    assert track_of(database, key).audio == AudioFeatures(energy=0.5, valence=0.1)


def test_spotify_may_renew_what_it_said_itself(database: Database) -> None:
    key = add_one(database, spotify_id=ID, source=Source.SPOTIFY, popularity=10, cover_url="https://a.invalid/")

    add_one(database, "New Name", spotify_id=ID, source=Source.SPOTIFY, popularity=30, cover_url="https://b.invalid/")

    track = track_of(database, key)
    assert (track.title, track.popularity, track.cover_url) == ("New Name", 30, "https://b.invalid/")


def test_spotify_never_speaks_over_an_open_source(database: Database) -> None:
    key = add(database, FULL)[0].key
    before = track_of(database, key)

    add_one(
        database, "Theirs", "Theirs", spotify_id=ID, source=Source.SPOTIFY, popularity=99, album="Theirs",
        genres=("theirs",), released=ReleaseDate(2020), cover_url="https://theirs.invalid/",
    )  # fmt: skip

    assert track_of(database, key) == before


def test_an_open_source_speaks_over_spotify(database: Database) -> None:
    key = add_one(database, "Theirs", spotify_id=ID, source=Source.SPOTIFY, popularity=99, genres=("theirs",))

    assert add(database, FULL)[0].outcome is Outcome.CHANGED

    track = track_of(database, key)
    assert (track.title, track.popularity, track.genres) == ("Paper Boats", 40, ("folk", "indie"))
    assert Source.SPOTIFY not in track.sources.values()


def test_the_same_words_from_an_open_source_are_open_words(database: Database) -> None:
    key = add_one(database, spotify_id=ID, source=Source.SPOTIFY)
    embed(database, key)

    assert add(database, facts(spotify_id=ID))[0].outcome is Outcome.CHANGED
    assert track_of(database, key).sources[Fact.WORDS] is Source.DATASET
    assert not embedded(database, key)


def test_an_album_name_from_spotify_does_not_hide_among_open_words(database: Database) -> None:
    key = add_one(database, spotify_id=ID, duration_ms=1000)
    add_one(database, spotify_id=ID, source=Source.SPOTIFY, album="Theirs", spotify_album_id="A" * 22)
    neighbour = add_one(database, "Other", source=Source.SPOTIFY, album="Theirs", spotify_album_id="A" * 22)

    assert track_of(database, key).album is None
    assert track_of(database, key).album_key == track_of(database, neighbour).album_key
    assert track_of(database, neighbour).album == "Theirs"


def test_each_group_of_facts_has_its_own_source(database: Database) -> None:
    mixed = TrackFacts(
        title="Paper Boats",
        artists=("The Lanterns",),
        popularity=5,
        cover_url="https://c.invalid/",
        sources={Fact.WORDS: Source.MUSICBRAINZ, Fact.COVER: Source.COVERARTARCHIVE, Fact.POPULARITY: Source.SPOTIFY},
    )

    sources = track_of(database, add(database, mixed)[0].key).sources

    assert sources[Fact.COVER] is Source.COVERARTARCHIVE
    assert sources[Fact.POPULARITY] is Source.SPOTIFY


def test_replaced_words_are_found_by_their_new_name_and_embedded_anew(database: Database) -> None:
    key = add_one(database, "Thier Spelling", spotify_id=ID, source=Source.SPOTIFY, album="Lake", popularity=3)
    embed(database, key)

    with database.transaction() as stored:
        stored.tracks.replace_words(key, facts("Paper Boats", source=Source.MUSICBRAINZ, album="Lake"))

    track = track_of(database, key)
    assert (track.title, track.album, track.popularity) == ("Paper Boats", "Lake", 3)
    assert track.sources[Fact.WORDS] is Source.MUSICBRAINZ
    assert not embedded(database, key)
    with database.reading() as stored:
        assert [each.key for each in stored.tracks.search("paper")] == [key]
        assert stored.tracks.search("thier") == []


def test_words_can_be_replaced_among_equals(database: Database) -> None:
    key = add_one(database)

    with database.transaction() as stored:
        stored.tracks.replace_words(key, facts("Corrected", source=Source.MUSICBRAINZ))
        stored.tracks.replace_words(TrackKey(999), facts("Nobody"))

    assert track_of(database, key).title == "Corrected"


def test_learning_nothing_keeps_the_text_vector(database: Database) -> None:
    key = add(database, FULL)[0].key
    embed(database, key)

    add(database, FULL)
    assert embedded(database, key)

    add_one(database, spotify_id=ID, genres=("waltz",))
    assert not embedded(database, key)


def test_tracks_of_an_album_share_one_cover(database: Database) -> None:
    one = add_one(database, "One", album="Lake", spotify_album_id="A" * 22)
    two = add_one(database, "Two", "The Lanterns", "Guest", album="Lake", cover_url="https://lake.invalid/")
    other_band = add_one(database, "Three", "Moth Club", album="Lake")

    albums = [track_of(database, key).album_key for key in (one, other_band)]

    assert len(set(albums)) == 2
    assert track_of(database, two).album == "Lake"


def test_an_album_known_by_name_learns_its_spotify_id_and_another_edition_is_another_album(database: Database) -> None:
    one = add_one(database, "One", album="Lake")
    two = add_one(database, "Two", album="Lake", spotify_album_id="A" * 22)
    deluxe = add_one(database, "Three", album="Lake", spotify_album_id="B" * 22)

    assert track_of(database, one).album_key == track_of(database, two).album_key
    assert track_of(database, one).spotify_album_id == "A" * 22
    assert track_of(database, deluxe).spotify_album_id == "B" * 22


def test_tracks_without_an_album_have_covers_of_their_own(database: Database) -> None:
    keys = [add_one(database, f"Single {n}") for n in range(3)]

    assert len({track_of(database, key).album_key for key in keys}) == 3


def test_tracks_without_an_album_share_the_picture_that_they_name(database: Database) -> None:
    one = add_one(database, "One", cover_url="https://same.invalid/")
    two = add_one(database, "Two", cover_url="https://same.invalid/")

    assert track_of(database, one).album_key == track_of(database, two).album_key
    assert track_of(database, one).album is None


def test_a_single_moves_to_its_album_when_that_is_learnt_and_leaves_nothing_behind(database: Database) -> None:
    key = add_one(database, spotify_id=ID)
    before = track_of(database, key).album_key
    assert before is not None
    with database.transaction() as stored:
        stored.tracks.set_cover_url(before, "https://single.invalid/", Source.COVERARTARCHIVE)

    add_one(database, spotify_id=ID, album="Lake")

    track = track_of(database, key)
    assert (track.album, track.cover_url) == ("Lake", "https://single.invalid/")
    assert track.album_key != before
    with database.reading() as stored:
        assert stored.tracks.statistics().albums == 1
        albums = stored.tracks._connection.exec_driver_sql("SELECT count(*) FROM album").scalar()
    assert albums == 1


def test_a_single_that_moves_within_a_batch_leaves_nothing_behind(database: Database) -> None:
    add(database, facts(spotify_id=ID), facts(spotify_id=ID, album="Lake"))

    with database.reading() as stored:
        assert stored.tracks._connection.exec_driver_sql("SELECT count(*) FROM album").scalar() == 1


def test_another_cover_address_makes_the_cover_vector_missing(database: Database) -> None:
    album = track_of(database, add(database, FULL)[0].key).album_key
    assert album is not None
    store = CatalogStore(database)
    store.save_cover("g", [album], np.ones((1, 4), dtype=np.float32))

    with database.transaction() as stored:
        stored.tracks.set_cover_url(album, FULL.cover_url or "", Source.COVERARTARCHIVE)
    assert store.count_missing_cover("g") == 0

    with database.transaction() as stored:
        stored.tracks.set_cover_url(album, "https://new.invalid/", Source.COVERARTARCHIVE)
    assert [track.cover_url for track in store.tracks_missing_cover("g", limit=9, after=AlbumKey(0))] == [
        "https://new.invalid/"
    ]


def test_a_cover_that_is_learnt_makes_a_known_absence_missing(database: Database) -> None:
    album = track_of(database, add_one(database, album="Lake")).album_key
    assert album is not None
    store = CatalogStore(database)
    store.save_cover("g", [album], np.zeros((1, 4), dtype=np.float32))
    assert store.count_missing_cover("g") == 0

    add_one(database, album="Lake", cover_url="https://lake.invalid/")

    assert store.count_missing_cover("g") == 1


@pytest.mark.parametrize("popularity", [-1, 101])
def test_an_impossible_popularity_is_refused(database: Database, popularity: int) -> None:
    with pytest.raises(ValueError, match="popularity"):
        add_one(database, popularity=popularity)


def test_what_spotify_said_expires_after_thirty_days_and_is_renewed_by_saying_it_again(
    database: Database, clock: Clock
) -> None:
    said = facts(spotify_id=ID, source=Source.SPOTIFY)
    key = add(database, said)[0].key
    clock.pass_by(timedelta(days=29))

    assert add(database, said)[0].outcome is Outcome.UNCHANGED

    with database.reading() as stored:
        assert stored.expiry.expired(clock.at + timedelta(days=2), 9) == []
        assert stored.expiry.expired(clock.at + timedelta(days=30), 9) == [key]


def test_what_somebody_says_of_the_language_counts_more_than_what_the_words_tell(database: Database) -> None:
    key = add_one(database)

    def hear(code: str) -> tuple[str | None, Source]:
        with database.transaction() as stored:
            stored.tracks.hear_languages({key: code})
        track = track_of(database, key)
        return track.language, track.sources[Fact.LANGUAGE]

    assert hear("es") == ("es", Source.LYRICS)
    assert hear("pt") == ("pt", Source.LYRICS)
    assert add(database, facts(language="ca"))[0].outcome is Outcome.CHANGED
    assert hear("es") == ("ca", Source.DATASET)
    assert add(database, facts(language="gl"))[0].outcome is Outcome.UNCHANGED
    assert track_of(database, key).language == "ca"
