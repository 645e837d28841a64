import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from recommender.evaluation.engine import DatasetCatalog, Engine, signals_of
from recommender.evaluation.methods import BASELINES, METHOD_NAMES, all_methods
from recommender.evaluation.metrics import hits_of, list_metrics
from recommender.evaluation.rankers import NOTHING, Training
from recommender.evaluation.text_cache import cached_rows
from recommender.types import Filters, Matrix, SignalKind, Track, TrackKey
from tests.recommender.evaluation.lists import listening, split, training

DIM = 96


class WordEncoder:
    """Reads a text as the mean of one random direction per word, and counts what it was asked."""

    fingerprint = "words@1/test/96"
    dim = DIM

    def __init__(self) -> None:
        self.texts = 0

    def encode(self, texts: Sequence[str], /) -> Matrix:
        self.texts += len(texts)
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


@pytest.mark.parametrize("name", ["ours", "ours-content"])
def test_the_engine_finds_what_was_held_out_without_any_other_list(engine: Engine, name: str) -> None:
    made = split()

    lists = all_methods(engine)[name](training(made))(made.asked, 10)

    relevant = np.diff(made.test[made.asked].indptr).astype(float)
    ours = list_metrics(hits_of(lists, made.test, made.asked), relevant, 10).recall.mean()
    chance = BASELINES["random"](training(made))(made.asked, 10)
    assert ours > 2 * list_metrics(hits_of(chance, made.test, made.asked), relevant, 10).recall.mean()


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


def test_text_vectors_are_unit_rows_and_zero_where_nothing_can_be_read(engine: Engine) -> None:
    tracks = (*split().dataset.tracks[:5], Track(key=TrackKey(6), title="", artists=()))

    lengths = np.linalg.norm(engine.text_vectors(tracks), axis=1)

    assert lengths == pytest.approx([1, 1, 1, 1, 1, 0], abs=1e-5)


def test_texts_are_embedded_once_for_all_splits_and_runs(encoder: WordEncoder, engine: Engine, tmp_path: Path) -> None:
    made = split()
    engine.content()(training(made))(made.asked[:1], 1)
    asked = encoder.texts

    engine.recommending()(training(made, seed=1))(made.asked[:1], 1)
    Engine(encoder, tmp_path / "other", tmp_path / "cache").content()(training(made))(made.asked[:1], 1)

    assert asked == len(made.dataset.tracks)
    assert encoder.texts == asked


def test_counts_are_plays_and_lists_without_counts_are_playlists() -> None:
    dataset = listening([("ann", "a", 3), ("ann", "b", 1), ("bob", "a", 1)])
    made = Training(tracks=dataset.tracks, table=dataset.counts, seed=0)

    assert [(each.track, each.kind, each.count) for each in signals_of(made, 0)] == [
        (1, SignalKind.PLAY, 3),
        (2, SignalKind.PLAY, 1),
    ]
    assert [each.kind for each in signals_of(made, 1)] == [SignalKind.PLAYLIST]


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
