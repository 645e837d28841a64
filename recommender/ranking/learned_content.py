"""The content of a score where there is a profile: features of the candidates, weighed by what lists taught."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from recommender.errors import NothingToGoOnError
from recommender.index.answers import positions
from recommender.ranking.directions import SearchableIndex
from recommender.ranking.feature_weights import WeightSets, asked_for, by_part, contributions
from recommender.ranking.features import Profile, ProfileScores
from recommender.track_tables import TrackTables
from recommender.types import VECTORS, Keys, Matrix, Modality, Vector, Weights

KEPT: Final = 400
"""Candidates whose scores are worked out in full."""


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
    keys = np.unique(np.concatenate([near, *proposed.values()]))
    chosen = sets.for_profile(len(profile), has_listeners=scores.has_listeners)
    contributed = contributions(scores.features(keys), chosen) * asked_for(weights)
    totals = contributed.sum(axis=1)
    kept = np.isin(keys, near)
    kept[np.argsort(-totals, kind="stable")[:KEPT]] = True
    keys, contributed = keys[kept], contributed[kept]
    return LearnedContent(keys=keys, contributed=contributed, sources=_sources(keys, proposed), scores=scores)


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
