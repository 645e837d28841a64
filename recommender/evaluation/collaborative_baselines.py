"""Baselines that learn from who has what: neighbours, EASE, factorisation, and playlists read as sentences.

Each is a :data:`recommender.evaluation.rankers.Method`. All take counts as yes or no: on every set tried that was
better than counts.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
from scipy import sparse

from recommender.collaborative import Ease, Neighbours
from recommender.evaluation.catalog_features import tfidf_vectors
from recommender.evaluation.datasets import Rows, Table
from recommender.evaluation.rankers import Ranker, Scorer, Scores, Training, ranked_by

USER_NEIGHBOURS: Final = 20
EASE_LAMBDA: Final = 200.0
"""The figure of the baseline in the literature's range (100 to 1000); not tuned here."""
CONTENT_SHARE: Final = 0.3
"""Of content against EASE where both are added; the published figure."""
FACTORS: Final = 64
ALS_ROUNDS: Final = 15
ALS_REGULARISATION: Final = 0.1
ALS_ALPHA: Final = 10.0
"""How much more a track counts that an owner has than one that they have not."""
BPR_ROUNDS: Final = 300
BPR_RATE: Final = 0.05
BPR_REGULARISATION: Final = 0.05
WORD_ROUNDS: Final = 30
WORD_WINDOW: Final = 1_000
"""Longer than any list: the order inside a playlist is not used."""


def item_knn(training: Training) -> Ranker:
    """Rank by the summed cosine of a track's lists with those of the owner's tracks.

    Source:
        Sarwar et al., WWW 2001, doi:10.1145/371920.372071.
    """
    table = training.binary
    neighbours = Neighbours.fit(table)
    return ranked_by(training, lambda owners: neighbours.scores(table[owners]))


def user_knn(training: Training) -> Ranker:
    """Rank by the summed cosine of the nearest owners that have the track.

    Source:
        Herlocker et al., SIGIR 1999, doi:10.1145/312624.312682.
    """
    return ranked_by(training, owner_neighbours(training.binary, USER_NEIGHBOURS))


def owner_neighbours(table: Table, count: int) -> Scorer:
    """Return a scorer by summed cosines of the ``count`` nearest other owners that have the track."""
    sizes = np.diff(table.indptr)
    unit = sparse.csr_array(sparse.diags_array(1 / np.sqrt(np.maximum(sizes, 1))) @ table)

    def scores(owners: Rows) -> Scores:
        closeness = (unit[owners] @ unit.T).toarray()
        closeness[np.arange(len(owners)), owners] = 0
        weakest = max(closeness.shape[1] - count, 0)
        if weakest:
            far = np.argpartition(closeness, weakest, axis=1)[:, :weakest]
            np.put_along_axis(closeness, far, 0, axis=1)
        return np.asarray(closeness @ table)

    return scores


def ease(training: Training) -> Ranker:
    """Rank by EASE, with λ = :data:`EASE_LAMBDA`; see :class:`recommender.collaborative.Ease`."""
    return ranked_by(training, _ease_scorer(training))


def _ease_scorer(training: Training) -> Scorer:
    table = training.binary
    model = Ease.fit(table, EASE_LAMBDA)
    return lambda owners: model.scores(table[owners])


def ease_with_content(training: Training) -> Ranker:
    """Rank by EASE and, for a share, by TF-IDF: each in standard deviations over the owner's catalog."""
    table = training.binary
    others = _ease_scorer(training)
    words = tfidf_vectors(training.tracks)
    return ranked_by(
        training,
        lambda owners: (
            _in_deviations(others(owners))
            + CONTENT_SHARE * _in_deviations(np.asarray((table[owners] @ words @ words.T).toarray()))
        ),
    )


def _in_deviations(scores: Scores) -> Scores:
    deviations = scores.std(axis=1, keepdims=True)
    return np.asarray((scores - scores.mean(axis=1, keepdims=True)) / np.where(deviations > 0, deviations, 1))


def als(training: Training) -> Ranker:
    """Rank by implicit-feedback matrix factorisation with alternating least squares.

    Source:
        Hu, Koren and Volinsky, ICDM 2008, doi:10.1109/ICDM.2008.22; the ``implicit`` library.
    """
    from implicit.cpu.als import AlternatingLeastSquares

    model = partial(
        AlternatingLeastSquares,
        factors=FACTORS,
        iterations=ALS_ROUNDS,
        regularization=ALS_REGULARISATION,
        alpha=ALS_ALPHA,
        random_state=training.seed,
        num_threads=1,
    )
    return _factorised(training, model)


def bpr(training: Training) -> Ranker:
    """Rank by matrix factorisation that learns to order pairs.

    Source:
        Rendle et al., UAI 2009, arXiv:1205.2618; the ``implicit`` library.
    """
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    # One thread: with more, the library's updates race and a seed repeats nothing.
    model = partial(
        BayesianPersonalizedRanking,
        factors=FACTORS,
        iterations=BPR_ROUNDS,
        learning_rate=BPR_RATE,
        regularization=BPR_REGULARISATION,
        random_state=training.seed,
        num_threads=1,
    )
    return _factorised(training, model)


def word2vec(training: Training) -> Ranker:
    """Rank by the cosine to the mean vector of the owner's tracks, learnt from lists as sentences of tracks.

    Source:
        Barkan and Koenigstein, Item2Vec, MLSP 2016, arXiv:1603.04259; the ``gensim`` library.
    """
    from gensim.models import Word2Vec

    table = training.binary
    lists = [[str(column) for column in row] for row in np.split(table.indices, table.indptr[1:-1]) if len(row) > 1]
    vectors = np.zeros((table.shape[1], FACTORS), dtype=np.float32)
    if lists:
        model = Word2Vec(
            lists,
            vector_size=FACTORS,
            window=WORD_WINDOW,
            min_count=1,
            sg=1,
            negative=10,
            epochs=WORD_ROUNDS,
            seed=training.seed + 1,
            workers=1,
        )
        for word in model.wv.index_to_key:
            vectors[int(word)] = model.wv.get_vector(word, norm=True)
    return ranked_by(training, lambda owners: np.asarray(table[owners] @ vectors @ vectors.T, dtype=np.float64))


def _factorised(training: Training, make: Callable[[], Any]) -> Ranker:
    from threadpoolctl import threadpool_limits

    table = sparse.csr_matrix(training.binary.astype(np.float32))
    # implicit runs its own threads and asks for this; OpenBLAS threads under them make it many times slower.
    with threadpool_limits(1, "blas"):
        model = make()
        model.fit(table, show_progress=False)
    owners_by, tracks_by = np.asarray(model.user_factors), np.asarray(model.item_factors)
    return ranked_by(training, lambda owners: np.asarray(owners_by[owners] @ tracks_by.T, dtype=np.float64))
