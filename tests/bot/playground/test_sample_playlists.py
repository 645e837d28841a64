"""Fictional playlists give the bot something to learn from others."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from bot.playground.sample.catalog import SampleCatalog, sample_catalog
from bot.playground.sample.playlists import (
    LENGTH,
    LOVED_ARTISTS,
    OCCASIONS,
    SamplePlaylist,
    sample_playlists,
    write_playlists,
)
from recommender.ranking.weight_learning import FEWEST_LISTS


@pytest.fixture(scope="module")
def catalog() -> SampleCatalog:
    return sample_catalog()


@pytest.fixture(scope="module")
def playlists(catalog: SampleCatalog) -> tuple[SamplePlaylist, ...]:
    return sample_playlists(catalog)


def test_every_genre_has_some_and_no_two_share_a_name_or_an_id(playlists: tuple[SamplePlaylist, ...]) -> None:
    genres = Counter(track.genre for playlist in playlists for track in playlist.tracks[:1])

    assert set(genres.values()) == {len(OCCASIONS)}
    assert len({each.name for each in playlists}) == len({each.source_id for each in playlists}) == len(playlists)


def test_so_few_that_a_first_start_learns_no_weights(playlists: tuple[SamplePlaylist, ...]) -> None:
    assert len(playlists) < FEWEST_LISTS


def test_a_playlist_keeps_to_its_genre_and_mostly_to_a_few_artists(playlists: tuple[SamplePlaylist, ...]) -> None:
    shares = []
    for playlist in playlists:
        assert len({track.spotify_id for track in playlist.tracks}) == len(playlist.tracks) == LENGTH
        assert len({track.genre for track in playlist.tracks}) == 1
        assert all(track.in_dataset for track in playlist.tracks)
        artists = Counter(track.facts.artists[0] for track in playlist.tracks)
        shares.append(sum(count for _, count in artists.most_common(LOVED_ARTISTS)) / LENGTH)
    assert sum(shares) / len(shares) > 0.75


def test_the_same_catalog_has_the_same_playlists(catalog: SampleCatalog, playlists: tuple[SamplePlaylist, ...]) -> None:
    assert sample_playlists(catalog) == playlists


def test_a_row_of_the_file_is_a_track_of_a_playlist(playlists: tuple[SamplePlaylist, ...], tmp_path: Path) -> None:
    count = write_playlists(playlists[:2], tmp_path / "lists.csv")

    with (tmp_path / "lists.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert count == 2
    assert [(row["playlist_id"], row["track_id"]) for row in rows] == [
        (playlist.source_id, track.spotify_id) for playlist in playlists[:2] for track in playlist.tracks
    ]
    assert [each.name for each in tmp_path.iterdir()] == ["lists.csv"]
