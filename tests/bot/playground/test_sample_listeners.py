"""The fictional listeners have histories worth recommending from."""

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.playground.sample.catalog import SampleCatalog, sample_catalog
from bot.playground.sample.dataset import write_dataset
from bot.playground.sample.listeners import LISTENERS, account_of
from bot.playground.spotify_standin_data import StandInAccount

NOW = datetime(2026, 6, 1, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def catalog() -> SampleCatalog:
    return sample_catalog()


def cover_url(album: str) -> str:
    return f"http://127.0.0.1:8080/covers/{album}.jpg"


def account(name: str, catalog: SampleCatalog, now: datetime = NOW) -> StandInAccount:
    listener = next(each for each in LISTENERS if each.name == name)
    return account_of(listener, catalog, now=now, cover_url=cover_url)


def test_mira_loves_metal_and_lullabies_and_nothing_else(catalog: SampleCatalog) -> None:
    genre_of = {track.spotify_id: track.genre for track in catalog.tracks}

    mira = account("Mira", catalog)

    heard = Counter(genre_of[play.track.spotify_id] for play in mira.plays)
    assert set(heard) == {"metal", "lullaby"}
    assert min(heard.values()) >= 8


@pytest.mark.parametrize("name", [each.name for each in LISTENERS if each.tastes])
def test_every_listener_knows_tracks_that_the_dataset_does_not(name: str, catalog: SampleCatalog) -> None:
    in_dataset = {track.spotify_id for track in catalog.dataset}

    listener = account(name, catalog)

    heard = {track.spotify_id for track in listener.top["short_term"]}
    assert 4 <= len(heard - in_dataset) < len(heard & in_dataset)


def test_moments_lie_in_the_past_and_within_three_weeks(catalog: SampleCatalog) -> None:
    for listener in LISTENERS:
        plays = account(listener.name, catalog).plays
        assert all(NOW - timedelta(days=21) <= play.at < NOW for play in plays)
        assert len(plays) in {0, 50}


def test_favourites_stay_when_time_passes(catalog: SampleCatalog) -> None:
    today, tomorrow = account("Jonas", catalog), account("Jonas", catalog, NOW + timedelta(days=1))

    assert today.top == tomorrow.top
    assert [play.track for play in today.plays] == [play.track for play in tomorrow.plays]


def test_someone_is_new_to_spotify(catalog: SampleCatalog) -> None:
    noor = account("Noor", catalog)

    assert noor.display_name == "Noor"
    assert [*noor.plays, *noor.saved, *noor.playlists, *noor.top] == []
    assert next(each for each in LISTENERS if each.name == "Desmond").taste_label == "jazz, soul and hip hop"
    assert next(each for each in LISTENERS if each.name == "Noor").taste_label == "new here, no history"


def test_the_dataset_file_has_a_row_for_every_imported_track(catalog: SampleCatalog, tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"

    written = write_dataset(catalog, path, cover_url=cover_url)

    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    first, track = rows[0], catalog.dataset[0]
    assert written == len(rows) == len(catalog.dataset)
    assert first["track_name"] == track.facts.title
    assert first["lyrics"] == track.lyrics
    assert first["cover_url"] == cover_url(track.album.spotify_id)
    assert float(first["energy"]) == track.facts.audio.energy
    assert [path.name for path in tmp_path.iterdir()] == ["sample.csv"]
