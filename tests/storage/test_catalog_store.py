"""The catalog as the recommender uses it."""

import numpy as np
import pytest

from recommender.audio_columns import AUDIO_COLUMNS
from recommender.ports import LyricTerms, RawVectors
from recommender.types import AlbumKey, AudioFeatures, Fact, Filters, Matrix, ReleaseDate, Source, TrackKey
from storage import catalog_store
from storage.catalog_store import COUNTS_KEPT_FOR, CatalogStore
from storage.database import Database
from storage.repositories.vectors import terms_from_bytes
from tests.storage.builders import add, add_one, facts, track_of

TEXT, IMAGE = ("text/3", 3), ("image/2", 2)
START, FIRST_ALBUM = TrackKey(0), AlbumKey(0)


@pytest.fixture
def store(database: Database) -> CatalogStore:
    return CatalogStore(database)


def rows(*values: list[float]) -> Matrix:
    return np.asarray(values, dtype=np.float32)


def terms(*columns: list[int]) -> LyricTerms:
    """Return words of some tracks; the first of each occurs once, the second twice, and so on."""
    return LyricTerms.joined(
        [(np.asarray(each, dtype=np.uint16), np.arange(1, len(each) + 1, dtype=np.uint8)) for each in columns]
    )


def all_of(store: CatalogStore, after: TrackKey = START) -> list[RawVectors]:
    return list(store.batches(TEXT, IMAGE, after=after))


def test_what_is_missing_is_given_in_order_and_in_pages(database: Database, store: CatalogStore) -> None:
    keys = [each.key for each in add(database, *(facts(f"Song {n}") for n in range(5)))]

    page = store.tracks_missing_text(TEXT[0], limit=2, after=START)
    rest = store.tracks_missing_text(TEXT[0], limit=9, after=page[-1].key)

    assert [track.key for track in (*page, *rest)] == keys
    assert store.count_missing_text(TEXT[0]) == 5


def test_saved_vectors_are_no_longer_missing_and_zero_ones_count_as_tried(
    database: Database, store: CatalogStore
) -> None:
    keys = [each.key for each in add(database, *(facts(f"Song {n}") for n in range(3)))]

    store.save_text(TEXT[0], keys[:2], rows([1, 0, 0], [0, 0, 0]))

    assert [track.key for track in store.tracks_missing_text(TEXT[0], limit=9, after=START)] == [keys[2]]
    assert store.count_missing_text("another/3") == 3
    with database.reading() as stored:
        assert stored.tracks.statistics().with_text == 1


def test_vectors_of_another_encoder_replace_and_never_mix(database: Database, store: CatalogStore) -> None:
    key = add_one(database)
    store.save_text(TEXT[0], [key], rows([1, 0, 0]))

    store.save_text("another/2", [key], rows([0, 1]))

    assert store.count_missing_text(TEXT[0]) == 1
    assert all_of(store) == []


def test_covers_are_asked_for_once_per_album(database: Database, store: CatalogStore) -> None:
    lake = [add_one(database, f"Song {n}", album="Lake") for n in range(3)]
    single = add_one(database, "Single")

    missing = store.tracks_missing_cover(IMAGE[0], limit=9, after=FIRST_ALBUM)
    albums = [track.album_key for track in missing if track.album_key is not None]
    assert [track.key for track in missing] == [lake[0], single]
    assert albums == sorted(albums)
    assert store.count_missing_cover(IMAGE[0]) == 2
    later = store.tracks_missing_cover(IMAGE[0], limit=9, after=albums[0])
    assert [track.key for track in later] == [single]

    store.save_cover(IMAGE[0], albums, rows([0, 1], [0, 0]))

    assert store.count_missing_cover(IMAGE[0]) == 0
    with database.reading() as stored:
        assert stored.tracks.statistics().with_cover == 3


def test_raw_vectors_come_back_as_they_were_saved(database: Database, store: CatalogStore) -> None:
    audio = AudioFeatures(energy=0.5, key=0)
    one = add_one(database, "One", "The Lanterns", "Ada", album="Lake", popularity=40, audio=audio)
    two = add_one(database, "Two", "Béyla")
    three = add_one(database, "Three", album="Lake")
    store.save_text(TEXT[0], [one, two, three], rows([0.1, -2, 3e-9], [0, 0, 0], [1, 2, 3]))
    album = track_of(database, one).album_key
    assert album is not None
    store.save_cover(IMAGE[0], [album], rows([0.25, 4]))

    (raw,) = all_of(store)

    assert raw.keys.tolist() == [one, two, three]
    assert raw.keys.dtype == np.int64
    np.testing.assert_array_equal(raw.text, rows([0.1, -2, 3e-9], [0, 0, 0], [1, 2, 3]))
    np.testing.assert_array_equal(raw.image, rows([0.25, 4], [0, 0], [0.25, 4]))
    assert raw.artists == ("the lanterns", "beyla", "the lanterns")
    np.testing.assert_array_equal(raw.popularity, np.asarray([40, np.nan, np.nan], dtype=np.float32))
    assert raw.audio.shape == (3, len(AUDIO_COLUMNS))
    known = dict(zip(AUDIO_COLUMNS, raw.audio[0].tolist(), strict=True))
    assert (known["energy"], known["key_cos"]) == (0.5, 1.0)
    assert np.isnan(known["tempo"])
    assert np.isnan(raw.audio[1]).all()
    assert {raw.text.dtype, raw.image.dtype, raw.audio.dtype, raw.popularity.dtype} == {np.dtype(np.float32)}


def test_the_words_of_lyrics_come_back_as_they_were_saved(database: Database, store: CatalogStore) -> None:
    keys = [each.key for each in add(database, *(facts(f"Song {n}") for n in range(3)))]
    saved = terms([0, 7, 65_535], [], [7]), terms([3])
    store.save_text(TEXT[0], keys, np.eye(3, dtype=np.float32), saved[0])
    store.save_text(TEXT[0], keys[2:], rows([0, 0, 1]), saved[1])

    (raw,) = all_of(store)

    assert raw.terms is not None
    assert [raw.terms.row(row)[0].tolist() for row in range(3)] == [[0, 7, 65_535], [], [3]]
    assert [raw.terms.row(row)[1].tolist() for row in range(3)] == [[1, 2, 3], [], [1]]


def test_where_no_track_has_lyrics_there_are_no_words(database: Database, store: CatalogStore) -> None:
    key = add_one(database)
    store.save_text(TEXT[0], [key], rows([1, 0, 0]), terms([]))
    without = all_of(store)[0].terms
    store.save_text(TEXT[0], [key], rows([1, 0, 0]), terms([5]))
    store.save_text(TEXT[0], [key], rows([1, 0, 0]))

    assert without is None
    assert all_of(store)[0].terms is None


def test_torn_words_are_refused() -> None:
    with pytest.raises(ValueError, match="a multiple of 3"):
        terms_from_bytes([b"", b"1234"])


def test_a_track_is_given_once_it_has_words_or_sound(database: Database, store: CatalogStore) -> None:
    add_one(database, "Nothing yet")
    sound = add_one(database, "Sound", audio=AudioFeatures(tempo=120.0))
    tried = add_one(database, "Tried")
    store.save_text(TEXT[0], [tried], rows([0, 0, 0]))

    (raw,) = all_of(store)

    assert raw.keys.tolist() == [sound, tried]
    assert store.count() == 3


def test_the_stream_goes_on_over_many_batches_and_from_a_key(
    database: Database, store: CatalogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_store, "_BATCH", 4)
    keys = [each.key for each in add(database, *(facts(f"Song {n}") for n in range(11)))]
    store.save_text(TEXT[0], keys, np.eye(11, 3, dtype=np.float32))

    batches = all_of(store)

    assert [len(raw.keys) for raw in batches] == [4, 4, 3]
    assert np.concatenate([raw.keys for raw in batches]).tolist() == keys
    assert np.concatenate([raw.keys for raw in all_of(store, after=keys[8])]).tolist() == keys[9:]
    assert all_of(store, after=keys[-1]) == []


def test_a_stream_survives_writing_between_its_batches(
    database: Database, store: CatalogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_store, "_BATCH", 1)
    audio = AudioFeatures(tempo=100.0)
    add(database, *(facts(f"Song {n}", audio=audio) for n in range(3)))
    seen = []

    for raw in store.batches(TEXT, IMAGE):
        seen += raw.keys.tolist()
        if len(seen) == 1:
            add_one(database, "Late", audio=audio)

    assert len(seen) == 4


def test_vectors_of_tracks_that_are_gone_are_left_out(database: Database, store: CatalogStore) -> None:
    key = add_one(database)

    store.save_text(TEXT[0], [key, TrackKey(999)], rows([1, 0, 0], [1, 0, 0]))
    store.save_cover(IMAGE[0], [AlbumKey(999)], rows([1, 0]))

    assert all_of(store)[0].keys.tolist() == [key]


def test_rows_and_keys_must_go_together(database: Database, store: CatalogStore) -> None:
    key = add_one(database)

    with pytest.raises(ValueError, match="go together"):
        store.save_text(TEXT[0], [key], rows([1, 0, 0], [0, 1, 0]))
    with pytest.raises(ValueError, match="1 keys and the words of 2"):
        store.save_text(TEXT[0], [key], rows([1, 0, 0]), terms([1], [2]))
    with pytest.raises(ValueError, match="finite"):
        store.save_text(TEXT[0], [key], rows([np.nan, 0, 0]))
    assert store.count_missing_text(TEXT[0]) == 1


def test_a_vector_of_another_width_than_asked_for_is_refused(database: Database, store: CatalogStore) -> None:
    store.save_text(TEXT[0], [add_one(database)], rows([1, 0]))

    with pytest.raises(ValueError, match=r"shape|broadcast"):
        all_of(store)


def test_tracks_are_looked_up_by_key_filter_and_artist(database: Database, store: CatalogStore) -> None:
    one, two = add_one(database, "One", explicit=True), add_one(database, "Two")

    assert list(store.tracks([two, one, TrackKey(999), two])) == [two, one]
    assert store.keys_matching(Filters(explicit=False)).tolist() == [two]
    assert store.keys_of_artist("the lanterns").tolist() == [one, two]


def test_popularity_is_counted_anew_every_ten_minutes(database: Database) -> None:
    now = 0.0
    store = CatalogStore(database, clock=lambda: now)
    add_one(database, "One", popularity=40)
    assert store.popularity_counts()[40] == 1

    add_one(database, "Two", popularity=40)
    now = COUNTS_KEPT_FOR.total_seconds() - 1
    assert store.popularity_counts()[40] == 1
    now += 1
    assert store.popularity_counts()[40] == 2
    with pytest.raises(ValueError, match="read-only"):
        store.popularity_counts()[40] = 0


def test_languages_told_by_lyrics_are_saved(database: Database, store: CatalogStore) -> None:
    key = add_one(database)

    store.save_languages({})
    store.save_languages({key: "es", TrackKey(999): "de"})

    track = store.tracks([key])[key]
    assert (track.language, track.sources[Fact.LANGUAGE]) == ("es", Source.LYRICS)
    assert store.keys_matching(Filters(language="es")).tolist() == [key]


def test_more_keys_than_fit_into_one_statement_are_looked_up(database: Database, store: CatalogStore) -> None:
    key = add_one(database)

    assert list(store.tracks([TrackKey(n) for n in range(1, 40_000)])) == [key]


def test_tracks_are_streamed_by_key_with_all_their_facts_and_a_page_at_a_time(
    database: Database, store: CatalogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_store, "_BATCH", 2)
    keys = [
        each.key
        for each in add(
            database,
            facts("One", "Ada", "Ben", album="Firsts", popularity=40),
            facts("Two", "Cleo", genres=("folk", "rock"), released=ReleaseDate(1994)),
            facts("Three", "Dov"),
        )
    ]

    streamed = list(store.tracks_after(START))

    assert [track.key for track in streamed] == keys
    assert streamed == [track_of(database, key) for key in keys]
    assert [track.key for track in store.tracks_after(keys[0])] == keys[1:]
    assert list(store.tracks_after(keys[-1])) == []


def test_a_stream_of_tracks_holds_no_transaction_open(database: Database, store: CatalogStore) -> None:
    add_one(database, "One")
    streaming = store.tracks_after(START)
    first = next(streaming)

    added = add_one(database, "Two")

    assert first.title == "One"
    assert [track.key for track in streaming] == [added]


def test_the_version_of_facts_tells_new_tracks_years_and_popularities(database: Database, store: CatalogStore) -> None:
    versions = [store.facts_version()]
    for change in ({}, {"popularity": 20}, {"released": ReleaseDate(1990)}):
        add_one(database, "Paper Boats", **change)
        versions.append(store.facts_version())

    assert len(set(versions)) == len(versions)
    add_one(database, "Paper Boats")
    assert store.facts_version() == versions[-1]
