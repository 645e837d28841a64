import csv
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.services.catalog_import import CatalogImport
from bot.services.dataset_files import TextTable
from bot.services.dataset_lyrics import DatasetLyrics
from recommender.types import Track
from storage.database import Database
from tests.bot.content_world import a_database, tracks_by_key


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with a_database(tmp_path) as database:
        yield database


def write(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("title", "artist", "lyrics"), *rows])
    return path


def imported(database: Database, path: Path) -> list[Track]:
    CatalogImport(database).run(path)
    with database.reading() as stored:
        count = stored.tracks.count()
    return tracks_by_key(database, range(1, count + 1))


def words(number: int) -> str:
    return f"verse {number}\nand again {number}"


def songs(count: int) -> list[tuple[str, str, str]]:
    return [(f"Song {number}", "Ilse Varga", words(number) if number % 3 else "") for number in range(count)]


def test_lyrics_are_read_again_where_the_import_saw_them(tmp_path: Path, database: Database) -> None:
    tracks = imported(database, write(tmp_path / "songs.csv", songs(30)))
    lyrics = DatasetLyrics(database)

    found = lyrics.of(tracks)
    lyrics.close()

    assert {track.title: found.get(track.key) for track in tracks} == {
        f"Song {number}": words(number) if number % 3 else None for number in range(30)
    }


def test_a_catalog_in_order_is_one_pass_through_its_file(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracks = imported(database, write(tmp_path / "songs.csv", songs(100)))
    lyrics = DatasetLyrics(database)
    passes: list[int] = []
    original = TextTable.rows

    def counted(self: TextTable, *args: int, **kwargs: object) -> object:
        passes.append(1)
        return original(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(TextTable, "rows", counted)

    for start in range(0, 100, 10):
        lyrics.of(tracks[start : start + 10])
    assert len(passes) == 1

    lyrics.of(tracks[:10])
    lyrics.close()
    assert len(passes) == 2


def test_a_changed_file_gives_no_words_to_another_song(tmp_path: Path, database: Database) -> None:
    path = write(tmp_path / "songs.csv", songs(5))
    tracks = imported(database, path)
    lyrics = DatasetLyrics(database)
    assert lyrics.of(tracks[1:2])

    write(path, [("Intruder", "Somebody", "other words"), *songs(5)[:2]])
    found = lyrics.of(tracks)
    lyrics.close()

    assert found == {}


def test_a_file_that_is_gone_is_mentioned_once_and_gives_nothing(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "songs.csv", songs(5))
    tracks = imported(database, path)
    path.unlink()
    lyrics = DatasetLyrics(database)

    with caplog.at_level(logging.WARNING):
        assert lyrics.of(tracks) == {}
        assert lyrics.of(tracks) == {}
    lyrics.close()

    assert [record.message for record in caplog.records if "dataset lyrics unreadable" in record.message] == [
        "dataset lyrics unreadable file=songs.csv reason=songs.csv cannot be imported: No such file or directory."
    ]


def test_a_file_that_lost_its_lyrics_or_names_gives_nothing(tmp_path: Path, database: Database) -> None:
    path = write(tmp_path / "songs.csv", songs(5))
    tracks = imported(database, path)
    lyrics = DatasetLyrics(database)

    for text in ("title,artist\nSong 1,Ilse Varga\n", "number\n1\n", "title,artist,lyrics\n,,x\n,,x\n"):
        path.write_text(text)
        assert lyrics.of(tracks) == {}
    lyrics.close()
