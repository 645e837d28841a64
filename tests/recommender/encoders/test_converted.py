"""Converted networks are made once, and made again when they are not whole."""

import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from recommender.encoders.converted import ABANDONED_AFTER, MANIFEST, converted_folder

PRINT = "net@12345678/as-is/3"


class Converter:
    """Writes two files, and counts how often it was asked."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, folder: Path) -> None:
        self.runs += 1
        (folder / "network.xml").write_text("<net/>")
        (folder / "network.bin").write_bytes(bytes(range(256)))


def test_a_network_is_converted_once_and_found_afterwards(tmp_path: Path) -> None:
    convert = Converter()

    first = converted_folder(tmp_path / "not" / "yet", PRINT, convert)
    second = converted_folder(tmp_path / "not" / "yet", PRINT, convert)

    assert first == second
    assert convert.runs == 1
    assert {file.name for file in first.iterdir()} == {"network.xml", "network.bin", MANIFEST}


def test_fingerprints_never_share_a_folder(tmp_path: Path) -> None:
    convert = Converter()

    folders = {converted_folder(tmp_path, name, convert) for name in ("a@1/x/3", "a@2/x/3", "a@1/y/3")}

    assert len(folders) == 3
    assert convert.runs == 3


def _cut(folder: Path) -> None:
    (folder / "network.bin").write_bytes(bytes(range(128)))


def _flip(folder: Path) -> None:
    (folder / "network.bin").write_bytes(bytes(range(255)) + b"\x00")


def _lose(folder: Path) -> None:
    (folder / "network.xml").unlink()


def _lose_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def _garble_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text("{")


def _empty_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text("[]")


def _other_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text((folder / MANIFEST).read_text().replace("12345678", "87654321"))


@pytest.mark.parametrize(
    "tear", [_cut, _flip, _lose, _lose_manifest, _garble_manifest, _empty_manifest, _other_manifest]
)
def test_a_torn_network_is_made_again(
    tmp_path: Path, tear: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    convert = Converter()
    folder = converted_folder(tmp_path, PRINT, convert)
    tear(folder)

    with caplog.at_level(logging.WARNING):
        again = converted_folder(tmp_path, PRINT, convert)

    assert again == folder
    assert convert.runs == 2
    assert (folder / "network.bin").read_bytes() == bytes(range(256))
    assert "torn" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_conversion_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "network.xml").write_text("<half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        converted_folder(tmp_path, PRINT, fail)

    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_dropped_and_what_another_makes_now_is_not(tmp_path: Path) -> None:
    abandoned, young = tmp_path / ".making-old", tmp_path / ".making-young"
    abandoned.mkdir()
    young.mkdir()
    long_ago = time.time() - ABANDONED_AFTER.total_seconds() - 60
    os.utime(abandoned, (long_ago, long_ago))

    converted_folder(tmp_path, PRINT, Converter())

    assert not abandoned.exists()
    assert young.exists()


def test_the_network_of_a_faster_process_is_kept(tmp_path: Path) -> None:
    inner = Converter()

    def overtaken(folder: Path) -> None:
        Converter()(folder)
        finished = converted_folder(tmp_path, PRINT, inner)
        (finished / "network.bin").touch()

    folder = converted_folder(tmp_path, PRINT, overtaken)

    assert inner.runs == 1
    assert (folder / MANIFEST).is_file()
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_two_processes_that_finish_in_the_same_moment_end_with_one_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def overtaken_at_last(making: Path, folder: Path) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        converted_folder(tmp_path, PRINT, Converter())
        return rename(making, folder)

    monkeypatch.setattr(Path, "rename", overtaken_at_last)

    folder = converted_folder(tmp_path, PRINT, Converter())

    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert (folder / MANIFEST).is_file()


def test_a_network_that_cannot_be_moved_into_place_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(making: Path, folder: Path) -> Path:
        raise PermissionError(folder)

    monkeypatch.setattr(Path, "rename", refuse)

    with pytest.raises(PermissionError):
        converted_folder(tmp_path, PRINT, Converter())

    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(OSError, match="file"):
        converted_folder(tmp_path / "file" / "cache", PRINT, Converter())


def test_losing_the_cache_costs_one_conversion(tmp_path: Path) -> None:
    convert = Converter()
    shutil.rmtree(converted_folder(tmp_path, PRINT, convert))

    assert converted_folder(tmp_path, PRINT, convert).is_dir()
    assert convert.runs == 2
