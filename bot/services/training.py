"""Building anew what answers come from (index, tables of tracks, weights), and the gate that keeps worse ones out.

The gate compares one figure, how well lists are continued of which a part was hidden, with the figure that was kept
with what is served. Both are of the same lists with the same parts hidden, so that a fall can be told from chance.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from bot.errors import ClosingDownError
from bot.services.learned_tables import Learned, LearnedTables
from bot.services.searchable_catalog import SearchableCatalog
from recommender.evaluation.list_quality import (
    FEWEST_FOR_A_FIGURE,
    Change,
    Quality,
    change_between,
    digest_of,
    lessons_of,
)
from recommender.index.catalog_index import CatalogIndex
from recommender.ports import ListSource, Progress, TrackList
from recommender.ranking.feature_weights import default_weights
from recommender.ranking.weight_learning import SHORTEST_LIST
from recommender.types import ListKind
from storage.database import Database

log = logging.getLogger(__name__)

QUALITY_MARK: Final = "quality.last"
"""What the gate said last, and when."""
NO_FIGURE: Final = (
    f"no figure of quality: it takes {FEWEST_FOR_A_FIGURE} playlists or listeners with {SHORTEST_LIST} tracks or more"
)
_GIVEN_BACK: Final = 0.5
"""Share of a member's tracks that are gone when they took them back; less than that fades away by itself."""

NewBar = Callable[[str, str], Progress]
"""Makes a progress bar from its title and its unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """How building anew ended."""

    index: CatalogIndex
    """That is served now."""
    was_refused: bool
    """Whether what was built is worse, so that the old stays."""
    remark: str
    """On quality, as a part of a sentence."""
    is_complete: bool = True
    """False when learning was stopped; the index is new all the same, where no gate was asked for."""


class Training:
    """Builds index, tables and weights anew, and lets them be served unless they are worse.

    Args:
        database: Keeps what the gate said.
        catalog: Builds and serves the index.
        learned: Builds and serves tables and weights.
        lists: What is learnt from.
        facts_version: Returns a text that differs when facts of tracks differ that no vector tells.
        may_fall: Share, 0 to 1, by which the figure may fall.
        now: Returns the present moment, aware.
    """

    def __init__(
        self,
        database: Database,
        catalog: SearchableCatalog,
        learned: LearnedTables,
        lists: ListSource,
        *,
        facts_version: Callable[[], str],
        may_fall: float,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._learned = learned
        self._lists = lists
        self._facts_version = facts_version
        self._may_fall = may_fall
        self._now = now

    def renew(
        self,
        *,
        is_gated: bool = True,
        bar: NewBar | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Renewed:
        """Build everything anew from the database and serve it.

        What the lists teach is learnt again only where anything differs from the last time.

        Args:
            is_gated: Keep what is served where the new is worse by more than the setting allows. Otherwise the index is
                served as soon as it is built, and what lists teach when that is learnt.
            bar: Shows how long it goes on.
            stop: Asked while weights are learnt.

        Raises:
            EmptyCatalogError: Nothing is embedded yet.
            ClosingDownError: The catalog is being closed.
        """
        index_bar = None if bar is None else bar("Index", "rows")
        learn = partial(self._learnt, bar=bar, stop=stop)
        before = self._learned.kept()
        if not is_gated:
            index = self._catalog.rebuild(index_bar)
            return self._served(learn(index, before), before, index)
        drafted: Learned | None = None

        def check(index: CatalogIndex) -> None:
            nonlocal drafted
            drafted = learn(index, before)
            if drafted is None:
                raise _StoppedError
            if (change := _change(before, drafted)) is not None and change.is_fall_beyond(self._may_fall):
                raise _RefusedError(drafted, change)

        try:
            index = self._catalog.rebuild(index_bar, check=check)
        except _StoppedError:
            return self._served(None, before, self._catalog.index())
        except _RefusedError as refused:
            return self._kept(before, refused)
        return self._served(drafted, before, index)

    def _learnt(
        self,
        index: CatalogIndex,
        before: Learned | None,
        *,
        bar: NewBar | None,
        stop: Callable[[], bool] | None,
    ) -> Learned | None:
        """Return what lists teach for this index; None when that was stopped."""
        version = self._lists.version()
        stamp = self._stamp(index, version)
        if before is not None and before.stamp == stamp:
            return before
        lists = list(self._lists.track_lists())
        tables = self._learned.built(
            index, lists, version=version, progress=None if bar is None else bar("Facts", "tracks")
        )
        lessons = lessons_of(
            lists,
            tables,
            index,
            default_weights(),
            today=self._now().date(),
            progress=None if bar is None else bar("Lists", "lists"),
            stop=lambda: self._catalog.is_closing or (stop is not None and stop()),
        )
        if lessons is None:
            if self._catalog.is_closing:
                raise ClosingDownError
            return None
        log.info("lists learnt from lists=%d provenance=%s", len(lists), lessons.weights.provenance)
        return Learned(
            tables=tables,
            weights=lessons.weights,
            quality=lessons.quality,
            stamp=stamp,
            members=_members(lists),
        )

    def _stamp(self, index: CatalogIndex, version: str) -> str:
        parts = (index.contents, version, self._facts_version(), default_weights().to_json())
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def _served(self, learned: Learned | None, before: Learned | None, index: CatalogIndex) -> Renewed:
        if learned is None:
            return Renewed(index=index, was_refused=False, remark="learning was stopped", is_complete=False)
        if learned is not before:
            self._learned.publish(learned, index)
        remark = NO_FIGURE
        if learned.quality is not None:
            change = _change(before, learned) if learned is not before else None
            remark = _figure(learned.quality) + ("" if change is None else _beside(change))
        self._mark(remark)
        return Renewed(index=index, was_refused=False, remark=remark)

    def _kept(self, before: Learned | None, refused: "_RefusedError") -> Renewed:
        change = refused.change
        remark = (
            f"kept the old index and what lists taught: NDCG@10 on {change.lists} held-out lists would fall from "
            f"{change.before:.3f} to {change.now:.3f}, and QUALITY_MAY_FALL allows {self._may_fall:.0%}"
        )
        index = self._catalog.index()
        if before is not None and _took_back(before.members, refused.learned.members):
            # Consent outweighs the figure: nobody is learnt from who no longer agrees.
            renewed = replace(before, tables=refused.learned.tables, members=refused.learned.members)
            self._learned.publish(renewed, index)
            remark += "; lists were learnt anew, for a member took theirs back"
        log.warning("new index refused change=%s", change)
        self._mark(remark)
        return Renewed(index=index, was_refused=True, remark=remark)

    def _mark(self, remark: str) -> None:
        with self._database.transaction() as stored:
            stored.state.put(QUALITY_MARK, f"{self._now():%Y-%m-%d %H:%M} UTC, {remark}")


class _StoppedError(Exception):
    """Learning was stopped, so the index that it belongs to is not served."""


class _RefusedError(Exception):
    """What was built is worse."""

    def __init__(self, learned: Learned, change: Change) -> None:
        super().__init__()
        self.learned = learned
        self.change = change


def _change(before: Learned | None, now: Learned) -> Change | None:
    if before is None or before.quality is None or now.quality is None:
        return None
    return change_between(before.quality, now.quality)


def _figure(quality: Quality) -> str:
    lists = len(quality.figures)
    return f"NDCG@10 {quality.ndcg:.3f} ({quality.low:.3f} to {quality.high:.3f}) on {lists} held-out lists"


def _beside(change: Change) -> str:
    return f"; {change.before:.3f} became {change.now:.3f} on {change.lists} of them"


def _members(lists: Sequence[TrackList]) -> dict[str, int]:
    return {digest_of(each): len(each.keys) for each in lists if each.kind is ListKind.MEMBER}


def _took_back(before: Mapping[str, int], now: Mapping[str, int]) -> bool:
    return any(now.get(member, 0) < _GIVEN_BACK * tracks for member, tracks in before.items())
