"""Promises of the copies of a picture."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from recommender.evaluation.picture_copies import COPIES, all_together, compressed, middle, part, smaller
from tests.recommender.encoders.drawings import as_file

RAMP = Image.fromarray(
    np.stack([np.tile(np.arange(200), (100, 1)), np.tile(np.arange(100)[:, None], (1, 200)), np.zeros((100, 200))], 2)
    .astype(np.uint8)
)  # fmt: skip
"""Red tells how far to the right, green how far down."""


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def opened(file: bytes) -> Image.Image:
    return Image.open(BytesIO(file))


def corners(file: bytes) -> list[tuple[int, int]]:
    pixels = np.asarray(opened(file).convert("RGB"))
    return [tuple(pixels[at][:2].tolist()) for at in ((0, 0), (-1, -1))]


def test_the_middle_is_four_fifths_of_each_side() -> None:
    copy = middle(as_file(RAMP), rng())

    assert opened(copy).size == (160, 80)
    assert corners(copy) == [(20, 10), (179, 89)]


def test_a_part_lies_anywhere_within_the_picture_and_is_drawn_from_the_seed() -> None:
    places = [corners(part(as_file(RAMP), rng(seed)))[0] for seed in range(40)]

    assert {opened(part(as_file(RAMP), rng(seed))).size for seed in range(5)} == {(160, 80)}
    assert all(0 <= left <= 40 and 0 <= top <= 20 for left, top in places)
    assert len(set(places)) > 30
    assert corners(part(as_file(RAMP), rng(3))) == corners(part(as_file(RAMP), rng(3)))


def test_a_smaller_one_has_half_of_each_side_but_no_less_than_eight_pixels() -> None:
    assert opened(smaller(as_file(RAMP), rng())).size == (100, 50)
    assert opened(smaller(as_file(RAMP.resize((10, 4))), rng())).size == (8, 4)


def test_a_compressed_one_is_a_jpeg_that_lost_much() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8))

    copy = compressed(as_file(noise), rng())

    assert opened(copy).format == "JPEG"
    assert opened(copy).size == (100, 100)
    assert len(copy) < len(as_file(noise, "JPEG", quality=60))


def test_all_together_is_a_part_at_half_its_size_as_a_jpeg() -> None:
    copy = opened(all_together(as_file(RAMP), rng()))

    assert (copy.format, copy.size) == ("JPEG", (80, 40))


@pytest.mark.parametrize("mode", ["P", "L", "RGBA", "LA"])
@pytest.mark.parametrize("name", COPIES)
def test_every_kind_of_picture_can_be_copied(name: str, mode: str) -> None:
    assert opened(COPIES[name](as_file(RAMP.convert(mode)), rng())).mode == "RGB"


def test_a_huge_picture_is_brought_to_an_ordinary_size_first() -> None:
    assert max(opened(compressed(as_file(Image.new("RGB", (3_000, 1_500))), rng())).size) == 1_024


def test_a_single_pixel_survives_every_copy() -> None:
    dot = as_file(Image.new("RGB", (1, 1)))

    assert {name: opened(copy(dot, rng())).size for name, copy in COPIES.items()} == dict.fromkeys(COPIES, (1, 1))
