import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from recommender.track_words import BUCKETS, WordWeights, words_of
from recommender.types import Track, TrackKey
from tests.recommender.ranking.catalogs import track

TEXTS = ("gravel road the anvils", "velvet the anvils", "velvet velvet lantern", "comet", "", "gravel road comet")


def test_words_are_normalised_and_each_artist_is_a_word_of_its_own() -> None:
    song = track(1, "Café  GRAVEL!", artists=("The Anvils", "Dora"), album="Roads & Rails")

    assert words_of(song) == "cafe gravel the anvils dora roads and rails artist_the_anvils artist_dora"


def test_of_an_unnamed_track_nothing_is_known() -> None:
    assert words_of(Track(key=TrackKey(1), title="Gravel", artists=())) == ""


def test_rows_are_the_tfidf_of_words_and_pairs() -> None:
    weights = WordWeights.fit(TEXTS)

    rows = weights.rows(TEXTS)

    expected = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit_transform(TEXTS)
    assert rows.shape == (6, BUCKETS)
    assert rows.dtype == np.float32
    assert (rows @ rows.T).toarray() == pytest.approx((expected @ expected.T).toarray(), abs=1e-5)


def test_an_empty_text_is_a_zero_row() -> None:
    rows = WordWeights.fit(TEXTS).rows(["", "comet", ""])

    assert np.diff(rows.indptr).tolist() == [0, 1, 0]
    assert np.isfinite(rows.data).all()


def test_words_that_come_later_are_the_rarest() -> None:
    weights = WordWeights.fit(TEXTS)

    rows = weights.rows(["comet zeppelin"])

    assert len(rows.data) == 3
    assert rows.data.max() == pytest.approx(max(weights.idf) / np.linalg.norm(weights.idf[rows.indices]), abs=1e-6)
    assert rows.data.min() < rows.data.max()


def test_without_texts_there_are_no_rows() -> None:
    weights = WordWeights.fit([])

    assert weights.rows([]).shape == (0, BUCKETS)
    assert weights.rows(["comet"]).toarray().max() == pytest.approx(1)
