import csv
import gzip
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import count
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from bot.errors import DatasetFileError
from bot.services.catalog_import import UNNAMED_NOTE, CatalogImport
from recommender.types import Fact, Source, Track
from storage.database import Database
from tests.bot.content_world import a_database

HEADER = ["track_id", "track_name", "track_artist", "playlist_name", "playlist_id", "playlist_genre", "lyrics"]


def song(number: int, *, playlist: int = 1, genre: str = "pop", lyrics: str = "") -> list[str]:
    return [
        f"{number:022d}",
        f"Song {number}",
        f"Singer {number % 7}",
        f"List {playlist}",
        f"p{playlist}",
        genre,
        lyrics,
    ]


def write(path: Path, rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def numbers_in(rejected: str | None) -> list[int]:
    with Path(rejected or "").open(encoding="utf-8", newline="") as file:
        return [int(row["row_number"]) for row in csv.DictReader(file)]


def all_tracks(database: Database) -> list[Track]:
    with database.reading() as stored:
        return list(stored.tracks.of_keys(range(1, stored.tracks.count() + 1)).values())  # type: ignore[arg-type]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with a_database(tmp_path) as database:
        yield database


def test_a_file_becomes_tracks_and_the_summary_says_what_was_understood(tmp_path: Path, database: Database) -> None:
    path = write(tmp_path / "songs.csv", [song(1), song(2), song(3)])

    summary = CatalogImport(database).run(path)

    assert (summary.rows, summary.new, summary.changed, summary.unchanged, summary.refused) == (3, 3, 0, 0, 0)
    assert summary.understood["track_name"] == "title"
    assert summary.finished
    assert summary.rejected_file is None
    assert [track.title for track in all_tracks(database)] == ["Song 1", "Song 2", "Song 3"]
    assert all_tracks(database)[0].sources[Fact.WORDS] is Source.DATASET
    json.dumps(asdict(summary))


def test_the_second_import_changes_nothing_and_says_so(tmp_path: Path, database: Database) -> None:
    path = write(tmp_path / "songs.csv", [song(number) for number in range(1, 30)])
    CatalogImport(database).run(path)

    again = CatalogImport(database).run(path)

    assert (again.rows, again.new, again.changed, again.unchanged, again.playlists) == (29, 0, 0, 29, 0)
    assert again.resumed_from == 0


def test_a_track_of_two_playlists_is_one_track_with_the_genres_of_both(tmp_path: Path, database: Database) -> None:
    path = write(tmp_path / "songs.csv", [song(1), song(1, playlist=2, genre="dance"), song(1, playlist=2)])

    summary = CatalogImport(database).run(path)

    assert (summary.new, summary.changed, summary.unchanged, summary.playlists) == (1, 1, 1, 2)
    (track,) = all_tracks(database)
    assert track.genres == ("pop", "dance")


def test_refused_rows_are_written_down_with_the_reason_and_without_lyrics(tmp_path: Path, database: Database) -> None:
    nameless = [*song(2)[:1], "", *song(2)[2:6], "secret words"]
    path = write(tmp_path / "songs.csv", [song(1), nameless, song(3)[:4], song(4)])

    summary = CatalogImport(database).run(path)

    assert (summary.rows, summary.new, summary.refused) == (4, 2, 2)
    assert summary.rejected_file == str(tmp_path / "songs.csv.rejected.csv")
    with Path(summary.rejected_file).open(encoding="utf-8", newline="") as file:
        header, *refused = csv.reader(file)
    assert header == ["refused_because", "row_number", *HEADER]
    assert [row[:2] for row in refused] == [["no title", "2"], ["4 fields where the header has 7", "3"]]
    assert "secret words" not in Path(summary.rejected_file).read_text()


def test_refused_rows_can_be_corrected_and_imported(tmp_path: Path, database: Database) -> None:
    path = write(tmp_path / "songs.csv", [song(1), [song(2)[0], "", *song(2)[2:]]])
    rejected = Path(CatalogImport(database).run(path).rejected_file or "")
    rejected.write_text(rejected.read_text().replace(f"{song(2)[0]},,", f"{song(2)[0]},Found again,"))

    summary = CatalogImport(database).run(rejected)

    assert (summary.rows, summary.new) == (1, 1)
    assert [track.title for track in all_tracks(database)] == ["Song 1", "Found again"]


def test_an_import_without_refusals_takes_the_old_list_away(tmp_path: Path, database: Database) -> None:
    path = write(tmp_path / "songs.csv", [["", "", "", "", "", "", ""]])
    rejected = Path(CatalogImport(database).run(path).rejected_file or "")
    write(path, [song(1)])

    summary = CatalogImport(database).run(path)

    assert summary.rejected_file is None
    assert not rejected.exists()


def test_in_a_read_only_folder_refused_rows_go_home(tmp_path: Path, database: Database) -> None:
    folder = tmp_path / "datasets"
    folder.mkdir()
    path = write(folder / "songs.csv", [song(1), ["", "", "", "", "", "", ""]])
    folder.chmod(0o555)
    try:
        at_home = CatalogImport(database, home=tmp_path / "home").run(path)
        nowhere = CatalogImport(database).run(path)
    finally:
        folder.chmod(0o755)

    assert at_home.rejected_file == str(tmp_path / "home" / "rejected" / "songs.csv.rejected.csv")
    assert nowhere.rejected_file is None
    assert nowhere.refused == at_home.refused == 1
    assert list(folder.iterdir()) == [path]


def test_a_stopped_import_goes_on_where_it_was(tmp_path: Path, database: Database) -> None:
    rows = [song(number) if number % 10 else ["", "", "", "", "", "", ""] for number in range(1, 3501)]
    path = write(tmp_path / "songs.csv", rows)
    asked = count()

    stopped = CatalogImport(database).run(path, stop=lambda: next(asked) == 1)
    resumed = CatalogImport(database).run(path)

    assert (stopped.finished, stopped.rows, stopped.new) == (False, 2000, 1800)
    assert (resumed.finished, resumed.resumed_from) == (True, 2000)
    assert (resumed.rows, resumed.new, resumed.refused, resumed.playlists) == (3500, 3150, 350, 1)
    assert numbers_in(resumed.rejected_file) == list(range(10, 3501, 10))


def test_a_changed_file_starts_from_the_beginning(tmp_path: Path, database: Database) -> None:
    path = write(tmp_path / "songs.csv", [song(number) for number in range(1, 1501)])
    CatalogImport(database).run(path, stop=lambda: True)
    write(path, [song(number) for number in range(1, 1502)])

    summary = CatalogImport(database).run(path)

    assert (summary.resumed_from, summary.rows, summary.new, summary.unchanged) == (0, 1501, 501, 1000)


def test_after_a_kill_the_import_goes_on_and_makes_no_track_twice(tmp_path: Path) -> None:
    rows = [song(number) if number % 7 else ["", "", "", "", "", "", ""] for number in range(1, 6001)]
    path = write(tmp_path / "songs.csv", rows)
    code = f"""
import os, signal, sys
from pathlib import Path
from bot.services.catalog_import import CatalogImport
from tests.bot.content_world import a_database

def progress(done, total):
    if done >= 3000:
        os.kill(os.getpid(), signal.SIGKILL)

with a_database(Path({str(tmp_path)!r})) as database:
    CatalogImport(database).run(Path({str(path)!r}), progress=progress)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, timeout=120)

    with a_database(tmp_path) as database:
        summary = CatalogImport(database).run(path)
        titles = [track.title for track in all_tracks(database)]

    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert summary.resumed_from == 3000
    assert (summary.rows, summary.new, summary.refused) == (6000, 5143, 857)
    assert len(titles) == len(set(titles)) == 5143
    assert numbers_in(summary.rejected_file) == list(range(7, 6001, 7))


def test_progress_grows_to_the_number_of_rows(tmp_path: Path, database: Database) -> None:
    path = write(tmp_path / "songs.csv", [song(number) for number in range(1, 2501)])
    told: list[tuple[int, int]] = []

    CatalogImport(database).run(path, progress=lambda done, total: told.append((done, total)))

    assert [done for done, _ in told] == [1000, 2000, 2500, 2500]
    assert told[-1] == (2500, 2500)
    assert all(done <= total for done, total in told)


LISTENING = ["user_id", "song_id", "listen_count", "title", "artist", "year"]


def heard(database: Database, listener: str) -> dict[str, int]:
    """Return how often somebody in a file played which titles."""
    with database.reading() as stored:
        plays = {each.track: each.plays for each in stored.listening.of_listener(listener)}
        return {track.title: plays[key] for key, track in stored.tracks.of_keys(plays).items()}


def test_who_listened_to_what_is_kept_beside_the_songs(tmp_path: Path, database: Database) -> None:
    rows = [
        ["u1", "SOAKIMP12A8C130995", "3", "Song 1", "Singer 1", "0"],
        ["u1", "SOBBMDR12A8C13253B", "1", "Song 9", "Singer 9", "1999"],
        ["u2", "SOAKIMP12A8C130995", "", "Song 1", "Singer 1", "0"],
        ["", "SOBXHDL12A81C204C0", "4", "Song 2", "Singer 2", "0"],
        ["u3", "SOBXHDL12A81C204C0", "-4", "Song 2", "Singer 2", "0"],
    ]

    summary = CatalogImport(database).run(write(tmp_path / "listening.csv", rows, LISTENING))

    assert (summary.new, summary.unchanged, summary.refused) == (3, 2, 0)
    assert (summary.listeners, summary.heard, summary.unnamed) == (2, 3, 0)
    assert summary.left_out == {"plays": 1}
    assert heard(database, "u1") == {"Song 1": 3, "Song 9": 1}
    assert heard(database, "u2") == {"Song 1": 1}
    assert heard(database, "u3") == {}


def test_listening_imported_twice_doubles_nothing_also_after_a_stop(tmp_path: Path, database: Database) -> None:
    # Two ids are one song here, and a row is one play.
    rows = [[f"u{row % 40}", f"SO{row % 90:016d}", f"Song {row % 45}", "Singer"] for row in range(2_500)]
    path = write(tmp_path / "plays.csv", rows, ["user_id", "song_id", "title", "artist"])
    CatalogImport(database).run(path)
    once = {f"u{user}": heard(database, f"u{user}") for user in range(40)}

    CatalogImport(database).run(path, stop=lambda: True)
    resumed = CatalogImport(database).run(path)

    assert (resumed.resumed_from, resumed.rows, resumed.new, resumed.listeners) == (1_000, 2_500, 0, 0)
    assert {f"u{user}": heard(database, f"u{user}") for user in range(40)} == once
    assert sum(sum(plays.values()) for plays in once.values()) == 2_500
    with database.reading() as stored:
        assert (stored.tracks.count(), stored.tracks.statistics().plays) == (45, 2_500)


def test_listening_to_songs_that_nothing_names_is_refused_and_counted_apart(tmp_path: Path, database: Database) -> None:
    rows = [
        ["u1", "SOAKIMP12A8C130995", "3", "Song 1", "Singer 1", "0"],
        ["u1", "SOBBMDR12A8C13253B", "1", "", "", ""],
        ["u2", "SOBXHDL12A81C204C0", "1", "Song 2", "", ""],
        ["", "SOBXHDL12A81C204C0", "1", "", "", ""],
        ["u3", "SOAKIMP12A8C130995"],
    ]

    summary = CatalogImport(database).run(write(tmp_path / "listening.csv", rows, LISTENING))

    assert (summary.rows, summary.new, summary.refused, summary.unnamed) == (5, 1, 4, 2)
    assert summary.refused_because == {"no title": 1, "2 fields where the header has 6": 1}
    assert summary.notes == (UNNAMED_NOTE,)
    assert numbers_in(summary.rejected_file) == [2, 3, 4, 5]
    with Path(summary.rejected_file or "").open(encoding="utf-8", newline="") as file:
        reasons = [row["refused_because"] for row in csv.DictReader(file)]
    assert reasons[:3] == ["no title", "no artist", "no title"]


def test_listening_by_ids_counts_once_the_songs_behind_the_ids_are_known(tmp_path: Path, database: Database) -> None:
    songs = write(
        tmp_path / "songs.csv",
        [["SOAKIMP12A8C130995", "Song 1", "Singer 1"], ["1" * 22, "Song 2", "Singer 2"], ["17", "Song 3", "Singer 3"]],
        ["song_id", "title", "artist"],
    )
    triplets = write(
        tmp_path / "triplets.csv",
        [["u1", "SOAKIMP12A8C130995", "3"], ["u1", f"spotify:track:{'1' * 22}", "2"], ["u1", "17", "5"]],
        ["user_id", "song_id", "listen_count"],
    )

    before = CatalogImport(database).run(triplets)
    CatalogImport(database).run(songs)
    after = CatalogImport(database).run(triplets)

    assert (before.refused, before.unnamed, before.heard) == (3, 3, 0)
    assert (after.refused, after.unnamed, after.unchanged, after.heard, after.listeners) == (1, 1, 2, 2, 1)
    # In every file 17 is another song.
    assert heard(database, "u1") == {"Song 1": 3, "Song 2": 2}


def test_after_a_kill_plays_are_counted_once(tmp_path: Path) -> None:
    rows = [[f"u{row % 3}", f"Song {row % 5}", "Singer"] for row in range(4_000)]
    path = write(tmp_path / "plays.csv", rows, ["user_id", "title", "artist"])
    code = f"""
import os, signal
from pathlib import Path
from bot.services.catalog_import import CatalogImport
from tests.bot.content_world import a_database

def progress(done, total):
    if done >= 2000:
        os.kill(os.getpid(), signal.SIGKILL)

with a_database(Path({str(tmp_path)!r})) as database:
    CatalogImport(database).run(Path({str(path)!r}), progress=progress)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, timeout=120)

    with a_database(tmp_path) as database:
        summary = CatalogImport(database).run(path)
        plays = sum(sum(heard(database, f"u{user}").values()) for user in range(3))

    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert (summary.resumed_from, summary.heard, summary.listeners) == (2_000, 4_000, 3)
    assert plays == 4_000


def test_lists_of_one_name_belong_to_their_owners(tmp_path: Path, database: Database) -> None:
    rows = [["u1", "Starred", "Song 1", "A"], ["u2", "Starred", "Song 1", "A"], ["u1", "Starred", "Song 2", "A"]]
    path = write(tmp_path / "lists.csv", rows, ["user_id", "playlist_name", "title", "artist"])

    summary = CatalogImport(database).run(path)

    assert (summary.playlists, summary.listeners, summary.heard) == (2, 0, 0)


def test_parquet_with_lists_and_a_table_of_listening_are_read(tmp_path: Path, database: Database) -> None:
    parquet.write_table(
        pa.table({"id": ["1" * 22], "name": ["Song 1"], "artists": ["['Singer 1', 'Tom']"], "explicit": [1]}),
        tmp_path / "tracks.parquet",
    )
    listening = tmp_path / "listening.csv.gz"
    table = "user_id,song_id,listen_count,title,artist,year\nu1,s1,3,Song 1,Singer 1,0\nu2,s2,1,Song 9,Singer 9,1999\n"
    listening.write_bytes(gzip.compress(f"{table}u3,s3,1,,,\n".encode()))

    tracks = CatalogImport(database).run(tmp_path / "tracks.parquet")
    songs = CatalogImport(database).run(listening)

    assert (tracks.new, songs.new, songs.unchanged, songs.refused) == (1, 1, 1, 1)
    assert songs.notes == (UNNAMED_NOTE,)
    assert songs.ignored == ()
    assert (songs.listeners, songs.heard, songs.unnamed) == (2, 2, 1)
    assert [track.artists for track in all_tracks(database)] == [("Singer 1", "Tom"), ("Singer 9",)]


def test_lyrics_are_remembered_by_place_and_never_stored(tmp_path: Path, database: Database) -> None:
    path = write(tmp_path / "songs.csv", [song(1), song(2, lyrics="a line that nobody else wrote")])

    summary = CatalogImport(database).run(path)

    assert summary.lyrics == 1
    with database.reading() as stored:
        places = stored.dataset_words.of_keys([track.key for track in all_tracks_in(stored)])
    assert [(place.path, place.row) for place in places.values()] == [(str(path), 1)]
    files = b"".join(file.read_bytes() for file in tmp_path.glob("catalog.sqlite*"))
    assert b"a line that nobody else wrote" not in files


def test_of_several_rows_with_lyrics_of_one_track_the_first_counts(tmp_path: Path, database: Database) -> None:
    rows = [song(1), song(1, playlist=2, lyrics="first"), song(2, lyrics="x"), song(1, playlist=3, lyrics="later")]

    summary = CatalogImport(database).run(write(tmp_path / "songs.csv", rows))

    assert summary.lyrics == 3
    with database.reading() as stored:
        places = stored.dataset_words.of_keys([track.key for track in all_tracks_in(stored)])
    assert [place.row for place in places.values()] == [1, 2]


def test_when_no_folder_can_be_written_to_refused_rows_are_only_counted(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    folder, home = tmp_path / "datasets", tmp_path / "home"
    folder.mkdir()
    home.write_text("a file where the home folder should be")
    path = write(folder / "songs.csv", [["", "", "", "", "", "", ""], ["", "", "", "", "", "", ""], song(1)])
    folder.chmod(0o555)
    try:
        summary = CatalogImport(database, home=home).run(path)
    finally:
        folder.chmod(0o755)

    assert (summary.refused, summary.new, summary.rejected_file) == (2, 1, None)
    assert [record.message.startswith("rejected rows not written") for record in caplog.records] == [True]


def test_impossible_values_are_counted(tmp_path: Path, database: Database) -> None:
    path = write(tmp_path / "s.csv", [["A", "B", "300"], ["C", "D", "50"]], ["title", "artist", "popularity"])

    summary = CatalogImport(database).run(path)

    assert summary.left_out == {"popularity": 1}
    assert [track.popularity for track in all_tracks(database)] == [None, 50]


def test_two_spotify_ids_are_two_tracks_unless_the_recording_code_is_one(tmp_path: Path, database: Database) -> None:
    header = ["id", "title", "artist", "isrc"]
    rows = [["1" * 22, "A", "B", ""], ["2" * 22, "A", "B", ""], ["3" * 22, "C", "D", "XXA012600001"]]
    path = write(tmp_path / "s.csv", [*rows, ["4" * 22, "C", "D", "XXA012600001"]], header)

    summary = CatalogImport(database).run(path)

    assert summary.new == 3


def test_a_file_without_titles_is_refused_with_a_sentence(tmp_path: Path, database: Database) -> None:
    path = write(tmp_path / "s.csv", [["1"]], ["number"])

    with pytest.raises(DatasetFileError, match=r"s\.csv cannot be imported: no column is called .* are: number"):
        CatalogImport(database).run(path)


def test_what_stands_before_a_tear_is_imported(tmp_path: Path, database: Database) -> None:
    path = tmp_path / "s.csv.gz"
    lines = "title,artist\n" + "".join(f"Song {number * 7919 % 99991},Singer\n" for number in range(4_000))
    path.write_bytes(gzip.compress(lines.encode())[:-2_000])

    with pytest.raises(DatasetFileError, match=r"torn or damaged .*; the [\d,]+ rows before that were imported\."):
        CatalogImport(database).run(path)

    assert 1_000 < len(all_tracks(database)) < 4_000


def all_tracks_in(stored: object) -> list[Track]:
    tracks = stored.tracks  # type: ignore[attr-defined]
    return list(tracks.of_keys(range(1, tracks.count() + 1)).values())


def test_lyrics_of_a_torn_record_are_not_written_down(tmp_path: Path, database: Database) -> None:
    path = tmp_path / "songs.csv"
    path.write_text('title,artist,lyrics\nA Song,A Band,"la la"\nshh,"secret words\nmore of them"\nsecret words\n')

    summary = CatalogImport(database).run(path)

    assert (summary.new, summary.refused) == (1, 2)
    assert summary.refused_because == {"2 fields where the header has 3": 1, "1 field where the header has 3": 1}
    assert "words" not in Path(summary.rejected_file or "").read_text()


def test_reasons_of_refusals_are_counted_a_dozen_of_them_by_name(tmp_path: Path, database: Database) -> None:
    rows = [["x"] * width for width in range(1, 40) for _ in range(2) if width != len(HEADER)]
    path = write(tmp_path / "songs.csv", [["", "", "", "", "", "", ""], *rows])

    summary = CatalogImport(database).run(path)

    assert sum(summary.refused_because.values()) == summary.refused == len(rows) + 1
    assert len(summary.refused_because) == 13
    assert summary.refused_because["other reasons"] == 2 * (38 - 11)
