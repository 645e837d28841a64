from dataclasses import replace

import numpy as np
import pytest

from recommender.evaluation.datasets import Entry, Rows, song_of
from recommender.evaluation.engine import lists_of
from recommender.evaluation.methods import BASELINES
from recommender.evaluation.planted_interests import (
    PLAYS,
    JudgedTastes,
    PlantedMembers,
    Taste,
    interests_on,
    judged_tastes,
    planted_members,
    share_interval,
)
from recommender.evaluation.rankers import NOTHING, Lists, Method, Ranker, Training
from recommender.evaluation.splits import SplitKind
from recommender.types import ListKind
from tests.recommender.evaluation.lists import SCENES, playlists, song


def row(owner: str, title: str, taste: Taste | None) -> tuple[Entry, Taste | None]:
    facts = replace(song(0, 0, 0), title=title)
    return Entry(owner=owner, song=song_of(facts), facts=facts), taste


def judged() -> JudgedTastes:
    """The scenes are the genres; songs of the first three artists of each are one subgenre, the others another."""
    dataset = playlists()
    scenes = np.asarray([SCENES.index(track.title.split()[0]) for track in dataset.tracks])
    is_late = np.asarray([int(track.title.split()[-1][0]) >= 3 for track in dataset.tracks])
    return JudgedTastes(dataset=dataset, genres=scenes, subgenres=2 * scenes + is_late)


def always(columns: Rows) -> Method:
    """Give everybody the same list."""

    def method(_training: Training) -> Ranker:
        def ranked(owners: Rows, count: int) -> Lists:
            lists = np.full((len(owners), count), NOTHING, dtype=np.int64)
            lists[:, : len(columns)] = columns[:count]
            return lists

        return ranked

    return method


def of_one_member(made: JudgedTastes, tastes: tuple[int, int]) -> PlantedMembers:
    member = planted_members(made, SplitKind.EVEN, np.random.default_rng(0), count=1)
    return PlantedMembers(judged=made, table=member.table, tastes=np.asarray([tastes]))


def test_a_track_has_the_taste_that_most_of_its_rows_name() -> None:
    made = judged_tastes(
        [
            row("first", "both", ("rock", "hard")),
            row("second", "both", ("pop", "soft")),
            row("third", "both", ("pop", "soft")),
            row("first", "hard", ("rock", "hard")),
            row("first", "heavy", ("rock", "heavy")),
            row("fourth", "untold", None),
        ]
    )

    assert made.genres.tolist() == [0, 1, 1, -1]
    assert made.subgenres.tolist() == [0, 1, 2, -1]


def test_two_ids_of_a_song_in_a_playlist_are_no_two_plays() -> None:
    made = judged_tastes([row("first", "a", ("rock", "hard")), row("first", "a - Remastered", ("rock", "hard"))])

    assert made.dataset.counts.toarray().tolist() == [[1.0]]


@pytest.mark.parametrize(("kind", "sizes"), [(SplitKind.EVEN, (10, 10)), (SplitKind.UNEVEN, (15, 5))])
def test_members_play_tracks_of_two_subgenres_of_different_genres(kind: SplitKind, sizes: tuple[int, int]) -> None:
    made = judged()

    members = planted_members(made, kind, np.random.default_rng(3), count=30)

    assert members.table.shape == (30, len(made.dataset.tracks))
    assert (members.table.data == PLAYS).all()
    for number, (first, second) in enumerate(members.tastes.tolist()):
        played = members.table[[number]].indices
        assert first // 2 != second // 2
        assert [np.sum(made.subgenres[played] == taste) for taste in (first, second)] == [*sizes]
        assert len(played) == sum(sizes)
    again = planted_members(made, kind, np.random.default_rng(3), count=30)
    assert (again.table != members.table).nnz == 0


def test_a_file_with_one_genre_cannot_be_planted() -> None:
    made = judged()
    alone = JudgedTastes(dataset=made.dataset, genres=np.zeros_like(made.genres), subgenres=made.subgenres)

    with pytest.raises(ValueError, match="no two genres have a subgenre of 10 tracks each"):
        planted_members(alone, SplitKind.EVEN, np.random.default_rng(0))


def test_both_tastes_count_by_genre_and_more_strictly_by_subgenre() -> None:
    made = judged()
    of = {taste: np.flatnonzero(made.subgenres == taste) for taste in range(6)}
    lists = {
        "both": np.asarray([of[0][0], of[0][1], of[0][2], of[2][0]]),
        "near": np.asarray([of[0][0], of[3][0]]),
        "one": of[0][:4],
        "nothing": np.empty(0, dtype=np.int64),
    }

    found = interests_on({0: of_one_member(made, (0, 2))}, {name: always(each) for name, each in lists.items()}, k=10)

    both, near, one, nothing = found.rows
    assert (both.genres, both.subgenres, both.smaller) == (1, 1, 0.25)
    assert (near.genres, near.subgenres, near.smaller) == (1, 0, 0.5)
    assert (one.genres, one.subgenres, one.smaller) == (0, 0, 0)
    assert (nothing.genres, nothing.subgenres, nothing.smaller) == (0, 0, 0)


def test_methods_learn_from_the_lists_of_the_file_and_planted_members_are_none_of_them() -> None:
    made = judged()
    seen: list[Training] = []

    def watching(training: Training) -> Ranker:
        seen.append(training)
        return BASELINES["audio-mean"](training)

    planted = {seed: planted_members(made, SplitKind.EVEN, np.random.default_rng(seed), count=15) for seed in (1, 2)}
    told: list[tuple[str, int]] = []

    found = interests_on(planted, {"watching": watching}, k=10, report=lambda *each: told.append(each))

    assert told == [("watching", 1), ("watching", 2)]
    assert [training.table.shape[0] for training in seen] == [15, 15]
    learnt = lists_of(seen[0])
    assert len(learnt) == found.owners == len(made.dataset.owners)
    assert {each.kind for each in learnt} == {ListKind.PLAYLIST}
    assert found.rows[0].n == 30
    assert found.about == "30 members planted with 20 of 90 tracks, of two genres each; 36 lists to learn from"
    assert found.rows[0].genres_ci[0] <= found.rows[0].genres <= found.rows[0].genres_ci[1]


def test_the_interval_of_a_share_is_wilson_s() -> None:
    # Newcombe, Statistics in Medicine 1998, table I: 81 of 263, method 3.
    low, high = share_interval(np.repeat([1.0, 0.0], [81, 182]))

    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert share_interval(np.ones(50))[0] < 0.95
