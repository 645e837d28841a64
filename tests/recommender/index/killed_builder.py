"""Builds an index over and over in children that are killed at every step that touches a file.

Run as ``python -m tests.recommender.index.killed_builder FOLDER``; prints one JSON line per killed child: what was
found in the folder afterwards. The process itself never builds anything, so that no thread is lost when it forks.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from recommender.index.catalog_index import CatalogIndex
from tests.recommender.index.catalogs import catalog

OLD_TRACKS, NEW_TRACKS = 20, 30
_FILE_EVENTS = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "fcntl.flock"})


def main(folder: Path) -> None:
    in_child(partial(build, folder / "old", OLD_TRACKS))
    step, killed = 0, True
    while killed:
        step += 1
        here = folder / f"step-{step}"
        shutil.copytree(folder / "old", here)
        status = in_child(partial(build_and_die, here, step))
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        in_child(partial(report, here, step, killed=killed))


def build_and_die(folder: Path, step: int) -> None:
    kill_at(step, folder)
    build(folder, NEW_TRACKS)


def in_child(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return os.waitpid(child, 0)[1]


def build(folder: Path, tracks: int) -> None:
    source = catalog(tracks)
    CatalogIndex.build(folder, source, source.space())


def kill_at(step: int, folder: Path) -> None:
    steps = iter(range(1, 1_000_000))

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        concerns_folder = event == "fcntl.flock" or any(str(folder) in str(each) for each in arguments)
        if event in _FILE_EVENTS and concerns_folder and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def report(folder: Path, step: int, *, killed: bool) -> None:
    found = CatalogIndex.open(folder)
    build(folder, NEW_TRACKS + 1)
    line = {
        "step": step,
        "killed": killed,
        "found": len(found),
        "generation": found.generation,
        "after": len(CatalogIndex.open(folder)),
        "left": sorted(path.name.rstrip("0123456789") for path in folder.iterdir()),
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
