"""A small invented world of playlists: three scenes, each with its artists, its sound and its listeners."""

from collections.abc import Sequence

import numpy as np

from recommender.evaluation.datasets import Dataset, Entry, dataset_of, song_of
from recommender.evaluation.rankers import Training
from recommender.evaluation.splits import Split, SplitKind, split_of
from recommender.types import AudioFeatures, Fact, ReleaseDate, Source, TrackFacts

SCENES = ("gravel", "tinsel", "harbour")
ARTISTS_PER_SCENE = 6
SONGS_PER_ARTIST = 5
LISTS_PER_SCENE = 12
SONGS_PER_LIST = 12


def song(scene: int, artist: int, number: int) -> TrackFacts:
    name = f"{SCENES[scene]} player {artist}"
    return TrackFacts(
        title=f"{SCENES[scene]} tune {artist}{number}",
        artists=(name.title(),),
        album=f"{SCENES[scene]} record {artist}",
        released=ReleaseDate(1970 + 20 * scene + number),
        duration_ms=180_000 + 1_000 * number,
        popularity=(7 * artist + 13 * number + 29 * scene) % 100,
        audio=AudioFeatures(
            danceability=0.2 + 0.3 * scene,
            energy=0.9 - 0.3 * scene + 0.01 * number,
            key=(artist + number) % 12,
            loudness=-5.0 - 6 * scene,
            mode=number % 2,
            speechiness=0.05,
            acousticness=0.1 + 0.4 * scene,
            instrumentalness=0.01 * artist,
            liveness=0.1,
            valence=0.5 - 0.1 * scene + 0.02 * artist,
            tempo=90.0 + 20 * scene + artist,
        ),
        sources={Fact.WORDS: Source.DATASET},
    )


def playlists(seed: int = 1) -> Dataset:
    """Every list keeps to one scene, and in it mostly to three artists."""
    rng = np.random.default_rng(seed)
    entries = []
    for scene in range(len(SCENES)):
        songs = [
            song(scene, artist, number) for artist in range(ARTISTS_PER_SCENE) for number in range(SONGS_PER_ARTIST)
        ]
        for number in range(LISTS_PER_SCENE):
            loved = rng.permutation(ARTISTS_PER_SCENE)[:3]
            odds = np.asarray([8.0 if position // SONGS_PER_ARTIST in loved else 1.0 for position in range(len(songs))])
            chosen = rng.choice(len(songs), SONGS_PER_LIST, replace=False, p=odds / odds.sum())
            entries += [
                Entry(owner=f"{scene}-{number}", song=song_of(songs[position]), facts=songs[position])
                for position in chosen.tolist()
            ]
    return dataset_of(entries)


def split(seed: int = 0, kind: SplitKind = SplitKind.ALL) -> Split:
    return split_of(playlists(), kind, np.random.default_rng(seed))


def training(of: Split, seed: int = 0) -> Training:
    return Training(tracks=of.dataset.tracks, table=of.train, seed=seed)


def listening(rows: Sequence[tuple[str, str, float]], *, at: list[float] | None = None) -> Dataset:
    times = at if at is not None else [np.nan] * len(rows)
    return dataset_of(
        Entry(owner=owner, song=name, count=count, at=moment)
        for (owner, name, count), moment in zip(rows, times, strict=True)
    )
