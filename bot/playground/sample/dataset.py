"""The fictional catalog as a dataset file, with the column names that dataset files usually have."""

import csv
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from bot.playground.sample.catalog import SampleCatalog, SampleTrack
from recommender.types import AudioFeatures

_AUDIO = tuple(each.name for each in fields(AudioFeatures))
_COLUMNS = (
    "track_id", "track_name", "artists", "album_name", "album_id", "release_date", "duration_ms", "explicit",
    "popularity", "genres", "isrc", *_AUDIO, "cover_url", "lyrics",
)  # fmt: skip


def write_dataset(catalog: SampleCatalog, path: Path, *, cover_url: Callable[[str], str]) -> int:
    """Write the tracks of the dataset as CSV and return how many there are.

    The file is written beside and moved into place. Several artists and genres are parted by ``;``.
    """
    beside = path.with_suffix(".partial")
    with beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        writer.writerows(_row(track, cover_url) for track in catalog.dataset)
    beside.replace(path)
    return len(catalog.dataset)


def _row(track: SampleTrack, cover_url: Callable[[str], str]) -> dict[str, object]:
    facts = track.facts
    return {
        "track_id": facts.spotify_id,
        "track_name": facts.title,
        "artists": ";".join(facts.artists),
        "album_name": facts.album,
        "album_id": facts.spotify_album_id,
        "release_date": facts.released,
        "duration_ms": facts.duration_ms,
        "explicit": facts.explicit,
        "popularity": facts.popularity,
        "genres": ";".join(facts.genres),
        "isrc": facts.isrc,
        **{name: getattr(facts.audio, name) for name in _AUDIO},
        "cover_url": cover_url(track.album.spotify_id),
        "lyrics": track.lyrics,
    }
