"""The recommender: from a request to ranked suggestions with score parts and reasons.

The seed becomes directions, the index finds candidates near them, scores rank the candidates, and an order with
variety is read off. Every step is deterministic: the same request on the same catalog at the same moment gives the
same answer.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Final

import numpy as np

from recommender.candidates import NO_KEYS, POOL_SIZE, candidates, nearest
from recommender.errors import EmptyCatalogError
from recommender.ports import TrackLookup
from recommender.ranking.blends import away_queries, sides_of, unlike_penalty
from recommender.ranking.counterfactuals import Places
from recommender.ranking.directions import Direction, PromptEncoder, SearchableIndex, known_vectors
from recommender.ranking.feature_weights import WeightSets, default_weights
from recommender.ranking.features import Profile
from recommender.ranking.learned_content import learned_content
from recommender.ranking.novelty import novelty_of
from recommender.ranking.paths import song_path
from recommender.ranking.pool import Pool, Unwanted, artists_of, pool_of, unwanted_for
from recommender.ranking.ranked import RankedPool, order_of, ranked_pool, suggestion_of
from recommender.ranking.reading import Found, Reading
from recommender.ranking.scoring import MAX_DISLIKES, rests_on_lists, rests_on_vectors
from recommender.ranking.seeds import CoverEncoder, SeedReader
from recommender.taste_profile import TasteProfile, history, taste_profile
from recommender.track_tables import TrackTables
from recommender.types import Keys, Recommendation, Request, SeedKind, Signal, Suggestion, TrackKey, Vector, Weights

MAX_KNOWN_TRACKS: Final = 300
"""Strongest tracks of a member whose artists are familiar and whose other versions are left out."""
MAX_FAMILIAR_ARTISTS: Final = 20
"""Artists whose tracks join the candidates when the familiar is asked for."""
BALANCED: Final = 0.5
"""The discovery dial at which familiarity neither gains nor loses."""
_ANCHORS_SEARCHED: Final = 3
"""Strongest tracks of a direction that are looked around one by one, besides its centre."""
_CENTRE_OF_POOL: Final = 0.5
"""Share of a direction's candidates found around its centre, when its tracks are looked around too."""


class Recommender:
    """Answers requests from an index and what the catalog says. Cheap to make; safe to share between threads."""

    def __init__(
        self,
        index: SearchableIndex,
        lookup: TrackLookup,
        prompt_encoder: PromptEncoder,
        cover_encoder: CoverEncoder,
        *,
        now: Callable[[], datetime],
        tables: TrackTables | None = None,
        weights: WeightSets | None = None,
    ) -> None:
        """Take what is needed.

        Args:
            index: The searchable catalog.
            lookup: What the catalog says of tracks.
            prompt_encoder: Returns the raw text vector of a free text, by the encoder of the index's space.
            cover_encoder: Returns the raw image vector of a picture, by the encoder of the index's space.
            now: Returns the present moment, aware.
            tables: What is known of tracks beside their vectors. Without them content is what vectors say alone.
            weights: Of features; None takes those that come with the project.
        """
        self._index = index
        self._lookup = lookup
        self._seeds = SeedReader(index, lookup, prompt_encoder, cover_encoder)
        self._now = now
        self._tables = tables
        self._weights = default_weights() if weights is None else weights

    def recommend(self, request: Request, signals: Sequence[Signal] = ()) -> Recommendation:
        """Return suggestions, best first.

        Args:
            request: What is asked for. A seed track, its versions and covers of it never come back; of an artist who
                was asked about nothing comes back unless the familiar is asked for (discovery below ½).
            signals: What the asking member did. With a member as seed they are the taste that suggestions follow; with
                any seed, their tracks are known and do not come back, and disliked ones take their like down.

        Returns:
            At most ``request.count`` suggestions; fewer when filters and exclusions leave no more.

        Raises:
            EmptyCatalogError: Nothing is searchable.
            NothingToGoOnError: The seed gives no direction.
            PictureRefusedError: The cover is no usable picture.
        """
        reading = self.read(request, signals)
        found = self.find(reading)
        pool = self.pool(found.keys, reading.unwanted)
        if len(pool) == 0:
            return self.answer(request, (), frozenset())
        ranked = self.rank(reading, pool, found)
        order = order_of(
            ranked,
            reading.start.directions,
            request.count,
            roll=request.roll,
            max_per_artist=request.count if request.max_per_artist is None else request.max_per_artist,
            artist_shares=self._artist_shares(reading),
        )
        places = Places.of(ranked.parts)
        suggestions = (
            suggestion_of(
                ranked,
                row,
                rank=rank,
                request=request,
                evidence=reading.profile.evidence,
                played=frozenset(reading.played),
                places=places,
            )
            for rank, row in enumerate(order, start=1)
        )
        return self.answer(request, tuple(suggestions), reading.familiar)

    def path(self, request: Request) -> Recommendation:
        """Return the songs of a path from the first of two seed tracks to the second; see :mod:`~.paths`.

        Raises:
            EmptyCatalogError: Nothing is searchable.
            NothingToGoOnError: The seed is not two songs of which something is known.
        """
        if len(self._index) == 0:
            raise EmptyCatalogError
        suggestions = song_path(self._index, self._lookup, request)
        return replace(self.answer(request, suggestions, frozenset()), novelty=None)

    def read(self, request: Request, signals: Sequence[Signal] = ()) -> Reading:
        """Return what a request and what its member did come to, before anything is searched; raises likewise."""
        if len(self._index) == 0:
            raise EmptyCatalogError
        now = self._now()
        profile = self._profile(request, signals, now)
        start = self._seeds.start_of(self._with_directions(request), profile)
        known = self._lookup.tracks(profile.strongest[:MAX_KNOWN_TRACKS])
        played = dict.fromkeys(
            name for key in profile.strongest if key in known for name in sorted(artists_of(known[key]))
        )
        return Reading(
            request=request,
            profile=profile,
            start=start,
            played=tuple(played),
            own={**known, **{track.key: track for track in (*start.tracks, *start.parts, *start.theirs)}},
            unwanted=unwanted_for(
                seeds=start.tracks,
                artists=start.artists,
                known=[*known.values(), *start.parts, *self._lookup.tracks(request.unlike).values()],
                blocked_artists=request.blocked_artists,
            ),
            unlike=sides_of(self._index, request.unlike),
            today=now.date(),
        )

    def find(self, reading: Reading, near: Keys = NO_KEYS) -> Found:
        """Return the candidates of a request; those in ``near`` are among them whatever speaks for them."""
        request, start = reading.request, reading.start
        found, excluded, among = self._near(reading, [*sorted(start.artists), *reading.played])
        found = np.union1d(found, near)
        if self._tables is None or start.profile is None or not self._learns(reading):
            return Found(keys=found)
        learned = learned_content(
            start.profile,
            request.weights,
            self._weights,
            self._tables,
            self._index,
            excluded=excluded,
            among=among,
            near=found,
            interests=_interests(start.directions) if request.seed.kind is SeedKind.MEMBER else (),
        )
        return Found(keys=learned.keys, learned=learned)

    def _with_directions(self, request: Request) -> Request:
        """Return a request whose seed is read by the usual weights where it asks for the lists of others alone.

        Lists give no direction; what a list is made varied by, and what an own track shares with a suggestion, do.
        """
        of_tracks = request.seed.kind not in {SeedKind.PROMPT, SeedKind.COVER}
        by_lists = self._tables is not None and of_tracks and rests_on_lists(request.weights)
        return replace(request, weights=Weights()) if by_lists else request

    def _learns(self, reading: Reading) -> bool:
        """Whether features are weighed for this request."""
        has_profile = self._tables is not None and reading.start.profile is not None
        return has_profile and not rests_on_vectors(reading.request.weights)

    def pool(self, keys: Keys, unwanted: Unwanted) -> Pool:
        """Return candidates as the catalog has them, without those that are unwanted."""
        return pool_of(self._index, keys, self._lookup.tracks(map(TrackKey, keys.tolist())), unwanted)

    def rank(self, reading: Reading, pool: Pool, found: Found) -> RankedPool:
        """Score a pool for a request.

        Args:
            reading: Of the request.
            pool: At least one candidate, all of them among those that were found.
            found: What was found for the request.
        """
        anchors = sorted({key for direction in reading.start.directions for key in direction.anchors})
        return ranked_pool(
            pool,
            reading.start.directions,
            reading.request,
            behind=self._lookup.tracks(anchors),
            own=reading.own,
            familiar=reading.familiar,
            disliked=known_vectors(self._index, reading.profile.disliked[:MAX_DISLIKES]),
            slices=self._index.space.slices,
            today=reading.today,
            meaning=reading.start.meaning,
            learned=found.learned,
            unlike=self._unlike_penalty(reading, pool),
        )

    def _profile(self, request: Request, signals: Sequence[Signal], now: datetime) -> TasteProfile:
        if request.seed.kind is not SeedKind.MEMBER:
            return history(signals, now=now)
        return taste_profile(signals, lambda keys: known_vectors(self._index, keys), self._index.space.slices, now=now)

    def _artist_shares(self, reading: Reading) -> dict[str, float]:
        """Return the share of each artist in a playlist that is continued; nothing for other seeds."""
        if reading.start.profile is None or reading.request.seed.kind is not SeedKind.PLAYLIST:
            return {}
        tracks = self._lookup.tracks(map(TrackKey, reading.start.profile.keys.tolist()))
        counts = Counter(name for track in tracks.values() for name in artists_of(track))
        return {name: count / len(tracks) for name, count in counts.items()}

    def _unlike_penalty(self, reading: Reading, pool: Pool) -> Vector | None:
        """Return what closeness to what suggestions should not be like takes away; None where nothing was named."""
        unlike, weights = reading.request.unlike, reading.request.weights
        if not unlike:
            return None
        in_lists = None
        if self._tables is not None and self._tables.lists is not None and weights.collaborative > 0:
            keys = np.asarray([track.key for track in pool.tracks], dtype=np.int64)
            in_lists = np.max([self._tables.lists.shared_lists(key, keys) for key in unlike[:MAX_DISLIKES]], axis=0)
        return unlike_penalty(pool.vectors, reading.unlike, self._index.space.slices, weights, in_lists=in_lists)

    def _near(self, reading: Reading, familiar: Sequence[str]) -> tuple[Keys, Keys, Keys | None]:
        """Return what the index finds near the seed, what is excluded, and the only keys that may come (None: any)."""
        request, start, profile = reading.request, reading.start, reading.profile
        wants_familiar = request.discovery < BALANCED
        own = frozenset(start.keys) if request.seed.kind is not SeedKind.ARTIST or not wants_familiar else frozenset()
        unwanted = np.asarray(sorted(own | profile.known | request.excluded | {*request.unlike}), dtype=np.int64)
        excluded = np.union1d(unwanted, self._of_artists(request.blocked_artists))
        among = None if request.filters.is_open else self._lookup.keys_matching(request.filters)
        if rests_on_lists(request.weights):
            return NO_KEYS, excluded, among
        # Where there are tables, features have sources of their own, and one look around each centre is enough.
        is_learned = self._learns(reading)
        queries, shares = _looks(start.directions, anchors=0 if is_learned else _ANCHORS_SEARCHED)
        away = away_queries(start.directions, reading.unlike, self._index.space.slices)
        queries, shares = [*queries, *(query for query, _ in away)], [*shares, *(share for _, share in away)]
        size = POOL_SIZE // 2 if is_learned else POOL_SIZE
        found = candidates(self._index, queries, shares, excluded=excluded, among=among, size=size)
        if len(start.of_years):
            near = np.setdiff1d(start.of_years, excluded)
            then = [
                nearest(self._index, each.query, POOL_SIZE, excluded=excluded, among=near) for each in start.directions
            ]
            found = np.unique(np.concatenate([found, *then]))
        if not wants_familiar:
            return found, excluded, among
        theirs = np.setdiff1d(self._of_artists(islice(familiar, MAX_FAMILIAR_ARTISTS)), excluded)
        near = theirs if among is None else np.intersect1d(theirs, among)
        more = [
            nearest(self._index, each.query, POOL_SIZE // 4, excluded=excluded, among=near) for each in start.directions
        ]
        return np.unique(np.concatenate([found, *more])), excluded, among

    def _of_artists(self, names: Iterable[str]) -> Keys:
        return np.unique(np.concatenate([NO_KEYS, *(self._lookup.keys_of_artist(name) for name in names)]))

    def answer(self, request: Request, suggestions: tuple[Suggestion, ...], familiar: frozenset[str]) -> Recommendation:
        """Return an answer that says how new the suggestions are to whoever knows the ``familiar`` artists."""
        novelty = novelty_of(
            [each.track for each in suggestions],
            discovery=request.discovery,
            familiar=familiar,
            popularity_counts=self._lookup.popularity_counts(),
        )
        return Recommendation(
            suggestions=suggestions,
            catalog_tracks=len(self._index),
            fingerprint=self._index.space.fingerprint,
            novelty=novelty,
            roll=request.roll,
        )


def _interests(directions: Sequence[Direction]) -> list[Profile]:
    """Return the tracks of each direction as a profile of their own; none where a direction has no tracks."""
    if not all(each.anchors for each in directions):
        return []
    found = [np.asarray(each.anchors, dtype=np.int64) for each in directions]
    return [Profile.of(keys, np.ones(len(keys), dtype=np.float32)) for keys in found]


def _looks(
    directions: Sequence[Direction], *, anchors: int
) -> tuple[list[np.ndarray[tuple[int], np.dtype[np.float32]]], list[float]]:
    """Return the queries to search with, some anchors of each direction too, and each one's share of the pool."""
    queries, shares = [], []
    for direction in directions:
        around = direction.anchor_queries[:anchors] if len(direction.anchors) > 1 else ()
        centre = _CENTRE_OF_POOL if len(around) else 1.0
        queries += [direction.query, *around]
        shares += [direction.share * centre, *[direction.share * (1 - centre) / len(around) for _ in around]]
    return queries, shares
