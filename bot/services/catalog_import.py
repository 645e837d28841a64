"""Importing dataset files into the catalog: in a stream, with a mark after each batch, so that it can be stopped."""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import DatasetFileError
from bot.services.dataset_columns import Columns, DatasetRecord, RowRefusedError, UnnamedSongError
from bot.services.dataset_files import DatasetFile, Row, open_dataset
from bot.services.dataset_listening import Heard
from bot.services.import_tally import ImportSummary, Tally
from bot.services.rejected_rows import RejectedRows
from recommender.ports import Progress
from recommender.types import TrackKey
from storage.database import Database
from storage.stored import Stored
from storage.values import Listening, LyricsReference, PlaylistFacts, PlaylistKey

log = logging.getLogger(__name__)

ROWS_PER_BATCH = 1_000
"""Saved together: what a kill can lose is done again."""
UNNAMED_NOTE = (
    "Listening to songs that are named by an id alone counts once a file was imported that says which songs those are; "
    "import this one again then."
)


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
        tally = self._tally(mark, columns)
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

    def _tally(self, mark: str, columns: Columns) -> Tally:
        with self._database.transaction() as stored:
            saved = stored.state.get(mark)
            known: dict[str, Any] = json.loads(saved) if saved else {}
            if known:
                return Tally(**known)
            number = stored.listening.begin_import() if columns.is_listening else 0
            return Tally(playlists_before=stored.playlists.count(), import_number=number)

    def _save(self, run: "_Run", rows: Sequence[Row], mark: str) -> None:
        batch = run.read(rows, self._known)
        with self._database.transaction() as stored:
            run.store(batch, stored)
            stored.state.put(mark, json.dumps(run.tally.as_dict()))

    def _known(self, song_ids: Sequence[str]) -> Mapping[str, TrackKey]:
        with self._database.reading() as stored:
            return stored.references.known(song_ids)

    def _forget(self, mark: str, progress: Progress | None, tally: Tally) -> None:
        with self._database.transaction() as stored:
            stored.state.forget(mark)
        if progress is not None:
            progress(tally.rows, tally.rows)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What can be kept of some rows."""

    records: list[tuple[int, DatasetRecord]]
    """With the numbers of their rows."""
    heard: list[tuple[TrackKey, Heard]]
    """Listening to songs that the catalog knows and the rows do not name."""


class _Run:
    """One import while it runs."""

    def __init__(self, path: Path, columns: Columns, tally: Tally, rejected: RejectedRows) -> None:
        self.columns = columns
        self.tally = tally
        self.rejected = rejected
        self._source = str(path.resolve())
        self._playlists: dict[str, PlaylistKey] = {}
        self._with_lyrics: set[TrackKey] = set()
        self._references: dict[str, TrackKey] = {}

    def read(self, rows: Sequence[Row], known: Callable[[Sequence[str]], Mapping[str, TrackKey]]) -> _Batch:
        """Return what can be kept; write down what is refused.

        Args:
            rows: Of the file, in order.
            known: Returns the tracks behind ids of songs.
        """
        records: list[tuple[int, DatasetRecord]] = []
        refusals: list[tuple[Row, RowRefusedError]] = []
        for row in rows:
            try:
                records.append((row.number, self._record(row)))
            except RowRefusedError as error:
                refusals.append((row, error))
        batch = _Batch(records, self._heard_by_id(refusals, known))
        self.tally.rows = rows[-1].number + 1
        self.tally.rejected_bytes = self.rejected.size
        return batch

    def _record(self, row: Row) -> DatasetRecord:
        if row.problem is not None:
            raise RowRefusedError(row.problem)
        return self.columns.record(row.values)

    def _heard_by_id(
        self,
        refusals: Sequence[tuple[Row, RowRefusedError]],
        known: Callable[[Sequence[str]], Mapping[str, TrackKey]],
    ) -> list[tuple[TrackKey, Heard]]:
        """Return the listening in rows that cannot become tracks; write down the other rows."""
        unnamed = {
            row.number: heard
            for row, error in refusals
            if isinstance(error, UnnamedSongError) and (heard := self.columns.heard(row.values)) is not None
        }
        ids = {row.number: self.columns.song_ids(row.values) for row, _ in refusals if row.number in unnamed}
        wanted = [one for each in ids.values() for one in each]
        tracks = known(wanted) if wanted else {}
        found: list[tuple[TrackKey, Heard]] = []
        for row, error in refusals:
            track = next((tracks[one] for one in ids.get(row.number, ()) if one in tracks), None)
            if track is not None:
                found.append((track, unnamed[row.number]))
            else:
                self.tally.refuse(str(error), is_unnamed=row.number in unnamed)
                self.rejected.add(row.number + 1, row.values, str(error))
        return found

    def store(self, batch: _Batch, stored: Stored) -> None:
        """Save what was read, and count what it did."""
        merged = stored.tracks.add_or_merge([record.facts for _, record in batch.records])
        entries: dict[PlaylistFacts, list[TrackKey]] = {}
        references: list[LyricsReference] = []
        heard = list(batch.heard)
        songs: dict[str, TrackKey] = {}
        for (number, record), one in zip(batch.records, merged, strict=True):
            self.tally.count(record, one.outcome)
            if record.heard is not None:
                heard.append((one.key, record.heard))
            if record.reference is not None and self._references.get(record.reference) != one.key:
                songs[record.reference] = one.key
            if record.has_lyrics and one.key not in self._with_lyrics:
                # The first place counts: those are in the order of the keys, so that all can be read in one pass.
                self._with_lyrics.add(one.key)
                references.append(LyricsReference(one.key, self._source, number))
            if record.playlist is not None:
                entries.setdefault(record.playlist, []).append(one.key)
        for playlist, keys in entries.items():
            stored.playlists.add_entries(self._playlist(playlist, stored), keys)
        stored.dataset_words.save(references)
        stored.references.save(songs)
        self._references.update(songs)
        self._store_listening(heard, stored)
        self.tally.unchanged += len(batch.heard)
        self.tally.playlists = stored.playlists.count() - self.tally.playlists_before

    def _store_listening(self, heard: Sequence[tuple[TrackKey, Heard]], stored: Stored) -> None:
        listenings = [
            Listening(listener=each.listener, track=key, plays=each.plays, last_at=each.last_at) for key, each in heard
        ]
        self.tally.listeners += stored.listening.add(listenings, self.tally.import_number)
        self.tally.heard += len(listenings)

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
        unnamed=tally.unnamed,
        playlists=tally.playlists,
        listeners=tally.listeners,
        heard=tally.heard,
        lyrics=tally.lyrics,
        left_out=dict(tally.left_out),
        understood=run.columns.understood,
        ignored=run.columns.ignored,
        notes=(UNNAMED_NOTE,) if tally.unnamed else (),
        rejected_file=str(run.rejected.path) if run.rejected.path else None,
        resumed_from=resumed_from,
        finished=finished,
        seconds=seconds,
    )
