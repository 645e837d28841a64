"""Songs with lyrics as what the text task measures on: each song once, with its artist and its main genre."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from recommender.evaluation.datasets import Rows
from recommender.lyric_terms import sung
from recommender.lyrics_language import LanguageOfWords
from recommender.ports import Progress
from recommender.songs import normalised, same_song_key

MOST_GENRES: Final = 8
"""The largest count; where a file tells dozens, the smaller ones are parts of these."""
SMALLEST_GENRE: Final = 10
"""Songs of a genre."""
FEWEST_WORDS: Final = 20
"""Of lyrics; less is a note that there are none."""
LANGUAGE: Final = "en"
"""What is measured where most songs are sung in it: otherwise languages would be told apart, and not songs."""
_MOSTLY: Final = 0.5
_GUESTS: Final = re.compile(r"\s[(\[]?(?:feat\.?|ft\.?|featuring)\s.*", re.IGNORECASE)
"""A song with a guest is its artist's all the same, and no find from somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SungSong:
    """One row of a file of songs with lyrics."""

    artist: str
    title: str | None
    lyrics: str
    genre: str | None = None
    language: str | None = None
    """ISO 639-1 code; None where the file does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LyricsDataset:
    """Lyrics, and who sings them."""

    lyrics: tuple[str, ...]
    artists: Rows
    """Shape (songs,): a number per artist."""
    genres: Rows
    """Shape (songs,): a number per genre; -1 for songs of none, and of one that is not measured."""
    genre_names: tuple[str, ...]
    left_out: Mapping[str, int]
    """Why → rows of the file."""


def lyrics_dataset(
    songs: Iterable[SungSong], *, language_of: LanguageOfWords, progress: Progress | None = None
) -> LyricsDataset:
    """Return the songs of a file, each once.

    Rows of one song (same title without version and first artist, or the same words by the same artist) are one; its
    genre is the commonest of theirs. Songs that are certain to be in another language are left out where most are
    English.

    Args:
        songs: Rows, in the order of the file.
        language_of: Tells the language of lyrics where the file does not.
        progress: Counts the songs whose language is told.

    Raises:
        ValueError: No row has lyrics.
    """
    merged = _Merged()
    for song in songs:
        merged.add(song)
    if not merged.songs:
        raise ValueError("no row has an artist and lyrics of at least 20 words")
    languages = [
        _language(song, row, len(merged.songs), language_of, progress) for row, song in enumerate(merged.songs)
    ]
    foreign = [each not in {None, LANGUAGE} for each in languages]
    is_english = sum(each == LANGUAGE for each in languages) >= _MOSTLY * len(languages)
    kept = [row for row in range(len(merged.songs)) if not (is_english and foreign[row])]
    names, genres = _numbered_genres([merged.genre(row) for row in kept])
    artists: dict[str, int] = {}
    return LyricsDataset(
        lyrics=tuple(merged.songs[row].lyrics for row in kept),
        artists=np.asarray([artists.setdefault(merged.songs[row].artist, len(artists)) for row in kept]),
        genres=genres,
        genre_names=names,
        left_out={**merged.left_out, "not English": len(merged.songs) - len(kept)},
    )


class _Merged:
    """Rows of a file as songs."""

    def __init__(self) -> None:
        self.songs: list[SungSong] = []
        self.left_out: Counter[str] = Counter()
        self._genres: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._rows: dict[object, int] = {}

    def add(self, song: SungSong) -> None:
        lyrics, artist = sung(song.lyrics), normalised(_GUESTS.sub("", song.artist))
        words = lyrics.split()
        if len(words) < FEWEST_WORDS or not artist:
            self.left_out["without lyrics"] += 1
            return
        keys: list[object] = [(artist, normalised(lyrics))]
        if song.title is not None:
            keys.append(same_song_key(song.title, song.artist))
        row = next((self._rows[key] for key in keys if key in self._rows), len(self.songs))
        if row < len(self.songs):
            self.left_out["again"] += 1
        else:
            self.songs.append(SungSong(artist=artist, title=None, lyrics=lyrics, language=song.language))
        self._rows.update(dict.fromkeys(keys, row))
        if song.genre is not None:
            self._genres[row][song.genre] += 1

    def genre(self, row: int) -> str | None:
        return self._genres[row].most_common(1)[0][0] if row in self._genres else None


def _language(song: SungSong, row: int, of: int, language_of: LanguageOfWords, progress: Progress | None) -> str | None:
    if progress is not None:
        progress(row + 1, of)
    return song.language or language_of(song.lyrics)


def _numbered_genres(named: Sequence[str | None]) -> tuple[tuple[str, ...], Rows]:
    counted = Counter(each for each in named if each is not None)
    names = tuple(name for name, count in counted.most_common(MOST_GENRES) if count >= SMALLEST_GENRE)
    numbers = {name: number for number, name in enumerate(names)}
    return names, np.asarray([numbers.get(each, -1) if each is not None else -1 for each in named])
