"""What the recommender needs from others, in its own words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.types import AlbumKey, Filters, Keys, ListKind, Matrix, Track, TrackKey, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The text about a track that an encoder may read."""

    title: str
    artists: tuple[str, ...]
    album: str | None
    genres: tuple[str, ...]
    lyrics: str | None


TERM_COLUMNS: Final = 65_536
"""Columns that the words of lyrics are hashed to: what 16 bits tell apart."""


@dataclass(frozen=True, slots=True, eq=False)
class LyricTerms:
    """How often which hashed words occur in the lyrics of some tracks: a table in compressed sparse rows."""

    starts: NDArray[np.int64]
    """Shape (tracks + 1,): where the words of each track begin in the other two, and where the last ones end."""
    columns: NDArray[np.uint16]
    """Hashed words, ascending within a track."""
    counts: NDArray[np.uint8]
    """At least 1, and 255 for all that is more."""

    @classmethod
    def joined(cls, rows: Sequence[tuple[NDArray[np.uint16], NDArray[np.uint8]]]) -> "LyricTerms":
        """Return the table of some rows, each as its columns and counts."""
        lengths = [len(columns) for columns, _ in rows]
        return cls(
            starts=np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64),
            columns=np.concatenate([np.empty(0, dtype=np.uint16), *(columns for columns, _ in rows)]),
            counts=np.concatenate([np.empty(0, dtype=np.uint8), *(counts for _, counts in rows)]),
        )

    def __len__(self) -> int:
        """Return the number of tracks."""
        return len(self.starts) - 1

    def row(self, row: int) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
        """Return the columns and counts of a track; none where it has no lyrics."""
        where = slice(self.starts[row], self.starts[row + 1])
        return self.columns[where], self.counts[where]

    def of_rows(self, rows: Iterable[int]) -> "LyricTerms":
        """Return some of the tracks, in the order asked."""
        return LyricTerms.joined([self.row(row) for row in rows])


class TextEncoder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def fingerprint(self) -> str:
        """``model@revision/preprocessing/dim``: vectors of two fingerprints never mix."""
        ...

    @property
    def dim(self) -> int:
        """Columns of a vector."""
        ...

    def encode(self, texts: Sequence[str], /) -> Matrix:
        """Return unit rows, shape (len(texts), dim), row order as given; an empty text is a zero row.

        Long texts are split into windows whose vectors are averaged.
        """
        ...


class ImageEncoder(Protocol):
    """Turns pictures into unit vectors."""

    @property
    def fingerprint(self) -> str:
        """``model@revision/preprocessing/dim``."""
        ...

    @property
    def dim(self) -> int:
        """Columns of a vector."""
        ...

    def encode(self, pictures: Sequence[bytes], /) -> Matrix:
        """Return unit rows, shape (len(pictures), dim), for encoded picture files (JPEG, PNG, WebP).

        Raises:
            PictureRefusedError: One is not a picture, or too large to decode safely.
        """
        ...


class WordsSource(Protocol):
    """Finds the words of tracks: lyrics, and what may be said of them."""

    def words_of(self, tracks: Sequence[Track], /) -> Sequence[Words | None]:
        """Return the words of each track in order; None where there is nothing an encoder may read.

        A source that is down raises nothing: it logs, and gives what it has.
        """
        ...


class CoverSource(Protocol):
    """Finds the cover picture of an album."""

    def cover_of(self, track: Track, /) -> bytes | None:
        """Return an encoded picture, or None when nobody has one that an encoder may read."""
        ...


class VectorStore(Protocol):
    """Keeps vectors with the fingerprint of their encoder; the truth behind every index.

    Methods open their own short transactions, so ingestion can be stopped between any two calls.
    """

    def tracks_missing_text(self, fingerprint: str, /, *, limit: int, after: TrackKey) -> list[Track]:
        """Return tracks with key > ``after`` that have no text vector of this fingerprint, by key."""
        ...

    def tracks_missing_cover(self, fingerprint: str, /, *, limit: int, after: AlbumKey) -> list[Track]:
        """Return one track for each album with key > ``after`` whose cover is neither encoded nor known absent."""
        ...

    def count_missing_text(self, fingerprint: str, /) -> int:
        """Count what :meth:`tracks_missing_text` would return in all."""
        ...

    def count_missing_cover(self, fingerprint: str, /) -> int:
        """Count what :meth:`tracks_missing_cover` would return in all."""
        ...

    def save_text(
        self, fingerprint: str, keys: Sequence[TrackKey], vectors: Matrix, terms: LyricTerms | None = None, /
    ) -> None:
        """Store one row per key, with its words where there are any; replaces older ones.

        A zero row says 'tried, nothing to read'.
        """
        ...

    def save_languages(self, languages: Mapping[TrackKey, str], /) -> None:
        """Remember in which language songs are sung, as far as their words tell; what somebody said stays.

        The values are ISO 639-1 codes.
        """
        ...

    def save_cover(self, fingerprint: str, albums: Sequence[AlbumKey], vectors: Matrix, /) -> None:
        """Store one row per album; a zero row says 'tried, no cover'. Replaces older ones."""
        ...


@dataclass(frozen=True, slots=True)
class RawVectors:
    """Raw encoder output for a batch of tracks; zero rows where a track has none."""

    keys: Keys
    text: Matrix
    image: Matrix
    audio: Matrix
    """Shape (n, raw audio columns); NaN where a feature is unknown."""
    artists: tuple[str, ...]
    """Normalised first artist of each row."""
    popularity: Vector
    """0-100; NaN where unknown."""
    terms: LyricTerms | None = None
    """Of each track's lyrics; None where no track has any."""


class RawVectorSource(Protocol):
    """Streams what an index is built from."""

    def count(self, /) -> int:
        """Count the tracks of the catalog."""
        ...

    def batches(
        self, text: tuple[str, int], image: tuple[str, int], /, *, after: TrackKey = ...
    ) -> Iterator[RawVectors]:
        """Yield tracks with key > ``after``, by key; ``text`` and ``image`` are (fingerprint, dim).

        A track is given once it has a text vector row of this fingerprint (a zero row counts) or any audio features.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackList:
    """Tracks that somebody put together or listened to: what collaborative factors are learnt from."""

    owner: str
    """Kind and number: ``playlist:12``, ``listener:34``, ``member:567``; no two lists share one."""
    kind: ListKind
    keys: Keys
    """Ascending, distinct."""
    strengths: Vector
    """Shape (len(keys),), above 0: how much each track speaks for its owner. Of a playlist each is 1, of a listener
    log2(1 + plays), of a member the strength of :func:`recommender.taste_profile.evidence_of`.
    """


class ListSource(Protocol):
    """Streams the lists that collaborative factors are learnt from."""

    def track_lists(self) -> Iterator[TrackList]:
        """Yield every list that may be learnt from, in a stable order; lists of fewer than two tracks are left out."""
        ...

    def version(self) -> str:
        """Return a short text that differs when any list may differ, so that nothing is learnt twice for nothing."""
        ...


class TrackSource(Protocol):
    """Streams what the catalog says of its tracks."""

    def tracks_after(self, key: TrackKey, /) -> Iterator[Track]:
        """Yield the tracks with a larger key, by key, in memory that does not grow with their number."""
        ...


class TrackLookup(Protocol):
    """Answers questions about tracks from the catalog."""

    def tracks(self, keys: Iterable[TrackKey], /) -> Mapping[TrackKey, Track]:
        """Return the tracks that exist among these keys."""
        ...

    def keys_matching(self, filters: Filters, /) -> Keys:
        """Return the keys of all tracks that pass the filters, ascending."""
        ...

    def keys_of_artist(self, artist: str, /) -> Keys:
        """Return the keys of an artist's tracks (normalised name), ascending; empty when unknown."""
        ...

    def popularity_counts(self) -> NDArray[np.int64]:
        """Return how many tracks have each popularity, shape (101,); unknown ones are not counted.

        Cheap: it may be some minutes old.
        """
        ...


class TrackIndex(Protocol):
    """Finds the rows with the largest inner product with a query.

    Stored rows are fused vectors (see :mod:`recommender.fusion`); they need not be of unit length.
    """

    @property
    def dim(self) -> int:
        """Columns of a vector."""
        ...

    def __len__(self) -> int:
        """Return how many keys can be found."""
        ...

    def search(self, query: Vector, count: int, /, *, among: Keys | None = None) -> tuple[Keys, Vector]:
        """Return keys and inner products, best first; fewer than ``count`` when fewer exist.

        ``among`` restricts the answer to these keys, exactly; unknown ones are ignored.

        Raises:
            ValueError: Another width, a NaN, or a query that is zero everywhere.
        """
        ...

    def vectors_of(self, keys: Keys, /) -> Matrix:
        """Return the stored rows in the order asked; zero rows for unknown keys."""
        ...

    def add(self, keys: Keys, vectors: Matrix, /) -> None:
        """Add rows; a key that is already there is replaced.

        Raises:
            ValueError: Another width, a NaN, or a key given twice.
        """
        ...

    def remove(self, keys: Keys, /) -> None:
        """Forget these keys; unknown ones are ignored."""
        ...


class Progress(Protocol):
    """Is told how long work goes on."""

    def __call__(self, done: int, total: int, /) -> None:
        """Report that ``done`` of ``total`` are done."""
        ...
