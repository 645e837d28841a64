"""Promises of the vectors that the cover task compares."""

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from recommender.evaluation.cover_baselines import (
    COVER_BASELINES,
    Encoded,
    colour_histograms,
    colours_and_edges,
    edge_histograms,
    raw,
    served,
)
from recommender.ports import ImageEncoder
from recommender.space_fit import ENOUGH_COVERS, IMAGE_COLUMNS
from recommender.types import Matrix
from recommender.unit_rows import unit_rows
from tests.recommender.encoders.drawings import PATTERNS, as_file, drawn

RNG = np.random.default_rng(0)
DRAWINGS = [as_file(drawn(pattern)) for pattern in range(PATTERNS)]


class Counting:
    """An encoder that counts what it is asked."""

    fingerprint = "counting@00000000/none/300"
    dim = 300

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def encode(self, pictures: Sequence[bytes], /) -> Matrix:
        self.asked += pictures
        rows = [np.random.default_rng(list(picture)).standard_normal(self.dim) + 1 for picture in pictures]
        return unit_rows(np.asarray(rows, dtype=np.float32).reshape(-1, self.dim))


def plain(colour: tuple[int, int, int]) -> bytes:
    return as_file(Image.new("RGB", (50, 50), colour))


def test_a_histogram_counts_colours_wherever_they_are() -> None:
    picture = drawn(3)

    rows = colour_histograms([as_file(picture), as_file(picture.transpose(Image.Transpose.ROTATE_180))], RNG)

    assert rows.shape == (2, 12 * 4 * 4)
    assert float(rows[0] @ rows[1]) > 0.99
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


def test_a_histogram_of_one_colour_has_one_bin_and_other_hues_have_others() -> None:
    red, blue, dark = colour_histograms([plain((255, 0, 0)), plain((0, 0, 255)), plain((60, 0, 0))], RNG)

    assert [np.count_nonzero(each) for each in (red, blue, dark)] == [1, 1, 1]
    assert float(red @ blue) == float(red @ dark) == 0


def test_edges_tell_directions_and_not_colours() -> None:
    across = np.zeros((128, 128, 3), dtype=np.uint8)
    across[::16] = across[1::16] = across[2::16] = (200, 200, 200)
    tinted = across // 2 * np.asarray([1, 1, 1], dtype=np.uint8)
    files = [as_file(Image.fromarray(each)) for each in (across, tinted, across.transpose(1, 0, 2))]

    rows = unit_rows(edge_histograms(files, RNG))

    assert rows.shape == (3, 7 * 7 * 2 * 2 * 9)
    assert float(rows[0] @ rows[1]) > 0.99
    assert float(rows[0] @ rows[2]) < 0.5


def test_both_together_weigh_the_same() -> None:
    rows = colours_and_edges(DRAWINGS[:2], RNG)

    assert np.linalg.norm(rows[:, :192], axis=1) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(rows[:, 192:], axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", COVER_BASELINES)
def test_every_baseline_gives_unit_rows(name: str) -> None:
    method = COVER_BASELINES[name]
    described = method.describe(DRAWINGS, np.random.default_rng(0))

    vectors = method.fit(described)(described)

    assert len(vectors) == PATTERNS
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_what_two_methods_share_is_encoded_once() -> None:
    encoder = Counting()
    encoded = Encoded(encoder)

    first = raw(encoded).describe([b"a", b"b", b"a"], RNG)
    second = served(encoded).describe([b"b", b"c"], RNG)

    assert encoder.asked == [b"a", b"b", b"c"]
    np.testing.assert_array_equal(first[1], second[0])
    np.testing.assert_array_equal(first[0], first[2])


def test_served_vectors_are_those_of_the_fused_space() -> None:
    method = served(Encoded(Counting()))
    rows = method.describe([bytes([number // 256, number % 256]) for number in range(ENOUGH_COVERS + 40)], RNG)

    vectors = method.fit(rows)(rows)

    assert vectors.shape == (len(rows), IMAGE_COLUMNS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    centre = rows - rows.mean(axis=0)
    _, _, axes = np.linalg.svd(centre, full_matrices=False)
    expected = unit_rows(centre @ axes[:IMAGE_COLUMNS].T)
    np.testing.assert_allclose(vectors @ vectors[:9].T, expected @ expected[:9].T, atol=0.02)


def test_raw_vectors_are_the_encoders_own(lite0: ImageEncoder) -> None:
    method = raw(Encoded(lite0))

    described = method.describe(DRAWINGS, RNG)

    np.testing.assert_allclose(method.fit(described)(described), lite0.encode(DRAWINGS), atol=1e-5)
