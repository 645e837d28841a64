"""Promises of ``scripts/run``: what it starts, from which folder, and when it makes its environment anew."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAYS_WHAT_IT_GETS = """#!/bin/sh
if [ "$2" = pip ]; then echo "pip $*" >> "$PWD/pip.log"; exit 0; fi
printf '%s\\n' "$PWD" "$CRATEDIGGER_CALLED_FROM" "${CRATEDIGGER_HOME:-}" "$@"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in a folder with a space in its name, whose Python only says what it is given."""
    folder = tmp_path / "my bots" / "crate digger"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder / name)
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(SAYS_WHAT_IT_GETS)
    python.chmod(0o755)
    return folder


def started(
    checkout: Path, *arguments: str, cwd: Path | None = None, script: Path | None = None, **env: str
) -> list[str]:
    """Return what the program was given: its folder, the folder of the person, the home, the arguments."""
    environment = {
        name: value for name, value in os.environ.items() if name not in {"DISCORD_TOKEN", "CRATEDIGGER_HOME"}
    }
    done = subprocess.run(
        [script or checkout / "scripts" / "run", *arguments],
        cwd=cwd or checkout, env={**environment, **env}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split("\n")[:-1]


def test_arguments_arrive_as_they_are_and_files_count_from_where_the_person_stands(
    checkout: Path, tmp_path: Path
) -> None:
    folder, person, home, *arguments = started(checkout, "catalog", "import", "my songs.csv", "", cwd=tmp_path)

    assert (folder, person, home) == (str(checkout), str(tmp_path), "")
    assert arguments == ["-m", "bot", "catalog", "import", "my songs.csv", ""]


def test_a_relative_home_counts_from_where_the_person_stands(checkout: Path, tmp_path: Path) -> None:
    assert started(checkout, "x", cwd=tmp_path, CRATEDIGGER_HOME="my home")[2] == f"{tmp_path}/my home"
    assert started(checkout, "x", cwd=tmp_path, CRATEDIGGER_HOME="/srv/home")[2] == "/srv/home"


def test_it_finds_its_folder_through_a_link_and_whatever_cdpath_says(checkout: Path, tmp_path: Path) -> None:
    link = tmp_path / "crates"
    link.symlink_to(checkout / "scripts" / "run")
    (tmp_path / "elsewhere" / "scripts").mkdir(parents=True)

    assert started(checkout, "x", cwd=tmp_path, script=link)[0] == str(checkout)
    assert started(checkout, "x", script=Path("scripts/run"), CDPATH=str(tmp_path / "elsewhere"))[0] == str(checkout)


@pytest.mark.parametrize(
    ("env_file", "command"),
    [
        ("DISCORD_TOKEN=abc\n", "run"),
        (" export DISCORD_TOKEN = 'abc'\n", "run"),
        ("DISCORD_TOKEN=<your token>\n", "run"),
        ("DISCORD_TOKEN=\n", "playground"),
        ('DISCORD_TOKEN=""\n', "playground"),
        ("DISCORD_TOKEN= # later\n", "playground"),
        ("# DISCORD_TOKEN=abc\n", "playground"),
        (None, "playground"),
    ],
)
def test_without_arguments_a_token_decides_between_bot_and_playground(
    checkout: Path, env_file: str | None, command: str
) -> None:
    if env_file is not None:
        (checkout / ".env").write_text(env_file)

    assert started(checkout)[3:] == ["-m", "bot", command]


def test_packages_are_installed_once_and_again_when_the_pins_change(checkout: Path) -> None:
    def installs() -> int:
        started(checkout, "x")
        return (checkout / "pip.log").read_text().count("pip install")

    first, second = installs(), installs()
    (checkout / "constraints.txt").write_text("numpy==1.0\n")
    third = installs()

    assert (first, second, third) == (1, 1, 2)
