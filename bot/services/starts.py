"""What an answer starts from: the seed that was named, or the taste of one member or several, as far as they agreed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.errors import NotLinkedError, TasteKeptError
from bot.services.asks import Ask, Person
from bot.services.named_seeds import Described, NamedSeed, NamedSeeds, Unlike
from bot.services.spotify_playlists import ReadPlaylist
from recommender.errors import NothingToGoOnError
from recommender.ranking.explanations import listed
from recommender.ranking.groups import Listener
from recommender.types import MemberId, Seed, SeedKind, Signal, TrackKey, Verdict
from storage.stored import Stored
from storage.values import Consent

NO_REPEAT_FOR = timedelta(days=14)
"""A member is not given the same track again for this long, so that asking again digs further."""
SMALLEST_GROUP = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What an answer starts from."""

    seed: Seed
    label: str
    described: Described
    unlike: Unlike
    signals: tuple[Signal, ...] = ()
    """Of the member whose taste counts."""
    excluded: frozenset[TrackKey] = frozenset()
    listeners: tuple[Listener, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, stored: Stored, ask: Ask, playlist: ReadPlaylist | None, now: datetime) -> "Start":
        """Read what was asked for, and what is known of those whose taste it is.

        Raises:
            TasteKeptError: Somebody was named who has not agreed to it.
            NotLinkedError: Nothing is known of the member who asks for themselves.
            NothingToGoOnError: Nobody asks, a group has one member, or nothing is known of somebody else.
        """
        names = NamedSeeds(stored)
        own = _knowledge(stored, ask.member, now, roll=ask.roll)
        named = names.seed_of(ask, playlist)
        unlike = names.unlike(ask.unlike)
        if named is not None:
            if not {*named.seed.tracks}.isdisjoint(unlike.tracks) or named.seed.artist in unlike.artists:
                raise NothingToGoOnError("Suggestions cannot be like a song and unlike it: name another one.")
            excluded = _disliked(stored, ask.member) if ask.path is not None else own.excluded
            return cls._from_named(named, unlike, signals=own.signals, excluded=excluded)
        if ask.group:
            return cls._from_group(stored, ask, own, unlike, now)
        if ask.other is not None and ask.other.member != ask.member:
            return cls._from_other(stored, ask.other, own, unlike, now)
        member = asking_member(ask)
        if not own.signals:
            raise NotLinkedError
        seed = Seed(kind=SeedKind.MEMBER, member=member)
        named = NamedSeed(seed=seed, label="your listening", described={"kind": "member", "member": str(member)})
        return cls._from_named(named, unlike, signals=own.signals, excluded=own.excluded)

    @classmethod
    def _from_named(
        cls, named: NamedSeed, unlike: Unlike, *, signals: tuple[Signal, ...], excluded: frozenset[TrackKey]
    ) -> "Start":
        """Return the start from a seed."""
        label, described = named.label, named.described
        if unlike.labels:
            label = f"{label}, not like {listed(unlike.labels)}"
            described = {**described, "not_like": list(unlike.described)}
        return cls(
            seed=named.seed,
            label=label,
            described=described,
            unlike=unlike,
            signals=signals,
            excluded=excluded,
            notes=named.notes,
        )

    @classmethod
    def _from_other(cls, stored: Stored, other: Person, own: "_Knowledge", unlike: Unlike, now: datetime) -> "Start":
        [theirs] = _agreed(stored, [other], now)
        seed = Seed(kind=SeedKind.MEMBER, member=other.member, name=other.name)
        named = NamedSeed(
            seed=seed, label=f"{other.name}'s listening", described={"kind": "member", "member": str(other.member)}
        )
        return cls._from_named(named, unlike, signals=theirs.signals, excluded=own.excluded)

    @classmethod
    def _from_group(cls, stored: Stored, ask: Ask, own: "_Knowledge", unlike: Unlike, now: datetime) -> "Start":
        others = list({each.member: each for each in ask.group if each.member != ask.member}.values())
        listeners = [
            Listener(member=person.member, name=person.name, signals=theirs.signals, excluded=theirs.excluded)
            for person, theirs in zip(others, _agreed(stored, others, now), strict=True)
        ]
        if ask.member is not None:
            if not own.signals:
                raise NotLinkedError
            listeners.append(Listener(member=ask.member, signals=own.signals, excluded=own.excluded))
        if len(listeners) < SMALLEST_GROUP:
            raise NothingToGoOnError("A list for several needs at least two members: name another one.")
        named = NamedSeed(
            seed=Seed(kind=SeedKind.MEMBER),
            label=f"what {listed([each.name or 'you' for each in listeners])} listen to",
            described={"kind": "group", "members": [str(each.member) for each in listeners]},
        )
        start = cls._from_named(named, unlike, signals=(), excluded=frozenset())
        return replace(start, listeners=tuple(listeners))


def asking_member(ask: Ask) -> MemberId:
    """Return who asks.

    Raises:
        NothingToGoOnError: Nobody does, and nothing else was named.
    """
    if ask.member is None:
        raise NothingToGoOnError("Name a song, an artist, a prompt or a member to start from.")
    return ask.member


@dataclass(frozen=True, slots=True)
class _Knowledge:
    """What is known of a member."""

    signals: tuple[Signal, ...] = ()
    excluded: frozenset[TrackKey] = frozenset()
    """What they know, said something about, or were suggested lately."""


def _knowledge(stored: Stored, member: MemberId | None, now: datetime, *, roll: int = 0) -> _Knowledge:
    if member is None:
        return _Knowledge()
    signals = tuple(stored.signals.of_member(member))
    heard = {signal.track for signal in signals}
    judged = {each.track for each in stored.feedback.of_member(member)}
    lately = stored.suggestions.recent(member, now - NO_REPEAT_FOR, but_for_roll=roll)
    return _Knowledge(signals, frozenset(heard | judged | lately))


def _disliked(stored: Stored, member: MemberId | None) -> frozenset[TrackKey]:
    """Return what must not even be a step between two songs; what is known may be."""
    said = [] if member is None else stored.feedback.of_member(member)
    return frozenset(each.track for each in said if each.verdict in {Verdict.DISLIKE, Verdict.BLOCK})


def _agreed(stored: Stored, people: Sequence[Person], now: datetime) -> list[_Knowledge]:
    """Return what is known of members who agreed that others start from their taste.

    Raises:
        TasteKeptError: Not all of them did.
        NothingToGoOnError: Nothing is known of one of them.
    """
    refused = [each.name for each in people if stored.consents.since(each.member, Consent.TASTE) is None]
    if refused:
        raise TasteKeptError(tuple(refused))
    known = [_knowledge(stored, each.member, now) for each in people]
    for person, theirs in zip(people, known, strict=True):
        if not theirs.signals:
            message = f"I know nothing yet of what {person.name} listens to."
            raise NothingToGoOnError(message)
    return known
