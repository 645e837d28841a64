"""Small invented catalogs of raw vectors."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from recommender.fused_space import FusedSpace
from recommender.index.catalog_index import NO_KEY
from recommender.ports import RawVectors
from recommender.types import Keys, Matrix, TrackKey
from recommender.unit_rows import unit_rows

TEXT_ENCODER = "words@1/plain"
IMAGE_ENCODER = "covers@1/plain"
AUDIO_COLUMNS = 5


@dataclass(frozen=True)
class GivenCatalog:
    """Streams raw vectors that a test made up; strict about which encoders it is asked for."""

    raw: RawVectors
    batch_rows: int = 100

    @property
    def text(self) -> tuple[str, int]:
        return TEXT_ENCODER, self.raw.text.shape[1]

    @property
    def image(self) -> tuple[str, int]:
        return IMAGE_ENCODER, self.raw.image.shape[1]

    def count(self, /) -> int:
        return len(self.raw.keys)

    def batches(
        self, text: tuple[str, int], image: tuple[str, int], /, *, after: TrackKey = NO_KEY
    ) -> Iterator[RawVectors]:
        assert text == self.text
        assert image == self.image
        rows = np.flatnonzero(self.raw.keys > after)
        for start in range(0, len(rows), self.batch_rows):
            yield of_rows(self.raw, rows[start : start + self.batch_rows])

    def with_raw(self, **changes: object) -> "GivenCatalog":
        return replace(self, raw=replace(self.raw, **changes))  # type: ignore[arg-type]

    def only(self, rows: "np.ndarray[tuple[int], np.dtype[np.int64]] | slice") -> "GivenCatalog":
        return replace(self, raw=of_rows(self.raw, np.arange(len(self.raw.keys))[rows]))

    def space(self, *, seed: int = 0) -> FusedSpace:
        return FusedSpace.fit(self, text=self.text, image=self.image, rng=np.random.default_rng(seed))


def of_rows(raw: RawVectors, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> RawVectors:
    return RawVectors(
        keys=raw.keys[rows],
        text=raw.text[rows],
        image=raw.image[rows],
        audio=raw.audio[rows],
        artists=tuple(raw.artists[row] for row in rows),
        popularity=raw.popularity[rows],
        terms=None if raw.terms is None else raw.terms.of_rows(rows.tolist()),
    )


def catalog(
    count: int,
    *,
    seed: int = 0,
    clusters: int = 6,
    text_dim: int = 48,
    image_dim: int = 40,
    artists: int | None = None,
    keys: Keys | None = None,
    noise: float = 0.6,
) -> GivenCatalog:
    """Return tracks in clusters that words, covers and sound agree about; every artist belongs to one cluster."""
    rng = np.random.default_rng(seed)
    by = rng.integers(0, artists or max(1, count // 5), size=count)
    cluster = by % clusters

    def scattered(dim: int) -> Matrix:
        centres = rng.standard_normal((clusters, dim))
        return (centres[cluster] + noise * rng.standard_normal((count, dim))).astype(np.float32)

    return GivenCatalog(
        RawVectors(
            keys=np.arange(1, count + 1) if keys is None else keys,
            text=unit_rows(scattered(text_dim)),
            image=unit_rows(scattered(image_dim)),
            audio=scattered(AUDIO_COLUMNS) * np.float32(20) + np.float32(100),
            artists=tuple(f"artist {number}" for number in by),
            popularity=rng.integers(0, 101, size=count).astype(np.float32),
        )
    )
