"""The fictional catalog: artists, albums and tracks that exist nowhere else, the same for the same seed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from zlib import crc32

import numpy as np

from bot.playground.sample.cover_painting import paint_cover
from bot.playground.sample.lyrics import lyrics_of, title_of
from bot.playground.sample.words import Genre, Theme, genres
from recommender.types import AudioFeatures, Fact, ReleaseDate, Source, TrackFacts

DEFAULT_SEED = 2026
ALBUMS_PER_ARTIST = 2
TRACKS_PER_ALBUM = 5
GUEST_SHARE = 0.08
"""Share of tracks with a second artist of the same genre."""
WALTZ_SHARE = 0.1

_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SPOTIFY_ID_LENGTH = 22
_DATASET = MappingProxyType(dict.fromkeys(Fact, Source.DATASET))


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAlbum:
    """An album of the fictional catalog."""

    spotify_id: str
    name: str
    artist: str
    genre: str
    released: ReleaseDate

    def cover(self) -> bytes:
        """Paint the cover: a JPEG of 512 x 512 pixels, the same bytes every time."""
        return paint_cover(self.genre, self.name, self.artist, seed=crc32(self.spotify_id.encode()))


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTrack:
    """A track of the fictional catalog with what the services would say about it."""

    facts: TrackFacts
    """As a dataset file would tell it, without a cover address: that depends on where covers are served."""
    album: SampleAlbum
    genre: str
    theme: str
    lyrics: str = field(repr=False)
    """Empty for an instrumental."""
    in_dataset: bool
    """False for tracks that only members' listening knows."""

    @property
    def spotify_id(self) -> str:
        """The invented Spotify id."""
        return self.facts.spotify_id or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCatalog:
    """Everything the fictional music world holds."""

    seed: int
    tracks: tuple[SampleTrack, ...]
    albums: tuple[SampleAlbum, ...]
    _albums_by_id: Mapping[str, SampleAlbum] = field(repr=False)

    @property
    def dataset(self) -> tuple[SampleTrack, ...]:
        """The tracks of the dataset file."""
        return tuple(track for track in self.tracks if track.in_dataset)

    @property
    def unheard(self) -> tuple[SampleTrack, ...]:
        """The tracks that only members' listening knows."""
        return tuple(track for track in self.tracks if not track.in_dataset)

    def album(self, spotify_id: str) -> SampleAlbum | None:
        """Return the album with this id, or None."""
        return self._albums_by_id.get(spotify_id)

    def of_genre(self, genre: str) -> tuple[SampleTrack, ...]:
        """Return the tracks of one genre, in catalog order."""
        return tuple(track for track in self.tracks if track.genre == genre)


def sample_catalog(seed: int = DEFAULT_SEED) -> SampleCatalog:
    """Make the catalog: twelve genres, seven artists each, two albums of five tracks per artist.

    The last artist of each genre is not in the dataset. Titles are unique. Randomness depends on the seed and the
    artist alone, so a change to one artist leaves the others as they are.
    """
    taken: set[str] = set()
    tracks = tuple(
        track
        for genre in genres().values()
        for artist in genre.artists
        for track in _career(genre, artist, seed, taken)
    )
    albums = {track.album.spotify_id: track.album for track in tracks}
    return SampleCatalog(
        seed=seed, tracks=tracks, albums=tuple(albums.values()), _albums_by_id=MappingProxyType(albums)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Artist:
    """What all tracks of an artist share."""

    name: str
    genre: Genre
    tag: str
    fame: float
    """Popularity of a middling track, 0-100."""
    lean: Mapping[str, float]
    """Where the artist stands inside the genre, per feature, in the genre's deviations."""
    first_year: int


def _career(genre: Genre, name: str, seed: int, taken: set[str]) -> Iterator[SampleTrack]:
    rng = np.random.default_rng([seed, crc32(name.encode())])
    span = genre.years[1] - genre.years[0]
    artist = _Artist(
        name=name,
        genre=genre,
        tag=genre.tags[genre.artists.index(name) % len(genre.tags)],
        fame=float(rng.uniform(12, 72)),
        lean=MappingProxyType({feature: float(rng.normal(0, 0.7)) for feature in genre.sound}),
        first_year=genre.years[0] + int(rng.integers(max(span - 8, 1))),
    )
    for number in range(ALBUMS_PER_ARTIST):
        yield from _album(artist, number, rng, taken)


def _album(artist: _Artist, number: int, rng: np.random.Generator, taken: set[str]) -> Iterator[SampleTrack]:
    year = min(artist.first_year + number * int(rng.integers(2, 8)), artist.genre.years[1])
    songs = [_song(artist.genre, rng, taken) for _ in range(TRACKS_PER_ALBUM)]
    album = SampleAlbum(
        spotify_id=_spotify_id(rng),
        name=songs[int(rng.integers(len(songs)))][0],
        artist=artist.name,
        genre=artist.genre.name,
        released=ReleaseDate(year, int(rng.integers(1, 13)), int(rng.integers(1, 29))),
    )
    for title, theme in songs:
        yield _track(artist, album, title, theme, rng)


def _song(genre: Genre, rng: np.random.Generator, taken: set[str]) -> tuple[str, Theme]:
    while True:
        theme = genre.themes[int(rng.integers(len(genre.themes)))]
        title = title_of(genre, theme, rng)
        words = title.casefold().split()
        if title.casefold() not in taken and len(set(words)) == len(words):
            taken.add(title.casefold())
            return title, theme


def _track(artist: _Artist, album: SampleAlbum, title: str, theme: Theme, rng: np.random.Generator) -> SampleTrack:
    genre = artist.genre
    is_instrumental = rng.random() < genre.instrumental
    others = [name for name in genre.artists if name != artist.name]
    guests = [others[int(rng.integers(len(others)))]] if rng.random() < GUEST_SHARE else []
    minutes = genre.sound["minutes"]
    facts = TrackFacts(
        title=title,
        artists=(artist.name, *guests),
        album=album.name,
        released=album.released,
        duration_ms=int(max(rng.normal(minutes.mean, minutes.deviation), 1.2) * 60_000),
        explicit=bool(rng.random() < genre.explicit),
        genres=(genre.name, artist.tag),
        popularity=int(np.clip(rng.normal(artist.fame, 10), 0, 100)),
        audio=_audio(artist, rng, is_instrumental=is_instrumental),
        spotify_id=_spotify_id(rng),
        spotify_album_id=album.spotify_id,
        isrc=_isrc(title, album.released.year),
        sources=_DATASET,
    )
    return SampleTrack(
        facts=facts,
        album=album,
        genre=genre.name,
        theme=theme.name,
        lyrics="" if is_instrumental else lyrics_of(genre, theme, rng),
        in_dataset=artist.name != genre.artists[-1],
    )


def _audio(artist: _Artist, rng: np.random.Generator, *, is_instrumental: bool) -> AudioFeatures:
    genre = artist.genre

    def around(feature: str, low: float = 0.0, high: float = 1.0) -> float:
        spread = genre.sound[feature]
        value = spread.mean + spread.deviation * (artist.lean[feature] + rng.normal(0, 0.7))
        return round(float(np.clip(value, low, high)), 4)

    return AudioFeatures(
        danceability=around("danceability"),
        energy=around("energy"),
        key=int(rng.integers(12)),
        loudness=around("loudness", -60.0, 0.0),
        mode=int(rng.random() < genre.major),
        speechiness=around("speechiness"),
        acousticness=around("acousticness"),
        instrumentalness=0.92 if is_instrumental else around("instrumentalness"),
        liveness=around("liveness"),
        valence=around("valence"),
        tempo=around("tempo", 40.0, 220.0),
        time_signature=3 if rng.random() < WALTZ_SHARE else 4,
    )


def _isrc(title: str, year: int) -> str:
    """Return a code of the right shape in a country that does not exist; titles are unique, so codes nearly are."""
    return f"XXCDG{year % 100:02d}{crc32(title.encode()) % 100_000:05d}"


def _spotify_id(rng: np.random.Generator) -> str:
    return "".join(_BASE62[int(digit)] for digit in rng.integers(len(_BASE62), size=_SPOTIFY_ID_LENGTH))
