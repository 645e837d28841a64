import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from recommender.collaborative import (
    ALS_ALPHA,
    ALS_FACTORS,
    ALS_RIDGE,
    ARTIST_DIM,
    CONTEXT_POWER,
    Ease,
    Neighbours,
    Scores,
    Table,
    context_vectors,
    folded_in,
    item_factors,
    list_neighbours,
)
from tests.recommender.track_lists import random_table, table_of

RIDGE = 20.0
TWO_SCENES = table_of(
    [
        [1, 1, 1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0],
        [0, 1, 1, 0, 0, 0, 0],
        [0, 0, 0, 1, 1, 0, 0],
        [0, 0, 0, 1, 1, 1, 0],
        [0, 0, 0, 0, 1, 1, 0],
    ]
)
"""Tracks 0 to 2 are found together, and so are 3 to 5; nobody has the last."""


def direct_ease(table: Table, profiles: Table, ridge: float) -> Scores:
    """Return EASE as the paper writes it, with all of its matrices written out."""
    dense, asked = table.toarray().astype(np.float64), profiles.toarray().astype(np.float64)
    inverse = np.linalg.inv(dense.T @ dense + ridge * np.eye(dense.shape[1]))
    mix = -inverse / np.diag(inverse)
    np.fill_diagonal(mix, 0)
    return np.asarray(asked @ mix)


def unit_columns(dense: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(dense, axis=0)
    return dense / np.where(lengths > 0, lengths, 1)


class TestEase:
    @given(st.integers(0, 2**32 - 1), st.integers(3, 25), st.integers(3, 25))
    @settings(max_examples=30, deadline=None)
    def test_by_lists_by_tracks_and_as_written_it_is_the_same(self, seed: int, lists: int, tracks: int) -> None:
        rng = np.random.default_rng(seed)
        table = random_table(rng, lists, tracks)
        profiles = random_table(rng, 4, tracks, share=0.2)
        absent = profiles.toarray() == 0

        expected = direct_ease(table, profiles, RIDGE)

        for by_lists in (True, False):
            found = Ease.fit(table, RIDGE, by_lists=by_lists).scores(profiles)
            assert found[absent] == pytest.approx(expected[absent], abs=1e-6)

    def test_strengths_count_in_proportion(self) -> None:
        profile = sparse.csr_array(np.asarray([[1.0, 0.25, 0, 0, 0, 0, 0]], dtype=np.float32))

        for by_lists in (True, False):
            found = Ease.fit(TWO_SCENES, RIDGE, by_lists=by_lists).scores(profile)
            assert found[0, 2:] == pytest.approx(direct_ease(TWO_SCENES, profile, RIDGE)[0, 2:], abs=1e-6)

    def test_the_smaller_side_is_inverted(self) -> None:
        table = random_table(np.random.default_rng(3), 4, 9)

        assert Ease.fit(table, RIDGE).inverse.shape == (4, 4)
        assert Ease.fit(table.T.tocsr(), RIDGE).inverse.shape == (4, 4)

    def test_what_is_found_together_is_predicted(self) -> None:
        found = Ease.fit(TWO_SCENES, RIDGE).scores(table_of([[1, 1, 0, 0, 0, 0, 0]]))[0]

        assert found[2] > 0
        assert found[3:] == pytest.approx(np.zeros(4), abs=1e-9)


class TestNeighbours:
    @given(st.integers(0, 2**32 - 1), st.integers(2, 20), st.integers(2, 20))
    @settings(max_examples=30, deadline=None)
    def test_columns_are_compared_by_cosine(self, seed: int, lists: int, columns: int) -> None:
        rng = np.random.default_rng(seed)
        table, profiles = random_table(rng, lists, columns), random_table(rng, 3, columns, share=0.1)
        unit = unit_columns(table.toarray().astype(np.float64))

        found = Neighbours.fit(table).scores(profiles)

        assert found == pytest.approx(profiles.toarray() @ unit.T @ unit, abs=1e-5)

    def test_a_column_that_nobody_has_gets_nothing(self) -> None:
        assert Neighbours.fit(TWO_SCENES).scores(table_of([[1] * 7]))[0, 6] == 0

    @given(st.integers(0, 2**32 - 1), st.integers(2, 20), st.integers(2, 20))
    @settings(max_examples=30, deadline=None)
    def test_lists_are_compared_by_cosine(self, seed: int, lists: int, columns: int) -> None:
        rng = np.random.default_rng(seed)
        table, profiles = random_table(rng, lists, columns), random_table(rng, 3, columns, share=0.1)
        dense, asked = table.toarray().astype(np.float64), profiles.toarray().astype(np.float64)
        closeness = unit_columns(asked.T).T @ unit_columns(dense.T)

        assert list_neighbours(table, profiles) == pytest.approx(closeness @ dense, abs=1e-5)

    def test_an_empty_profile_has_no_neighbours(self) -> None:
        nothing = table_of([[0] * 7])

        assert not list_neighbours(TWO_SCENES, nothing).any()
        assert not Neighbours.fit(TWO_SCENES).scores(nothing).any()


class TestFactors:
    def test_a_new_profile_is_folded_in_as_the_library_does(self) -> None:
        from implicit.cpu.als import AlternatingLeastSquares

        rng = np.random.default_rng(5)
        table, profiles = random_table(rng, 40, 30), random_table(rng, 5, 30)
        factors = item_factors(table)
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=ALS_FACTORS, regularization=ALS_RIDGE, alpha=ALS_ALPHA, num_threads=1
            )
            model.item_factors = factors
            theirs = model.recalculate_user(np.arange(5), sparse.csr_matrix(profiles.astype(np.float32)))

        found = folded_in(factors, profiles)

        assert found == pytest.approx(theirs @ factors.T, abs=1e-4)

    def test_what_is_found_together_is_predicted(self) -> None:
        found = folded_in(item_factors(TWO_SCENES), table_of([[1, 1, 0, 0, 0, 0, 0], [0] * 7]))

        assert found[0, 2] > 10 * abs(found[0, 3:]).max()
        assert not found[1].any()

    def test_what_counts_less_says_less(self) -> None:
        profile = sparse.csr_array(np.asarray([[0.5, 0, 0, 0, 1, 0, 0]], dtype=np.float32))

        found = folded_in(item_factors(TWO_SCENES), profile)[0]

        assert found[[0, 4]] == pytest.approx([0.5, 1], abs=0.05)
        assert found[2] < found[3]

    def test_the_same_lists_give_the_same_factors(self) -> None:
        table = random_table(np.random.default_rng(2), 30, 20)

        assert item_factors(table).shape == (20, ALS_FACTORS)
        assert (item_factors(table) == item_factors(table)).all()


def naive_information(table: Table) -> NDArray[np.float64]:
    """Return the positive pointwise mutual information of columns, one pair after the other."""
    dense = table.toarray().astype(np.float64)
    size = dense.shape[1]
    together = dense.T @ dense
    np.fill_diagonal(together, 0)
    met = together.sum(axis=1)
    odds = met**CONTEXT_POWER / (met**CONTEXT_POWER).sum()
    found = np.zeros((size, size))
    for one in range(size):
        for other in range(size):
            if together[one, other]:
                expected = met[one] * odds[other]
                found[one, other] = max(np.log(together[one, other] / expected), 0)
    return found


class TestContexts:
    def test_vectors_are_those_of_the_decomposed_information(self) -> None:
        table = random_table(np.random.default_rng(8), 60, 14, share=0.2)
        left, values, _ = np.linalg.svd(naive_information(table))
        expected = left[:, :5] * np.sqrt(values[:5])
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)

        found = context_vectors(table, 5)

        assert found @ found.T == pytest.approx(expected @ expected.T, abs=1e-3)

    def test_what_shares_its_company_is_close_and_other_company_is_not(self) -> None:
        vectors = context_vectors(TWO_SCENES, ARTIST_DIM)

        cosines = vectors @ vectors.T

        assert cosines[0, 2] > 0.4
        assert abs(cosines[:3, 3:]).max() < 1e-5

    def test_what_is_never_found_with_another_points_nowhere(self) -> None:
        alone = sparse.csr_array(sparse.block_diag([random_table(np.random.default_rng(1), 20, 12), np.ones((3, 1))]))

        vectors = context_vectors(alone, ARTIST_DIM)

        assert not vectors[12].any()
        assert np.linalg.norm(vectors[:12], axis=1) == pytest.approx(np.ones(12), abs=1e-5)

    @pytest.mark.parametrize("rows", [[[1, 0, 0], [0, 1, 0]], [[1, 1], [1, 1]], [[0]], [[1, 1, 1]]])
    def test_without_company_that_tells_anything_nothing_points_anywhere(self, rows: list[list[int]]) -> None:
        vectors = context_vectors(table_of(rows), ARTIST_DIM)

        assert len(vectors) == len(rows[0])
        assert np.isfinite(vectors).all()

    def test_the_same_lists_give_the_same_vectors(self) -> None:
        table = random_table(np.random.default_rng(4), 50, 20)

        assert (context_vectors(table, 8) == context_vectors(table, 8)).all()
