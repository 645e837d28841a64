"""How well the engine continues lists of which a part was hidden: what weights are learnt from, and a figure to keep.

Which lists are checked, and what is hidden of each, follows from the names of lists and the keys of tracks alone. So
the figures of two nights can be compared list by list, which tells a fall from chance.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Final

import numpy as np

from recommender.evaluation.metrics import interval
from recommender.index.answers import positions
from recommender.list_model import ListModel
from recommender.ports import Progress, TrackList
from recommender.ranking.directions import SearchableIndex
from recommender.ranking.feature_weights import WeightSets
from recommender.ranking.features import Profile
from recommender.ranking.weight_learning import (
    FEWEST_LISTS,
    HIDDEN_SHARE,
    MOST_LISTS,
    SHORTEST_LIST,
    Example,
    Examples,
    example_of,
    learn,
    ndcg_of,
)
from recommender.track_tables import TrackTables
from recommender.types import Keys

CHECKED_SHARE: Final = 0.25
"""Of the lists that are long enough: these teach nothing, ever, and tell how good the rest is."""
FEWEST_CHECKED: Final = 20
"""With fewer a figure would be mostly chance."""
MOST_CHECKED: Final = 250
FEWEST_COMPARED: Final = 10
"""Lists that were checked both times, so that their figures are compared."""
FEWEST_FOR_A_FIGURE: Final = FEWEST_LISTS + FEWEST_CHECKED
"""Lists of :data:`SHORTEST_LIST` tracks or more, so that enough are left to teach."""
_SEED: Final = 20
"""Of what is drawn while weights are learnt and intervals are found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How well checked lists were continued."""

    figures: Mapping[str, float]
    """NDCG@10 by list; lists go by a digest, so that a file of figures names nobody."""
    low: float
    """Of the 95 % interval of the mean, over lists."""
    high: float

    @property
    def ndcg(self) -> float:
        """The mean."""
        return float(np.mean(list(self.figures.values())))

    def to_json(self) -> str:
        """Return a text that :meth:`from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Quality":
        """Read figures.

        Raises:
            ValueError: The text is none of ours.
        """
        try:
            said = json.loads(text)
            figures = {str(name): float(figure) for name, figure in said["figures"].items()}
            return cls(figures=figures, low=float(said["low"]), high=float(said["high"]))
        except (KeyError, TypeError, AttributeError) as error:
            message = f"these are no figures of lists ({type(error).__name__})"
            raise ValueError(message) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How the same lists were continued before and now."""

    lists: int
    before: float
    """Mean NDCG@10."""
    now: float
    low: float
    """Of the 95 % interval of ``now - before``, over lists."""
    high: float

    def is_fall_beyond(self, share: float) -> bool:
        """Return whether it is worse by more than this share of ``before``, and not by chance."""
        return self.before - self.now > share * self.before and self.high < 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lessons:
    """What lists taught."""

    weights: WeightSets
    quality: Quality | None
    """None where there are fewer than :data:`FEWEST_FOR_A_FIGURE` lists."""


def lessons_of(
    lists: Sequence[TrackList],
    tables: TrackTables,
    index: SearchableIndex,
    before: WeightSets,
    *,
    today: date,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Lessons | None:
    """Learn weights from some lists, and measure them with the tables and the index on others.

    What is hidden of a list is hidden from the list model too.

    Args:
        lists: All there are.
        tables: Of the catalog; their list model is learnt anew without what is hidden.
        index: Of the catalog.
        before: The weights that new ones are drawn to, and that stay where lists teach nothing better.
        today: For the provenance of the weights.
        progress: Counts lists.
        stop: Asked between lists.

    Returns:
        None when ``stop`` answered true.
    """
    known = [_only(each, tables.keys) for each in lists]
    teaching, checked = _parted(known)
    if not teaching:
        return Lessons(weights=before, quality=None)
    hidden = {place: _hidden_of(known[place]) for place in (*teaching, *checked)}
    left = [_without(each, hidden[place]) if place in hidden else each for place, each in enumerate(known)]
    seen = tables.with_lists(ListModel.fit(left, tables.keys, tables.artists), tables.version)
    rng = np.random.default_rng(_SEED)
    many: list[Example] = []
    one: list[Example] = []
    found: dict[str, Example] = {}
    for done, place in enumerate((*teaching, *checked), start=1):
        if stop is not None and stop():
            return None
        own = left[place]
        example = example_of(Profile.of(own.keys, own.strengths), own.keys, hidden[place], seen, index)
        if done <= len(teaching):
            many.append(example)
            named = int(rng.integers(len(own.keys)))
            single = Profile.of(own.keys[[named]], own.strengths[[named]])
            one.append(example_of(single, own.keys, hidden[place], seen, index))
        else:
            found[digest_of(own)] = example
        if progress is not None:
            progress(done, len(teaching) + len(checked))
    kinds = " and ".join(sorted({f"{lists[place].kind}s" for place in teaching}))
    weights = learn(Examples(many=tuple(many), one=tuple(one)), before, data=kinds, today=today, rng=rng)
    return Lessons(weights=weights, quality=_quality(found, weights) if found else None)


def change_between(before: Quality, now: Quality) -> Change | None:
    """Return how lists that were checked both times fared; None where they are fewer than :data:`FEWEST_COMPARED`."""
    both = sorted(before.figures.keys() & now.figures.keys())
    if len(both) < FEWEST_COMPARED:
        return None
    then = np.asarray([before.figures[name] for name in both])
    today = np.asarray([now.figures[name] for name in both])
    low, high = interval(today - then, np.random.default_rng(_SEED))
    return Change(lists=len(both), before=float(then.mean()), now=float(today.mean()), low=low, high=high)


def digest_of(each: TrackList) -> str:
    """Return what a list goes by in files."""
    return f"{_number(each.owner):016x}"


def _parted(lists: Sequence[TrackList]) -> tuple[list[int], list[int]]:
    """Return the places of the lists that teach, and of those that are checked; of neither kind when there are few."""
    long_enough = [place for place, each in enumerate(lists) if len(each.keys) >= SHORTEST_LIST]
    if len(long_enough) < FEWEST_LISTS:
        return [], []
    # By number: a list that comes or goes moves hardly any other from one part to the other.
    ordered = sorted(long_enough, key=lambda place: (_number(lists[place].owner), place))
    count = min(max(round(CHECKED_SHARE * len(ordered)), FEWEST_CHECKED), MOST_CHECKED)
    if len(ordered) < FEWEST_FOR_A_FIGURE:
        count = 0
    return ordered[count:][:MOST_LISTS], ordered[:count]


def _hidden_of(each: TrackList) -> Keys:
    """Return what is hidden of a list: always the same tracks, as far as they are in it."""
    numbers = np.asarray([_number(f"{each.owner} {key}") for key in each.keys.tolist()], dtype=np.uint64)
    count = max(round(HIDDEN_SHARE * len(each.keys)), 1)
    return np.sort(each.keys[np.argsort(numbers)[:count]])


def _without(each: TrackList, hidden: Keys) -> TrackList:
    kept = ~np.isin(each.keys, hidden)
    return replace(each, keys=each.keys[kept], strengths=each.strengths[kept])


def _only(each: TrackList, keys: Keys) -> TrackList:
    kept, _ = positions(keys, each.keys)
    return each if kept.all() else replace(each, keys=each.keys[kept], strengths=each.strengths[kept])


def _quality(found: Mapping[str, Example], weights: WeightSets) -> Quality:
    figures = {name: ndcg_of([example], weights.many) for name, example in found.items()}
    low, high = interval(np.asarray(list(figures.values())), np.random.default_rng(_SEED))
    return Quality(figures=figures, low=low, high=high)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
