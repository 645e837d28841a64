"""The catalog as it can be searched now: encoders, the way from new tracks to searchable ones, and the index.

Plain blocking code with one lock around every change; services send it through their pools.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recommender.errors import EmptyCatalogError, IndexFileError
from recommender.fusion import FusedSpace
from recommender.index.catalog_index import CatalogIndex
from recommender.ingestion import EmbedSummary, Ingestion
from recommender.ports import ImageEncoder, Progress, RawVectorSource, TextEncoder
from recommender.types import Vector

log = logging.getLogger(__name__)

DELTA_SHARE = 0.2
"""Once more than this share of the catalog came after the index was built, it is built again."""
SPACE_SEED = 2026
"""Of the generator that fits the fused space, so that the same catalog gives the same space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """What one round of embedding did."""

    text: EmbedSummary
    covers: EmbedSummary


class SearchableCatalog:
    """Keeps the index in step with the database."""

    def __init__(
        self,
        *,
        source: RawVectorSource,
        ingestion: Ingestion,
        text: TextEncoder,
        image: ImageEncoder,
        folder: Path,
    ) -> None:
        self._source = source
        self._ingestion = ingestion
        self._text = text
        self._image = image
        self._folder = folder
        self._index: CatalogIndex | None = None
        self._changing = threading.Lock()

    def index(self) -> CatalogIndex:
        """Return the index, opened on first use; one that is missing, torn or stale is rebuilt.

        Raises:
            EmptyCatalogError: Nothing is embedded yet.
        """
        if self._index is None:
            with self._changing:
                if self._index is None:
                    self._index = self._opened()
        return self._index

    def embed(
        self,
        *,
        text_progress: Progress | None = None,
        cover_progress: Progress | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Embedded:
        """Embed what is missing; what was done stays done when ``stop`` answers true between two chunks."""
        text = self._ingestion.embed_text(progress=text_progress, stop=stop)
        covers = self._ingestion.embed_covers(progress=cover_progress, stop=stop)
        return Embedded(text=text, covers=covers)

    def absorb(self) -> int:
        """Embed what is missing and make it searchable at once; return how many tracks became searchable.

        Small additions go into the index's delta; large ones cause a rebuild.
        """
        self.embed()
        try:
            index = self.index()
        except EmptyCatalogError:
            return 0
        with self._changing:
            before = len(index)
            index.refresh(self._source)
            added = len(index) - before
        if index.delta_size > DELTA_SHARE * len(index):
            self.rebuild()
        if added:
            log.info("tracks became searchable added=%d total=%d", added, len(index))
        return added

    def rebuild(self, progress: Progress | None = None) -> CatalogIndex:
        """Fit the space anew, build the index beside the old one and swap it in.

        Raises:
            EmptyCatalogError: Nothing is embedded yet.
        """
        with self._changing:
            self._index = self._built(progress)
            return self._index

    def encode_prompt(self, prompt: str) -> Vector:
        """Return the raw text vector of a free text."""
        vector: Vector = self._text.encode([prompt])[0]
        return vector

    def encode_cover(self, picture: bytes) -> Vector:
        """Return the raw image vector of a picture.

        Raises:
            PictureRefusedError: The bytes are no usable picture.
        """
        vector: Vector = self._image.encode([picture])[0]
        return vector

    def _opened(self) -> CatalogIndex:
        try:
            index = CatalogIndex.open(self._folder)
        except IndexFileError as error:
            log.warning("index unusable, rebuilding reason=%s", error.reason)
            return self._built()
        if index.space.encoders != self._encoders:
            log.warning("index is of other encoders, rebuilding fingerprint=%s", index.fingerprint)
            return self._built()
        index.refresh(self._source)
        return index

    def _built(self, progress: Progress | None = None) -> CatalogIndex:
        space = FusedSpace.fit(
            self._source,
            text=(self._ingestion.text_fingerprint, self._text.dim),
            image=(self._ingestion.image_fingerprint, self._image.dim),
            rng=np.random.default_rng(SPACE_SEED),
        )
        return CatalogIndex.build(self._folder, self._source, space, progress)

    @property
    def _encoders(self) -> tuple[str, str]:
        return self._ingestion.text_fingerprint, self._ingestion.image_fingerprint
