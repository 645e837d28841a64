"""What is behind a suggestion: the member's or the seed's own track that speaks loudest for it.

Where the lists of others, or the artist, give the largest part of a score, the track behind it is the one that they
are about; else it is the one that is nearest by vectors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from recommender.ranking.explanations import NOTABLE_SHARE, InLists, leading_part
from recommender.ranking.features import FEATURES, OF_ARTISTS, OF_TRACKS
from recommender.ranking.learned_content import LearnedContent
from recommender.types import Keys, Modality, ScoreParts, Track, TrackKey

_OF_TRACKS: Final = [FEATURES.index(name) for name in OF_TRACKS]
_OF_ARTISTS: Final = [FEATURES.index(name) for name in OF_ARTISTS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The own track behind a suggestion."""

    track: Track | None
    in_lists: InLists | None = None
    """What lists have in common, where they give the largest part and name an own track."""


def behind(
    key: Keys, parts: ScoreParts, learned: LearnedContent, *, nearest: Track | None, own: Mapping[TrackKey, Track]
) -> Behind:
    """Return what is behind a candidate.

    Args:
        key: Shape (1,), the candidate.
        parts: Of its score.
        learned: What features add to it.
        nearest: The own track that is nearest by vectors.
        own: The tracks of the profile, as far as the catalog has them.
    """
    leading = leading_part(parts)
    if leading == Modality.COLLABORATIVE:
        return _of_lists(key, learned, nearest, own)
    if leading == "artist":
        theirs = [own[each] for each in learned.scores.own_by_artist_of(int(key[0])) if each in own]
        is_theirs = nearest is not None and nearest.key in {each.key for each in theirs}
        return Behind(track=nearest if is_theirs else next(iter(theirs), nearest))
    return Behind(track=nearest)


def _of_lists(key: Keys, learned: LearnedContent, nearest: Track | None, own: Mapping[TrackKey, Track]) -> Behind:
    contributed = learned.contributed_to(key)[0]
    of_tracks, of_artists = float(contributed[_OF_TRACKS].sum()), float(contributed[_OF_ARTISTS].sum())
    found = [
        (learned.scores.own_in_lists(int(key[0])), of_tracks, False),
        (learned.scores.own_artist_in_lists(int(key[0])), of_artists, True),
    ]
    # What lists say of the track itself is told where it gives a notable part, for it says more.
    if of_tracks < NOTABLE_SHARE * of_artists:
        found.reverse()
    for shared, contribution, by_artist in found:
        if shared is not None and contribution > 0 and shared.own in own:
            return Behind(track=own[shared.own], in_lists=InLists(lists=shared.lists, by_artist=by_artist))
    return Behind(track=nearest)
