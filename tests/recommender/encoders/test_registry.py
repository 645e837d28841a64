"""Encoders go by the names that settings use."""

from pathlib import Path

import pytest

from recommender.encoders.registry import image_encoder, text_encoder
from recommender.errors import EncoderUnavailableError


def test_the_defaults_know_their_fingerprint_and_width_before_they_load(tmp_path: Path) -> None:
    text, image = text_encoder("minilm", tmp_path), image_encoder("efficientnet-lite0", tmp_path)

    assert (text.fingerprint, text.dim) == ("all-MiniLM-L6-v2@1110a243/mean-256/384", 384)
    assert (image.fingerprint, image.dim) == ("efficientnet-lite0@57934424/middle-square-224-levels1/1552", 1552)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_image_encoder_is_answered_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailableError, match="efficientnet-lite0, resnet50, vgg16"):
        image_encoder("clip", tmp_path)
