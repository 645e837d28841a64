"""Covers to unit vectors, through a convolutional network."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from recommender.encoders.converted import converted_folder
from recommender.encoders.image_cnn import CnnModel, convert_cnn, load_cnn
from recommender.encoders.networks import Backend, Network, OpenVinoNetwork, TorchNetwork
from recommender.encoders.pictures import network_input, pixels_of
from recommender.errors import EncoderUnavailableError
from recommender.types import Matrix
from recommender.unit_rows import unit_rows

if TYPE_CHECKING:
    from recommender.ports import ImageEncoder

PICTURES_PER_BATCH = 16
"""As fast per picture as larger batches, and their pixels fit into ten megabytes."""


class CnnImageEncoder:
    """Encodes covers; cheap to construct, loads its network when the first picture comes.

    Calls from several threads take turns.
    """

    def __init__(self, model: CnnModel, cache: Path, *, backend: Backend = Backend.OPENVINO) -> None:
        """Name the network and the folder that keeps converted ones."""
        self._model = model
        self._cache = cache
        self._backend = backend
        self._mean = np.asarray(model.mean, dtype=np.float32)
        self._deviation = np.asarray(model.deviation, dtype=np.float32)
        self._network: Network | None = None
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
            EncoderUnavailableError: The weights are not on this machine, or the cache cannot be written.
            WeightsCorruptError: The weights are not the ones we know.
        """
        try:
            return converted_folder(self._cache, self.fingerprint, lambda folder: convert_cnn(self._model, folder))
        except OSError as error:
            raise EncoderUnavailableError(self._model.name, f"the folder {self._cache} cannot be written.") from error

    def encode(self, pictures: Sequence[bytes], /) -> Matrix:
        """Return unit rows, shape (len(pictures), dim), for encoded picture files (JPEG, PNG, WebP).

        Raises:
            PictureRefusedError: One is not a picture, or too large to decode safely.
            EncoderUnavailableError: The weights are not on this machine, or the cache cannot be written.
            WeightsCorruptError: The weights are not the ones we know.
        """
        rows = np.zeros((len(pictures), self.dim), dtype=np.float32)
        with self._turn:
            for start in range(0, len(pictures), PICTURES_PER_BATCH):
                batch = slice(start, start + PICTURES_PER_BATCH)
                squares = [pixels_of(picture, self._model.side) for picture in pictures[batch]]
                self._network = self._network or self._load()
                rows[batch] = self._network.run(network_input(squares, self._mean, self._deviation))
        return unit_rows(rows)

    def _load(self) -> Network:
        if self._backend is Backend.TORCH:
            return TorchNetwork(load_cnn(self._model))
        # In bfloat16 the vectors of drawn pictures turn by up to 8 degrees (cosine .990 to torch's).
        return OpenVinoNetwork(self.prepare(), bfloat16=False)


if TYPE_CHECKING:
    _fits: type[ImageEncoder] = CnnImageEncoder
