"""Recommending: from what a member asks for to ranked suggestions with reasons."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bot.background import BlockingPool
from bot.errors import NotLinkedError
from bot.services.asked_filters import FilterChoices, filter_notes, understood
from bot.services.asks import Answer, Ask, FilterChoice, Method, TitleChoice
from bot.services.searchable_catalog import SearchableCatalog
from bot.services.spotify_playlists import ReadPlaylist, SpotifyPlaylists, playlist_id_in
from bot.services.starts import Start, asking_member
from bot.services.unseen_tracks import UnseenTracks
from recommender.errors import NothingToGoOnError
from recommender.index.catalog_index import CatalogIndex
from recommender.ranking.groups import group_answer
from recommender.ranking.recommender import Recommender
from recommender.types import (
    Filters,
    MemberId,
    Recommendation,
    Request,
    Signal,
    Suggestion,
    Track,
)
from storage.database import Database
from storage.values import Remembered

MOST_CHOICES = 25
"""Discord shows no more lines of autocomplete."""
LONGEST_CHOICE = 100
"""Characters Discord shows of one line."""


class LibraryRefresh(Protocol):
    """Brings what is known of a member's listening up to date."""

    async def bring_up_to_date(self, member: MemberId, /) -> tuple[str, ...]:
        """Sync when it is due; return remarks for the member. Never raises for what is only a pity."""
        ...


class Recommends(Protocol):
    """Answers requests."""

    def recommend(self, request: Request, signals: Sequence[Signal] = (), /) -> Recommendation:
        """Return suggestions, best first; as :meth:`recommender.ranking.recommender.Recommender.recommend` does."""
        ...


class RecommendingService:
    """Answers what to listen to next."""

    def __init__(
        self,
        database: Database,
        catalog: SearchableCatalog,
        recommender_for: Callable[[CatalogIndex, Method], Recommends],
        blocking: BlockingPool,
        *,
        now: Callable[[], datetime],
        library: LibraryRefresh | None = None,
        completing: BlockingPool | None = None,
        unseen: UnseenTracks | None = None,
        playlists: SpotifyPlaylists | None = None,
    ) -> None:
        """Take collaborators.

        ``completing`` keeps autocomplete from waiting behind answers; ``unseen`` brings in tracks that are not known,
        ``playlists`` reads those that a member gives a Spotify link to.
        """
        self._database = database
        self._catalog = catalog
        self._recommender_for = recommender_for
        self._blocking = blocking
        self._completing = completing or blocking
        self._now = now
        self._library = library
        self._unseen = unseen
        self._playlists = playlists
        self._choices = FilterChoices(database, now)

    async def recommend(self, ask: Ask) -> Answer:
        """Return suggestions for what was asked; a member's library is brought up to date first.

        Raises:
            NotFoundInCatalogError: A named track or artist is not in the catalog; the track not outside, either.
            UnknownGenreError, UnknownLanguageError, LanguageNotSungError: No track can be what the filters ask for.
            BotError: As :meth:`UnseenTracks.bring_in` raises, where a named track had to be looked up.
            NotLinkedError: 'For me' from a member of whom nothing is known.
            TasteKeptError: Somebody was named who has not agreed to it.
            PlaylistClosedError: Spotify does not open the playlist to whoever asks.
            RecommenderError: The catalog is empty, or the seed gives no direction.
        """
        notes: tuple[str, ...] = ()
        if self._library is not None and ask.is_for_me:
            notes = await self._library.bring_up_to_date(asking_member(ask))
        ask, brought_in, playlist = await self._from_outside(ask)
        return await self._blocking.run(self._answer, ask, (*brought_in, *notes), playlist)

    async def complete_title(self, typed: str) -> list[TitleChoice]:
        """Return up to 25 tracks whose title or artist goes on from what was typed; nothing typed gives the popular."""
        return await self._completing.run(self._complete, typed)

    async def complete_genre(self, typed: str) -> list[FilterChoice]:
        """Return up to 25 genres of the catalog that the typed text may become; nothing typed gives the commonest."""
        return await self._completing.run(self._choices.genres, typed, MOST_CHOICES)

    async def complete_language(self, typed: str) -> list[FilterChoice]:
        """Return up to 25 languages of the catalog, in the same way."""
        return await self._completing.run(self._choices.languages, typed, MOST_CHOICES)

    async def complete_album(self, typed: str) -> list[FilterChoice]:
        """Return up to 25 albums whose name goes on from what was typed; nothing typed gives the largest."""
        return await self._completing.run(self._albums, typed)

    async def complete_playlist(self, typed: str) -> list[FilterChoice]:
        """Return up to 25 playlists of dataset files, in the same way."""
        return await self._completing.run(self._file_playlists, typed)

    def get_ready(self) -> None:
        """Open the index and load the text encoder, so that the first answer need not; a damaged index is rebuilt.

        Raises:
            EmptyCatalogError: Nothing is embedded yet.
        """
        self._catalog.index()
        self._catalog.warm_up()

    def answer(self, ask: Ask) -> Answer:
        """Answer without an event loop: what the command line calls. Raises as :meth:`recommend` does."""
        unread = self._catalog.unread()
        notes = (
            (f"The words of {unread:,} tracks are not embedded: run `cratedigger catalog embed`.",) if unread else ()
        )
        playlist = None
        if ask.named_tracks or ask.playlist is not None:
            ask, brought_in, playlist = asyncio.run(self._from_outside(ask))
            notes = (*brought_in, *notes)
        try:
            return self._answer(ask, notes, playlist)
        except NotLinkedError as error:
            msg = f"Nothing is known of member {ask.member}: no link, no history, no verdicts."
            raise NothingToGoOnError(msg) from error

    async def _with_unseen(self, ask: Ask) -> tuple[Ask, tuple[str, ...]]:
        """Return what was asked with tracks that can be found, and remarks on those that had to be brought in."""
        if self._unseen is None or not ask.named_tracks:
            return ask, ()
        brought = await self._unseen.bring_in(ask.named_tracks, ask.member)
        if ask.path is None:
            return replace(ask, tracks=brought.names), brought.notes
        start, end = brought.names
        return replace(ask, path=(start, end)), brought.notes

    async def _read_playlist(self, ask: Ask) -> ReadPlaylist | None:
        playlist_id = playlist_id_in(ask.playlist or "")
        if playlist_id is None or self._playlists is None:
            return None
        return await self._playlists.read(playlist_id, ask.member)

    async def _from_outside(self, ask: Ask) -> tuple[Ask, tuple[str, ...], ReadPlaylist | None]:
        """Return what was asked, with what others had to be asked for it."""
        ask, brought_in = await self._with_unseen(ask)
        return ask, brought_in, await self._read_playlist(ask)

    def _complete(self, typed: str) -> list[TitleChoice]:
        with self._database.reading() as stored:
            found = stored.tracks.search(typed, MOST_CHOICES)
        return [TitleChoice(key=track.key, label=_choice_label(track)) for track in found]

    def _albums(self, typed: str) -> list[FilterChoice]:
        with self._database.reading() as stored:
            found = stored.collections.albums_starting(typed, MOST_CHOICES)
        return [FilterChoice(label=_shortened(each.label), value=f"album:{each.key}") for each in found]

    def _file_playlists(self, typed: str) -> list[FilterChoice]:
        with self._database.reading() as stored:
            found = stored.collections.playlists_starting(typed, MOST_CHOICES)
        return [
            FilterChoice(label=_shortened(f"{each.name} · {len(each.tracks)} ♫"), value=f"playlist:{each.key}")
            for each in found
        ]

    def _answer(self, ask: Ask, notes: tuple[str, ...], playlist: ReadPlaylist | None = None) -> Answer:
        now = self._now()
        with self._database.reading() as stored:
            filters = understood(stored, ask)
            start = Start.of(stored, ask, playlist, now)
            remarks = () if filters.is_open else filter_notes(filters, stored.tracks.gaps())
        request = Request(
            seed=start.seed,
            count=ask.count,
            weights=ask.by.weights,
            mix=ask.mix,
            discovery=ask.discovery,
            filters=filters,
            excluded=start.excluded,
            blocked_artists=start.unlike.artists,
            unlike=start.unlike.tracks,
            roll=ask.roll,
        )
        found = self._found(ask, request, start)
        if ask.member is not None and found.suggestions:
            remembered = [_remembered(each) for each in found.suggestions if not _is_end(each, ask, request)]
            with self._database.transaction() as stored:
                stored.suggestions.remember(ask.member, remembered, now, roll=ask.roll)
        notes = (*notes, *start.notes, *remarks)
        if len(found.suggestions) < ask.count:
            notes = (*notes, _few_left(len(found.suggestions), ask.count, filters))
        return Answer(seed_label=start.label, seed=start.described, recommendation=found, notes=notes)

    def _found(self, ask: Ask, request: Request, start: Start) -> Recommendation:
        recommender = self._recommender_for(self._catalog.index(), ask.method)
        if ask.path is None and not ask.group and not ask.unlike:
            return recommender.recommend(request, start.signals)
        if not isinstance(recommender, Recommender):
            raise NothingToGoOnError("The mean vector starts from songs alone: leave the rest out, or `--method` out.")
        if ask.path is not None:
            return recommender.path(request)
        if ask.group:
            return group_answer(recommender, request, start.listeners)
        return recommender.recommend(request, start.signals)


def _is_end(suggestion: Suggestion, ask: Ask, request: Request) -> bool:
    """Return whether this is an end of a path: whoever asked named it."""
    return ask.path is not None and suggestion.track.key in request.seed.tracks


def _choice_label(track: Track) -> str:
    return _shortened(f"{track.title} – {', '.join(track.artists)}")


def _shortened(label: str) -> str:
    return label if len(label) <= LONGEST_CHOICE else f"{label[: LONGEST_CHOICE - 1]}…"


def _remembered(suggestion: Suggestion) -> Remembered:
    parts = suggestion.parts.as_dict()
    return Remembered(
        track=suggestion.track.key,
        modality=max(parts, key=parts.__getitem__),
        source=suggestion.source,
        score=suggestion.score,
    )


def _few_left(found: int, wanted: int, filters: Filters) -> str:
    why = "the filters leave no more" if not filters.is_open else "the catalog has no more that fit"
    return f"Only {found} of {wanted}: {why}."
