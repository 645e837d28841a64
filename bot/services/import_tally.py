"""The counts of an import: while it runs, and as they are told at its end."""

from dataclasses import dataclass, field
from typing import Any

from bot.services.dataset_columns import DatasetRecord
from storage.values import Outcome

MOST_REASONS = 12
"""That refusals are counted by; a file of another kind would give thousands."""
OTHER_REASONS = "other reasons"


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
    """How many records were refused for which reason; those in ``unnamed`` are not among them."""
    unnamed: int
    """Refused records of listening to songs that neither the record nor the catalog names."""
    playlists: int
    """Playlists that were not in the catalog."""
    listeners: int
    """Listeners that were not in the catalog."""
    heard: int
    """Records of who listened to what that were kept."""
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


@dataclass(slots=True)
class Tally:
    """The counts of an import; saved with every batch."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    unnamed: int = 0
    lyrics: int = 0
    playlists: int = 0
    playlists_before: int = 0
    import_number: int = 0
    """Of the listening in it; see :meth:`storage.repositories.listening.ListeningRepository.add`."""
    listeners: int = 0
    heard: int = 0
    rejected_bytes: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    refused_because: dict[str, int] = field(default_factory=dict)

    def refuse(self, reason: str, *, is_unnamed: bool = False) -> None:
        """Count a refused record; reasons beyond the first dozen are counted together, unnamed songs apart."""
        if is_unnamed:
            self.refused += 1
            self.unnamed += 1
            return
        if reason not in self.refused_because and len(self.refused_because) >= MOST_REASONS:
            reason = OTHER_REASONS
        self.refused += 1
        self.refused_because[reason] = self.refused_because.get(reason, 0) + 1

    def count(self, record: DatasetRecord, outcome: Outcome) -> None:
        """Count a record that was kept."""
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)
        self.lyrics += record.has_lyrics
        for name in record.left_out:
            self.left_out[name] = self.left_out.get(name, 0) + 1

    def as_dict(self) -> dict[str, Any]:
        """Return the counts by name, as the constructor takes them."""
        return {name: getattr(self, name) for name in self.__slots__}
