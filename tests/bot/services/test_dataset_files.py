import csv
import gzip
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from bot.errors import DatasetFileError
from bot.services.dataset_files import Row, open_dataset

HEADER = ["title", "artist", "lyrics"]
ROWS = [["Paper Lanterns", "Ilse Varga", "one,\ntwo"], ["Grüße aus Ærø", "Łukasz", ""], ["Ночь", "Анна", 'a "word"']]


def write_csv(path: Path, *, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([HEADER, *ROWS])
    return path


def rows_of(path: Path, start: int = 0) -> list[Row]:
    return list(open_dataset(path).rows(start))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiter_and_encoding_are_found(tmp_path: Path, delimiter: str, encoding: str) -> None:
    path = write_csv(tmp_path / "songs.csv", delimiter=delimiter, encoding=encoding)

    file = open_dataset(path)

    assert file.columns == tuple(HEADER)
    assert [row.values for row in file.rows()] == ROWS
    assert file.fraction_read == 1.0


def test_windows_letters_are_read_and_its_gaps_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "songs.csv"
    path.write_bytes(
        "title,artist\nCafé “Noir”,Beyoncé\n".encode("cp1252") + b"gap \x81,Tom\n" + "ünicode,x\n".encode()
    )

    assert [row.values for row in rows_of(path)] == [["Café “Noir”", "Beyoncé"], ["gap \x81", "Tom"], ["ünicode", "x"]]


def test_compressed_files_are_told_by_their_first_bytes(tmp_path: Path) -> None:
    plain = write_csv(tmp_path / "songs.csv").read_bytes()
    packed = tmp_path / "songs.data"
    packed.write_bytes(gzip.compress(plain))
    archive = tmp_path / "songs.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("__MACOSX/._songs.csv", "junk")
        file.writestr("readme.txt", "hello")
        file.writestr("folder/songs.csv", plain)

    assert [row.values for row in rows_of(packed)] == ROWS
    assert [row.values for row in rows_of(archive)] == ROWS


def test_an_archive_with_two_tables_is_refused_by_their_names(tmp_path: Path) -> None:
    archive = tmp_path / "songs.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.csv", "title,artist\n")
        file.writestr("b.csv", "title,artist\n")

    with pytest.raises(DatasetFileError, match=r"exactly one CSV file; it holds: a\.csv, b\.csv"):
        open_dataset(archive)


def test_parquet_gives_native_values(tmp_path: Path) -> None:
    path = tmp_path / "songs.parquet"
    table = pa.table({"title": ["A", "B", "C"], "artists": [["X", "Y"], None, []], "year": [1999, None, 2001]})
    parquet.write_table(table, path)

    file = open_dataset(path)

    assert file.columns == ("title", "artists", "year")
    assert [tuple(row.values) for row in file.rows()] == [("A", ["X", "Y"], 1999), ("B", None, None), ("C", [], 2001)]
    assert [row.number for row in file.rows(1)] == [1, 2]
    assert [tuple(row.values) for row in file.rows(2, only=[2])] == [(None, None, 2001)]
    assert file.fraction_read == 1.0


def test_an_empty_parquet_file_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "songs.parquet"
    parquet.write_table(pa.table({"title": pa.array([], pa.string())}), path)

    assert list(open_dataset(path).rows()) == []
    assert open_dataset(path).fraction_read == 1.0


def test_reading_starts_where_it_is_told_and_numbers_stay(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "songs.csv")

    assert [(row.number, row.values) for row in rows_of(path, 1)] == [(1, ROWS[1]), (2, ROWS[2])]


def test_rows_of_another_width_are_problems_and_blank_lines_are_none(tmp_path: Path) -> None:
    path = tmp_path / "songs.csv"
    path.write_text("title,artist\nA,B\n\nonly one\nA,B,C\nA,B,,\n")

    rows = rows_of(path)

    assert [row.problem for row in rows] == [
        None,
        "1 field where the header has 2",
        "3 fields where the header has 2",
        None,
    ]
    assert [row.number for row in rows] == [0, 1, 2, 3]
    assert list(rows[3].values) == ["A", "B"]


def test_a_quote_that_never_closes_is_a_problem_of_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.services.dataset_files.LARGEST_FIELD", 200)
    path = tmp_path / "songs.csv"
    path.write_text('title,artist\nA,B\nC,"D\n' + "E,F\n" * 100)

    rows = rows_of(path)

    assert rows[0].values == ["A", "B"]
    assert any(row.problem is not None and "not readable as CSV" in row.problem for row in rows)


@pytest.mark.parametrize("content", [b"", b"\n", b"\x00\x01\x02\x03\x00\x00" * 50])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "songs.csv"
    path.write_bytes(content)

    with pytest.raises(DatasetFileError, match=r"songs\.csv cannot be imported: it is empty, or no CSV"):
        open_dataset(path)


@pytest.mark.parametrize("content", [b"PAR1 and then nothing", b"PK\x03\x04 and then nothing", b"\x1f\x8b\x08 nothing"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "songs.data"
    path.write_bytes(content)

    with pytest.raises(DatasetFileError, match=r"songs\.data cannot be imported"):
        open_dataset(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetFileError, match="No such file"):
        open_dataset(tmp_path / "none.csv")


def test_what_stands_before_a_tear_is_given(tmp_path: Path) -> None:
    path = tmp_path / "songs.csv.gz"
    lines = "title,artist\n" + "".join(f"Song {number * 7919 % 99991},Singer\n" for number in range(200_000))
    path.write_bytes(gzip.compress(lines.encode())[:300_000])

    given: list[Row] = []
    with pytest.raises(DatasetFileError, match="torn or damaged"):
        given.extend(open_dataset(path).rows())
