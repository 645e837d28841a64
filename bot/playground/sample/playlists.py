"""Fictional playlists: what people put together from the fictional catalog, to be learnt from."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from bot.playground.sample.catalog import SampleCatalog, SampleTrack
from bot.playground.spotify_standin_data import made_up_id

OCCASIONS = ("for the long drive", "on a Sunday", "after dark")
"""Each makes a playlist of every genre."""
LENGTH = 14
"""Tracks of a playlist; half of the genre where there are fewer."""
LOVED_ARTISTS = 3
"""Of a genre, from whom most of a playlist is."""
LOVED_ODDS = 6.0
_COLUMNS = ("playlist_id", "playlist_name", "track_id", "track_name", "artists")


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePlaylist:
    """A playlist of the fictional catalog."""

    source_id: str
    name: str
    tracks: tuple[SampleTrack, ...]


def sample_playlists(catalog: SampleCatalog) -> tuple[SamplePlaylist, ...]:
    """Return the playlists, the same for the same catalog: each of one genre, and mostly of a few artists."""
    genres = dict.fromkeys(track.genre for track in catalog.dataset)
    return tuple(_playlist(catalog, genre, occasion) for genre in genres for occasion in OCCASIONS)


def write_playlists(playlists: Iterable[SamplePlaylist], path: Path) -> int:
    """Write the playlists as CSV, one row for each of their tracks, and return how many there are."""
    beside = path.with_suffix(".partial")
    count = 0
    with beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        for playlist in playlists:
            count += 1
            writer.writerows(_row(playlist, track) for track in playlist.tracks)
    beside.replace(path)
    return count


def _playlist(catalog: SampleCatalog, genre: str, occasion: str) -> SamplePlaylist:
    name = f"{genre.title()} {occasion}"
    rng = np.random.default_rng([catalog.seed, crc32(name.encode())])
    theirs = [track for track in catalog.dataset if track.genre == genre]
    artists = sorted({track.facts.artists[0] for track in theirs})
    loved = set(rng.permutation(artists)[:LOVED_ARTISTS].tolist())
    odds = np.asarray([LOVED_ODDS if track.facts.artists[0] in loved else 1.0 for track in theirs])
    length = min(LENGTH, -(-len(theirs) // 2))
    rows = rng.choice(len(theirs), length, replace=False, p=odds / odds.sum())
    return SamplePlaylist(
        source_id=made_up_id(f"sample playlist {name}"), name=name, tracks=tuple(theirs[row] for row in rows.tolist())
    )


def _row(playlist: SamplePlaylist, track: SampleTrack) -> dict[str, object]:
    return {
        "playlist_id": playlist.source_id,
        "playlist_name": playlist.name,
        "track_id": track.facts.spotify_id,
        "track_name": track.facts.title,
        "artists": ";".join(track.facts.artists),
    }
