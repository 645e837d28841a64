"""A generation of the catalog index, open for reading: the space, the rows and the graph over them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from recommender.errors import IndexFileError
from recommender.fused_space import FusedSpace
from recommender.fusion import Rows
from recommender.index.building import GRAPH_FILE, SPACE_FILE, write_generation
from recommender.index.generations import Generation, checked_manifest, new_draft, newest_generation
from recommender.index.stored_rows import StoredRows
from recommender.index.usearch_index import UsearchIndex
from recommender.ports import Progress, RawVectorSource
from recommender.types import Vector

UNPUBLISHED: Final = 0
"""Number of a generation that nobody but its builder knows yet."""
SCAN_LIMIT: Final = 10_000_000
"""Numbers that a query is compared with one by one before the graph is asked: about a millisecond, as long as the graph
takes, and exact. It is 15,000 tracks of 650 columns, or 750,000 of audio alone."""

_LOPSIDED: Final = 0.75
"""Share of one modality in a query from which on the graph, whose links weigh all alike, is a poor guide ..."""
_SCAN_LIMIT_IF_LOPSIDED: Final = 8
"""... so that comparing is worth this many times more (words alone in 145,000 tracks: 7 ms, where the graph finds .85
of the ten best) ..."""
_FETCHED_IF_LOPSIDED: Final = 3
"""... and beyond that the graph is asked for this many times more rows (recall@100 with words at .9: .965 to .996)."""
_FETCHED: Final = 400
"""Rows that the graph gives to be rescored exactly. Measured at 28,000 and 145,000 tracks: recall@100 .999."""
_SMALL_QUERY_COLUMNS: Final = 64
"""A query that rests on so few columns loses its way in the graph (recall .4), whatever the number of rows."""
_MOST_FETCHED: Final = 2_000
"""Rows beyond which comparing all of them costs no more than walking the graph."""


@dataclass(frozen=True, eq=False, kw_only=True)
class StoredCatalog:
    """Files that are mapped and never change."""

    generation: Generation
    space: FusedSpace
    rows: StoredRows
    graph: UsearchIndex
    """Its keys are row numbers."""
    scan_limit: int = SCAN_LIMIT

    @classmethod
    def build(
        cls,
        folder: Path,
        source: RawVectorSource,
        space: FusedSpace,
        progress: Progress | None,
        check: Callable[["StoredCatalog"], None] | None = None,
    ) -> "StoredCatalog":
        """Write a new generation into the folder and open it; older ones are removed once it is complete.

        ``check`` sees it before anybody else does; what it raises keeps the older ones in place.
        """
        with new_draft(folder) as draft:
            write_generation(draft.path, source, space, progress)
            if check is not None:
                check(cls.of(Generation(UNPUBLISHED, draft.path)))
            generation = draft.publish(
                {"fingerprint": space.fingerprint, "text": space.text[0], "image": space.image[0]}
            )
        try:
            return cls.of(generation)
        except IndexFileError:
            # Another process published a newer one in this very moment; that one is as good.
            return cls.open(folder, {}, verify=False, scan_limit=SCAN_LIMIT)

    @classmethod
    def open(cls, folder: Path, wanted: Mapping[str, str | None], *, verify: bool, scan_limit: int) -> "StoredCatalog":
        """Open the newest generation.

        Args:
            folder: Of the index.
            wanted: Facts that its manifest must give (``fingerprint``, ``text``, ``image``); None takes any.
            verify: Compare checksums of all files, not only their sizes.
            scan_limit: Numbers that a query may be compared with before the graph is asked.

        Raises:
            IndexFileError: There is none, it is torn or damaged, or it was built for something else.
        """
        generation = newest_generation(folder)
        while generation is not None:
            try:
                _check(generation, wanted, verify=verify)
                return replace(cls.of(generation), scan_limit=scan_limit)
            except IndexFileError:
                # Another process may have published a newer generation and removed this one meanwhile.
                newest = newest_generation(folder)
                if newest == generation:
                    raise
                generation = newest
        raise IndexFileError(str(folder), "there is none")

    @classmethod
    def of(cls, generation: Generation) -> "StoredCatalog":
        """Map the files of a generation.

        Raises:
            IndexFileError: They are not there, or do not fit together.
        """
        space = FusedSpace.load(generation.path / SPACE_FILE)
        rows = StoredRows.open(generation.path, space.slices)
        graph = UsearchIndex.view(generation.path / GRAPH_FILE, space.dim, by_key=False)
        if len(graph) != len(rows):
            raise IndexFileError(str(generation.path), f"its graph has {len(graph)} rows instead of {len(rows)}")
        return cls(generation=generation, space=space, rows=rows, graph=graph)

    def proposed(self, query: Vector, count: int) -> Rows | None:
        """Return the rows worth scoring for the ``count`` best, or None where all of them had better be scored."""
        active = [where for where in self.space.slices.values() if query[where].any()]
        columns = sum(where.stop - where.start for where in active)
        shares = [float(np.linalg.norm(query[where])) for where in active]
        is_lopsided = max(shares) >= _LOPSIDED * sum(shares)
        limit = self.scan_limit * (_SCAN_LIMIT_IF_LOPSIDED if is_lopsided else 1)
        if columns <= _SMALL_QUERY_COLUMNS or columns * len(self.rows) <= limit:
            return None
        fetched = max(_FETCHED, 2 * count) * (_FETCHED_IF_LOPSIDED if is_lopsided else 1)
        if fetched > _MOST_FETCHED:
            return None
        return self.graph.search(query, fetched)[0]


def _check(generation: Generation, wanted: Mapping[str, str | None], *, verify: bool) -> None:
    facts = checked_manifest(generation.path, contents=verify).facts
    for name, value in wanted.items():
        if value is not None and facts.get(name) != value:
            raise IndexFileError(str(generation.path), f"its {name} is {facts.get(name)}, not {value}")
