"""The space that tracks are compared in: the unit sub-vectors of the modalities side by side.

What is fitted here is the common direction that all tracks share (centring), the projections of covers and of the
words of lyrics to fewer columns, and the scale of each audio feature. Weights of a mix are put on the query, so one
space serves every mix.
"""

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from recommender.audio_columns import AUDIO_COLUMNS
from recommender.errors import IndexFileError, NothingToGoOnError
from recommender.index.durable import replace_file
from recommender.lyric_space import LyricSpace
from recommender.ports import LyricTerms, RawVectorSource
from recommender.space_fit import Moments, cover_axes
from recommender.types import Matrix, Modality, Vector, Weights
from recommender.unit_rows import unit_rows

MODALITIES: Final = tuple(Modality)
"""The order of the sub-vectors inside a fused vector."""

LYRICS_SHARE: Final = 0.6
"""Of the words that lyrics are made of in a text sub-vector, against their meaning and the description, in a catalog
whose tracks all have lyrics; docs/decisions/0009 says what was measured."""

_FORMAT: Final = "fused-space-2"
_COLLABORATIVE_DIM: Final = 0
"""Columns of the collaborative sub-vector; zero until item factors are trained."""
_MAX_Z: Final = 4.0
"""Standard deviations at which an audio feature is clipped, so that one absurd value does not drown the others."""


@dataclass(frozen=True, eq=False, kw_only=True)
class FusedSpace:
    """Maps raw encoder output to sub-vectors, and sub-vectors to queries.

    Make one with :meth:`fit` or :meth:`load`.
    """

    text: tuple[str, int]
    """Fingerprint and raw columns of the text encoder."""
    image: tuple[str, int]
    """Fingerprint and raw columns of the image encoder."""
    text_mean: Vector
    image_mean: Vector
    term_columns: Vector = field(default_factory=lambda: LyricSpace.empty().columns)
    term_weights: Vector = field(default_factory=lambda: LyricSpace.empty().weights)
    term_axes: Matrix = field(default_factory=lambda: LyricSpace.empty().axes)
    term_mean: Vector = field(default_factory=lambda: LyricSpace.empty().mean)
    """These four as in :class:`recommender.lyric_space.LyricSpace`."""
    lyrics_share: Vector = field(default_factory=lambda: np.zeros(1, dtype=np.float32))
    """Shape (1,): :data:`LYRICS_SHARE` times the share of the tracks that have lyrics; 0 without columns for them."""
    image_axes: Matrix
    """Shape (raw image columns, image columns), orthonormal columns."""
    audio_mean: Vector
    audio_scale: Vector

    @classmethod
    def fit(
        cls, source: RawVectorSource, *, text: tuple[str, int], image: tuple[str, int], rng: np.random.Generator
    ) -> "FusedSpace":
        """Fit a space to a catalog in one pass; memory does not grow with the number of tracks.

        Args:
            source: Streams the raw vectors.
            text: Fingerprint and columns of the text encoder.
            image: Fingerprint and columns of the image encoder.
            rng: Draws the projection of covers where there are too few to fit one.

        Returns:
            A space that also serves tracks which come later. An empty catalog gives one that only normalises.
        """
        moments = Moments(text_dim=text[1], image_dim=image[1])
        for batch in source.batches(text, image):
            moments.add(batch)
        lyrics = moments.lyrics.fitted()
        with_lyrics = moments.lyrics.count / max(moments.text.count, 1) if lyrics.dim else 0.0
        audio_mean, audio_scale = moments.audio.mean_and_scale(len(AUDIO_COLUMNS))
        return cls(
            text=text,
            image=image,
            text_mean=moments.text.shrunk_mean(),
            image_mean=moments.image.shrunk_mean(),
            term_columns=lyrics.columns,
            term_weights=lyrics.weights,
            term_axes=lyrics.axes,
            term_mean=lyrics.mean,
            lyrics_share=np.asarray([LYRICS_SHARE * min(with_lyrics, 1.0)], dtype=np.float32),
            image_axes=cover_axes(moments.image, rng),
            audio_mean=audio_mean,
            audio_scale=audio_scale,
        )

    @cached_property
    def dims(self) -> dict[Modality, int]:
        """Columns of each modality's sub-vector."""
        return {
            Modality.TEXT: self.text[1] + self._lyrics.dim,
            Modality.IMAGE: self.image_axes.shape[1],
            Modality.AUDIO: len(self.audio_mean),
            Modality.COLLABORATIVE: _COLLABORATIVE_DIM,
        }

    @cached_property
    def slices(self) -> dict[Modality, slice]:
        """Where each modality's sub-vector lies inside a fused vector."""
        ends = np.cumsum([self.dims[modality] for modality in MODALITIES]).tolist()
        starts = [0, *ends[:-1]]
        return {each: slice(start, end) for each, start, end in zip(MODALITIES, starts, ends, strict=True)}

    @cached_property
    def dim(self) -> int:
        """Columns of a fused vector."""
        return sum(self.dims.values())

    @cached_property
    def fingerprint(self) -> str:
        """Names this space: it covers the encoders and every fitted number."""
        digest = hashlib.sha256(f"{_FORMAT}|{self.text}|{self.image}".encode())
        for array in self._arrays().values():
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array, dtype="<f4").tobytes())
        return digest.hexdigest()[:16]

    def sub_vectors(self, modality: Modality, raw: Matrix, terms: LyricTerms | None = None) -> Matrix:
        """Return the sub-vectors of raw encoder rows.

        Args:
            modality: What the rows are of.
            raw: Shape (n, raw columns). A zero row, or one with a NaN in text or image, says that there is nothing.
                In audio a NaN says that one feature is unknown.
            terms: Of text alone: the words of each row's lyrics.

        Returns:
            Shape (n, ``dims[modality]``). Unit rows, and zero rows where there is nothing. An audio row of which a
            share *s* of the features is known has length sqrt(s), and so has a text row without lyrics, of which the
            share ``1 - lyrics_share`` is known: what is unknown counts neither for nor against.

        Raises:
            ValueError: Another number of columns than this space was fitted on.
        """
        self._check_width(modality, raw)
        if modality is Modality.TEXT:
            return self._text(_centred(raw, self.text_mean), terms)
        if modality is Modality.IMAGE:
            return _centred(raw, self.image_mean, self.image_axes)
        if modality is Modality.AUDIO:
            return self._audio(raw)
        return np.zeros((len(raw), _COLLABORATIVE_DIM), dtype=np.float32)

    def query(self, subs: Mapping[Modality, Vector], weights: Weights) -> Vector:
        """Return the query whose inner product with a stored vector is the weighted sum of cosines.

        Args:
            subs: A sub-vector per modality that the seed has; brought to unit length here. A zero one counts as absent.
                Text without lyrics, as a prompt is, is made longer, so that its cosine with what was read of a track
                counts whole, whether that has lyrics or not.
            weights: Taken in proportion, over the modalities that are there.

        Returns:
            Shape (dim,); the lengths of its sub-vectors add up to 1, but for text without lyrics.

        Raises:
            NothingToGoOnError: No modality has both a sub-vector and a weight.
            ValueError: A sub-vector has another width.
        """
        present = {
            modality: sub
            for modality, sub in subs.items()
            if weights.of(modality) > 0 and np.isfinite(sub).all() and np.any(sub)
        }
        if not present:
            raise NothingToGoOnError(
                "The seed has nothing of what these suggestions should go by. Try `by: everything`."
            )
        total = sum(weights.of(modality) for modality in present)
        vector = np.zeros(self.dim, dtype=np.float32)
        for modality, sub in present.items():
            if sub.shape != (self.dims[modality],):
                message = f"a {modality} sub-vector has {self.dims[modality]} columns, not shape {sub.shape}"
                raise ValueError(message)
            length = np.linalg.norm(sub)
            if modality is Modality.TEXT and not sub[self.text[1] :].any():
                length *= np.sqrt(1 - self.lyrics_share[0])
            vector[self.slices[modality]] = weights.of(modality) / total * (sub / length)
        return vector

    def parts(self, query: Vector, vectors: Matrix) -> dict[Modality, Vector]:
        """Split inner products by modality.

        Args:
            query: Shape (dim,).
            vectors: Shape (n, dim), fused vectors.

        Returns:
            Shape (n,) per modality; they add up to ``vectors @ query``.
        """
        return {modality: vectors[:, columns] @ query[columns] for modality, columns in self.slices.items()}

    def save(self, path: Path) -> None:
        """Write the space to an ``.npz`` file; a crash leaves the old file or the new one."""
        encoders = np.asarray([_FORMAT, self.text[0], str(self.text[1]), self.image[0], str(self.image[1])])
        arrays: dict[str, Any] = {"encoders": encoders, "fingerprint": np.asarray(self.fingerprint), **self._arrays()}
        replace_file(path, lambda file: np.savez(file, **arrays))

    @classmethod
    def load(cls, path: Path) -> "FusedSpace":
        """Read a space back.

        Raises:
            IndexFileError: The file is missing, torn, or of another format.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                form, text, text_dim, image, image_dim = stored["encoders"].tolist()
                arrays = {name: stored[name] for name in _array_names()}
                expected = str(stored["fingerprint"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise IndexFileError(str(path), f"the space cannot be read ({type(error).__name__})") from error
        if form != _FORMAT:
            raise IndexFileError(str(path), f"its format is {form}")
        space = cls(text=(text, int(text_dim)), image=(image, int(image_dim)), **arrays)
        if space.fingerprint != expected:
            raise IndexFileError(str(path), "its numbers are not the ones that were saved")
        return space

    def _arrays(self) -> dict[str, Vector | Matrix]:
        return {name: getattr(self, name) for name in _array_names()}

    @cached_property
    def _lyrics(self) -> LyricSpace:
        return LyricSpace(
            columns=self.term_columns, weights=self.term_weights, axes=self.term_axes, mean=self.term_mean
        )

    def _text(self, read: Matrix, terms: LyricTerms | None) -> Matrix:
        """Return what was read, and the words of lyrics beside it."""
        rows = np.zeros((len(read), self.dims[Modality.TEXT]), dtype=np.float32)
        rows[:, : self.text[1]] = np.sqrt(1 - self.lyrics_share) * read
        if terms is not None:
            rows[:, self.text[1] :] = np.sqrt(self.lyrics_share) * self._lyrics.rows(terms)
        return rows

    def _audio(self, raw: Matrix) -> Matrix:
        known = np.isfinite(raw)
        z = np.where(known, (np.where(known, raw, 0) - self.audio_mean) / self.audio_scale, 0)
        share = known.mean(axis=1, keepdims=True) if raw.shape[1] else np.zeros((len(raw), 1))
        return unit_rows(np.clip(z, -_MAX_Z, _MAX_Z)) * np.sqrt(share, dtype=np.float32)

    def _check_width(self, modality: Modality, raw: Matrix) -> None:
        widths = {
            Modality.TEXT: self.text[1],
            Modality.IMAGE: self.image[1],
            Modality.AUDIO: len(self.audio_mean),
            Modality.COLLABORATIVE: _COLLABORATIVE_DIM,
        }
        if raw.ndim != 2 or raw.shape[1] != widths[modality]:  # noqa: PLR2004 -- a matrix
            message = f"raw {modality} rows have {widths[modality]} columns, not shape {raw.shape}"
            raise ValueError(message)


def _centred(raw: Matrix, mean: Vector, axes: Matrix | None = None) -> Matrix:
    rows = unit_rows(raw)
    present = rows.any(axis=1, keepdims=True)
    moved = np.where(present, rows - mean, 0)
    return unit_rows(moved if axes is None else moved @ axes)


def _array_names() -> Iterator[str]:
    return (each.name for each in fields(FusedSpace) if each.name not in {"text", "image"})
