"""Making installations of the bot for tests, without any network."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.playground.sample.catalog import SampleCatalog, sample_catalog
from bot.playground.sample.dataset import write_dataset
from bot.services.catalog_import import CatalogImport
from bot.settings import Settings
from bot.wiring import MODELS, open_core

TRACKS = 160
_BASES = (
    "lyrics_api_base",
    "musicbrainz_api_base",
    "cover_art_archive_base",
    "spotify_api_base",
    "spotify_accounts_base",
)
NOWHERE = "http://127.0.0.1:9"
"""The discard port: nothing listens there."""


def settings_for(home: Path, **others: Any) -> Settings:
    """Settings that reach nothing outside, whatever ``.env`` says."""
    bases = dict.fromkeys(_BASES, NOWHERE)
    return Settings(_env_file=None, **{"cratedigger_home": home, **bases, **others})


def part_of_the_sample(tracks: int = TRACKS) -> SampleCatalog:
    """An even selection of the sample's dataset, so that all its genres are there."""
    whole = sample_catalog()
    step = len(whole.dataset) // tracks
    return replace(whole, tracks=whole.dataset[::step][:tracks])


def with_models(home: Path, models: Path) -> Path:
    """Make a home whose networks are converted already, and return it."""
    home.mkdir(parents=True, exist_ok=True)
    (home / MODELS).symlink_to(models)
    return home


def prepare(home: Path, models: Path) -> None:
    """Import, embed and index a part of the sample, with covers in files beside the dataset."""
    with_models(home, models)
    catalog = part_of_the_sample()
    covers = home / "covers"
    covers.mkdir()
    for track in catalog.tracks:
        (covers / f"{track.album.spotify_id}.jpg").write_bytes(track.album.cover())
    dataset = home / "sample.csv"
    write_dataset(catalog, dataset, cover_url=lambda album: f"covers/{album}.jpg")
    with open_core(settings_for(home)) as core:
        CatalogImport(core.database, home=home).run(dataset)
        core.catalog.embed()
        core.training.renew()
