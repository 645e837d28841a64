import itertools

import numpy as np
import pytest

from recommender.index.exact_index import ExactIndex
from recommender.index.usearch_index import UsearchIndex
from recommender.ports import TextEncoder
from recommender.types import Matrix

MOODS = ("slow", "furious", "tender", "restless", "sunny", "haunted", "drunken", "quiet", "defiant", "homesick")
KINDS = ("metal", "lullaby", "disco", "country", "techno", "gospel", "punk", "bossa nova", "opera", "hip hop")
THEMES = (
    "a night drive", "my grandmother's kitchen", "the end of summer", "a broken engine", "first snow",
    "losing a friend", "the sea at dawn", "an empty stadium", "the late shift", "falling in love at the library",
)  # fmt: skip


@pytest.fixture(scope="module")
def vectors(minilm: TextEncoder) -> Matrix:
    texts = [f"{mood} {kind} song about {theme}" for mood, kind, theme in itertools.product(MOODS, KINDS, THEMES)]
    return minilm.encode(texts)


@pytest.mark.parametrize("removed", [0, 200])
def test_the_graph_finds_the_true_neighbours_of_real_texts(vectors: Matrix, removed: int) -> None:
    keys = np.arange(1, len(vectors) + 1)
    graph, exact = UsearchIndex(vectors.shape[1]), ExactIndex(vectors.shape[1])
    for index in (graph, exact):
        index.add(keys, vectors)
        index.remove(keys[:removed])

    recalls = [np.isin(graph.search(row, 10)[0], exact.search(row, 10)[0]).mean() for row in vectors[::5]]

    assert np.mean(recalls) >= 0.98
