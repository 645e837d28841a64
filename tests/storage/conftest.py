import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.crypto import Cipher
from storage.database import Database
from tests.storage.builders import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cipher() -> Cipher:
    return Cipher([Cipher.generate_key()])


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database: migrating it once saves most of the time of these tests."""
    path = tmp_path_factory.mktemp("migrated") / "empty.sqlite"
    Database.open(f"sqlite:///{path}", Cipher([Cipher.generate_key()])).close()
    return path


@pytest.fixture
def database(tmp_path: Path, migrated: Path, cipher: Cipher, clock: Clock) -> Iterator[Database]:
    path = tmp_path / "home" / "test.sqlite"
    path.parent.mkdir()
    shutil.copy(migrated, path)
    database = Database.open(f"sqlite:///{path}", cipher, now=clock)
    yield database
    database.close()
