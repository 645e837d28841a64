"""A small invented catalog with a real fused space and a real index."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.audio_columns import audio_row
from recommender.encoders.track_text import compose
from recommender.fused_space import FusedSpace
from recommender.index.catalog_index import CatalogIndex
from recommender.ports import RawVectors, Words
from recommender.ranking.recommender import Recommender
from recommender.songs import normalised
from recommender.track_tables import TrackTables
from recommender.types import (
    AudioFeatures,
    Fact,
    Filters,
    Keys,
    MemberId,
    Recommendation,
    ReleaseDate,
    Request,
    Seed,
    SeedKind,
    Signal,
    SignalKind,
    Source,
    Track,
    TrackKey,
    Vector,
)
from tests.recommender.track_lists import lists_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NO_KEY = TrackKey(0)
TEXT_DIM, IMAGE_DIM = 128, 48
FROM_DATASET: Mapping[Fact, Source] = {Fact.WORDS: Source.DATASET, Fact.GENRES: Source.DATASET}

GENRES: dict[str, AudioFeatures] = {
    "iron metal": AudioFeatures(energy=0.95, valence=0.2, acousticness=0.01, danceability=0.3, tempo=165, loudness=-3),
    "lullaby": AudioFeatures(energy=0.08, valence=0.5, acousticness=0.97, danceability=0.3, tempo=70, loudness=-22),
    "neon disco": AudioFeatures(energy=0.7, valence=0.9, acousticness=0.05, danceability=0.9, tempo=120, loudness=-6),
}
NOUNS = ("anvil", "harbour", "lantern", "meadow", "circuit", "willow", "comet", "gravel", "velvet", "orchard")


def hashed_words(text: str) -> Vector:
    """Return a unit vector that is the mean of one random direction per distinct word: texts that share words agree."""
    words = sorted(set(normalised(text).split()))
    vector = sum((_direction(word, TEXT_DIM) for word in words), np.zeros(TEXT_DIM))
    return (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)


def picture(style: str) -> bytes:
    """Return the bytes that stand for a cover in a style."""
    return f"picture of {style}".encode()


def seen(cover: bytes) -> Vector:
    """Return the raw image vector of such bytes."""
    return _direction(cover.decode(), IMAGE_DIM).astype(np.float32)


def track(key: int, title: str, artist: str = "The Invented", **known: Any) -> Track:
    """Return a track of the dataset with defaults."""
    facts: dict[str, Any] = {"artists": (artist,), "sources": FROM_DATASET, **known}
    return Track(key=TrackKey(key), title=title, **facts)


class Catalog:
    """Tracks with raw vectors: a RawVectorSource and a TrackLookup."""

    def __init__(self, tracks: Sequence[Track], covers: Mapping[TrackKey, bytes] | None = None) -> None:
        self.all = {each.key: each for each in sorted(tracks, key=lambda each: each.key)}
        self.covers = covers or {}
        self.prompts: list[str] = []
        self.has_words = True

    def count(self, /) -> int:
        return len(self.all)

    def batches(
        self, text: tuple[str, int], image: tuple[str, int], /, *, after: TrackKey = NO_KEY
    ) -> Iterator[RawVectors]:
        rows = [each for each in self.all.values() if each.key > after]
        if rows:
            yield RawVectors(
                np.asarray([each.key for each in rows], dtype=np.int64),
                np.stack([self._words(each) for each in rows]),
                np.stack([self._cover(each) for each in rows]),
                np.asarray([audio_row(each.audio) for each in rows], dtype=np.float32),
                tuple(normalised(each.artists[0]) for each in rows),
                np.asarray([np.nan if each.popularity is None else each.popularity for each in rows], np.float32),
            )

    def tracks(self, keys: Iterable[TrackKey], /) -> Mapping[TrackKey, Track]:
        return {key: self.all[key] for key in keys if key in self.all}

    def keys_matching(self, filters: Filters, /) -> Keys:
        def passes(each: Track) -> bool:
            decade = filters.decade is None or (each.year is not None and 0 <= each.year - filters.decade < 10)
            return decade and (filters.genre is None or filters.genre in each.genres)

        return np.asarray([each.key for each in self.all.values() if passes(each)], dtype=np.int64)

    def keys_of_artist(self, artist: str, /) -> Keys:
        theirs = [each.key for each in self.all.values() if artist in {normalised(name) for name in each.artists}]
        return np.asarray(theirs, dtype=np.int64)

    def popularity_counts(self) -> NDArray[np.int64]:
        known = [each.popularity for each in self.all.values() if each.popularity is not None]
        return np.bincount(np.asarray(known, dtype=np.int64), minlength=101)

    def encode_prompt(self, prompt: str) -> Vector:
        self.prompts.append(prompt)
        return hashed_words(prompt)

    def index(self, folder: Path) -> CatalogIndex:
        text, image = ("hashed-words", TEXT_DIM), ("styles", IMAGE_DIM)
        space = FusedSpace.fit(self, text=text, image=image, rng=np.random.default_rng(7))
        return CatalogIndex.build(folder, self, space)

    def tables(self, lists: Iterable[Iterable[int]] = ()) -> TrackTables:
        """Return the tables of the catalog, with what these lists of keys teach."""
        return TrackTables.build(list(self.all.values()), lists_of(lists), reads=lambda _track: True)

    def recommender(self, folder: Path, tables: TrackTables | None = None) -> Recommender:
        return Recommender(self.index(folder), self, self.encode_prompt, seen, now=lambda: NOW, tables=tables)

    def _words(self, each: Track) -> Vector:
        if not self.has_words:
            return np.zeros(TEXT_DIM, dtype=np.float32)
        words = Words(title=each.title, artists=each.artists, album=each.album, genres=each.genres, lyrics=None)
        return hashed_words(compose(words)[0])

    def _cover(self, each: Track) -> Vector:
        cover = self.covers.get(each.key)
        return np.zeros(IMAGE_DIM, dtype=np.float32) if cover is None else seen(cover)


def three_genres(seed: int = 11, artists_per_genre: int = 8, tracks_per_artist: int = 5) -> Catalog:
    """Return a catalog of three clear genres, with artists that vary around them and a cover style per genre."""
    rng = np.random.default_rng(seed)
    tracks: list[Track] = []
    covers: dict[TrackKey, bytes] = {}
    for genre, sound in GENRES.items():
        for a in range(artists_per_genre):
            for _ in range(tracks_per_artist):
                key = TrackKey(len(tracks) + 1)
                title = " ".join([*rng.choice(NOUNS, 2, replace=False), str(key)])
                tracks.append(
                    track(
                        key,
                        title,
                        f"{genre.split()[0].title()} Act {chr(65 + a)}",
                        genres=(genre,),
                        audio=_varied(sound, rng),
                        popularity=int(rng.integers(0, 101)),
                        released=ReleaseDate(int(rng.integers(1960, 2026))),
                    )
                )
                covers[key] = picture(genre)
    return Catalog(tracks, covers)


def genre_lists(catalog: Catalog, per_genre: int = 10, length: int = 8, seed: int = 5) -> list[list[int]]:
    """Return lists of keys, each of one genre; of every genre nobody has the last two artists."""
    rng = np.random.default_rng(seed)
    lists = []
    for genre in GENRES:
        theirs = [key for key, each in catalog.all.items() if genre in each.genres]
        artists = sorted({catalog.all[key].artists[0] for key in theirs})[:-2]
        heard = [key for key in theirs if catalog.all[key].artists[0] in artists]
        lists += [sorted(rng.choice(heard, length, replace=False).tolist()) for _ in range(per_genre)]
    return lists


def seeds(*keys: int, **asked: Any) -> Request:
    """Return a request that starts from tracks."""
    return _request(Seed(kind=SeedKind.TRACK, tracks=tuple(map(TrackKey, keys))), asked)


def from_artist(name: str, **asked: Any) -> Request:
    return _request(Seed(kind=SeedKind.ARTIST, artist=name), asked)


def from_prompt(prompt: str, **asked: Any) -> Request:
    return _request(Seed(kind=SeedKind.PROMPT, prompt=prompt), asked)


def from_cover(cover: bytes, **asked: Any) -> Request:
    return _request(Seed(kind=SeedKind.COVER, cover=cover), asked)


def for_member(**asked: Any) -> Request:
    return _request(Seed(kind=SeedKind.MEMBER, member=MemberId(42)), asked)


def played(key: int, times: int = 1, at: datetime = NOW) -> Signal:
    """Return a play."""
    return Signal(track=TrackKey(key), kind=SignalKind.PLAY, at=at, count=times)


def signal(key: int, kind: SignalKind, at: datetime = NOW, rank: int | None = None) -> Signal:
    return Signal(track=TrackKey(key), kind=kind, at=at, rank=rank)


def keys_of(answer: Recommendation) -> list[int]:
    """Return the suggested keys in order."""
    return [each.track.key for each in answer.suggestions]


def _request(seed: Seed, asked: dict[str, Any]) -> Request:
    return Request(seed=seed, **asked)


def _direction(name: str, dim: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    digest = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")
    vector = np.random.default_rng(digest).normal(size=dim)
    return vector / np.linalg.norm(vector)


def _varied(sound: AudioFeatures, rng: np.random.Generator) -> AudioFeatures:
    def near(value: float | None, spread: float) -> float:
        return float((value or 0.0) + rng.normal(0, spread))

    return AudioFeatures(
        energy=near(sound.energy, 0.04),
        valence=near(sound.valence, 0.04),
        acousticness=near(sound.acousticness, 0.03),
        danceability=near(sound.danceability, 0.04),
        tempo=near(sound.tempo, 5),
        loudness=near(sound.loudness, 1),
        speechiness=near(0.1, 0.02),
        instrumentalness=near(0.1, 0.02),
        liveness=near(0.2, 0.05),
    )
