"""Ingestion: encodes what the catalog holds and has no vectors for, in chunks that can be stopped between any two."""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.encoders.track_text import track_terms, track_text_fingerprint, track_vectors
from recommender.errors import PictureRefusedError
from recommender.lyrics_language import LanguageOfWords, LyricsLanguage
from recommender.ports import CoverSource, ImageEncoder, Progress, TextEncoder, VectorStore, Words, WordsSource
from recommender.types import AlbumKey, Matrix, Track, TrackKey

log = logging.getLogger(__name__)

TRACKS_PER_CHUNK = 512
"""Saved together: a second or two of work, which is what a kill can lose."""
COVERS_PER_CHUNK = 32
"""Bounds the memory of picture files, which may have 10 MB each."""
Stop = Callable[[], bool]
"""Asked between chunks; True ends the work with everything so far saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedSummary:
    """What one pass of embedding did."""

    done: int
    """Rows that got a vector."""
    skipped: int
    """Rows with nothing to read: stored as zero, and not tried again under this fingerprint."""
    seconds: float
    stopped: bool = False
    """Whether it ended before everything was tried."""


class Ingestion:
    """Fills a vector store with what an encoder can read of its tracks and covers.

    What is stored is the truth about what is done, so that a pass that was stopped, killed or refused goes on where
    it was when it is started again, and a second pass does nothing.
    """

    def __init__(
        self,
        store: VectorStore,
        text: TextEncoder,
        image: ImageEncoder,
        words: WordsSource,
        covers: CoverSource,
        *,
        tracks_per_chunk: int = TRACKS_PER_CHUNK,
        language: Callable[[], LanguageOfWords] = LyricsLanguage,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Name where vectors are kept, what makes them, and where words and covers come from.

        Smaller chunks are saved sooner, which matters where words come slowly. What tells the language of lyrics is
        made for each pass, since its model takes memory.
        """
        self._store = store
        self._text = text
        self._image = image
        self._words = words
        self._covers = covers
        self._tracks_per_chunk = tracks_per_chunk
        self._language = language
        self._clock = clock

    @property
    def text_fingerprint(self) -> str:
        """What text vectors are stored under: the encoder and the way its readings are put together."""
        return track_text_fingerprint(self._text)

    @property
    def image_fingerprint(self) -> str:
        """What cover vectors are stored under."""
        return self._image.fingerprint

    def missing_text(self) -> int:
        """Count the tracks that have no text vector of this fingerprint."""
        return self._store.count_missing_text(self.text_fingerprint)

    def embed_text(
        self,
        progress: Progress | None = None,
        *,
        keys: Collection[TrackKey] | None = None,
        stop: Stop | None = None,
    ) -> EmbedSummary:
        """Encode the words of tracks that have no text vector of this fingerprint, and tell in which language they are.

        Args:
            progress: Told after each chunk.
            keys: Only these tracks; None means all.
            stop: Asked before each chunk.

        Raises:
            EncoderUnavailableError: The encoder cannot be loaded; nothing is marked as tried.
            WeightsCorruptError: Its weights are not the ones we know.
        """
        fingerprint = self.text_fingerprint
        total = self.missing_text() if keys is None else len(keys)
        account = _Account(total, progress, self._clock)
        language = self._language()
        after = TrackKey(min(keys, default=1) - 1 if keys is not None else 0)
        while not account.stopped_by(stop):
            chunk = self._store.tracks_missing_text(fingerprint, limit=self._tracks_per_chunk, after=after)
            wanted = [track for track in chunk if keys is None or track.key in keys]
            if wanted:
                words = self._words.words_of(wanted)
                vectors = track_vectors(self._text, words)
                # Before the vectors, which say that the words of these tracks are done with.
                self._store.save_languages(_languages(wanted, words, language))
                self._store.save_text(fingerprint, [track.key for track in wanted], vectors, track_terms(words))
                account.add(vectors)
            if len(chunk) < self._tracks_per_chunk or (keys is not None and chunk[-1].key >= max(keys, default=0)):
                break
            after = chunk[-1].key
        return account.summary("text")

    def embed_covers(
        self,
        progress: Progress | None = None,
        *,
        albums: Collection[AlbumKey] | None = None,
        stop: Stop | None = None,
    ) -> EmbedSummary:
        """Encode the covers of albums that have no cover vector of this fingerprint.

        A cover that nobody has, or that cannot be decoded safely, is stored as a zero row.

        Args:
            progress: Told after each chunk.
            albums: Only these; None means all.
            stop: Asked before each chunk.

        Raises:
            EncoderUnavailableError: The encoder cannot be loaded; nothing is marked as tried.
            WeightsCorruptError: Its weights are not the ones we know.
        """
        fingerprint = self.image_fingerprint
        total = self._store.count_missing_cover(fingerprint) if albums is None else len(albums)
        account = _Account(total, progress, self._clock)
        after = AlbumKey(min(albums, default=1) - 1 if albums is not None else 0)
        while not account.stopped_by(stop):
            chunk = self._store.tracks_missing_cover(fingerprint, limit=COVERS_PER_CHUNK, after=after)
            wanted = [track for track in chunk if albums is None or _album_of(track) in albums]
            if wanted:
                vectors = self._cover_vectors(wanted)
                self._store.save_cover(fingerprint, [_album_of(track) for track in wanted], vectors)
                account.add(vectors)
            if len(chunk) < COVERS_PER_CHUNK or (albums is not None and _album_of(chunk[-1]) >= max(albums, default=0)):
                break
            after = _album_of(chunk[-1])
        return account.summary("covers")

    def _cover_vectors(self, tracks: Sequence[Track]) -> Matrix:
        vectors = np.zeros((len(tracks), self._image.dim), dtype=np.float32)
        found = [(row, cover) for row, track in enumerate(tracks) if (cover := self._covers.cover_of(track))]
        if not found:
            return vectors
        try:
            vectors[[row for row, _ in found]] = self._image.encode([cover for _, cover in found])
        except PictureRefusedError:
            # One bad picture refuses its whole batch, so each is tried alone to find it.
            for row, cover in found:
                vectors[row] = self._cover_vector(tracks[row], cover)
        return vectors

    def _cover_vector(self, track: Track, cover: bytes) -> Matrix:
        try:
            return self._image.encode([cover])
        except PictureRefusedError as error:
            log.warning("cover refused album=%d reason=%r", _album_of(track), error.reason)
            return np.zeros((1, self._image.dim), dtype=np.float32)


class _Account:
    """Counts what a pass does and tells the one who waits."""

    def __init__(self, total: int, progress: Progress | None, clock: Callable[[], float]) -> None:
        self._total = total
        self._progress = progress
        self._clock = clock
        self._started = clock()
        self._done = 0
        self._skipped = 0
        self._stopped = False

    def stopped_by(self, stop: Stop | None) -> bool:
        self._stopped = stop is not None and stop()
        return self._stopped

    def add(self, vectors: Matrix) -> None:
        read = int(np.count_nonzero(vectors.any(axis=1)))
        self._done += read
        self._skipped += len(vectors) - read
        if self._progress is not None:
            tried = self._done + self._skipped
            self._progress(tried, max(tried, self._total))

    def summary(self, what: str) -> EmbedSummary:
        seconds = self._clock() - self._started
        log.info("embedded what=%s done=%d skipped=%d seconds=%.1f", what, self._done, self._skipped, seconds)
        return EmbedSummary(done=self._done, skipped=self._skipped, seconds=seconds, stopped=self._stopped)


def _languages(
    tracks: Sequence[Track], words: Sequence[Words | None], language: LanguageOfWords
) -> dict[TrackKey, str]:
    """Return the languages that lyrics are certain to be in; titles alone are no evidence."""
    sung = [(track.key, each.lyrics) for track, each in zip(tracks, words, strict=True) if each and each.lyrics]
    return {key: code for key, lyrics in sung if (code := language(lyrics)) is not None}


def _album_of(track: Track) -> AlbumKey:
    if track.album_key is None:
        msg = f"the store gave track {track.key} for its cover, but it has no album"
        raise ValueError(msg)
    return track.album_key
