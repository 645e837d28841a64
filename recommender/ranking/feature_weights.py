"""Weights of features: what each kind of evidence counts in a score, and where the figures come from.

A feature x enters a score twice: as its share of the best among the candidates, and as ln(1 + x). The first says who is
ahead for this profile, the second whether being ahead means anything. Both are sums, so the parts of a score add up.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.features import FEATURE_PARTS, FEATURES, OF_ARTISTS, OF_TRACKS, Features
from recommender.types import Matrix, Modality, Vector, Weights

Shares = NDArray[np.float64]

LISTENED: Final = (*OF_TRACKS, *OF_ARTISTS)
"""Features that other people's lists give."""
FEW_TRACKS: Final = 2
"""Tracks of a profile up to which the weights for a single song are used."""
_SMALLEST_BEST: Final[Mapping[str, float]] = {
    "words": 0.02,
    "nearest_words": 0.15,
    "meaning": 0.05,
    "cover": 0.1,
    "sound": 0.05,
    "sound_density": 0.02,
    "artist": 0.3,
    "years": 0.02,
    "popularity": 0.1,
}
"""A best that is itself weaker is not blown up to a full share."""
_NEVER_ZERO: Final = 1e-9
_MODALITY_OF: Final[Mapping[str, Modality]] = {each.value: each for each in Modality}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where weights come from."""

    data: str
    lists: int
    """That taught them."""
    learnt: str
    """ISO 8601 day."""
    ndcg: float
    """NDCG@10 on lists that taught nothing, with these weights."""
    ndcg_before: float
    """The same with the weights that they replaced; 0 where there were none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureWeights:
    """Weights for one kind of profile; every sequence has an entry per feature, as in :data:`FEATURES`."""

    share: Vector
    """0 or more."""
    log: Vector
    """0 or more."""
    scale: float
    """What a good candidate comes to; scores are divided by it."""

    @property
    def flat(self) -> NDArray[np.float64]:
        """Return both as one row, shape (2 · features,)."""
        return np.concatenate([self.share, self.log]).astype(np.float64)

    @classmethod
    def of(cls, flat: NDArray[np.float64], scale: float) -> "FeatureWeights":
        """Return weights from one row."""
        half = len(flat) // 2
        return cls(share=flat[:half].astype(np.float32), log=flat[half:].astype(np.float32), scale=scale)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WeightSets:
    """The weights for every kind of profile: one song or several, with or without what lists say."""

    one: FeatureWeights
    one_unheard: FeatureWeights
    many: FeatureWeights
    many_unheard: FeatureWeights
    provenance: Provenance

    def for_profile(self, tracks: int, *, has_listeners: bool) -> FeatureWeights:
        """Return the weights for a profile of so many tracks."""
        if tracks <= FEW_TRACKS:
            return self.one if has_listeners else self.one_unheard
        return self.many if has_listeners else self.many_unheard

    def to_json(self) -> str:
        """Return the weights as a text that :meth:`from_json` reads."""
        return json.dumps(
            {"provenance": asdict(self.provenance), **{name: _plain(getattr(self, name)) for name in SETS}}, indent=1
        )

    @classmethod
    def from_json(cls, text: str) -> "WeightSets":
        """Read weights.

        Raises:
            ValueError: The text is none, or names other features.
        """
        try:
            said = json.loads(text)
            return cls(provenance=Provenance(**said["provenance"]), **{name: _read(said[name]) for name in SETS})
        except (KeyError, TypeError, AttributeError) as error:
            message = f"these are no weights of features ({type(error).__name__}: {error})"
            raise ValueError(message) from error


SETS: Final = ("one", "one_unheard", "many", "many_unheard")


@lru_cache(1)
def default_weights() -> WeightSets:
    """Return the weights that come with the project; their provenance says what they were learnt from."""
    return WeightSets.from_json(files("recommender.ranking").joinpath("default_weights.json").read_text("utf-8"))


def inputs(features: Features) -> Matrix:
    """Return what the weights are applied to, shape (n, 2 · features): shares of the best, then logarithms."""
    values = features.values.astype(np.float64)
    if not len(values):
        return np.zeros((0, 2 * values.shape[1]), dtype=np.float32)
    floors = np.asarray([_SMALLEST_BEST.get(name, _NEVER_ZERO) for name in FEATURES])
    best = np.maximum(values.max(axis=0), floors)
    return np.concatenate([values / best, np.log1p(values)], axis=1).astype(np.float32)


def contributions(features: Features, weights: FeatureWeights) -> Matrix:
    """Return what each feature adds to each candidate's content, shape (n, features); zero or more."""
    weighted = inputs(features).astype(np.float64) * weights.flat
    half = len(FEATURES)
    both: Matrix = ((weighted[:, :half] + weighted[:, half:]) / weights.scale).astype(np.float32)
    return both


def asked_for(weights: Weights) -> Vector:
    """Return how much each feature counts in a request against the usual, shape (features,).

    The proportions of modalities are taken against their usual ones; one alone counts as much as usual, so that
    popularity and the discovery dial keep what they are worth beside it. Artist, years and popularity count where more
    than one modality does.
    """
    usual = Weights()
    asked = [each for each in Modality if weights.of(each) > 0]
    total = sum(weights.of(each) for each in asked)
    in_all = sum(usual.of(each) for each in Modality)
    if len(asked) == 1:
        factors = dict.fromkeys(asked, 1.0)
    else:
        factors = {each: weights.of(each) / total * in_all / usual.of(each) for each in asked}
    others = float(len(asked) > 1)
    found = []
    for name in FEATURES:
        modality = _MODALITY_OF.get(FEATURE_PARTS[name])
        found.append(others if modality is None else factors.get(modality, 0.0))
    return np.asarray(found, dtype=np.float32)


def by_part(contributed: Matrix) -> dict[str, Vector]:
    """Return the sums of contributions by part of the score, shape (n,) each."""
    parts = dict.fromkeys(FEATURE_PARTS.values())
    return {
        part: contributed[:, [column for column, name in enumerate(FEATURES) if FEATURE_PARTS[name] == part]].sum(
            axis=1
        )
        for part in parts
    }


def _plain(weights: FeatureWeights) -> dict[str, Any]:
    return {
        "scale": round(weights.scale, 6),
        "weights": {
            name: [round(float(weights.share[column]), 6), round(float(weights.log[column]), 6)]
            for column, name in enumerate(FEATURES)
        },
    }


def _read(said: Mapping[str, Any]) -> FeatureWeights:
    given = said["weights"]
    if set(given) != set(FEATURES):
        message = f"weights are for {', '.join(sorted(given))}, not for {', '.join(sorted(FEATURES))}"
        raise ValueError(message)
    values = np.asarray([given[name] for name in FEATURES], dtype=np.float32)
    if values.shape != (len(FEATURES), 2):
        raise ValueError("a feature has two weights: of its share of the best, and of its logarithm")
    scale = float(said["scale"])
    if not np.isfinite(values).all() or (values < 0).any() or not 0 < scale < np.inf:
        raise ValueError("weights of features are finite and not negative, and their scale is above 0")
    return FeatureWeights(share=values[:, 0], log=values[:, 1], scale=scale)
