import math

import numpy as np
import pytest

from recommender.evaluation.compare import by_owner, compared, evaluated
from recommender.evaluation.datasets import Rows
from recommender.evaluation.methods import BASELINES
from recommender.evaluation.rankers import Lists, Ranker, Training
from recommender.evaluation.splits import SplitKind
from tests.recommender.evaluation.lists import LISTS_PER_SCENE, SCENES, listening, playlists

LISTS = LISTS_PER_SCENE * len(SCENES)


def test_methods_are_measured_alike_and_the_better_one_is_told() -> None:
    reported: list[tuple[str, int]] = []
    methods = {name: BASELINES[name] for name in ("random", "same-artist")}

    found = evaluated(
        playlists(), SplitKind.ALL, methods, k=10, seeds=(0, 1), report=lambda name, seed: reported.append((name, seed))
    )

    chance, artist = found.rows
    assert reported == [("random", 0), ("random", 1), ("same-artist", 0), ("same-artist", 1)]
    assert chance.n == artist.n == found.owners == LISTS
    assert artist.ndcg > chance.ndcg
    assert artist.ndcg_ci[0] < artist.ndcg < artist.ndcg_ci[1]
    assert 0 < artist.recall <= artist.recall_100 <= 1
    assert 0 < artist.coverage <= 1
    assert artist.ild > 0
    assert found.tracks == len(playlists().tracks)
    assert 0 <= found.cold_share < 1
    against = compared(found.rows, "same-artist")
    assert against is not None
    assert against.best_other == "random"
    assert against.ratio == pytest.approx(artist.ndcg / chance.ndcg)
    assert against.chance_not_better < 0.01


def test_the_same_seed_gives_the_same_figures() -> None:
    methods = {"audio-mean": BASELINES["audio-mean"]}
    first, again = (evaluated(playlists(), SplitKind.ALL, methods, k=5, seeds=(3,)).rows[0] for _ in range(2))

    assert (first.ndcg, first.ndcg_ci, first.novelty) == (again.ndcg, again.ndcg_ci, again.novelty)


def test_the_warm_part_is_smaller() -> None:
    rows = [(f"o{n}", f"s{song}", 1.0) for n in range(4) for song in range(12)] + [("o0", "alone", 1.0)]

    found = evaluated(listening(rows), SplitKind.WARM, {"popularity": BASELINES["popularity"]}, k=2, seeds=(0,))

    assert found.tracks == 12


def test_a_method_never_sees_what_is_held_out() -> None:
    dataset = playlists()

    def spying(training: Training) -> Ranker:
        assert training.table.nnz < dataset.counts.nnz
        return lambda owners, count: np.zeros((len(owners), count), dtype=np.int64)

    found = evaluated(dataset, SplitKind.ALL, {"spy": spying}, k=1, seeds=(0,))

    assert found.entries == dataset.counts.nnz


def test_a_method_that_spreads_its_list_is_asked_for_each_length() -> None:
    asked: list[int] = []

    def counting(_training: Training) -> Ranker:
        def ranked(owners: Rows, count: int) -> Lists:
            asked.append(count)
            return np.zeros((len(owners), count), dtype=np.int64)

        return ranked

    evaluated(playlists(), SplitKind.ALL, {"counting": counting}, k=7, seeds=(0,))

    assert asked == [7, 100]


def test_lists_too_short_to_split_are_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        evaluated(listening([("ann", "a", 1)]), SplitKind.ALL, {}, k=1, seeds=(0,))


def test_owners_are_averaged_over_the_seeds_at_which_they_were_asked() -> None:
    asked = [np.asarray([2, 5]), np.asarray([5, 9])]

    assert by_owner(asked, [np.asarray([1.0, 0.0]), np.asarray([0.5, 0.25])]).tolist() == [1.0, 0.25, 0.25]


def test_cold_tracks_are_found_by_content_alone() -> None:
    methods = {name: BASELINES[name] for name in ("item-knn", "same-artist")}

    found = evaluated(playlists(), SplitKind.COLD, methods, k=10, seeds=(0, 1))

    others, artist = found.rows
    assert found.cold_share == 1
    assert others.n == artist.n == LISTS
    assert artist.recall > 2 * others.recall
    assert 0 < artist.artists < 1


def test_ctrl_c_keeps_the_methods_that_are_finished() -> None:
    def stopped(_training: Training) -> Ranker:
        raise KeyboardInterrupt

    methods = {"random": BASELINES["random"], "stopped": stopped, "popularity": BASELINES["popularity"]}
    found = evaluated(playlists(), SplitKind.ALL, methods, k=10, seeds=(0,))

    assert [row.method for row in found.rows] == ["random"]
    assert found.was_stopped
    with pytest.raises(KeyboardInterrupt):
        evaluated(playlists(), SplitKind.ALL, {"stopped": stopped}, k=10, seeds=(0,))


def test_there_is_nothing_to_compare_without_another() -> None:
    rows = evaluated(playlists(), SplitKind.ALL, {"random": BASELINES["random"]}, k=10, seeds=(0,)).rows

    assert compared(rows, "random") is None
    assert compared(rows, "ours") is None
    assert compared(rows, "random", among=("tfidf",)) is None


def test_against_a_method_that_finds_nothing_there_is_no_ratio() -> None:
    def nothing(_training: Training) -> Ranker:
        return lambda owners, count: np.full((len(owners), count), -1, dtype=np.int64)

    rows = evaluated(
        playlists(), SplitKind.ALL, {"same-artist": BASELINES["same-artist"], "nothing": nothing}, k=10, seeds=(0,)
    ).rows

    against = compared(rows, "same-artist")
    assert against is not None
    assert math.isnan(against.ratio)
    assert math.isnan(rows[1].novelty)
