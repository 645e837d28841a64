"""Content and the lists of others in one ranking, learnt from the training part alone.

Signals propose tracks and describe each proposal; a gradient-boosted classifier weighs them. It is taught on training
lists of which a part was hidden from the signals. One setting serves cold and warm tracks: a track that nobody has
keeps its content and what others tell of its artist, and being unheard of never counts for it.

Source:
    Friedman, Annals of Statistics 2001, doi:10.1214/aos/1013203451, for gradient boosting; scikit-learn's histograms.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.evaluation.blend_signals import Contents, Signal, signals_of
from recommender.evaluation.datasets import Rows, Table
from recommender.evaluation.rankers import Method, Ranker, Scores, Training, best_columns, ranked_by
from recommender.types import Matrix, Track

HIDDEN_SHARE: Final = 0.2
"""Of each training list while the classifier is taught: the share that is held out of lists in evaluation."""
HIDINGS: Final = 2
"""Times that another part is hidden; each gives examples."""
SMALLEST_LIST: Final = 5
MOST_LISTS: Final = 2_000
"""Lists that teach, drawn at random where there are more: examples of some thousand lists fill the memory."""
PROPOSALS: Final = 150
"""Tracks that each proposing signal brings in."""
ROUNDS: Final = 250
LEARNING_RATE: Final = 0.05
LEAVES: Final = 31
SMALLEST_LEAF: Final = 50
RIDGE: Final = 1.0
_CHUNK_OWNERS: Final = 64
_NEVER_ZERO: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Proposals:
    """Candidates of some owners."""

    owners: Rows
    rows: Rows
    """Positions in ``owners``."""
    columns: Rows
    described: Matrix
    """Shape (len(rows), descriptions)."""


def learnt_blend(meaning_of: Callable[[tuple[Track, ...]], Matrix]) -> Method:
    """Return the method.

    Args:
        meaning_of: Returns a unit row of the text encoder per track, zero where nothing can be read.
    """

    def method(training: Training) -> Ranker:
        contents = Contents.of(training.tracks, meaning_of(training.tracks))
        weigh = _taught(training, contents)
        signals = signals_of(training, contents)

        def scores(owners: Rows) -> Scores:
            found = np.full((len(owners), len(training.tracks)), -np.inf)
            for start, each in enumerate(_proposals(training, signals, owners)):
                found[start * _CHUNK_OWNERS + each.rows, each.columns] = weigh(each.described)
            return found

        return ranked_by(training, scores)

    return method


def _taught(training: Training, contents: Contents) -> Callable[[Matrix], Scores]:
    """Return a function that weighs descriptions, taught on hidden parts of the training lists."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    described: list[Matrix] = []
    right: list[NDArray[np.bool_]] = []
    monotone: list[int] = []
    for hiding in range(HIDINGS):
        seen, hidden, owners = _hidden_part(training.table, np.random.default_rng((training.seed, hiding)))
        part = Training(tracks=training.tracks, table=seen, seed=training.seed)
        signals = signals_of(part, contents)
        monotone = _monotone(signals)
        for each in _proposals(part, signals, owners):
            described.append(each.described)
            right.append(hidden[each.owners].toarray()[each.rows, each.columns] > 0)
    x = np.concatenate([np.empty((0, len(monotone)), dtype=np.float32), *described])
    y = np.concatenate([np.empty(0, dtype=np.bool_), *right])
    varies = np.ptp(x, axis=0) > 0 if len(x) else np.zeros(len(monotone), dtype=np.bool_)
    if not varies.any() or y.all() or not y.any():
        # Nothing to learn from: whatever is proposed by more, and more strongly, comes first.
        return lambda rows: np.asarray(rows @ np.asarray(monotone, dtype=np.float32), dtype=np.float64)
    model: Any = HistGradientBoostingClassifier(
        max_iter=ROUNDS,
        learning_rate=LEARNING_RATE,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=SMALLEST_LEAF,
        l2_regularization=RIDGE,
        monotonic_cst=np.asarray(monotone)[varies],
        early_stopping=False,
        random_state=training.seed,
    ).fit(x[:, varies], y)
    return lambda rows: np.asarray(model.decision_function(rows[:, varies]), dtype=np.float64)


def _hidden_part(table: Table, rng: np.random.Generator) -> tuple[Table, Table, Rows]:
    """Return what stays, what is hidden, and the owners that something is hidden of."""
    sizes = np.diff(table.indptr)
    owners = np.flatnonzero(sizes >= SMALLEST_LIST)
    owners = np.sort(rng.permutation(owners)[:MOST_LISTS])
    hidden = np.zeros(int(table.nnz), dtype=np.bool_)
    for owner in owners.tolist():
        start, end = table.indptr[owner : owner + 2]
        hidden[start + rng.permutation(end - start)[: max(round(HIDDEN_SHARE * (end - start)), 1)]] = True
    rows = np.repeat(np.arange(table.shape[0]), sizes)

    def part(mask: NDArray[np.bool_]) -> Table:
        return sparse.csr_array((table.data[mask], (rows[mask], table.indices[mask])), shape=table.shape)

    return part(~hidden), part(hidden), owners


def _proposals(training: Training, signals: Sequence[Signal], owners: Rows) -> Iterator[_Proposals]:
    """Yield the candidates of each few owners, none that the owner has.

    A signal proposes its best tracks above zero. Equal ones are taken in a random order, not in that of the file.
    """
    order = np.random.default_rng(training.seed).permutation(len(training.tracks))
    for start in range(0, len(owners), _CHUNK_OWNERS):
        chunk = owners[start : start + _CHUNK_OWNERS]
        own = training.table[chunk].toarray() > 0
        values = [np.asarray(signal.scorer(chunk), dtype=np.float64) for signal in signals]
        proposed = np.zeros(own.shape, dtype=np.bool_)
        for signal, value in zip(signals, values, strict=True):
            if signal.proposes:
                best = best_columns(np.where(own | (value <= 0), -np.inf, value)[:, order], PROPOSALS)
                places, positions = np.nonzero(best >= 0)
                proposed[places, order[best[places, positions]]] = True
        rows, columns = np.nonzero(proposed)
        yield _Proposals(
            owners=chunk, rows=rows, columns=columns, described=_described(signals, values, own, rows, columns)
        )


def _described(
    signals: Sequence[Signal], values: Sequence[Scores], own: NDArray[np.bool_], rows: Rows, columns: Rows
) -> Matrix:
    """Return what signals say of candidates; of proposing ones also the share of the best that the owner has not."""
    described = []
    for signal, value in zip(signals, values, strict=True):
        described.append(value[rows, columns])
        if signal.proposes:
            best = np.where(own, 0, value).max(axis=1)
            described.append(value[rows, columns] / np.maximum(best[rows], _NEVER_ZERO))
    return np.stack(described, axis=1).astype(np.float32)


def _monotone(signals: Sequence[Signal]) -> list[int]:
    return [signal.monotone for signal in signals for _ in range(1 + signal.proposes)]
