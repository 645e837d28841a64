"""Lyrics become counts of hashed words, and nothing else of them is kept."""

import numpy as np
import pytest

from recommender.lyric_terms import LONGEST_LYRICS, lyric_terms, sung
from recommender.ports import TERM_COLUMNS, LyricTerms


def counted(lyrics: str) -> dict[int, int]:
    columns, counts = lyric_terms([lyrics]).row(0)
    return dict(zip(columns.tolist(), counts.tolist(), strict=True))


def test_words_are_counted_whatever_their_order_and_case() -> None:
    terms = lyric_terms(["Rain, rain, go away!", "away GO rain (rain)"])

    assert terms.row(0)[0].tolist() == terms.row(1)[0].tolist()
    assert sorted(terms.row(0)[1].tolist()) == [1, 1, 2]


def test_each_song_has_its_own_row_and_one_without_words_an_empty_one() -> None:
    songs = ["one two", None, "", "♪ 12 34 -- …", "two three two"]

    terms = lyric_terms(songs)

    assert len(terms) == 5
    assert [len(terms.row(row)[0]) for row in range(5)] == [2, 0, 0, 0, 2]
    for row, song in enumerate(songs):
        alone = lyric_terms([song])
        assert alone.columns.tolist() == terms.row(row)[0].tolist()
        assert alone.counts.tolist() == terms.row(row)[1].tolist()
    assert [str(each.dtype) for each in (terms.columns, terms.counts)] == ["uint16", "uint8"]


def test_columns_ascend_within_a_song() -> None:
    columns, _ = lyric_terms([" ".join(f"word{chr(97 + n)}" for n in range(26))]).row(0)

    assert len(columns) == 26
    assert (np.diff(columns.astype(int)) > 0).all()


def test_the_hash_is_the_same_in_every_process() -> None:
    assert counted("river") == {26411: 1}


@pytest.mark.parametrize("two", [("don't", "don’t"), ("lovin'", "lovin"), ("ÉTÉ", "été"), ("straße", "STRASSE")])
def test_spellings_of_one_word_are_one(two: tuple[str, str]) -> None:
    assert counted(two[0]) == counted(two[1])


@pytest.mark.parametrize("two", [("don't", "dont"), ("sun", "son"), ("ya", "yo"), ("rain", "reign")])
def test_different_words_are_two(two: tuple[str, str]) -> None:
    assert counted(two[0]) != counted(two[1])


def test_what_is_sung_without_end_counts_to_the_most_that_is_stored() -> None:
    assert list(counted("la " * 1_000).values()) == [255]


def test_what_no_song_is_long_enough_for_is_not_read() -> None:
    assert len(counted("a " * (LONGEST_LYRICS // 2) + "beyond")) == 1


def test_broken_text_is_read_as_far_as_it_goes() -> None:
    assert len(counted("rain \ud83d falls")) == 2


def test_rows_are_taken_out_in_the_order_asked() -> None:
    terms = lyric_terms(["one", None, "two three"])

    picked = terms.of_rows([2, 1])

    assert picked.starts.tolist() == [0, 2, 2]
    assert picked.row(0)[0].tolist() == terms.row(2)[0].tolist()
    assert len(LyricTerms.joined([])) == 0
    assert int(terms.columns.max()) < TERM_COLUMNS


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("[Verse 1: Somebody Famous]\nrain falls\n[Chorus]\non me", "rain falls\n\non me"),
        ("12 ContributorsTranslationsRain Song Lyrics[Intro]rain falls", "rain falls"),
        ("rain falls\nYou might also likeon me3Embed", "rain falls\non me"),
        (
            "rain falls\n...\n\n******* This Lyrics is NOT for Commercial use *******\n(1409617829201)",
            "rain falls\n...",
        ),
        ("rain falls\n(1409617829201)", "rain falls"),
        (
            "contributors to lyrics embed [not a heading\nat all]",
            "contributors to lyrics embed [not a heading\nat all]",
        ),
        ("rain (rain) falls", "rain (rain) falls"),
        ("  \n", ""),
    ],
)
def test_what_is_written_around_lyrics_is_not_sung(written: str, left: str) -> None:
    assert sung(written) == left
