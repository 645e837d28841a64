"""Dataset files as what the evaluation measures on: rows of playlists, of tracks, and of listening."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bot.errors import DatasetFileError
from bot.services.dataset_columns import Columns, DatasetRecord, RowRefusedError
from bot.services.dataset_files import open_dataset
from bot.services.dataset_names import plain_name
from bot.services.dataset_values import text_of
from recommender.evaluation.datasets import Entry, song_of
from recommender.ports import Progress
from recommender.types import TrackFacts

_OWNERS = ("user_id", "user", "listener_id", "listener", "member")
_SONGS = ("song_id", "track_id", "spotify_id", "track_uri", "item_id", "song", "track", "id")
_COUNTS = ("listen_count", "play_count", "plays", "count")
_TIMES = ("at", "time", "timestamp", "played_at", "listened_at", "ts")
_PROGRESS_STEPS = 1_000
_PROGRESS_EVERY = 1_000


def playlist_entries(path: Path, *, progress: Progress | None = None) -> Iterator[Entry]:
    """Yield the rows of playlists; ids of one song (title without version, first artist) are merged.

    Genres are left out: such files take them from the playlists that a track is in, held-out ones too.

    Raises:
        DatasetFileError: The file cannot be read, or it names no titles, artists or playlists.
    """
    named = False
    for record in _records(path, progress):
        if record.playlist is not None:
            named = True
            yield _entry(record.playlist.source_id, record.facts)
    if not named:
        raise DatasetFileError(path.name, "no row names a playlist")


def judged_entries(path: Path, *, progress: Progress | None = None) -> Iterator[tuple[Entry, str | None]]:
    """Yield the rows of tracks, in playlists or not, each with the finest genre that it names, for judging alone.

    A row without a playlist is a list of its own. Genres are left out of the facts, as in :func:`playlist_entries`.

    Raises:
        DatasetFileError: The file cannot be read, or it names no titles or artists.
    """
    for number, record in enumerate(_records(path, progress)):
        playlist, facts = record.playlist, record.facts
        told = None if playlist is None else playlist.subgenre or playlist.genre
        yield (
            _entry(f"row {number}" if playlist is None else f"playlist {playlist.source_id}", facts),
            told or (facts.genres[0] if facts.genres else None),
        )


def taste_entries(path: Path, *, progress: Progress | None = None) -> Iterator[tuple[Entry, tuple[str, str] | None]]:
    """Yield the rows of playlists as :func:`playlist_entries` does, each with genre and subgenre, for judging alone.

    Raises:
        DatasetFileError: The file cannot be read, or no row names a playlist with its genre and subgenre.
    """
    named = False
    for record in _records(path, progress):
        playlist = record.playlist
        if playlist is None:
            continue
        taste = (playlist.genre, playlist.subgenre) if playlist.genre and playlist.subgenre else None
        named = named or taste is not None
        yield _entry(playlist.source_id, record.facts), taste
    if not named:
        raise DatasetFileError(path.name, "no row names a playlist with its genre and subgenre")


def listening_entries(path: Path, *, progress: Progress | None = None) -> Iterator[Entry]:
    """Yield the rows of who listened to what; ids of songs are taken as they are, for many have no title.

    A count that is missing is 1; rows with none of the listener or the song, or with a count below 1, are left out.

    Raises:
        DatasetFileError: The file cannot be read, or it names no listeners or songs.
    """
    file = open_dataset(path)
    names = [plain_name(name) for name in file.columns]
    owner, song = _position(names, _OWNERS), _position(names, _SONGS)
    if owner is None or song is None:
        missing = "listeners (user_id)" if owner is None else "songs (song_id)"
        raise DatasetFileError(path.name, f"no column names the {missing}")
    count, at = _position(names, _COUNTS), _position(names, _TIMES)
    facts_of = _facts_reader(file.columns, path.parent)
    for row in file.rows():
        _report(progress, row.number, file.fraction_read)
        if row.problem is not None:
            continue
        who, what = text_of(row.values[owner]), text_of(row.values[song])
        times = 1.0 if count is None else _number(row.values[count])
        if who is None or what is None or not times >= 1:
            continue
        yield Entry(
            owner=who,
            song=what,
            facts=facts_of(row.values),
            count=times,
            at=np.nan if at is None else _moment(row.values[at]),
        )


def _records(path: Path, progress: Progress | None) -> Iterator[DatasetRecord]:
    file = open_dataset(path)
    try:
        columns = Columns(file.columns, path.parent)
    except ValueError as error:
        raise DatasetFileError(path.name, str(error)) from error
    for row in file.rows():
        _report(progress, row.number, file.fraction_read)
        if row.problem is None:
            try:
                yield columns.record(row.values)
            except RowRefusedError:
                continue


def _entry(owner: str, facts: TrackFacts) -> Entry:
    return Entry(owner=owner, song=song_of(facts), facts=replace(facts, genres=()))


def _facts_reader(names: Sequence[str], folder: Path) -> Callable[[Sequence[object]], TrackFacts | None]:
    try:
        columns = Columns(names, folder)
    except ValueError:
        return lambda _values: None

    def facts_of(values: Sequence[object]) -> TrackFacts | None:
        try:
            return columns.record(values).facts
        except RowRefusedError:
            return None

    return facts_of


def _position(names: Sequence[str], usual: Sequence[str]) -> int | None:
    return next((names.index(name) for name in usual if name in names), None)


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return np.nan


def _moment(value: object) -> float:
    """Return a time as seconds since 1970, or as the number that it is; NaN where it is none."""
    if isinstance(value, datetime):
        return value.timestamp()
    number = _number(value)
    if np.isfinite(number):
        return number
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return np.nan
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _report(progress: Progress | None, number: int, fraction: float) -> None:
    if progress is not None and number % _PROGRESS_EVERY == 0:
        progress(round(fraction * _PROGRESS_STEPS), _PROGRESS_STEPS)
