"""A learned fusion: one projection of all modalities, trained on what lists hold together.

A benchmark against the engine's weights, not what the bot serves. It learns from the training lists of a dataset
alone, which may be trained on; what Spotify tells of members never reaches it.

Source:
    van den Oord, Li and Vinyals, arXiv:1807.03748, for the loss: pairs of one list against all others of the batch.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from recommender.evaluation.datasets import Rows
from recommender.evaluation.rankers import Method, Ranker, Scores, Training, ranked_by
from recommender.types import Matrix, Track
from recommender.unit_rows import unit_rows

DIM: Final = 96
"""Columns of the projection."""
STEPS: Final = 1_500
BATCH: Final = 512
"""Pairs of a step; each is told from all others of it."""
RATE: Final = 2e-3
DECAY: Final = 1e-4
TEMPERATURE: Final = 0.1
SHORTEST_LIST: Final = 2


def learned_fusion(vectors_of: Callable[[tuple[Track, ...]], Matrix]) -> Method:
    """Return the method: rank by the cosine to the mean projection of the owner's tracks.

    Args:
        vectors_of: Returns the fused vector of each track, shape (tracks, dim).
    """

    def method(training: Training) -> Ranker:
        vectors = vectors_of(training.tracks)
        projected = vectors @ projection(vectors, training)
        unit = unit_rows(projected.astype(np.float32))
        table = training.binary

        def scores(owners: Rows) -> Scores:
            return np.asarray(unit_rows(np.asarray(table[owners] @ unit, dtype=np.float64)) @ unit.T)

        return ranked_by(training, scores)

    return method


def projection(vectors: Matrix, training: Training) -> Matrix:
    """Return a projection under which tracks of one list are near, shape (dim of the vectors, :data:`DIM`).

    Args:
        vectors: Shape (tracks, dim).
        training: Its lists of at least two tracks teach; each list is drawn as often as every other.

    Returns:
        A random projection when there is no such list.
    """
    import torch

    rng = np.random.default_rng(training.seed)
    torch.manual_seed(training.seed)
    start: Matrix = (rng.standard_normal((vectors.shape[1], DIM)) / np.sqrt(DIM)).astype(np.float32)
    table = training.table
    sizes = np.diff(table.indptr)
    lists = np.flatnonzero(sizes >= SHORTEST_LIST)
    if not len(lists):
        return start
    weights: Any = torch.tensor(start, requires_grad=True)
    optimiser = torch.optim.AdamW([weights], lr=RATE, weight_decay=DECAY)
    tracks: Any = torch.from_numpy(np.ascontiguousarray(vectors))
    right: Any = torch.arange(BATCH)
    for _ in range(STEPS):
        drawn = rng.choice(lists, BATCH)
        first = rng.integers(sizes[drawn])
        # Another track of the same list: a step of at least one from the first, around its end.
        second = (first + rng.integers(1, sizes[drawn])) % sizes[drawn]
        left, other = (
            torch.from_numpy(table.indices[table.indptr[drawn] + at].astype(np.int64)) for at in (first, second)
        )
        one, two = (torch.nn.functional.normalize(tracks[rows] @ weights, dim=1) for rows in (left, other))
        loss = torch.nn.functional.cross_entropy(one @ two.T / TEMPERATURE, right)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    found: Matrix = weights.detach().numpy()
    return found
