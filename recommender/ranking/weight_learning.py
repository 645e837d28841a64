"""Learning the weights of features from lists of which a part was hidden.

What is hidden from a list is hidden from the list model too, so that the weights meet what they will meet when they
are used: tracks that the lists do not have yet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.list_model import ListModel
from recommender.ports import Progress, TrackList
from recommender.ranking.conditional_logit import learnt_weights
from recommender.ranking.directions import SearchableIndex
from recommender.ranking.feature_weights import (
    SETS,
    FeatureWeights,
    Provenance,
    WeightSets,
    inputs,
)
from recommender.ranking.features import Features, Profile, ProfileScores
from recommender.track_tables import TrackTables
from recommender.types import Keys, Weights

HIDDEN_SHARE: Final = 0.2
SHORTEST_LIST: Final = 5
"""Tracks of a list that teaches, so that one can be hidden and four are left."""
MOST_LISTS: Final = 500
"""Lists that teach, drawn at random where there are more."""
FEWEST_LISTS: Final = 40
"""With fewer the weights stay as they are."""
CHECKED_SHARE: Final = 0.25
"""Of the lists: these teach nothing and tell how good the weights are."""
_K: Final = 10
_SCALE_QUANTILE: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Example:
    """One list: its candidates, and which of them it has."""

    features: Features
    chosen: NDArray[np.bool_]
    hidden: int
    """How many tracks were hidden; not all need be among the candidates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """What is learnt from: the same lists met by all that is left of them, and by one track."""

    many: tuple[Example, ...]
    one: tuple[Example, ...]


def examples_of(
    lists: Sequence[TrackList],
    tables: TrackTables,
    index: SearchableIndex,
    rng: np.random.Generator,
    *,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Examples:
    """Hide a part of some lists, and describe the candidates for each.

    Args:
        lists: All there are; those that teach are drawn from the ones with :data:`SHORTEST_LIST` tracks.
        tables: Of the catalog; their list model is learnt anew without what is hidden.
        index: Of the catalog.
        rng: Draws.
        progress: Counts lists.
        stop: Asked between lists; true ends early with what there is.
    """
    long_enough = [place for place, each in enumerate(lists) if len(each.keys) >= SHORTEST_LIST]
    drawn = np.sort(rng.permutation(np.asarray(long_enough, dtype=np.int64))[:MOST_LISTS])
    hidden: dict[int, Keys] = {}
    left = list(lists)
    for place in drawn.tolist():
        whole = lists[place]
        away = np.zeros(len(whole.keys), dtype=np.bool_)
        away[rng.permutation(len(whole.keys))[: max(round(HIDDEN_SHARE * len(whole.keys)), 1)]] = True
        hidden[place] = whole.keys[away]
        left[place] = replace(whole, keys=whole.keys[~away], strengths=whole.strengths[~away])
    seen = tables.with_lists(ListModel.fit(left, tables.keys, tables.artists), tables.version)
    many: list[Example] = []
    one: list[Example] = []
    for done, place in enumerate(drawn.tolist(), start=1):
        if stop is not None and stop():
            break
        own = left[place]
        many.append(example_of(Profile.of(own.keys, own.strengths), own.keys, hidden[place], seen, index))
        named = int(rng.integers(len(own.keys)))
        single = Profile.of(own.keys[[named]], own.strengths[[named]])
        one.append(example_of(single, own.keys, hidden[place], seen, index))
        if progress is not None:
            progress(done, len(drawn))
    return Examples(many=tuple(many), one=tuple(one))


def learn(examples: Examples, before: WeightSets, *, data: str, today: date, rng: np.random.Generator) -> WeightSets:
    """Return weights learnt from examples; ``before`` where there are too few lists, or where they are no better.

    A part of the lists is kept apart to compare both on; what is returned was then learnt from all of them. Those for a
    single song stay as they were where they alone are no better.

    Args:
        examples: From :func:`examples_of`.
        before: The weights until now; new ones are drawn to them.
        data: What the lists are, for the provenance.
        today: For the provenance.
        rng: Draws the lists that are kept apart.
    """
    count = len(examples.many)
    if count < FEWEST_LISTS:
        return before
    apart = np.zeros(count, dtype=np.bool_)
    apart[rng.permutation(count)[: round(CHECKED_SHARE * count)]] = True
    teaching = _some(examples, ~apart)
    checked = _some(examples, apart)
    trial = _fitted(teaching, before)
    new, old = ndcg_of(checked.many, trial.many), ndcg_of(checked.many, before.many)
    if new <= old:
        return before
    found = _fitted(examples, before)
    if ndcg_of(checked.one, trial.one) <= ndcg_of(checked.one, before.one):
        found = replace(found, one=before.one)
    provenance = Provenance(data=data, lists=count, learnt=today.isoformat(), ndcg=new, ndcg_before=old)
    return replace(found, provenance=provenance)


def example_of(profile: Profile, own: Keys, hidden: Keys, tables: TrackTables, index: SearchableIndex) -> Example:
    """Return the candidates for what is left of a list.

    Args:
        profile: Some or all of what is left.
        own: All that is left; none of it is a candidate.
        hidden: What was hidden.
        tables: Of the catalog, with a list model that was learnt without what is hidden.
        index: Of the catalog.
    """
    scores = ProfileScores(profile, tables, index)
    proposed = scores.proposals(Weights(), excluded=own)
    keys = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *proposed.values()]))
    features = scores.features(keys)
    return Example(features=features, chosen=np.isin(keys, hidden), hidden=len(hidden))


def ndcg_of(examples: Sequence[Example], weights: FeatureWeights) -> float:
    """Return the mean NDCG@10 of lists under weights; 0 without lists.

    Source:
        Järvelin and Kekäläinen, ACM TOIS 2002, doi:10.1145/582415.582418.
    """
    discounts = 1 / np.log2(np.arange(2, _K + 2))
    found = []
    for each in examples:
        scores = inputs(each.features) @ weights.flat
        # Equal ones in an arbitrary order: keys often tell which list a track came from.
        best = np.lexsort((np.random.default_rng(0).random(len(scores)), -scores))[:_K]
        gained = float(each.chosen[best] @ discounts[: len(best)])
        found.append(gained / discounts[: min(each.hidden, _K)].sum())
    return float(np.mean(found)) if found else 0.0


def _fitted(examples: Examples, before: WeightSets) -> WeightSets:
    found: dict[str, FeatureWeights] = {}
    for name in SETS:
        of_kind = examples.one if name.startswith("one") else examples.many
        prior: FeatureWeights = getattr(before, name)
        if name.endswith("unheard"):
            # Lists tell what content is worth beside them, not what it is worth alone.
            found[name] = prior
            continue
        stacked = np.concatenate([inputs(each.features) for each in of_kind])
        lists = np.repeat(np.arange(len(of_kind)), [len(each.chosen) for each in of_kind])
        chosen = np.concatenate([each.chosen for each in of_kind])
        flat = learnt_weights(stacked, chosen, lists, prior.flat)
        tops = [float((inputs(each.features) @ flat).max(initial=0)) for each in of_kind]
        scale = float(np.quantile(tops, _SCALE_QUANTILE)) if tops else prior.scale
        found[name] = FeatureWeights.of(flat, scale if scale > 0 else prior.scale)
    return WeightSets(provenance=before.provenance, **found)


def _some(examples: Examples, which: NDArray[np.bool_]) -> Examples:
    def of(each: tuple[Example, ...]) -> tuple[Example, ...]:
        return tuple(example for example, kept in zip(each, which.tolist(), strict=True) if kept)

    return Examples(many=of(examples.many), one=of(examples.one))
