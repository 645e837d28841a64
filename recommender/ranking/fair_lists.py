"""Fair lists: tracks for several people that leave the least happy of them as happy as can be.

Each track gives each person a gain, and a person is as happy as the gains of the list add up to. Which tracks make the
smallest of these sums largest is a linear program but for its whole numbers. It is solved without them, rounded, and
bettered by exchanging one track at a time. Then the tracks are put in an order of which every beginning is fair.

Source:
    Masthoff, "Group Modeling: Selecting a Sequence of Television Items to Suit a Group of Viewers", User Modeling and
    User-Adapted Interaction 14, 2004, pp. 37-85, doi:10.1023/B:USER.0000010138.79319.fd (least misery); Xiao et al.,
    "Fairness-Aware Group Recommendation with Pareto-Efficiency", RecSys 2017, pp. 107-115,
    doi:10.1145/3109859.3109887 (gains against the best list of each, and a greedy sequence by the least of them).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Gains = NDArray[np.float64]
"""Shape (people, tracks), 0 or more."""
Caps = tuple[Sequence[Sequence[int]], Sequence[int]]
"""The labels of each track, counted from zero, and how often each label may occur in a list."""

MEAN_SHARE: Final = 0.01
"""How much the mean happiness counts beside the least: among lists that are as fair, the better one for all."""
MOST_EXCHANGES: Final = 200
_BETTER: Final = 1e-9


def best_rows(gains: NDArray[np.float64], caps: Caps, count: int) -> list[int]:
    """Return the list that one person would have alone: the largest gains first, as far as the caps allow.

    Args:
        gains: Shape (tracks,).
        caps: Of the tracks.
        count: Tracks wanted.
    """
    labels, left = caps[0], list(caps[1])
    chosen: list[int] = []
    for row in np.argsort(-gains, kind="stable").tolist():
        if len(chosen) == count:
            break
        if all(left[label] > 0 for label in labels[row]):
            chosen.append(row)
            for label in labels[row]:
                left[label] -= 1
    return chosen


def fair_rows(gains: Gains, caps: Caps, count: int) -> list[int]:
    """Return the tracks that leave the least happy person happiest, in a fair order.

    Args:
        gains: Of each person by each track.
        caps: Of the tracks.
        count: Tracks wanted; fewer come back when the caps leave no more.

    Returns:
        Distinct rows. Each is the one, of those left, after which the least happy person is happiest.
    """
    if not gains.shape[1] or count < 1:
        return []
    rows = best_rows(_relaxed(gains, caps, count), caps, count)
    return _in_fair_order(gains, _exchanged(gains, caps, rows))


def _relaxed(gains: Gains, caps: Caps, count: int) -> NDArray[np.float64]:
    """Return how much of each track is in the fairest list, if tracks could be divided; shape (tracks,)."""
    # Here, because it takes a third of a second to import and only groups need it.
    from scipy.optimize import linprog

    people, tracks = gains.shape
    member = _labelled(caps)
    solved = linprog(
        -np.append(MEAN_SHARE * gains.mean(axis=0), 1.0),
        A_ub=sparse.vstack(
            [
                sparse.csr_array(np.hstack([-gains, np.ones((people, 1))])),
                sparse.hstack([member.T, sparse.csr_array((member.shape[1], 1))]),
                sparse.csr_array(np.append(np.ones(tracks), 0.0)[None, :]),
            ],
            format="csr",
        ),
        b_ub=np.concatenate([np.zeros(people), np.asarray(caps[1], dtype=np.float64), [float(count)]]),
        bounds=[(0, 1)] * tracks + [(0, None)],
        method="highs",
    )
    # It always has a solution: no tracks at all. Ties of what is left whole are broken by the mean gain.
    return np.asarray(solved.x[:tracks] + _BETTER * gains.mean(axis=0), dtype=np.float64)


def _exchanged(gains: Gains, caps: Caps, rows: list[int]) -> list[int]:
    """Return a list in which no exchange of one track for another makes the least happy person happier."""
    member = _labelled(caps)
    most = np.asarray(caps[1], dtype=np.int64)
    chosen = list(rows)
    for _ in range(MOST_EXCHANGES):
        happiness = gains[:, chosen].sum(axis=1)
        taken = np.asarray(member[chosen].sum(axis=0)).ravel()
        best, exchange = _fairness(happiness[:, None])[0] + _BETTER, None
        for place, row in enumerate(chosen):
            full = taken - member[[row]].toarray().ravel() >= most
            value = _fairness((happiness - gains[:, row])[:, None] + gains)
            value[np.asarray(member @ full.astype(np.float64)).ravel() > 0] = -np.inf
            value[chosen] = -np.inf
            other = int(value.argmax())
            if value[other] > best:
                best, exchange = value[other], (place, other)
        if exchange is None:
            break
        chosen[exchange[0]] = exchange[1]
    return chosen


def _in_fair_order(gains: Gains, rows: list[int]) -> list[int]:
    left, ordered = sorted(rows), []
    happiness = np.zeros(len(gains))
    while left:
        value = _fairness(happiness[:, None] + gains[:, left])
        ordered.append(left.pop(int(value.argmax())))
        happiness += gains[:, ordered[-1]]
    return ordered


def _fairness(happiness: Gains) -> NDArray[np.float64]:
    """Return what lists are worth, shape (lists,), from the happiness of each person with each, (people, lists)."""
    fairness: NDArray[np.float64] = happiness.min(axis=0) + MEAN_SHARE * happiness.mean(axis=0)
    return fairness


def _labelled(caps: Caps) -> sparse.csr_array:
    """Return which labels each track has, shape (tracks, labels)."""
    labels, most = caps
    rows = np.repeat(np.arange(len(labels)), [len(each) for each in labels])
    columns = np.asarray([label for each in labels for label in each], dtype=np.int64)
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(labels), len(most)))
