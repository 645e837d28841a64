"""The services for words and covers, built from the settings and asked without ever failing the asker."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from bot.gateways import covers, lyrics, musicbrainz
from bot.gateways.covers import CoverArtArchive, WebPictures, picture_in_file
from bot.gateways.http import Http, polite_gap, user_agent
from bot.gateways.lyrics import FoundLyrics, LrclibLyrics
from bot.gateways.musicbrainz import MusicBrainz, Recording
from bot.services.circuit_breaker import CircuitBreaker
from bot.services.content_policy import ContentPolicy
from bot.settings import Settings
from recommender.types import Track

log = logging.getLogger(__name__)
T = TypeVar("T")

RELEASES_TRIED = 2
"""Of a recording, for its cover."""


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """What a service said; when it could not be asked, nobody knows."""

    found: T | None
    was_answered: bool = True


@dataclass(frozen=True, slots=True)
class FoundCover:
    """A picture and where it lies."""

    picture: bytes
    address: str


class ContentServices:
    """Asks LRCLIB, MusicBrainz, the Cover Art Archive and hosts of pictures; thread-safe, and raises nothing.

    Args:
        settings: Name the services and what may be fetched.
        clock: Seconds that only go forwards.
        sleep: Waits between two polite questions.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        agent = user_agent(settings.public_url)
        self.policy = ContentPolicy(settings.content_sources)
        self._breaker = CircuitBreaker(clock)
        bases = (settings.lyrics_api_base, settings.musicbrainz_api_base, settings.cover_art_archive_base)
        self._https = [
            Http(
                service,
                user_agent=agent,
                trusted=bases,
                refused_hosts=self.policy.refused_hosts,
                gap=polite_gap(base),
                clock=clock,
                sleep=sleep,
            )
            for service, base in zip((lyrics.SERVICE, musicbrainz.SERVICE), bases[:2], strict=True)
        ]
        # Picture hosts want no pause: the archive keeps its pictures behind a network made for that.
        pictures = Http(
            "The cover's host", user_agent=agent, trusted=bases, refused_hosts=self.policy.refused_hosts, clock=clock
        )
        self._https.append(pictures)
        self._lyrics = LrclibLyrics(bases[0], self._https[0])
        self._musicbrainz = MusicBrainz(bases[1], self._https[1])
        self._archive = CoverArtArchive(bases[2], pictures)
        self._pictures = WebPictures(pictures)

    @property
    def leaves_any_alone(self) -> bool:
        """Whether a service failed so often that it is not asked at the moment."""
        return self._breaker.is_any_open

    def lyrics_of(self, track: Track) -> Asked[FoundLyrics]:
        """Ask LRCLIB for a track's lyrics."""
        return self.lyrics_named(track.title, track.artists[0], track.duration_ms)

    def lyrics_named(self, title: str, artist: str, duration_ms: int | None = None) -> Asked[FoundLyrics]:
        """Ask LRCLIB for the lyrics of a song."""
        return self._ask(lyrics.SERVICE, lambda: self._lyrics.find(title, artist, duration_ms))

    def recording_of(self, track: Track) -> Asked[Recording]:
        """Ask MusicBrainz what it knows about a track, by ISRC or by name."""
        return self._ask(
            musicbrainz.SERVICE,
            lambda: self._musicbrainz.recording(
                track.title, track.artists[0], isrc=track.isrc, duration_ms=track.duration_ms
            ),
        )

    def recording_named(self, title: str, artist: str) -> Asked[Recording]:
        """Ask MusicBrainz what it knows about a song."""
        return self._ask(musicbrainz.SERVICE, lambda: self._musicbrainz.named(title, artist))

    def recording_linked_with(self, address: str) -> Asked[Recording]:
        """Ask MusicBrainz for the recording whose page elsewhere this is."""
        return self._ask(musicbrainz.SERVICE, lambda: self._musicbrainz.linked_with(address))

    def cover_of_recording(self, recording: Recording) -> Asked[FoundCover]:
        """Ask the Cover Art Archive for the front of the album that a recording is on."""
        for release in recording.releases[:RELEASES_TRIED]:
            asked = self._ask(covers.SERVICE, lambda release=release: self._archive.front(release))  # type: ignore[misc]
            if not asked.was_answered:
                return Asked(None, was_answered=False)
            if asked.found is not None:
                return Asked(FoundCover(asked.found, self._archive.address(release)))
        return Asked(None)

    def picture_at(self, address: str) -> Asked[bytes]:
        """Fetch the picture at an address, unless the policy keeps its host away from encoders."""
        if address.startswith("file:"):
            return Asked(picture_in_file(address))
        host = (urlsplit(address).hostname or "").rstrip(".")
        if not host or any(host == refused or host.endswith(f".{refused}") for refused in self.policy.refused_hosts):
            return Asked(None)
        return self._ask(host, lambda: self._pictures.at(address))

    def close(self) -> None:
        """Close the connections."""
        for http in self._https:
            http.close()

    def _ask(self, service: str, question: Callable[[], T | None]) -> Asked[T]:
        found, was_answered = self._breaker.ask(service, question)
        return Asked(found, was_answered)
