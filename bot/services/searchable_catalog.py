"""The catalog as it can be searched now: encoders, the way from new tracks to searchable ones, and the index.

Plain blocking code with one lock around every change; services send it through their pools.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from bot.errors import ClosingDownError
from bot.services.learned_tables import LearnedTables
from recommender.errors import EmptyCatalogError, IndexFileError
from recommender.fused_space import MODALITIES, FusedSpace
from recommender.fusion import Evidence
from recommender.index.catalog_index import CatalogIndex
from recommender.index.generations import newest_generation
from recommender.ingestion import EmbedSummary, Ingestion
from recommender.ports import ImageEncoder, Progress, RawVectors, RawVectorSource, TextEncoder, TrackLookup
from recommender.types import Modality, TrackKey, Vector

log = logging.getLogger(__name__)

_FIRST = TrackKey(0)
PROMPTS_KEPT = 512
"""Vectors of texts that are not encoded again: those of popular artists and of prompts asked again."""
SPACE_SEED = 2026
"""Of the generator that fits the fused space, so that the same catalog gives the same space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """What one round of embedding did."""

    text: EmbedSummary
    covers: EmbedSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorbed:
    """What one round of absorbing did."""

    tracks: int
    """That can be found now and could not before."""
    is_complete: bool
    """Whether nothing was left to embed."""


class SearchableCatalog:
    """Keeps the index in step with the database."""

    def __init__(
        self,
        *,
        source: RawVectorSource,
        lookup: TrackLookup,
        ingestion: Ingestion,
        text: TextEncoder,
        image: ImageEncoder,
        folder: Path,
        learned: LearnedTables,
    ) -> None:
        self._closing = threading.Event()
        self._source = _UntilClosed(source, self._closing)
        self._lookup = lookup
        self._ingestion = ingestion
        self._text = text
        self._vector_of = lru_cache(PROMPTS_KEPT)(self._encoded)
        self._image = image
        self._folder = folder
        self._learned = learned
        self._index: CatalogIndex | None = None
        self._changing = threading.Lock()

    def index(self) -> CatalogIndex:
        """Return the index, opened on first use; one that is missing, torn or stale is rebuilt.

        Raises:
            EmptyCatalogError: Nothing is embedded yet.
        """
        index = self._index
        if index is None:
            with self._changing:
                index = self._index = self._index or self._opened()
        return index

    def unread(self) -> int:
        """Count the tracks whose words the present text encoder has not read yet."""
        return self._ingestion.missing_text()

    def embed(
        self,
        *,
        text_progress: Progress | None = None,
        cover_progress: Progress | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Embedded:
        """Embed what is missing; what was done stays done when ``stop`` answers true between two chunks."""

        def stopped() -> bool:
            return self._closing.is_set() or (stop is not None and stop())

        text = self._ingestion.embed_text(text_progress, stop=stopped)
        covers = self._ingestion.embed_covers(cover_progress, stop=stopped)
        return Embedded(text=text, covers=covers)

    def absorb(self, stop: Callable[[], bool] | None = None) -> Absorbed:
        """Embed what is missing and make it searchable at once, or at the next start if the catalog is being closed.

        Small additions go into the index's delta; large ones cause a rebuild.

        Args:
            stop: As in :meth:`embed`; what was embedded until then becomes searchable all the same.
        """
        embedded = self.embed(stop=stop)
        is_complete = not (embedded.text.stopped or embedded.covers.stopped)
        if embedded.text.done + embedded.text.skipped + embedded.covers.done == 0 and self._is_newest:
            self._learned.refresh(self.index())
            return Absorbed(tracks=0, is_complete=is_complete)
        try:
            added = self.refresh()
            index = self.index()  # after the refresh, which may have taken over another process's
            if index.wants_rebuild:
                index = self.rebuild()
                self._learned.rebuild_words(index)
        except (EmptyCatalogError, ClosingDownError):
            return Absorbed(tracks=0, is_complete=is_complete)
        if added:
            log.info("tracks became searchable added=%d total=%d", added, len(index))
        return Absorbed(tracks=added, is_complete=is_complete)

    def absorb_now(self, keys: Sequence[TrackKey]) -> dict[TrackKey, frozenset[Modality]]:
        """Embed these few tracks and make them searchable, however much else waits or is being built.

        Returns:
            What each of them can be compared by now, guesses not counted; nothing for one that cannot be found.

        Raises:
            EmptyCatalogError: Nothing is embedded yet that they could be compared with.
            ClosingDownError: The catalog is being closed.
        """
        self.index()
        self._ingestion.embed_text(keys=keys)
        # Looked up only now: whoever knew the words may have named another album.
        albums = {track.album_key for track in self._lookup.tracks(keys).values()}
        self._ingestion.embed_covers(albums=[album for album in albums if album is not None])
        while True:
            index = self.index()
            index.bring_in(self._source, keys)
            if self._index is index:  # else a rebuild has put another in its place, which may not hold them
                break
        evidence = index.evidence_of(np.asarray(keys, dtype=np.int64)) == Evidence.OBSERVED
        return {
            key: frozenset(modality for modality, is_known in zip(MODALITIES, known, strict=True) if is_known)
            for key, known in zip(keys, evidence, strict=True)
        }

    def refresh(self) -> int:
        """Compare the index with the whole database and bring in what differs; return how many tracks were added.

        An index that another process built meanwhile is taken over first.

        Raises:
            EmptyCatalogError: Nothing is embedded yet.
        """
        with self._changing:
            if not self._is_newest:
                self._index = self._opened()
            index = self._index = self._index or self._opened()
            added = index.refresh(self._source).added
            self._learned.refresh(index)
            return added

    def rebuild(
        self, progress: Progress | None = None, *, check: Callable[[CatalogIndex], None] | None = None
    ) -> CatalogIndex:
        """Fit the space anew, build the index beside the old one and swap it in.

        Args:
            progress: Counts every track twice: when it is read and when it enters the graph.
            check: Is given the new index before it is swapped in; what it raises is raised here, and the old one stays.

        Raises:
            EmptyCatalogError: Nothing is embedded yet.
        """
        with self._changing:
            index = self._built(progress, check)
            # What was absorbed at once while the catalog was being read went into the index before.
            index.refresh(self._source, after=index.last_key)
            self._index = index
            return index

    def close(self) -> None:
        """Let work under way end soon: what is embedded is kept, an index that is half built is not.

        From then on, whatever reads the whole catalog raises :class:`ClosingDownError`.
        """
        self._closing.set()
        self._learned.close()

    @property
    def is_closing(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closing.is_set()

    def warm_up(self) -> None:
        """Open the index and its tables and load the text encoder, so that the first member does not wait for them.

        An installation without a catalog has nothing to warm up: its first import loads what it needs.
        """
        try:
            index = self.index()
        except EmptyCatalogError:
            log.info("nothing to search yet")
            return
        self._learned.warm_up(index)
        self.encode_prompt("warm")

    def encode_prompt(self, prompt: str) -> Vector:
        """Return the raw text vector of a free text; not to be written to, for the latest ones are kept."""
        return self._vector_of(prompt)

    def _encoded(self, prompt: str) -> Vector:
        vector: Vector = self._text.encode([prompt])[0]
        vector.setflags(write=False)
        return vector

    def encode_cover(self, picture: bytes) -> Vector:
        """Return the raw image vector of a picture.

        Raises:
            PictureRefusedError: The bytes are no usable picture.
        """
        vector: Vector = self._image.encode([picture])[0]
        return vector

    def _opened(self) -> CatalogIndex:
        text, image = self._ingestion.text_fingerprint, self._ingestion.image_fingerprint
        try:
            index = CatalogIndex.open(self._folder, text=text, image=image)
        except IndexFileError as error:
            log.warning("index not usable, rebuilding reason=%r", error.reason)
            return self._built()
        # New tracks alone: what else changed is found by the full refresh, which reads the whole catalog.
        index.refresh(self._source, after=index.last_key)
        return index

    def _built(
        self, progress: Progress | None = None, check: Callable[[CatalogIndex], None] | None = None
    ) -> CatalogIndex:
        space = FusedSpace.fit(
            self._source,
            text=(self._ingestion.text_fingerprint, self._text.dim),
            image=(self._ingestion.image_fingerprint, self._image.dim),
            rng=np.random.default_rng(SPACE_SEED),
        )

        def tell(done: int, total: int) -> None:
            self._source.check()
            if progress is not None:
                progress(done, total)

        def look(index: CatalogIndex) -> None:
            if len(index) and check is not None:
                check(index)

        index = CatalogIndex.build(self._folder, self._source, space, progress=tell, check=look)
        if len(index) == 0:
            raise EmptyCatalogError
        return index

    @property
    def _is_newest(self) -> bool:
        newest = newest_generation(self._folder)
        return self._index is not None and newest is not None and newest.number == self._index.generation


class _UntilClosed:
    """A source that stops giving tracks once the catalog is being closed."""

    def __init__(self, source: RawVectorSource, closing: threading.Event) -> None:
        self._source = source
        self._closing = closing

    def count(self) -> int:
        return self._source.count()

    def batches(
        self, text: tuple[str, int], image: tuple[str, int], *, after: TrackKey = _FIRST
    ) -> Iterator[RawVectors]:
        self.check()
        for batch in self._source.batches(text, image, after=after):
            self.check()
            yield batch

    def check(self) -> None:
        if self._closing.is_set():
            raise ClosingDownError
