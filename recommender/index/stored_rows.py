"""The rows of a generation on disk: one ``.npy`` file per modality, mapped, and small tables about every row."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from recommender.errors import IndexFileError
from recommender.fusion import ArtistCodes, EvidenceTable, Rows
from recommender.ports import RawVectors
from recommender.types import Keys, Matrix, Modality, Vector

Digests = NDArray[np.uint64]
"""Shape (n,): :func:`raw_digests` of each row."""

_TABLES: Final = ("keys", "artists", "evidence", "digests")
_GATHERED_ROWS: Final = 8_192
"""Rows copied out of a mapped file at a time when a filter leaves many."""


@dataclass(frozen=True, eq=False, kw_only=True)
class StoredRows:
    """Fused rows in files, in ascending order of key; a :class:`recommender.fusion.RowPool`."""

    keys: Keys
    artists: ArtistCodes
    evidence: EvidenceTable
    digests: Digests
    columns: Mapping[Modality, Matrix]
    """The mapped sub-vectors of each modality that has columns."""
    slices: Mapping[Modality, slice]

    @classmethod
    def open(cls, folder: Path, slices: Mapping[Modality, slice], *, mode: Literal["r", "r+"] = "r") -> "StoredRows":
        """Map the files of a generation.

        Raises:
            IndexFileError: A file is missing, is no array, or has another shape than the others say.
        """
        try:
            tables = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in _TABLES}
            rows = cls(
                **tables,
                columns={
                    each: _mapped(folder, each, mode) for each, where in slices.items() if where.stop > where.start
                },
                slices=slices,
            )
        except (OSError, ValueError, EOFError) as error:
            raise IndexFileError(str(folder), f"its rows cannot be read ({type(error).__name__})") from error
        count = len(rows.keys)
        shapes = {each: (count, slices[each].stop - slices[each].start) for each in rows.columns}
        if any(rows.columns[each].shape != shape for each, shape in shapes.items()) or any(
            len(table) != count for table in tables.values()
        ):
            raise IndexFileError(str(folder), "its files disagree about how many rows there are")
        return rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.keys)

    def rows(self, modality: Modality, rows: Rows, /) -> Matrix:
        """Return the sub-vectors of these rows, in the order asked."""
        if modality not in self.columns:
            return np.zeros((len(rows), 0), dtype=np.float32)
        return self.columns[modality][rows]

    def vectors(self, rows: Rows) -> Matrix:
        """Return the fused vectors of these rows, in the order asked."""
        vectors = np.zeros((len(rows), max(each.stop for each in self.slices.values())), dtype=np.float32)
        for modality, stored in self.columns.items():
            vectors[:, self.slices[modality]] = stored[rows]
        return vectors

    def scores(self, query: Vector, rows: Rows | None = None) -> Vector:
        """Return inner products with the query, of all rows or of these; columns it does not use are not read."""
        scores = np.zeros(len(self) if rows is None else len(rows), dtype=np.float32)
        for modality, stored in self.columns.items():
            sub = query[self.slices[modality]]
            if not sub.any():
                continue
            if rows is None:
                scores += stored @ sub
                continue
            for start in range(0, len(rows), _GATHERED_ROWS):
                scores[start : start + _GATHERED_ROWS] += stored[rows[start : start + _GATHERED_ROWS]] @ sub
        return scores


class NpyWriter:
    """Appends rows to an ``.npy`` file, so that a matrix of any length is written in flat memory."""

    def __init__(self, path: Path, width: int, dtype: DTypeLike = np.float32) -> None:
        self._file = path.open("wb")
        self._width = width
        self._dtype = np.dtype(dtype)
        self._rows = 0
        self._write_header()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._file:
            # NumPy leaves room in the header for the number of rows to grow, so it is rewritten in place.
            self._file.seek(0)
            self._write_header()

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows at the end."""
        self._file.write(np.ascontiguousarray(rows, dtype=self._dtype).tobytes())
        self._rows += len(rows)

    def _write_header(self) -> None:
        shape = (self._rows, self._width)
        header = {"descr": self._dtype.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)


def write_tables(folder: Path, *, keys: Keys, artists: ArtistCodes, evidence: EvidenceTable, digests: Digests) -> None:
    """Write the small tables of a generation."""
    tables: tuple[NDArray[Any], ...] = (keys, artists, evidence, digests)
    for name, table in zip(_TABLES, tables, strict=True):
        np.save(folder / f"{name}.npy", table, allow_pickle=False)


def raw_digests(raw: RawVectors) -> Digests:
    """Return 64 bits per track that change when anything it is indexed by changes."""
    parts = [np.ascontiguousarray(each, dtype="<f4") for each in (raw.text, raw.image, raw.audio)]
    digests = np.empty(len(raw.keys), dtype=np.uint64)
    for row, artist in enumerate(raw.artists):
        digest = hashlib.blake2b(artist.encode(), digest_size=8)
        for part in parts:
            digest.update(part[row])
        if raw.terms is not None:
            for numbers in raw.terms.row(row):
                digest.update(numbers.astype("<u2").tobytes())
        digests[row] = int.from_bytes(digest.digest(), "little")
    return digests


def column_path(folder: Path, modality: Modality) -> Path:
    """Return where the sub-vectors of a modality lie."""
    return folder / f"{modality.value}.npy"


def _mapped(folder: Path, modality: Modality, mode: Literal["r", "r+"]) -> Matrix:
    path = column_path(folder, modality)
    # A file without rows cannot be mapped.
    matrix: Matrix = np.load(path, mmap_mode=None if _is_empty(path) else mode, allow_pickle=False)
    return matrix.view(np.ndarray)


def _is_empty(path: Path) -> bool:
    with path.open("rb") as file:
        np.lib.format.read_magic(file)
        shape, _, _ = np.lib.format.read_array_header_1_0(file)
    return 0 in shape
