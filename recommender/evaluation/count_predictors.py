"""Predictors of how often a listener listens to a track: means, biases, factors, neighbours, and what is learnt.

Each takes a :class:`recommender.evaluation.count_features.CountTraining` and returns a predictor.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from recommender.evaluation.count_features import (
    Biases,
    CountFeatures,
    CountTraining,
    Predictor,
    factors,
    neighbours,
)
from recommender.evaluation.datasets import Rows
from recommender.evaluation.metrics import Values

CountMethod = Callable[[CountTraining], Predictor]
"""Learns from a training part."""

USER_MEAN: Final = "user-mean"
"""What predictors of counts find hard to beat."""
FOLDS: Final = 8
"""In which training entries are described by the other folds, so that none describes itself."""
RIDGE: Final = 10.0
ROUNDS: Final = 200
LEARNING_RATE: Final = 0.03
LEAVES: Final = 8
SMALLEST_LEAF: Final = 100
TREE_RIDGE: Final = 1.0


def global_mean(training: CountTraining) -> Predictor:
    """Predict the mean of all entries."""
    mean = Biases.of(training).mean
    return lambda owners, _columns: np.full(len(owners), mean)


def user_mean(training: CountTraining) -> Predictor:
    """Predict the listener's mean; that of all where the listener has no entry."""
    rows, _, values = training.entries
    means = _means(rows, values, training.table.shape[0])
    return lambda owners, _columns: means[owners]


def item_mean(training: CountTraining) -> Predictor:
    """Predict the track's mean; that of all where nobody is known to have it."""
    _, columns, values = training.entries
    means = _means(columns, values, training.table.shape[1])
    return lambda _owners, columns: means[columns]


def bias(training: CountTraining) -> Predictor:
    """Predict the mean and the shrunk deviations of listener and track."""
    return Biases.of(training).predicted


def bias_with_svd(training: CountTraining) -> Predictor:
    """Predict by biases, and by a truncated SVD of what they leave."""
    biases = Biases.of(training)
    left = factors(training, biases)
    return lambda owners, columns: biases.predicted(owners, columns) + left(owners, columns)


def bias_with_neighbours(training: CountTraining) -> Predictor:
    """Predict by biases, and by what they leave of the listener's tracks with the same other listeners.

    Source:
        Koren, ACM TKDD 2010, doi:10.1145/1644873.1644874, section 2.2, with cosines and every neighbour.
    """
    biases = Biases.of(training)
    left = neighbours(training, biases)
    return lambda owners, columns: biases.predicted(owners, columns) + left(owners, columns)[0]


def ridge(training: CountTraining) -> Predictor:
    """Predict by a linear model of history and content features."""
    return _learnt(training, _linear)


def ours(training: CountTraining) -> Predictor:
    """Predict by the mean of a linear model and of boosted trees over history and content features.

    Source:
        Wolpert, Neural Networks 1992, doi:10.1016/S0893-6080(05)80023-1, for features out of fold; Friedman, Annals of
        Statistics 2001, doi:10.1214/aos/1013203451, for the trees; scikit-learn's.
    """
    return _learnt(training, _linear, _trees)


COUNT_METHODS: Final[Mapping[str, CountMethod]] = MappingProxyType(
    {
        "global-mean": global_mean,
        USER_MEAN: user_mean,
        "item-mean": item_mean,
        "bias": bias,
        "bias+svd": bias_with_svd,
        "item-knn": bias_with_neighbours,
        "ridge": ridge,
        "ours": ours,
    }
)
"""By the names that the command line uses, ours last."""


def _means(groups: Rows, values: Values, count: int) -> Values:
    sums, counts = np.bincount(groups, values, minlength=count), np.bincount(groups, minlength=count)
    means: Values = np.where(counts > 0, sums / np.maximum(counts, 1), values.mean() if len(values) else 0.0)
    return means


def _learnt(training: CountTraining, *models: Callable[[int], Any]) -> Predictor:
    """Return the mean of models over features, kept within what was seen; biases alone where nothing can be learnt."""
    owners, columns, values = training.entries
    if len(values) < FOLDS:
        return bias(training)
    fold = np.random.default_rng(training.seed).permutation(len(values)) % FOLDS
    rows = np.concatenate(
        [
            CountFeatures(training.only(fold != each)).of(owners[fold == each], columns[fold == each])
            for each in range(FOLDS)
        ]
    )
    truth = np.concatenate([values[fold == each] for each in range(FOLDS)])
    # Nothing can be learnt from what is unknown or the same everywhere, and the trees refuse a column of nothing.
    varies = np.fmax.reduce(rows) > np.fmin.reduce(rows)
    if not varies.any():
        return bias(training)
    fitted = [make(training.seed).fit(rows[:, varies], truth) for make in models]
    features = CountFeatures(training)

    def predicted(owners: Rows, columns: Rows) -> Values:
        asked = features.of(owners, columns)[:, varies]
        means: Values = np.mean([model.predict(asked) for model in fitted], axis=0)
        return np.clip(means, values.min(), values.max())

    return predicted


def _linear(_seed: int) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(SimpleImputer(), StandardScaler(), Ridge(RIDGE))


def _trees(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        max_iter=ROUNDS,
        learning_rate=LEARNING_RATE,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=SMALLEST_LEAF,
        l2_regularization=TREE_RIDGE,
        early_stopping=False,
        random_state=seed,
    )
