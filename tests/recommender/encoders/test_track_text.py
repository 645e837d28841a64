"""What is read of a track, and how two readings become one vector."""

import numpy as np
import pytest

from recommender.encoders.track_text import compose, track_terms, track_text_fingerprint, track_vectors
from recommender.ports import TextEncoder, Words
from recommender.unit_rows import unit_rows
from tests.contracts.encoders import SAME


def words(
    title: str = "Glass Harbour",
    *,
    artists: tuple[str, ...] = ("Ines Valdor", "Mo Kane"),
    album: str | None = "Low Tide Letters",
    genres: tuple[str, ...] = ("indie folk", "singer-songwriter"),
    lyrics: str | None = None,
) -> Words:
    return Words(title=title, artists=artists, album=album, genres=genres, lyrics=lyrics)


def test_a_description_says_title_artists_album_and_genres() -> None:
    description, lyrics = compose(words(lyrics="  the tide goes out\nand so do I "))

    assert description == (
        "Glass Harbour by Ines Valdor, Mo Kane. Album: Low Tide Letters. Genres: indie folk, singer-songwriter."
    )
    assert lyrics == "the tide goes out\nand so do I"


@pytest.mark.parametrize(
    ("known", "description"),
    [
        (words(artists=()), "Glass Harbour. Album: Low Tide Letters. Genres: indie folk, singer-songwriter."),
        (words(album=None, genres=()), "Glass Harbour by Ines Valdor, Mo Kane."),
        (words("", artists=(), album=None, genres=()), ""),
        (
            words("Glass Harbour - Remastered", album="Low Tide Letters (Deluxe Edition)", genres=()),
            "Glass Harbour by Ines Valdor, Mo Kane. Album: Low Tide Letters.",
        ),
    ],
)
def test_what_is_unknown_is_left_out(known: Words, description: str) -> None:
    assert compose(known) == (description, None)


@pytest.mark.parametrize("lyrics", [None, "", " \n "])
def test_no_lyrics_are_none(lyrics: str | None) -> None:
    assert compose(words(lyrics=lyrics))[1] is None


def test_headings_of_lyrics_are_not_read() -> None:
    headed = words(lyrics="[Verse 1: Ines Valdor]\nthe tide goes out\n[Chorus]\nand so do I")

    assert compose(headed)[1] == "the tide goes out\n\nand so do I"
    assert compose(words(lyrics="[Instrumental]"))[1] is None


def test_the_words_of_lyrics_alone_are_counted() -> None:
    terms = track_terms([None, words(), words(lyrics="[Chorus] the tide the tide"), words(lyrics="tide")])

    assert np.diff(terms.starts).tolist() == [0, 0, 2, 1]
    assert terms.row(2)[1].tolist() == [2, 2]
    assert terms.row(3)[0][0] in terms.row(2)[0]


def test_a_vector_is_half_description_and_half_lyrics(minilm: TextEncoder) -> None:
    lyrics = "the tide goes out and so do I"
    description, _ = compose(words())
    parts = minilm.encode([description, lyrics])

    [both] = track_vectors(minilm, [words(lyrics=lyrics)])

    assert float(both @ unit_rows(parts.sum(axis=0, keepdims=True))[0]) > SAME


def test_without_lyrics_the_description_is_the_vector(minilm: TextEncoder) -> None:
    [alone] = track_vectors(minilm, [words()])

    assert float(alone @ minilm.encode([compose(words())[0]])[0]) > SAME


def test_tracks_without_words_are_zero_rows_in_their_place(minilm: TextEncoder) -> None:
    rows = track_vectors(minilm, [None, words(), words("", artists=(), album=None, genres=()), words(lyrics="rain")])

    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [0, 1, 0, 1], atol=1e-5)
    assert rows.dtype == np.float32


def test_nothing_to_read_at_all_is_all_zero(minilm: TextEncoder) -> None:
    assert not track_vectors(minilm, [None, None]).any()
    assert track_vectors(minilm, []).shape == (0, minilm.dim)


def test_the_way_of_composing_is_part_of_what_vectors_are_stored_under(minilm: TextEncoder) -> None:
    assert track_text_fingerprint(minilm) == f"{minilm.fingerprint}+words-3"
