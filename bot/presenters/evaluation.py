"""Values → what ``cratedigger evaluate`` prints."""

import math
from typing import Any

from rich.markup import escape
from rich.table import Table

from bot.services.evaluation import Measured
from recommender.evaluation.compare import Comparison, Row

Json = dict[str, Any]

_SHOWN = ("precision", "recall", "f1", "ndcg", "mrr", "hit", "recall_100", "coverage")
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
        "comparison": None if measured.comparison is None else _comparison_json(measured.comparison),
    }


def evaluation_table(measured: Measured) -> Table:
    """Return the figures as a table, one method a line, with what our engine comes to against the best baseline."""
    found = measured.evaluation
    table = Table(
        title=escape(f"{measured.task} of {measured.file}, {measured.split}, k = {measured.k}"),
        caption=_caption(measured),
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("Method")
    for name in ("n", *_SHOWN, "novelty", "ild", "s"):
        table.add_column(name.replace("recall_100", "R@100"), justify="right")
    for row in found.rows:
        low, high = row.ndcg_ci
        figures = [_shown(getattr(row, name), 4) for name in _SHOWN]
        figures[_SHOWN.index("ndcg")] += f"\n{low:.3f}–{high:.3f}"
        table.add_row(
            row.method, str(row.n), *figures, _shown(row.novelty, 1), _shown(row.ild, 2), _shown(row.seconds, 1)
        )
    return table


def _caption(measured: Measured) -> str:
    found = measured.evaluation
    data = (
        f"{found.owners:,} lists, {found.tracks:,} tracks, {found.entries:,} entries; "
        f"{found.cold_share:.0%} of what is held out is in no training list; "
        f"seeds {', '.join(map(str, measured.seeds))}"
    )
    if measured.comparison is None:
        return data
    against = measured.comparison
    return (
        f"{data}\n{against.method} has {_shown(against.ratio, 2)} times the NDCG of {against.best_other}; "
        f"not ahead in {against.chance_not_better:.1%} of the resamples"
    )


def _row_json(row: Row) -> Json:
    return {
        "method": row.method,
        "n": row.n,
        **{name: _rounded(getattr(row, name)) for name in ("precision", "recall", "f1", "ndcg")},
        "ndcg_ci": [_rounded(each) for each in row.ndcg_ci],
        **{name: _rounded(getattr(row, name)) for name in ("mrr", "hit", "coverage", "novelty", "ild")},
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
