"""Reasons: one honest line per suggestion, made from the largest parts of its score.

A reason says only what the numbers and the catalog say: which evidence brought the track up, which track of the member
or the seed is behind it, what both share, and what had to be guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from recommender.ranking.prompt_meaning import PromptMeaning
from recommender.songs import normalised
from recommender.taste_profile import Evidence
from recommender.types import Modality, ScoreParts, Seed, SeedKind, SignalKind, Track

SEVERAL_LISTS: Final = 2
"""Lists from which on one may speak of people, and not of one list."""
CLOSE_COSINE: Final = 0.3
"""Cosine from which two tracks may be called close in something; unrelated ones have about 0."""
PROMPT_COSINE: Final = 0.4
"""The same for the words of a prompt: among 28,356 tracks the nearest to a prompt without any meaning reach .39."""
NOTABLE_SHARE: Final = 0.4
"""A modality is named when it gives at least this share of what the largest one gives."""
NOTABLE_GUESS: Final = 0.1
"""Of the content: a guess that gives at least this much is owned up to."""
OFTEN_PLAYS: Final = 5
"""Plays on record from which somebody plays a track often."""
SAME_YEARS: Final = 3
"""Years apart up to which two tracks are of the same years."""
MAX_NAME: Final = 60
"""Characters of a title, an artist or a prompt that a reason quotes."""

_IN: Final = {
    Modality.TEXT: "words",
    Modality.AUDIO: "sound",
    Modality.IMAGE: "cover",
    Modality.COLLABORATIVE: "listeners",
}
_DID: Final = {
    SignalKind.LIKE: "you liked {}",
    SignalKind.TOP_SHORT: "{} is among your top tracks",
    SignalKind.TOP_MEDIUM: "{} is among your top tracks",
    SignalKind.TOP_LONG: "{} is among your top tracks",
    SignalKind.SAVED: "you saved {}",
    SignalKind.PLAY: "you played {}",
    SignalKind.PLAYLIST: "{} is in a playlist of yours",
}
"""Strongest first: a reason names the first that holds."""
_GUESSED: Final = {
    Modality.TEXT: "its words are guessed from related tracks",
    Modality.AUDIO: "its sound is guessed from related tracks",
    Modality.IMAGE: "its cover is guessed from related tracks",
    Modality.COLLABORATIVE: "its listeners are guessed from related tracks",
}


_CONTENT: Final = (*Modality, "artist")
"""The parts of a score that may lead a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InLists:
    """What the lists of others have in common of the track behind a suggestion and the suggestion."""

    lists: int
    """How many have both, at least 1."""
    by_artist: bool
    """Whether both are the artists, and not the tracks themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a reason may be made from."""

    seed: Seed
    track: Track
    parts: ScoreParts
    cosines: Mapping[Modality, float]
    """Of the modalities that counted."""
    inferred: frozenset[Modality] = frozenset()
    """Modalities of the track that are guessed."""
    because_of: Track | None = None
    """The seed's or the member's own track that speaks loudest for it."""
    is_nearest: bool = True
    """Whether that track is also the one that the cosines compare it with."""
    in_lists: InLists | None = None
    """What lists have in common of both, where they give the largest part."""
    evidence: Evidence | None = None
    """What the member did with that track."""
    is_familiar: bool = False
    """Whether the artist is one that the member plays."""
    meaning: PromptMeaning | None = None
    """What the prompt asks for, where there is one."""


def leading_part(parts: ScoreParts) -> str:
    """Return the name of the part that gives most among modalities and artist; empty where none gives anything."""
    named = parts.as_dict()
    leading = max(_CONTENT, key=lambda name: named[name])
    return str(leading) if named[leading] > 0 else ""


def reason_for(grounds: Grounds) -> str:
    """Return one line that says why a track is suggested; plain text without a full stop."""
    lead = _lead(grounds)
    asides = [*_shared(grounds), *_familiar(grounds), *_popular(grounds), *_guessed(grounds)]
    return "; ".join([lead, *asides])


def _lead(grounds: Grounds) -> str:
    seed = grounds.seed
    if seed.kind is SeedKind.PROMPT:
        return _prompt_lead(grounds)
    if seed.kind is SeedKind.COVER:
        return _free_lead(grounds, Modality.IMAGE, "cover looks like your picture", "your picture")
    if _is_merely_popular(grounds):
        return f"Popular, though not close to {_what(seed)}" if grounds.cosines else "Popular"
    return _own_lead(grounds)


def _own_lead(grounds: Grounds) -> str:
    """Return the lead that says what a suggestion has in common with own tracks: its largest part."""
    own = grounds.because_of
    if own is not None and grounds.in_lists is not None:
        return f"{_listed_lead(own, grounds, grounds.in_lists)}{_close_too(grounds)}"
    leading = leading_part(grounds.parts)
    if leading == Modality.COLLABORATIVE:
        return f"Near to {_what(grounds.seed)} in the lists of others{_close_too(grounds)}"
    if own is None:
        return _nameless_lead(grounds, _closeness(grounds))
    if leading == "artist" and not _close_to_own(grounds) and _same_artist(grounds.track, own) is not None:
        return _artist_lead(own, grounds)
    return _led_by(own, grounds, _closeness(grounds))


def _listed_lead(own: Track, grounds: Grounds, shared: InLists) -> str:
    """Return the lead that says what the lists of others have beside an own track, or beside its artist."""
    several, is_member = shared.lists >= SEVERAL_LISTS, grounds.seed.kind is SeedKind.MEMBER
    if shared.by_artist:
        theirs, artist = _shortened(own.artists[0]), _shortened(grounds.track.artists[0])
        says = f"listeners of {theirs} also have {artist}" if several else f"a list with {theirs} has {artist} too"
        return f"{_because(own, grounds)}: {says}" if is_member else _capitalised(says)
    same = _same_artist(grounds.track, own)
    what = "it" if is_member else _quoted(own.title) if same is not None and same == own.artists[0] else _name(own)
    says = f"people who have {what} also have this" if several else f"a list that has {what} has this too"
    if is_member:
        return f"{_because(own, grounds)}: {'' if same is None else 'same artist, and '}{says}"
    return _capitalised(says) if same is None else f"Also by {_shortened(same)}: {says}"


def _artist_lead(own: Track, grounds: Grounds) -> str:
    if grounds.seed.kind is SeedKind.MEMBER:
        return f"{_because(own, grounds)}: same artist"
    return f"By the same artist as {_quoted(own.title)}"


def _close_to_own(grounds: Grounds) -> list[Modality]:
    """Return the modalities in which the track is close to the one behind it, as far as cosines tell."""
    return _close(grounds) if grounds.is_nearest else []


def _close_too(grounds: Grounds) -> str:
    close = _close_to_own(grounds)
    return f"; close in {listed([_IN[each] for each in close])} too" if close else ""


def _led_by(own: Track, grounds: Grounds, closeness: str) -> str:
    """Return the lead that names the track behind a suggestion, and no artist twice."""
    same = _same_artist(grounds.track, own)
    is_by_the_first = same is not None and same == own.artists[0]
    if grounds.seed.kind is SeedKind.MEMBER:
        by = "" if same is None else "same artist, " if is_by_the_first else f"also by {_shortened(same)}, "
        return f"{_because(own, grounds)}: {by}{closeness}"
    if same is None:
        return _capitalised(f"{closeness} to {_name(own)}")
    return f"Also by {_shortened(same)}: {closeness} to {_quoted(own.title) if is_by_the_first else _name(own)}"


def _nameless_lead(grounds: Grounds, closeness: str) -> str:
    """Return the lead where no single track is behind a suggestion."""
    asked = grounds.seed.artist or ""
    if normalised(asked) in {normalised(name) for name in grounds.track.artists}:
        return f"By {_shortened(asked)}, the artist you asked about"
    return _capitalised(f"{closeness} to {_what(grounds.seed)}")


def _what(seed: Seed) -> str:
    if seed.kind is not SeedKind.MEMBER:
        return "what you asked about"
    return "what you like" if seed.name is None else f"what {_shortened(seed.name)} likes"


def _prompt_lead(grounds: Grounds) -> str:
    """Return the lead for a prompt: what its words are close to, and what it asked for by name and got."""
    meaning = grounds.meaning
    asked = _quoted(meaning.words if meaning is not None and meaning.words else grounds.seed.prompt or "")
    likeness = f"words are close to {asked}"
    got = _got(grounds, meaning) if meaning is not None else ""
    if meaning is not None and not meaning.words:
        return _capitalised(got or f"{_closeness(grounds)} to what you asked for")
    if not got:
        return _free_lead(grounds, Modality.TEXT, likeness, asked)
    is_close = Modality.TEXT not in grounds.inferred and grounds.cosines.get(Modality.TEXT, 0) >= PROMPT_COSINE
    return f"Its {likeness}; {got}" if is_close else _capitalised(got)


def _got(grounds: Grounds, meaning: PromptMeaning) -> str:
    labels = meaning.labels_of(grounds.track, by_sound=Modality.AUDIO in grounds.cosines)
    if labels:
        return f"{listed(labels)}, as you asked"
    return "close to the sound that you asked for" if meaning.traits and Modality.AUDIO in _close(grounds) else ""


def _free_lead(grounds: Grounds, own: Modality, likeness: str, asked: str) -> str:
    """Return the lead for a seed that has one modality of its own; the others are those of the tracks nearest in it."""
    close = _close(grounds)
    echoed = listed([_IN[each] for each in close if each is not own] or [""])
    if own in close:
        return f"Its {likeness}" + (f"; close in {echoed} to other matches" if echoed else "")
    if close:
        return f"Close in {echoed} to tracks whose {likeness}"
    return f"Not very close, but among the nearest to {asked}"


def _closeness(grounds: Grounds) -> str:
    """Return ``close in sound and words``, or what is nearest when nothing is close."""
    close = _close(grounds)
    if close:
        return f"close in {listed([_IN[each] for each in close])}"
    known = [each for each in grounds.cosines if each not in grounds.inferred]
    if not known:
        return "the nearest by what can be guessed"
    return f"not very close, but nearest in {_IN[max(known, key=lambda each: _part(grounds, each))]}"


def _close(grounds: Grounds) -> list[Modality]:
    """Return the known modalities in which the track is really close, largest part first."""
    is_prompt = grounds.seed.kind is SeedKind.PROMPT
    enough = {Modality.TEXT: PROMPT_COSINE} if is_prompt else {}
    largest = max((_part(grounds, each) for each in grounds.cosines), default=0.0)
    close = [
        each
        for each, cosine in grounds.cosines.items()
        if each not in grounds.inferred
        and cosine >= enough.get(each, CLOSE_COSINE)
        and _part(grounds, each) >= NOTABLE_SHARE * largest
    ]
    return sorted(close, key=lambda each: -_part(grounds, each))


def _because(own: Track, grounds: Grounds) -> str:
    """Return what the member did; of somebody else no more than that the track is among what they listen to."""
    evidence, whose = grounds.evidence, grounds.seed.name
    if whose is not None:
        return f"Because of {_name(own)} in {_shortened(whose)}'s listening"
    kinds = evidence.kinds if evidence else frozenset()
    if evidence and evidence.plays >= OFTEN_PLAYS and SignalKind.LIKE not in kinds:
        return f"Because you often play {_name(own)}"
    phrase = next((phrase for kind, phrase in _DID.items() if kind in kinds), "you know {}")
    return f"Because {phrase.format(_name(own))}"


def _same_artist(track: Track, own: Track) -> str | None:
    names = {normalised(name) for name in track.artists}
    return next((name for name in own.artists if normalised(name) in names), None)


def _shared(grounds: Grounds) -> list[str]:
    """Return what the track and the one behind it have in common by the catalog's own account."""
    track, own = grounds.track, grounds.because_of
    if own is None:
        return []
    theirs = {genre.casefold() for genre in own.genres}
    # The narrowest genre says most, and narrower ones have longer names: "metal", "melodic death metal".
    genres = [genre for genre in track.genres if genre.casefold() in theirs]
    genre = _shortened(max(genres, key=len, default=""))
    years = ""
    if grounds.parts.era > 0 and track.year and own.year and abs(track.year - own.year) <= SAME_YEARS:
        years = "from the same years" if track.year != own.year else f"from {track.year}"
    both = " ".join(filter(None, (genre, years)))
    return [f"both {both}"] if both else []


def _familiar(grounds: Grounds) -> list[str]:
    own = grounds.because_of
    says_so_already = own is not None and _same_artist(grounds.track, own) is not None
    is_reason = grounds.is_familiar and grounds.parts.discovery > 0 and not says_so_already
    whose = "you play" if grounds.seed.name is None else f"{_shortened(grounds.seed.name)} plays"
    return [f"by an artist {whose}"] if is_reason else []


def _popular(grounds: Grounds) -> list[str]:
    return ["popular"] if _is_popular(grounds) and not _is_merely_popular(grounds) else []


def _is_popular(grounds: Grounds) -> bool:
    """Return whether popularity gives more than any modality or the artist."""
    largest = max(grounds.parts.as_dict()[each] for each in _CONTENT)
    return grounds.track.popularity is not None and grounds.parts.popularity > largest


def _is_merely_popular(grounds: Grounds) -> bool:
    """Return whether nothing but popularity speaks for a track; a prompt and a picture have leads of their own."""
    own = grounds.because_of
    is_free = grounds.seed.kind in {SeedKind.PROMPT, SeedKind.COVER}
    if is_free or own is None or grounds.in_lists is not None or _same_artist(grounds.track, own) is not None:
        return False
    return _is_popular(grounds) and not _close(grounds)


def _guessed(grounds: Grounds) -> list[str]:
    content = sum(_part(grounds, each) for each in grounds.cosines)
    return [
        _GUESSED[each]
        for each in grounds.cosines
        if each in grounds.inferred and _part(grounds, each) >= NOTABLE_GUESS * content > 0
    ]


def _part(grounds: Grounds, modality: Modality) -> float:
    return float(getattr(grounds.parts, modality.value))


def _name(track: Track) -> str:
    return f"{_quoted(track.title)} by {_shortened(track.artists[0])}" if track.artists else _quoted(track.title)


def _quoted(text: str) -> str:
    return f"“{_shortened(text)}”"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_NAME else f"{line[: MAX_NAME - 1].rstrip()}…"


def _capitalised(line: str) -> str:
    return f"{line[0].upper()}{line[1:]}"


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence lists them: ``one, two and three``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
