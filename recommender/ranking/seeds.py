"""Seeds: what a request starts from, read into directions."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from recommender.errors import NothingToGoOnError
from recommender.interests import interests_of
from recommender.ports import TrackLookup
from recommender.ranking.directions import (
    MAX_STYLED_TRACKS,
    Direction,
    PromptEncoder,
    SearchableIndex,
    cover_direction,
    directions_of,
    known_vectors,
    prompt_direction,
    style_words,
    styled_directions,
)
from recommender.ranking.features import Profile
from recommender.ranking.prompt_meaning import PromptMeaning, Years, meaning_of
from recommender.songs import normalised
from recommender.taste_profile import TasteProfile
from recommender.types import Filters, Keys, Modality, Request, SeedKind, Track, TrackKey, Vector

CoverEncoder = Callable[[bytes], Vector]
"""Returns the raw vector of a picture, or raises PictureRefusedError."""

LONGEST_WORD: Final = 60
"""Characters; what is longer is no word of any language, and no encoder reads it."""
_WORD: Final = re.compile(r"\w+")
MAX_VERSIONED: Final = 500
"""Tracks of a playlist whose other versions are left out."""
MAX_ARTIST_TRACKS: Final = 200
"""Tracks that stand for an artist: the most popular ones."""
_POPULARITY_UNKNOWN: Final = 30
"""Stands in for an unknown popularity where an artist's tracks are weighed; about the median of large catalogs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Start:
    """What a seed came to."""

    directions: tuple[Direction, ...]
    keys: frozenset[TrackKey] = frozenset()
    """The seed's own tracks, which are no suggestions."""
    tracks: tuple[Track, ...] = ()
    """The tracks that were named one by one."""
    parts: tuple[Track, ...] = ()
    """Tracks of the album or playlist that was named: other versions of them are no suggestions either."""
    theirs: tuple[Track, ...] = ()
    """Tracks of the artist that was asked about."""
    artists: frozenset[str] = frozenset()
    """Normalised names of the artists that were asked about."""
    profile: Profile | None = None
    """The tracks behind it, where there are any."""
    meaning: PromptMeaning | None = None
    """What a prompt asks for."""
    of_years: Keys = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Tracks of the decades that a prompt names, ascending, as far as they pass the filters."""


class SeedReader:
    """Reads seeds of every kind."""

    def __init__(
        self,
        index: SearchableIndex,
        lookup: TrackLookup,
        prompt_encoder: PromptEncoder,
        cover_encoder: CoverEncoder,
    ) -> None:
        self._index = index
        self._lookup = lookup
        self._prompt_encoder = prompt_encoder
        self._cover_encoder = cover_encoder

    def start_of(self, request: Request, profile: TasteProfile) -> Start:
        """Return where a request starts; ``profile`` is the member's where their taste is the seed.

        Raises:
            NothingToGoOnError: The seed gives no direction.
            PictureRefusedError: The cover is no usable picture.
        """
        seed, weights = request.seed, request.weights
        match seed.kind:
            case SeedKind.TRACK:
                return self._of_tracks(request)
            case SeedKind.ALBUM | SeedKind.PLAYLIST:
                return self._of_collection(request)
            case SeedKind.ARTIST:
                return self._of_artist(request)
            case SeedKind.PROMPT:
                return self._of_prompt(request)
            case SeedKind.COVER:
                picture = self._cover_encoder(seed.cover or b"")
                return Start(directions=(cover_direction(picture, self._index, weights),))
            case SeedKind.MEMBER:
                return self._of_member(request, profile)

    def _of_tracks(self, request: Request) -> Start:
        keys = np.unique(np.asarray(request.seed.tracks, dtype=np.int64))
        vectors = known_vectors(self._index, keys)
        if not vectors.any():
            raise NothingToGoOnError("Nothing is known yet of how this track sounds or what it says. Try another one.")
        interests = interests_of(
            keys, vectors, np.ones(len(keys), dtype=np.float32), self._index.space.slices, keep_odd=True
        )
        directions = directions_of(interests, self._index, request.weights)
        found = self._lookup.tracks(TrackKey(int(key)) for key in keys)
        tracks = tuple(found[key] for key in dict.fromkeys(request.seed.tracks) if key in found)
        if len(keys) <= MAX_STYLED_TRACKS:
            words = {track.key: each for track in tracks if (each := style_words(track)) is not None}
            directions = styled_directions(directions, words, self._index.space, self._prompt_encoder)
        return Start(
            directions=directions,
            keys=frozenset(TrackKey(int(key)) for key in keys),
            tracks=tracks,
            artists=frozenset(normalised(name) for track in tracks for name in track.artists),
            profile=Profile.of(keys, np.ones(len(keys), dtype=np.float32)),
        )

    def _of_collection(self, request: Request) -> Start:
        """Read an album or a playlist: what its tracks have in common counts, and no single title."""
        keys = np.unique(np.asarray(request.seed.tracks, dtype=np.int64))
        strengths = np.ones(len(keys), dtype=np.float32)
        interests = interests_of(keys, known_vectors(self._index, keys), strengths, self._index.space.slices)
        if not interests:
            raise NothingToGoOnError("Nothing is known yet of the tracks in it. Try another one.")
        return Start(
            directions=directions_of(interests, self._index, request.weights),
            keys=frozenset(TrackKey(int(key)) for key in keys),
            parts=tuple(self._lookup.tracks(request.seed.tracks[:MAX_VERSIONED]).values()),
            profile=Profile.of(keys, strengths),
        )

    def _of_prompt(self, request: Request) -> Start:
        prompt = (request.seed.prompt or "").strip()
        if not prompt:
            raise NothingToGoOnError("The prompt is empty: say what you would like to hear.")
        if not any(len(word) <= LONGEST_WORD for word in _WORD.findall(prompt)):
            raise NothingToGoOnError("I find no words in this prompt: say what you would like to hear.")
        meaning = meaning_of(prompt)
        of_years = self._of_years(meaning.years, request.filters)
        has_sound = bool(meaning.traits) and request.weights.of(Modality.AUDIO) > 0
        if not (meaning.words or has_sound or len(of_years)):
            meaning = replace(meaning, words=prompt)
        direction = prompt_direction(meaning, self._index, request.weights, self._prompt_encoder, of_years=of_years)
        return Start(directions=(direction,), meaning=meaning, of_years=of_years)

    def _of_years(self, years: tuple[Years, ...], filters: Filters) -> Keys:
        decades = sorted({decade for each in years for decade in each.decades})
        found = [
            self._lookup.keys_matching(replace(filters, decade=decade))
            for decade in decades
            if filters.decade in {None, decade}
        ]
        return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *found]))

    def _of_artist(self, request: Request) -> Start:
        name = request.seed.artist or ""
        artist = normalised(name)
        keys = self._lookup.keys_of_artist(artist)
        tracks = self._lookup.tracks(TrackKey(int(key)) for key in keys)
        popularity = {key: _POPULARITY_UNKNOWN if t.popularity is None else t.popularity for key, t in tracks.items()}
        best: Keys = np.asarray(
            sorted(popularity, key=lambda key: (-popularity[key], key))[:MAX_ARTIST_TRACKS], dtype=np.int64
        )
        strengths = np.asarray([1 + popularity[TrackKey(int(key))] / 100 for key in best], dtype=np.float32)
        interests = interests_of(best, known_vectors(self._index, best), strengths, self._index.space.slices)
        if not interests:
            message = f"Nothing is known yet of the music of {name}. Try another artist or a track."
            raise NothingToGoOnError(message)
        directions = directions_of(interests, self._index, request.weights)
        # One text for all of an artist's tracks: that of the most popular one that may be encoded.
        words = next((each for key in best.tolist() if (each := style_words(tracks[key])) is not None), None)
        if words is not None:
            styles = dict.fromkeys(tracks, words)
            directions = styled_directions(directions, styles, self._index.space, self._prompt_encoder)
        return Start(
            directions=directions,
            keys=frozenset(TrackKey(int(key)) for key in keys),
            theirs=tuple(tracks[TrackKey(key)] for key in best.tolist()),
            artists=frozenset({artist}),
            profile=Profile.of(best, strengths),
        )

    def _of_member(self, request: Request, profile: TasteProfile) -> Start:
        if not profile.interests:
            raise NothingToGoOnError(_why_no_taste(profile, request.seed.name))
        keys = np.asarray(profile.strongest, dtype=np.int64)
        strengths = [profile.evidence[key].strength for key in profile.strongest]
        return Start(
            directions=directions_of(profile.interests, self._index, request.weights),
            keys=frozenset(profile.known),
            profile=Profile.of(keys, np.asarray(strengths, dtype=np.float32)),
        )


def _why_no_taste(profile: TasteProfile, name: str | None) -> str:
    if name is not None:
        return f"I know too little of what {name} likes to start from it."
    if profile.evidence:
        return "The music that you listen to is not searchable yet. Try again later, or name a track or an artist."
    if len(profile.disliked):
        return "I only know what you dislike. Press 👍 on some suggestions, or name a track, an artist or a mood."
    return (
        "I know nothing of your taste yet. Link Spotify with `/link`, press 👍 on some suggestions, "
        "or name a track, an artist or a mood."
    )
