"""Converted networks on disk: made once, checked on every load, remade when torn."""

import hashlib
import json
import logging
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from recommender.encoders.weights import sha256_of

log = logging.getLogger(__name__)

MANIFEST = "manifest.json"
CONVERSION = 1
"""Raised when the way networks are converted changes, so that older files are made again."""
ABANDONED_AFTER = timedelta(hours=1)
"""A half-made folder this old belongs to a process that died; conversions take seconds."""


def converted_folder(cache: Path, fingerprint: str, convert: Callable[[Path], None]) -> Path:
    """Return a folder with a converted network, converting first where there is none that is whole.

    Args:
        cache: Holds one folder per fingerprint; made when missing.
        fingerprint: Of the encoder.
        convert: Writes the files of the network into an empty folder.

    Raises:
        OSError: The cache cannot be written.
    """
    folder = _folder_of(cache, fingerprint)
    if _is_whole(folder, fingerprint):
        return folder
    if folder.exists():
        log.warning("converted network was torn, made again folder=%s", folder.name)
    _drop_abandoned(cache)
    making = cache / f".making-{uuid4().hex}"
    making.mkdir(parents=True)
    try:
        convert(making)
        _write_manifest(making, fingerprint)
        _move_into_place(making, folder, fingerprint)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


def is_converted(cache: Path, fingerprint: str) -> bool:
    """Return whether the cache holds a whole network of this fingerprint."""
    return _is_whole(_folder_of(cache, fingerprint), fingerprint)


def _folder_of(cache: Path, fingerprint: str) -> Path:
    return cache / hashlib.sha256(f"{CONVERSION}|{fingerprint}".encode()).hexdigest()[:16]


def _is_whole(folder: Path, fingerprint: str) -> bool:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        return (manifest["fingerprint"], manifest["files"]) == (fingerprint, _sums(folder))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _write_manifest(folder: Path, fingerprint: str) -> None:
    manifest = {"fingerprint": fingerprint, "conversion": CONVERSION, "files": _sums(folder)}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")


def _sums(folder: Path) -> dict[str, str]:
    return {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST}


def _move_into_place(making: Path, folder: Path, fingerprint: str) -> None:
    # No fsync: files that a power cut tore fail their sums and are made again.
    if _is_whole(folder, fingerprint):
        return  # another process was faster
    if folder.exists():
        aside = making.with_name(making.name + "-old")
        folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
    try:
        making.rename(folder)
    except OSError:
        # Faster by a hair: a rename never replaces a folder that has files in it.
        if not _is_whole(folder, fingerprint):
            raise


def _drop_abandoned(cache: Path) -> None:
    for folder in cache.glob(".making-*"):
        try:
            age = timedelta(seconds=time.time() - folder.stat().st_mtime)
        except FileNotFoundError:  # its maker moved it into place just now
            continue
        if age > ABANDONED_AFTER:
            shutil.rmtree(folder, ignore_errors=True)
