import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.ranking.conditional_logit import learnt_weights
from recommender.types import Matrix

PLANTED = np.asarray([3.0, 0.0, 1.0, 0.5])


def choices(
    rng: np.random.Generator, lists: int, candidates: int = 30, *, per_list: int = 1
) -> tuple[Matrix, NDArray[np.bool_], NDArray[np.int64]]:
    """Return candidates that lists choose from by planted weights, as the model says that lists choose."""
    inputs = rng.random((lists * candidates, len(PLANTED))).astype(np.float32)
    chosen = np.zeros(len(inputs), dtype=np.bool_)
    for each in range(lists):
        rows = slice(each * candidates, (each + 1) * candidates)
        odds = np.exp(inputs[rows] @ PLANTED)
        picked = rng.choice(candidates, per_list, replace=False, p=odds / odds.sum())
        chosen[each * candidates + picked] = True
    return inputs, chosen, np.repeat(np.arange(lists), candidates)


def likelihood(weights: NDArray[np.float64], inputs: Matrix, chosen: NDArray[np.bool_], size: int) -> float:
    """Return the mean logarithm of the odds of what was chosen, one list after the other."""
    found = []
    for start in range(0, len(inputs), size):
        scores = inputs[start : start + size].astype(np.float64) @ weights
        odds = np.exp(scores) / np.exp(scores).sum()
        found.append(np.log(odds[chosen[start : start + size]]).sum())
    return float(np.mean(found))


def test_planted_weights_are_recovered() -> None:
    made = choices(np.random.default_rng(1), 4_000)

    assert learnt_weights(*made, np.zeros(4)) == pytest.approx(PLANTED, abs=0.25)


def test_what_is_learnt_is_likelier_than_planted_or_prior() -> None:
    inputs, chosen, lists = choices(np.random.default_rng(2), 2_000)
    prior = np.ones(4)

    found = learnt_weights(inputs, chosen, lists, prior)

    assert likelihood(found, inputs, chosen, 30) > likelihood(prior, inputs, chosen, 30)
    assert likelihood(found, inputs, chosen, 30) > likelihood(PLANTED, inputs, chosen, 30) - 0.01


def test_what_speaks_against_a_track_is_worth_nothing_and_never_less() -> None:
    inputs, chosen, lists = choices(np.random.default_rng(3), 500)
    inputs[:, 1] = 1 - inputs[:, 0]

    found = learnt_weights(inputs, chosen, lists, np.zeros(4))

    assert found[1] == 0
    assert (found >= 0).all()


def test_inputs_that_say_nothing_keep_the_prior() -> None:
    inputs, chosen, lists = choices(np.random.default_rng(4), 200)
    inputs[:, 1] = 0.7
    inputs[:, 3] = 0

    found = learnt_weights(inputs, chosen, lists, np.asarray([0.0, 5.0, 0.0, 2.0]))

    assert found[[1, 3]].tolist() == [5, 2]
    assert found[0] > found[2] > 0


@pytest.mark.parametrize("nothing", ["no candidates", "nothing chosen", "all alike"])
def test_where_there_is_nothing_to_learn_the_prior_stays(nothing: str) -> None:
    inputs, chosen, lists = choices(np.random.default_rng(5), 10)
    prior = np.asarray([1.0, 2.0, 3.0, 4.0])
    if nothing == "no candidates":
        inputs, chosen, lists = inputs[:0], chosen[:0], lists[:0]
    elif nothing == "nothing chosen":
        chosen[:] = False
    else:
        inputs[:] = 0.5

    found = learnt_weights(inputs, chosen, lists, prior)

    assert found.tolist() == prior.tolist()
    assert found is not prior


def test_few_choices_stay_near_the_prior_and_many_leave_it() -> None:
    prior = np.asarray([1.0, 1.0, 1.0, 1.0])
    few, many = choices(np.random.default_rng(6), 1), choices(np.random.default_rng(6), 1_000)

    near, far = (np.linalg.norm(learnt_weights(*made, prior) - prior) for made in (few, many))

    assert near < 1
    assert far > 1.5


def test_lists_from_which_nothing_was_chosen_teach_nothing() -> None:
    inputs, chosen, lists = choices(np.random.default_rng(7), 60)
    kept = lists < 50
    without = chosen & kept

    found = learnt_weights(inputs, without, lists, np.ones(4))

    assert found == pytest.approx(learnt_weights(inputs[kept], chosen[kept], lists[kept], np.ones(4)), abs=1e-4)


def test_a_list_with_many_choices_counts_by_their_root() -> None:
    inputs, chosen, lists = choices(np.random.default_rng(8), 80, per_list=4)
    twice = [np.concatenate([each, each]) for each in (inputs, chosen)]
    # Four choices of one list count as two, which is what two lists of one choice each would.
    numbers = np.concatenate([lists, lists + 80])

    once = learnt_weights(inputs, chosen, lists, np.zeros(4))
    doubled = learnt_weights(twice[0], twice[1], numbers, np.zeros(4))

    assert np.linalg.norm(doubled - PLANTED) <= np.linalg.norm(once - PLANTED) + 0.3
    assert doubled[0] > once[0]
