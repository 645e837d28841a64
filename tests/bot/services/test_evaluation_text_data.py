"""Lyrics are found in files whatever their columns are called."""

import csv
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from bot.errors import DatasetFileError
from bot.services.evaluation_text_data import sung_songs
from recommender.evaluation.lyrics_dataset import SungSong


def written(path: Path, header: list[str], *rows: list[str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def test_the_usual_names_are_understood(tmp_path: Path) -> None:
    file = written(
        tmp_path / "songs.csv",
        ["", "track_name", "track_artist", "lyrics", "playlist_genre", "language"],
        ["0", "Rain", "Ada", "rain\nfalls", "pop", "en"],
        ["1", "Lluvia", "Béyla;Ada", " cae la lluvia ", "Latin", "es"],
    )

    assert list(sung_songs(file)) == [
        SungSong(artist="Ada", title="Rain", lyrics="rain\nfalls", genre="pop", language="en"),
        SungSong(artist="Béyla", title="Lluvia", lyrics="cae la lluvia", genre="latin", language="es"),
    ]


@pytest.mark.parametrize(
    "header",
    [
        ["artist", "song", "text", "tag"],
        ["ArtistName", "SongTitle", "LyricsText", "Top Genre"],
        ["performer", "title", "seq", "genres"],
        ["lead artist", "track", "lyrics of the song", "genre of the album"],
    ],
)
def test_awkward_names_are_understood(tmp_path: Path, header: list[str]) -> None:
    file = written(tmp_path / "songs.csv", header, ["Ada", "Rain", "rain falls", "['dance pop', 'pop']"])

    (song,) = sung_songs(file)

    assert (song.artist, song.lyrics, song.genre) == ("Ada", "rain falls", "dance pop")


def test_titles_genres_and_languages_may_be_missing(tmp_path: Path) -> None:
    file = written(
        tmp_path / "songs.csv", ["artist_id", "artist", "lyrics_url", "lyrics"], ["7", "Ada", "http", "rain"]
    )

    assert list(sung_songs(file)) == [SungSong(artist="Ada", title=None, lyrics="rain")]


def test_the_column_that_says_something_counts(tmp_path: Path) -> None:
    file = written(
        tmp_path / "songs.csv",
        ["artist", "text", "lyrics", "playlist_genre", "genre"],
        ["Ada", "rain", "", "pop", "nan"],
        ["Ada", "a note", "sun", "pop", "rock"],
    )

    assert [(song.lyrics, song.genre) for song in sung_songs(file)] == [("rain", "pop"), ("sun", "rock")]


def test_rows_without_an_artist_or_lyrics_and_torn_rows_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "songs.csv"
    file.write_text("artist,lyrics\nAda,rain\n,sun\nAda,NaN\nAda\nAda,wind\n", encoding="utf-8")

    assert [song.lyrics for song in sung_songs(file)] == ["rain", "wind"]


def test_columns_of_other_things_are_not_read_as_lyrics(tmp_path: Path) -> None:
    file = written(tmp_path / "songs.csv", ["artist", "lyrics_url", "has_lyrics"], ["Ada", "http", "true"])

    with pytest.raises(DatasetFileError, match=r"no column names the lyrics .* artist, lyrics_url, has_lyrics"):
        list(sung_songs(file))


def test_a_file_without_artists_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "songs.csv", ["artist_id", "lyrics"], ["7", "rain"])

    with pytest.raises(DatasetFileError, match="no column names the artists"):
        list(sung_songs(file))


def test_parquet_is_read_without_the_columns_that_mean_nothing_and_tells_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "songs.parquet"
    table = {"artists": [["Ada", "Béa"]] * 600, "lyrics": ["rain"] * 600, "embedding": [[0.5] * 9] * 600}
    parquet.write_table(pa.table(table), path)
    seen: list[tuple[int, int]] = []

    songs = list(sung_songs(path, progress=lambda done, total: seen.append((done, total))))

    assert len(songs) == 600
    assert songs[0].artist == "Ada"
    assert [total for _, total in seen] == [1_000, 1_000]
