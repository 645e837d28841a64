import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bot.presenters import evaluation_chart as module
from bot.presenters.evaluation_chart import evaluation_chart
from bot.services.evaluation import Measured
from recommender.evaluation.compare import Evaluation, Row
from recommender.evaluation.counts import CountEvaluation, CountRow
from recommender.evaluation.planted_interests import InterestEvaluation, InterestRow
from recommender.evaluation.splits import SplitKind, Task


def row(method: str, ndcg: float) -> Row:
    return Row(
        method=method,
        n=2,
        precision=ndcg,
        recall=ndcg,
        f1=ndcg,
        ndcg=ndcg,
        ndcg_ci=(ndcg * 0.9, ndcg * 1.1),
        mrr=ndcg,
        hit=ndcg,
        recall_100=ndcg,
        coverage=0.5,
        novelty=3.0,
        ild=np.nan,
        artists=0.5,
        seconds=1.0,
        ndcg_by_owner=np.full(2, ndcg),
    )


def count_row(method: str, rmse: float) -> CountRow:
    return CountRow(
        method=method,
        n=2,
        entries=9,
        rmse=rmse,
        rmse_ci=(rmse - 0.02, rmse + 0.02),
        mae=rmse,
        seconds=1.0,
        squares_by_owner=np.full(2, rmse),
    )


def measured(rows: Sequence[Row] | Sequence[CountRow], split: SplitKind = SplitKind.ALL) -> Measured:
    of_counts = [each for each in rows if isinstance(each, CountRow)]
    of_lists = [each for each in rows if isinstance(each, Row)]
    sizes: dict[str, Any] = {"owners": 2, "tracks": 9, "entries": 9, "cold_share": 0.5}
    return Measured(
        task=Task.COUNTS if of_counts else Task.CONTINUATION,
        split=split,
        k=10,
        seeds=(0, 1),
        file="ﷺ lists.csv",
        evaluation=CountEvaluation(rows=tuple(of_counts), **sizes)
        if of_counts
        else Evaluation(rows=tuple(of_lists), **sizes),
        comparisons=(),
        provenance={},
    )


def test_the_chart_says_in_words_what_it_shows_best_first() -> None:
    first = measured([row("random", 0.01), row("ours", 0.3), row("tfidf", 0.2)])

    picture = evaluation_chart([first, measured([row("als", 0.1)], SplitKind.WARM)])

    assert picture.alt.endswith("all: ours 0.300, tfidf 0.200, random 0.010. warm: als 0.100.")
    with Image.open(io.BytesIO(picture.png)) as image:
        assert image.width > 1.5 * image.height


def test_of_errors_the_smallest_comes_first() -> None:
    picture = evaluation_chart([measured([count_row("user-mean", 0.5), count_row("ours", 0.4)])])

    assert picture.alt.endswith("all: ours 0.400, user-mean 0.500.")
    assert "less is better" in picture.alt


def test_of_planted_tastes_the_stricter_share_is_drawn_best_first() -> None:
    rows = tuple(
        InterestRow(
            method=name,
            n=9,
            genres=0.9,
            genres_ci=(0.8, 1.0),
            subgenres=share,
            subgenres_ci=(share - 0.1, share + 0.1),
            smaller=0.3,
            seconds=1.0,
        )
        for name, share in (("mean-vector", 0.2), ("ours", 0.8))
    )
    found = InterestEvaluation(rows=rows, owners=2, tracks=9, entries=9, about="9 members")
    first = measured([row("random", 0.01)], SplitKind.EVEN)

    picture = evaluation_chart([replace(first, task=Task.INTERESTS, evaluation=found)])

    assert picture.alt.endswith("even: ours 0.800, mean-vector 0.200.")
    assert "members with both tastes in their 10" in picture.alt


def test_methods_that_find_nothing_can_be_drawn() -> None:
    assert evaluation_chart([measured([row("random", 0.0)])]).png


@pytest.mark.parametrize(
    ("method", "colour"),
    [("ours", "ACCENT"), ("ours-content", "ACCENT"), ("mean-vector", "_EARLIER"), ("ease", "_OTHERS")],
)
def test_ours_the_earlier_systems_and_other_baselines_are_told_apart(method: str, colour: str) -> None:
    assert module._colour(method) == getattr(module, colour)
