"""Rolls: lists that are varied and still good, each brought again by its number.

Scores get Gumbel noise, so that ranking them draws tracks one after the other without putting any back, each with a
chance that grows exponentially with its score: a Plackett-Luce ranking. What lies far below the best is left out of
the draw, so that no roll is worse than the worst of a few good lists.

Source:
    Kool, van Hoof and Welling, "Stochastic Beams and Where to Find Them", ICML 2019, section 2.3 (the Gumbel-top-k
    trick); Plackett, Applied Statistics 24, 1975, pp. 193-202, doi:10.2307/2346567; Luce, Individual Choice
    Behavior, 1959.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from recommender.types import Keys, Vector

LARGEST_ROLL: Final = 9_999
"""Numbers that a person can pass on."""
DRAWN_FROM: Final = 5
"""Tracks in the draw for each place, where there are plenty ..."""
_SHARE_DRAWN: Final = 0.25
"""... but no more than this share of a small pool, most of which is no good match ..."""
_LEAST_DRAWN: Final = 2
"""... and no fewer for each place, or lists would hardly vary."""
TEMPERATURE: Final = 0.2
"""Of the noise, as a share of the distance between the best and the last score in the draw: the last one has
exp(-1 / 0.2), less than a hundredth, of the best one's chance of a place. Measured on 28,352 tracks with 40 seeds and
five rolls each: a list of ten shares .54 of its tracks with the best list and .42 with another roll, and scores .489
on average instead of .504."""
_SMALLEST_SPREAD: Final = 1e-3
"""Among equals luck alone decides."""


def drawn_roll(rng: np.random.Generator) -> int:
    """Return a number for a new roll, 1 to :data:`LARGEST_ROLL`."""
    return int(rng.integers(1, LARGEST_ROLL, endpoint=True))


def rolled(scores: Vector, keys: Keys, roll: int, *, groups: Sequence[int], places: int) -> Vector:
    """Return scores by which another good list comes out on top; as they are for roll 0.

    Args:
        scores: Shape (n,), higher is better.
        keys: Shape (n,). The luck of a track depends on the roll and its key alone, so that it keeps it when others
            come to the pool or leave it.
        roll: Number of the roll.
        groups: Shape (n,): the group of each row. Each has a draw of its own among its best, so that none is left to
            the luck of another.
        places: Picks wanted over all groups.

    Returns:
        Shape (n,). In each group the best :func:`draw_size` scores have noise; every other row lies below all of them,
        in its old order, for when caps leave too few.
    """
    if roll == 0:
        return scores
    shaken = scores.astype(np.float32, copy=True)
    of_group = np.asarray(groups)
    for group in np.unique(of_group):
        rows = np.flatnonzero(of_group == group)
        # A stable sort, so that rows of equal score are in the draw or out of it in every run.
        ordered = rows[np.argsort(-scores[rows], kind="stable")]
        size = draw_size(len(rows), places)
        drawn, left = ordered[:size], ordered[size:]
        spread = max(float(scores[drawn[0]] - scores[drawn[-1]]), _SMALLEST_SPREAD)
        luck = TEMPERATURE * spread * _gumbel(keys[drawn], roll)
        shaken[drawn] += luck
        shaken[left] += luck.min()
    return shaken


def draw_size(rows: int, places: int) -> int:
    """Return how many of the best rows of a group are in its draw."""
    return min(rows, DRAWN_FROM * places, max(_LEAST_DRAWN * places, round(_SHARE_DRAWN * rows)))


def _gumbel(keys: Keys, roll: int) -> Vector:
    """Return standard Gumbel noise, shape (n,), a function of roll and key."""
    return np.asarray([np.random.default_rng((roll, key)).gumbel() for key in keys.tolist()], dtype=np.float32)
