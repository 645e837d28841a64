"""What the columns of a dataset file mean: their usual names, and a record read as facts about a track.

Pure functions. An impossible value is left out and counted; a record with several of them is refused, because its
columns are probably shifted; a record without a title or an artist is refused. A table of listening may name its songs
by ids alone: whoever knows the ids can keep what such a record says of its listener.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from bot.services.dataset_listening import Heard, listener_of, moment_of, plays_of, song_reference
from bot.services.dataset_names import is_listening, plain_name, positions_of
from bot.services.dataset_values import (
    NOTHING,
    ImpossibleValueError,
    audio_value,
    cover_address,
    duration_ms,
    genres_of,
    isrc_of,
    language_of,
    lyrics_of,
    names_of,
    percentage,
    release_date,
    spotify_id,
    text_of,
    words_of,
    yes_or_no,
)
from recommender.types import NO_AUDIO_FEATURES, AudioFeatures, Fact, ReleaseDate, Source, TrackFacts
from storage.values import PlaylistFacts

MOST_IMPOSSIBLE_VALUES = 2
"""In one record; with more, its columns are taken to be shifted."""
LONGEST_NAME = 1_000
"""Characters of a title: a longer one is text that slipped."""

AUDIO_NAMES = tuple(AudioFeatures.__dataclass_fields__)
_ZERO_WITHOUT_TEMPO = ("danceability", "speechiness", "valence")
"""Spotify writes 0 for these, and for the tempo, where its analysis found no beat: they are unknown, not low."""
_WHOLE = frozenset({"key", "mode", "time_signature"})

Values = Sequence[object]
T = TypeVar("T")


class RowRefusedError(ValueError):
    """A record cannot become a track; the text says why."""


class UnnamedSongError(RowRefusedError):
    """A record has no title, or no artist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRecord:
    """What one record says."""

    facts: TrackFacts
    playlist: PlaylistFacts | None
    heard: Heard | None
    reference: str | None
    """An id of the song that is not Spotify's."""
    has_lyrics: bool
    left_out: tuple[str, ...]
    """Our names of the values that were impossible."""


class Columns:
    """Reads records by what the names of their columns mean.

    Args:
        names: The header.
        folder: Where the file lies; covers may be pictures in it.

    Raises:
        ValueError: No column holds titles, or none artists, and it is no table of listening by ids; the text says
            which, for people.
    """

    def __init__(self, names: Sequence[str], folder: Path | None = None) -> None:
        self._names = tuple(names)
        self._folder = folder
        self._positions = positions_of(names)
        self._id_positions = (*self._positions.get("song_id", ()), *self._positions.get("spotify_id", ()))
        self.is_listening = is_listening(self._positions)
        """Whether this is a table of who listened to what."""
        is_by_ids = self.is_listening and bool(self._id_positions)
        for needed, usual in (("title", "track_name, name, title or song"), ("artists", "artists or artist")):
            if needed not in self._positions and not is_by_ids:
                seen = ", ".join(name for name in names if name)[:300]
                msg = f"no column is called {usual}; the columns are: {seen}"
                raise ValueError(msg)
        self._audio = [
            (name, self._positions[name][0], "%" in names[self._positions[name][0]])
            for name in AUDIO_NAMES
            if name in self._positions
        ]
        duration = self._positions.get("duration")
        self._duration_name = plain_name(names[duration[0]]) if duration else ""

    @property
    def understood(self) -> dict[str, str]:
        """Name in the file → our name, in the order of the file."""
        ours: dict[int, list[str]] = {}
        for our_name, positions in self._positions.items():
            for position in positions:
                ours.setdefault(position, []).append(our_name)
        return {self._names[position]: " and ".join(ours[position]) for position in sorted(ours)}

    @property
    def ignored(self) -> tuple[str, ...]:
        """Names in the file that mean nothing to us."""
        understood = self.understood
        return tuple(name for name in self._names if name and name not in understood)

    @property
    def lyrics(self) -> int | None:
        """The position of the lyrics; None where there are none, or no songs to go with them."""
        is_there = {"lyrics", "title", "artists"} <= self._positions.keys()
        return self._positions["lyrics"][0] if is_there else None

    @property
    def needed(self) -> tuple[int, ...]:
        """The positions that mean something, ascending."""
        return tuple(sorted({each for positions in self._positions.values() for each in positions}))

    @property
    def naming(self) -> tuple[int, int]:
        """The positions of title and artists."""
        return self._positions["title"][0], self._positions["artists"][0]

    def names(self, values: Values) -> tuple[str, tuple[str, ...]]:
        """Return title and artists of a record.

        Raises:
            UnnamedSongError: One is missing.
            RowRefusedError: One is too long to be a name.
        """
        title = words_of(self._value(values, "title"))
        artists = names_of(self._value(values, "artists"))
        # A song may be called None and a band NA; where both say nothing, nothing is known.
        says_nothing = title.casefold() in NOTHING and all(name.casefold() in NOTHING for name in artists)
        if not title or says_nothing:
            raise UnnamedSongError("no title")
        if not artists:
            raise UnnamedSongError("no artist")
        if len(title) > LONGEST_NAME or any(len(name) > LONGEST_NAME for name in artists):
            msg = f"a title or artist of more than {LONGEST_NAME:,} characters"
            raise RowRefusedError(msg)
        return title, artists

    def record(self, values: Values) -> DatasetRecord:
        """Read one record.

        Raises:
            UnnamedSongError: It has no title, or no artist.
            RowRefusedError: It cannot become a track for another reason.
        """
        title, artists = self.names(values)
        left_out: list[str] = []
        genres = genres_of(values[each] for each in self._positions.get("genres", ()))
        audio = self._audio_features(values, left_out)
        popularity = _kept("popularity", percentage, self._value(values, "popularity"), left_out)
        released = self._released(values, left_out)
        language = language_of(self._value(values, "language"))
        cover = self._first(values, "cover", lambda value: cover_address(value, self._folder))
        known = {
            Fact.WORDS: True,
            Fact.GENRES: bool(genres),
            Fact.COVER: cover is not None,
            Fact.AUDIO: audio is not NO_AUDIO_FEATURES,
            Fact.POPULARITY: popularity is not None,
            Fact.RELEASED: released is not None,
            Fact.LANGUAGE: language is not None,
        }
        facts = TrackFacts(
            title=title,
            artists=artists,
            album=text_of(self._value(values, "album")),
            released=released,
            duration_ms=_kept("duration", self._duration, self._value(values, "duration"), left_out),
            explicit=_kept("explicit", yes_or_no, self._value(values, "explicit"), left_out),
            genres=genres,
            language=language,
            popularity=popularity,
            audio=audio,
            spotify_id=self._spotify_id(values),
            spotify_album_id=self._album_id(values),
            isrc=_kept("isrc", isrc_of, self._value(values, "isrc"), left_out),
            cover_url=cover,
            sources=_from_dataset(tuple(fact for fact, is_known in known.items() if is_known)),
        )
        heard = self._heard(values, left_out)
        if len(left_out) > MOST_IMPOSSIBLE_VALUES:
            msg = f"impossible {', '.join(left_out)}: the columns may be shifted"
            raise RowRefusedError(msg)
        return DatasetRecord(
            facts=facts,
            playlist=self._playlist(values),
            heard=heard,
            reference=self._reference(values),
            has_lyrics=self.lyrics is not None and lyrics_of(values[self.lyrics]) is not None,
            left_out=tuple(left_out),
        )

    def heard(self, values: Values) -> Heard | None:
        """Return who listened to the song of a record, whatever else it says; None where it does not say."""
        return self._heard(values, [])

    def song_ids(self, values: Values) -> tuple[str, ...]:
        """Return the ids that name the song of a record where its title does not."""
        return tuple(one for one in (self._spotify_id(values), self._reference(values)) if one is not None)

    def _heard(self, values: Values, left_out: list[str]) -> Heard | None:
        if not self.is_listening:
            return None
        wrong: list[str] = []
        listener = _kept("listener", listener_of, self._value(values, "listener"), wrong)
        plays = _kept("plays", plays_of, self._value(values, "plays"), wrong)
        unclear = bool(wrong)
        last_at = _kept("time", moment_of, self._value(values, "played_at"), wrong)
        left_out.extend(wrong)
        if listener is None or unclear:
            return None
        return Heard(listener=listener, plays=plays or 1, last_at=last_at)

    def _spotify_id(self, values: Values) -> str | None:
        return self._first_of(values, self._id_positions, lambda value: spotify_id(value, "track"))

    def _reference(self, values: Values) -> str | None:
        return self._first_of(values, self._id_positions, song_reference)

    def _value(self, values: Values, our_name: str) -> object:
        positions = self._positions.get(our_name)
        return values[positions[0]] if positions else None

    def _first(self, values: Values, our_name: str, read: Callable[[object], T | None]) -> T | None:
        return self._first_of(values, self._positions.get(our_name, ()), read)

    def _first_of(self, values: Values, positions: Sequence[int], read: Callable[[object], T | None]) -> T | None:
        for position in positions:
            if (found := read(values[position])) is not None:
                return found
        return None

    def _released(self, values: Values, left_out: list[str]) -> ReleaseDate | None:
        wrong: list[str] = []
        found = self._first(values, "released", lambda value: _kept("release date", release_date, value, wrong))
        if found is None:
            left_out.extend(wrong[:1])
        return found

    def _duration(self, value: object) -> int | None:
        return duration_ms(value, self._duration_name)

    def _album_id(self, values: Values) -> str | None:
        given = spotify_id(self._value(values, "spotify_album_id"), "album")
        return given or self._first(values, "cover", _album_page)

    def _audio_features(self, values: Values, left_out: list[str]) -> AudioFeatures:
        found: dict[str, Any] = {}
        for name, position, in_percent in self._audio:
            try:
                value = audio_value(name, values[position], in_percent=in_percent)
            except ImpossibleValueError:
                left_out.append(name)
                continue
            if value is not None:
                found[name] = int(value) if name in _WHOLE else value
        if "tempo" in self._positions and "tempo" not in found and "tempo" not in left_out:
            for name in _ZERO_WITHOUT_TEMPO:
                if found.get(name) == 0:
                    del found[name]
        return AudioFeatures(**found) if found else NO_AUDIO_FEATURES

    def _playlist(self, values: Values) -> PlaylistFacts | None:
        name = text_of(self._value(values, "playlist"))
        source_id = text_of(self._value(values, "playlist_id"))
        if source_id is None and name is not None:
            # Many people call a list *Starred*.
            owner = text_of(self._value(values, "listener"))
            source_id = name if owner is None else f"{owner}: {name}"
        if source_id is None:
            return None
        return PlaylistFacts(
            source_id=source_id,
            name=name or source_id,
            genre=text_of(self._value(values, "playlist_genre")),
            subgenre=text_of(self._value(values, "playlist_subgenre")),
        )


def _kept(our_name: str, read: Callable[[object], T | None], value: object, left_out: list[str]) -> T | None:
    try:
        return read(value)
    except ImpossibleValueError:
        left_out.append(our_name)
        return None


def _album_page(value: object) -> str | None:
    return spotify_id(value, "album") if isinstance(value, str) and ("/" in value or ":" in value) else None


@lru_cache(maxsize=64)
def _from_dataset(known: tuple[Fact, ...]) -> Mapping[Fact, Source]:
    return MappingProxyType(dict.fromkeys(known, Source.DATASET))
