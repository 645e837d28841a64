"""A file of lyrics becomes songs, each once, with one artist and at most one genre."""

from collections.abc import Sequence

import numpy as np
import pytest

from recommender.evaluation.lyrics_dataset import FEWEST_WORDS, MOST_GENRES, LyricsDataset, SungSong, lyrics_dataset

WORDS = " ".join(f"line {chr(97 + n)}" for n in range(FEWEST_WORDS))


def song(
    artist: str = "Ada",
    title: str | None = "Rain",
    lyrics: str = WORDS,
    *,
    genre: str | None = None,
    language: str | None = "en",
) -> SungSong:
    return SungSong(artist=artist, title=title, lyrics=lyrics, genre=genre, language=language)


def told(*songs: SungSong, said: Sequence[str] = ()) -> LyricsDataset:
    """Return the dataset, in which lyrics that hold a code in angle brackets are of that language."""

    def language_of(lyrics: str) -> str | None:
        return next((code for code in ("en", "es", "de") if f"<{code}>" in lyrics), None)

    return lyrics_dataset(songs, language_of=language_of)


def test_versions_of_a_song_are_one() -> None:
    dataset = told(
        song(title="Rain"),
        song(title="Rain - Remastered 2011", lyrics=f"{WORDS} again"),
        song(title="Sun", lyrics=f"sun {WORDS}"),
    )

    assert dataset.lyrics == (WORDS, f"sun {WORDS}")
    assert dataset.left_out["again"] == 1


def test_the_same_words_by_the_same_artist_are_one_whatever_the_title() -> None:
    same = told(song(title="Rain"), song(title="Rain (what a day)", lyrics=WORDS.upper()), song(title=None))
    others = told(song(), song("Béa"))

    assert len(same.lyrics) == 1
    assert len(others.lyrics) == 2


def test_an_artist_is_one_whatever_the_spelling() -> None:
    dataset = told(song("Béyla", "One", f"one {WORDS}"), song("BEYLA", "Two", f"two {WORDS}"), song("Ada", "Three"))

    assert dataset.artists.tolist() == [0, 0, 1]


@pytest.mark.parametrize("credit", ["Ada feat. Béa", "Ada (ft Béa)", "ADA Featuring Béa & Co"])
def test_a_guest_makes_no_other_artist(credit: str) -> None:
    dataset = told(song("Ada", "One", f"one {WORDS}"), song(credit, "Two", f"two {WORDS}"), song("Ada Ft", "Three"))

    assert dataset.artists.tolist() == [0, 0, 1]


def test_headings_are_not_read_and_too_few_words_are_none() -> None:
    headed = "[Chorus: Ada]\n" * FEWEST_WORDS
    dataset = told(song(lyrics=f"[Verse 1: Ada]\n{WORDS}"), song(title="Two", lyrics=headed), song("", "Three"))

    assert dataset.lyrics == (WORDS,)
    assert dataset.left_out["without lyrics"] == 2


def test_the_commonest_genre_of_a_songs_rows_is_its_own() -> None:
    rows = [song(genre="rock"), song(genre="pop"), song(genre="pop"), song(genre=None)]
    many = [
        song(title=f"{name} {n}", lyrics=f"{name} {n} {WORDS} {chr(97 + n)}{name}", genre=name)
        for name in ("rock", "pop")
        for n in range(10)
    ]

    dataset = told(*rows, *many)

    assert dataset.genre_names[dataset.genres[0]] == "pop"
    assert sorted(dataset.genre_names) == ["pop", "rock"]


def test_the_largest_genres_are_measured_and_small_ones_never() -> None:
    sizes = {f"genre {chr(97 + n)}": 10 + n for n in range(MOST_GENRES + 2)} | {"tiny": 9}
    rows = [
        song(name, f"song {n}", f"{WORDS} {name} word{chr(97 + n)}", genre=name)
        for name, size in sizes.items()
        for n in range(size)
    ]

    dataset = told(*rows, song("Nobody", "Song"))

    assert len(dataset.genre_names) == MOST_GENRES
    assert {"genre a", "genre b", "tiny"}.isdisjoint(dataset.genre_names)
    assert np.count_nonzero(dataset.genres == -1) == 10 + 11 + 9 + 1
    assert told(*rows[:9]).genre_names == ()


def test_songs_in_other_languages_are_left_out_where_most_are_english() -> None:
    english = [song(title=f"song {n}", lyrics=f"{WORDS} {chr(97 + n)}x") for n in range(4)]
    unsure = song(title="la la", lyrics=f"la {WORDS}", language=None)
    spanish = song(title="lluvia", lyrics=f"<es> {WORDS}", language=None)
    german = song(title="regen", lyrics=f"regen {WORDS}", language="de")

    dataset = told(*english, unsure, spanish, german)

    assert dataset.left_out["not English"] == 2
    assert dataset.lyrics == (*(each.lyrics for each in english), unsure.lyrics)
    assert told(english[0], spanish, german).left_out["not English"] == 0


def test_what_the_file_says_of_the_language_is_believed() -> None:
    asked: list[str] = []

    lyrics_dataset([song(language="en"), song("Béa", language=None)], language_of=asked.append)

    assert len(asked) == 1


def test_songs_are_counted_while_their_language_is_told() -> None:
    seen: list[tuple[int, int]] = []

    lyrics_dataset(
        [song(), song("Béa")], language_of=lambda _text: None, progress=lambda done, total: seen.append((done, total))
    )

    assert seen == [(1, 2), (2, 2)]


def test_nothing_to_measure_on_is_said() -> None:
    with pytest.raises(ValueError, match="at least 20 words"):
        told(song(lyrics="too short"))
