"""Finding out what song somebody means that the catalog does not know: at Spotify, else in the open collections."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial
from types import MappingProxyType

from bot.background import BlockingPool
from bot.errors import QuotaExceededError, SpotifyError
from bot.gateways.lyrics import FoundLyrics
from bot.gateways.musicbrainz import Recording
from bot.gateways.spotify import SpotifyGateway
from bot.services.content_services import Asked, ContentServices
from bot.services.spotify_catalog import SpotifyCatalog
from bot.services.track_names import TitleAndArtist
from recommender.songs import artist_name, song_title, version_of
from recommender.types import Fact, MemberId, Source, TrackFacts

ALIKE = 0.8
"""How alike, 0 to 1, title and artist of a search result have to be to what was typed: a letter of five may differ."""
READINGS_ASKED = 2
"""Ways to part the typed text into title and artist that MusicBrainz is asked about; it answers one a second."""
LONGEST_QUERY = 200
"""Characters."""


@dataclass(frozen=True, slots=True)
class SongLink:
    """A song named by its page on Spotify."""

    spotify_id: str

    @property
    def address(self) -> str:
        """The page, as editors of open collections write it."""
        return f"https://open.spotify.com/track/{self.spotify_id}"


@dataclass(frozen=True, slots=True)
class NamedSong:
    """A song named by title and artist."""

    readings: tuple[TitleAndArtist, ...]
    """What may be title and artist, the likeliest first; at least one."""


Song = SongLink | NamedSong


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSong:
    """What the first who knew the song says of it."""

    facts: TrackFacts
    where: str
    """Whom we have it from, for people."""


@dataclass(frozen=True, slots=True)
class UnknownSong:
    """Nobody who could be asked knows the song."""

    why: tuple[str, ...]
    """A sentence for each who was asked, or could not be."""


class SongLookup:
    """Asks Spotify first, for it alone knows what its links mean; then MusicBrainz, then LRCLIB.

    What each of them says is marked with its source: what an encoder may read of it is decided elsewhere, by
    :class:`bot.services.content_policy.ContentPolicy`.

    Args:
        spotify: Asked within its share of the daily budget.
        services: The open collections; asked where the operator allows them.
        blocking: Where they are waited for.
        tell: Is told what is being done, in words for a person who waits.
    """

    def __init__(
        self,
        spotify: SpotifyCatalog,
        services: ContentServices,
        blocking: BlockingPool,
        *,
        tell: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self._spotify = spotify
        self._services = services
        self._blocking = blocking
        self._tell = tell

    async def find(self, song: Song, member: MemberId | None) -> FoundSong | UnknownSong:
        """Return what the song is; whatever goes wrong on the way becomes a reason, not an error."""
        self._tell("Looking the song up")
        at_spotify = await self._at_spotify(song, member)
        if isinstance(at_spotify, FoundSong) or not self._services.policy.asks_open_services:
            return at_spotify
        self._tell("Asking the open collections")
        in_the_open = await self._blocking.run(self._in_the_open, song)
        if isinstance(in_the_open, FoundSong):
            return in_the_open
        return UnknownSong((*at_spotify.why, *in_the_open.why))

    async def _at_spotify(self, song: Song, member: MemberId | None) -> FoundSong | UnknownSong:
        try:
            if isinstance(song, SongLink):
                facts = await self._spotify.ask(member, partial(SpotifyGateway.track, spotify_id=song.spotify_id))
                return FoundSong(facts=facts, where="Spotify")
            query = " ".join(song.readings[0])[:LONGEST_QUERY]
            results = await self._spotify.ask(member, partial(SpotifyGateway.search_tracks, query=query))
        except SpotifyError as error:
            return UnknownSong((_in_words(error),))
        meant = best_match(results, song.readings)
        return (
            UnknownSong(("Spotify has no such track.",)) if meant is None else FoundSong(facts=meant, where="Spotify")
        )

    def _in_the_open(self, song: Song) -> FoundSong | UnknownSong:
        if isinstance(song, SongLink):
            asked = self._services.recording_linked_with(song.address)
            if asked.found is not None and asked.found.artists:
                return FoundSong(facts=_of_recording(asked.found, spotify_id=song.spotify_id), where="MusicBrainz")
            return UnknownSong((_no_luck("MusicBrainz", asked, "knows no recording by that link"),))
        return self._named_in_the_open(song)

    def _named_in_the_open(self, song: NamedSong) -> FoundSong | UnknownSong:
        asked: Asked[Recording] = Asked(None)
        for title, artist in song.readings[:READINGS_ASKED]:
            asked = self._services.recording_named(title, artist)
            if asked.found is not None:
                return FoundSong(facts=_of_recording(asked.found), where="MusicBrainz")
        lyrics = self._services.lyrics_named(*song.readings[0])
        if lyrics.found is not None:
            return FoundSong(facts=_of_lyrics(lyrics.found), where="LRCLIB")
        return UnknownSong(
            (_no_luck("MusicBrainz", asked, "does not know it"), _no_luck("LRCLIB", lyrics, "does not know it"))
        )


def best_match(results: Sequence[TrackFacts], readings: Sequence[TitleAndArtist]) -> TrackFacts | None:
    """Return the search result that is called most like one of the readings, or None when none is.

    Among results that are called the same, those of the version that was asked for come first, then those that were
    found first.
    """
    ranked = [
        (likeness, version_of(result.title) == version_of(title), -place)
        for place, result in enumerate(results)
        for title, artist in readings
        if (likeness := _likeness(result, title, artist)) >= ALIKE
    ]
    return results[-max(ranked)[2]] if ranked else None


def _likeness(result: TrackFacts, title: str, artist: str) -> float:
    names = (*result.artists, " & ".join(result.artists))
    by = max(_alike(artist_name(name), artist_name(artist)) for name in names)
    return min(by, _alike(song_title(result.title), song_title(title)))


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _of_recording(recording: Recording, *, spotify_id: str | None = None) -> TrackFacts:
    told = dict.fromkeys((Fact.WORDS, Fact.GENRES, Fact.RELEASED), Source.MUSICBRAINZ)
    return TrackFacts(
        title=recording.title,
        artists=recording.artists,
        album=recording.album,
        released=recording.released,
        duration_ms=recording.duration_ms,
        genres=recording.genres,
        isrc=recording.isrcs[0] if recording.isrcs else None,
        spotify_id=spotify_id,
        sources=MappingProxyType(told),
    )


def _of_lyrics(found: FoundLyrics) -> TrackFacts:
    return TrackFacts(
        title=found.title,
        artists=(found.artist,),
        album=found.album,
        sources=MappingProxyType({Fact.WORDS: Source.LRCLIB}),
    )


def _no_luck(service: str, asked: Asked[Recording] | Asked[FoundLyrics], unknown: str) -> str:
    return f"{service} {unknown}." if asked.was_answered else f"{service} does not answer at the moment."


def _in_words(error: SpotifyError) -> str:
    if isinstance(error, QuotaExceededError):  # whose own text holds a moment as only Discord shows it
        return f"Spotify's quota is used up until {error.until:%Y-%m-%d %H:%M} UTC."
    return str(error)
