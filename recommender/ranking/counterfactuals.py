"""What would change without a modality, as in "Without the cover it would be 14th".

All candidates of a request are put in order by what is left of their scores without one part. Nothing is made up for
it: the other parts keep their weights (the content's shares are not stretched to fill the gap), no other candidates
are looked for, and variety, caps and rolls, which come after scores, are left aside. So a place here is among the
candidates by score alone, and is held against the place that the whole score gives, not against the place in a list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.types import Modality, ScoreParts, Suggestion

NAMED: Final[Mapping[str, str]] = MappingProxyType(
    {
        Modality.TEXT.value: "the words",
        Modality.IMAGE.value: "the cover",
        Modality.AUDIO.value: "the sound",
        Modality.COLLABORATIVE.value: "the lists of others",
    }
)
"""What each modality's part is called after "without"."""
_ENDINGS: Final[Mapping[int, str]] = MappingProxyType({1: "st", 2: "nd", 3: "rd"})


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where candidates stand by score, with and without each modality. Make one with :meth:`of`."""

    totals: NDArray[np.float64]
    """Shape (n,)."""
    parts: Mapping[str, NDArray[np.float64]]
    """Shape (n,) each: what each modality gives."""

    @classmethod
    def of(cls, parts: Sequence[ScoreParts]) -> "Places":
        """Take the parts of all candidates of a request."""
        return cls(
            np.asarray([each.total for each in parts], dtype=np.float64),
            {name: np.asarray([getattr(each, name) for each in parts], dtype=np.float64) for name in NAMED},
        )

    def by_score(self, row: int) -> int:
        """Return the place of a candidate by its whole score, 1 first; equals share the better place."""
        return _place(self.totals, row)

    def without(self, row: int) -> dict[str, int]:
        """Return the place that a candidate would have without each modality that gives it anything."""
        return {name: _place(self.totals - part, row) for name, part in self.parts.items() if part[row] > 0}


def what_if(suggestion: Suggestion) -> str | None:
    """Return a sentence on the modality without which a suggestion would fall furthest; None where none lets it fall.

    It falls where it would stand behind its place by score and behind its place in the list.
    """
    if suggestion.by_score is None or not suggestion.without:
        return None
    parts = suggestion.parts.as_dict()
    furthest = max(suggestion.without, key=lambda name: (suggestion.without[name], parts[name]))
    place = suggestion.without[furthest]
    if place <= max(suggestion.by_score, suggestion.rank):
        return None
    return f"Without {NAMED[furthest]} it would be {ordinal(place)}."


def places_line(suggestion: Suggestion) -> str | None:
    """Return its place by score and those without each modality, furthest first; None where there is no such order."""
    if suggestion.by_score is None:
        return None
    furthest_first = sorted(suggestion.without.items(), key=lambda one: -one[1])
    without = [f"{ordinal(place)} without {NAMED[name]}" for name, place in furthest_first]
    return ", ".join([f"{ordinal(suggestion.by_score)} by score", *without])


def ordinal(number: int) -> str:
    """Return ``1st``, ``2nd``, ``3rd``, ``4th``, ``11th``, ``21st``."""
    is_teen = number // 10 % 10 == 1
    return f"{number}{'th' if is_teen else _ENDINGS.get(number % 10, 'th')}"


def _place(scores: NDArray[np.float64], row: int) -> int:
    return 1 + int((scores > scores[row]).sum())
