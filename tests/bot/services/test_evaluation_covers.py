"""Promises of covers as they lie about: folders, archives and tables, with what is wrong in them."""

import csv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.errors import DatasetFileError
from bot.services.evaluation_covers import measure_covers, open_covers
from recommender.encoders.pictures import LARGEST_FILE
from recommender.encoders.registry import image_encoder
from recommender.evaluation.cover_dataset import Cover, cover_dataset
from recommender.evaluation.cover_task import CoverRow
from recommender.ports import ImageEncoder
from tests.recommender.encoders.drawings import PATTERNS, as_file, drawn

DRAWINGS = [as_file(drawn(pattern).resize((96, 96))) for pattern in range(PATTERNS)]
GENRES = ["rock", "jazz"] * (PATTERNS // 2)


@pytest.fixture(scope="module")
def lite0(models: Path) -> ImageEncoder:
    return image_encoder("efficientnet-lite0", models)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four pictures of each of two genres."""
    root = tmp_path / "covers"
    for number, (genre, picture) in enumerate(zip(GENRES, DRAWINGS, strict=True)):
        (root / genre).mkdir(parents=True, exist_ok=True)
        (root / genre / f"{number}.png").write_bytes(picture)
    return root


def table(path: Path, header: Sequence[str], *rows: Sequence[str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def zipped(folder: Path, archive: Path, *, within: str = "") -> Path:
    with zipfile.ZipFile(archive, "w") as out:
        for path in sorted(folder.rglob("*")):
            out.write(path, f"{within}{path.relative_to(folder)}")
    return archive


def given(source: Path) -> list[Cover]:
    with open_covers(source) as covers:
        return list(covers)


def test_a_folder_has_a_folder_for_each_genre(folder: Path) -> None:
    (folder / "jazz" / "live" / "1959").mkdir(parents=True)
    (folder / "jazz" / "live" / "1959" / "deep.png").write_bytes(as_file(drawn(0)))
    (folder / ".thumbnails").mkdir()
    (folder / ".thumbnails" / "x.png").write_bytes(b"")
    (folder / "rock" / ".DS_Store").write_bytes(b"")

    covers = given(folder)

    assert [(each.genre, each.name) for each in covers] == [
        *(("jazz", f"jazz/{number}.png") for number in (1, 3, 5, 7)),
        ("jazz", "jazz/deep.png"),
        *(("rock", f"rock/{number}.png") for number in (0, 2, 4, 6)),
    ]
    assert covers[0].read() == DRAWINGS[1]
    assert all(each.problem is None for each in covers)


def test_pictures_outside_a_genres_folder_are_told(folder: Path) -> None:
    (folder / "stray.png").write_bytes(DRAWINGS[0])

    (stray,) = [each for each in given(folder) if each.problem is not None]

    assert (stray.name, stray.problem) == ("stray.png", "in no genre's folder")


@pytest.mark.parametrize("within", ["", "covers/", "download/covers/"])
def test_an_archive_is_read_as_a_folder_however_it_was_packed(folder: Path, tmp_path: Path, within: str) -> None:
    archive = zipped(folder, tmp_path / "covers.zip", within=within)

    with open_covers(archive) as covers:
        dataset = cover_dataset(covers)
        pictures = [dataset.picture(row) for row in range(len(dataset.genres))]

    assert dataset.genre_names == ("jazz", "rock")
    assert sorted(pictures) == sorted(DRAWINGS)


def test_a_torn_picture_in_an_archive_is_left_out(folder: Path, tmp_path: Path) -> None:
    archive = zipped(folder, tmp_path / "covers.zip")
    content = bytearray(archive.read_bytes())
    at = content.index(DRAWINGS[2][100:140])
    content[at : at + 40] = bytes(40)
    archive.write_bytes(content)

    with open_covers(archive) as covers:
        dataset = cover_dataset(covers)

    assert dataset.left_out == {"not there or not readable": 1}
    assert len(dataset.genres) == PATTERNS - 1


def test_a_table_names_pictures_beside_it_genres_and_artists(folder: Path) -> None:
    rows = [(f"{genre}/{number}.png", f"{genre}, other", f"artist {number}") for number, genre in enumerate(GENRES)]
    source = table(folder / "covers.csv", ["Path", "Genre", "Artists"], *rows)

    covers = given(source)

    assert [each.genre for each in covers] == GENRES
    assert [each.artist for each in covers] == [f"artist {number}" for number in range(PATTERNS)]
    assert [each.read() for each in covers] == DRAWINGS


def test_rows_of_a_table_that_cannot_be_used_say_why(folder: Path) -> None:
    source = table(
        folder / "covers.csv",
        ["cover_url", "genre"],
        ["https://i.scdn.co/image/ab67", "rock"],
        ["", "rock"],
        ["rock/0.png", ""],
        ["rock/missing.png", "rock"],
        ["rock/0.png", "rock"],
        ["too", "many", "fields"],
    )

    covers = given(source)

    assert [each.problem for each in covers] == [
        "on the web, where nothing is fetched from here",
        "without a path",
        "without a genre",
        None,
        None,
    ]
    assert covers[1].name == "row 2"
    assert covers[3].read() is None
    assert covers[4].read() == DRAWINGS[0]


def test_a_table_may_lie_in_an_archive_beside_its_pictures(folder: Path) -> None:
    source = table(folder / "covers.csv", ["image", "genre"], *((f"{g}/{n}.png", g) for n, g in enumerate(GENRES)))
    archive = folder / "table.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.write(source, "covers.csv")

    assert [each.read() for each in given(archive)] == DRAWINGS


@pytest.mark.parametrize(
    ("header", "said"), [(["path", "mood"], "no column names the genres"), (["genre"], "no column names the pictures")]
)
def test_a_table_without_pictures_or_genres_is_refused(tmp_path: Path, header: Sequence[str], said: str) -> None:
    with pytest.raises(DatasetFileError, match=said):
        given(table(tmp_path / "covers.csv", header, header))


def test_what_is_neither_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 and nothing else")

    with pytest.raises(DatasetFileError, match=r"broken\.zip"):
        given(broken)
    with pytest.raises(DatasetFileError, match="cannot be read"):
        given(tmp_path / "nowhere")


def test_no_more_of_a_file_is_read_than_a_picture_may_have(folder: Path) -> None:
    with (folder / "rock" / "huge.png").open("wb") as file:
        file.truncate(LARGEST_FILE * 4)

    huge = next(each for each in given(folder) if each.name == "rock/huge.png").read()

    assert huge is not None
    assert len(huge) == LARGEST_FILE + 1


def test_reading_is_reported(folder: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    source = table(folder / "covers.csv", ["image", "genre"], *((f"{g}/{n}.png", g) for n, g in enumerate(GENRES)))

    with open_covers(folder / "rock", progress=lambda done, total: told.append((done, total))) as covers:
        list(covers)
    with open_covers(source, progress=lambda done, total: told.append((done, total))) as covers:
        list(covers)

    assert told[:4] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert told[-1] == (1_000, 1_000)


def test_methods_are_measured_by_name_with_what_they_were_made_of(folder: Path, lite0: ImageEncoder) -> None:
    measured = measure_covers(
        folder, methods=["histogram", "cnn", "again", "ours"], k=3, seeds=[0], encoder=lite0, encoders={"again": lite0}
    )

    histogram, cnn, again, ours = measured.evaluation.rows
    assert (histogram.method, cnn.method, again.method, ours.method) == ("histogram", "cnn", "again", "ours")
    assert isinstance(cnn, CoverRow)
    assert isinstance(again, CoverRow)
    assert (cnn.precision, dict(cnn.copies)) == (again.precision, dict(again.copies))
    assert cnn.n == PATTERNS
    assert cnn.copies["scale-50"] == 1
    assert [(each.method, each.best_other) for each in measured.comparisons] == [
        ("cnn", "histogram"),
        ("ours", "histogram"),
    ]
    assert measured.provenance["image encoder"] == lite0.fingerprint
    assert len(measured.provenance["SHA-256 of the pictures"]) == 64
    assert "pillow" in measured.provenance


def test_too_few_pictures_are_told_in_one_sentence(tmp_path: Path, lite0: ImageEncoder) -> None:
    (tmp_path / "rock").mkdir()

    with pytest.raises(DatasetFileError, match="no two genres"):
        measure_covers(tmp_path, methods=["cnn"], k=3, seeds=[0], encoder=lite0, encoders={})
