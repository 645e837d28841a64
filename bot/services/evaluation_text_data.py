"""Dataset files as songs with lyrics, whatever their columns are called."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

from bot.errors import DatasetFileError
from bot.services.dataset_files import open_dataset
from bot.services.dataset_names import USUAL_NAMES, plain_name
from bot.services.dataset_values import genres_of, language_of, lyrics_of, names_of, words_of
from recommender.evaluation.lyrics_dataset import SungSong
from recommender.ports import Progress

_LYRICS: Final = (
    *USUAL_NAMES["lyrics"], "clean_lyrics", "cleaned_lyrics", "lyrics_clean", "lyrics_text", "song_text", "seq", "words"
)  # fmt: skip
_GENRES: Final = (*USUAL_NAMES["genres"], "top_genre", "primary_genre", "tag", "tags", "category", "class", "label")
_ARTISTS: Final = (*USUAL_NAMES["artists"], "main_artist", "primary_artist")
_OF_SOMETHING_ELSE: Final = frozenset({
    "id", "ids", "uri", "url", "link", "href", "state", "status", "language", "lang", "source", "count", "length",
    "words", "popularity", "followers", "genre", "genres", "has", "is",
})  # fmt: skip
"""Parts of a name that say that a column is not the thing itself: *lyrics_url*, *artist_id*."""
_PROGRESS_STEPS: Final = 1_000
_PROGRESS_EVERY: Final = 500

T = TypeVar("T")


def sung_songs(path: Path, *, progress: Progress | None = None) -> Iterator[SungSong]:
    """Yield the rows of a file that name an artist and have lyrics; the main genre is the first that a row names.

    Columns are found by their usual names, else by a name that says *lyric*, *artist* or *genre*. Where several fit,
    the first that says something counts, row by row.

    Raises:
        DatasetFileError: The file cannot be read, or no column holds lyrics, or none artists.
    """
    file = open_dataset(path)
    lyrics = _positions(file.columns, _LYRICS, "lyric")
    artists = _positions(file.columns, _ARTISTS, "artist")
    for positions, what in ((lyrics, "lyrics (lyrics or text)"), (artists, "artists (artist or artists)")):
        if not positions:
            seen = ", ".join(name for name in file.columns if name)[:300]
            raise DatasetFileError(path.name, f"no column names the {what}; the columns are: {seen}")
    titles = _positions(file.columns, USUAL_NAMES["title"])
    genres = _positions(file.columns, _GENRES, "genre")
    languages = _positions(file.columns, USUAL_NAMES["language"])
    needed = sorted({*lyrics, *artists, *titles, *genres, *languages})
    for row in file.rows(only=needed):
        if progress is not None and row.number % _PROGRESS_EVERY == 0:
            progress(round(file.fraction_read * _PROGRESS_STEPS), _PROGRESS_STEPS)
        if row.problem is not None:
            continue
        artist = _first(row.values, artists, lambda value: next(iter(names_of(value)), None))
        text = _first(row.values, lyrics, lyrics_of)
        if artist is None or text is None:
            continue
        yield SungSong(
            artist=artist,
            title=_first(row.values, titles, lambda value: words_of(value) or None),
            lyrics=text,
            genre=_first(row.values, genres, lambda value: next(iter(genres_of([value])), None)),
            language=_first(row.values, languages, language_of),
        )


def _positions(names: Sequence[str], usual: Sequence[str], saying: str | None = None) -> tuple[int, ...]:
    """Return the positions of columns with a usual name, the most trusted first, else of those that say a word."""
    plain = [plain_name(name) for name in names]
    found = tuple(plain.index(name) for name in usual if name in plain)
    if found or saying is None:
        return found
    return tuple(
        position
        for position, name in enumerate(plain)
        if saying in name and not (_OF_SOMETHING_ELSE - {saying, f"{saying}s"}) & set(name.split("_"))
    )


def _first(values: Sequence[object], positions: Sequence[int], read: Callable[[object], T | None]) -> T | None:
    return next((found for position in positions if (found := read(values[position])) is not None), None)
