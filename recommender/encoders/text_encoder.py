"""Texts to unit vectors, through a BERT-family network."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from recommender.encoders.converted import converted_folder
from recommender.encoders.networks import Backend, Network, OpenVinoNetwork, TorchNetwork
from recommender.encoders.text_bert import BertModel, convert_bert, load_bert, save_tokenizer
from recommender.encoders.text_windows import TOKENIZER_FILE, Window, WindowTokenizer, padded, token_batches
from recommender.errors import EncoderUnavailableError
from recommender.types import Matrix
from recommender.unit_rows import unit_rows

if TYPE_CHECKING:
    from recommender.ports import TextEncoder

TEXTS_AT_ONCE = 4_096
"""Bounds the memory of one call; enough to find batches of like length."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    tokenizer: WindowTokenizer
    network: Network


class BertTextEncoder:
    """Encodes texts; cheap to construct, loads its network when the first text comes.

    Calls from several threads take turns.
    """

    def __init__(self, model: BertModel, cache: Path, *, backend: Backend = Backend.OPENVINO) -> None:
        """Name the network and the folder that keeps converted ones."""
        self._model = model
        self._cache = cache
        self._backend = backend
        self._loaded: _Loaded | None = None
        self._turn = Lock()

    @property
    def fingerprint(self) -> str:
        """``model@revision/preprocessing/dim``; the same for all backends, whose vectors agree."""
        return self._model.fingerprint

    @property
    def dim(self) -> int:
        """Columns of a vector."""
        return self._model.dim

    def prepare(self) -> Path:
        """Return the folder of the converted network, converting it first when that is not done yet.

        Raises:
            EncoderUnavailableError: The network's files are not whole, or the cache cannot be written.
            WeightsCorruptError: The weights are not the ones we know.
        """
        try:
            return converted_folder(self._cache, self.fingerprint, lambda folder: convert_bert(self._model, folder))
        except OSError as error:
            raise EncoderUnavailableError(self._model.name, f"the folder {self._cache} cannot be written.") from error

    def encode(self, texts: Sequence[str], /) -> Matrix:
        """Return unit rows, shape (len(texts), dim), row order as given; an empty text is a zero row.

        A text longer than a window is cut into windows; its vector is the mean of their unit vectors, each weighing
        by its tokens, at unit length. Of texts beyond 32,768 characters the rest is not read.

        Raises:
            EncoderUnavailableError: The network's files are not whole, or the cache cannot be written.
            WeightsCorruptError: The weights are not the ones we know.
        """
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        with self._turn:
            for start in range(0, len(texts), TEXTS_AT_ONCE):
                rows[start : start + TEXTS_AT_ONCE] = self._encode_some(texts[start : start + TEXTS_AT_ONCE])
        return rows

    def _encode_some(self, texts: Sequence[str]) -> Matrix:
        self._loaded = self._loaded or self._load()
        windows = self._loaded.tokenizer.windows(texts)
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        if windows:
            shares = np.asarray([window.tokens for window in windows], dtype=np.float32)[:, None]
            np.add.at(rows, [window.text for window in windows], shares * self._vectors(self._loaded, windows))
        return unit_rows(rows)

    def _vectors(self, loaded: _Loaded, windows: Sequence[Window]) -> Matrix:
        vectors = np.empty((len(windows), self.dim), dtype=np.float32)
        for batch in token_batches(windows):
            ids, mask = padded([windows[position] for position in batch], loaded.tokenizer.pad_id)
            vectors[batch] = loaded.network.run(ids, mask)
        return unit_rows(vectors)

    def _load(self) -> _Loaded:
        if self._backend is Backend.TORCH:
            with TemporaryDirectory() as passing:
                save_tokenizer(self._model, Path(passing, TOKENIZER_FILE))
                tokenizer = WindowTokenizer(Path(passing, TOKENIZER_FILE))
            return _Loaded(tokenizer, TorchNetwork(load_bert(self._model)))
        folder = self.prepare()
        return _Loaded(WindowTokenizer(folder / TOKENIZER_FILE), OpenVinoNetwork(folder, bfloat16=True))


if TYPE_CHECKING:
    _fits: type[TextEncoder] = BertTextEncoder
