"""What changed since a generation was built: a few rows in memory, and marks on stored rows that no longer count."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.fused_space import MODALITIES, FusedSpace
from recommender.fusion import Evidence, EvidenceTable, FusedRows, Rows
from recommender.index.answers import positions
from recommender.index.stored_rows import Digests, StoredRows
from recommender.types import Keys, Matrix, Modality

UNKNOWN_DIGEST: Final = np.uint64(0)


@dataclass(frozen=True, eq=False, kw_only=True)
class Overlay:
    """A frozen state; every change gives a new one, so that searches going on are not disturbed."""

    fresh: FusedRows
    """In ascending order of key."""
    digests: Digests
    dead: NDArray[np.bool_]
    """Shape (stored rows,): removed or replaced."""
    dead_count: int

    @classmethod
    def nothing(cls, space: FusedSpace, stored_rows: int) -> "Overlay":
        """Return the state right after a generation was built."""
        return cls(
            fresh=FusedRows(
                keys=np.empty(0, dtype=np.int64),
                vectors=np.empty((0, space.dim), dtype=np.float32),
                evidence=np.empty((0, len(MODALITIES)), dtype=np.uint8),
                artists=np.empty(0, dtype=np.uint64),
                slices=space.slices,
            ),
            digests=np.empty(0, dtype=np.uint64),
            dead=np.zeros(stored_rows, dtype=bool),
            dead_count=0,
        )

    def without(self, keys: Keys, stored: StoredRows) -> "Overlay":
        """Return a state in which these keys cannot be found."""
        _, rows = positions(stored.keys, keys)
        dead = self.dead.copy()
        dead[rows] = True
        kept = ~np.isin(self.fresh.keys, keys)
        return Overlay(
            fresh=self.fresh.of_rows(np.flatnonzero(kept)),
            digests=self.digests[kept],
            dead=dead,
            dead_count=int(dead.sum()),
        )

    def with_rows(self, added: FusedRows, digests: Digests, stored: StoredRows) -> "Overlay":
        """Return a state in which these rows can be found, in place of older ones of the same keys."""
        rest = self.without(added.keys, stored)
        keys = np.concatenate([rest.fresh.keys, added.keys])
        order = np.argsort(keys)
        fresh = FusedRows(
            keys=keys[order],
            vectors=np.concatenate([rest.fresh.vectors, added.vectors])[order],
            evidence=np.concatenate([rest.fresh.evidence, added.evidence])[order],
            artists=np.concatenate([rest.fresh.artists, added.artists])[order],
            slices=added.slices,
        )
        return replace(rest, fresh=fresh, digests=np.concatenate([rest.digests, digests])[order])


@dataclass(frozen=True, eq=False)
class LivingRows:
    """The stored rows as a pool to learn from, without those that no longer count."""

    stored: StoredRows
    evidence: EvidenceTable

    @classmethod
    def of(cls, stored: StoredRows, overlay: Overlay) -> "LivingRows":
        """Return the rows of a generation that an overlay leaves alive."""
        return cls(stored, np.where(overlay.dead[:, None], np.uint8(Evidence.NONE), stored.evidence))

    @property
    def artists(self) -> NDArray[np.uint64]:
        """The artist of each row."""
        return self.stored.artists

    def rows(self, modality: Modality, rows: Rows, /) -> Matrix:
        """Return the sub-vectors of these rows, in the order asked."""
        return self.stored.rows(modality, rows)
