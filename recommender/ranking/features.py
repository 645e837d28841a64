"""Features of candidates for a profile: what each kind of evidence says of a track, before anything is weighed.

A profile is a set of tracks with strengths: what a member listens to, a playlist, or one named song. Every feature is
zero or more, and more of it never speaks against a track. Nothing tells how many lists a track is in: a track that
nobody has met competes by its content and by what is said of its artist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.candidates import nearest
from recommender.errors import NothingToGoOnError
from recommender.index.answers import positions
from recommender.list_model import NO_ARTIST_CODE, Shared
from recommender.ranking.directions import SearchableIndex, known_vectors
from recommender.ranking.popularity import with_median
from recommender.track_tables import TrackTables
from recommender.types import Keys, Matrix, Modality, TrackKey, Vector, Weights

FEATURE_PARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "words": "text",
        "nearest_words": "text",
        "meaning": "text",
        "cover": "image",
        "sound": "audio",
        "sound_density": "audio",
        "artist": "artist",
        "track_neighbours": "collaborative",
        "list_neighbours": "collaborative",
        "list_model": "collaborative",
        "artist_neighbours": "collaborative",
        "artist_contexts": "collaborative",
        "years": "era",
        "popularity": "popularity",
    }
)
"""The part of a score that each feature enters."""
FEATURES: Final = tuple(FEATURE_PARTS)
OF_TRACKS: Final = ("track_neighbours", "list_neighbours", "list_model")
OF_ARTISTS: Final = ("artist_neighbours", "artist_contexts")

MAX_PROFILE_TRACKS: Final = 300
"""Strongest tracks of a profile that count."""
PROPOSED: Final = 150
"""Tracks that each source brings in."""
SOUND_SHARPNESS: Final = 4.0
"""Of the kernel by which tracks of the profile that sound alike are counted."""
YEARS_APART: Final = 5.0
"""At which the closeness of two years falls to 1/e."""
POPULARITY_APART: Final = 20.0
"""Points at which the closeness of two popularities falls to 1/e."""
_SOUND_ALONE: Final = Weights.only(Modality.AUDIO)
_FALLBACK: Final = 1e-6
"""What popularity counts among tracks that a source says the same of."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """The tracks behind a request."""

    keys: Keys
    """Shape (m,), distinct, strongest first."""
    strengths: Vector
    """Shape (m,), above 0."""

    @classmethod
    def of(cls, keys: Keys, strengths: Vector) -> "Profile":
        """Return the strongest of these tracks."""
        order = np.lexsort((keys, -strengths))[:MAX_PROFILE_TRACKS]
        return cls(keys=np.asarray(keys, dtype=np.int64)[order], strengths=strengths[order].astype(np.float32))

    def __len__(self) -> int:
        """Return how many tracks there are."""
        return len(self.keys)

    @property
    def shares(self) -> Vector:
        """Shape (m,): strengths that add up to 1."""
        shares: Vector = self.strengths / self.strengths.sum()
        return shares

    @property
    def counted(self) -> Vector:
        """Shape (m,): 1 for what is as strong as the median or stronger, less for what has faded.

        Yes or no counts for more among lists than how often.
        """
        counted: Vector = np.minimum(self.strengths / np.median(self.strengths), 1).astype(np.float32)
        return counted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """Features of some candidates."""

    keys: Keys
    """Shape (n,), ascending."""
    values: Matrix
    """Shape (n, features), columns as in :data:`FEATURES`; zero or more."""

    def of(self, feature: str) -> Vector:
        """Return one column."""
        return self.values[:, FEATURES.index(feature)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnInLists:
    """A track of a profile that lists have beside a candidate, or whose artist they have beside the candidate's."""

    own: TrackKey
    lists: int
    """How many have both, at least 1."""


class ProfileScores:
    """What the tables and the index say of the whole catalog for one profile; worked out once, when it is asked."""

    def __init__(self, profile: Profile, tables: TrackTables, index: SearchableIndex) -> None:
        self._profile = profile
        self._tables = tables
        self._index = index
        self._known, self._rows = positions(tables.keys, profile.keys)

    @property
    def has_listeners(self) -> bool:
        """Whether lists say anything of this profile."""
        return any(each.any() for each in (*self._of_tracks.values(), *self._of_artists.values()))

    def proposals(
        self, weights: Weights, *, excluded: Keys, among: Keys | None = None, listeners_only: bool = False
    ) -> dict[str, Keys]:
        """Return the best tracks of each source, best first, as far as it says anything.

        Args:
            weights: Of the modalities: a source of one without weight proposes nothing.
            excluded: Tracks that must not be proposed.
            among: The only ones that may be; None for all.
            listeners_only: Whether nothing but the lists of others proposes.
        """
        keys = self._tables.keys
        allowed = ~np.isin(keys, excluded) if among is None else np.isin(keys, np.setdiff1d(among, excluded))
        found: dict[str, Keys] = {}
        if not listeners_only:
            found |= self._near(weights, excluded=excluded, among=among)
            if weights.text > 0:
                found["words"] = self._best(self._words, allowed)
            found["artist"] = self._best(self._artist, allowed)
        if weights.collaborative > 0:
            for name, scores in self._of_tracks.items():
                found[name] = self._best(self._spread_tracks(scores), allowed)
            for name, scores in self._of_artists.items():
                found[name] = self._best(self._spread_artists(scores), allowed)
        return {name: best for name, best in found.items() if len(best)}

    def _near(self, weights: Weights, *, excluded: Keys, among: Keys | None) -> dict[str, Keys]:
        """Return what is near by the index: in all modalities together, and in sound alone."""
        space = self._index.space
        centre = self._profile.shares @ self._own_vectors
        subs = {modality: centre[at] for modality, at in space.slices.items()}
        allowed = None if among is None else np.setdiff1d(among, excluded)
        found: dict[str, Keys] = {}
        for name, asked in (("vectors", weights), ("sound", _SOUND_ALONE)):
            if weights.audio > 0 or name != "sound":
                try:
                    query = space.query(subs, asked)
                except NothingToGoOnError:
                    continue
                found[name] = nearest(self._index, query, PROPOSED, excluded=excluded, among=allowed)
        return found

    def features(self, keys: Keys) -> Features:
        """Return the features of candidates.

        Args:
            keys: Ascending, distinct.
        """
        there, rows = positions(self._tables.keys, keys)
        columns = {name: np.zeros(len(keys), dtype=np.float64) for name in FEATURES}

        def put(name: str, values: NDArray[np.floating]) -> None:
            columns[name][there] = values

        put("words", self._words[rows])
        put("nearest_words", self._nearest_words(rows))
        put("artist", self._artist[rows])
        for name, scores in self._of_tracks.items():
            put(name, self._spread_tracks(scores)[rows])
        for name, scores in self._of_artists.items():
            put(name, self._spread_artists(scores)[rows])
        put("years", self._years(rows))
        put("popularity", self._popularity(rows))
        columns |= self._from_vectors(keys)
        values = np.stack([columns[name] for name in FEATURES], axis=1).astype(np.float32)
        return Features(keys=keys, values=np.maximum(values, 0))

    def own_in_lists(self, key: int) -> "OwnInLists | None":
        """Return the track of the profile whose lists have most in common with those of a track; None where none has.

        A track that one list has beside it comes after those that several have.
        """
        if self._tables.lists is None:
            return None
        return self._most_shared(self._tables.lists.lists_with_track(key, self._profile.keys), self._profile.keys)

    def own_artist_in_lists(self, key: int) -> "OwnInLists | None":
        """Return the same for artists: the strongest track of the profile by another artist than the track's own."""
        artist = self._artist_of(key)
        if self._tables.lists is None or artist == NO_ARTIST_CODE:
            return None
        own = self._tables.artists[self._rows]
        others = np.where(own == artist, NO_ARTIST_CODE, own)
        keys = self._profile.keys[self._known]
        return self._most_shared(self._tables.lists.lists_with_artist(artist, others), keys)

    def own_by_artist_of(self, key: int) -> tuple[TrackKey, ...]:
        """Return the tracks of the profile by a track's first artist, strongest first."""
        artist = self._artist_of(key)
        if artist == NO_ARTIST_CODE:
            return ()
        same = self._tables.artists[self._rows] == artist
        return tuple(TrackKey(each) for each in self._profile.keys[self._known][same].tolist())

    def _artist_of(self, key: int) -> int:
        found, rows = positions(self._tables.keys, np.asarray([key], dtype=np.int64))
        return int(self._tables.artists[rows[0]]) if found[0] else NO_ARTIST_CODE

    def _most_shared(self, shared: Shared, keys: Keys) -> "OwnInLists | None":
        if not shared.lists.any():
            return None
        # Of equals the first: the strongest.
        best = int(np.lexsort((np.arange(len(keys)), -shared.cosines, shared.lists <= 1))[0])
        return OwnInLists(own=TrackKey(int(keys[best])), lists=int(shared.lists[best]))

    def _best(self, scores: NDArray[np.float64], allowed: NDArray[np.bool_]) -> Keys:
        rows = np.flatnonzero(allowed & (scores > 0))
        if len(rows) > PROPOSED:
            # Sources that know artists alone say the same of all their tracks.
            ordered = scores[rows] * (1 + _FALLBACK * np.nan_to_num(self._tables.popularity[rows]))
            rows = rows[np.argpartition(-ordered, PROPOSED - 1)[:PROPOSED]]
        return self._tables.keys[rows[np.argsort(-scores[rows], kind="stable")]]

    @cached_property
    def _words(self) -> NDArray[np.float64]:
        """Shape (tracks,): mean cosine of words with the profile."""
        words = self._tables.words
        own = words[self._rows]
        mean = np.zeros(words.shape[1], dtype=np.float32)
        np.add.at(mean, own.indices, own.data * np.repeat(self._profile.shares[self._known], np.diff(own.indptr)))
        return np.asarray(words @ mean, dtype=np.float64)

    def _nearest_words(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        if not len(self._rows) or not len(rows):
            return np.zeros(len(rows))
        closeness = self._tables.words[rows] @ self._tables.words[self._rows].T
        return np.asarray(closeness.max(axis=1).toarray(), dtype=np.float64).ravel()

    @cached_property
    def _artist(self) -> NDArray[np.float64]:
        """Shape (tracks,): how many of the profile's tracks are by the same artist."""
        codes, places = np.unique(self._tables.artists[self._rows], return_inverse=True)
        counts = np.bincount(places, weights=self._profile.counted[self._known], minlength=len(codes))
        found, at = positions(codes, self._tables.artists)
        scores = np.zeros(len(self._tables))
        scores[found] = counts[at]
        scores[self._tables.artists == NO_ARTIST_CODE] = 0
        return scores

    @cached_property
    def _of_tracks(self) -> Mapping[str, NDArray[np.float64]]:
        if self._tables.lists is None:
            return {}
        return self._tables.lists.track_scores(self._profile.keys, self._profile.counted)

    @cached_property
    def _of_artists(self) -> Mapping[str, NDArray[np.float64]]:
        if self._tables.lists is None:
            return {}
        return self._tables.lists.artist_scores(self._tables.artists[self._rows], self._profile.counted[self._known])

    def _spread_tracks(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        spread = np.zeros(len(self._tables))
        rows = self._tables.list_rows
        spread[rows[rows >= 0]] = scores[rows >= 0]
        return spread

    def _spread_artists(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        columns = self._tables.artist_columns
        if not len(scores):
            return np.zeros(len(columns))
        return np.where(columns >= 0, scores[columns], 0)

    def _years(self, rows: NDArray[np.int64]) -> Vector:
        """Return the mean closeness in years; the median where a year is unknown."""
        own = self._tables.years[self._rows]
        known = np.isfinite(own)
        if not known.any() or not len(rows):
            return np.zeros(len(rows), dtype=np.float32)
        shares = self._profile.shares[self._known][known]
        distinct, places = np.unique(own[known], return_inverse=True)
        weights = np.bincount(places, weights=shares) / shares.sum()
        apart = np.abs(self._tables.years[rows][:, None] - distinct[None, :])
        return with_median((np.exp(-apart / YEARS_APART) @ weights).astype(np.float32))

    def _popularity(self, rows: NDArray[np.int64]) -> Vector:
        """Return the closeness to the profile's mean popularity; the median where it is unknown."""
        own = self._tables.popularity[self._rows]
        known = np.isfinite(own)
        if not known.any() or not len(rows):
            return np.zeros(len(rows), dtype=np.float32)
        shares = self._profile.shares[self._known][known]
        mean = float((own[known] * shares).sum() / shares.sum())
        return with_median(np.exp(-np.abs(self._tables.popularity[rows] - mean) / POPULARITY_APART).astype(np.float32))

    def _from_vectors(self, keys: Keys) -> dict[str, NDArray[np.float64]]:
        """Return what the fused vectors say: mean cosines, and how many of the profile's tracks sound alike."""
        vectors, own = self._index.vectors_of(keys), self._own_vectors
        found: dict[str, NDArray[np.float64]] = {}
        for name, modality in (("meaning", Modality.TEXT), ("cover", Modality.IMAGE), ("sound", Modality.AUDIO)):
            at = self._index.space.slices[modality]
            present = own[:, at].any(axis=1)
            shares = self._profile.strengths * present
            mean = (shares / max(float(shares.sum()), 1e-9)) @ own[:, at]
            found[name] = np.maximum(vectors[:, at] @ mean, 0).astype(np.float64)
            if modality is Modality.AUDIO and present.any():
                cosines = vectors[:, at] @ own[present][:, at].T
                kernel = np.exp(SOUND_SHARPNESS * (cosines - 1)) @ (shares[present] / shares.sum())
                found["sound_density"] = np.where(vectors[:, at].any(axis=1), kernel, 0).astype(np.float64)
        return found

    @cached_property
    def _own_vectors(self) -> Matrix:
        return known_vectors(self._index, self._profile.keys)
