"""A member's taste: several interests, not one mean, made from what they play, save and say."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import numpy as np

from recommender.interests import Interest, interests_of, newest_of
from recommender.types import Keys, Matrix, Modality, Signal, SignalKind, TrackKey

KIND_STRENGTH: Final[Mapping[SignalKind, float]] = MappingProxyType(
    {
        SignalKind.PLAY: 1.0,
        SignalKind.PLAYLIST: 1.0,
        SignalKind.SAVED: 2.0,
        SignalKind.TOP_LONG: 3.0,
        SignalKind.TOP_MEDIUM: 3.0,
        SignalKind.TOP_SHORT: 3.0,
        SignalKind.LIKE: 4.0,
    }
)
"""How much one fresh signal of a kind counts: saying so counts most, hearing once least."""

HALF_LIFE: Final[Mapping[SignalKind, timedelta]] = MappingProxyType(
    {
        SignalKind.PLAY: timedelta(days=90),
        SignalKind.TOP_SHORT: timedelta(days=90),
        SignalKind.TOP_MEDIUM: timedelta(days=180),
        SignalKind.TOP_LONG: timedelta(days=720),
        SignalKind.PLAYLIST: timedelta(days=720),
        SignalKind.SAVED: timedelta(days=720),
        SignalKind.LIKE: timedelta(days=720),
    }
)
"""After this time a signal counts half: what is done in passing fades fast, what is said on purpose slowly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a member did with one track."""

    strength: float
    """Above 0; one fresh play is 1."""
    plays: int
    """Plays on record."""
    kinds: frozenset[SignalKind]
    newest: datetime


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TasteProfile:
    """What a member likes, dislikes and knows."""

    interests: tuple[Interest, ...]
    """Strongest first; none when nothing positive has a vector."""
    disliked: Keys
    """Latest first."""
    known: frozenset[TrackKey]
    """Every track the member did anything with."""
    evidence: Mapping[TrackKey, Evidence]
    """Of the tracks that speak for a taste."""

    @property
    def strongest(self) -> tuple[TrackKey, ...]:
        """The tracks that speak for a taste, strongest first."""
        return tuple(sorted(self.evidence, key=lambda key: (-self.evidence[key].strength, key)))


def taste_profile(
    signals: Sequence[Signal],
    vectors_of: Callable[[Keys], Matrix],
    slices: Mapping[Modality, slice],
    *,
    now: datetime,
) -> TasteProfile:
    """Return a member's taste profile.

    Args:
        signals: What the member did, in any order.
        vectors_of: Returns the fused vector of each track; a zero row where there is none.
        slices: Where each modality lies in a vector.
        now: Aware; signals fade with their age at this moment.

    Returns:
        The same profile for the same signals, in whatever order they come.
    """
    profile = history(signals, now=now)
    keys = np.asarray(sorted(profile.evidence), dtype=np.int64)
    if len(keys) == 0:
        return profile
    strengths = [profile.evidence[TrackKey(int(key))].strength for key in keys]
    found = interests_of(keys, vectors_of(keys), np.asarray(strengths, dtype=np.float32), slices)
    moments = {key: each.newest for key, each in profile.evidence.items()}
    return replace(profile, interests=tuple(replace(each, newest=newest_of(each.members, moments)) for each in found))


def history(signals: Sequence[Signal], *, now: datetime) -> TasteProfile:
    """Return the part of a taste profile that needs no vectors: everything but the interests."""
    return TasteProfile(
        interests=(),
        disliked=_disliked(signals),
        known=frozenset(signal.track for signal in signals),
        evidence=MappingProxyType(evidence_of(signals, now=now)),
    )


def evidence_of(signals: Sequence[Signal], *, now: datetime) -> dict[TrackKey, Evidence]:
    """Weigh what a member did with each track; a track whose latest verdict is *dislike* speaks for no taste.

    Plays count as log2(1 + sum of count · 2^(-age / half-life)), so the hundredth play adds less than the second. Of
    each other kind the strongest signal counts: strength · 2^(-age / half-life), for top lists divided by
    log2(2 + rank), the discount of DCG.

    Source:
        Järvelin and Kekäläinen, ACM TOIS 2002, doi:10.1145/582415.582418, for the discount.
    """
    by_track: dict[TrackKey, list[Signal]] = defaultdict(list)
    for signal in signals:
        by_track[signal.track].append(signal)
    disliked = set(_disliked(signals).tolist())
    return {
        track: _evidence([each for each in of_track if each.kind is not SignalKind.DISLIKE], now)
        for track, of_track in by_track.items()
        if track not in disliked
    }


def strengths_of(signals: Sequence[Signal]) -> dict[TrackKey, float]:
    """Return how much each track speaks for a taste, as :func:`evidence_of` weighs it when the newest signal was new.

    Signals that stay as they are so keep their strengths, whenever they are weighed.
    """
    if not signals:
        return {}
    evidence = evidence_of(signals, now=max(signal.at for signal in signals))
    return {track: each.strength for track, each in evidence.items()}


def _evidence(signals: Sequence[Signal], now: datetime) -> Evidence:
    plays = [each for each in signals if each.kind is SignalKind.PLAY]
    strengths: dict[SignalKind, float] = {}
    if plays:
        faded = math.fsum(each.count * _fading(each, now) for each in plays)
        strengths[SignalKind.PLAY] = KIND_STRENGTH[SignalKind.PLAY] * math.log2(1 + faded)
    for each in signals:
        if each.kind is not SignalKind.PLAY:
            discount = 1.0 if each.rank is None else math.log2(2 + each.rank)
            strength = KIND_STRENGTH[each.kind] * _fading(each, now) / discount
            strengths[each.kind] = max(strength, strengths.get(each.kind, 0.0))
    return Evidence(
        strength=math.fsum(strengths.values()),
        plays=sum(each.count for each in plays),
        kinds=frozenset(each.kind for each in signals),
        newest=max(each.at for each in signals),
    )


def _fading(signal: Signal, now: datetime) -> float:
    # A clock that runs ahead must not make a signal count for more than a fresh one.
    age = max(now - signal.at, timedelta(0))
    return float(0.5 ** (age / HALF_LIFE[signal.kind]))


def _disliked(signals: Sequence[Signal]) -> Keys:
    """Return the tracks whose latest verdict is *dislike*, latest first."""
    verdicts: dict[TrackKey, Signal] = {}
    for signal in signals:
        if signal.kind in {SignalKind.LIKE, SignalKind.DISLIKE}:
            before = verdicts.get(signal.track)
            if before is None or (signal.at, signal.kind is SignalKind.DISLIKE) >= (
                before.at,
                before.kind is SignalKind.DISLIKE,
            ):
                verdicts[signal.track] = signal
    no = [each for each in verdicts.values() if each.kind is SignalKind.DISLIKE]
    no.sort(key=lambda each: (-each.at.timestamp(), each.track))
    return np.asarray([each.track for each in no], dtype=np.int64)
