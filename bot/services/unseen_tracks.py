"""Tracks that the catalog has never met: looked up outside, read at once, and given back as tracks like any other.

A link to Spotify that the catalog does not know is always looked up. Typed text is when it names title and artist, and
neither it nor anything spelt nearly like it is in the catalog: a typing mistake asks nobody outside.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol

import numpy as np

from bot.background import BlockingPool
from bot.errors import LinkedSongUnknownError, NotFoundInCatalogError, SongUnreadableError, StillLookingUpError
from bot.services.searchable_catalog import SearchableCatalog
from bot.services.song_lookup import FoundSong, NamedSong, Song, SongLink, SongLookup, UnknownSong
from bot.services.track_names import find_track, is_key, readings_of, spotify_id_in
from bot.services.unasked import Unasked
from recommender.fusion import Evidence
from recommender.types import MemberId, Modality, Track, TrackKey
from storage.database import Database
from storage.stored import Stored
from storage.values import Outcome

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=50)
"""How long a member waits for a song to be looked up and read; the work goes on for the next who asks."""
MOST_HINTS = 5
"""Closest names offered when nothing matches."""

HOW_TO_NAME = "For a song that is new to me, write “title - artist”, or give its Spotify link."
IF_ANOTHER = "If you mean another song, give its Spotify link."
NOT_ALLOWED = "no open source knows its words or its cover, and CONTENT_SOURCES keeps Spotify's from being read."
NOT_ASKED = "services for lyrics and covers do not answer at the moment. Ask me again later."
STILL_ASKED = "Services for lyrics and covers did not answer for it; they are asked again later."


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtIn:
    """Names of tracks, all of which the catalog can be asked for."""

    names: tuple[str, ...]
    """As they were given; a track that had to be brought in goes by its key."""
    notes: tuple[str, ...] = ()
    """Remarks on what was brought in, for people."""


class KnowsUnasked(Protocol):
    """Remembers what a service could not answer."""

    def unasked(self) -> Unasked:
        """Return what went without an answer."""
        ...


class UnseenTracks:
    """Brings in tracks that somebody names and the catalog has not met, or not read yet."""

    def __init__(
        self,
        database: Database,
        catalog: SearchableCatalog,
        lookup: SongLookup,
        content: KnowsUnasked,
        *,
        blocking: BlockingPool,
        reading: BlockingPool,
        patience: timedelta | None = PATIENCE,
        tell: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        """Take collaborators.

        Args:
            database: Of the catalog.
            catalog: Reads and finds tracks.
            lookup: Knows what song is meant.
            content: Says for which tracks services did not answer.
            blocking: For short questions to the database.
            reading: For looking up and embedding; its own, so that no backlog stands before a member who waits.
            patience: As :data:`PATIENCE`; None waits for the end.
            tell: Is told what is being done, in words for a person who waits.
        """
        self._database = database
        self._catalog = catalog
        self._lookup = lookup
        self._content = content
        self._blocking = blocking
        self._reading = reading
        self._patience_s = None if patience is None else patience.total_seconds()
        self._tell = tell
        self._under_way: dict[tuple[Song, MemberId | None], asyncio.Task[_Met]] = {}

    async def bring_in(self, names: Sequence[str], member: MemberId | None) -> BroughtIn:
        """Return the names with those replaced whose tracks had to be looked up, which are searchable from now on.

        A track of the catalog that is not searchable yet is read at once.

        Args:
            names: As :func:`find_track` understands them.
            member: Who asks; without a secret of the app, Spotify is asked by their link.

        Raises:
            NotFoundInCatalogError, LinkedSongUnknownError: A track is unknown, here and outside; the text says why.
            SongUnreadableError: It was found, but nothing that may be read of it.
            StillLookingUpError: Patience ended.
            ClosingDownError: The bot is being stopped.
        """
        brought: list[str] = []
        notes: list[str] = []
        for name in names:
            asked = await self._blocking.run(self._asked, name)
            if isinstance(asked, Track):
                await self._reading.run(self._catalog.absorb_now, [asked.key])
            if isinstance(asked, Track | None):
                brought.append(name)
                continue
            met = await self._shared((asked, member), partial(self._meet, asked, name, member))
            brought.append(f"key:{met.key}")
            notes += met.notes
        return BroughtIn(names=tuple(brought), notes=tuple(notes))

    async def close(self) -> None:
        """Give up what is under way; nobody waits for it any more."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _asked(self, name: str) -> Song | Track | None:
        """Return the song to look up, or the track to read; None when there is nothing to do."""
        with self._database.reading() as stored:
            known = find_track(stored, name)
            if known is not None:
                return None if self._is_searchable(known.key) else known
            if is_key(name) or stored.tracks.count() == 0:
                return None
            return _song(stored, name)

    def _is_searchable(self, key: TrackKey) -> bool:
        evidence = self._catalog.index().evidence_of(np.asarray([key], dtype=np.int64))
        return bool((evidence != Evidence.NONE).any())

    async def _shared(self, what: "tuple[Song, MemberId | None]", work: "Callable[[], Awaitable[_Met]]") -> "_Met":
        """Return what the work comes to; who asks while it is under way waits for the same."""
        task = self._under_way.get(what)
        if task is None:
            task = self._under_way[what] = asyncio.ensure_future(work())
            task.add_done_callback(partial(self._ended, what))
        done, _ = await asyncio.wait({task}, timeout=self._patience_s)
        if not done:
            raise StillLookingUpError
        return task.result()

    def _ended(self, what: "tuple[Song, MemberId | None]", task: "asyncio.Task[_Met]") -> None:
        del self._under_way[what]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.info("unseen track not brought in error=%s", type(error).__name__)

    async def _meet(self, song: Song, name: str, member: MemberId | None) -> "_Met":
        found = await self._lookup.find(song, member)
        if isinstance(found, UnknownSong):
            if isinstance(song, SongLink):
                raise LinkedSongUnknownError(found.why)
            closest = await self._blocking.run(self._closest, name)
            raise NotFoundInCatalogError(name, closest, why=found.why)
        return await self._reading.run(self._take_in, found)

    def _closest(self, name: str) -> tuple[str, ...]:
        with self._database.reading() as stored:
            return tuple(stored.tracks.closest_titles(name, MOST_HINTS))

    def _take_in(self, found: FoundSong) -> "_Met":
        self._tell(f"Reading the words and the cover of “{found.facts.title}” by {found.facts.artists[0]}")
        with self._database.transaction() as stored:
            [merged] = stored.tracks.add_or_merge([found.facts])
        known_by = self._catalog.absorb_now([merged.key])[merged.key]
        with self._database.reading() as stored:
            track = stored.tracks.of_keys([merged.key])[merged.key]
        unasked = self._content.unasked()
        is_owed = track.key in unasked.tracks or track.album_key in unasked.albums
        log.info("unseen track met key=%d at=%s known_by=%s", track.key, found.where, sorted(known_by))
        if not known_by:
            raise SongUnreadableError(track.title, track.artists[0], because=NOT_ASKED if is_owed else NOT_ALLOWED)
        if merged.outcome is not Outcome.NEW:
            return _Met(track.key)
        note = f"“{track.title}” by {track.artists[0]} was new to me: {found.where} knew it, {_read(known_by)}."
        return _Met(track.key, (note, STILL_ASKED) if is_owed else (note,))


@dataclass(frozen=True, slots=True)
class _Met:
    key: TrackKey
    notes: tuple[str, ...] = ()


def _song(stored: Stored, name: str) -> Song:
    spotify_id = spotify_id_in(name)
    if spotify_id is not None:
        return SongLink(spotify_id)
    readings = readings_of(name)
    near = [track for title, artist in readings for track in stored.tracks.nearly_titled(title, artist, MOST_HINTS)]
    if readings and not near:
        return NamedSong(readings)
    names = [
        *(f"{track.title} – {track.artists[0]}" for track in near),
        *stored.tracks.closest_titles(name, MOST_HINTS),
    ]
    closest = tuple(dict.fromkeys(names))[:MOST_HINTS]
    raise NotFoundInCatalogError(name, closest, why=(IF_ANOTHER if near else HOW_TO_NAME,))


def _read(known_by: frozenset[Modality]) -> str:
    """Return what was read of a new track, as the end of a sentence."""
    has_words, has_cover = Modality.TEXT in known_by, Modality.IMAGE in known_by
    if has_words and has_cover:
        return "and I read its words and its cover just now"
    return (
        "and I read its words just now; it has no cover" if has_words else "and I read its cover just now, but no words"
    )
