"""Building a generation of the catalog index from raw vectors, in memory that does not grow with their width."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np

from recommender.fused_space import MODALITIES, FusedSpace
from recommender.fusion import ArtistCodes, Evidence, EvidenceTable, guesses, observed_rows
from recommender.index.stored_rows import Digests, NpyWriter, StoredRows, column_path, raw_digests, write_tables
from recommender.index.usearch_index import UsearchIndex
from recommender.ports import Progress, RawVectorSource
from recommender.types import Keys

GRAPH_FILE: Final = "graph.usearch"
SPACE_FILE: Final = "space.npz"

_GRAPH_CHUNK_ROWS: Final = 1_024
_NO_KEYS: Final = np.empty(0, dtype=np.int64)
_NO_CODES: Final = np.empty(0, dtype=np.uint64)
_NO_EVIDENCE: Final = np.empty((0, len(MODALITIES)), dtype=np.uint8)


def write_generation(folder: Path, source: RawVectorSource, space: FusedSpace, progress: Progress | None) -> None:
    """Write every file of a generation into a folder.

    Args:
        folder: Exists, and is empty.
        source: Streams the raw vectors, by ascending key.
        space: Fitted; may be older than the catalog.
        progress: Counts every track twice: when it is read and when it enters the graph.

    Raises:
        ValueError: The source gives keys that do not ascend, or rows of another width than the space was fitted on.
    """
    expected = source.count()

    def tell(done: int, total: int) -> None:
        if progress is not None:
            progress(done, total)

    _write_observed(folder, source, space, lambda done: tell(done, 2 * max(done, expected)))
    rows = StoredRows.open(folder, space.slices, mode="r+")
    _fill_gaps(folder, rows, space)
    _write_graph(folder, rows, space, lambda done: tell(len(rows) + done, 2 * len(rows)))
    space.save(folder / SPACE_FILE)


def _write_observed(folder: Path, source: RawVectorSource, space: FusedSpace, tell: Callable[[int], None]) -> None:
    tables: list[tuple[Keys, ArtistCodes, EvidenceTable, Digests]] = []
    done = 0
    with ExitStack() as files:
        columns = {
            modality: files.enter_context(NpyWriter(column_path(folder, modality), space.dims[modality]))
            for modality in MODALITIES
            if space.dims[modality]
        }
        for raw in source.batches(space.text, space.image):
            fused = observed_rows(space, raw)
            for modality, column in columns.items():
                column.append(fused.vectors[:, space.slices[modality]])
            tables.append((fused.keys, fused.artists, fused.evidence, raw_digests(raw)))
            done += len(fused)
            tell(done)
    none = (_NO_KEYS, _NO_CODES, _NO_EVIDENCE, _NO_CODES)
    keys, artists, evidence, digests = (np.concatenate(each) for each in zip(none, *tables, strict=True))
    _check_ascending(keys)
    write_tables(folder, keys=keys, artists=artists, evidence=evidence, digests=digests)


def _check_ascending(keys: Keys) -> None:
    if len(keys) and (keys[0] < 0 or (np.diff(keys) <= 0).any()):
        raise ValueError("the source gives keys that do not ascend")


def _fill_gaps(folder: Path, rows: StoredRows, space: FusedSpace) -> None:
    evidence = rows.evidence.copy()
    for guess in guesses(rows, np.arange(len(rows)), space):
        rows.columns[guess.modality][guess.rows] = guess.vectors
        evidence[guess.rows, MODALITIES.index(guess.modality)] = Evidence.INFERRED
    write_tables(folder, keys=rows.keys, artists=rows.artists, evidence=evidence, digests=rows.digests)


def _write_graph(folder: Path, rows: StoredRows, space: FusedSpace, tell: Callable[[int], None]) -> None:
    """Write a graph whose keys are row numbers, so that an answer leads straight to the rows."""
    graph = UsearchIndex(space.dim, by_key=False)
    for start in range(0, len(rows), _GRAPH_CHUNK_ROWS):
        chunk = np.arange(start, min(start + _GRAPH_CHUNK_ROWS, len(rows)))
        graph.add(chunk, rows.vectors(chunk))
        tell(int(chunk[-1]) + 1)
    graph.save(folder / GRAPH_FILE)
