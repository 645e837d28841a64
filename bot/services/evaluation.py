"""Measuring the recommender on a dataset file, as ``cratedigger evaluate`` does."""

import hashlib
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import numpy as np

from bot.errors import DatasetFileError
from bot.services.evaluation_data import judged_entries, listening_entries, playlist_entries
from recommender.evaluation.compare import Comparison, Evaluation, Report, compared, measured_on
from recommender.evaluation.count_predictors import COUNT_METHODS, USER_MEAN
from recommender.evaluation.counts import CountEvaluation, compared_counts, counted_on
from recommender.evaluation.datasets import SMALLEST_PLAYLIST, dataset_of
from recommender.evaluation.engine import Engine
from recommender.evaluation.methods import BASELINE_NAMES, OUR_METHODS, OURS, all_methods, needs_encoder
from recommender.evaluation.splits import SMALLEST_HISTORY, Split, SplitKind, Task, splits_of
from recommender.evaluation.track_queries import judged_tracks, track_queries
from recommender.ports import Progress, TextEncoder

VECTORS: Final = "evaluation"
"""Folder inside the home that keeps text vectors."""
_MADE_WITH: Final = ("cratedigger", "numpy", "scipy", "scikit-learn", "implicit", "gensim", "usearch", "openvino")
"""Packages whose version may change a figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured, and what came out."""

    task: Task
    split: SplitKind
    k: int
    seeds: tuple[int, ...]
    file: str
    evaluation: Evaluation | CountEvaluation
    comparisons: tuple[Comparison, ...]
    """Of each of our methods with the best baseline, and for counts with the user mean; none without a baseline."""
    provenance: Mapping[str, str]
    """Name → version of what it was made with, the file's digest among them."""


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
        file: Playlists, tracks or listening; see :mod:`bot.services.evaluation_data`.
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
    evaluation: Evaluation | CountEvaluation
    try:
        splits = _splits(file, task, split, seeds, reading)
        if task is Task.COUNTS:
            evaluation = counted_on(splits, {name: COUNT_METHODS[name] for name in methods}, report=report)
        else:
            with tempfile.TemporaryDirectory(prefix="cratedigger-evaluation-") as folder:
                known = all_methods(Engine(encoder, Path(folder), home / VECTORS, embedding), task)
                evaluation = measured_on(splits, {name: known[name] for name in methods}, k=k, report=report)
    except ValueError as error:
        raise DatasetFileError(file.name, str(error)) from error
    return Measured(
        task=task,
        split=split,
        k=k,
        seeds=tuple(seeds),
        file=file.name,
        evaluation=evaluation,
        comparisons=_comparisons(evaluation),
        provenance=_provenance(file, encoder if any(needs_encoder(name, task) for name in methods) else None),
    )


def _splits(
    file: Path, task: Task, kind: SplitKind, seeds: Sequence[int], reading: Progress | None
) -> dict[int, Split]:
    if task is Task.TRACKS:
        judged = judged_tracks(judged_entries(file, progress=reading))
        return {seed: track_queries(judged, kind, np.random.default_rng(seed)) for seed in seeds}
    of_playlists = task is Task.CONTINUATION
    read = playlist_entries if of_playlists else listening_entries
    smallest = SMALLEST_PLAYLIST if of_playlists else SMALLEST_HISTORY
    return splits_of(dataset_of(read(file, progress=reading)), kind, seeds, smallest=smallest)


def _comparisons(evaluation: Evaluation | CountEvaluation) -> tuple[Comparison, ...]:
    if isinstance(evaluation, CountEvaluation):
        against = [compared_counts(evaluation.rows, OURS), compared_counts(evaluation.rows, OURS, among=(USER_MEAN,))]
    else:
        against = [compared(evaluation.rows, name, among=BASELINE_NAMES) for name in OUR_METHODS]
    return tuple(dict.fromkeys(each for each in against if each is not None))


def _provenance(file: Path, encoder: TextEncoder | None) -> dict[str, str]:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        **{name: found for name in _MADE_WITH if (found := _version(name)) is not None},
        "Python": platform.python_version(),
        **({} if encoder is None else {"text encoder": encoder.fingerprint}),
        "SHA-256 of the file": digest,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
