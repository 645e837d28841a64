"""Promises of imports: light modules stay light, and importing a module changes nothing."""

import pkgutil
import subprocess
import sys

import pytest

import bot
import recommender
import storage

HEAVY = {
    "PIL", "aiohttp", "apscheduler", "discord", "jinja2", "matplotlib", "numpy", "openvino", "pyarrow", "requests",
    "sklearn", "spotipy", "sqlalchemy", "timm", "torch", "torchvision", "transformers", "usearch",
}  # fmt: skip
NETWORKS = {"openvino", "timm", "tokenizers", "torch", "torchvision", "transformers"}


def loaded_by(statement: str) -> set[str]:
    """Run a statement in a fresh interpreter and return the top-level modules that it loaded."""
    program = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["bot.cli", "bot.settings", "bot.errors", "storage.errors", "recommender.errors"])
def test_help_and_settings_load_nothing_heavy(module: str) -> None:
    assert loaded_by(f"import {module}") & HEAVY == set()


def test_the_command_line_needs_neither_discord_nor_a_network_to_start() -> None:
    assert loaded_by("import bot.wiring") & (NETWORKS | {"discord", "aiohttp", "apscheduler"}) == set()


def test_a_bot_that_draws_nothing_does_not_load_what_draws() -> None:
    assert "matplotlib" not in loaded_by("import bot.client, bot.wiring, bot.presenters.figures")


def test_encoders_are_named_without_loading_a_network() -> None:
    assert loaded_by("import recommender.encoders.registry") & NETWORKS == set()


def modules() -> list[str]:
    found = [
        each.name
        for package in (bot, recommender, storage)
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    # Alembic runs this one itself, inside a migration.
    return [name for name in found if name not in {"bot.__main__", "storage.migrations.env"}]


def test_importing_every_module_starts_nothing_and_warns_of_nothing() -> None:
    program = (
        "import importlib, os, sys, threading\n"
        "before = set(os.listdir())\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        "ours = [each.name for each in threading.enumerate() if each is not threading.main_thread()]\n"
        "print(ours, sorted(set(os.listdir()) - before))"
    )
    # discord.py 2.7 imports audioop, which Python 3.13 drops.
    warnings = ["-W", "error", "-W", "ignore:'audioop' is deprecated:DeprecationWarning"]

    done = subprocess.run(
        [sys.executable, *warnings, "-c", program, *modules()], capture_output=True, text=True, check=False
    )

    assert (done.stdout.strip(), done.returncode) == ("[] []", 0), done.stderr
