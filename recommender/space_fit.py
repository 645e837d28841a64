"""What is measured of a catalog before its tracks are put side by side: means, scales and the axes of covers."""

import hashlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.lyric_space import LyricMoments
from recommender.ports import RawVectors
from recommender.types import Matrix, Vector
from recommender.unit_rows import unit_rows

IMAGE_COLUMNS: Final = 256
"""Columns that a cover keeps. The recall of docs/decisions/0002 was measured at this width."""
ENOUGH_COVERS: Final = 500
"""Distinct covers from which on principal axes are fitted; fewer would describe these covers and not the next ones.
Measured on 2,500 covers that the axes were not fitted to, same theme among ten: .285 by random directions, .289 by axes
of 300 covers, .288 by axes of 500 to 2,000."""

_CENTRING_PRIOR: Final = 10.0
"""Tracks' worth of belief that the mean is zero: a catalog of one track must not be centred to nothing."""
_SMALLEST_SHARE: Final = 1e-6
"""Of the mean square: an audio feature that varies less is constant but for rounding."""


class UnitRowMoments:
    """Sums over unit rows of one modality; zero rows are not counted."""

    def __init__(self, dim: int) -> None:
        self.count = 0
        self.total: NDArray[np.float64] = np.zeros(dim)

    def add(self, rows: Matrix) -> Matrix:
        """Count unit rows in; return those that were counted."""
        counted = rows[rows.any(axis=1)]
        self.count += len(counted)
        self.total += counted.sum(axis=0, dtype=np.float64)
        return counted

    def shrunk_mean(self) -> Vector:
        """Return the mean, drawn towards zero while there are few rows."""
        return (self.total / (self.count + _CENTRING_PRIOR)).astype(np.float32)


class CoverMoments(UnitRowMoments):
    """Sums over distinct covers: the tracks of an album share one, which counts once."""

    def __init__(self, dim: int) -> None:
        super().__init__(dim)
        self.squares: NDArray[np.float64] = np.zeros((dim, dim))
        self._seen: set[bytes] = set()

    def add(self, rows: Matrix) -> Matrix:
        """Count the covers in that were not seen before; return those."""
        fresh = np.asarray([self._is_new(row) for row in rows], dtype=bool)
        counted = super().add(rows[fresh] if len(rows) else rows)
        self.squares += counted.T @ counted
        return counted

    def _is_new(self, row: Vector) -> bool:
        digest = hashlib.blake2b(row.tobytes(), digest_size=8).digest()
        is_new = digest not in self._seen
        self._seen.add(digest)
        return is_new


class AudioMoments:
    """Sums over the audio features that are known, each by itself."""

    def __init__(self) -> None:
        self._sums: NDArray[np.float64] | None = None

    def add(self, rows: Matrix) -> None:
        """Count raw rows in; NaN is not counted."""
        known = np.isfinite(rows)
        values = np.where(known, rows, 0).astype(np.float64)
        sums = np.stack([known.sum(axis=0), values.sum(axis=0), np.square(values).sum(axis=0)])
        self._sums = sums if self._sums is None else self._sums + sums

    def mean_and_scale(self, default_columns: int) -> tuple[Vector, Vector]:
        """Return the mean and the standard deviation of each feature; 0 and 1 where nothing is known.

        Args:
            default_columns: Columns to assume when no row was ever counted.
        """
        counts, totals, squares = self._sums if self._sums is not None else np.zeros((3, default_columns))
        safe = np.maximum(counts, 1)
        mean = totals / safe
        variance = squares / safe - np.square(mean)
        varies = variance > _SMALLEST_SHARE * squares / safe
        scale = np.sqrt(np.where(varies, variance, 1.0))
        return mean.astype(np.float32), scale.astype(np.float32)


class Moments:
    """All that one pass over a catalog measures."""

    def __init__(self, *, text_dim: int, image_dim: int) -> None:
        self.text = UnitRowMoments(text_dim)
        self.image = CoverMoments(image_dim)
        self.lyrics = LyricMoments()
        self.audio = AudioMoments()

    def add(self, batch: RawVectors) -> None:
        """Count a batch in."""
        self.text.add(unit_rows(batch.text))
        self.image.add(unit_rows(batch.image))
        self.lyrics.add(batch.terms)
        self.audio.add(batch.audio)


def cover_axes(covers: CoverMoments, rng: np.random.Generator) -> Matrix:
    """Return orthonormal columns that covers are projected on.

    Principal axes once there are :data:`ENOUGH_COVERS`; before that random directions, which keep cosines within a few
    hundredths and fit whatever comes. Covers that are narrow already are left as they are.

    Source:
        Johnson and Lindenstrauss, Contemporary Mathematics 26 (1984), pp. 189-206, for the random directions.
    """
    dim = len(covers.total)
    if dim <= IMAGE_COLUMNS:
        return np.eye(dim, dtype=np.float32)
    if covers.count < ENOUGH_COVERS:
        directions, _ = np.linalg.qr(rng.standard_normal((dim, IMAGE_COLUMNS)))
        return np.ascontiguousarray(directions, dtype=np.float32)
    mean = covers.total / covers.count
    _, axes = np.linalg.eigh(covers.squares / covers.count - np.outer(mean, mean))
    widest_first = axes[:, : -IMAGE_COLUMNS - 1 : -1]
    # An axis and its opposite are equally principal; the largest entry being positive makes the choice repeatable.
    largest = np.abs(widest_first).argmax(axis=0)
    signs = np.sign(widest_first[largest, np.arange(IMAGE_COLUMNS)])
    return np.ascontiguousarray(widest_first * signs, dtype=np.float32)
