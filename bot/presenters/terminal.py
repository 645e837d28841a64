"""Values → what the command line prints: JSON for programs, Rich tables for people."""

from collections.abc import Iterator
from typing import Any

from rich.markup import escape
from rich.table import Table

from bot.services.asks import Answer
from recommender.types import Suggestion

Json = dict[str, Any]

SMALLEST_SHOWN = 0.0005
"""Parts below this would print as zero."""


def answer_json(answer: Answer, *, took_ms: float) -> Json:
    """Return the JSON answer of ``cratedigger recommend --json``; the parts of each suggestion add up to its score."""
    found = answer.recommendation
    return {
        "seed": answer.seed,
        "catalog": {"tracks": found.catalog_tracks, "fingerprint": found.fingerprint},
        "took_ms": round(took_ms, 1),
        "notes": list(answer.notes),
        "suggestions": [_suggestion_json(each) for each in found.suggestions],
    }


def _suggestion_json(suggestion: Suggestion) -> Json:
    track = suggestion.track
    return {
        "rank": suggestion.rank,
        "key": track.key,
        "spotify_id": track.spotify_id,
        "title": track.title,
        "artists": list(track.artists),
        "album": track.album,
        "year": track.year,
        "score": suggestion.score,
        "parts": suggestion.parts.as_dict(),
        "reason": suggestion.reason,
        "inferred": sorted(suggestion.inferred),
    }


def answer_table(answer: Answer, *, took_ms: float) -> Table:
    """Return suggestions as a table: rank, title, artists, year, score with its largest parts, reason."""
    found = answer.recommendation
    table = Table(
        title=escape(f"From {answer.seed_label}"),
        caption=f"{found.catalog_tracks:,} tracks searched in {took_ms:.0f} ms",
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("#", justify="right")
    table.add_column("Title", overflow="fold")
    table.add_column("Artists", overflow="fold")
    table.add_column("Year", justify="right")
    table.add_column("Score", justify="right")
    table.add_column("Why", overflow="fold")
    for each in found.suggestions:
        track = each.track
        year = str(track.year) if track.year else ""
        why = f"{escape(each.reason)}\n[dim]{_parts_line(each)}[/dim]"
        title, artists = escape(track.title), escape(", ".join(track.artists))
        table.add_row(str(each.rank), title, artists, year, f"{each.score:.3f}", why)
    return table


def _parts_line(suggestion: Suggestion) -> str:
    parts = sorted(suggestion.parts.as_dict().items(), key=lambda part: -abs(part[1]))
    return "  ".join(f"{name} {value:+.3f}" for name, value in parts if abs(value) >= SMALLEST_SHOWN)


def facts_table(title: str, facts: Json) -> Table:
    """Return names beside their values; what is empty is left out, and groups of facts are set under their name."""
    table = Table(title=escape(title), show_header=False, title_justify="left")
    table.add_column("what")
    table.add_column("value", overflow="fold")
    for name, value in _flat(facts):
        table.add_row(escape(name.replace("_", " ")), escape(_shown(value)))
    return table


def _flat(facts: Json) -> Iterator[tuple[str, object]]:
    for name, value in facts.items():
        if isinstance(value, dict) and any(not isinstance(each, str) for each in value.values()):
            yield name, ""
            yield from ((f"  {inner}", each) for inner, each in value.items())
        elif value not in (None, (), {}):
            yield name, value


def _shown(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.1f}"
        case dict():
            return ", ".join(f"{name} → {meaning}" if name != meaning else str(name) for name, meaning in value.items())
        case tuple() | list():
            return ", ".join(f"{each[0]} {each[1]:,}" if isinstance(each, tuple) else str(each) for each in value)
        case _:
            return str(value)
