"""What a sync writes down: tracks the catalog has not met, and what the member did with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.errors import NotLinkedError, SpotifyError, SpotifyForbiddenError
from bot.gateways.spotify_reading import DatedTrack
from recommender.types import MemberId, Signal, SignalKind, Source, TrackKey
from storage.database import Database
from storage.stored import Stored
from storage.values import Link, Outcome

_RANKED = frozenset({SignalKind.TOP_SHORT, SignalKind.TOP_MEDIUM, SignalKind.TOP_LONG})


class SyncStep(StrEnum):
    """A part of a library that is read, and may fail, by itself."""

    RECENT = "recent"
    TOP_SHORT = "top_short"
    TOP_MEDIUM = "top_medium"
    TOP_LONG = "top_long"
    SAVED = "saved"
    PLAYLISTS = "playlists"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """How one step of a sync ended."""

    step: SyncStep
    tracks: int = 0
    """Tracks read."""
    new: int = 0
    """Signals that we did not have."""
    error: SpotifyError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSummary:
    """What a sync did."""

    steps: tuple[StepResult, ...]
    new_keys: tuple[TrackKey, ...]
    """Tracks that were not in the catalog before, also from steps that failed half-way: embed these."""
    stopped_by: SpotifyError | None = None
    """Why the rest was not tried; its text is safe to show."""

    @property
    def new_tracks(self) -> int:
        """How many tracks the catalog had not met."""
        return len(self.new_keys)

    @property
    def new_plays(self) -> int:
        """How many plays we did not know."""
        return sum(step.new for step in self.steps if step.step is SyncStep.RECENT)

    @property
    def is_complete(self) -> bool:
        """Whether all was read that Spotify lets us read."""
        return all(step.error is None or isinstance(step.error, SpotifyForbiddenError) for step in self.steps)


@dataclass(slots=True, kw_only=True)
class Sync:
    """A sync while it runs."""

    member: MemberId
    linked_at: datetime
    """Of the link it runs for: a newer link, or none, ends it."""
    began_at: datetime
    new_keys: dict[TrackKey, None] = field(default_factory=dict)

    def summary(self, steps: Sequence[StepResult], *, stopped_by: SpotifyError | None = None) -> SyncSummary:
        """Return what was done."""
        return SyncSummary(steps=tuple(steps), new_keys=tuple(self.new_keys), stopped_by=stopped_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What recording changed."""

    signals: int
    """New ones."""
    held: int
    """Signals of this kind that we have now."""


class LibraryRecords:
    """Writes what a sync reads; each method is one transaction, for the blocking pool."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def link_of(self, member: MemberId) -> Link:
        """Return a member's link.

        Raises:
            NotLinkedError: There is none.
        """
        with self._database.reading() as stored:
            return _link(stored, member)

    def latest_play(self, member: MemberId) -> datetime | None:
        """Return when the last play we know of was."""
        with self._database.reading() as stored:
            return stored.signals.latest_play_at(member)

    def add(self, sync: Sync, kind: SignalKind, found: Sequence[DatedTrack]) -> Recorded:
        """Add tracks and signals to what we have.

        Raises:
            NotLinkedError: The member unlinked, or linked anew, while the sync ran.
        """
        return self._record(sync, kind, found, replaces=False)

    def replace(self, sync: Sync, kind: SignalKind, found: Sequence[DatedTrack]) -> Recorded:
        """Put tracks and signals in the place of all we had of this kind.

        Raises:
            NotLinkedError: The member unlinked, or linked anew, while the sync ran.
        """
        return self._record(sync, kind, found, replaces=True)

    def mark_synced(self, sync: Sync) -> None:
        """Remember that everything was read.

        Raises:
            NotLinkedError: The member unlinked, or linked anew, while the sync ran.
        """
        with self._database.transaction() as stored:
            _link_of_sync(stored, sync)
            stored.links.synced(sync.member, sync.began_at)

    def _record(self, sync: Sync, kind: SignalKind, found: Sequence[DatedTrack], *, replaces: bool) -> Recorded:
        with self._database.transaction() as stored:
            _link_of_sync(stored, sync)
            merged = stored.tracks.add_or_merge([each.facts for each in found])
            signals = _signals(kind, [each.key for each in merged], found, observed_at=sync.began_at)
            before = _held(stored, sync.member, kind)
            if replaces:
                stored.signals.forget_kind(sync.member, {kind}, Source.SPOTIFY)
            stored.signals.record(sync.member, signals, Source.SPOTIFY)
            after = _held(stored, sync.member, kind)
        # After the transaction: keys that were rolled back are nobody's.
        sync.new_keys.update((each.key, None) for each in merged if each.outcome is Outcome.NEW)
        return Recorded(signals=len(after - before), held=len(after))


def _signals(
    kind: SignalKind, keys: Sequence[TrackKey], found: Sequence[DatedTrack], *, observed_at: datetime
) -> list[Signal]:
    """Return one signal per track, the first and best; plays are all kept."""
    signals: dict[tuple[TrackKey, datetime | None], Signal] = {}
    for rank, (key, each) in enumerate(zip(keys, found, strict=True)):
        rank_here = rank if kind in _RANKED else None
        signal = Signal(track=key, kind=kind, at=each.at or observed_at, rank=rank_here)
        signals.setdefault(_occasion(signal), signal)
    return list(signals.values())


def _held(stored: Stored, member: MemberId, kind: SignalKind) -> set[tuple[TrackKey, datetime | None]]:
    return {_occasion(each) for each in stored.signals.of_member(member) if each.kind is kind}


def _occasion(signal: Signal) -> tuple[TrackKey, datetime | None]:
    """Return what makes two signals of a kind the same: the track, and for plays the moment."""
    return signal.track, signal.at if signal.kind is SignalKind.PLAY else None


def _link_of_sync(stored: Stored, sync: Sync) -> Link:
    link = _link(stored, sync.member)
    if link.linked_at != sync.linked_at:
        raise NotLinkedError
    return link


def _link(stored: Stored, member: MemberId) -> Link:
    link = stored.links.of_member(member)
    if link is None:
        raise NotLinkedError
    return link
