import numpy as np
import pytest
from scipy import sparse

from recommender.evaluation import learnt_blend as module
from recommender.evaluation.blend_signals import Contents, signals_of
from recommender.evaluation.datasets import Entry, dataset_of
from recommender.evaluation.learnt_blend import learnt_blend
from recommender.evaluation.methods import BASELINES
from recommender.evaluation.metrics import hits_of, list_metrics
from recommender.evaluation.rankers import NOTHING, Method, Training
from recommender.evaluation.splits import Split, SplitKind, hold_out
from recommender.types import AudioFeatures, Matrix, Track, TrackFacts
from tests.recommender.evaluation.lists import listening, split, training


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small worlds need little teaching."""
    monkeypatch.setattr(module, "ROUNDS", 25)
    monkeypatch.setattr(module, "SMALLEST_LEAF", 10)


def no_meaning(tracks: tuple[Track, ...]) -> Matrix:
    return np.zeros((len(tracks), 4), dtype=np.float32)


def recall(method: Method, made: Split) -> float:
    lists = method(training(made))(made.asked, 10)
    relevant = np.diff(made.test[made.asked].indptr).astype(float)
    return float(list_metrics(hits_of(lists, made.test, made.asked), relevant, 10).recall.mean())


def unrelated_lists() -> Split:
    """Random tracks in random lists, most tracks in one list only: nothing can be learnt."""
    rng = np.random.default_rng(5)
    facts = [
        TrackFacts(
            title=f"Tune {number}",
            artists=(f"Player {number}",),
            audio=AudioFeatures(energy=float(rng.random()), valence=float(rng.random()), tempo=float(rng.random())),
        )
        for number in range(300)
    ]
    entries = [
        Entry(owner=str(owner), song=str(song), facts=facts[song])
        for owner in range(25)
        for song in rng.choice(300, 12, replace=False).tolist()
    ]
    return hold_out(dataset_of(entries), np.random.default_rng(1), smallest=10)


@pytest.mark.parametrize("kind", [SplitKind.ALL, SplitKind.WARM])
def test_three_dozen_lists_are_enough_to_learn_from(kind: SplitKind) -> None:
    made = split(kind=kind)

    blended = recall(learnt_blend(no_meaning), made)

    assert blended > 2 * recall(BASELINES["popularity"], made)
    assert blended > 0.75 * max(recall(BASELINES[each], made) for each in ("tfidf", "ease"))


def test_lists_can_be_made_again_and_hold_nothing_that_the_owner_has() -> None:
    made = training(split())

    first, again = (learnt_blend(no_meaning)(made)(np.arange(8), 10) for _ in range(2))

    assert (first == again).all()
    assert not made.table[np.repeat(np.arange(8), 10), first.ravel()].sum()


def test_being_in_no_training_list_gives_nothing_away() -> None:
    # In a catalog made of lists alone, a track of no training list is surely held out from some list.
    made = unrelated_lists()
    cold = np.bincount(made.train.indices, minlength=len(made.dataset.tracks)) == 0
    assert 0.05 < cold.mean() < 0.4
    assert cold[made.test.indices].mean() > 2 * cold.mean()

    lists = learnt_blend(no_meaning)(training(made))(made.asked, 10)

    assert cold[lists[lists != NOTHING]].mean() < 1.3 * cold.mean()


def test_what_others_tell_is_never_negative() -> None:
    made = training(split())
    contents = Contents.of(made.tracks, no_meaning(made.tracks))

    for signal in signals_of(made, contents):
        values = np.asarray(signal.scorer(np.asarray([0, 3])))
        assert values.shape == (2, len(made.tracks))
        assert np.isfinite(values).all()


def test_listening_without_titles_is_blended_too() -> None:
    rows = [(f"o{owner}", f"s{(owner + step) % 11}", 1.0) for owner in range(20) for step in range(6)]
    dataset = listening(rows)
    made = Training(tracks=dataset.tracks, table=dataset.counts, seed=0)

    lists = learnt_blend(no_meaning)(made)(np.arange(20), 3)

    assert (lists != NOTHING).all()


def test_where_nothing_can_be_taught_the_signals_are_added_up() -> None:
    dataset = listening([("ann", "a", 1), ("ann", "b", 1), ("bob", "a", 1), ("bob", "c", 1)])
    made = Training(tracks=dataset.tracks, table=dataset.counts, seed=0)

    assert learnt_blend(no_meaning)(made)(np.asarray([0]), 2).tolist() == [[2, NOTHING]]


def test_only_so_many_lists_teach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LISTS", 3)
    table = sparse.csr_array(np.ones((9, 10)))

    seen, hidden, owners = module._hidden_part(table, np.random.default_rng(0))

    assert len(owners) == 3
    assert hidden.nnz == 3 * 2
    assert seen.nnz + hidden.nnz == table.nnz
