"""Recommending: from what a member asks for to ranked suggestions with reasons."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.background import BlockingPool
from bot.errors import NotFoundInCatalogError, NotLinkedError
from bot.services.asked_filters import MOST_HINTS, FilterChoices, filter_notes, understood
from bot.services.asks import Answer, Ask, FilterChoice, Method, TitleChoice
from bot.services.searchable_catalog import SearchableCatalog
from bot.services.track_names import find_track
from bot.services.unseen_tracks import UnseenTracks
from recommender.errors import EmptyCatalogError, NothingToGoOnError
from recommender.index.catalog_index import CatalogIndex
from recommender.types import (
    Filters,
    MemberId,
    Recommendation,
    Request,
    Seed,
    SeedKind,
    Signal,
    Suggestion,
    Track,
    TrackKey,
)
from storage.database import Database
from storage.stored import Stored
from storage.values import Remembered

MOST_CHOICES = 25
"""Discord shows no more lines of autocomplete."""
LONGEST_CHOICE = 100
"""Characters Discord shows of one line."""
NO_REPEAT_FOR = timedelta(days=14)
"""A member is not given the same track again for this long, so that asking again digs further."""


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
    ) -> None:
        """Take collaborators.

        ``completing`` keeps autocomplete from waiting behind answers; ``unseen`` brings in tracks that are not known.
        """
        self._database = database
        self._catalog = catalog
        self._recommender_for = recommender_for
        self._blocking = blocking
        self._completing = completing or blocking
        self._now = now
        self._library = library
        self._unseen = unseen
        self._choices = FilterChoices(database, now)

    async def recommend(self, ask: Ask) -> Answer:
        """Return suggestions for what was asked; a member's library is brought up to date first.

        Raises:
            NotFoundInCatalogError: A named track or artist is not in the catalog; the track not outside, either.
            UnknownGenreError, UnknownLanguageError, LanguageNotSungError: No track can be what the filters ask for.
            BotError: As :meth:`UnseenTracks.bring_in` raises, where a named track had to be looked up.
            NotLinkedError: 'For me' from a member of whom nothing is known.
            RecommenderError: The catalog is empty, or the seed gives no direction.
        """
        notes: tuple[str, ...] = ()
        if self._library is not None and ask.is_for_me:
            notes = await self._library.bring_up_to_date(_asking_member(ask))
        ask, brought_in = await self._with_unseen(ask)
        return await self._blocking.run(self._answer, ask, (*brought_in, *notes))

    async def complete_title(self, typed: str) -> list[TitleChoice]:
        """Return up to 25 tracks whose title or artist goes on from what was typed; nothing typed gives the popular."""
        return await self._completing.run(self._complete, typed)

    async def complete_genre(self, typed: str) -> list[FilterChoice]:
        """Return up to 25 genres of the catalog that the typed text may become; nothing typed gives the commonest."""
        return await self._completing.run(self._choices.genres, typed, MOST_CHOICES)

    async def complete_language(self, typed: str) -> list[FilterChoice]:
        """Return up to 25 languages of the catalog, in the same way."""
        return await self._completing.run(self._choices.languages, typed, MOST_CHOICES)

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
        if self._unseen is not None and ask.tracks:
            ask, brought_in = asyncio.run(self._with_unseen(ask))
            notes = (*brought_in, *notes)
        try:
            return self._answer(ask, notes)
        except NotLinkedError as error:
            msg = f"Nothing is known of member {ask.member}: no link, no history, no verdicts."
            raise NothingToGoOnError(msg) from error

    async def _with_unseen(self, ask: Ask) -> tuple[Ask, tuple[str, ...]]:
        """Return what was asked with tracks that can be found, and remarks on those that had to be brought in."""
        if self._unseen is None or not ask.tracks:
            return ask, ()
        brought = await self._unseen.bring_in(ask.tracks, ask.member)
        return replace(ask, tracks=brought.names), brought.notes

    def _complete(self, typed: str) -> list[TitleChoice]:
        with self._database.reading() as stored:
            found = stored.tracks.search(typed, MOST_CHOICES)
        return [TitleChoice(key=track.key, label=_choice_label(track)) for track in found]

    def _answer(self, ask: Ask, notes: tuple[str, ...]) -> Answer:
        with self._database.reading() as stored:
            filters = understood(stored, ask)
            resolved = self._resolve(stored, ask)
            known = _MemberKnowledge.of(stored, ask, self._now())
            remarks = () if filters.is_open else filter_notes(filters, stored.tracks.gaps())
        if ask.is_for_me and not known.signals:
            raise NotLinkedError
        request = Request(
            seed=resolved.seed,
            count=ask.count,
            weights=ask.by.weights,
            mix=ask.mix,
            discovery=ask.discovery,
            filters=filters,
            excluded=known.excluded,
            roll=ask.roll,
        )
        recommender = self._recommender_for(self._catalog.index(), ask.method)
        recommendation = recommender.recommend(request, known.signals)
        if ask.member is not None and recommendation.suggestions:
            remembered = [_remembered(suggestion) for suggestion in recommendation.suggestions]
            with self._database.transaction() as stored:
                stored.suggestions.remember(ask.member, remembered, self._now(), roll=ask.roll)
        notes = (*notes, *remarks)
        if len(recommendation.suggestions) < ask.count:
            notes = (*notes, _few_left(len(recommendation.suggestions), ask.count, filters))
        return Answer(seed_label=resolved.label, seed=resolved.described, recommendation=recommendation, notes=notes)

    def _resolve(self, stored: Stored, ask: Ask) -> "_ResolvedSeed":
        if ask.tracks:
            return _tracks_seed(stored, ask.tracks)
        if ask.artist is not None:
            return _artist_seed(stored, ask.artist)
        if ask.prompt is not None:
            seed = Seed(kind=SeedKind.PROMPT, prompt=ask.prompt)
            return _ResolvedSeed(seed, f"“{ask.prompt}”", {"kind": "prompt", "prompt": ask.prompt})
        if ask.cover is not None:
            seed = Seed(kind=SeedKind.COVER, cover=ask.cover)
            return _ResolvedSeed(seed, "a cover picture", {"kind": "cover", "bytes": len(ask.cover)})
        member = _asking_member(ask)
        seed = Seed(kind=SeedKind.MEMBER, member=member)
        return _ResolvedSeed(seed, "your listening", {"kind": "member", "member": str(member)})


@dataclass(frozen=True, slots=True)
class _ResolvedSeed:
    seed: Seed
    label: str
    described: dict[str, object]


@dataclass(frozen=True, slots=True)
class _MemberKnowledge:
    signals: tuple[Signal, ...]
    excluded: frozenset[TrackKey]

    @classmethod
    def of(cls, stored: Stored, ask: Ask, now: datetime) -> "_MemberKnowledge":
        member = ask.member
        if member is None:
            return cls((), frozenset())
        signals = tuple(stored.signals.of_member(member))
        heard = {signal.track for signal in signals}
        judged = {each.track for each in stored.feedback.of_member(member)}
        lately = stored.suggestions.recent(member, now - NO_REPEAT_FOR, but_for_roll=ask.roll)
        return cls(signals, frozenset(heard | judged | lately))


def _tracks_seed(stored: Stored, named: tuple[str, ...]) -> _ResolvedSeed:
    tracks = [_find_track(stored, name) for name in named]
    described: dict[str, object] = {
        "kind": "track",
        "tracks": [
            {"key": track.key, "spotify_id": track.spotify_id, "title": track.title, "artists": list(track.artists)}
            for track in tracks
        ],
    }
    label = ", ".join(f"“{track.title}” by {track.artists[0]}" for track in tracks)
    seed = Seed(kind=SeedKind.TRACK, tracks=tuple(track.key for track in tracks))
    return _ResolvedSeed(seed, label, described)


def _artist_seed(stored: Stored, named: str) -> _ResolvedSeed:
    artist = stored.tracks.artist_named(named)
    if artist is None:
        raise _not_found(stored, named, stored.tracks.closest_artists(named, MOST_HINTS))
    seed = Seed(kind=SeedKind.ARTIST, artist=artist)
    return _ResolvedSeed(seed, named, {"kind": "artist", "artist": named})


def _find_track(stored: Stored, name: str) -> Track:
    found = find_track(stored, name)
    if found is None:
        raise _not_found(stored, name, stored.tracks.closest_titles(name, MOST_HINTS))
    return found


def _not_found(stored: Stored, named: str, closest: Sequence[str]) -> Exception:
    is_empty = not closest and stored.tracks.count() == 0
    return EmptyCatalogError() if is_empty else NotFoundInCatalogError(named, tuple(closest))


def _asking_member(ask: Ask) -> MemberId:
    if ask.member is None:
        raise NothingToGoOnError("Name a song, an artist, a prompt or a member to start from.")
    return ask.member


def _choice_label(track: Track) -> str:
    label = f"{track.title} – {', '.join(track.artists)}"
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
