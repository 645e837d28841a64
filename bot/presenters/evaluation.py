"""Values → what ``cratedigger evaluate`` prints."""

import math
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from bot.services.evaluation import Measured
from recommender.evaluation.compare import Comparison, Row

Json = dict[str, Any]

_SHOWN = ("recall", "recall_100", "coverage")
_DECIMALS = 6


def evaluation_json(measured: Measured) -> Json:
    """Return the JSON answer of ``cratedigger evaluate --json``; what cannot be measured on the file is null."""
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
        },
        "rows": [_row_json(row) for row in found.rows],
        "comparisons": [_comparison_json(each) for each in measured.comparisons],
    }


def evaluation_table(measured: Measured) -> Table:
    """Return the main figures as a table of 80 columns, with what our methods come to against the best baseline."""
    found = measured.evaluation
    table = Table(
        title=escape(f"{measured.task} of {measured.file}, {measured.split}, k = {measured.k}"),
        caption=_caption(measured),
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE,
        padding=(0, 0, 0, 1),
    )
    table.add_column("Method", no_wrap=True)
    for heading in ("NDCG", "95 %", "R", "R@100", "Cov", "Nov", "ILD", "Art", "s"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in found.rows:
        low, high = row.ndcg_ci
        table.add_row(
            row.method,
            _shown(row.ndcg, 4),
            f"{low:.3f}–{high:.3f}",
            *(_shown(getattr(row, name), 3) for name in _SHOWN),
            _shown(row.novelty, 1),
            _shown(row.ild, 2),
            _shown(row.artists, 2),
            _shown(row.seconds, 0),
        )
    return table


def _caption(measured: Measured) -> str:
    found = measured.evaluation
    data = (
        f"{found.owners:,} lists, {found.tracks:,} tracks, {found.entries:,} entries, {found.rows[0].n:,} lists asked; "
        f"{found.cold_share:.0%} of what is held out is in no training list; "
        f"seeds {', '.join(map(str, measured.seeds))}"
    )
    against = (
        f"{each.method} has {_shown(each.ratio, 2)} times the NDCG of {each.best_other}; "
        f"not ahead in {each.chance_not_better:.1%} of the resamples"
        for each in measured.comparisons
    )
    return "\n".join([data, *against])


def _row_json(row: Row) -> Json:
    return {
        "method": row.method,
        "n": row.n,
        **{name: _rounded(getattr(row, name)) for name in ("precision", "recall", "f1", "ndcg")},
        "ndcg_ci": [_rounded(each) for each in row.ndcg_ci],
        **{name: _rounded(getattr(row, name)) for name in ("mrr", "hit", "coverage", "novelty", "ild", "artists")},
        "recall_100": _rounded(row.recall_100),
        "seconds": _rounded(row.seconds),
    }


def _comparison_json(comparison: Comparison) -> Json:
    return {
        "method": comparison.method,
        "best_other": comparison.best_other,
        "ratio": _rounded(comparison.ratio),
        "chance_not_better": _rounded(comparison.chance_not_better),
    }


def _rounded(value: float) -> float | None:
    return round(value, _DECIMALS) if math.isfinite(value) else None


def _shown(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}" if math.isfinite(value) else "–"
