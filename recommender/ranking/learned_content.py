"""The content of a score where there is a profile: features of the candidates, weighed by what lists taught."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.errors import NothingToGoOnError
from recommender.index.answers import positions
from recommender.ranking.directions import SearchableIndex
from recommender.ranking.feature_weights import WeightSets, asked_for, by_part, contributions
from recommender.ranking.features import Profile, ProfileScores
from recommender.track_tables import TrackTables
from recommender.types import VECTORS, Keys, Matrix, Modality, Vector, Weights

KEPT: Final = 400
"""Candidates whose scores are worked out in full."""
KEPT_PER_INTEREST: Final = 60
"""The same of each interest, however they score for all of a profile together."""
MAX_SIDES: Final = 4
"""Interests, the strongest ones, that candidates are found for one by one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LearnedContent:
    """What each feature adds to the content of candidates, and who proposed them."""

    keys: Keys
    """Shape (n,), ascending."""
    contributed: Matrix
    """Shape (n, features), columns as in :data:`recommender.ranking.features.FEATURES`; zero or more."""
    sources: tuple[str, ...]
    """Of each candidate: the source in which it stood highest."""
    scores: ProfileScores
    interest: NDArray[np.int64] | None = None
    """Shape (n,): the interest whose own tracks speak most for each candidate; None where there is but one."""

    def interest_of(self, keys: Keys) -> NDArray[np.int64] | None:
        """Return the interest of some of the candidates."""
        return None if self.interest is None else self.interest[self._rows(keys)]

    def parts_of(self, keys: Keys) -> dict[str, Vector]:
        """Return the parts of some of the candidates' content, shape (len(keys),) each; they add up to it."""
        return by_part(self.contributed[self._rows(keys)])

    def contributed_to(self, keys: Keys) -> Matrix:
        """Return the contributions of some of the candidates, in the order asked."""
        return self.contributed[self._rows(keys)]

    def source_of(self, key: int) -> str:
        """Return who proposed a candidate."""
        return self.sources[int(np.searchsorted(self.keys, key))]

    def _rows(self, keys: Keys) -> Keys:
        found, rows = positions(self.keys, keys)
        if not found.all():
            raise ValueError("a track is no candidate")
        return rows


def learned_content(
    profile: Profile,
    weights: Weights,
    sets: WeightSets,
    tables: TrackTables,
    index: SearchableIndex,
    *,
    excluded: Keys,
    among: Keys | None,
    near: Keys,
    interests: Sequence[Profile] = (),
) -> LearnedContent:
    """Find candidates for a profile and weigh what speaks for them.

    Args:
        profile: At least one track.
        weights: Of the request.
        sets: Weights of features.
        tables: Of the catalog.
        index: Of the catalog.
        excluded: Tracks that must not come back.
        among: The only ones that may; None for all.
        near: Candidates that were found otherwise; they are kept however they score.
        interests: What the profile falls into, strongest first; each finds candidates of its own.

    Raises:
        NothingToGoOnError: Other listeners alone are asked for, and none has any of these tracks or artists.
    """
    scores = ProfileScores(profile, tables, index)
    alone = all(weights.of(each) <= 0 for each in Modality if each is not Modality.COLLABORATIVE)
    if alone and not scores.has_listeners:
        raise NothingToGoOnError(
            "No playlist and no listener that I may learn from has this music. Try `by: everything`."
        )
    proposed = scores.proposals(weights, excluded=excluded, among=among, listeners_only=alone)
    sides = [ProfileScores(each, tables, index) for each in interests[:MAX_SIDES]] if len(interests) > 1 else []
    of_sides = [
        found
        for side in sides
        for found in side.proposals(weights, excluded=excluded, among=among, listeners_only=alone).values()
    ]
    keys = np.unique(np.concatenate([near, *proposed.values(), *of_sides]))
    chosen = sets.for_profile(len(profile), has_listeners=scores.has_listeners)
    contributed = contributions(scores.features(keys), chosen) * asked_for(weights)
    totals = contributed.sum(axis=1)
    kept = np.isin(keys, near)
    kept[np.argsort(-totals, kind="stable")[:KEPT]] = True
    interest = None
    if sides:
        of_each = np.stack(
            [_total(side, each, keys, sets, weights) for side, each in zip(sides, interests, strict=False)]
        )
        interest = of_each.argmax(axis=0)
        for row in of_each:
            kept[np.argsort(-row, kind="stable")[:KEPT_PER_INTEREST]] = True
        interest = interest[kept]
    keys, contributed = keys[kept], contributed[kept]
    return LearnedContent(
        keys=keys, contributed=contributed, sources=_sources(keys, proposed), scores=scores, interest=interest
    )


def _total(scores: ProfileScores, profile: Profile, keys: Keys, sets: WeightSets, weights: Weights) -> Vector:
    """Return what speaks for candidates by one interest's own tracks, shape (n,)."""
    chosen = sets.for_profile(len(profile), has_listeners=scores.has_listeners)
    total: Vector = (contributions(scores.features(keys), chosen) * asked_for(weights)).sum(axis=1)
    return total


def _sources(keys: Keys, proposed: Mapping[str, Keys]) -> tuple[str, ...]:
    best = np.full(len(keys), np.iinfo(np.int64).max)
    names = np.full(len(keys), VECTORS, dtype=object)
    for name, found in proposed.items():
        there, rows = positions(keys, found)
        ranks = np.flatnonzero(there)
        ahead = ranks < best[rows]
        best[rows[ahead]] = ranks[ahead]
        names[rows[ahead]] = name
    return tuple(names.tolist())
