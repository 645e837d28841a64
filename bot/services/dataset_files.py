"""Dataset files as rows: CSV (plain, gzip, zip) and Parquet, read in a stream whatever their size.

The kind is told by the first bytes, not by the name. Nothing here knows what a column means.
"""

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from bot.errors import DatasetFileError

DELIMITERS = (",", ";", "\t", "|")
LARGEST_FIELD = 4 * 2**20
"""Characters; a quote that is never closed would otherwise swallow the file."""
HEADER_CHARACTERS = 256 * 1024
PARQUET_BATCH = 2_000
"""Rows decoded at a time: lyrics columns make rows of several kilobytes."""
_CP1252_WHERE_NOT_UTF8 = "cratedigger.cp1252"


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a dataset file."""

    number: int
    """0 for the first record after the header; the same at every reading of the same file."""
    values: Sequence[object]
    """In the order of the columns; text from CSV, native values from Parquet."""
    problem: str | None = None
    """Why the record cannot be used, for people."""


class DatasetFile(Protocol):
    """A table in a file."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names in the header."""
        ...

    @property
    def fraction_read(self) -> float:
        """How far the reading in progress is, 0 to 1."""
        ...

    def rows(self, start: int = 0, /, *, only: Sequence[int] | None = None) -> Generator[Row, None, None]:
        """Yield the records from number ``start`` on.

        Args:
            start: The number of the first record wanted.
            only: Positions of columns; the values of others may come as None. None means all.

        Raises:
            DatasetFileError: The file is torn; the rows before the tear were yielded.
        """
        ...


def open_dataset(path: Path) -> DatasetFile:
    """Open a dataset file and read its header.

    Raises:
        DatasetFileError: There is no such file, it is empty, or it is no table that we read.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(4)
        return ParquetTable(path) if magic == b"PAR1" else TextTable(path)
    except OSError as error:
        raise DatasetFileError(path.name, error.strerror or "it cannot be opened") from error


class TextTable:
    """A CSV file, also within gzip or zip; UTF-8, UTF-16 with a mark, or Windows-1252; the delimiter is found."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = max(path.stat().st_size, 1)
        self._read = 0
        self._delimiter, self._columns = self._header()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names in the header."""
        return self._columns

    @property
    def fraction_read(self) -> float:
        """How far the reading in progress is, 0 to 1."""
        return min(self._read / self._size, 1.0)

    def rows(self, start: int = 0, /, *, only: Sequence[int] | None = None) -> Generator[Row, None, None]:  # noqa: ARG002
        """Yield the records from number ``start`` on; see :class:`DatasetFile`."""
        csv.field_size_limit(LARGEST_FIELD)
        try:
            with ExitStack() as stack:
                file = stack.enter_context(self._path.open("rb"))
                lines = csv.reader(self._text(file, stack), delimiter=self._delimiter)
                next(lines)
                for row in _numbered(lines, len(self._columns)):
                    self._read = file.tell()
                    if row.number >= start:
                        yield row
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise DatasetFileError(self._path.name, f"it is torn or damaged ({error})") from error

    def _header(self) -> tuple[str, tuple[str, ...]]:
        csv.field_size_limit(LARGEST_FIELD)
        try:
            with ExitStack() as stack:
                file = stack.enter_context(self._path.open("rb"))
                sample = _beginning(self._text(file, stack))
            headers = {each: _first_record(sample, each) for each in DELIMITERS}
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, csv.Error) as error:
            raise DatasetFileError(self._path.name, f"it is no CSV or Parquet file ({error})") from error
        delimiter = max(DELIMITERS, key=lambda each: len(headers[each]))
        if not any(headers[delimiter]) or "\0" in sample[:1024]:
            raise DatasetFileError(self._path.name, "it is empty, or no CSV or Parquet file")
        return delimiter, headers[delimiter]

    def _text(self, file: io.BufferedReader, stack: ExitStack) -> io.TextIOWrapper:
        stream = _uncompressed(file, self._path, stack)
        codecs.register_error(_CP1252_WHERE_NOT_UTF8, _read_as_cp1252)
        # No further buffer in between: one would lose what stands in it when the file turns out to be torn.
        utf16 = stream.peek(2)[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
        text = io.TextIOWrapper(
            stream,
            encoding="utf-16" if utf16 else "utf-8-sig",
            errors="replace" if utf16 else _CP1252_WHERE_NOT_UTF8,
            newline="",
        )
        return stack.enter_context(text)


class ParquetTable:
    """A Parquet file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        with ExitStack() as stack:
            table = self._open(stack)
            self._columns = tuple(str(name) for name in table.schema_arrow.names)
            self._rows = int(table.metadata.num_rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the top-level columns."""
        return self._columns

    @property
    def fraction_read(self) -> float:
        """How far the reading in progress is, 0 to 1."""
        return min(self._read / self._rows, 1.0) if self._rows else 1.0

    def rows(self, start: int = 0, /, *, only: Sequence[int] | None = None) -> Generator[Row, None, None]:
        """Yield the records from number ``start`` on; see :class:`DatasetFile`."""
        import pyarrow

        wanted = range(len(self._columns)) if only is None else only
        names = [self._columns[position] for position in wanted]
        nothing = [None] * len(self._columns)
        try:
            with ExitStack() as stack:
                first = 0
                for batch in self._open(stack).iter_batches(batch_size=PARQUET_BATCH, columns=names):
                    if first + batch.num_rows > start:
                        lists = [batch.column(name).to_pylist() for name in names]
                        for offset, values in enumerate(zip(*lists, strict=True)):
                            if first + offset >= start:
                                self._read = first + offset + 1
                                yield Row(first + offset, _placed(values, wanted, nothing))
                    first += batch.num_rows
        except (OSError, pyarrow.ArrowException) as error:
            raise DatasetFileError(self._path.name, f"it is torn or damaged ({error})") from error

    def _open(self, stack: ExitStack) -> Any:
        import pyarrow
        from pyarrow import parquet

        try:
            return stack.enter_context(parquet.ParquetFile(self._path))
        except (OSError, pyarrow.ArrowException) as error:
            raise DatasetFileError(self._path.name, f"it is torn or damaged ({error})") from error


def _placed(values: Sequence[object], positions: Sequence[int], nothing: list[None]) -> Sequence[object]:
    if len(values) == len(nothing):
        return values
    placed: list[object] = list(nothing)
    for position, value in zip(positions, values, strict=True):
        placed[position] = value
    return placed


def _numbered(lines: Iterator[list[str]], width: int) -> Iterator[Row]:
    """Number the records; blank lines are none, and one that cannot be parsed is one with a problem."""
    number = 0
    while True:
        try:
            values = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(number, (), f"not readable as CSV: {error}")
            number += 1
            continue
        if not values:
            continue
        problem = None
        if len(values) > width and not any(values[width:]):
            values = values[:width]
        if len(values) != width:
            problem = f"{len(values)} {'field' if len(values) == 1 else 'fields'} where the header has {width}"
        yield Row(number, values, problem)
        number += 1


def _beginning(text: io.TextIOWrapper) -> str:
    """Return the first characters; of a torn file those before the tear."""
    sample = ""
    try:
        while len(sample) < HEADER_CHARACTERS and (more := text.read(8_192)):
            sample += more
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
        if not sample:
            raise
    return sample


def _first_record(sample: str, delimiter: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in next(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), []))


def _uncompressed(file: io.BufferedReader, path: Path, stack: ExitStack) -> Any:
    magic = file.read(4)
    file.seek(0)
    if magic[:2] == b"\x1f\x8b":
        return stack.enter_context(gzip.GzipFile(fileobj=file))
    if magic == b"PK\x03\x04":
        archive = stack.enter_context(zipfile.ZipFile(file))
        return stack.enter_context(archive.open(_only_table(archive, path)))
    return file


def _only_table(archive: zipfile.ZipFile, path: Path) -> str:
    names = [
        name
        for name in archive.namelist()
        if PurePosixPath(name).suffix.lower() in {".csv", ".tsv", ".txt"} and not name.startswith("__MACOSX/")
    ]
    tables = [name for name in names if PurePosixPath(name).suffix.lower() != ".txt"] or names
    if len(tables) != 1:
        inside = ", ".join(tables[:5]) or "none"
        raise DatasetFileError(path.name, f"the archive must hold exactly one CSV file; it holds: {inside}")
    return tables[0]


def _read_as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Read what is no UTF-8 as Windows-1252, and its five gaps as Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    try:
        return wrong.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return wrong.decode("latin-1"), error.end
