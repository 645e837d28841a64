"""Suggestions as the text and the picture of cards, in portions that fit a Discord message."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import quote, urlsplit

from bot.presenters.happiness import happiness_line
from bot.presenters.markdown import link, plain, plain_but_moments
from bot.presenters.novelty import novelty_line
from bot.services.asks import Answer
from recommender.types import Recommendation, Suggestion, Track, TrackKey

MOST_CARDS = 5
"""Per message: a card with cover and buttons takes up to seven of the forty components that Discord allows."""

_TITLE, _ARTISTS, _ALBUM, _REASON, _LABEL, _NOTE = 140, 140, 80, 200, 200, 280
_NOTES = 3
_COVER_DESCRIPTION = 200
_ADDRESS = 1024
_SEARCHED = 40
"""Characters searched for: outside Latin each takes up to twelve in an address."""
_HAPPINESS = 240
_CARDS_TEXT = 2530
"""Characters of the cards of a message: Discord allows 4000, and heading (240), notes (850), how happy each is (250)
and the last line (120) take up the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One suggestion, ready to be shown."""

    track: TrackKey
    text: str
    """Markdown."""
    cover: str | None
    """A web address."""
    cover_description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one message shows."""

    heading: str | None
    """Markdown; only the first page has one."""
    cards: tuple[Card, ...]
    notes: str | None
    """Markdown; only the last page has them."""


def pages(answer: Answer) -> tuple[Page, ...]:
    """Return the messages that show an answer, at least one, with about as many cards on each."""
    cards = [card(each) for each in answer.recommendation.suggestions]
    portions = _portions(cards, MOST_CARDS)
    return tuple(
        Page(
            heading=_heading(answer, empty=not cards) if at == 0 else None,
            cards=portion,
            notes=_notes(answer) if at == len(portions) - 1 else None,
        )
        for at, portion in enumerate(portions)
    )


def card(suggestion: Suggestion) -> Card:
    """Return a suggestion as a card."""
    track = suggestion.track
    facts = [f"**{plain(', '.join(track.artists), _ARTISTS)}**"]
    if track.album:
        facts.append(plain(track.album, _ALBUM))
    if track.year:
        facts.append(str(track.year))
    if track.explicit:
        facts.append("explicit")
    lines = [
        f"### {suggestion.rank}. {link(track.title, spotify_address(track), _TITLE)}",
        " · ".join(facts),
        plain(suggestion.reason, _REASON),
    ]
    return Card(
        track=track.key,
        text="\n".join(line for line in lines if line),
        cover=cover_address(track),
        cover_description=f"Cover of {track.album or track.title}"[:_COVER_DESCRIPTION],
    )


def spotify_address(track: Track) -> str:
    """Return the page of a track on Spotify, or a search for it where its id is unknown."""
    if track.spotify_id:
        return f"https://open.spotify.com/track/{quote(track.spotify_id, safe='')}"
    words = f"{track.title} {track.artists[0] if track.artists else ''}".strip()[:_SEARCHED].strip()
    return f"https://open.spotify.com/search/{quote(words, safe='')}"


def cover_address(track: Track) -> str | None:
    """Return the cover's address if Discord could fetch it."""
    address = track.cover_url or ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    usable = parts.scheme in {"http", "https"} and parts.hostname and len(address) <= _ADDRESS and " " not in address
    return address if usable else None


def _heading(answer: Answer, *, empty: bool) -> str:
    label = plain(answer.seed_label, _LABEL)
    if empty:
        return f"Nothing in the catalog fits, starting from {label}. Ask for less: another decade, or fewer filters."
    if answer.seed.get("kind") == "path":
        return f"## From song to song\n-# {label}"
    return f"## Dug up for you\n-# starting from {label}"


def _notes(answer: Answer) -> str | None:
    shown = [f"-# {plain_but_moments(note, _NOTE)}" for note in answer.notes[:_NOTES]]
    happiness = happiness_line(answer.recommendation)
    if happiness is not None:
        shown.append(f"-# {plain(happiness, _HAPPINESS)}")
    return "\n".join([*shown, *_last_line(answer.recommendation)]) or None


def _last_line(found: Recommendation) -> list[str]:
    """Return how new the suggestions are, and the number that brings them again."""
    roll = f"roll {found.roll}" if found.roll else None
    said = " · ".join(part for part in (novelty_line(found), roll) if part)
    return [f"-# {said}"] if said else []


def _portions(cards: Sequence[Card], most: int) -> list[tuple[Card, ...]]:
    messages = max(1, -(-len(cards) // most))
    portions = _shared_out(cards, messages)
    while not all(_fits(portion) for portion in portions):
        messages += 1
        portions = _shared_out(cards, messages)
    return portions


def _fits(portion: tuple[Card, ...]) -> bool:
    return len(portion) <= 1 or sum(len(each.text) for each in portion) <= _CARDS_TEXT


def _shared_out(cards: Sequence[Card], messages: int) -> list[tuple[Card, ...]]:
    bounds = [round(at * len(cards) / messages) for at in range(messages + 1)]
    return [tuple(cards[start:end]) for start, end in pairwise(bounds)]
