"""The index that the bot serves from: a mapped generation on disk, and what came since in memory."""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from recommender.fused_space import MODALITIES, FusedSpace
from recommender.fusion import NO_ARTIST, Evidence, EvidenceTable, FusedRows, Rows, StackedPool, fuse
from recommender.index.answers import best_first, checked_count, checked_query, checked_rows, positions
from recommender.index.overlay import UNKNOWN_DIGEST, LivingRows, Overlay
from recommender.index.stored_catalog import SCAN_LIMIT, StoredCatalog
from recommender.index.stored_rows import Digests, raw_digests
from recommender.ports import Progress, RawVectors, RawVectorSource
from recommender.types import Keys, Matrix, TrackKey, Vector

if TYPE_CHECKING:
    from recommender.ports import TrackIndex

log = logging.getLogger(__name__)

NO_KEY: Final = TrackKey(0)

_REBUILD_ROWS: Final = 64
_REBUILD_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshSummary:
    """What a refresh changed."""

    added: int = 0
    replaced: int = 0
    removed: int = 0


class CatalogIndex:
    """Finds tracks of the whole catalog for any mix of modalities. Safe to share between threads.

    Scores are exact inner products of float32 rows; the graph only proposes. A filter, a query on a small modality and
    a catalog of up to some 15,000 tracks are answered by comparing every row that qualifies. Searches see one
    consistent state. Changes live in memory: the database is the truth, :meth:`refresh` brings them back after a
    restart, and a file that is mapped goes when the last index that uses it does.
    """

    def __init__(self, stored: StoredCatalog) -> None:
        """Serve from a generation; :meth:`build` and :meth:`open` give one."""
        self._stored = stored
        self._rows = stored.rows
        self._space = stored.space
        self._overlay = Overlay.nothing(stored.space, len(stored.rows))
        self._changing = threading.RLock()

    @classmethod
    def build(
        cls,
        folder: Path,
        source: RawVectorSource,
        space: FusedSpace,
        *,
        progress: Progress | None = None,
        check: Callable[["CatalogIndex"], None] | None = None,
    ) -> "CatalogIndex":
        """Write a new generation into the folder and open it; older ones are removed once it is complete.

        A crash at any moment leaves the old generation or the new one. Whoever has the old one open keeps it.
        The same input gives the same files.

        Args:
            folder: Of the index; made when missing.
            source: The catalog, by ascending key. It may be empty.
            space: From :meth:`FusedSpace.fit`.
            progress: Counts every track twice: when it is read and when it enters the graph.
            check: Is given the new index before anybody else can open it; what it raises is raised here, and the older
                generation stays the newest.

        Raises:
            ValueError: The source gives keys that do not ascend, or rows of another width than the space knows.
        """
        looked_at = None if check is None else lambda stored: check(cls(stored))
        index = cls(StoredCatalog.build(folder, source, space, progress, looked_at))
        log.info("index built generation=%d tracks=%d fingerprint=%s", index.generation, len(index), index.fingerprint)
        return index

    @classmethod
    def open(
        cls,
        folder: Path,
        fingerprint: str | None = None,
        *,
        text: str | None = None,
        image: str | None = None,
        verify: bool = True,
        scan_limit: int = SCAN_LIMIT,
    ) -> "CatalogIndex":
        """Map the newest generation.

        Args:
            folder: Of the index.
            fingerprint: Of the space it must have been built for; None takes any.
            text: Fingerprint that its text encoder must have; None takes any.
            image: Fingerprint that its image encoder must have; None takes any.
            verify: Read every byte once and compare checksums. Without it sizes alone are compared.
            scan_limit: Numbers that a query may be compared with one by one before the graph is asked.

        Raises:
            IndexFileError: There is none, it is torn or damaged, or it was built for something else. Build a new one.
        """
        wanted = {"fingerprint": fingerprint, "text": text, "image": image}
        return cls(StoredCatalog.open(folder, wanted, verify=verify, scan_limit=scan_limit))

    @property
    def space(self) -> FusedSpace:
        """The space that queries must be made in."""
        return self._space

    @property
    def fingerprint(self) -> str:
        """Of the space."""
        return self._space.fingerprint

    @property
    def generation(self) -> int:
        """Number of the generation on disk; a later one has a higher number."""
        return self._stored.generation.number

    @property
    def contents(self) -> str:
        """A short text that differs when any track differs in what it was built from, or in whether it is there."""
        overlay = self._overlay
        living = np.flatnonzero(~overlay.dead)
        digest = hashlib.sha256(self._space.fingerprint.encode())
        for table in (self._rows.keys[living], self._rows.digests[living], overlay.fresh.keys, overlay.digests):
            digest.update(np.ascontiguousarray(table, dtype="<u8").tobytes())
        return digest.hexdigest()[:16]

    @property
    def dim(self) -> int:
        """Columns of a vector."""
        return self._space.dim

    @property
    def keys(self) -> Keys:
        """All keys that can be found, ascending."""
        overlay = self._overlay
        return np.sort(np.concatenate([self._rows.keys[~overlay.dead], overlay.fresh.keys]))

    @property
    def last_key(self) -> TrackKey:
        """The largest key that was ever indexed here; 0 when there is none."""
        overlay = self._overlay
        return TrackKey(max([0, *self._rows.keys[-1:].tolist(), *overlay.fresh.keys[-1:].tolist()]))

    @property
    def wants_rebuild(self) -> bool:
        """Whether so much changed since it was built that fitting and building anew is worth the time."""
        overlay = self._overlay
        changed = len(overlay.fresh) + overlay.dead_count
        return changed >= max(_REBUILD_ROWS, _REBUILD_SHARE * len(self._rows))

    def __len__(self) -> int:
        """Return how many keys can be found."""
        overlay = self._overlay
        return len(self._rows) - overlay.dead_count + len(overlay.fresh)

    def search(self, query: Vector, count: int, /, *, among: Keys | None = None) -> tuple[Keys, Vector]:
        """Return keys and exact inner products, best first; see :class:`recommender.ports.TrackIndex`.

        Make the query with ``index.space.query(...)``.
        """
        query, count = checked_query(query, self.dim), checked_count(count)
        overlay = self._overlay
        fresh = overlay.fresh
        if among is None:
            # Rows that no longer count are dropped afterwards, so that many more are asked for.
            rows = self._stored.proposed(query, count + overlay.dead_count)
            fresh_rows = np.arange(len(fresh))
        else:
            wanted = np.unique(np.asarray(among, dtype=np.int64))
            rows, fresh_rows = positions(self._rows.keys, wanted)[1], positions(fresh.keys, wanted)[1]
        keys, scores = self._scored(query, rows, overlay)
        return best_first(
            np.concatenate([keys, fresh.keys[fresh_rows]]),
            np.concatenate([scores, fresh.vectors[fresh_rows] @ query]),
            count,
        )

    def vectors_of(self, keys: Keys, /) -> Matrix:
        """Return the fused rows in the order asked; zero rows for unknown keys."""
        overlay = self._overlay
        vectors = np.zeros((len(keys), self.dim), dtype=np.float32)
        found, rows = self._living(keys, overlay)
        vectors[found] = self._rows.vectors(rows)
        found, rows = positions(overlay.fresh.keys, keys)
        vectors[found] = overlay.fresh.vectors[rows]
        return vectors

    def inferred_of(self, keys: Keys, /) -> NDArray[np.bool_]:
        """Return which sub-vectors are inferred: shape (len(keys), modalities), columns as in ``MODALITIES``."""
        return np.equal(self.evidence_of(keys), Evidence.INFERRED)

    def evidence_of(self, keys: Keys, /) -> EvidenceTable:
        """Return what the sub-vectors rest on: shape (len(keys), modalities); ``NONE`` for unknown keys."""
        overlay = self._overlay
        evidence = np.full((len(keys), len(MODALITIES)), Evidence.NONE, dtype=np.uint8)
        found, rows = self._living(keys, overlay)
        evidence[found] = self._rows.evidence[rows]
        found, rows = positions(overlay.fresh.keys, keys)
        evidence[found] = overlay.fresh.evidence[rows]
        return evidence

    def add(self, keys: Keys, vectors: Matrix, /) -> None:
        """Add fused rows; a key that is already there is replaced. For raw encoder output use :meth:`add_raw`.

        Raises:
            ValueError: Another width, a NaN, or a key given twice.
        """
        keys, vectors = checked_rows(keys, vectors, self.dim)
        known = [vectors[:, self._space.slices[modality]].any(axis=1) for modality in MODALITIES]
        rows = FusedRows(
            keys=keys,
            vectors=vectors,
            evidence=np.where(np.stack(known, axis=1), Evidence.OBSERVED, Evidence.NONE).astype(np.uint8),
            artists=np.full(len(keys), NO_ARTIST),
            slices=self._space.slices,
        )
        with self._changing:
            self._overlay = self._overlay.with_rows(rows, np.full(len(keys), UNKNOWN_DIGEST), self._rows)

    def add_raw(self, raw: RawVectors, /) -> None:
        """Fuse tracks and add them; what they lack is inferred from the tracks that are here.

        Raises:
            ValueError: Another width than the space was fitted on, or a key given twice.
        """
        if len(np.unique(raw.keys)) != len(raw.keys):
            raise ValueError("a key is given twice")
        digests = raw_digests(raw)
        with self._changing:
            rest = self._overlay.without(raw.keys, self._rows)
            pool = StackedPool.of(LivingRows.of(self._rows, rest), rest.fresh)
            self._overlay = rest.with_rows(fuse(self._space, raw, pool), digests, self._rows)

    def remove(self, keys: Keys, /) -> None:
        """Forget these keys; unknown ones are ignored."""
        with self._changing:
            self._overlay = self._overlay.without(np.asarray(keys, dtype=np.int64), self._rows)

    def refresh(
        self,
        source: RawVectorSource,
        *,
        after: TrackKey = NO_KEY,
        stop: Callable[[], bool] | None = None,
    ) -> RefreshSummary:
        """Bring in what the source has and the index has not: new tracks, changed ones, and those that are gone.

        Args:
            source: The catalog, by ascending key.
            after: Look only at larger keys; ``index.last_key`` finds new tracks without reading the whole catalog.
            stop: Asked between batches; what was brought in until then stays.
        """
        before = self.keys
        before = before[before > after]
        added = replaced = 0
        seen = [np.empty(0, dtype=np.int64)]
        for raw in source.batches(self._space.text, self._space.image, after=after):
            if stop is not None and stop():
                return RefreshSummary(added=added, replaced=replaced)
            seen.append(raw.keys)
            known, digests = self._digests_of(raw.keys)
            changed = np.flatnonzero(~known | (digests != raw_digests(raw)))
            if len(changed):
                self.add_raw(_of_rows(raw, changed))
                replaced += int(known[changed].sum())
                added += int((~known[changed]).sum())
        gone = np.setdiff1d(before, np.concatenate(seen))
        if len(gone):
            self.remove(gone)
        return RefreshSummary(added=added, replaced=replaced, removed=len(gone))

    def bring_in(self, source: RawVectorSource, keys: Iterable[TrackKey]) -> None:
        """Bring in what the source has of a few tracks, without reading the rest of the catalog.

        Keys that the source does not give are left as they are.
        """
        wanted = np.unique(np.fromiter(keys, dtype=np.int64))
        while len(wanted):
            after = TrackKey(int(wanted[0]) - 1)
            raw = next(iter(source.batches(self._space.text, self._space.image, after=after)), None)
            if raw is None or not len(raw.keys):
                return
            known, digests = self._digests_of(raw.keys)
            changed = ~known | (digests != raw_digests(raw))
            here = np.flatnonzero(np.isin(raw.keys, wanted) & changed)
            if len(here):
                self.add_raw(_of_rows(raw, here))
            wanted = wanted[wanted > raw.keys[-1]]

    def _scored(self, query: Vector, rows: Rows | None, overlay: Overlay) -> tuple[Keys, Vector]:
        """Return keys and inner products of the stored rows that still count."""
        if rows is not None:
            rows = rows[~overlay.dead[rows]]
            return self._rows.keys[rows], self._rows.scores(query, rows)
        scores = self._rows.scores(query)
        if not overlay.dead_count:
            return self._rows.keys, scores
        return self._rows.keys[~overlay.dead], scores[~overlay.dead]

    def _living(self, keys: Keys, overlay: Overlay) -> tuple[NDArray[np.bool_], Rows]:
        found, rows = positions(self._rows.keys, keys)
        alive = ~overlay.dead[rows]
        found[found] = alive
        return found, rows[alive]

    def _digests_of(self, keys: Keys) -> tuple[NDArray[np.bool_], Digests]:
        overlay = self._overlay
        digests = np.full(len(keys), UNKNOWN_DIGEST)
        in_stored, rows = self._living(keys, overlay)
        digests[in_stored] = self._rows.digests[rows]
        in_fresh, rows = positions(overlay.fresh.keys, keys)
        digests[in_fresh] = overlay.digests[rows]
        return in_stored | in_fresh, digests


def _of_rows(raw: RawVectors, rows: Rows) -> RawVectors:
    return RawVectors(
        keys=raw.keys[rows],
        text=raw.text[rows],
        image=raw.image[rows],
        audio=raw.audio[rows],
        artists=tuple(raw.artists[row] for row in rows),
        popularity=raw.popularity[rows],
        terms=None if raw.terms is None else raw.terms.of_rows(rows.tolist()),
    )


if TYPE_CHECKING:
    _fits: type[TrackIndex] = CatalogIndex
