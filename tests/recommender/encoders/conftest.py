"""A cover on disk."""

from pathlib import Path

import pytest

from recommender.ports import ImageEncoder
from tests.recommender.encoders.drawings import as_file, drawn


@pytest.fixture
def cover_file(tmp_path: Path, lite0: ImageEncoder) -> Path:
    """A drawn cover on disk; the network that reads it is converted already."""
    file = tmp_path / "cover.png"
    file.write_bytes(as_file(drawn(6)))
    lite0.encode([file.read_bytes()])
    return file
