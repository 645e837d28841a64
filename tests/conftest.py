"""What is made once for all tests and all workers: converted networks, and a small installation with real vectors."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from bot.settings import Settings
from bot.wiring import MODELS
from recommender.encoders.conversion import convert_beforehand
from tests.installation import prepare, settings_for

# An example that takes long on a busy machine is no failure. All else stays as Hypothesis chooses, in CI and elsewhere.
settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")

Shared = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Shared:
    """Make a folder of this name once, whichever worker comes first, and return it. Leave it as it is."""
    base = tmp_path_factory.getbasetemp()
    common = base if worker_id == "master" else base.parent

    def made(name: str, make: Callable[[Path], None]) -> Path:
        folder = common / name
        with FileLock(f"{folder}.lock"):
            if not (common / f"{name}.ready").exists():
                shutil.rmtree(folder, ignore_errors=True)
                make(folder)
                (common / f"{name}.ready").touch()
        return folder

    return made


@pytest.fixture(scope="session")
def models(shared: Shared) -> Path:
    """The default networks, converted."""

    def make(folder: Path) -> None:
        assert convert_beforehand("minilm", "efficientnet-lite0", folder)

    return shared(MODELS, make)


@pytest.fixture(scope="session")
def prepared_home(shared: Shared, models: Path) -> Path:
    """A home with a part of the sample catalog, embedded and indexed by the real encoders."""
    return shared("prepared-home", lambda home: prepare(home, models))


@pytest.fixture
def installation(prepared_home: Path, tmp_path: Path) -> Settings:
    """Settings of an installation of the test's own, as :func:`prepared_home` left it."""
    home = tmp_path / "home"
    # The networks are large and never change, so their link is copied.
    shutil.copytree(prepared_home, home, symlinks=True)
    return settings_for(home)
