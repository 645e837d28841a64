"""Vectors of pictures that need no training, and those of image encoders.

Each is a :class:`recommender.evaluation.cover_task.CoverMethod`.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np

from recommender.audio_columns import AUDIO_COLUMNS
from recommender.encoders.pictures import pixels_of
from recommender.evaluation.cover_task import CoverMethod, as_described, centred
from recommender.fused_space import FusedSpace
from recommender.ports import ImageEncoder, RawVectors
from recommender.types import Matrix, Modality, TrackKey
from recommender.unit_rows import unit_rows

SIDE: Final = 128
"""Pixels at which colours and edges are counted."""
HUES: Final = 12
SATURATIONS: Final = 4
BRIGHTNESSES: Final = 4
ORIENTATIONS: Final = 9
CELL: Final = 16
"""Pixels; eight cells to a side."""
BLOCK: Final = 2
"""Cells to the side of what is brought to one contrast."""
_RANDOM_COLUMNS: Final = 32
_NO_WORDS: Final = ("no words", 1)
_NO_KEY: Final = TrackKey(0)
_SPACE_SEED: Final = 0


def random_rows(pictures: Sequence[bytes], rng: np.random.Generator) -> Matrix:
    """Return rows that say nothing."""
    return rng.standard_normal((len(pictures), _RANDOM_COLUMNS)).astype(np.float32)


def colour_histograms(pictures: Sequence[bytes], _rng: np.random.Generator) -> Matrix:
    """Return the roots of the shares of hues, saturations and brightnesses, shape (pictures, 12 x 4 x 4).

    Source:
        Swain and Ballard, IJCV 1991, doi:10.1007/BF00130487; the roots make the product the Bhattacharyya coefficient.
    """
    return np.stack([_colours(pixels_of(picture, SIDE)) for picture in pictures])


def edge_histograms(pictures: Sequence[bytes], _rng: np.random.Generator) -> Matrix:
    """Return histograms of oriented gradients, shape (pictures, 7 x 7 x 2 x 2 x 9).

    Source:
        Dalal and Triggs, CVPR 2005, doi:10.1109/CVPR.2005.177.
    """
    from skimage.feature import hog

    rows = [
        hog(
            pixels_of(picture, SIDE).mean(axis=2),
            orientations=ORIENTATIONS,
            pixels_per_cell=(CELL, CELL),
            cells_per_block=(BLOCK, BLOCK),
            block_norm="L2-Hys",
        )
        for picture in pictures
    ]
    return np.asarray(rows, dtype=np.float32)


def colours_and_edges(pictures: Sequence[bytes], rng: np.random.Generator) -> Matrix:
    """Return both side by side, each of length one."""
    return np.concatenate(
        [unit_rows(colour_histograms(pictures, rng)), unit_rows(edge_histograms(pictures, rng))], axis=1
    )


COVER_BASELINES: Final[Mapping[str, CoverMethod]] = MappingProxyType(
    {
        "random": CoverMethod(describe=random_rows, fit=as_described),
        # Centred, because what all pictures share hides what they differ in; HOG gains most by it.
        "histogram": CoverMethod(describe=colour_histograms, fit=centred),
        "hog": CoverMethod(describe=edge_histograms, fit=centred),
        "histogram+hog": CoverMethod(describe=colours_and_edges, fit=centred),
    }
)


class Encoded:
    """Describes pictures with an encoder; what was described before is remembered, so that methods can share it."""

    def __init__(self, encoder: ImageEncoder) -> None:
        self.encoder = encoder
        self._rows: dict[bytes, Matrix] = {}

    def __call__(self, pictures: Sequence[bytes], _rng: np.random.Generator) -> Matrix:
        """Return the encoder's rows, shape (pictures, ``encoder.dim``).

        Raises:
            EncoderUnavailableError: The weights are not on this machine.
            WeightsCorruptError: The weights are not the ones we know.
        """
        sums = [hashlib.blake2b(picture, digest_size=16).digest() for picture in pictures]
        fresh = {each: picture for each, picture in zip(sums, pictures, strict=True) if each not in self._rows}
        self._rows.update(zip(fresh, self.encoder.encode(list(fresh.values())), strict=True))
        return np.stack([self._rows[each] for each in sums])


def raw(encoded: Encoded) -> CoverMethod:
    """Return an encoder's vectors as they are."""
    return CoverMethod(describe=encoded, fit=as_described)


def served(encoded: Encoded) -> CoverMethod:
    """Return an encoder's vectors as the bot compares them: centred and projected by the fused space."""
    image = (encoded.encoder.fingerprint, encoded.encoder.dim)

    def fit(rows: Matrix) -> Callable[[Matrix], Matrix]:
        space = FusedSpace.fit(_Albums(rows), text=_NO_WORDS, image=image, rng=np.random.default_rng(_SPACE_SEED))
        return lambda each: space.sub_vectors(Modality.IMAGE, each)

    return CoverMethod(describe=encoded, fit=fit)


class _Albums:
    """Covers as a catalog that a space is fitted to."""

    def __init__(self, rows: Matrix) -> None:
        self._rows = rows

    def count(self, /) -> int:
        return len(self._rows)

    def batches(
        self,
        text: tuple[str, int],
        _image: tuple[str, int],
        /,
        *,
        after: TrackKey = _NO_KEY,  # noqa: ARG002 -- read once
    ) -> Iterator[RawVectors]:
        albums = len(self._rows)
        yield RawVectors(
            keys=np.arange(1, albums + 1),
            text=np.zeros((albums, text[1]), dtype=np.float32),
            image=self._rows,
            audio=np.full((albums, len(AUDIO_COLUMNS)), np.nan, dtype=np.float32),
            artists=("",) * albums,
            popularity=np.full(albums, np.nan, dtype=np.float32),
        )


def _colours(pixels: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> Matrix:
    from PIL import Image

    steps = np.asarray([HUES, SATURATIONS, BRIGHTNESSES])
    hsv = np.asarray(Image.fromarray(pixels).convert("HSV"), dtype=np.int64).reshape(-1, 3)
    bins = np.ravel_multi_index(tuple((hsv * steps // 256).T), tuple(steps))
    return np.sqrt(np.bincount(bins, minlength=int(steps.prod())) / len(hsv)).astype(np.float32)
