"""Promises of the files around the code: what is packed, what is pinned, and what the pages name."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = [
    line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line[:1] not in {"", "#"}
]
PAGES = [ROOT / "README.md", ROOT / "docs" / "architecture.md"]
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def files(*folders: str) -> set[Path]:
    found = {path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()}
    return {path for path in found if "__pycache__" not in path.parts}


def canonical(requirement: str) -> str:
    match = NAME.match(requirement)
    assert match is not None
    return re.sub(r"[-_.]+", "-", match[0]).casefold()


def test_a_wheel_holds_every_file_that_the_packages_need() -> None:
    packed = {
        path
        for package, patterns in PROJECT["tool"]["setuptools"]["package-data"].items()
        for pattern in patterns
        for path in (ROOT / package).glob(pattern)
    }

    needed = {path for path in files("bot", "recommender", "storage") if path.suffix != ".py"}

    assert needed - packed == set()


def test_every_dependency_is_pinned_and_the_pins_name_no_host() -> None:
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = {canonical(each) for group in (PROJECT["project"]["dependencies"], *extras) for each in group}

    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin) for pin in PINS)
    assert wanted <= {canonical(pin) for pin in PINS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_paths_on_the_pages_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [page.parent / target for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text)]
    paths = [ROOT / path for path in re.findall(r"`((?:bot|recommender|storage|scripts|docs|tests)/[\w./]+)`", text)]

    assert links + paths != []
    assert [str(path) for path in links + paths if not path.exists()] == []


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    homes = re.compile(r"(?<![\w./-])/(?:home|Users|root|work|mnt|opt)/\w+")
    ours = files(".ci", "bot", "docs", "recommender", "scripts", "storage", "tests")
    ours |= {ROOT / name for name in (".env.example", "CHANGELOG.md", "README.md", "constraints.txt", "pyproject.toml")}

    found = [path.name for path in ours if homes.search(path.read_text(encoding="utf-8", errors="replace"))]

    assert found == []
