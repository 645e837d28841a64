"""What every encoder promises; a test class inherits these and provides an ``encoder`` fixture."""

from collections.abc import Sequence

import numpy as np
import pytest

from recommender.errors import PictureRefusedError
from recommender.ports import ImageEncoder, TextEncoder

SAME = 0.9999
"""Cosine: the same but for rounding, which differs with the sizes of a batch."""


class TextEncoderContract:
    """Promises of a TextEncoder; ``encoder`` comes from the inheriting class."""

    texts: Sequence[str] = (
        "Rain on the motorway",
        "",
        "a lullaby for a small bear, sung under a paper moon",
        "thunder " * 700,
        "   \n\t ",
        "雨の高速道路 — Émilie & ¿Quién?",
    )

    def test_rows_are_float32_of_the_promised_width_in_the_order_given(self, encoder: TextEncoder) -> None:
        rows = encoder.encode(self.texts)
        reversed_rows = encoder.encode(self.texts[::-1])

        assert rows.dtype == np.float32
        assert rows.shape == (len(self.texts), encoder.dim)
        read = [0, 2, 3, 5]
        assert np.all(np.sum(rows * reversed_rows[::-1], axis=1)[read] > SAME)

    def test_rows_have_length_one_and_empty_texts_are_zero(self, encoder: TextEncoder) -> None:
        lengths = np.linalg.norm(encoder.encode(self.texts), axis=1)

        np.testing.assert_allclose(lengths, [1, 0, 1, 1, 0, 1], atol=1e-5)

    def test_a_batch_and_its_texts_alone_agree(self, encoder: TextEncoder) -> None:
        together = encoder.encode(self.texts)
        alone = np.concatenate([encoder.encode([text]) for text in self.texts])

        agreement = np.sum(together * alone, axis=1)
        assert np.all(agreement[[0, 2, 3, 5]] > SAME)
        assert np.all(alone[[1, 4]] == 0)

    def test_no_texts_give_no_rows(self, encoder: TextEncoder) -> None:
        assert encoder.encode([]).shape == (0, encoder.dim)

    def test_different_texts_differ(self, encoder: TextEncoder) -> None:
        first, second = encoder.encode(["Rain on the motorway", "a lullaby for a small bear"])

        assert float(first @ second) < 0.999

    def test_broken_characters_are_read_around(self, encoder: TextEncoder) -> None:
        rows = encoder.encode(["half a pair \ud83c of surrogates", "\x00\x07bell"])

        assert np.all(np.isfinite(rows))
        assert float(np.linalg.norm(rows[0])) == pytest.approx(1, abs=1e-5)

    def test_the_fingerprint_names_model_revision_preprocessing_and_width(self, encoder: TextEncoder) -> None:
        assert_fingerprint(encoder.fingerprint, encoder.dim)


class ImageEncoderContract:
    """Promises of an ImageEncoder; ``encoder`` and ``pictures`` (three or more) come from the inheriting class."""

    def test_rows_are_float32_units_of_the_promised_width_in_the_order_given(
        self, encoder: ImageEncoder, pictures: Sequence[bytes]
    ) -> None:
        rows = encoder.encode(pictures)
        reversed_rows = encoder.encode(pictures[::-1])

        assert rows.dtype == np.float32
        assert rows.shape == (len(pictures), encoder.dim)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
        assert np.all(np.sum(rows * reversed_rows[::-1], axis=1) > SAME)

    def test_a_batch_and_its_pictures_alone_agree(self, encoder: ImageEncoder, pictures: Sequence[bytes]) -> None:
        together = encoder.encode(pictures)
        alone = np.concatenate([encoder.encode([picture]) for picture in pictures])

        assert np.all(np.sum(together * alone, axis=1) > SAME)

    def test_no_pictures_give_no_rows(self, encoder: ImageEncoder) -> None:
        assert encoder.encode([]).shape == (0, encoder.dim)

    @pytest.mark.parametrize("file", [b"", b"lyrics, not a cover", b"GIF89a", b"\xff\xd8\xff\xe0 torn"])
    def test_what_is_no_picture_is_refused(self, encoder: ImageEncoder, pictures: Sequence[bytes], file: bytes) -> None:
        with pytest.raises(PictureRefusedError):
            encoder.encode([pictures[0], file])

    def test_the_fingerprint_names_model_revision_preprocessing_and_width(self, encoder: ImageEncoder) -> None:
        assert_fingerprint(encoder.fingerprint, encoder.dim)


def assert_fingerprint(fingerprint: str, dim: int) -> None:
    """Assert the form ``model@revision/preprocessing/dim``."""
    model, rest = fingerprint.split("@")
    revision, preprocessing, width = rest.split("/")
    assert model
    assert len(revision) >= 8
    assert preprocessing
    assert width == str(dim)
