"""A ranked pool: the score parts of every candidate, what is behind them, and the order that is read off."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.interests import clustering_points, shares_to_slots
from recommender.ranking.behind import Behind, behind
from recommender.ranking.counterfactuals import Places
from recommender.ranking.directions import Direction
from recommender.ranking.diversity import Label, capped_mmr_order
from recommender.ranking.explanations import Grounds, reason_for
from recommender.ranking.learned_content import LearnedContent
from recommender.ranking.pool import Pool, artists_of, song_key
from recommender.ranking.popularity import decayed_popularity
from recommender.ranking.prompt_meaning import PromptMeaning
from recommender.ranking.rolls import rolled
from recommender.ranking.scoring import (
    ASKED_ERA_SHARE,
    ERA_SHARE,
    ContentScores,
    content_scores,
    discovery_leaning,
    dislike_penalty,
    era_closeness,
    learned_parts,
    rests_on_one,
    score_parts,
)
from recommender.taste_profile import Evidence
from recommender.types import (
    VECTORS,
    Matrix,
    Modality,
    Request,
    ScoreParts,
    SeedKind,
    Suggestion,
    Track,
    TrackKey,
    Vector,
)

MAX_PER_ARTIST: Final = 2
NO_SHARES: Final[Mapping[str, float]] = MappingProxyType({})
VARIETY_TRADE_OFF: Final = 0.85
"""Of relevance against novelty in the order: enough to part near copies, too little to bring in strangers."""
LEARNED_TRADE_OFF: Final = 0.92
"""The same where features are weighed: their scores spread wider than cosines do."""
NOTABLE_SHARE: Final = 0.15
"""Of what somebody likes: an interest with as much has at least one place."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankedPool:
    """Candidates with the parts of their scores; every sequence has one entry per candidate."""

    pool: Pool
    content: ContentScores
    parts: tuple[ScoreParts, ...]
    nearest: tuple[Track | None, ...]
    """The track behind the directions that each is nearest to by vectors."""
    own: Mapping[TrackKey, Track]
    """The member's or the seed's tracks, as far as the catalog has them."""
    slices: Mapping[Modality, slice]
    meaning: PromptMeaning | None = None
    """Of the prompt, where there is one."""
    learned: LearnedContent | None = None
    """What features add, where there is a profile."""


def ranked_pool(
    pool: Pool,
    directions: Sequence[Direction],
    request: Request,
    *,
    behind: Mapping[TrackKey, Track],
    own: Mapping[TrackKey, Track],
    familiar: frozenset[str],
    disliked: Matrix,
    slices: Mapping[Modality, slice],
    today: date,
    meaning: PromptMeaning | None = None,
    learned: LearnedContent | None = None,
    unlike: Vector | None = None,
) -> RankedPool:
    """Score a pool.

    Args:
        pool: At least one candidate.
        directions: Of the seed.
        request: Gives the weights, the mix and the discovery dial.
        behind: The tracks behind the directions, as far as the catalog has them.
        own: The member's or the seed's tracks, as far as the catalog has them.
        familiar: Normalised names of artists that the member plays or asked about.
        disliked: Shape (m, dim), fused vectors of disliked tracks.
        slices: Where each modality lies in a vector.
        today: Popularity fades with the age at this day.
        meaning: Of the prompt, where there is one; the years that it names are those that count.
        learned: What features add, where there is a profile; it takes the place of cosines and era in the score.
        unlike: Shape (n,), what closeness to what suggestions should not be like takes away; see
            :func:`recommender.ranking.blends.unlike_penalty`. None where nothing is.
    """
    same = [_same_songs(pool.tracks, direction, behind) for direction in directions]
    content = content_scores(directions, pool.vectors, slices, own=same)
    nearest = tuple(
        behind.get(directions[direction].anchors[anchor]) if anchor >= 0 else None
        for direction, anchor in zip(content.direction.tolist(), content.anchor.tolist(), strict=True)
    )
    popularity = decayed_popularity(pool.tracks, today=today)
    discovery = discovery_leaning(
        [not artists_of(track).isdisjoint(familiar) for track in pool.tracks], request.discovery
    )
    dislikes = dislike_penalty(pool.vectors, disliked, slices, request.weights)
    if unlike is not None:
        dislikes = dislikes + unlike
    if learned is not None:
        keys = np.asarray([track.key for track in pool.tracks], dtype=np.int64)
        parts = learned_parts(
            learned.parts_of(keys), mix=request.mix, popularity=popularity, discovery=discovery, dislikes=dislikes
        )
    else:
        era, era_share = _era(pool.tracks, nearest, request, meaning)
        parts = score_parts(
            content,
            mix=request.mix,
            era=era,
            era_share=era_share,
            popularity=popularity,
            discovery=discovery,
            dislikes=dislikes,
        )
    return RankedPool(
        pool=pool,
        content=content,
        parts=tuple(parts),
        nearest=nearest,
        own=own,
        slices=slices,
        meaning=meaning,
        learned=learned,
    )


def _era(
    tracks: Sequence[Track], nearest: Sequence[Track | None], request: Request, meaning: PromptMeaning | None
) -> tuple[Vector | None, float]:
    """Return how near the years of release are to what is wanted, and how much that counts."""
    years = [track.year for track in tracks]
    if meaning is not None and meaning.years:
        return era_closeness(years, [meaning.nearest_year(year) for year in years]), ASKED_ERA_SHARE
    if rests_on_one(request.weights):
        return None, ERA_SHARE
    return era_closeness(years, [None if own is None else own.year for own in nearest]), ERA_SHARE


def order_of(
    ranked: RankedPool,
    directions: Sequence[Direction],
    count: int,
    *,
    roll: int = 0,
    max_per_artist: int = MAX_PER_ARTIST,
    artist_shares: Mapping[str, float] = NO_SHARES,
) -> list[int]:
    """Return the rows to suggest, best first: varied, each song once, each direction with its share.

    No artist comes more than ``max_per_artist`` times, unless they have a greater share of what is continued. Some of
    the places of a direction are sure (see :func:`_groups`); the rest go to the best, whatever they are near to. A
    ``roll`` other than 0 draws another good list; see :func:`recommender.ranking.rolls.rolled`.
    """
    tracks = ranked.pool.tracks
    labels: list[list[Label]] = [
        [("song", song_key(track)), *(("artist", name) for name in sorted(artists_of(track)))] for track in tracks
    ]
    caps = {
        label: 1 if label[0] == "song" else max(max_per_artist, math.ceil(count * artist_shares.get(str(label[1]), 0)))
        for row in labels
        for label in row
    }
    groups, places = _groups(ranked, [each.share for each in directions], count)
    relevance = rolled(
        np.asarray([each.total for each in ranked.parts], dtype=np.float32),
        np.asarray([track.key for track in tracks], dtype=np.int64),
        roll,
        groups=groups,
        places=count,
    )
    return capped_mmr_order(
        relevance,
        clustering_points(ranked.pool.vectors, ranked.slices),
        trade_off=VARIETY_TRADE_OFF if ranked.learned is None else LEARNED_TRADE_OFF,
        count=count,
        labels=labels,
        caps=caps,
        slots=(groups, places),
    )


def _groups(ranked: RankedPool, shares: Sequence[float], count: int) -> tuple[list[int], list[int]]:
    """Return the direction of each candidate, and how many places each direction is owed.

    Where each interest of a member found candidates of its own, it is owed its share; else half of it.
    """
    keys = np.asarray([track.key for track in ranked.pool.tracks], dtype=np.int64)
    interest = None if ranked.learned is None else ranked.learned.interest_of(keys)
    if interest is None:
        return ranked.content.direction.tolist(), _guaranteed(shares, count)
    kept = shares[: int(interest.max()) + 1]
    return interest.tolist(), [*shares_to_slots(kept, count)]


def _guaranteed(shares: Sequence[float], count: int) -> list[int]:
    """Return how many of the places each direction gets at least: half of its share, and one if it is no small one."""
    slots = shares_to_slots(shares, count)
    return [max(slot // 2, min(slot, int(share >= NOTABLE_SHARE))) for slot, share in zip(slots, shares, strict=True)]


def _same_songs(tracks: Sequence[Track], direction: Direction, behind: Mapping[TrackKey, Track]) -> NDArray[np.bool_]:
    """Return whether each candidate is the same song as each anchor, shape (candidates, anchors)."""
    number: dict[str, int] = {}
    candidates = np.asarray([number.setdefault(song_key(track), len(number)) for track in tracks])
    anchors = np.asarray([number.get(song_key(behind[key]), -1) if key in behind else -1 for key in direction.anchors])
    same: NDArray[np.bool_] = candidates[:, None] == anchors[None, :]
    return same


def suggestion_of(
    ranked: RankedPool,
    row: int,
    *,
    rank: int,
    request: Request,
    evidence: Mapping[TrackKey, Evidence],
    played: frozenset[str],
    places: Places | None = None,
) -> Suggestion:
    """Return one suggestion with its reason.

    Args:
        ranked: The pool.
        row: Which candidate.
        rank: Its place, 1 first.
        request: What was asked for.
        evidence: What the member did with their tracks.
        played: Normalised names of the artists that the member plays.
        places: Of all candidates; None where they are not put in order by score.
    """
    track, parts, nearest = ranked.pool.tracks[row], ranked.parts[row], ranked.nearest[row]
    because_of = Behind(track=nearest)
    if ranked.learned is not None:
        key = np.asarray([track.key], dtype=np.int64)
        because_of = behind(key, parts, ranked.learned, nearest=nearest, own=ranked.own)
    own = because_of.track
    reach = {each: float(values[row]) for each, values in ranked.content.reach.items()}
    counted = [each for each in Modality if reach.get(each, 0.0) > 0 and request.weights.of(each) > 0]
    inferred = frozenset(
        each for column, each in enumerate(Modality) if each in counted and ranked.pool.inferred[row, column]
    )
    grounds = Grounds(
        seed=request.seed,
        track=track,
        parts=parts,
        cosines={each: float(ranked.content.cosines[each][row]) / reach[each] for each in counted},
        inferred=inferred,
        because_of=own,
        is_nearest=own is not None and nearest is not None and own.key == nearest.key,
        in_lists=because_of.in_lists,
        evidence=evidence.get(own.key) if own is not None and request.seed.kind is SeedKind.MEMBER else None,
        is_familiar=not artists_of(track).isdisjoint(played),
        meaning=ranked.meaning,
    )
    return Suggestion(
        rank=rank,
        track=track,
        parts=parts,
        reason=reason_for(grounds),
        because_of=None if own is None else own.key,
        inferred=inferred,
        source=VECTORS if ranked.learned is None else ranked.learned.source_of(track.key),
        by_score=None if places is None else places.by_score(row),
        without=MappingProxyType({} if places is None else places.without(row)),
    )
