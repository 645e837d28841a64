"""The database of an installation: opened, migrated, and used in transactions."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError, OperationalError

from storage.crypto import Cipher
from storage.errors import DatabaseFailedError, DatabaseUnavailableError
from storage.migrations import is_current, migrate
from storage.models import LinkRow, table_of
from storage.stored import Stored
from storage.types import carry_cipher

_BUSY_TIMEOUT_MS = 30_000
_CACHE_KIB = 16_384
_READING = "cratedigger_reading"


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


class Database:
    """Opens transactions; safe to share between threads."""

    def __init__(self, engine: Engine, *, now: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._now = now

    @classmethod
    def open(cls, url: str, cipher: Cipher, *, now: Callable[[], datetime] = utc_now) -> "Database":
        """Open the database at ``url``, make it where there is none, and bring it to the newest migration.

        Args:
            url: ``sqlite:///path/to/file`` or ``postgresql+psycopg://...``.
            cipher: Encrypts tokens.
            now: The clock that expiry is measured by.

        Raises:
            DatabaseUnavailableError: It is not there, not readable, or not a database; or the address is none that we
                can open.
            NewerDatabaseError: A newer release has migrated it.
            WrongKeyError: It holds tokens that were encrypted with another key.
        """
        engine = _engine(url)
        carry_cipher(engine, cipher)
        database = cls(engine, now=now)
        try:
            database._migrate()
            with database._connection(reading=True) as connection:
                connection.execute(select(table_of(LinkRow).c.access_token).limit(1)).all()
        except DBAPIError as error:
            database.close()
            raise DatabaseUnavailableError(database.url, str(error.orig)) from error
        except BaseException:
            database.close()
            raise
        return database

    @property
    def url(self) -> str:
        """The address, without the password."""
        return self._engine.url.render_as_string(hide_password=True)

    @contextmanager
    def transaction(self) -> Iterator[Stored]:
        """Give the repositories inside one transaction; it commits at the end of the block and rolls back on an error.

        On SQLite one writes at a time; others wait for up to half a minute.

        Raises:
            DatabaseFailedError: The disk is full, or the database is locked, damaged or gone; nothing of the
                transaction was saved.
        """
        with self._failures_named(), self._connection(reading=False) as connection:
            yield Stored(connection, now=self._now)

    @contextmanager
    def reading(self) -> Iterator[Stored]:
        """Give the repositories for reading alone: one consistent state, and never a wait for who writes.

        Raises:
            DatabaseFailedError: The database is damaged or gone.
        """
        with self._failures_named(), self._connection(reading=True) as connection:
            yield Stored(connection, now=self._now)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _migrate(self) -> None:
        with self._connection(reading=True) as connection:
            if is_current(connection):  # a start need not wait for who writes
                return
        with self._connection(reading=False) as connection:
            migrate(connection)

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            raise DatabaseFailedError(self.url, str(error.orig)) from error
        except DatabaseError as error:
            # SQLite's "file is not a database", "disk image is malformed"; subclasses tell of faults in a query.
            if type(error) is not DatabaseError:
                raise
            raise DatabaseFailedError(self.url, str(error.orig)) from error

    @contextmanager
    def _connection(self, *, reading: bool) -> Iterator[Connection]:
        with self._engine.connect().execution_options(**{_READING: reading}) as connection, connection.begin():
            yield connection


def _engine(address: str) -> Engine:
    try:
        url = make_url(address)
    except ArgumentError as error:
        # The address is not repeated: there may be a password in it.
        raise DatabaseUnavailableError("DATABASE_URL", "that is no address like sqlite:///folder/file") from error
    try:
        if url.get_backend_name() == "sqlite":
            return _sqlite_engine(url)
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    except ModuleNotFoundError as error:
        reason = f"its driver, the package {error.name}, is not installed"
        raise DatabaseUnavailableError(url.render_as_string(hide_password=True), reason) from error
    except NoSuchModuleError as error:
        reason = f"{url.drivername} is no kind of database that we know"
        raise DatabaseUnavailableError(url.render_as_string(hide_password=True), reason) from error


def _sqlite_engine(url: URL) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not begin transactions by itself: it would not know which of them write.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")  # readers keep reading while we write
    cursor.execute("PRAGMA synchronous=NORMAL")  # with WAL, a crash cannot tear the file
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get(_READING, False)
    # A transaction that starts by reading and then writes fails at once when another has written meanwhile;
    # taking the write lock first waits instead.
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
