"""Texts cut into windows that a network can hold, and windows gathered into batches of like length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOKENIZER_FILE = "tokenizer.json"
TOKENS_PER_BATCH = 1_024
"""Padding included. Small batches of like length are the fastest on a CPU (256 to 1,024 measured alike)."""
LONGEST_TEXT = 32_768
"""Characters that are read of one text: longer than any song, and a bound on the work a stranger can ask for."""

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of a text as token ids."""

    text: int
    """Which of the texts it is a piece of."""
    ids: tuple[int, ...]
    """With the special tokens that the network wants around a text."""
    tokens: int
    """Without the special ones: its share in the vector of the text."""


class WindowTokenizer:
    """Cuts texts into windows of at most so many tokens."""

    def __init__(self, file: Path) -> None:
        """Read a ``tokenizer.json`` whose truncation says how long a window is and whose padding says the pad token.

        Raises:
            ValueError: The file does not say both.
        """
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(file))
        padding: dict[str, Any] | None = self._tokenizer.padding
        if padding is None or self._tokenizer.truncation is None:
            msg = f"{file.name} does not say how long a window is and how it is padded"
            raise ValueError(msg)
        self.pad_id = int(padding["pad_id"])
        self._tokenizer.no_padding()

    def windows(self, texts: Sequence[str]) -> list[Window]:
        """Return the windows of all texts in order; a text with nothing to read has none."""
        readable = [(row, cleaned) for row, text in enumerate(texts) if (cleaned := _cleaned(text))]
        found: list[Window] = []
        for (row, _), first in zip(readable, self._tokenizer.encode_batch([text for _, text in readable]), strict=True):
            for piece in (first, *first.overflowing):
                tokens = len(piece.ids) - sum(piece.special_tokens_mask)
                if tokens > 0:
                    found.append(Window(row, tuple(piece.ids), tokens))
        return found


def token_batches(windows: Sequence[Window], budget: int = TOKENS_PER_BATCH) -> Iterator[list[int]]:
    """Yield positions of windows, longest first, in batches of at most ``budget`` tokens with their padding.

    A window that alone is longer than the budget is a batch of its own.
    """
    batch: list[int] = []
    longest = 0
    for position in sorted(range(len(windows)), key=lambda each: -len(windows[each].ids)):
        longest = longest or len(windows[position].ids)
        if batch and longest * (len(batch) + 1) > budget:
            yield batch
            batch, longest = [], len(windows[position].ids)
        batch.append(position)
    if batch:
        yield batch


def padded(windows: Sequence[Window], pad_id: int) -> tuple[Ids, Ids]:
    """Return token ids and attention mask, both of shape (windows, longest)."""
    longest = max(len(window.ids) for window in windows)
    ids = np.full((len(windows), longest), pad_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        mask[row, : len(window.ids)] = 1
    return ids, mask


def _cleaned(text: str) -> str:
    # Half of a surrogate pair, as broken dataset files have them, makes the tokenizer raise.
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8").strip()
