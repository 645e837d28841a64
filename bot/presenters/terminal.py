"""Values → what the command line prints: JSON for programs, Rich tables for people."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from bot.presenters.happiness import happiness_line
from bot.presenters.novelty import novelty_line
from bot.services.asks import Answer
from bot.services.import_tally import ImportSummary
from bot.services.reception import Received, liked_line
from recommender.ingestion import EmbedSummary
from recommender.ranking.counterfactuals import places_line
from recommender.types import Suggestion

Json = dict[str, Any]

SMALLEST_SHOWN = 0.0005
"""Parts below this would print as zero."""


def answer_json(answer: Answer, *, took_ms: float) -> Json:
    """Return the JSON answer of ``cratedigger recommend --json``; the parts of each suggestion add up to its score.

    ``by_score`` is its place among all candidates by score alone, and ``without`` the places that it would have without
    each modality, by the name of the part.
    For a group it also says how happy each member is, by their id, in percent of what a list of their own would be.
    """
    found = answer.recommendation
    told: Json = {
        "seed": answer.seed,
        "catalog": {"tracks": found.catalog_tracks, "fingerprint": found.fingerprint},
        "took_ms": round(took_ms, 1),
        "roll": found.roll,
        "novelty": asdict(found.novelty) if found.novelty is not None else None,
        "notes": list(answer.notes),
        "suggestions": [_suggestion_json(each) for each in found.suggestions],
    }
    if found.happiness:
        told["happiness"] = {str(each.member): round(100 * each.share, 1) for each in found.happiness}
    return told


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
        "by_score": suggestion.by_score,
        "without": dict(suggestion.without),
    }


def answer_table(answer: Answer, *, took_ms: float, why: bool = False) -> RenderableType:
    """Return suggestions for people: rank, score, title, artists and year; the reason and the parts under them.

    With ``why`` a line more says where each would stand without each modality. Below stand how new they are, and the
    number of the roll that brings the list again.

    It reads well from 60 columns on: what is long has the whole width to itself.
    """
    found = answer.recommendation
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(justify="right", style="dim")
    rows.add_column(justify="right", style="cyan")
    rows.add_column(overflow="fold")
    for each in found.suggestions:
        rows.add_row(str(each.rank), f"{each.score:.3f}", _suggestion_lines(each, why=why))
    heading = Text(f"From {answer.seed_label}\n", style="bold")
    searched = f"{found.catalog_tracks:,} tracks searched in {took_ms:,.0f} ms"
    last = f"{searched} · roll {found.roll}" if found.roll else searched
    lines = (happiness_line(found), novelty_line(found), last)
    end = Text("\n" + "\n".join(line for line in lines if line), style="dim")
    return Group(heading, rows, end) if found.suggestions else Group(heading, Text("Nothing was found."), end)


def _suggestion_lines(suggestion: Suggestion, *, why: bool) -> Text:
    track = suggestion.track
    made = ", ".join(track.artists) + (f" ({track.year})" if track.year else "")
    told = places_line(suggestion) if why else None
    return Text.assemble(
        (track.title, "bold"),
        f" · {made}\n",
        f"{suggestion.reason}\n",
        (_parts_line(suggestion), "dim"),
        (f"\n{told}" if told else "", "dim"),
    )


def _parts_line(suggestion: Suggestion) -> str:
    parts = sorted(suggestion.parts.as_dict().items(), key=lambda part: -abs(part[1]))
    return "  ".join(f"{name} {value:+.3f}" for name, value in parts if abs(value) >= SMALLEST_SHOWN)


def import_report(name: str, summary: ImportSummary) -> RenderableType:
    """Return what an import did: what became of every row, and what was understood of the columns."""
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(justify="right", style="cyan")
    rows.add_column(overflow="fold")
    for number, meaning in (
        (summary.new, "are new tracks"),
        (summary.changed, "are about tracks that were there already, and added something to them"),
        (summary.unchanged, "are about tracks that were there already, and say nothing new"),
        (summary.refused - summary.unnamed, f"were refused: {_refusals(summary)}"),
        (summary.unnamed, "are of listening to songs that nothing names, and were refused"),
    ):
        if number:
            rows.add_row(f"{number:,}", Text(meaning))
    lines: list[RenderableType] = [
        Text(f"Import of {name}", style="bold"),
        Text(f"{_rows_read(summary)}{':' if summary.rows else '.'}"),
        rows,
    ]
    return Group(*lines, Text(), _details(summary))


def _rows_read(summary: ImportSummary) -> str:
    now = summary.rows - summary.resumed_from
    rate = f" ({now / summary.seconds:,.0f} rows/s)" if summary.seconds and now else ""
    told = f"{summary.rows:,} rows read in {summary.seconds:,.1f} s{rate}"
    if summary.resumed_from:
        told += f", {summary.resumed_from:,} of them by the import that was stopped"
    return told


def _refusals(summary: ImportSummary) -> str:
    return "; ".join(f"{number:,} × {reason}" for reason, number in _by_number(summary.refused_because))


def _by_number(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: -one[1])


def _details(summary: ImportSummary) -> Table:
    details = Table.grid(padding=(0, 2, 0, 0))
    details.add_column(style="dim")
    details.add_column(overflow="fold")
    left_out = "; ".join(f"{number:,} × {what}" for what, number in _by_number(summary.left_out))
    for what, value in (
        ("new playlists", f"{summary.playlists:,}" if summary.playlists else ""),
        ("new listeners", f"{summary.listeners:,}" if summary.listeners else ""),
        ("rows of listening", f"{summary.heard:,} were kept" if summary.heard else ""),
        ("rows with lyrics", f"{summary.lyrics:,}" if summary.lyrics else ""),
        ("impossible values", f"{left_out} (left out; their rows were kept)" if left_out else ""),
        ("refused rows", f"are in {summary.rejected_file}" if summary.rejected_file else ""),
        ("columns read", _shown(summary.understood)),
        ("columns ignored", _shown(summary.ignored)),
        ("note", " ".join(summary.notes)),
    ):
        if value:
            details.add_row(what, Text(value))
    return details


def embedding_report(
    words: EmbedSummary, covers: EmbedSummary, *, indexed: int | None, quality: str | None = None
) -> RenderableType:
    """Return what a round of embedding did.

    Args:
        words: Of tracks.
        covers: Of albums.
        indexed: Tracks that can be found now; None when stopped.
        quality: A remark on how good suggestions are, where there is one.
    """
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(style="cyan", justify="right")
    rows.add_column(overflow="fold")
    for done, what, without in (
        (words, "tracks got a vector of their words", "have no words to read"),
        (covers, "albums got a vector of their cover", "have no cover that can be read now"),
    ):
        tried = done.done + done.skipped
        rate = f", {tried / done.seconds:,.0f}/s" if tried and done.seconds else ""
        nothing = f"; {done.skipped:,} {without}" if done.skipped else ""
        rows.add_row(f"{done.done:,}", Text(f"{what}{nothing} ({done.seconds:,.1f} s{rate})"))
    if indexed is not None:
        rows.add_row(f"{indexed:,}", Text("tracks can be found now"))
    if quality is not None:
        rows.add_row("", Text(quality))
    return Group(Text("Embedding", style="bold"), rows)


def received_facts(reception: Received) -> Json:
    """Return how suggestions are received, as facts for :func:`facts_table`."""
    return {
        "liked by part of the score": liked_line(reception.by_modality),
        "liked by source": liked_line(reception.by_source),
    }


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
