"""Words of lyrics are compared by what a catalog's own songs say about words."""

import numpy as np
import pytest
from scipy import sparse

from recommender.lyric_space import ENOUGH_LYRICS, LYRIC_COLUMNS, LyricMoments, LyricSpace
from recommender.lyric_terms import lyric_terms
from recommender.ports import TERM_COLUMNS, LyricTerms
from recommender.types import Matrix
from tests.recommender.songbook import songs

LYRICS, THEMES = songs(600)
TERMS = lyric_terms(LYRICS)


def fitted(*batches: LyricTerms | None, songs_fitted: int = 10_000) -> LyricSpace:
    moments = LyricMoments(songs_fitted=songs_fitted)
    for batch in batches:
        moments.add(batch)
    return moments.fitted()


def off_diagonal(cosines: Matrix) -> Matrix:
    return cosines[~np.eye(len(cosines), dtype=bool)]


def test_songs_of_one_theme_are_near_each_other_and_far_from_others() -> None:
    rows = fitted(TERMS).rows(TERMS)

    alike = np.equal.outer(THEMES, THEMES)
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, np.nan)
    assert np.nanmin(cosines[alike]) > np.nanmax(cosines[~alike])
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert rows.shape == (600, LYRIC_COLUMNS)
    assert rows.dtype == np.float32


def test_a_song_that_comes_later_finds_its_theme() -> None:
    later, themes = songs(8, seed=9)
    space = fitted(TERMS)

    nearest = np.argmax(space.rows(lyric_terms(later)) @ space.rows(TERMS).T, axis=1)

    assert [THEMES[row] for row in nearest] == themes


def test_it_is_latent_semantic_analysis_of_tfidf() -> None:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer

    table = sparse.csr_array((TERMS.counts.astype(float), TERMS.columns, TERMS.starts), shape=(600, TERM_COLUMNS))
    weighed = TfidfTransformer(sublinear_tf=True).fit_transform(table)
    theirs = TruncatedSVD(LYRIC_COLUMNS, random_state=0).fit_transform(weighed)
    theirs -= theirs.mean(axis=0)
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)

    ours = fitted(TERMS).rows(TERMS)

    assert np.corrcoef(off_diagonal(ours @ ours.T), off_diagonal(theirs @ theirs.T))[0, 1] > 0.99


def test_songs_without_words_that_count_are_zero_rows() -> None:
    rows = fitted(TERMS).rows(lyric_terms([None, "unheard of", LYRICS[0]]))

    assert rows.any(axis=1).tolist() == [False, False, True]
    assert fitted(TERMS).rows(lyric_terms([])).shape == (0, LYRIC_COLUMNS)


def test_words_of_a_single_song_do_not_count() -> None:
    signed = [f"{song} mark{chr(97 + row // 26)}{chr(97 + row % 26)}" for row, song in enumerate(LYRICS)]

    assert set(fitted(lyric_terms(signed)).columns) == set(fitted(TERMS).columns)


def test_few_songs_make_no_space() -> None:
    few = fitted(lyric_terms([*LYRICS[: ENOUGH_LYRICS - 1], *([None] * 50)]))

    assert few.dim == 0
    assert few.rows(TERMS).shape == (600, 0)
    assert fitted(None).dim == 0


def test_many_songs_of_few_words_make_no_space() -> None:
    assert fitted(lyric_terms(["la la li", "la lo"] * ENOUGH_LYRICS)).dim == 0


def test_batches_do_not_matter() -> None:
    whole, parts = fitted(TERMS), fitted(TERMS.of_rows(range(100)), None, TERMS.of_rows(range(100, 600)))

    assert whole.rows(TERMS) == pytest.approx(parts.rows(TERMS), abs=1e-5)


def test_a_large_catalog_is_fitted_on_songs_spread_over_it() -> None:
    moments = LyricMoments(songs_fitted=250)
    moments.add(TERMS)
    moments.add(lyric_terms([None, *LYRICS[:40]]))

    space = moments.fitted()

    assert moments.count == 640
    everything = space.rows(TERMS) @ space.rows(TERMS).T
    alike = np.equal.outer(THEMES, THEMES)
    np.fill_diagonal(everything, np.nan)
    assert np.nanmean(everything[alike]) > 0.5 > np.nanmean(everything[~alike])
    assert len(moments._kept) <= 250
