import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.evaluation import engine as module
from recommender.evaluation.datasets import Entry, dataset_of
from recommender.evaluation.engine import DatasetCatalog, Engine, lists_of, signals_of
from recommender.evaluation.methods import BASELINES, METHOD_NAMES, all_methods
from recommender.evaluation.metrics import hits_of, list_metrics
from recommender.evaluation.rankers import NOTHING, Lists, Training
from recommender.evaluation.splits import Split, SplitKind, hold_out
from recommender.evaluation.text_cache import cached_rows
from recommender.ports import TrackList
from recommender.ranking.weight_learning import Examples, examples_of
from recommender.types import AudioFeatures, Filters, ListKind, Matrix, SignalKind, TrackFacts, TrackKey
from tests.recommender.evaluation.lists import listening, split, training

DIM = 96


class WordEncoder:
    """Reads a text as the mean of one random direction per word, and remembers what it was asked."""

    fingerprint = "words@1/test/96"
    dim = DIM

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str], /) -> Matrix:
        self.texts += texts
        rows = np.stack([np.sum([direction(word) for word in text.casefold().split()], axis=0) for text in texts])
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def direction(word: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "little")
    return np.random.default_rng(seed).standard_normal(DIM)


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def engine(encoder: WordEncoder, tmp_path: Path) -> Engine:
    return Engine(encoder, tmp_path / "index", tmp_path / "cache")


def recall(lists: Lists, made: Split) -> float:
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
        for owner in range(60)
        for song in rng.choice(300, 10, replace=False).tolist()
    ]
    return hold_out(dataset_of(entries), np.random.default_rng(1), smallest=10)


@pytest.mark.parametrize("name", ["ours", "ours-content"])
def test_the_engine_finds_what_was_held_out(engine: Engine, name: str) -> None:
    made = split()

    lists = all_methods(engine)[name](training(made))(made.asked, 10)

    assert recall(lists, made) > 2 * recall(BASELINES["random"](training(made))(made.asked, 10), made)


@pytest.mark.parametrize("kind", [SplitKind.ALL, SplitKind.WARM])
def test_three_dozen_lists_are_enough_to_learn_from(engine: Engine, kind: SplitKind) -> None:
    made = split(kind=kind)

    ours = recall(engine.recommending()(training(made))(made.asked, 10), made)

    for baseline in ("popularity", "tfidf", "ease", "item-knn"):
        found = recall(BASELINES[baseline](training(made))(made.asked, 10), made)
        assert ours > (2 if baseline == "popularity" else 0.6) * found


def test_being_in_no_training_list_gives_nothing_away(engine: Engine) -> None:
    # In a catalog made of lists alone, a track of no training list is surely held out from some list.
    made = unrelated_lists()
    cold = np.bincount(made.train.indices, minlength=len(made.dataset.tracks)) == 0
    assert 0.05 < cold.mean() < 0.4
    assert cold[made.test.indices].mean() > 2 * cold.mean()

    lists = engine.recommending()(training(made))(made.asked, 10)

    assert cold[lists[lists != NOTHING]].mean() < 1.3 * cold.mean()


def test_weights_are_learnt_from_the_training_part_alone(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    made = split()
    seen: list[TrackList] = []

    def examples(lists: Sequence[TrackList], *rest: Any) -> Examples:
        seen.extend(lists)
        return examples_of(lists, *rest)

    monkeypatch.setattr(module, "examples_of", examples)
    engine.recommending()(training(made))(made.asked[:1], 1)

    assert len(seen) == made.train.shape[0]
    for owner, each in enumerate(seen):
        assert (each.keys - 1).tolist() == made.train[[owner]].indices.tolist()
        assert not made.test[[owner]].toarray()[0, each.keys - 1].any()


def test_lists_can_be_made_again(encoder: WordEncoder, tmp_path: Path) -> None:
    made = training(split())

    first, again = (
        Engine(encoder, tmp_path / name, tmp_path / "cache").recommending()(made)(np.arange(8), 10)
        for name in ("one", "two")
    )

    assert (first == again).all()


def test_the_engine_keeps_its_promises_to_members(engine: Engine) -> None:
    made = training(split())

    lists = engine.recommending()(made)(np.arange(6), 10)

    for owner, columns in enumerate(lists.tolist()):
        artists = [made.tracks[column].artists[0] for column in columns if column != NOTHING]
        assert max(map(artists.count, artists)) <= 2
        assert not made.table[[owner]].toarray()[0, columns].any()


def test_a_track_that_no_list_has_is_found_by_what_is_known_of_it(engine: Engine) -> None:
    made = split()
    owner = 0
    cold = int(made.test[[owner]].indices[0])
    assert any(
        made.dataset.tracks[column].artists == made.dataset.tracks[cold].artists
        for column in made.train[[owner]].indices
    )
    table = made.train.tolil()
    table[:, cold] = 0
    nobody_has_it = Training(tracks=made.dataset.tracks, table=table.tocsr(), seed=0)

    lists = engine.content()(nobody_has_it)(np.asarray([owner]), 20)

    assert cold in lists[0]


def test_whoever_has_nothing_that_can_be_read_gets_nothing(engine: Engine) -> None:
    dataset = listening([("ann", "a", 2), ("ann", "b", 1), ("bob", "c", 1)])
    made = Training(tracks=dataset.tracks, table=dataset.counts, seed=0)

    assert engine.recommending()(made)(np.asarray([0]), 3).tolist() == [[NOTHING] * 3]
    assert sorted(engine.content()(made)(np.asarray([0]), 3)[0].tolist()) == [NOTHING, NOTHING, 2]


def test_texts_are_embedded_once_for_all_splits_and_runs(encoder: WordEncoder, engine: Engine, tmp_path: Path) -> None:
    made = split()
    engine.content()(training(made))(made.asked[:1], 1)

    engine.recommending()(training(made, seed=1))(made.asked[:1], 1)
    Engine(encoder, tmp_path / "other", tmp_path / "cache").content()(training(made))(made.asked[:1], 1)

    # Whatever else is read only gets the encoder ready before usearch is loaded.
    of_tracks = [text for text in encoder.texts if " by " in text]
    assert len(of_tracks) == len(set(of_tracks)) == len(made.dataset.tracks)


def test_counts_are_plays_and_a_dataset_without_counts_is_of_playlists() -> None:
    counted = listening([("ann", "a", 3), ("ann", "b", 1), ("bob", "a", 1)])
    listed = listening([("ann", "a", 1), ("ann", "b", 1), ("bob", "a", 1)])
    plays, lists = (Training(tracks=each.tracks, table=each.counts, seed=0) for each in (counted, listed))

    assert [(each.track, each.kind, each.count) for each in signals_of(plays, 0)] == [
        (1, SignalKind.PLAY, 3),
        (2, SignalKind.PLAY, 1),
    ]
    assert [each.kind for each in signals_of(plays, 1)] == [SignalKind.PLAY]
    assert [each.kind for each in signals_of(lists, 1)] == [SignalKind.PLAYLIST]
    assert [each.kind for each in lists_of(plays)] == [ListKind.LISTENER] * 2
    assert [each.kind for each in lists_of(lists)] == [ListKind.PLAYLIST] * 2
    assert lists_of(plays)[0].strengths.tolist() == [2, 1]
    assert [each.keys.tolist() for each in lists_of(plays)] == [[1, 2], [1]]


def test_a_dataset_is_looked_up_like_a_catalog() -> None:
    tracks = split().dataset.tracks
    catalog = DatasetCatalog(tracks, np.ones((len(tracks), 2), dtype=np.float32))

    assert catalog.tracks([TrackKey(1), TrackKey(9_999)]) == {1: tracks[0]}
    assert catalog.count() == len(catalog.keys_matching(Filters())) == len(tracks)
    assert 1 in catalog.keys_of_artist(tracks[0].artists[0].casefold())
    assert len(catalog.keys_of_artist("nobody")) == 0
    assert next(catalog.batches(("t", 2), ("i", 1), after=TrackKey(3))).keys[0] == 4
    with pytest.raises(ValueError, match="without filters"):
        catalog.keys_matching(Filters(decade=1990))


def test_kept_rows_come_back_in_the_order_asked_and_only_new_texts_are_embedded(tmp_path: Path) -> None:
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> Matrix:
        asked.extend(texts)
        return np.asarray([[len(text), 1] for text in texts], dtype=np.float32)

    seen: list[tuple[int, int]] = []
    file = tmp_path / "deep" / "rows.npz"
    cached_rows(file, ["aa", "b"], embed, 2, lambda done, total: seen.append((done, total)))
    rows = cached_rows(file, ["ccc", "b", "aa"], embed, 2)

    assert rows[:, 0].tolist() == [3, 1, 2]
    assert asked == ["aa", "b", "ccc"]
    assert seen == [(2, 2)]
    assert cached_rows(file, [], embed, 2).shape == (0, 2)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04torn"])
def test_torn_rows_are_made_anew(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "rows.npz"
    file.write_bytes(content)

    rows = cached_rows(file, ["a"], lambda texts: np.ones((len(texts), 2), dtype=np.float32), 2)

    assert rows.tolist() == [[1, 1]]


def test_rows_of_another_width_are_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "rows.npz"
    cached_rows(file, ["a"], lambda texts: np.ones((len(texts), 3), dtype=np.float32), 3)

    assert cached_rows(file, ["a"], lambda texts: np.ones((len(texts), 2), dtype=np.float32), 2).shape == (1, 2)


def test_every_method_has_its_name_on_the_command_line(engine: Engine) -> None:
    assert tuple(all_methods(engine)) == METHOD_NAMES
