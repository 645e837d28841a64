"""The mean-vector system, kept as a baseline that can be asked: what is near the mean of several songs' features.

It reads no words, no covers and nobody's listening: only how songs sound, how long they are, their years and their
popularity.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.errors import EmptyCatalogError, NothingToGoOnError
from recommender.evaluation.catalog_features import SYSTEM_FEATURES, mean_filled
from recommender.ports import TrackLookup
from recommender.songs import same_song_key
from recommender.types import (
    OPEN_FILTERS,
    Recommendation,
    Request,
    ScoreParts,
    SeedKind,
    Signal,
    Suggestion,
    Track,
    TrackKey,
)
from recommender.unit_rows import unit_rows

CLUSTERS: Final = 20
"""K of its K-means."""
FINGERPRINT: Final = "mean-vector@1/z-scored/14"
"""What stands for a fused space in its answers."""
_PART_OF: Final = {"year": "era", "popularity": "popularity"}
"""Features that are parts of a score by themselves; how long a song is counts with how it sounds."""
_SEED: Final = 0
_MANY_SONGS: Final = 2

Features = NDArray[np.float64]
"""Shape (tracks, features)."""


class MeanVectorRecommender:
    """Answers as the mean-vector system did. It reads the whole catalog for every answer; safe to share."""

    def __init__(self, lookup: TrackLookup) -> None:
        """Take the catalog."""
        self._lookup = lookup

    def recommend(self, request: Request, _signals: Sequence[Signal] = ()) -> Recommendation:
        """Return the tracks nearest to the mean of the seed's tracks, best first.

        Features are z-scored over the catalog; what is unknown has the mean. The score is the cosine, and its parts are
        what sound (with the duration), year and popularity add to it. Tracks come from the clusters that the seed's are
        in; others follow where those have too few. Weights, mix and discovery change nothing.

        Args:
            request: Its seed must be tracks; they and their versions never come back.

        Raises:
            EmptyCatalogError: There are no tracks.
            NothingToGoOnError: The seed is something else, or nothing is known of its tracks.

        Source:
            The public notebook "Music Recommendation System using Spotify Dataset".
        """
        if request.seed.kind is not SeedKind.TRACK:
            raise NothingToGoOnError("The mean-vector method starts from songs: name one or more.")
        keys = self._lookup.keys_matching(OPEN_FILTERS)
        if len(keys) == 0:
            raise EmptyCatalogError
        found = self._lookup.tracks([TrackKey(key) for key in keys.tolist()])
        tracks = [found[key] for key in sorted(found)]
        features = mean_filled(tracks, SYSTEM_FEATURES).astype(np.float64)
        row_of = {track.key: row for row, track in enumerate(tracks)}
        own = [row_of[key] for key in request.seed.tracks if key in row_of]
        mean = unit_rows(features[own].mean(axis=0, keepdims=True))[0] if own else np.zeros(len(SYSTEM_FEATURES))
        if not mean.any():
            raise NothingToGoOnError("Nothing is known of how these songs sound, nor of their years and popularity.")
        around = _Around(
            tracks=tracks, own=own, features=features, added=unit_rows(features) * mean, clusters=_clusters(features)
        )
        chosen = around.chosen(request, self._passing(request, tracks))
        return Recommendation(
            suggestions=tuple(around.suggestion(rank, row) for rank, row in enumerate(chosen, start=1)),
            catalog_tracks=len(tracks),
            fingerprint=FINGERPRINT,
        )

    def _passing(self, request: Request, tracks: Sequence[Track]) -> NDArray[np.bool_]:
        """Return whether each track may be suggested at all."""
        keys = np.asarray([track.key for track in tracks], dtype=np.int64)
        passing = ~np.isin(keys, list(request.excluded))
        if not request.filters.is_open:
            passing &= np.isin(keys, self._lookup.keys_matching(request.filters))
        return passing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Around:
    """A catalog as seen from the mean of some of its tracks."""

    tracks: Sequence[Track]
    own: Sequence[int]
    """Rows of the tracks asked about."""
    features: Features
    added: Features
    """What each feature adds to the cosine with the mean."""
    clusters: NDArray[np.int64]
    """Shape (tracks,)."""

    def chosen(self, request: Request, passing: NDArray[np.bool_]) -> list[int]:
        """Return the rows to suggest: each song once, the clusters of the own tracks first."""
        songs = {_song(self.tracks[row]) for row in self.own}
        chosen: list[int] = []
        for row in np.lexsort((-self.added.sum(axis=1), ~self._is_inside())).tolist():
            if len(chosen) == request.count:
                break
            if passing[row] and _song(self.tracks[row]) not in songs:
                songs.add(_song(self.tracks[row]))
                chosen.append(row)
        return chosen

    def suggestion(self, rank: int, row: int) -> Suggestion:
        """Return one suggestion with its parts and its reason."""
        parts = {"audio": 0.0, "era": 0.0, "popularity": 0.0}
        for name, value in zip(SYSTEM_FEATURES, self.added[row].tolist(), strict=True):
            parts[_PART_OF.get(name, "audio")] += value
        nearest = min(self.own, key=lambda each: float(np.square(self.features[each] - self.features[row]).sum()))
        are_many = len(self.own) >= _MANY_SONGS
        what = f"the mean of your {len(self.own)} songs" if are_many else f"“{self.tracks[nearest].title}”"
        beside = f" Nearest to “{self.tracks[nearest].title}”." if are_many else ""
        together = "the same" if self._is_inside()[row] else "another"
        return Suggestion(
            rank=rank,
            track=self.tracks[row],
            parts=ScoreParts(**parts),
            reason=f"Close to {what} in sound, year and popularity; {together} K-means cluster.{beside}",
            because_of=self.tracks[nearest].key,
        )

    def _is_inside(self) -> NDArray[np.bool_]:
        """Return whether each track is in a cluster of the own tracks."""
        inside: NDArray[np.bool_] = np.isin(self.clusters, self.clusters[list(self.own)])
        return inside


def _clusters(features: Features) -> NDArray[np.int64]:
    from sklearn.cluster import KMeans

    count = min(CLUSTERS, len(np.unique(features, axis=0)))
    return np.asarray(KMeans(count, n_init=1, random_state=_SEED).fit_predict(features), dtype=np.int64)


def _song(track: Track) -> str:
    return same_song_key(track.title, track.artists[0] if track.artists else "")
