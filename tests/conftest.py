"""A small installation with real vectors, made once for all workers and copied for each test that wants one."""

import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from bot.settings import Settings
from tests.installation import prepare, settings_for


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A home with a part of the sample catalog, embedded and indexed by the real encoders. Leave it as it is."""
    base = tmp_path_factory.getbasetemp()
    home = (base if worker_id == "master" else base.parent) / "prepared-home"
    with FileLock(f"{home}.lock"):
        if not (home / "ready").exists():
            shutil.rmtree(home, ignore_errors=True)
            prepare(home)
            (home / "ready").touch()
    return home


@pytest.fixture
def installation(prepared_home: Path, tmp_path: Path) -> Settings:
    """Settings of an installation of the test's own, as :func:`prepared_home` left it."""
    home = tmp_path / "home"
    shutil.copytree(prepared_home, home, ignore=shutil.ignore_patterns("models"))
    # Converted networks are large and never change.
    (home / "models").symlink_to(prepared_home / "models")
    return settings_for(home)
