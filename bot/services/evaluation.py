"""Measuring the recommender on a dataset file, as ``cratedigger evaluate`` does."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import DatasetFileError
from bot.services.evaluation_data import listening_entries, playlist_entries
from recommender.evaluation.compare import Comparison, Evaluation, Report, compared, evaluated
from recommender.evaluation.datasets import dataset_of
from recommender.evaluation.engine import Engine
from recommender.evaluation.methods import BASELINES, OUR_METHODS, all_methods
from recommender.evaluation.splits import SplitKind, Task
from recommender.ports import Progress, TextEncoder

VECTORS: Final = "evaluation"
"""Folder inside the home that keeps text vectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured, and what came out."""

    task: Task
    split: SplitKind
    k: int
    seeds: tuple[int, ...]
    file: str
    evaluation: Evaluation
    comparisons: tuple[Comparison, ...]
    """Of each of our methods with the best baseline; none where no baseline was measured."""


def measure(
    file: Path,
    *,
    task: Task,
    split: SplitKind,
    methods: Sequence[str],
    k: int,
    seeds: Sequence[int],
    encoder: TextEncoder,
    home: Path,
    reading: Progress | None = None,
    embedding: Progress | None = None,
    report: Report | None = None,
) -> Measured:
    """Measure methods on a file.

    Args:
        file: Playlists or listening; see :mod:`bot.services.evaluation_data`.
        task: What its rows are.
        split: One that fits the task.
        methods: Names of :func:`recommender.evaluation.methods.all_methods`.
        k: Places of a list that count.
        seeds: One split each.
        encoder: Of texts.
        home: Of the installation; text vectors are kept in it.
        reading: Counts the file.
        embedding: Counts the texts.
        report: Is told what comes next.

    Raises:
        DatasetFileError: The file cannot be used for this.
    """
    read = playlist_entries if task is Task.CONTINUATION else listening_entries
    with tempfile.TemporaryDirectory(prefix="cratedigger-evaluation-") as folder:
        engine = Engine(encoder, Path(folder), home / VECTORS, embedding)
        known = all_methods(engine)
        try:
            evaluation = evaluated(
                dataset_of(read(file, progress=reading)),
                split,
                {name: known[name] for name in methods},
                k=k,
                seeds=seeds,
                report=report,
            )
        except ValueError as error:
            raise DatasetFileError(file.name, str(error)) from error
    return Measured(
        task=task,
        split=split,
        k=k,
        seeds=tuple(seeds),
        file=file.name,
        evaluation=evaluation,
        comparisons=tuple(
            found for name in OUR_METHODS if (found := compared(evaluation.rows, name, among=tuple(BASELINES)))
        ),
    )
