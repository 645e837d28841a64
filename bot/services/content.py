"""Where the words and covers that encoders read come from, in the order that the operator set.

Tracks of datasets bring their own words, lyrics and covers. Services are asked only for tracks that came from members'
libraries. Lyrics are used and dropped: nothing here stores or logs them.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from bot.gateways.lyrics import FoundLyrics
from bot.gateways.musicbrainz import Recording
from bot.services.content_policy import is_from_a_library, source_of
from bot.services.content_services import Asked, ContentServices
from bot.services.dataset_lyrics import DatasetLyrics
from bot.services.unasked import Unasked, UnaskedLog
from bot.settings import ContentSource
from recommender.ports import CoverSource, Words, WordsSource
from recommender.types import Fact, Source, Track, TrackFacts, TrackKey
from storage.database import Database

T = TypeVar("T")

MOST_REMEMBERED = 2_000
"""Recordings kept between asking for a track's words and for its cover."""


class Content:
    """Finds words and covers for ingestion: a ``WordsSource`` and a ``CoverSource``. Thread-safe.

    A service that is down is left alone for a while, and the work goes on with what there is. What went without because
    of that, or because ``patience`` ran out, is remembered: see :meth:`take_unasked`.

    Args:
        database: Of the catalog. What MusicBrainz and the Cover Art Archive know is saved in it and asked for once.
        services: The world outside, with the policy that says who may tell what.
        patience: The longest time that one call waits for services; None waits for all their answers.
        clock: Seconds that only go forwards.
    """

    def __init__(
        self,
        database: Database,
        services: ContentServices,
        *,
        patience: timedelta | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._services = services
        self._policy = services.policy
        self._patience = patience
        self._clock = clock
        self._dataset_lyrics = DatasetLyrics(database)
        self._unasked = UnaskedLog(database)
        self._recordings: OrderedDict[TrackKey, Recording | None] = OrderedDict()
        self._lock = threading.Lock()

    def words_of(self, tracks: Sequence[Track], /) -> list[Words | None]:
        """Return the words of each track in order; None where there is nothing an encoder may read."""
        in_datasets = self._dataset_lyrics.of(tracks)
        asked = [track for track in tracks if self._policy.asks_open_services and is_from_a_library(track)]
        recordings, online = self._ask(asked, in_datasets) if asked else ({}, {})
        self._unasked.save()
        return [
            self._words(track, recordings.get(track.key), online.get(track.key), in_datasets.get(track.key))
            for track in tracks
        ]

    def cover_of(self, track: Track, /) -> bytes | None:
        """Return the cover of the track's album, or None when nobody has one that an encoder may read."""
        told_by = source_of(track, Fact.COVER)
        if track.cover_url is not None and told_by not in {None, Source.SPOTIFY}:
            is_file = track.cover_url.startswith("file:")
            return None if is_file and told_by is not Source.DATASET else self._picture_at(track.cover_url, track)
        for source in self._policy.sources:
            if source is ContentSource.OPEN:
                picture = self._archived(track) if is_from_a_library(track) else None
            else:
                picture = self._picture_at(track.cover_url, track) if _is_on_the_web(track.cover_url) else None
            if picture is not None:
                return picture
        return None

    @property
    def leaves_services_alone(self) -> bool:
        """Whether a service failed so often that it is not asked at the moment."""
        return self._services.leaves_any_alone

    def unasked(self) -> Unasked:
        """Return what went without an answer because a service was down."""
        return self._unasked.all()

    def take_unasked(self) -> Unasked:
        """Let tracks and albums for which a service could not be asked be embedded anew, and return them."""
        return self._unasked.take()

    def close(self) -> None:
        """Save what has to be remembered, and close files and connections."""
        self._unasked.save()
        self._dataset_lyrics.close()
        self._services.close()

    def _words(
        self, track: Track, recording: Recording | None, found: FoundLyrics | None, in_dataset: str | None
    ) -> Words | None:
        lyrics = in_dataset or (found.lyrics if found else None)
        genres = track.genres if self._policy.may_read_fact(track, Fact.GENRES) else ()
        if recording is not None:
            return Words(
                title=recording.title,
                artists=recording.artists,
                album=recording.album,
                genres=recording.genres or genres,
                lyrics=lyrics,
            )
        if self._policy.may_read_fact(track, Fact.WORDS):
            return Words(title=track.title, artists=track.artists, album=track.album, genres=genres, lyrics=lyrics)
        if found is not None:
            # LRCLIB's own names for the song: those that Spotify told us may not be read.
            return Words(title=found.title, artists=(found.artist,), album=found.album, genres=genres, lyrics=lyrics)
        return None

    def _ask(
        self, tracks: Sequence[Track], in_datasets: dict[TrackKey, str]
    ) -> tuple[dict[TrackKey, Recording | None], dict[TrackKey, FoundLyrics | None]]:
        deadline = None if self._patience is None else self._clock() + self._patience.total_seconds()
        without_lyrics = [track for track in tracks if track.key not in in_datasets]
        told_by_spotify = [track for track in tracks if self._prefers_recording(track)]
        # Each service wants its own pause between two questions, so both are asked at the same time.
        with ThreadPoolExecutor(1, thread_name_prefix="lyrics") as beside:
            lyrics = beside.submit(self._each, without_lyrics, self._services.lyrics_of, deadline)
            recordings = self._each(told_by_spotify, self._recording_of, deadline)
            return recordings, lyrics.result()

    def _each(
        self, tracks: Sequence[Track], ask: Callable[[Track], Asked[T]], deadline: float | None
    ) -> dict[TrackKey, T | None]:
        answers: dict[TrackKey, T | None] = {}
        for track in tracks:
            is_late = deadline is not None and self._clock() >= deadline
            asked: Asked[T] = Asked(None, was_answered=False) if is_late else ask(track)
            answers[track.key] = asked.found
            if not asked.was_answered:
                self._unasked.add_track(track.key)
        return answers

    def _prefers_recording(self, track: Track) -> bool:
        """Return whether MusicBrainz should say what a track is called, because Spotify may not, or only after it."""
        if source_of(track, Fact.WORDS) is not Source.SPOTIFY:
            return False
        return self._policy.sources[0] is ContentSource.OPEN

    def _recording_of(self, track: Track) -> Asked[Recording]:
        """Return what MusicBrainz knows, and let the catalog know it too."""
        with self._lock:
            if track.key in self._recordings:
                return Asked(self._recordings[track.key])
        asked = self._services.recording_of(track)
        if asked.was_answered:
            with self._lock:
                self._recordings[track.key] = asked.found
                while len(self._recordings) > MOST_REMEMBERED:
                    self._recordings.popitem(last=False)
        if asked.found is not None and source_of(track, Fact.WORDS) is Source.SPOTIFY and asked.found.artists:
            with self._database.transaction() as stored:
                stored.tracks.replace_words(track.key, _facts(asked.found))
        return asked

    def _archived(self, track: Track) -> bytes | None:
        recording = self._recording_of(track)
        cover = self._services.cover_of_recording(recording.found) if recording.found is not None else None
        if not recording.was_answered or (cover is not None and not cover.was_answered):
            self._remember_album(track)
        if cover is None or cover.found is None:
            return None
        if track.album_key is not None:
            with self._database.transaction() as stored:
                stored.tracks.set_cover_url(track.album_key, cover.found.address, Source.COVERARTARCHIVE)
        return cover.found.picture

    def _picture_at(self, address: str | None, track: Track) -> bytes | None:
        if address is None:
            return None
        asked = self._services.picture_at(address)
        if not asked.was_answered:
            self._remember_album(track)
        return asked.found

    def _remember_album(self, track: Track) -> None:
        if track.album_key is not None:
            self._unasked.add_album(track.album_key)


def _facts(recording: Recording) -> TrackFacts:
    told = {Fact.WORDS: Source.MUSICBRAINZ, Fact.GENRES: Source.MUSICBRAINZ, Fact.RELEASED: Source.MUSICBRAINZ}
    return TrackFacts(
        title=recording.title,
        artists=recording.artists,
        album=recording.album,
        genres=recording.genres,
        released=recording.released,
        sources=MappingProxyType(told),
    )


def _is_on_the_web(address: str | None) -> bool:
    return address is not None and address.startswith(("http://", "https://"))


if TYPE_CHECKING:
    _finds_words: type[WordsSource] = Content
    _finds_covers: type[CoverSource] = Content
