"""Weights files: where packages keep them, and whether they are the ones we know."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from recommender.errors import EncoderUnavailableError, WeightsCorruptError


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verified(path: Path, expected: str) -> Path:
    """Return the path of a file whose SHA-256 starts with ``expected``.

    Args:
        path: The file to read.
        expected: 64 hexadecimal digits, or the first few of them where no more is published
            (torchvision puts eight into its file names).

    Raises:
        WeightsCorruptError: The file has another sum.
    """
    actual = sha256_of(path)
    if not actual.startswith(expected):
        raise WeightsCorruptError(str(path), expected, actual)
    return path


def package_folder(module: str, *, encoder: str, distribution: str) -> Path:
    """Return the folder of an installed package, without importing it.

    Raises:
        EncoderUnavailableError: The package that brings the weights of ``encoder`` is not installed.
    """
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderUnavailableError(encoder, f"install the package {distribution}, which brings its weights.")
    return Path(next(iter(spec.submodule_search_locations)))
