"""Albums and playlists by what people call them."""

import pytest

from recommender.types import TrackKey
from storage.database import Database
from storage.values import NamedAlbum, NamedPlaylist, PlaylistFacts
from tests.storage.builders import add_one


def album(database: Database, name: str, artist: str, *titles: str) -> tuple[TrackKey, ...]:
    return tuple(add_one(database, title, artist, album=name) for title in titles)


def playlist(database: Database, name: str, *keys: TrackKey, source_id: str | None = None) -> None:
    with database.transaction() as stored:
        key = stored.playlists.add(PlaylistFacts(source_id=source_id or f"id of {name}", name=name))
        stored.playlists.add_entries(key, keys)


def album_named(database: Database, text: str) -> NamedAlbum | None:
    with database.reading() as stored:
        return stored.collections.album_named(text)


def playlist_named(database: Database, text: str) -> NamedPlaylist | None:
    with database.reading() as stored:
        return stored.collections.playlist_named(text)


@pytest.mark.parametrize(
    "named",
    [
        "Harbour Songs",
        " harbour songs ",
        "HARBOUR SONGS - The Lanterns",
        "Harbour Songs – lanterns",
        "Harbour Songs by The Lanterns",
        "harbour: songs!",
    ],
)
def test_an_album_is_found_by_its_name_alone_or_with_its_artist(database: Database, named: str) -> None:
    keys = album(database, "Harbour Songs", "The Lanterns", "Paper Boats", "Night Tide")
    album(database, "Other Songs", "The Lanterns", "Hill")

    found = album_named(database, named)

    assert found is not None
    assert (found.name, found.artists, found.tracks) == ("Harbour Songs", ("The Lanterns",), keys)
    assert found.label == "Harbour Songs – The Lanterns"


def test_of_albums_of_one_name_the_one_with_most_tracks_is_meant_unless_the_artist_is_named(database: Database) -> None:
    small = album(database, "Greatest Hits", "Moth Club", "One")
    large = album(database, "Greatest Hits", "The Lanterns", "Two", "Three")

    assert [found.tracks for name in ("Greatest Hits", "Greatest Hits - Moth Club", "Greatest Hits - The Lanterns")
            if (found := album_named(database, name))] == [large, small, large]  # fmt: skip
    assert album_named(database, "Greatest Hits - Somebody Else") is None


def test_a_name_with_a_dash_in_it_is_tried_as_it_stands_first(database: Database) -> None:
    keys = album(database, "Live - Moth Club", "The Lanterns", "One")
    album(database, "Live", "Moth Club", "Two", "Three")

    found = album_named(database, "Live - Moth Club")

    assert found is not None
    assert found.tracks == keys


def test_an_album_is_found_by_its_key(database: Database) -> None:
    album(database, "Harbour Songs", "The Lanterns", "Paper Boats")
    known = album_named(database, "Harbour Songs")
    assert known is not None

    assert album_named(database, f"album:{known.key}") == known
    assert album_named(database, "album:999999") is None
    assert album_named(database, f"playlist:{known.key}") is None


def test_an_album_that_nobody_named_is_none(database: Database) -> None:
    add_one(database, "Lone Song")

    assert album_named(database, "Lone Song") is None
    assert album_named(database, "") is None


def test_a_miss_has_the_closest_albums(database: Database) -> None:
    album(database, "Harbour Songs", "The Lanterns", "Paper Boats")
    album(database, "Tide", "Moth Club", "Two")

    with database.reading() as stored:
        assert stored.collections.closest_albums("Harbor Song - Lanterns", 3) == ["Harbour Songs – The Lanterns"]
        assert stored.collections.closest_albums("Harbor Song", 1) == ["Harbour Songs – The Lanterns"]
        assert stored.collections.closest_albums("zzzz", 3) == []


def test_typing_offers_albums_that_begin_with_it_then_those_with_a_word_that_does(database: Database) -> None:
    album(database, "Harbour Songs", "The Lanterns", "One")
    album(database, "Harbour Nights", "Moth Club", "Two", "Three")
    album(database, "Old Harbour", "Moth Club", "Four", "Five", "Six")
    add_one(database, "Harbour Alone")

    with database.reading() as stored:
        assert [each.name for each in stored.collections.albums_starting("HARB", 25)] == [
            "Harbour Nights", "Harbour Songs", "Old Harbour",
        ]  # fmt: skip
        assert [each.name for each in stored.collections.albums_starting("harb", 1)] == ["Harbour Nights"]
        assert len(stored.collections.albums_starting("", 25)) == 3
        assert stored.collections.albums_starting("100%", 25) == []


@pytest.mark.parametrize("named", ["Rainy Days", "rainy days", "rainy-days", "37i9dQ"])
def test_a_playlist_is_found_by_its_name_or_its_id(database: Database, named: str) -> None:
    keys = album(database, "Harbour Songs", "The Lanterns", "One", "Two")
    playlist(database, "Rainy Days", *keys, source_id="37i9dQ")
    playlist(database, "Sunny Days", keys[0])

    found = playlist_named(database, named)

    assert found is not None
    assert (found.name, found.source_id, found.tracks) == ("Rainy Days", "37i9dQ", keys)
    assert playlist_named(database, f"playlist:{found.key}") == found


def test_of_playlists_of_one_name_the_longest_is_meant(database: Database) -> None:
    keys = album(database, "Harbour Songs", "The Lanterns", "One", "Two")
    playlist(database, "Chill", keys[0], source_id="a")
    playlist(database, "Chill", *keys, source_id="b")

    found = playlist_named(database, "Chill")

    assert found is not None
    assert found.source_id == "b"


def test_a_playlist_that_is_not_there_has_the_closest_names(database: Database) -> None:
    playlist(database, "Rainy Days", *album(database, "Harbour Songs", "The Lanterns", "One", "Two"))

    assert playlist_named(database, "Rainy Nites") is None
    assert playlist_named(database, "playlist:999") is None
    with database.reading() as stored:
        assert stored.collections.closest_playlists("Rainy Nites", 3) == ["Rainy Days"]


def test_typing_offers_playlists_the_longest_first(database: Database) -> None:
    keys = album(database, "Harbour Songs", "The Lanterns", "One", "Two", "Three")
    playlist(database, "Rain", keys[0])
    playlist(database, "Rainy Days", *keys)
    playlist(database, "In the Rain", *keys[:2])

    with database.reading() as stored:
        assert [each.name for each in stored.collections.playlists_starting("rai", 25)] == [
            "Rainy Days", "Rain", "In the Rain",
        ]  # fmt: skip
