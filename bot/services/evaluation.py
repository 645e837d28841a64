"""Measuring the recommender on a dataset file, as ``cratedigger evaluate`` does."""

import hashlib
import platform
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from bot.errors import DatasetFileError
from bot.services.evaluation_data import judged_entries, listening_entries, playlist_entries, taste_entries
from bot.services.evaluation_text_data import sung_songs
from recommender.evaluation.compare import Comparison, Evaluation, Report, compared, measured_on
from recommender.evaluation.count_predictors import COUNT_METHODS, USER_MEAN
from recommender.evaluation.counts import CountEvaluation, compared_counts, counted_on
from recommender.evaluation.datasets import SMALLEST_PLAYLIST, dataset_of
from recommender.evaluation.engine import Engine
from recommender.evaluation.lyrics_dataset import lyrics_dataset
from recommender.evaluation.methods import BASELINE_NAMES, BERT, OUR_METHODS, OURS, all_methods, needs_encoder
from recommender.evaluation.planted_interests import InterestEvaluation, interests_on, judged_tastes, planted_members
from recommender.evaluation.splits import SMALLEST_HISTORY, Split, SplitKind, Task, splits_of
from recommender.evaluation.text_baselines import TEXT_BASELINES, encoded, served
from recommender.evaluation.text_task import TextMethod, measured_texts
from recommender.evaluation.track_queries import judged_tracks, track_queries
from recommender.lyrics_language import LyricsLanguage
from recommender.ports import Progress, TextEncoder

VECTORS: Final = "evaluation"
"""Folder inside the home that keeps text vectors."""
_MADE_WITH: Final = ("cratedigger", "numpy", "scipy", "scikit-learn", "implicit", "gensim", "usearch", "openvino")
"""Packages whose version may change a figure."""

Figures = Evaluation | CountEvaluation | InterestEvaluation
"""What is measured differs from task to task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured, and what came out."""

    task: Task
    split: SplitKind
    k: int
    seeds: tuple[int, ...]
    file: str
    evaluation: Figures
    comparisons: tuple[Comparison, ...]
    """Of each of our methods with the best baseline, and for counts with the user mean; none without a baseline, and
    none of interests."""
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
        task: What its rows are; lyrics are measured by :func:`measure_texts`.
        split: One that fits the task.
        methods: Names of :func:`recommender.evaluation.methods.names_for` the task.
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
    evaluation: Figures
    try:
        with tempfile.TemporaryDirectory(prefix="cratedigger-evaluation-") as folder:
            known = all_methods(Engine(encoder, Path(folder), home / VECTORS, embedding), task)
            if task is Task.COUNTS:
                splits = _splits(file, task, split, seeds, reading)
                evaluation = counted_on(splits, {name: COUNT_METHODS[name] for name in methods}, report=report)
            elif task is Task.INTERESTS:
                judged = judged_tastes(taste_entries(file, progress=reading))
                planted = {seed: planted_members(judged, split, np.random.default_rng(seed)) for seed in seeds}
                evaluation = interests_on(planted, {name: known[name] for name in methods}, k=k, report=report)
            else:
                splits = _splits(file, task, split, seeds, reading)
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
        comparisons=_comparisons(evaluation, among=BASELINE_NAMES),
        provenance=_provenance(file, encoder if any(needs_encoder(name, task) for name in methods) else None),
    )


def measure_texts(
    file: Path,
    *,
    splits: Sequence[SplitKind],
    methods: Sequence[str],
    k: int,
    seeds: Sequence[int],
    encoder: TextEncoder,
    home: Path,
    encoders: Mapping[str, TextEncoder] = MappingProxyType({}),
    reading: Progress | None = None,
    embedding: Progress | None = None,
    report: Report | None = None,
) -> Iterator[Measured]:
    """Measure how well songs are found by their lyrics; yield the figures of each split.

    Args:
        file: Songs with lyrics; see :mod:`bot.services.evaluation_text_data`.
        splits: What belongs together; the file is read, and vectors are made, once for all of them.
        methods: Names of :func:`recommender.evaluation.methods.names_for` texts, or of ``encoders``.
        k: Places of a list that count.
        seeds: One run each.
        encoder: The installation's, of texts.
        home: Of the installation; vectors of encoders are kept in it.
        encoders: Further ones, by name.
        reading: Counts the file, and then the songs whose language has to be told.
        embedding: Counts the songs that are embedded.
        report: Is told what comes next.

    Raises:
        DatasetFileError: The file cannot be used for this.
    """
    used = [name for name in methods if needs_encoder(name, Task.TEXT)]
    try:
        songs = lyrics_dataset(sung_songs(file, progress=reading), language_of=LyricsLanguage(), progress=reading)
        texts = _text_methods(encoder, encoders, home / VECTORS, embedding)
        chosen = {name: texts[name] for name in methods}
        found = measured_texts(songs, splits, chosen, k=k, seeds=seeds, report=report)
        for split, evaluation in zip(splits, found, strict=False):  # Ctrl-C leaves out what comes after it
            yield Measured(
                task=Task.TEXT,
                split=split,
                k=k,
                seeds=tuple(seeds),
                file=file.name,
                evaluation=evaluation,
                comparisons=_comparisons(evaluation, among=None),
                provenance=_provenance(file, encoder if used else None),
            )
    except ValueError as error:
        raise DatasetFileError(file.name, str(error)) from error


def _splits(
    file: Path, task: Task, kind: SplitKind, seeds: Sequence[int], reading: Progress | None
) -> dict[int, Split]:
    if task is Task.TRACKS:
        judged = judged_tracks(judged_entries(file, progress=reading))
        return {seed: track_queries(judged, kind, np.random.default_rng(seed)) for seed in seeds}
    of_playlists = task is Task.CONTINUATION
    read = playlist_entries if of_playlists else listening_entries
    smallest = SMALLEST_PLAYLIST if of_playlists else SMALLEST_HISTORY
    dataset = dataset_of(read(file, progress=reading))
    if of_playlists:
        # Two ids of one song in a playlist are no two plays of it.
        dataset.counts.data[:] = 1
    return splits_of(dataset, kind, seeds, smallest=smallest)


def _text_methods(
    encoder: TextEncoder, others: Mapping[str, TextEncoder], cache: Path, embedding: Progress | None
) -> dict[str, TextMethod]:
    by_name = {**others, BERT: encoder}
    return {
        **TEXT_BASELINES,
        **{name: encoded(each, cache, embedding) for name, each in by_name.items()},
        OURS: served(encoder, cache, embedding),
    }


def _comparisons(evaluation: Figures, *, among: Sequence[str] | None) -> tuple[Comparison, ...]:
    if isinstance(evaluation, InterestEvaluation):
        return ()  # shares with their intervals say it
    if isinstance(evaluation, CountEvaluation):
        against = [compared_counts(evaluation.rows, OURS), compared_counts(evaluation.rows, OURS, among=(USER_MEAN,))]
    else:
        against = [compared(evaluation.rows, name, among=among) for name in OUR_METHODS]
    return tuple(dict.fromkeys(each for each in against if each is not None))


def made_with(*further: str) -> dict[str, str]:
    """Return the versions of the packages that may change a figure, of further ones, and of Python."""
    packages = {name: found for name in (*_MADE_WITH, *further) if (found := _version(name)) is not None}
    return {**packages, "Python": platform.python_version()}


def _provenance(file: Path, encoder: TextEncoder | None) -> dict[str, str]:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        **made_with(),
        **({} if encoder is None else {"text encoder": encoder.fingerprint}),
        "SHA-256 of the file": digest,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
