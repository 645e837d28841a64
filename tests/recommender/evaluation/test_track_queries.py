import numpy as np
import pytest
from scipy import sparse

from recommender.evaluation.compare import measured_on
from recommender.evaluation.datasets import Entry
from recommender.evaluation.engine import lists_of
from recommender.evaluation.methods import BASELINES
from recommender.evaluation.rankers import Ranker, Training
from recommender.evaluation.splits import SplitKind
from recommender.evaluation.track_queries import JudgedTracks, judged_tracks, track_queries
from recommender.types import TrackFacts
from tests.recommender.evaluation.lists import SCENES, SONGS_PER_ARTIST, playlists


def row(owner: str, title: str, genre: str | None, artist: str = "somebody") -> tuple[Entry, str | None]:
    return Entry(owner=owner, song=title, facts=TrackFacts(title=title, artists=(artist,))), genre


def judged() -> JudgedTracks:
    """Two lists that share a track, which is in the second one's genre more often."""
    return judged_tracks(
        [
            row("first", "a", "rock", "ann"),
            row("first", "both", "rock", "bob"),
            row("second", "both", "dub", "bob"),
            row("third", "both", "dub", "bob"),
            row("second", "b", "dub", "ann"),
            row("fourth", "alone", None, "cid"),
        ]
    )


def relevant(kind: SplitKind) -> dict[str, list[str]]:
    made = judged()
    split = track_queries(made, kind, np.random.default_rng(0))
    titles = [track.title for track in made.dataset.tracks]
    return {titles[query]: sorted(titles[each] for each in split.test[[query]].indices) for query in split.asked}


def test_tracks_of_any_common_playlist_belong_together() -> None:
    assert relevant(SplitKind.PLAYLIST) == {"a": ["both"], "both": ["a", "b"], "b": ["both"]}


def test_a_track_has_one_main_genre_so_that_popular_ones_do_not_belong_with_everything() -> None:
    assert relevant(SplitKind.SUBGENRE) == {"both": ["b"], "b": ["both"]}


def test_tracks_of_the_same_first_artist_belong_together() -> None:
    assert relevant(SplitKind.ARTIST) == {"a": ["b"], "b": ["a"]}


def test_queries_are_drawn_by_seed_and_know_themselves_alone() -> None:
    dataset = playlists()
    made = JudgedTracks(dataset=dataset, genres=np.full(len(dataset.tracks), -1))

    first, again, other = (
        track_queries(made, SplitKind.ARTIST, np.random.default_rng(seed), count=20) for seed in (1, 1, 2)
    )

    assert len(first.asked) == 20
    assert (first.asked == again.asked).all()
    assert (first.asked != other.asked).any()
    assert (first.train[first.asked].indices == first.asked).all()
    assert first.others is not None
    assert first.others.shape == (0, len(dataset.tracks))
    assert np.diff(first.test.indptr)[first.asked].tolist() == [SONGS_PER_ARTIST - 1] * 20


def test_methods_are_measured_on_queries_and_novelty_tells_how_rare_the_found_tracks_are() -> None:
    dataset = playlists()
    scene_of = {name: place for place, name in enumerate(SCENES)}
    made = JudgedTracks(
        dataset=dataset, genres=np.asarray([scene_of[track.title.split()[0]] for track in dataset.tracks])
    )
    splits = {seed: track_queries(made, SplitKind.SUBGENRE, np.random.default_rng(seed), count=30) for seed in (0, 1)}

    found = measured_on(splits, {name: BASELINES[name] for name in ("random", "mean-vector")}, k=10)

    chance, system = found.rows
    assert 30 <= chance.n <= 60
    assert chance.precision == pytest.approx(1 / len(SCENES), abs=0.1)
    assert system.precision > 0.8
    assert 0 < system.novelty < np.log2(len(dataset.owners) + 1)


def test_methods_learn_from_no_list_for_lists_judge() -> None:
    seen: list[Training] = []

    def spying(training: Training) -> Ranker:
        seen.append(training)
        return lambda owners, count: np.zeros((len(owners), count), dtype=np.int64)

    made = judged()
    split = track_queries(made, SplitKind.PLAYLIST, np.random.default_rng(0))
    measured_on({0: split}, {"spy": spying}, k=1)

    assert (seen[0].table != sparse.eye_array(len(made.dataset.tracks))).nnz == 0
    assert lists_of(seen[0]) == []


def test_no_genre_can_be_judged_by_where_the_file_names_none() -> None:
    made = judged_tracks([row("first", "a", None), row("first", "b", None)])

    with pytest.raises(ValueError, match="no two tracks share their subgenre"):
        track_queries(made, SplitKind.SUBGENRE, np.random.default_rng(0))
