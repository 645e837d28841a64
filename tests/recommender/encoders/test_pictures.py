"""Pictures are decoded safely: kinds, sizes and colours that covers have, and files made to hurt."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from recommender.encoders import pictures
from recommender.encoders.pictures import network_input, pixels_of
from recommender.errors import PictureRefusedError
from tests.recommender.encoders.drawings import as_file, drawn

RED = (200, 30, 20)


def mean_colour(file: bytes) -> list[int]:
    return [round(float(channel)) for channel in pixels_of(file, 32).mean(axis=(0, 1))]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_cover_of_each_kind_becomes_a_square_of_colours(kind: str) -> None:
    square = pixels_of(as_file(drawn(6), kind), 224)

    assert square.shape == (224, 224, 3)
    assert square.dtype == np.uint8
    reference = np.asarray(drawn(6).resize((224, 224), Image.Resampling.BICUBIC), dtype=int)
    assert np.abs(square.astype(int) - reference).mean() < 4


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA", "LA", "CMYK", "1", "I;16"])
def test_every_way_to_store_colours_is_understood(mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.full((40, 40), 200 * 256, dtype=np.uint16))
    else:
        picture = Image.new("RGB", (40, 40), (200, 200, 200)).convert(mode)
    kind = "JPEG" if mode == "CMYK" else "PNG"

    found = mean_colour(as_file(picture, kind))

    expected = 255 if mode == "1" else 200
    dithered = 60 if mode == "1" else 6
    assert all(abs(channel - expected) <= dithered for channel in found)


def test_transparent_pixels_are_white() -> None:
    clear = Image.new("RGBA", (40, 40), (*RED, 0))
    half = Image.new("RGBA", (40, 40), (0, 0, 0, 128))
    palette = Image.new("P", (40, 40), 0)
    palette.putpalette([0, 0, 0, 255, 255, 255])

    assert mean_colour(as_file(clear)) == [255, 255, 255]
    assert mean_colour(as_file(half)) == pytest.approx([127, 127, 127], abs=2)
    assert mean_colour(as_file(palette, transparency=0)) == [255, 255, 255]


def test_the_middle_of_a_wide_picture_counts() -> None:
    wide = Image.new("RGB", (900, 300), (0, 0, 0))
    wide.paste(RED, (300, 0, 600, 300))

    assert mean_colour(as_file(wide)) == pytest.approx(RED, abs=2)


def test_a_very_long_picture_costs_no_more_than_its_middle() -> None:
    assert pixels_of(as_file(Image.new("RGB", (30_000, 1), RED)), 224).shape == (224, 224, 3)


def test_a_turned_photograph_is_read_as_it_is_stored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    assert np.array_equal(pixels_of(as_file(drawn(6), "JPEG", exif=exif), 64), pixels_of(as_file(drawn(6), "JPEG"), 64))


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM"])
def test_other_kinds_are_refused(kind: str) -> None:
    with pytest.raises(PictureRefusedError, match="JPEG, PNG or WebP"):
        pixels_of(as_file(drawn(0), kind), 224)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_half_a_file_is_refused(kind: str) -> None:
    file = as_file(drawn(3), kind)

    with pytest.raises(PictureRefusedError, match="not a whole"):
        pixels_of(file[: len(file) // 2], 224)


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    with pytest.raises(PictureRefusedError, match="larger than 10 MB"):
        pixels_of(as_file(drawn(0)) + bytes(pictures.LARGEST_FILE), 224)


def bomb(width: int, height: int) -> bytes:
    """Return a tiny PNG that says it has so many pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [6_400, 10_000, 60_000])
def test_a_small_file_of_very_many_pixels_is_refused_before_it_is_unpacked(side: int) -> None:
    with pytest.raises(PictureRefusedError, match="40 million pixels"):
        pixels_of(bomb(side, side), 224)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP"]),
    damage=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_a_damaged_file_is_read_or_refused_and_never_raises_anything_else(
    kind: str, damage: list[tuple[int, int]]
) -> None:
    file = bytearray(as_file(drawn(6).resize((64, 64)), kind))
    for place, value in damage:
        file[place % len(file)] = value

    try:
        square = pixels_of(bytes(file), 32)
    except PictureRefusedError:
        return
    assert square.shape == (32, 32, 3)


def test_the_network_sees_normalised_colours_channel_first() -> None:
    square = np.zeros((2, 2, 3), dtype=np.uint8)
    square[..., 0] = 255
    mean, deviation = np.asarray([[0.5, 0.25, 0.0], [0.5, 0.25, 1.0]], dtype=np.float32)

    seen = network_input([square, square], mean, deviation)

    assert seen.shape == (2, 3, 2, 2)
    assert seen.dtype == np.float32
    assert seen[0, :, 0, 0].tolist() == [1.0, -1.0, 0.0]
