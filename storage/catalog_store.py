"""The catalog as the recommender needs it: each call is a short transaction of its own."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.ports import LyricTerms, RawVectors, RawVectorSource, TrackLookup, TrackSource, VectorStore
from recommender.types import AlbumKey, Filters, Keys, Matrix, Track, TrackKey
from storage.database import Database

_BATCH = 2_048
"""Tracks that are read together: their raw vectors are some 14 MB with both default encoders."""
_BEFORE_THE_FIRST = TrackKey(0)
COUNTS_KEPT_FOR = timedelta(minutes=10)
"""Counting 170,000 tracks takes 80 ms, and a night's additions hardly move them."""


class CatalogStore:
    """Keeps vectors, streams them, and looks tracks up; safe to share between threads."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._popularity: tuple[float, NDArray[np.int64]] | None = None

    def tracks_missing_text(self, fingerprint: str, /, *, limit: int, after: TrackKey) -> list[Track]:
        """Return tracks with key > ``after`` that have no text vector of this fingerprint, by key."""
        with self._database.reading() as stored:
            return stored.vectors.tracks_missing_text(fingerprint, limit=limit, after=after)

    def tracks_missing_cover(self, fingerprint: str, /, *, limit: int, after: AlbumKey) -> list[Track]:
        """Return one track for each album with key > ``after`` whose cover is neither encoded nor known absent."""
        with self._database.reading() as stored:
            return stored.vectors.tracks_missing_cover(fingerprint, limit=limit, after=after)

    def count_missing_text(self, fingerprint: str, /) -> int:
        """Count what :meth:`tracks_missing_text` would return in all."""
        with self._database.reading() as stored:
            return stored.vectors.count_missing_text(fingerprint)

    def count_missing_cover(self, fingerprint: str, /) -> int:
        """Count what :meth:`tracks_missing_cover` would return in all."""
        with self._database.reading() as stored:
            return stored.vectors.count_missing_cover(fingerprint)

    def save_text(
        self, fingerprint: str, keys: Sequence[TrackKey], vectors: Matrix, terms: LyricTerms | None = None, /
    ) -> None:
        """Store one row per key, with its words where there are any; replaces older ones.

        A zero row says 'tried, nothing to read'.
        """
        with self._database.transaction() as stored:
            stored.vectors.save_text(fingerprint, keys, vectors, terms)

    def save_languages(self, languages: Mapping[TrackKey, str], /) -> None:
        """Remember in which language songs are sung, as far as their words tell; what somebody said stays."""
        if languages:
            with self._database.transaction() as stored:
                stored.tracks.hear_languages(languages)

    def save_cover(self, fingerprint: str, albums: Sequence[AlbumKey], vectors: Matrix, /) -> None:
        """Store one row per album; a zero row says 'tried, no cover'. Replaces older ones."""
        with self._database.transaction() as stored:
            stored.vectors.save_cover(fingerprint, albums, vectors)

    def count(self, /) -> int:
        """Count the tracks of the catalog."""
        with self._database.reading() as stored:
            return stored.tracks.count()

    def batches(
        self, text: tuple[str, int], image: tuple[str, int], /, *, after: TrackKey = _BEFORE_THE_FIRST
    ) -> Iterator[RawVectors]:
        """Yield tracks with key > ``after``, by key; ``text`` and ``image`` are (fingerprint, dim).

        No transaction stays open between two batches, so a long build does not hold the database's log back.
        """
        while True:
            with self._database.reading() as stored:
                raw = stored.vectors.raw(text, image, after=after, limit=_BATCH)
            if not len(raw.keys):
                return
            yield raw
            after = TrackKey(int(raw.keys[-1]))

    def tracks_after(self, key: TrackKey, /) -> Iterator[Track]:
        """Yield the tracks with a larger key, by key; no transaction stays open between two of them."""
        after = key
        while True:
            with self._database.reading() as stored:
                page = stored.tracks.after(after, _BATCH)
            if not page:
                return
            yield from page
            after = page[-1].key

    def facts_version(self) -> str:
        """Return a text that differs when there are other tracks, or other years or popularities of them."""
        with self._database.reading() as stored:
            return stored.tracks.version()

    def tracks(self, keys: Iterable[TrackKey], /) -> Mapping[TrackKey, Track]:
        """Return the tracks that exist among these keys."""
        with self._database.reading() as stored:
            return stored.tracks.of_keys(keys)

    def keys_matching(self, filters: Filters, /) -> Keys:
        """Return the keys of all tracks that pass the filters, ascending."""
        with self._database.reading() as stored:
            return stored.tracks.keys_matching(filters)

    def keys_of_artist(self, artist: str, /) -> Keys:
        """Return the keys of an artist's tracks (normalised name), ascending; empty when unknown."""
        with self._database.reading() as stored:
            return stored.tracks.keys_of_artist(artist)

    def popularity_counts(self) -> NDArray[np.int64]:
        """Return how many tracks have each popularity, shape (101,); counted anew every ten minutes at most."""
        counted = self._popularity
        if counted is None or self._clock() - counted[0] >= COUNTS_KEPT_FOR.total_seconds():
            with self._database.reading() as stored:
                counts = stored.tracks.popularity_counts()
            counts.setflags(write=False)
            self._popularity = counted = (self._clock(), counts)
        return counted[1]


if TYPE_CHECKING:
    _stores_vectors: type[VectorStore] = CatalogStore
    _streams_vectors: type[RawVectorSource] = CatalogStore
    _streams_tracks: type[TrackSource] = CatalogStore
    _looks_up: type[TrackLookup] = CatalogStore
