"""The real encoders, converted once for all tests of the recommender."""

from pathlib import Path

import pytest

from recommender.encoders.networks import Backend
from recommender.encoders.registry import image_encoder, text_encoder
from recommender.ports import ImageEncoder, TextEncoder


@pytest.fixture(scope="session")
def converted(models: Path) -> Path:
    """A cache that holds both default networks."""
    return models


@pytest.fixture(scope="session")
def minilm(converted: Path) -> TextEncoder:
    return text_encoder("minilm", converted)


@pytest.fixture(scope="session")
def minilm_in_torch(converted: Path) -> TextEncoder:
    return text_encoder("minilm", converted, backend=Backend.TORCH)


@pytest.fixture(scope="session")
def lite0(converted: Path) -> ImageEncoder:
    return image_encoder("efficientnet-lite0", converted)


@pytest.fixture(scope="session")
def lite0_in_torch(converted: Path) -> ImageEncoder:
    return image_encoder("efficientnet-lite0", converted, backend=Backend.TORCH)
