"""Importing dataset files into the catalog: in a stream, with a mark after each batch, so that it can be stopped."""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import DatasetFileError
from bot.services.dataset_columns import Columns, DatasetRecord, RowRefusedError
from bot.services.dataset_files import DatasetFile, Row, open_dataset
from bot.services.rejected_rows import RejectedRows
from recommender.ports import Progress
from recommender.types import TrackKey
from storage.database import Database
from storage.stored import Stored
from storage.values import LyricsReference, Outcome, PlaylistFacts, PlaylistKey

log = logging.getLogger(__name__)

ROWS_PER_BATCH = 1_000
"""Saved together: what a kill can lose is done again."""
MOST_REASONS = 12
"""That refusals are counted by; a file of another kind would give thousands."""
OTHER_REASONS = "other reasons"
LISTENING_NOTE = "This is a table of listening: its songs were kept; who listened to them, and how often, was not."


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What an import did with a file; after a stop the counts go on where they were."""

    rows: int
    """Records read: new + changed + unchanged + refused."""
    new: int
    """Tracks that were not in the catalog."""
    changed: int
    """Records from which a known track learnt something."""
    unchanged: int
    """Records about known tracks that say nothing new."""
    refused: int
    refused_because: dict[str, int]
    """How many records were refused for which reason."""
    playlists: int
    """Playlists that were not in the catalog."""
    lyrics: int
    """Records with lyrics; the catalog knows where they stand, and does not copy them."""
    left_out: dict[str, int]
    """How many values of each kind were impossible; their records were kept without them."""
    understood: dict[str, str]
    """Column → our name for it."""
    ignored: tuple[str, ...]
    """Columns that mean nothing to us."""
    notes: tuple[str, ...]
    rejected_file: str | None
    """Where the refused rows are."""
    resumed_from: int
    """Records that an earlier, stopped import had done."""
    finished: bool
    seconds: float
    """Of this run."""


class CatalogImport:
    """Imports dataset files.

    Args:
        database: Of the catalog.
        home: Where refused rows are written when the folder of the file is read-only.
        clock: Seconds that only go forwards.
    """

    def __init__(
        self, database: Database, *, home: Path | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._database = database
        self._home = home
        self._clock = clock

    def run(
        self, path: Path, *, progress: Progress | None = None, stop: Callable[[], bool] | None = None
    ) -> ImportSummary:
        """Import a file. Run again after a stop, or a kill, it goes on; run again after the end, it changes nothing.

        Args:
            path: CSV (also within gzip or zip) or Parquet.
            progress: Told after each batch; the total is an estimate until the end.
            stop: Asked after each batch; True ends the import with everything so far saved.

        Raises:
            DatasetFileError: The file cannot be read or understood; what stands before a tear in it was imported.
        """
        started = self._clock()
        file = open_dataset(path)
        columns = _columns(file, path)
        mark = f"import:{_fingerprint(path)}"
        tally = self._tally(mark)
        resumed_from = tally.rows
        finished = False
        with RejectedRows(
            path, file.columns, lyrics=columns.lyrics, home=self._home, keep=tally.rejected_bytes
        ) as rejected:
            run = _Run(path, columns, tally, rejected)
            with closing(_batches(file, resumed_from, columns.needed)) as batches:
                for rows in batches:
                    self._save(run, rows, mark)
                    if progress is not None:
                        progress(tally.rows, max(tally.rows, round(tally.rows / max(file.fraction_read, 1e-9))))
                    if stop is not None and stop():
                        break
                else:
                    finished = True
            if finished:
                self._forget(mark, progress, tally)
        return _summary(run, resumed_from, finished=finished, seconds=self._clock() - started)

    def _tally(self, mark: str) -> "_Tally":
        with self._database.transaction() as stored:
            saved = stored.state.get(mark)
            known: dict[str, Any] = json.loads(saved) if saved else {}
            return _Tally(**known) if known else _Tally(playlists_before=stored.playlists.count())

    def _save(self, run: "_Run", rows: Sequence[Row], mark: str) -> None:
        records = run.read(rows)
        with self._database.transaction() as stored:
            run.store(records, stored)
            stored.state.put(mark, json.dumps(run.tally.as_dict()))

    def _forget(self, mark: str, progress: Progress | None, tally: "_Tally") -> None:
        with self._database.transaction() as stored:
            stored.state.forget(mark)
        if progress is not None:
            progress(tally.rows, tally.rows)


@dataclass(slots=True)
class _Tally:
    """The counts of an import; saved with every batch."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    lyrics: int = 0
    playlists: int = 0
    playlists_before: int = 0
    rejected_bytes: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    refused_because: dict[str, int] = field(default_factory=dict)

    def refuse(self, reason: str) -> None:
        """Count a refused record; reasons beyond the first dozen are counted together."""
        if reason not in self.refused_because and len(self.refused_because) >= MOST_REASONS:
            reason = OTHER_REASONS
        self.refused += 1
        self.refused_because[reason] = self.refused_because.get(reason, 0) + 1

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


class _Run:
    """One import while it runs."""

    def __init__(self, path: Path, columns: Columns, tally: _Tally, rejected: RejectedRows) -> None:
        self.columns = columns
        self.tally = tally
        self.rejected = rejected
        self._source = str(path.resolve())
        self._playlists: dict[str, PlaylistKey] = {}
        self._with_lyrics: set[TrackKey] = set()

    def read(self, rows: Sequence[Row]) -> list[tuple[int, DatasetRecord]]:
        """Return what can be kept, with the numbers of the rows; write down what is refused."""
        records: list[tuple[int, DatasetRecord]] = []
        for row in rows:
            problem = row.problem
            if problem is None:
                try:
                    records.append((row.number, self.columns.record(row.values)))
                except RowRefusedError as error:
                    problem = str(error)
            if problem is not None:
                self.tally.refuse(problem)
                self.rejected.add(row.number + 1, row.values, problem)
        self.tally.rows = rows[-1].number + 1
        self.tally.rejected_bytes = self.rejected.size
        return records

    def store(self, records: Sequence[tuple[int, DatasetRecord]], stored: Stored) -> None:
        """Save what was read, and count what it did."""
        merged = stored.tracks.add_or_merge([record.facts for _, record in records])
        entries: dict[PlaylistFacts, list[TrackKey]] = {}
        references: list[LyricsReference] = []
        for (number, record), one in zip(records, merged, strict=True):
            self._count(record, one.outcome)
            if record.has_lyrics and one.key not in self._with_lyrics:
                # The first place counts: those are in the order of the keys, so that all can be read in one pass.
                self._with_lyrics.add(one.key)
                references.append(LyricsReference(one.key, self._source, number))
            if record.playlist is not None:
                entries.setdefault(record.playlist, []).append(one.key)
        for playlist, keys in entries.items():
            stored.playlists.add_entries(self._playlist(playlist, stored), keys)
        stored.dataset_words.save(references)
        self.tally.playlists = stored.playlists.count() - self.tally.playlists_before

    def _count(self, record: DatasetRecord, outcome: Outcome) -> None:
        setattr(self.tally, outcome.value, getattr(self.tally, outcome.value) + 1)
        self.tally.lyrics += record.has_lyrics
        for name in record.left_out:
            self.tally.left_out[name] = self.tally.left_out.get(name, 0) + 1

    def _playlist(self, facts: PlaylistFacts, stored: Stored) -> PlaylistKey:
        if facts.source_id not in self._playlists:
            self._playlists[facts.source_id] = stored.playlists.add(facts)
        return self._playlists[facts.source_id]


def _columns(file: DatasetFile, path: Path) -> Columns:
    try:
        return Columns(file.columns, path.parent)
    except ValueError as error:
        raise DatasetFileError(path.name, str(error)) from error


def _batches(file: DatasetFile, start: int, only: Sequence[int]) -> Generator[list[Row], None, None]:
    """Yield the rows in batches; what stands before a tear in the file comes before the error."""
    batch: list[Row] = []
    read = start
    torn: DatasetFileError | None = None
    with closing(file.rows(start, only=only)) as rows:
        try:
            for row in rows:
                batch.append(row)
                read = row.number + 1
                if len(batch) == ROWS_PER_BATCH:
                    yield batch
                    batch = []
        except DatasetFileError as error:
            torn = error
    if batch:
        yield batch
    if torn is not None:
        kept = f"; the {read:,} rows before that were imported" if read else ""
        raise DatasetFileError(torn.name, f"{torn.reason}{kept}") from torn


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _summary(run: _Run, resumed_from: int, *, finished: bool, seconds: float) -> ImportSummary:
    tally = run.tally
    log.info(
        "dataset imported rows=%d new=%d changed=%d refused=%d resumed_from=%d finished=%s seconds=%.1f",
        tally.rows, tally.new, tally.changed, tally.refused, resumed_from, finished, seconds,
    )  # fmt: skip
    return ImportSummary(
        rows=tally.rows,
        new=tally.new,
        changed=tally.changed,
        unchanged=tally.unchanged,
        refused=tally.refused,
        refused_because=dict(tally.refused_because),
        playlists=tally.playlists,
        lyrics=tally.lyrics,
        left_out=dict(tally.left_out),
        understood=run.columns.understood,
        ignored=run.columns.ignored,
        notes=(LISTENING_NOTE,) if run.columns.is_listening else (),
        rejected_file=str(run.rejected.path) if run.rejected.path else None,
        resumed_from=resumed_from,
        finished=finished,
        seconds=seconds,
    )
