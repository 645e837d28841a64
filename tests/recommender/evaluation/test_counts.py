import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from recommender.evaluation.count_features import CountTraining, Predictor
from recommender.evaluation.count_predictors import COUNT_METHODS
from recommender.evaluation.counts import compared_counts, counted_on
from recommender.evaluation.datasets import Dataset, Rows
from recommender.evaluation.metrics import Values
from recommender.evaluation.splits import SplitKind, splits_of
from tests.recommender.evaluation.lists import listening

HALF_UP = {name: COUNT_METHODS[name] for name in ("global-mean", "user-mean")}


def histories(owners: int = 24) -> Dataset:
    rng = np.random.default_rng(0)
    return listening(
        [
            (f"o{owner}", f"s{song}", float(rng.poisson(1 + 9 * (owner % 2)) + 1))
            for owner in range(owners)
            for song in rng.permutation(20)[:10].tolist()
        ]
    )


@pytest.mark.parametrize("kind", [SplitKind.HOLDOUT, SplitKind.LOO, SplitKind.COLD])
def test_errors_are_those_of_the_library_over_what_is_held_out(kind: SplitKind) -> None:
    splits = splits_of(histories(), kind, (0, 1), smallest=5)
    seen: list[Values] = []

    def spying(training: CountTraining) -> Predictor:
        def predicted(owners: Rows, columns: Rows) -> Values:
            split = splits[training.seed]
            assert split.train[owners, columns].sum() == 0
            seen.append(np.log1p(split.dataset.counts[owners, columns]))
            return np.full(len(owners), 1.5)

        return predicted

    (row,) = counted_on(splits, {"spy": spying}).rows

    truth = np.concatenate(seen)
    assert row.entries == len(truth) == sum(split.test.nnz for split in splits.values())
    if kind is not SplitKind.COLD:  # there, owners have different numbers of cold tracks at different seeds
        assert row.rmse == pytest.approx(root_mean_squared_error(truth, np.full(len(truth), 1.5)))
        assert row.mae == pytest.approx(mean_absolute_error(truth, np.full(len(truth), 1.5)))
    assert row.rmse_ci[0] < row.rmse < row.rmse_ci[1]


def test_methods_are_compared_by_their_errors() -> None:
    told: list[tuple[str, int]] = []
    splits = splits_of(histories(), SplitKind.HOLDOUT, (0, 1))

    found = counted_on(splits, HALF_UP, report=lambda name, seed: told.append((name, seed)))

    constant, own = found.rows
    assert told == [("global-mean", 0), ("global-mean", 1), ("user-mean", 0), ("user-mean", 1)]
    assert own.rmse < constant.rmse
    assert own.mae < constant.mae
    assert (own.n, found.owners) == (24, 24)
    against = compared_counts(found.rows, "user-mean")
    assert against is not None
    assert (against.best_other, against.metric) == ("global-mean", "rmse")
    assert against.ratio == pytest.approx(own.rmse / constant.rmse)
    assert against.chance_not_better < 0.05
    other_way = compared_counts(found.rows, "global-mean")
    assert other_way is not None
    assert other_way.chance_not_better > 0.95
    assert compared_counts(found.rows, "ours") is None
    assert compared_counts(found.rows, "user-mean", among=("ours",)) is None


def test_only_listeners_that_are_asked_count() -> None:
    rows = [("short", f"s{n}", 9.0) for n in range(3)]
    dataset = listening([*rows, *((f"o{owner}", f"s{n}", 1.0 + n) for owner in range(3) for n in range(8))])

    (row,) = counted_on(
        splits_of(dataset, SplitKind.COLD, (0,), smallest=5), {"one": COUNT_METHODS["global-mean"]}
    ).rows

    assert row.n == 3


def test_without_anything_held_out_or_different_counts_there_is_nothing_to_measure() -> None:
    short = listening([("ann", "a", 1.0), ("ann", "b", 2.0)])
    same = listening([("ann", f"s{n}", 1.0) for n in range(6)])

    with pytest.raises(ValueError, match="too short"):
        counted_on(splits_of(short, SplitKind.HOLDOUT, (0,)), HALF_UP)
    with pytest.raises(ValueError, match="every count is the same"):
        counted_on(splits_of(same, SplitKind.HOLDOUT, (0,)), HALF_UP)
