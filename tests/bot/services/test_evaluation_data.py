import gzip
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from bot.errors import DatasetFileError
from bot.services.evaluation_data import judged_entries, listening_entries, playlist_entries, taste_entries


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_playlist_rows_become_entries_without_the_genres_that_playlists_lend(tmp_path: Path) -> None:
    file = write(
        tmp_path / "lists.csv",
        "track_id,track_name,track_artist,track_popularity,playlist_id,playlist_name,playlist_genre,energy\n"
        "1,Paper Boats,Ada Lune,50,p1,Morning,pop,0.5\n"
        "2,Paper Boats - Remastered 2011,Ada Lune,60,p2,Evening,rock,0.5\n"
        "3,,Nobody,60,p2,Evening,rock,0.5\n"
        "4,too,few\n"
        "5,Without A List,Ada Lune,1,,,,0.5\n",
    )

    entries = list(playlist_entries(file))

    assert [(each.owner, each.song) for each in entries] == [("p1", entries[0].song), ("p2", entries[0].song)]
    assert all(each.facts is not None and each.facts.genres == () for each in entries)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("track_name,track_artist\nPaper Boats,Ada Lune\n", "no row names a playlist"),
        ("playlist_id,energy\np1,0.5\n", "no column is called track_name"),
    ],
)
def test_a_file_without_playlists_or_titles_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(DatasetFileError, match=reason):
        list(playlist_entries(write(tmp_path / "lists.csv", text)))


def test_rows_of_tracks_come_with_their_finest_genre_beside_and_not_inside_the_facts(tmp_path: Path) -> None:
    file = write(
        tmp_path / "tracks.csv",
        "track_name,track_artist,playlist_id,playlist_genre,playlist_subgenre,genre\n"
        "Paper Boats,Ada Lune,p1,pop,dream pop,indie\n"
        "Rust,Bo Field,p1,rock,,indie\n"
        "Alone,Cy Moss,,,,folk\n"
        "Bare,Cy Moss,,,,\n",
    )

    entries = list(judged_entries(file))

    assert [(each.owner, genre) for each, genre in entries] == [
        ("playlist p1", "dream pop"),
        ("playlist p1", "rock"),
        ("row 2", "folk"),
        ("row 3", None),
    ]
    assert all(each.facts is not None and each.facts.genres == () for each, _ in entries)


def test_rows_of_playlists_come_with_genre_and_subgenre_where_both_are_told(tmp_path: Path) -> None:
    file = write(
        tmp_path / "lists.csv",
        "track_name,track_artist,playlist_id,playlist_genre,playlist_subgenre\n"
        "Paper Boats,Ada Lune,p1,pop,dream pop\n"
        "Rust,Bo Field,p1,rock,\n"
        "Alone,Cy Moss,,pop,dream pop\n",
    )

    entries = list(taste_entries(file))

    assert [(each.owner, taste) for each, taste in entries] == [("p1", ("pop", "dream pop")), ("p1", None)]
    assert all(each.facts is not None and each.facts.genres == () for each, _ in entries)


def test_listening_rows_become_entries_with_or_without_titles(tmp_path: Path) -> None:
    file = tmp_path / "listening.csv.gz"
    rows = (
        "user_id,song_id,listen_count,title,artist\nann,S1,3,Paper Boats,Ada Lune\nann,S2,1,,\n"
        "bob,S1,0,,\n,S1,1,,\nbob,S3,many,,\nbob,S3\n"
    )
    file.write_bytes(gzip.compress(rows.encode()))

    entries = list(listening_entries(file))

    assert [(each.owner, each.song, each.count) for each in entries] == [("ann", "S1", 3), ("ann", "S2", 1)]
    assert entries[0].facts is not None
    assert entries[0].facts.title == "Paper Boats"
    assert entries[1].facts is None
    assert all(np.isnan(each.at) for each in entries)


def test_listening_needs_no_titles_and_no_counts(tmp_path: Path) -> None:
    file = write(
        tmp_path / "plays.csv",
        "member,track,at\nann,17,2026-01-01T00:00:00\nann,18,2026-01-01T00:00:01Z\nbob,17,1767225600\nbob,18,someday\n",
    )

    entries = list(listening_entries(file))

    assert [(each.song, each.count, each.facts) for each in entries[:2]] == [("17", 1, None), ("18", 1, None)]
    moment = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    assert [each.at for each in entries[:3]] == [moment, moment + 1, moment]
    assert np.isnan(entries[3].at)


def test_times_of_parquet_files_are_read_as_they_are(tmp_path: Path) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    table = pa.table({"user": ["ann"], "track": [7], "played_at": [moment]})
    parquet.write_table(table, tmp_path / "plays.parquet")

    assert [each.at for each in listening_entries(tmp_path / "plays.parquet")] == [moment.timestamp()]


@pytest.mark.parametrize(
    ("header", "reason"), [("song_id,count", r"listeners \(user_id\)"), ("user_id,count", r"songs \(song_id\)")]
)
def test_listening_without_listeners_or_songs_is_refused(tmp_path: Path, header: str, reason: str) -> None:
    with pytest.raises(DatasetFileError, match=reason):
        list(listening_entries(write(tmp_path / "plays.csv", f"{header}\n1,2\n")))


def test_reading_reports_how_far_it_is(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    rows = "".join(f"p1,Song {n},Ada Lune\n" for n in range(2_500))
    file = write(tmp_path / "lists.csv", "playlist_id,track_name,track_artist\n" + rows)

    list(playlist_entries(file, progress=lambda done, total: told.append((done, total))))

    assert len(told) == 3
    assert all(0 <= done <= total for done, total in told)
