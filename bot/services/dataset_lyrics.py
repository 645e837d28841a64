"""Lyrics from the operator's dataset files: read again where the import saw them, used, and dropped."""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from bot.errors import DatasetFileError
from bot.services.dataset_columns import Columns, RowRefusedError
from bot.services.dataset_files import Row, open_dataset
from bot.services.dataset_values import lyrics_of
from recommender.songs import same_song_key
from recommender.types import Track, TrackKey
from storage.database import Database
from storage.values import LyricsReference

log = logging.getLogger(__name__)


class DatasetLyrics:
    """Finds the lyrics that an import left a reference to; thread-safe.

    Files are read forwards and kept open between calls, because tracks are asked for in the order in which an import
    met them: a whole catalog is one pass through its file.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open: dict[str, _Cursor] = {}
        self._complained: set[str] = set()
        self._lock = threading.Lock()

    def of(self, tracks: Sequence[Track]) -> dict[TrackKey, str]:
        """Return lyrics by track, of those that have any.

        A file that is gone, or has other songs in those rows now, is logged once and gives nothing.
        """
        by_key = {track.key: track for track in tracks}
        with self._database.reading() as stored:
            references = stored.dataset_words.of_keys(list(by_key))
        found: dict[TrackKey, str] = {}
        with self._lock:
            for reference in sorted(references.values(), key=lambda each: (each.path, each.row)):
                if (lyrics := self._lyrics(reference, by_key[reference.track])) is not None:
                    found[reference.track] = lyrics
        return found

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            for cursor in self._open.values():
                cursor.close()
            self._open.clear()

    def _lyrics(self, reference: LyricsReference, track: Track) -> str | None:
        try:
            cursor = self._open.get(reference.path)
            if cursor is None or not cursor.can_reach(reference.row):
                if cursor is not None:
                    cursor.close()
                cursor = self._open[reference.path] = _Cursor(Path(reference.path))
            return cursor.lyrics(reference.row, track)
        except (DatasetFileError, ValueError) as error:
            if (broken := self._open.pop(reference.path, None)) is not None:
                broken.close()
            if reference.path not in self._complained:
                self._complained.add(reference.path)
                log.warning("dataset lyrics unreadable file=%s reason=%s", Path(reference.path).name, error)
            return None


class _Cursor:
    """One reading of a file, from the first row to the last."""

    def __init__(self, path: Path) -> None:
        file = open_dataset(path)
        self._columns = Columns(file.columns, path.parent)
        if self._columns.lyrics is None:
            raise DatasetFileError(path.name, "it has no lyrics any more")
        self._lyrics = self._columns.lyrics
        self._stamp = _stamp(path)
        self._path = path
        self._rows = file.rows(only=(*self._columns.naming, self._lyrics))
        self._last: Row | None = None

    def can_reach(self, number: int) -> bool:
        """Return whether the row is still ahead, or the last one read, and the file is the one that was opened."""
        return (self._last is None or number >= self._last.number) and _stamp(self._path) == self._stamp

    def lyrics(self, number: int, track: Track) -> str | None:
        """Return the lyrics in this row, if it is still about this song."""
        while self._last is None or self._last.number < number:
            row = next(self._rows, None)
            if row is None:
                return None
            self._last = row
        if self._last.problem is not None or not self._is_about(self._last, track):
            return None
        return lyrics_of(self._last.values[self._lyrics])

    def close(self) -> None:
        """Stop reading."""
        self._rows.close()

    def _is_about(self, row: Row, track: Track) -> bool:
        try:
            title, artists = self._columns.names(row.values)
        except RowRefusedError:
            return False
        return same_song_key(title, artists[0]) == same_song_key(track.title, track.artists[0])


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
