"""Vectors that are made of lyrics put songs of one theme together."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from recommender.evaluation.datasets import Table
from recommender.evaluation.text_baselines import TEXT_BASELINES, encoded, lsa, random_vectors, served, tfidf
from recommender.evaluation.text_task import TextMethod
from recommender.lyric_space import ENOUGH_LYRICS
from recommender.ports import TextEncoder
from recommender.types import Matrix
from tests.recommender.songbook import songs

LYRICS, THEMES = songs(60)
ALIKE = np.equal.outer(THEMES, THEMES) & ~np.eye(len(THEMES), dtype=bool)


def cosines(rows: Matrix | Table) -> Matrix:
    product = rows @ rows.T
    return np.asarray(product if isinstance(product, np.ndarray) else product.toarray())


def neighbours_of_the_same_theme(rows: Matrix | Table) -> float:
    close = cosines(rows)
    np.fill_diagonal(close, -2)
    return float(np.mean(np.equal.outer(THEMES, THEMES)[np.arange(len(close)), close.argmax(axis=1)]))


@pytest.mark.parametrize("name", ["tfidf", "lsa", "word2vec", "doc2vec"])
def test_songs_of_one_theme_are_neighbours(name: str) -> None:
    rows = TEXT_BASELINES[name](LYRICS, 0)

    assert neighbours_of_the_same_theme(rows) > 0.9
    assert np.diag(cosines(rows)) == pytest.approx(np.ones(60), abs=1e-5)


def test_chance_knows_no_themes_and_differs_by_seed() -> None:
    assert neighbours_of_the_same_theme(random_vectors(LYRICS, 0)) < 0.6
    assert not np.allclose(random_vectors(LYRICS, 0), random_vectors(LYRICS, 1))


@pytest.mark.parametrize("name", [*TEXT_BASELINES])
def test_one_seed_gives_one_answer(name: str) -> None:
    once, again = (cosines(TEXT_BASELINES[name](LYRICS[:20], 3)) for _ in range(2))

    assert np.array_equal(once, again)


def test_function_words_and_words_of_one_song_count_nothing() -> None:
    lyrics = ["the rain and the river", "the and of was", "rain river unique"]

    table = tfidf(lyrics, 0)

    assert table.shape == (3, 2)
    assert np.diff(table.indptr).tolist() == [2, 0, 2]


@pytest.mark.parametrize("name", ["word2vec", "doc2vec", "tfidf", "lsa"])
def test_a_song_of_rare_words_alone_is_no_error(name: str) -> None:
    rows = TEXT_BASELINES[name]([*LYRICS, "qwertz asdfg"], 0)

    assert np.isfinite(cosines(rows)).all()


def test_few_songs_have_few_directions() -> None:
    assert lsa(LYRICS[:5], 0).shape == (5, 4)


@pytest.fixture
def reads() -> list[int]:
    return []


class Counting:
    """The real encoder, with the number of texts of each call written down."""

    def __init__(self, encoder: TextEncoder, reads: list[int]) -> None:
        self._encoder, self._reads = encoder, reads

    @property
    def fingerprint(self) -> str:
        return self._encoder.fingerprint

    @property
    def dim(self) -> int:
        return self._encoder.dim

    def encode(self, texts: Sequence[str], /) -> Matrix:
        self._reads.append(len(texts))
        return self._encoder.encode(texts)


def test_an_encoder_reads_lyrics_alone_and_each_once(minilm: TextEncoder, tmp_path: Path, reads: list[int]) -> None:
    lyrics = ["rain falls on the roof", "dogs bark at night", "rain falls on the roof"]
    seen: list[tuple[int, int]] = []
    method = encoded(Counting(minilm, reads), tmp_path, lambda done, total: seen.append((done, total)))

    rows, again = method(lyrics, 0), method([*lyrics, "a new one"], 1)

    assert rows == pytest.approx(minilm.encode(lyrics), abs=1e-3)
    assert again[:3] == pytest.approx(rows)
    assert reads == [2, 1]
    assert seen == [(2, 2), (1, 1)]


def test_ours_and_the_encoder_share_what_was_read(minilm: TextEncoder, tmp_path: Path, reads: list[int]) -> None:
    counting = Counting(minilm, reads)
    methods: list[TextMethod] = [encoded(counting, tmp_path), served(counting, tmp_path)]

    bert, ours = (method(LYRICS, 0) for method in methods)

    assert reads == [60]
    assert ours.shape == bert.shape, "too few songs for a space of words"
    assert abs(cosines(ours)[ALIKE].mean()) < cosines(bert)[ALIKE].mean(), "what all share is taken out"


def test_ours_compares_words_too_where_there_are_enough_songs(tmp_path: Path) -> None:
    lyrics, themes = songs(ENOUGH_LYRICS)

    rows = served(Deaf(), tmp_path)(lyrics, 0)

    close = rows @ rows.T
    np.fill_diagonal(close, -2)
    assert (np.equal.outer(themes, themes)[np.arange(len(close)), close.argmax(axis=1)]).all()
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-4)


class Deaf:
    """An encoder to which every text says something else."""

    fingerprint = "deaf/1"
    dim = 16

    def encode(self, texts: Sequence[str], /) -> Matrix:
        return random_vectors(texts, len(texts))[:, : self.dim]
