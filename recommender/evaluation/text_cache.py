"""Text vectors kept from one run to the next, because embedding a dataset takes minutes."""

import hashlib
import logging
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.index.durable import replace_file
from recommender.ports import Progress
from recommender.types import Matrix

log = logging.getLogger(__name__)

_CHUNK_TEXTS: Final = 512
_CHUNKS_PER_SAVE: Final = 8
"""A few minutes of work, which is what Ctrl-C can lose."""


def cached_rows(
    file: Path,
    texts: Sequence[str],
    embed: Callable[[Sequence[str]], Matrix],
    dim: int,
    progress: Progress | None = None,
) -> Matrix:
    """Return one row per text: from the file where it is there, else embedded and added to the file.

    Args:
        file: Of one encoder; its name must tell which. A torn one is made anew.
        texts: Distinct.
        embed: Returns rows of ``dim`` columns for texts.
        dim: Columns.
        progress: Counts the texts that are embedded.
    """
    codes = np.asarray([_code(text) for text in texts], dtype=np.uint64)
    known, rows = _read(file, dim)
    missing = np.flatnonzero(~np.isin(codes, known))
    step = _CHUNK_TEXTS * _CHUNKS_PER_SAVE
    for first in range(0, len(missing), step):
        places = missing[first : first + step]
        fresh = [rows]
        for start in range(0, len(places), _CHUNK_TEXTS):
            fresh.append(embed([texts[place] for place in places[start : start + _CHUNK_TEXTS]]))
            if progress is not None:
                progress(min(first + start + _CHUNK_TEXTS, len(missing)), len(missing))
        known, rows = np.concatenate([known, codes[places]]), np.concatenate(fresh)
        _write(file, known, rows)
    order = np.argsort(known)
    return rows[order[np.searchsorted(known, codes, sorter=order)]] if len(codes) else rows[:0]


def _write(file: Path, codes: NDArray[np.uint64], rows: Matrix) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_file(file, lambda out: np.savez(out, codes=codes, rows=rows))


def _read(file: Path, dim: int) -> tuple[NDArray[np.uint64], Matrix]:
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            codes, rows = stored["codes"], stored["rows"]
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        log.warning("text vectors not readable file=%s", file)
    else:
        if rows.shape == (len(codes), dim):
            return codes, rows
    return np.empty(0, dtype=np.uint64), np.empty((0, dim), dtype=np.float32)


def _code(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))
