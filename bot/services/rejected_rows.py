"""The file of rows that an import refused: the rows as they were, and why."""

import csv
import logging
import stat
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

log = logging.getLogger(__name__)

REASON, ROW = "refused_because", "row_number"
LYRICS_LEFT_OUT = "(lyrics left out)"
SUFFIX = ".rejected.csv"
_ANYBODY_WRITES = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class RejectedRows:
    """Writes refused rows beside the dataset file, or into the home folder when that cannot be written to.

    The file is made with the first refused row. Lyrics are not copied.

    Args:
        dataset: The file that is imported.
        columns: Its header.
        lyrics: The position of its lyrics.
        home: Where to write when the dataset's folder is read-only; None means that rows are only counted then.
        keep: Bytes of an earlier file that stay: what a stopped import had written when it last saved its progress.
    """

    def __init__(
        self, dataset: Path, columns: Sequence[str], *, lyrics: int | None, home: Path | None, keep: int = 0
    ) -> None:
        name = dataset.name + SUFFIX
        self._places = [dataset.parent / name] if _is_meant_for_writing(dataset.parent) else []
        if home is not None:
            self._places.append(home / "rejected" / name)
        self._columns = tuple(columns)
        self._lyrics = lyrics
        self._file: IO[str] | None = None
        self.path: Path | None = None
        """Where the rows are; None while there are none."""
        self._resume(keep)

    def __enter__(self) -> "RejectedRows":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def size(self) -> int:
        """Bytes written so far; what :meth:`add` was given before this was read is on disk."""
        if self._file is None or self.path is None:
            return 0
        self._file.flush()
        return self.path.stat().st_size

    def add(self, number: int, values: Sequence[object], reason: str) -> None:
        """Write a refused row; ``number`` counts from 1, as people do."""
        if self._file is None and not self._start():
            return
        if self._file is not None:
            csv.writer(self._file).writerow([reason, number, *self._without_lyrics(values)])

    def _without_lyrics(self, values: Sequence[object]) -> list[object]:
        if self._lyrics is not None and len(values) != len(self._columns):
            # Of a record that is torn nobody can say which fields are lyrics.
            return [LYRICS_LEFT_OUT] if values else []
        return [
            LYRICS_LEFT_OUT if position == self._lyrics and value not in {None, ""} else value
            for position, value in enumerate(values)
        ]

    def _resume(self, keep: int) -> None:
        for place in self._places:
            try:
                if keep and place.stat().st_size >= keep:
                    self._file = place.open("r+", encoding="utf-8", newline="")
                    self._file.seek(keep)
                    self._file.truncate()
                    self.path = place
                    return
                place.unlink(missing_ok=True)
            except OSError:
                continue

    def _start(self) -> bool:
        for place in self._places:
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                self._file = place.open("w", encoding="utf-8", newline="")
            except OSError:
                continue
            self.path = place
            csv.writer(self._file).writerow([REASON, ROW, *self._columns])
            return True
        if self._places:
            log.warning("rejected rows not written, no folder is writable file=%s", self._places[0].name)
            self._places = []
        return False


def _is_meant_for_writing(folder: Path) -> bool:
    """Return whether anybody may write here: root could anyway, and should not."""
    return bool(folder.stat().st_mode & _ANYBODY_WRITES)
