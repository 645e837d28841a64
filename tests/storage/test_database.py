import multiprocessing
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

import storage.migrations
from recommender.types import Source, TrackKey
from storage.crypto import Cipher
from storage.database import Database, utc_now
from storage.errors import DatabaseFailedError, DatabaseUnavailableError, NewerDatabaseError, WrongKeyError
from storage.migrations import HEAD
from storage.types import EncryptedText, UtcDateTime
from tests.storage.builders import ADA, NOON, add, add_one, facts, link, login, play, remembered

KEY = Cipher.generate_key()
_SPOTIFY = Source.SPOTIFY


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def file_of(database: Database) -> Path:
    return Path(database.url.removeprefix("sqlite:///"))


def test_opening_makes_folder_file_and_tables(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "new.sqlite"

    database = Database.open(url_of(path), Cipher([KEY]))

    with database.reading() as stored:
        assert stored.tracks.count() == 0
    assert database.url == url_of(path)
    database.close()


def test_what_was_stored_is_there_after_opening_again(tmp_path: Path) -> None:
    url = url_of(tmp_path / "x.sqlite")
    first = Database.open(url, Cipher([KEY]))
    key = add_one(first)
    first.close()

    second = Database.open(url, Cipher([KEY]))

    with second.reading() as stored:
        assert list(stored.tracks.of_keys([key])) == [key]
    second.close()


def test_sqlite_runs_with_a_log_and_foreign_keys(database: Database) -> None:
    with database.transaction() as stored:
        connection = stored.tracks._connection
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000


def test_migrations_lead_to_the_tables_that_the_models_declare(database: Database) -> None:
    engine = create_engine(database.url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: not (name or "").startswith("track_search")}
        )
        difference = compare_metadata(context, SQLModel.metadata)
    engine.dispose()

    assert difference == []


def test_the_newest_migration_is_the_one_we_compare_with() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.migrations.__file__).parent))

    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_database_of_a_newer_release_is_refused(database: Database, cipher: Cipher) -> None:
    with sqlite3.connect(file_of(database)) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    file.close()

    with pytest.raises(NewerDatabaseError, match="9999"):
        Database.open(database.url, cipher)


def test_a_migration_that_was_cut_short_is_done_again(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    file.close()

    database = Database.open(url_of(path), Cipher([KEY]))

    add_one(database)
    database.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    path.write_bytes(b"something else entirely, and long enough to be looked at" * 20)

    with pytest.raises(DatabaseUnavailableError, match=r"x\.sqlite.*not a database"):
        Database.open(url_of(path), Cipher([KEY]))


def test_a_place_where_no_file_can_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").mkdir()

    with pytest.raises(DatabaseUnavailableError, match="DATABASE_URL"):
        Database.open(url_of(tmp_path / "x.sqlite"), Cipher([KEY]))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("pass:word@nowhere", "no address like sqlite:///"),
        ("nosuchbase://u:pass:word@127.0.0.1/x", "nosuchbase is no kind of database"),
        ("postgresql+nosuchdriver://u:pass:word@127.0.0.1/x", "nosuchdriver is no kind of database"),
        ("mysql+pymysql://u:pass:word@127.0.0.1/x", "the package pymysql, is not installed"),
    ],
)
def test_an_address_that_cannot_be_opened_is_refused_without_its_password(address: str, said: str) -> None:
    with pytest.raises(DatabaseUnavailableError) as caught:
        Database.open(address, Cipher([KEY]))

    assert said in str(caught.value)
    assert "pass:word" not in str(caught.value)


def test_another_encryption_key_is_noticed_at_start(database: Database) -> None:
    with database.transaction() as stored:
        stored.links.save(link())

    with pytest.raises(WrongKeyError):
        Database.open(database.url, Cipher([Cipher.generate_key()]))


def test_without_tokens_another_key_is_welcome(database: Database) -> None:
    Database.open(database.url, Cipher([Cipher.generate_key()])).close()


def test_tokens_are_unreadable_in_the_file(database: Database) -> None:
    with database.transaction() as stored:
        stored.links.save(link())
        stored.logins.add(login())
    database.close()

    content = b"".join(path.read_bytes() for path in file_of(database).parent.iterdir())

    assert b"ada-on-spotify" in content
    for secret in (b"access-secret", b"refresh-secret", b"verifier-secret"):
        assert secret not in content


def test_two_databases_in_one_process_keep_their_own_keys(tmp_path: Path) -> None:
    one = Database.open(url_of(tmp_path / "1.sqlite"), Cipher([Cipher.generate_key()]))
    two = Database.open(url_of(tmp_path / "2.sqlite"), Cipher([Cipher.generate_key()]))
    for database, token in ((one, "first"), (two, "second")):
        with database.transaction() as stored:
            stored.links.save(link(access_token=token))

    for database, token in ((one, "first"), (two, "second")):
        with database.reading() as stored:
            found = stored.links.of_member(ADA)
            assert found is not None
            assert found.access_token == token
        database.close()


def test_an_error_takes_everything_back(database: Database) -> None:
    def fail_late() -> None:
        with database.transaction() as stored:
            stored.tracks.add_or_merge([facts()])
            stored.state.put("mark", "done")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_late()

    with database.reading() as stored:
        assert stored.tracks.count() == 0
        assert stored.state.get("mark") is None


def test_errors_tell_no_values_because_they_end_in_logs(database: Database) -> None:
    insert = text("INSERT INTO counter VALUES (:name, NULL)")

    with database.transaction() as stored, pytest.raises(IntegrityError) as refused:
        stored.tracks._connection.execute(insert, {"name": "Ada the Secretive"})

    assert "Ada the Secretive" not in str(refused.value)


def test_readers_do_not_wait_for_a_writer_and_do_not_see_half_of_its_work(database: Database) -> None:
    with database.transaction() as writing:
        writing.tracks.add_or_merge([facts()])

        started = time.monotonic()
        with database.reading() as stored:
            assert stored.tracks.count() == 0
        assert time.monotonic() - started < 5

    with database.reading() as stored:
        assert stored.tracks.count() == 1


def test_opening_does_not_wait_for_a_writer(database: Database, cipher: Cipher) -> None:
    with database.transaction() as writing:
        writing.tracks.add_or_merge([facts()])

        started = time.monotonic()
        Database.open(database.url, cipher).close()

        assert time.monotonic() - started < 10


def test_writers_wait_for_each_other(database: Database) -> None:
    def raise_counter() -> None:
        for _ in range(25):
            with database.transaction() as stored:
                stored.state.put("count", str(int(stored.state.get("count") or 0) + 1))

    threads = [threading.Thread(target=raise_counter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.reading() as stored:
        assert stored.state.get("count") == "100"


def _open_and_close(url: str) -> None:
    Database.open(url, Cipher([KEY])).close()


def test_processes_that_open_a_new_database_at_once_all_succeed(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    url = url_of(tmp_path / "x.sqlite")
    processes = [context.Process(target=_open_and_close, args=(url,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0, 0]


_WRITER = """
import sys
from storage.crypto import Cipher
from storage.database import Database
from tests.storage.builders import facts
database = Database.open(sys.argv[1], Cipher([sys.argv[2]]))
for batch in range(10_000):
    with database.transaction() as stored:
        stored.tracks.add_or_merge([facts(f"Song {batch} {n}", genres=("folk",), popularity=n) for n in range(50)])
        stored.state.put("batches", str(batch + 1))
    print(batch, flush=True)
"""


@pytest.mark.parametrize("batches", [1, 4, 7])
def test_a_process_that_is_killed_leaves_whole_batches(tmp_path: Path, batches: int) -> None:
    url = url_of(tmp_path / "x.sqlite")
    root = Path(storage.migrations.__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, url, KEY], stdout=subprocess.PIPE, cwd=root, env={**os.environ}
    ) as process:
        assert process.stdout is not None
        for _ in range(batches):
            process.stdout.readline()
        time.sleep(0.005 * batches)
        process.send_signal(signal.SIGKILL)

    database = Database.open(url, Cipher([KEY]))

    with database.reading() as stored:
        connection = stored.tracks._connection
        count = stored.tracks.count()
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("SELECT count(*) FROM track_search").scalar() == count
        assert connection.exec_driver_sql("SELECT count(*) FROM track_genre").scalar() == count
        done = int(stored.state.get("batches") or 0)
    assert count == 50 * done
    assert done >= batches
    assert add(database, facts("Song 0 0"))[0].outcome == "unchanged"
    database.close()


def test_a_key_is_never_given_out_twice(database: Database) -> None:
    with database.transaction() as stored:
        first = stored.tracks.add_or_merge([facts(source=_SPOTIFY, spotify_id="1" * 22)])[0].key
        stored.signals.record(ADA, [play(first)], _SPOTIFY)
        stored.links.erase_link(ADA)
        assert stored.tracks.count() == 0

    assert add_one(database, "Another") > first


def test_signals_of_a_track_that_does_not_exist_are_left_out(database: Database) -> None:
    with database.transaction() as stored:
        assert stored.signals.record(ADA, [play(TrackKey(5))], _SPOTIFY) == 0


def test_naive_moments_are_refused(database: Database) -> None:
    naive = datetime(2026, 11, 20, 12)  # noqa: DTZ001
    key = add_one(database)

    with pytest.raises(Exception, match="naive"), database.transaction() as stored:
        stored.suggestions.remember(ADA, [remembered(key)], naive)


def test_moments_come_back_as_aware_utc(database: Database) -> None:
    from_vienna = datetime.fromisoformat("2026-11-20T13:00:00+01:00")
    with database.transaction() as stored:
        stored.links.save(link(linked_at=from_vienna))

    with database.reading() as stored:
        found = stored.links.of_member(ADA)
    assert found is not None
    assert found.linked_at == NOON
    assert found.linked_at.utcoffset() == timedelta(0)


def test_column_types_pass_nothing_through_as_nothing() -> None:
    engine = create_engine("sqlite://")
    for kind in (UtcDateTime(), EncryptedText()):
        assert kind.process_bind_param(None, engine.dialect) is None
        assert kind.process_result_value(None, engine.dialect) is None
    with pytest.raises(TypeError, match="no cipher"):
        EncryptedText().process_bind_param("secret", engine.dialect)
    engine.dispose()


def test_the_clock_of_a_database_is_the_real_one_by_default() -> None:
    assert utc_now().utcoffset() == timedelta(0)


def test_a_disk_that_is_full_is_named_and_what_was_saved_stays(tmp_path: Path, cipher: Cipher) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/full.sqlite", cipher)
    with database.transaction() as stored:
        stored.state.put("before", "saved")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, limits[1]))
    try:
        with pytest.raises(DatabaseFailedError, match="was not saved"), database.transaction() as stored:
            stored.state.put("after", "x" * 5_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    with database.reading() as stored:
        assert (stored.state.get("before"), stored.state.get("after")) == ("saved", None)
    database.close()


def test_a_database_that_is_damaged_inside_is_named(tmp_path: Path, cipher: Cipher) -> None:
    path = tmp_path / "damaged.sqlite"
    database = Database.open(f"sqlite:///{path}", cipher)
    with database.transaction() as stored:
        stored.tracks.add_or_merge([facts(title=f"Song {number}") for number in range(2_000)])
    database.close()
    bytes_ = bytearray(path.read_bytes())
    for page in range(len(bytes_) // 8192 * 4096, len(bytes_), 4096):  # the schema stands at the beginning
        bytes_[page : page + 200] = b"z" * 200
    path.write_bytes(bytes_)

    damaged = Database.open(f"sqlite:///{path}", cipher)
    with pytest.raises(DatabaseFailedError, match="malformed"), damaged.reading() as stored:
        stored.tracks.statistics()
    damaged.close()
