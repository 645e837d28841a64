"""Learning weights: how a list chooses its tracks among the candidates for it.

Source:
    McFadden, Conditional Logit Analysis of Qualitative Choice Behavior, in Frontiers in Econometrics, 1974; the
    listwise loss of Cao et al., ICML 2007, doi:10.1145/1273496.1273513.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.types import Matrix

ROUNDS: Final = 150
PRIOR_STRENGTH: Final = 10.0
"""How strongly weights are held to those known before: as some ten choices of average difficulty."""
_CONSTANT: Final = 1e-6
"""Standard deviation, against the largest value, below which an input varies only by rounding."""


def learnt_weights(
    inputs: Matrix, chosen: NDArray[np.bool_], lists: NDArray[np.int64], prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the weights under which what lists chose is likely, given their candidates.

    Each choice is one against all candidates of its list; a list with many choices counts less than in proportion
    (by the root of their number). Weights are never negative: evidence may be worth nothing, but does not speak
    against a track.

    Args:
        inputs: Shape (n, weights), zero or more.
        chosen: Shape (n,): whether the list has the candidate.
        lists: Shape (n,): the list of each candidate, ascending.
        prior: Shape (weights,): what weights are drawn to; kept where an input says nothing.

    Returns:
        Shape (weights,), zero or more; the prior when nothing was chosen.
    """
    from scipy.optimize import minimize

    per_list = np.bincount(lists, weights=chosen)
    kept = per_list[lists] > 0
    inputs, chosen, lists = inputs[kept], chosen[kept], lists[kept]
    spread = _deviations(inputs)
    varies = spread > _CONSTANT * np.maximum(np.abs(inputs).max(axis=0, initial=0), 1)
    if not varies.any():
        return prior.copy()
    starts = np.flatnonzero(np.r_[True, lists[1:] != lists[:-1]])
    group = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(lists)]))
    choices = np.bincount(group, weights=chosen)
    worth = 1 / np.sqrt(choices)
    scaled = np.ascontiguousarray((inputs[:, varies] / spread[varies]).astype(np.float32))
    towards = prior[varies] * spread[varies]
    chosen_sum = scaled.T @ (chosen * worth[group]).astype(np.float32)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = (scaled @ weights.astype(np.float32)).astype(np.float64)
        highest = np.maximum.reduceat(scores, starts)
        exponentials = np.exp(scores - highest[group])
        totals = np.add.reduceat(exponentials, starts)
        off = weights - towards
        value = (choices * worth * (highest + np.log(totals))).sum() - chosen_sum @ weights
        expected = scaled.T @ (exponentials / totals[group] * (choices * worth)[group]).astype(np.float32)
        return (
            float(value + PRIOR_STRENGTH * off @ off / 2) / len(starts),
            (expected - chosen_sum + PRIOR_STRENGTH * off).astype(np.float64) / len(starts),
        )

    found = minimize(
        loss, towards, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(towards), options={"maxiter": ROUNDS}
    )
    weights = prior.copy()
    weights[varies] = found.x / spread[varies]
    return weights


def _deviations(inputs: Matrix) -> NDArray[np.float64]:
    """Return the standard deviation of each column; 0 where there are no rows.

    In float64: what 32 bits round away over many rows is more than what an input that says something may vary by.
    """
    count = max(len(inputs), 1)
    mean = inputs.sum(axis=0, dtype=np.float64) / count
    square = np.einsum("ij,ij->j", inputs, inputs, dtype=np.float64) / count
    deviations: NDArray[np.float64] = np.sqrt(np.maximum(square - mean**2, 0))
    return deviations
