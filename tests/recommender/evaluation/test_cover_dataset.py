"""Promises of the covers that are measured on: each once, and nothing unusable unnoticed."""

import numpy as np
import pytest

from recommender.evaluation.cover_dataset import NOBODY, Cover, cover_dataset
from tests.recommender.encoders.drawings import PATTERNS, as_file, drawn

DRAWINGS = [as_file(drawn(pattern).resize((64, 64))) for pattern in range(PATTERNS)]


def cover(pattern: int, genre: str, *, artist: str | None = None, name: str = "cover") -> Cover:
    return Cover(name=name, genre=genre, artist=artist, read=lambda: DRAWINGS[pattern])


def test_pictures_get_numbers_for_their_genres_and_artists() -> None:
    dataset = cover_dataset(
        [
            cover(0, "rock", artist="Ann"),
            cover(1, "jazz", artist="ann!"),
            cover(2, "rock", artist="Bob"),
            cover(3, "jazz"),
        ]
    )

    assert dataset.genre_names == ("jazz", "rock")
    assert dataset.genres.tolist() == [1, 0, 1, 0]
    assert dataset.artists.tolist() == [0, 0, 1, NOBODY]
    assert [dataset.picture(row) for row in range(4)] == DRAWINGS[:4]


def test_what_cannot_be_used_is_counted_with_its_reason_and_named() -> None:
    good = [cover(pattern, genre) for pattern, genre in enumerate(["rock", "rock", "jazz", "jazz"])]
    bad = [
        Cover(name="notes.txt", genre="rock", read=lambda: b"no picture"),
        *(Cover(name=f"gone-{number}.png", genre="rock", read=lambda: None) for number in range(5)),
        Cover(name="web", genre="rock", read=lambda: DRAWINGS[5], problem="on the web"),
        cover(6, "polka", name="polka.png"),
    ]

    dataset = cover_dataset([*bad, *good])

    assert len(dataset.reads) == 4
    assert dataset.left_out == {
        "refused: it is not a whole JPEG, PNG or WebP file": 1,
        "not there or not readable": 5,
        "on the web": 1,
        "alone in its genre": 1,
    }
    assert dataset.examples["not there or not readable"] == ("gone-0.png", "gone-1.png", "gone-2.png")
    assert dataset.examples["alone in its genre"] == ("polka.png",)


def test_the_same_file_twice_is_one_picture_of_the_genre_that_most_say() -> None:
    dataset = cover_dataset(
        [
            cover(0, "jazz"),
            cover(0, "rock", artist="Ann"),
            cover(0, "rock", artist="Bob"),
            cover(1, "rock"),
            cover(2, "jazz"),
            cover(3, "jazz"),
        ]
    )

    assert dataset.genres.tolist() == [1, 1, 0, 0]
    assert dataset.artists.tolist() == [0, NOBODY, NOBODY, NOBODY], "the first artist that is known"
    assert dataset.left_out == {"the same picture again": 2}


def test_the_digest_is_that_of_the_pictures_whatever_their_order() -> None:
    covers = [cover(pattern, genre) for pattern, genre in enumerate(["rock", "rock", "jazz", "jazz"])]

    assert cover_dataset(covers).digest == cover_dataset(covers[::-1]).digest
    assert cover_dataset(covers).digest != cover_dataset([*covers, cover(5, "jazz")]).digest


@pytest.mark.parametrize("genres", [[], ["rock", "rock"], ["rock", "rock", "jazz"]])
def test_one_genre_is_nothing_to_tell_apart(genres: list[str]) -> None:
    with pytest.raises(ValueError, match="no two genres with two usable pictures each"):
        cover_dataset([cover(pattern, genre) for pattern, genre in enumerate(genres)])


def test_the_refusal_says_what_was_left_out() -> None:
    with pytest.raises(ValueError, match="each; 2 not there or not readable"):
        cover_dataset([Cover(name="x", genre="rock", read=lambda: None)] * 2)


def test_a_picture_that_vanishes_while_it_is_measured_is_told() -> None:
    there = [True]
    covers = [cover(pattern, genre) for pattern, genre in enumerate(["rock", "jazz", "jazz"])]
    covers.append(Cover(name="brief", genre="rock", read=lambda: DRAWINGS[4] if there[0] else None))
    dataset = cover_dataset(covers)
    there[0] = False

    with pytest.raises(ValueError, match="gone"):
        dataset.picture(3)
    assert np.array_equal(dataset.genres, [1, 0, 0, 1])
