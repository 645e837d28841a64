"""Suggestions for several members at once: the least happy of them as happy as can be, and how happy each is.

Every member's own taste ranks the candidates of all, as it would for them alone. What anybody of them knows, blocked or
was suggested lately comes back for nobody. How happy a list makes a member is what its scores add up to, against the
best list of that length that the same candidates have for this member alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.diversity import Label
from recommender.ranking.explanations import listed
from recommender.ranking.fair_lists import Caps, best_rows, fair_rows
from recommender.ranking.pool import Pool, Unwanted, artists_of, song_key
from recommender.ranking.ranked import MAX_PER_ARTIST, RankedPool, suggestion_of
from recommender.ranking.reading import Found, Reading
from recommender.ranking.rolls import rolled
from recommender.types import (
    Happiness,
    Keys,
    MemberId,
    Recommendation,
    Request,
    ScoreParts,
    Seed,
    SeedKind,
    Signal,
    Suggestion,
    Track,
    TrackKey,
)

GOOD_FIT: Final = 0.8
"""Of what the tracks of a member's own best list give on average: from here on a track is for that member too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A member of a group."""

    member: MemberId
    name: str | None = None
    """None for the member who asks."""
    signals: tuple[Signal, ...] = ()
    excluded: frozenset[TrackKey] = frozenset()
    """What this member knows, blocked, or was suggested lately."""


class Ranks(Protocol):
    """The recommender, as far as a group needs it (see :class:`recommender.ranking.recommender.Recommender`)."""

    def read(self, request: Request, signals: Sequence[Signal] = ()) -> Reading:
        """Return what a request comes to."""
        ...

    def find(self, reading: Reading, near: Keys = ...) -> Found:
        """Return the candidates of a request, those in ``near`` among them."""
        ...

    def pool(self, keys: Keys, unwanted: Unwanted) -> Pool:
        """Return candidates as the catalog has them."""
        ...

    def rank(self, reading: Reading, pool: Pool, found: Found) -> RankedPool:
        """Score a pool for a request."""
        ...

    def answer(self, request: Request, suggestions: tuple[Suggestion, ...], familiar: frozenset[str]) -> Recommendation:
        """Return an answer."""
        ...


def group_answer(recommender: Ranks, request: Request, group: Sequence[Listener]) -> Recommendation:
    """Return suggestions for several members.

    Args:
        recommender: Ranks for each of them.
        request: What is asked for; its seed is nobody's, and what it excludes is excluded for all.
        group: At least one member.

    Returns:
        At most ``request.count`` suggestions, in an order of which every beginning is fair. The parts of a score are
        the means of what they are for each member, and each reason is that of the member whom the track suits best.

    Raises:
        EmptyCatalogError: Nothing is searchable.
        NothingToGoOnError: Of one of them no taste is known.
    """
    readings = [recommender.read(_for_one(request, each), each.signals) for each in group]
    keys = np.unique(np.concatenate([recommender.find(reading).keys for reading in readings]))
    found = [recommender.find(reading, keys) for reading in readings]
    pool = recommender.pool(keys, Unwanted(artists=request.blocked_artists))
    familiar = frozenset().union(*(reading.familiar for reading in readings))
    if not len(pool):
        return recommender.answer(request, (), familiar)
    ranked = [recommender.rank(*each) for each in zip(readings, [pool] * len(group), found, strict=True)]
    fits = _Fits.of(pool, ranked, readings, request)
    rows = fits.fair_rows(request.count)
    told = _Told(group=group, readings=readings, ranked=ranked, fits=fits)
    suggestions = tuple(told.suggestion(row, rank) for rank, row in enumerate(rows, start=1))
    happiness = tuple(
        Happiness(member=each.member, name=each.name, share=share)
        for each, share in zip(group, fits.happiness(rows), strict=True)
    )
    return replace(recommender.answer(request, suggestions, familiar), happiness=happiness)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fits:
    """How candidates suit each member; rows are members, columns candidates."""

    gains: NDArray[np.float64]
    """Shares of what each member's own best list comes to."""
    drawn: NDArray[np.float64]
    """The same, as the roll has it."""
    is_allowed: NDArray[np.bool_]
    """Shape (n,): candidates that come back for nobody are not."""
    caps: Caps
    count: int

    @classmethod
    def of(cls, pool: Pool, ranked: Sequence[RankedPool], readings: Sequence[Reading], request: Request) -> "_Fits":
        scores = np.asarray([[max(parts.total, 0.0) for parts in each.parts] for each in ranked])
        allowed = np.asarray([[_is_allowed(reading, track) for track in pool.tracks] for reading in readings])
        caps = _caps(pool)
        keys = np.asarray([track.key for track in pool.tracks], dtype=np.int64)
        best = []
        for own, may in zip(scores, allowed, strict=True):
            theirs = np.flatnonzero(may)
            rows = theirs[best_rows(own[theirs], _of_rows(caps, theirs), request.count)]
            best.append(max(float(own[rows].sum()), np.finfo(np.float64).tiny))
        totals = np.asarray(best)[:, None]
        groups = [0] * len(keys)
        drawn = [
            rolled(each.astype(np.float32), keys, request.roll, groups=groups, places=request.count) for each in scores
        ]
        return cls(
            gains=scores / totals,
            drawn=np.maximum(np.asarray(drawn, dtype=np.float64), 0) / totals,
            is_allowed=np.asarray(allowed.all(axis=0)),
            caps=caps,
            count=request.count,
        )

    def fair_rows(self, count: int) -> list[int]:
        rows = np.flatnonzero(self.is_allowed)
        return [int(rows[each]) for each in fair_rows(self.drawn[:, rows], _of_rows(self.caps, rows), count)]

    def happiness(self, rows: Sequence[int]) -> list[float]:
        return [min(float(share), 1.0) for share in self.gains[:, list(rows)].sum(axis=1)]

    def of_track(self, row: int) -> NDArray[np.float64]:
        """Return how a track suits each member, 1 being what those of their own best list do on average."""
        suits: NDArray[np.float64] = self.gains[:, row] * self.count
        return suits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Told:
    group: Sequence[Listener]
    readings: Sequence[Reading]
    ranked: Sequence[RankedPool]
    fits: _Fits

    def suggestion(self, row: int, rank: int) -> Suggestion:
        suits = self.fits.of_track(row)
        first = int(suits.argmax())
        reading = self.readings[first]
        told = suggestion_of(
            self.ranked[first],
            row,
            rank=rank,
            request=reading.request,
            evidence=reading.profile.evidence,
            played=frozenset(reading.played),
        )
        others = [each for each, fit in zip(self.group, suits, strict=True) if fit >= GOOD_FIT]
        names = [each.name or "you" for each in others if each is not self.group[first]]
        too = f"; for {listed(names)} too" if names else ""
        return replace(told, parts=_mean([each.parts[row] for each in self.ranked]), reason=f"{told.reason}{too}")


def _for_one(request: Request, each: Listener) -> Request:
    seed = Seed(kind=SeedKind.MEMBER, member=each.member, name=each.name)
    return replace(request, seed=seed, excluded=request.excluded | each.excluded)


def _is_allowed(reading: Reading, track: Track) -> bool:
    request = reading.request
    is_out = track.key in reading.profile.known or track.key in request.excluded or track.key in request.unlike
    return not is_out and not reading.unwanted.covers(track)


def _caps(pool: Pool) -> Caps:
    """Return the caps that hold for every list: a song once, an artist as often as in others."""
    numbers: dict[Label, int] = {}
    labels = [
        [
            numbers.setdefault(label, len(numbers))
            for label in (("song", song_key(track)), *(("artist", name) for name in sorted(artists_of(track))))
        ]
        for track in pool.tracks
    ]
    return labels, [1 if kind == "song" else MAX_PER_ARTIST for kind, _ in numbers]


def _of_rows(caps: Caps, rows: NDArray[np.int64]) -> Caps:
    return [caps[0][row] for row in rows.tolist()], caps[1]


def _mean(parts: Sequence[ScoreParts]) -> ScoreParts:
    """Return the mean of each part; their sum is the mean of the scores."""
    rows: list[Mapping[str, float]] = [each.as_dict() for each in parts]
    return ScoreParts(**{name: sum(row[name] for row in rows) / len(rows) for name in rows[0]})
