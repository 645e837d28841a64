"""The fictional catalog is large, clear, valid and always the same."""

import re
from collections import Counter
from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from bot.playground.sample.catalog import SampleCatalog, sample_catalog
from bot.playground.sample.words import genres, themes
from recommender.types import AudioFeatures


@pytest.fixture(scope="module")
def catalog() -> SampleCatalog:
    return sample_catalog()


def test_the_same_seed_makes_the_same_catalog_and_another_seed_another(catalog: SampleCatalog) -> None:
    again, other = sample_catalog(), sample_catalog(7)

    assert again.tracks == catalog.tracks
    assert {track.spotify_id for track in other.tracks}.isdisjoint(track.spotify_id for track in catalog.tracks)


def test_the_dataset_holds_enough_tracks_artists_and_genres(catalog: SampleCatalog) -> None:
    sizes = Counter(track.genre for track in catalog.dataset)

    assert len(catalog.dataset) >= 640
    assert len({track.facts.artists[0] for track in catalog.dataset}) >= 64
    assert len(sizes) >= 10
    assert min(sizes.values()) == max(sizes.values())


def test_every_genre_has_tracks_that_only_listening_knows(catalog: SampleCatalog) -> None:
    artists_in_dataset = {track.facts.artists[0] for track in catalog.dataset}

    assert {track.genre for track in catalog.unheard} == set(genres())
    assert artists_in_dataset.isdisjoint(track.facts.artists[0] for track in catalog.unheard)


def test_ids_codes_and_titles_are_unique_and_of_the_right_shape(catalog: SampleCatalog) -> None:
    ids = [track.spotify_id for track in catalog.tracks] + [album.spotify_id for album in catalog.albums]
    codes = [track.facts.isrc or "" for track in catalog.tracks]
    titles = [track.facts.title.casefold() for track in catalog.tracks]

    assert len(set(ids)) == len(ids)
    assert len(set(codes)) == len(codes)
    assert len(set(titles)) == len(titles)
    assert all(re.fullmatch(r"[0-9A-Za-z]{22}", each) for each in ids)
    assert all(re.fullmatch(r"XX[A-Z0-9]{3}\d{7}", code) for code in codes)


def test_facts_are_within_spotifys_ranges(catalog: SampleCatalog) -> None:
    for track in catalog.tracks:
        facts = track.facts
        assert facts.audio.known == 12
        assert 60_000 <= (facts.duration_ms or 0) <= 1_200_000
        assert 0 <= (facts.popularity or 0) <= 100
        assert facts.released is not None
        assert 1950 <= facts.released.year <= 2025
        assert facts.album == track.album.name
        for share in ("danceability", "energy", "speechiness", "acousticness", "instrumentalness", "valence"):
            assert 0.0 <= getattr(facts.audio, share) <= 1.0


def test_tracks_of_one_genre_sound_alike_more_than_tracks_of_others(catalog: SampleCatalog) -> None:
    names = [n for n in AudioFeatures.__dataclass_fields__ if n not in {"key", "mode", "time_signature"}]
    sounds = np.array([[getattr(track.facts.audio, name) for name in names] for track in catalog.tracks])
    sounds = (sounds - sounds.mean(axis=0)) / sounds.std(axis=0)
    labels = np.array([track.genre for track in catalog.tracks])
    distances = ((sounds[:, None, :] - sounds[None, :, :]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)

    same = labels[distances.argmin(axis=1)] == labels

    assert same.mean() > 0.85


def test_lyrics_are_songs_with_a_chorus_that_returns(catalog: SampleCatalog) -> None:
    sung = [track for track in catalog.tracks if track.lyrics]

    for track in sung:
        blocks = track.lyrics.split("\n\n")
        assert [len(block.splitlines()) for block in blocks] == [4] * 6
        assert blocks[1] == blocks[3] == blocks[5]
        assert "{" not in track.lyrics
    assert 0.8 < len(sung) / len(catalog.tracks) < 0.95
    assert len({track.lyrics for track in sung}) == len(sung)


def test_a_theme_can_be_heard_in_the_lyrics(catalog: SampleCatalog) -> None:
    leaving = [track for track in catalog.of_genre("folk") if track.theme == "leaving home" and track.lyrics]

    assert len(leaving) >= 5
    assert all("home" in track.lyrics for track in leaving)


def test_genres_use_themes_that_exist_and_fill_every_slot() -> None:
    for genre in genres().values():
        slots = {"place", "thing", "sound", "light", "who", "noun", "adj", "town"}
        assert set(genre.imagery) == slots
        assert {theme.name for theme in genre.themes} <= set(themes())
        assert len(set(genre.artists)) == 7


def test_an_album_comes_from_one_artist_and_careers_move_forward(catalog: SampleCatalog) -> None:
    for album in catalog.albums:
        mine = [track for track in catalog.tracks if track.album == album]
        assert len(mine) == 5
        assert {track.facts.artists[0] for track in mine} == {album.artist}
    by_artist: dict[str, list[int]] = {}
    for album in catalog.albums:
        by_artist.setdefault(album.artist, []).append(album.released.year)
    assert all(first <= second for years in by_artist.values() for first, second in pairwise(years))


def test_covers_are_square_jpegs_and_never_change(catalog: SampleCatalog) -> None:
    one_of_each = {album.genre: album for album in catalog.albums}

    for album in one_of_each.values():
        cover = album.cover()
        picture = Image.open(BytesIO(cover))
        assert (picture.format, picture.size) == ("JPEG", (512, 512))
        assert cover == album.cover()
        assert len(cover) < 200_000


def test_covers_of_one_genre_look_alike_more_than_covers_of_others(catalog: SampleCatalog) -> None:
    albums = [album for genre in genres() for album in catalog.albums if album.genre == genre]
    chosen = [album for place, album in enumerate(albums) if place % 14 < 6]
    thumbs = np.stack([_thumb(album.cover()) for album in chosen])
    labels = np.array([album.genre for album in chosen])
    distances = ((thumbs[:, None] - thumbs[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)

    same = labels[distances.argmin(axis=1)] == labels

    assert same.mean() > 0.75


def test_an_unknown_album_is_none(catalog: SampleCatalog) -> None:
    assert catalog.album("nope") is None
    assert catalog.album(catalog.albums[3].spotify_id) == catalog.albums[3]


def _thumb(cover: bytes) -> np.ndarray:
    small = Image.open(BytesIO(cover)).convert("RGB").resize((12, 12), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32).reshape(-1)
