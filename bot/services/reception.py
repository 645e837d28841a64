"""How suggestions are received: the share of 👍 among verdicts, by the largest part of their score and by source."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from storage.stored import Stored
from storage.values import Reception

COUNTED_FOR: Final = timedelta(days=90)
"""Older suggestions were made by other weights, on another catalog."""
CONFIDENCE: Final = 0.95
_SHOWN: Final = 5
"""Kinds in a line, the most judged ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LikedShare:
    """How the suggestions of one kind were received."""

    name: str
    """A part of the score, or a source of candidates."""
    suggested: int
    judged: int
    """Given 👍 or 👎 after they were suggested."""
    share: float
    """Of 👍 among those judged, 0 to 1."""
    low: float
    """Of the 95 % interval of that share."""
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Kinds of suggestions that somebody judged, most judged first."""

    by_modality: tuple[LikedShare, ...]
    by_source: tuple[LikedShare, ...]


def received(stored: Stored, now: datetime) -> Received:
    """Return how the suggestions of the last :data:`COUNTED_FOR` were received."""
    since = now - COUNTED_FOR
    return Received(
        by_modality=_shares(stored.suggestions.received_by_modality(since)),
        by_source=_shares(stored.suggestions.received_by_source(since)),
    )


def liked_line(shares: Sequence[LikedShare]) -> str | None:
    """Return the share of 👍 of each kind with its interval, in a line; None while nothing was judged."""
    shown = (
        f"{each.name} {each.share:.0%} ({each.low:.0%} to {each.high:.0%}) of {each.judged:,}"
        for each in shares[:_SHOWN]
    )
    return ", ".join(shown) or None


def _shares(receptions: Sequence[Reception]) -> tuple[LikedShare, ...]:
    """Return the shares of what was judged.

    Source:
        Wilson, JASA 1927, doi:10.1080/01621459.1927.10502953, for the intervals.
    """
    judged = [each for each in receptions if each.liked + each.disliked]
    if not judged:
        return ()
    from scipy.stats import binomtest

    found = []
    for each in judged:
        verdicts = each.liked + each.disliked
        ends = binomtest(each.liked, verdicts).proportion_ci(confidence_level=CONFIDENCE, method="wilson")
        found.append(
            LikedShare(
                name=each.name,
                suggested=each.suggested,
                judged=verdicts,
                share=each.liked / verdicts,
                low=float(ends.low),
                high=float(ends.high),
            )
        )
    return tuple(sorted(found, key=lambda share: (-share.judged, share.name)))
