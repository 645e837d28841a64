"""Values → what ``cratedigger evaluate`` prints: JSON for programs, a table and Markdown for people."""

import math
from typing import Any, Final

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.services.evaluation import Measured
from recommender.evaluation.compare import DEEP, Comparison, Row
from recommender.evaluation.counts import CountRow
from recommender.evaluation.cover_task import CoverRow
from recommender.evaluation.planted_interests import InterestRow
from recommender.evaluation.splits import Task

Json = dict[str, Any]

LISTS_JSON: Final = ("precision", "recall", "f1", "ndcg", "mrr", "hit", "coverage", "novelty", "ild", "artists")
"""Names of figures about lists, without those that need more than rounding."""
INTERESTS_JSON: Final = ("genres", "subgenres", "smaller")
"""Names of figures about planted interests; the first two have intervals."""
IN_A_TERMINAL: Final = frozenset(
    {"NDCG", "95 %", f"R@{DEEP}", "Cov", "Nov", "ILD", "Art", "RMSE", "MAE", "s"}
    | {"Genres", "of genres", "Subgenres", "of subgenres", "Smaller"}
)
"""Headings of the figures that fit 80 columns, beside precision or recall."""
COPY_HEADINGS: Final = {
    "crop-centre": "Centre", "crop-random": "Part", "scale-50": "Half", "jpeg-30": "JPEG", "together": "All",
}  # fmt: skip
"""Kind of copy → heading over the share of copies whose original was found first."""
OF_COVERS_IN_A_TERMINAL: Final = frozenset({"of P", "NDCG", "s", *COPY_HEADINGS.values()})
_JSON_DECIMALS: Final = 6
_METRICS: Final = {"ndcg": "NDCG", "rmse": "RMSE"}


def evaluation_json(measured: Measured) -> Json:
    """Return the JSON answer of ``cratedigger evaluate --json``.

    What cannot be measured on the file is null, and so is what the task has not: counts have no lists, lists no RMSE,
    only interests have genres, and only covers have copies.
    """
    found = measured.evaluation
    return {
        "task": measured.task.value,
        "k": measured.k,
        "split": measured.split.value,
        "seeds": list(measured.seeds),
        "data": {
            "file": measured.file,
            "owners": found.owners,
            "tracks": found.tracks,
            "entries": found.entries,
            "cold_share": _rounded(found.cold_share),
            "about": found.about or None,
        },
        "stopped": found.was_stopped,
        "rows": [_row_json(row) for row in found.rows],
        "comparisons": [_comparison_json(each) for each in measured.comparisons],
        "provenance": dict(measured.provenance),
    }


def evaluation_table(measured: Measured) -> RenderableType:
    """Return the main figures as a table of 80 columns, with what our methods come to against the best baseline."""
    cells = [_cells(row) for row in measured.evaluation.rows]
    # With one track there is more to be found than a list holds, and recall says little.
    main = "P" if measured.task in {Task.TRACKS, Task.TEXT, Task.COVERS} else "R"
    fitting = OF_COVERS_IN_A_TERMINAL if measured.task is Task.COVERS else IN_A_TERMINAL
    headings = [heading for heading in cells[0] if heading in fitting or heading == main]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1))
    table.add_column("Method", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    names = [row.method for row in measured.evaluation.rows]
    for name, figures in zip(names, cells, strict=True):
        table.add_row(name, *(_without_leading_zeros(figures[heading]) for heading in headings))
    below = [_data_line(measured), *map(_comparison_line, measured.comparisons)]
    return Group(Text(title_of(measured), style="bold"), table, Text("\n".join(below), style="dim"))


def evaluation_markdown(measured: Measured) -> str:
    """Return all figures as a section of Markdown: a table, the comparisons, and what it was made from."""
    rows = measured.evaluation.rows
    headings = list(_cells(rows[0]))
    lines = [
        f"### {title_of(measured)}",
        "",
        _data_line(measured) + ".",
        "",
        f"| method | {' | '.join(headings)} |",
        f"|---|{'---|' * len(headings)}",
        *(f"| {row.method} | {' | '.join(_cells(row).values())} |" for row in rows),
        "",
        *(f"- {_comparison_line(each)}" for each in measured.comparisons),
        *([""] if measured.comparisons else []),
        "Made with " + ", ".join(f"{name} {value}" for name, value in measured.provenance.items()) + ".",
        "",
    ]
    return "\n".join(lines)


def title_of(measured: Measured) -> str:
    """Return what was measured, in a line."""
    k = "" if isinstance(measured.evaluation.rows[0], CountRow) else f", k = {measured.k}"
    return f"{measured.task} of {measured.file}, {measured.split}{k}"


def _cells(row: Row | CountRow | InterestRow) -> dict[str, str]:
    """Return all figures of a row by heading, as text."""
    if isinstance(row, InterestRow):
        return {
            "Genres": _shown(row.genres, 3),
            "of genres": _interval(row.genres_ci),
            "Subgenres": _shown(row.subgenres, 3),
            "of subgenres": _interval(row.subgenres_ci),
            "Smaller": _shown(row.smaller, 3),
            "s": _shown(row.seconds, 0),
        }
    if isinstance(row, CountRow):
        return {
            "RMSE": _shown(row.rmse, 4),
            "95 %": _interval(row.rmse_ci),
            "MAE": _shown(row.mae, 4),
            "s": _shown(row.seconds, 0),
        }
    if isinstance(row, CoverRow):
        return {
            "P": _shown(row.precision, 3),
            "of P": _interval(row.precision_ci),
            "NDCG": _shown(row.ndcg, 3),
            "of NDCG": _interval(row.ndcg_ci),
            "MRR": _shown(row.mrr, 3),
            "Hit": _shown(row.hit, 3),
            f"R@{DEEP}": _shown(row.recall_100, 3),
            "Cov": _shown(row.coverage, 3),
            **{heading: _shown(row.copies[kind], 3) for kind, heading in COPY_HEADINGS.items()},
            "s": _shown(row.seconds, 0),
        }
    return {
        "NDCG": _shown(row.ndcg, 4),
        "95 %": _interval(row.ndcg_ci),
        "P": _shown(row.precision, 3),
        "R": _shown(row.recall, 3),
        "F1": _shown(row.f1, 3),
        "MRR": _shown(row.mrr, 3),
        "Hit": _shown(row.hit, 3),
        f"R@{DEEP}": _shown(row.recall_100, 3),
        "Cov": _shown(row.coverage, 3),
        "Nov": _shown(row.novelty, 1),
        "ILD": _shown(row.ild, 2),
        "Art": _shown(row.artists, 2),
        "s": _shown(row.seconds, 0),
    }


def _data_line(measured: Measured) -> str:
    found = measured.evaluation
    if found.about:
        return f"{found.about}; seeds {', '.join(map(str, measured.seeds))}"
    # A track that is asked about knows itself alone, so that nothing else is in a training list.
    cold = f"; {found.cold_share:.0%} of what is held out is in no training list"
    return (
        f"{found.owners:,} lists, {found.tracks:,} tracks, {found.entries:,} entries; "
        f"{found.rows[0].n:,} asked{'' if measured.task is Task.TRACKS else cold}; "
        f"seeds {', '.join(map(str, measured.seeds))}"
    )


def _comparison_line(each: Comparison) -> str:
    return (
        f"{each.method} has {_shown(each.ratio, 3)} times the {_METRICS[each.metric]} of {each.best_other}; "
        f"not ahead in {each.chance_not_better:.1%} of the resamples"
    )


def _row_json(row: Row | CountRow | InterestRow) -> Json:
    lists = row if isinstance(row, Row) else None
    counts = row if isinstance(row, CountRow) else None
    interests = row if isinstance(row, InterestRow) else None
    covers = row if isinstance(row, CoverRow) else None
    return {
        "method": row.method,
        "n": row.n,
        **{name: lists and _rounded(getattr(lists, name)) for name in LISTS_JSON},
        "ndcg_ci": lists and [_rounded(each) for each in lists.ndcg_ci],
        "recall_100": lists and _rounded(lists.recall_100),
        "rmse": counts and _rounded(counts.rmse),
        "rmse_ci": counts and [_rounded(each) for each in counts.rmse_ci],
        "mae": counts and _rounded(counts.mae),
        **{name: interests and _rounded(getattr(interests, name)) for name in INTERESTS_JSON},
        "genres_ci": interests and [_rounded(each) for each in interests.genres_ci],
        "subgenres_ci": interests and [_rounded(each) for each in interests.subgenres_ci],
        "precision_ci": covers and [_rounded(each) for each in covers.precision_ci],
        "copies": covers and {kind: _rounded(share) for kind, share in covers.copies.items()},
        "copies_asked": covers and covers.copies_asked,
        "seconds": _rounded(row.seconds),
    }


def _comparison_json(comparison: Comparison) -> Json:
    return {
        "method": comparison.method,
        "best_other": comparison.best_other,
        "metric": comparison.metric,
        "ratio": _rounded(comparison.ratio),
        "chance_not_better": _rounded(comparison.chance_not_better),
    }


def _rounded(value: float) -> float | None:
    return round(value, _JSON_DECIMALS) if math.isfinite(value) else None


def _shown(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}" if math.isfinite(value) else "–"


def _interval(ends: tuple[float, float]) -> str:
    return f"{_shown(ends[0], 3)}–{_shown(ends[1], 3)}"


def _without_leading_zeros(text: str) -> str:
    return "–".join(part.removeprefix("0") if part.startswith("0.") else part for part in text.split("–"))
