import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from recommender.errors import IndexFileError
from recommender.index.catalog_index import CatalogIndex
from recommender.index.durable import replace_file
from recommender.index.generations import new_draft, newest_generation
from tests.recommender.index.catalogs import catalog
from tests.recommender.index.killed_builder import NEW_TRACKS, OLD_TRACKS


def built(folder: Path, tracks: int = 50) -> Path:
    source = catalog(tracks)
    CatalogIndex.build(folder, source, source.space())
    generation = newest_generation(folder)
    assert generation is not None
    return generation.path


FILES = (
    "artists.npy", "audio.npy", "digests.npy", "evidence.npy", "graph.usearch", "image.npy", "keys.npy",
    "manifest.json", "space.npz", "text.npy",
)  # fmt: skip


def test_a_generation_is_just_these_files(tmp_path: Path) -> None:
    assert tuple(sorted(path.name for path in built(tmp_path).iterdir())) == FILES


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("verify", [True, False])
def test_a_torn_file_is_found_when_opening(tmp_path: Path, name: str, verify: bool) -> None:
    file = built(tmp_path) / name
    os.truncate(file, file.stat().st_size - 1)

    with pytest.raises(IndexFileError):
        CatalogIndex.open(tmp_path, verify=verify)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_found_when_opening(tmp_path: Path, name: str) -> None:
    (built(tmp_path) / name).unlink()

    with pytest.raises(IndexFileError):
        CatalogIndex.open(tmp_path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0.0, 0.5, 0.999])
def test_a_flipped_bit_is_found_when_opening(tmp_path: Path, name: str, place: float) -> None:
    file = built(tmp_path) / name
    content = bytearray(file.read_bytes())
    content[int(place * len(content))] ^= 0x04
    file.write_bytes(content)

    with pytest.raises(IndexFileError):
        CatalogIndex.open(tmp_path)


def test_a_damaged_index_can_be_built_anew(tmp_path: Path) -> None:
    (built(tmp_path) / "text.npy").write_bytes(b"")

    built(tmp_path, tracks=60)

    assert len(CatalogIndex.open(tmp_path)) == 60


def test_killed_at_any_step_a_builder_leaves_the_old_generation_or_the_new_one(tmp_path: Path) -> None:
    output = subprocess.run(
        [sys.executable, "-m", "tests.recommender.index.killed_builder", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    ).stdout
    lines = [json.loads(line) for line in output.splitlines()]

    assert [line["step"] for line in lines] == list(range(1, len(lines) + 1))
    assert [line["killed"] for line in lines] == [True] * (len(lines) - 1) + [False]
    assert len(lines) > 30
    found = [(line["found"], line["generation"]) for line in lines]
    assert set(found) == {(OLD_TRACKS, 1), (NEW_TRACKS, 2)}
    assert found == sorted(found)
    assert all(line["after"] == NEW_TRACKS + 1 for line in lines)
    assert all(line["left"] == [".writers", "generation-"] for line in lines)


def test_another_process_keeps_what_it_has_mapped_while_a_new_generation_is_swapped_in(tmp_path: Path) -> None:
    built(tmp_path, tracks=1_000)
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert reader.stdout is not None
    before = json.loads(reader.stdout.readline())

    built(tmp_path, tracks=60)

    after, _ = reader.communicate("go on\n", timeout=60)
    assert reader.returncode == 0
    assert json.loads(after) == before
    assert len(before) == 20


READER = """
import json, sys
from pathlib import Path
import numpy as np
from recommender.index.catalog_index import CatalogIndex

index = CatalogIndex.open(Path(sys.argv[1]), verify=False, scan_limit=0)
for _ in range(2):
    print(json.dumps(index.search(np.ones(index.dim, dtype=np.float32), 20)[0].tolist()), flush=True)
    if _ == 0:
        sys.stdin.readline()
"""


def test_opening_while_others_build_always_succeeds(tmp_path: Path) -> None:
    built(tmp_path, tracks=20)
    finished = threading.Event()

    def open_again_and_again() -> int:
        opened = 0
        while not finished.is_set():
            assert len(CatalogIndex.open(tmp_path)) in {20, 21}
            opened += 1
        return opened

    with ThreadPoolExecutor(2) as threads:
        opening = threads.submit(open_again_and_again)
        try:
            for number in range(20):
                built(tmp_path, tracks=20 + number % 2)
        finally:
            finished.set()
        assert opening.result(timeout=60) > 0


def test_two_builders_at_once_both_finish_and_one_generation_stays(tmp_path: Path) -> None:
    def build(tracks: int) -> int:
        source = catalog(tracks)
        return len(CatalogIndex.build(tmp_path, source, source.space()))

    for _ in range(5):
        with ThreadPoolExecutor(2) as threads:
            assert set(threads.map(build, (40, 50))) <= {40, 50}

    assert len(CatalogIndex.open(tmp_path)) in {40, 50}
    assert len(list(tmp_path.glob("generation-*"))) == 1
    assert not list(tmp_path.glob(".draft-*"))


def test_a_draft_that_is_being_written_is_not_cleared_away(tmp_path: Path) -> None:
    with new_draft(tmp_path) as draft:
        built(tmp_path)

        assert draft.path.is_dir()
    assert not draft.path.exists()


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")

    def fail(_: object) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        replace_file(file, fail)

    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert file.read_bytes() == b"old"


def test_opening_takes_milliseconds(tmp_path: Path) -> None:
    built(tmp_path, tracks=3_000)
    started = time.process_time()

    CatalogIndex.open(tmp_path)

    assert time.process_time() - started < 0.1
