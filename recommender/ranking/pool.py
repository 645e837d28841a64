"""The pool: the candidates of one request with what the catalog says of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.directions import SearchableIndex
from recommender.songs import normalised, same_song_key, song_title, version_of
from recommender.types import Keys, Matrix, Track, TrackKey

_REMEMBERED: Final = 20_000
"""Names that are not normalised again: popular tracks are candidates of many requests."""
_SUNG_FOR: Final = frozenset({"karaoke"})
"""Versions that nobody asks for unless the seed is one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """Candidates by ascending key; every attribute has one row per candidate."""

    tracks: tuple[Track, ...]
    vectors: Matrix
    """Shape (n, dim), fused vectors."""
    inferred: NDArray[np.bool_]
    """Shape (n, modalities)."""

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.tracks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwanted:
    """What a track must not be, besides the keys that are excluded anyway."""

    artists: frozenset[str] = frozenset()
    """Normalised names of blocked artists."""
    titles: frozenset[str] = frozenset()
    """Song titles, whoever performs them: covers of a named track are not what somebody looks for."""
    songs: frozenset[str] = frozenset()
    """Keys of songs (:func:`recommender.songs.same_song_key`) that are known."""
    namesakes: frozenset[str] = frozenset()
    """Normalised names of artists: others' songs called after them are near by name alone ("God Save the Queen")."""
    karaoke: bool = True
    """Whether karaoke versions are unwanted."""

    def covers(self, track: Track) -> bool:
        """Whether a track is one of these."""
        return (
            (self.karaoke and bool(version_of(track.title) & _SUNG_FOR))
            or song_title(track.title) in self.titles
            or song_key(track) in self.songs
            or not self.artists.isdisjoint(artists_of(track))
            or (bool(self.namesakes) and self._is_namesake(track))
        )

    def _is_namesake(self, track: Track) -> bool:
        title = f" {song_title(track.title)} "
        return any(f" {name} " in title for name in self.namesakes) and self.namesakes.isdisjoint(artists_of(track))


def unwanted_for(
    *, seeds: Sequence[Track], artists: frozenset[str], known: Iterable[Track], blocked_artists: frozenset[str]
) -> Unwanted:
    """Return what is unwanted: the named tracks by whomever, other versions of what is known, blocked artists.

    Args:
        seeds: Tracks named one by one.
        artists: Normalised names of the artists that were asked about.
        known: Tracks that the member or the seed stands for.
        blocked_artists: Normalised names.
    """
    return Unwanted(
        artists=blocked_artists,
        titles=frozenset(song_title(track.title) for track in seeds),
        songs=frozenset(song_key(track) for track in known),
        namesakes=frozenset(name for name in artists if name),
        karaoke=not any(version_of(track.title) & _SUNG_FOR for track in seeds),
    )


def pool_of(index: SearchableIndex, keys: Keys, tracks: Mapping[TrackKey, Track], unwanted: Unwanted) -> Pool:
    """Return the candidates that the catalog still has and that are not unwanted.

    Args:
        index: Holds their vectors.
        keys: Candidates, ascending.
        tracks: What the catalog says of them.
        unwanted: What they must not be.
    """
    kept = [track for key in keys.tolist() if (track := tracks.get(key)) is not None and not unwanted.covers(track)]
    rows = np.asarray([track.key for track in kept], dtype=np.int64)
    return Pool(tracks=tuple(kept), vectors=index.vectors_of(rows), inferred=index.inferred_of(rows))


def song_key(track: Track) -> str:
    """Return what all versions of a track's song share."""
    if not track.title:
        return f"#{track.key}"  # of whom nothing is known but that they exist, no two are the same
    return _song_key(track.title, track.artists[0] if track.artists else "")


def artists_of(track: Track) -> frozenset[str]:
    """Return the normalised names of a track's artists."""
    return _names(track.artists)


@lru_cache(_REMEMBERED)
def _song_key(title: str, artist: str) -> str:
    return same_song_key(title, artist)


@lru_cache(_REMEMBERED)
def _names(artists: tuple[str, ...]) -> frozenset[str]:
    return frozenset(normalised(name) for name in artists)
