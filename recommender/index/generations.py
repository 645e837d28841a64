"""A folder in which one generation of files replaces another at a single moment.

A generation is a folder ``generation-NNNNNN`` that appears complete, by one rename, after all its files were flushed to
the disk. Whoever has the old one open keeps it: its files vanish from the folder, not from memory. A process that is
killed leaves a draft behind, which is no generation, and which the next writer clears away.
"""

import fcntl
import json
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recommender.errors import IndexFileError
from recommender.index.durable import checksum, replace_file, sync_file, sync_folder

_NAME: Final = re.compile(r"^generation-(\d{6,})$")
_DRAFT: Final = ".draft-"
_DISCARDED: Final = ".discarded-"
_WRITER_LOCK: Final = ".writers"
_ALIVE: Final = ".alive"
_MANIFEST: Final = "manifest.json"
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Generation:
    """A complete generation on disk."""

    number: int
    path: Path


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says about itself."""

    facts: Mapping[str, str]
    files: Mapping[str, tuple[int, int]]
    """Size in bytes and CRC-32 by file name."""


class Draft:
    """A generation that is being written, in a folder of its own."""

    def __init__(self, folder: Path, path: Path) -> None:
        self.path = path
        self._folder = folder

    def publish(self, facts: Mapping[str, str]) -> Generation:
        """Flush everything, make it the newest generation in one step, and clear the older ones away."""
        _write_manifest(self.path, facts)
        for file in self.path.iterdir():
            sync_file(file)
        sync_folder(self.path)
        with _one_writer(self._folder):
            before = _newest(self._folder)
            generation = Generation(before.number + 1 if before else 1, Path())
            target = self._folder / f"generation-{generation.number:06d}"
            (self.path / _ALIVE).unlink()
            self.path.rename(target)
            sync_folder(self._folder)
            _clear_away(self._folder, keep=target)
        return Generation(generation.number, target)


@contextmanager
def new_draft(folder: Path) -> Iterator[Draft]:
    """Give a folder to write a generation into; it is removed at the end unless it was published."""
    folder.mkdir(parents=True, exist_ok=True)
    with _one_writer(folder):
        _clear_away(folder, keep=None)
        path = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=folder))
        alive = (path / _ALIVE).open("w")
        # The kernel lets go of this lock when the process dies, however it dies: that is how others know.
        fcntl.flock(alive, fcntl.LOCK_EX)
    try:
        yield Draft(folder, path)
    finally:
        alive.close()
        shutil.rmtree(path, ignore_errors=True)


def newest_generation(folder: Path) -> Generation | None:
    """Return the newest complete generation, or None when there is none."""
    if not folder.is_dir():
        return None
    # While one name replaces another a listing may show neither; with writers kept out it shows what there is.
    with _names_at_rest(folder):
        return _newest(folder)


def checked_manifest(generation: Path, *, contents: bool) -> Manifest:
    """Read a generation's manifest and compare its files with it.

    Args:
        generation: The folder.
        contents: Also read every byte and compare checksums; sizes alone show torn files, this shows flipped bits.

    Raises:
        IndexFileError: The manifest or a file is missing, torn or changed.
    """
    manifest = _read_manifest(generation / _MANIFEST)
    for name, (size, crc) in manifest.files.items():
        path = generation / name
        try:
            actual = path.stat().st_size
            if actual != size:
                raise IndexFileError(str(path), f"it has {actual} bytes instead of {size}")
            if contents and checksum(path) != crc:
                raise IndexFileError(str(path), "its checksum is wrong")
        except OSError as error:
            raise IndexFileError(str(path), f"it cannot be read ({type(error).__name__})") from error
    return manifest


def _write_manifest(path: Path, facts: Mapping[str, str]) -> None:
    files = {file.name: [file.stat().st_size, checksum(file)] for file in sorted(path.iterdir()) if file.name != _ALIVE}
    content = {"format": _FORMAT, "facts": dict(facts), "files": files}
    text = json.dumps({"crc": _crc(content), **content}, indent=1)
    replace_file(path / _MANIFEST, lambda file: file.write(text.encode()))


def _read_manifest(path: Path) -> Manifest:
    try:
        content = json.loads(path.read_bytes())
        crc = content.pop("crc")
        if crc != _crc(content):
            raise IndexFileError(str(path), "its checksum is wrong")
        if content["format"] != _FORMAT:
            raise IndexFileError(str(path), f"its format is {content['format']}")
        return Manifest(content["facts"], {name: (size, crc) for name, (size, crc) in content["files"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexFileError(str(path), f"it cannot be read ({type(error).__name__})") from error


def _crc(content: Mapping[str, object]) -> int:
    return zlib.crc32(json.dumps(content, sort_keys=True).encode())


@contextmanager
def _one_writer(folder: Path) -> Iterator[None]:
    """Let one process at a time change which names are in the folder; held for moments only."""
    with (folder / _WRITER_LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _names_at_rest(folder: Path) -> Iterator[None]:
    try:
        lock = (folder / _WRITER_LOCK).open("rb")
    except FileNotFoundError:  # nobody ever wrote here
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def _newest(folder: Path) -> Generation | None:
    found = [Generation(int(match[1]), path) for path in folder.iterdir() if (match := _NAME.match(path.name))]
    return max(found, key=lambda generation: generation.number, default=None)


def _clear_away(folder: Path, *, keep: Path | None) -> None:
    """Remove dead drafts and half-removed leftovers; with ``keep``, every other generation too."""
    for path in list(folder.iterdir()):
        is_dead_draft = path.name.startswith(_DRAFT) and not _is_alive(path)
        is_old = keep is not None and path != keep and _NAME.match(path.name)
        if is_old:
            # Renamed first, so that a generation is never seen half removed.
            discarded = folder / f"{_DISCARDED}{path.name}"
            path.rename(discarded)
            path = discarded  # noqa: PLW2901 -- the same thing under its new name
        if is_old or is_dead_draft or path.name.startswith(_DISCARDED):
            shutil.rmtree(path, ignore_errors=True)


def _is_alive(draft: Path) -> bool:
    try:
        handle = os.open(draft / _ALIVE, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
