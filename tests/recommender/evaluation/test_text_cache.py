"""Embedding that is stopped keeps what it has done."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from recommender.evaluation import text_cache
from recommender.evaluation.text_cache import cached_rows
from recommender.types import Matrix


def test_what_was_embedded_before_it_was_stopped_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_cache, "_CHUNK_TEXTS", 2)
    monkeypatch.setattr(text_cache, "_CHUNKS_PER_SAVE", 2)
    texts = [f"text {n}" for n in range(7)]
    read: list[str] = []

    def embed(some: Sequence[str]) -> Matrix:
        if "text 6" in some and len(read) == 6:
            raise KeyboardInterrupt
        read.extend(some)
        return np.asarray([[float(text.split()[1])] for text in some], dtype=np.float32)

    with pytest.raises(KeyboardInterrupt):
        cached_rows(tmp_path / "kept.npz", texts, embed, 1)
    read.clear()
    seen: list[tuple[int, int]] = []
    rows = cached_rows(tmp_path / "kept.npz", texts, embed, 1, lambda done, total: seen.append((done, total)))

    assert read == texts[4:]
    assert rows[:, 0].tolist() == list(range(7))
    assert seen == [(2, 3), (3, 3)]
