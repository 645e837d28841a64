"""``cratedigger evaluate``: the recommender and its baselines, measured on a dataset file."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypedDict

import typer
from rich.console import Console

from bot.settings import from_here, read_settings

if TYPE_CHECKING:
    from bot.services.evaluation import Measured
    from bot.settings import Settings
    from recommender.evaluation.compare import Report
    from recommender.evaluation.splits import SplitKind, Task
    from recommender.ports import Progress, TextEncoder


class Told(TypedDict):
    """Who is told how far measuring is."""

    reading: "Progress"
    embedding: "Progress"
    report: "Report"


DEFAULT_SEED = 0
STANDARD_OUTPUT = "-"
INTERRUPTED = 130
"""Exit code of a command that was stopped by Ctrl-C, as shells use it."""

_MINUTE = 60


def evaluate(
    task: Annotated[
        str,
        typer.Option(
            help="continuation (playlists), listening, counts (members, tracks, counts), tracks, text (lyrics), covers "
            "(pictures with genres), or interests (playlists with genres)."
        ),
    ],
    data: Annotated[
        Path,
        typer.Option(
            help="CSV (also .gz, .zip) or Parquet. With covers also a folder or .zip with a folder of pictures for "
            "each genre; a table has a column with their paths."
        ),
    ],
    methods: Annotated[
        str | None,
        typer.Option(
            help="Names with commas between; all that there are if left out. With text and covers, a name may also be "
            "that of an encoder, as TEXT_ENCODER and IMAGE_ENCODER take it."
        ),
    ] = None,
    k: Annotated[int, typer.Option(help="Places of a list that count.", min=1, max=100)] = 10,
    seed: Annotated[list[int] | None, typer.Option(help="Of the split; repeatable, then means are shown.")] = None,
    split: Annotated[
        list[str] | None,
        typer.Option(
            help="all, warm or cold (continuation); holdout, loo or cold (listening, counts); playlist, subgenre or "
            "artist (tracks); artist or genre (text); genre (covers); even or uneven (interests). Repeatable; the "
            "first of these if left out."
        ),
    ] = None,
    markdown: Annotated[
        str | None, typer.Option(help="Write all figures to this file as Markdown; - prints them instead of the table.")
    ] = None,
    chart: Annotated[Path | None, typer.Option(help="Draw the main figure to this PNG file.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON alone on standard output; a list of it for several splits.")
    ] = False,
) -> None:
    """Measure how well held-out tracks are found: our engine, and the baselines it must beat.

    Ctrl-C ends it with the methods that are finished. The systems that this one grew from are measured as they were:

    - mean-vector: the mean of several songs' features, year and popularity among them; cosine

    - mean-vector-kmeans: the same, from the K-means(20) cluster of the mean

    - alpha-hybrid: MinMax-scaled audio features and popularity weighted by release date, alpha 0.5

    - bert: the words of the lyrics and covers system, a mean text vector

    - item-knn, user-knn, als, tfidf, word2vec: the hybrid study

    With text, songs of the same artist or genre are found by their lyrics alone: ``cratedigger evaluate --task text
    --data songs.csv --split artist --split genre``.

    With covers, pictures of the same genre are found by what they look like, and originals by their copies: cropped to
    80 %, at half their size, as JPEG of quality 30, and all of that: ``cratedigger evaluate --task covers --data
    covers/``.

    With interests, members planted with two tastes are asked for, whose tracks are of two genres that lie apart.
    """
    from bot.presenters.evaluation import evaluation_json, evaluation_markdown, evaluation_table
    from recommender.evaluation.splits import Task

    if task not in set(Task):
        _wrong(f"--task: {task!r} is none of {', '.join(Task)}.")
    if as_json and markdown == STANDARD_OUTPUT:
        _wrong("--json and --markdown -: only one of them can be printed.")
    if not from_here(data).is_file() and not (task == Task.COVERS and from_here(data).is_dir()):
        _wrong(f"--data: {data} is not a file." if from_here(data).exists() else f"--data: there is no file {data}.")
    measured, was_stopped = _measured(
        from_here(data),
        Task(task),
        _splits(split, Task(task)),
        methods=_named(methods, Task(task)),
        k=k,
        seeds=tuple(dict.fromkeys(seed or [DEFAULT_SEED])),
    )
    if as_json:
        answers = [evaluation_json(each) for each in measured]
        sys.stdout.write(json.dumps(answers if len(split or ()) > 1 else answers[0], ensure_ascii=False) + "\n")
    elif markdown == STANDARD_OUTPUT:
        sys.stdout.write("\n".join(map(evaluation_markdown, measured)))
    else:
        for each in measured:
            Console().print(evaluation_table(each))
    if markdown is not None and markdown != STANDARD_OUTPUT:
        from_here(Path(markdown)).write_text("\n".join(map(evaluation_markdown, measured)), encoding="utf-8")
    if chart is not None:
        from bot.presenters.evaluation_chart import evaluation_chart

        from_here(chart).write_bytes(evaluation_chart(measured).png)
    if was_stopped:
        Console(stderr=True).print("Stopped: these are the methods that were finished.")
        sys.exit(INTERRUPTED)


def _measured(
    data: Path, task: "Task", splits: Sequence["SplitKind"], *, methods: tuple[str, ...], k: int, seeds: tuple[int, ...]
) -> tuple[list["Measured"], bool]:
    """Return what is measured of each split, and whether Ctrl-C ended it before all were."""
    from recommender.evaluation.splits import Task

    settings = read_settings()
    if task is Task.COVERS:
        measured = _of_covers(settings, data, methods=methods, k=k, seeds=seeds)
        return [measured], measured.evaluation.was_stopped
    encoder, others = _encoders(settings, methods, task)
    asked: dict[str, Any] = {"methods": methods, "k": k, "seeds": seeds, "encoder": encoder, "home": settings.home}
    done: list[Measured] = []
    try:
        done.extend(
            _of_texts(data, splits, others, asked) if task is Task.TEXT else _of_lists(data, task, splits, asked)
        )
    except KeyboardInterrupt:
        if not done:
            raise
        return done, True
    return done, done[-1].evaluation.was_stopped


def _encoders(
    settings: "Settings", methods: Sequence[str], task: "Task"
) -> tuple["TextEncoder", dict[str, "TextEncoder"]]:
    """Return the installation's text encoder, and those that methods name, all converted where one is needed."""
    from bot.wiring import MODELS
    from recommender.encoders.conversion import convert_beforehand
    from recommender.encoders.registry import text_encoder
    from recommender.errors import EncoderUnavailableError
    from recommender.evaluation.methods import names_for, needs_encoder

    cache = settings.home / MODELS
    known = names_for(task)
    encoder = text_encoder(settings.text_encoder, cache)
    others: dict[str, TextEncoder] = {}
    try:
        others.update((name, text_encoder(name, cache)) for name in methods if name not in known)
    except EncoderUnavailableError as error:
        _wrong(f"--methods: {error} For --task {task} there are also {', '.join(known)}.")
    if any(needs_encoder(name, task) for name in methods):
        for name in (settings.text_encoder, *others):
            convert_beforehand(name, settings.image_encoder, cache)
    return encoder, others


def _of_lists(
    data: Path, task: "Task", splits: Sequence["SplitKind"], asked: Mapping[str, Any]
) -> Iterator["Measured"]:
    from bot.services.evaluation import measure

    for kind in splits:
        of_split = f", {kind}" if len(splits) > 1 else ""
        with _progress(asked["methods"], asked["seeds"], of_split) as told:
            measured = measure(data, task=task, split=kind, **asked, **told)
        yield measured
        if measured.evaluation.was_stopped:
            return


def _of_texts(
    data: Path, splits: Sequence["SplitKind"], others: Mapping[str, "TextEncoder"], asked: Mapping[str, Any]
) -> Iterator["Measured"]:
    from bot.services.evaluation import measure_texts

    with _progress(asked["methods"], asked["seeds"], "") as told:
        yield from measure_texts(data, splits=splits, encoders=others, **asked, **told)


def _of_covers(
    settings: "Settings", data: Path, *, methods: tuple[str, ...], k: int, seeds: tuple[int, ...]
) -> "Measured":
    from bot.services.evaluation_covers import measure_covers
    from bot.wiring import MODELS
    from recommender.encoders.conversion import convert_beforehand
    from recommender.encoders.registry import image_encoder
    from recommender.errors import EncoderUnavailableError
    from recommender.evaluation.methods import COVER_METHOD_NAMES, needs_encoder
    from recommender.evaluation.splits import Task

    cache = settings.home / MODELS
    encoder = image_encoder(settings.image_encoder, cache)
    named = [name for name in methods if name not in COVER_METHOD_NAMES]
    try:
        others = {name: image_encoder(name, cache) for name in named}
    except EncoderUnavailableError as error:
        _wrong(f"--methods: {error} For --task covers there are also {', '.join(COVER_METHOD_NAMES)}.")
    for name in (settings.image_encoder, *others):
        if any(needs_encoder(method, Task.COVERS) for method in methods):
            convert_beforehand(settings.text_encoder, name, cache)
    with _progress(methods, seeds, "", of="pictures") as told:
        return measure_covers(
            data,
            methods=methods,
            k=k,
            seeds=seeds,
            encoder=encoder,
            encoders=others,
            reading=told["reading"],
            describing=told["embedding"],
            report=told["report"],
        )


@contextmanager
def _progress(methods: Sequence[str], seeds: Sequence[int], of_split: str, *, of: str = "texts") -> Iterator["Told"]:
    """Show on standard error what is being done, and for how long; yield what is told of it."""
    started = time.monotonic()
    with Console(stderr=True).status(f"Reading{of_split}") as status:

        def measuring(method: str, seed: int) -> None:
            place = f"{methods.index(method) + 1} of {len(methods)}"
            minutes, seconds = divmod(round(time.monotonic() - started), _MINUTE)
            of_seed = f", seed {seeds.index(seed) + 1} of {len(seeds)}" if len(seeds) > 1 else ""
            status.update(f"Measuring {method} ({place}{of_seed}{of_split}); {minutes}:{seconds:02} so far")

        yield {
            "reading": lambda done, total: status.update(f"Reading{of_split} {done / total:.0%}"),
            "embedding": lambda done, total: status.update(f"Embedding {done:,} of {total:,} {of}"),
            "report": measuring,
        }


def _splits(named: Sequence[str] | None, task: "Task") -> tuple["SplitKind", ...]:
    from recommender.evaluation.splits import SPLITS_OF, SplitKind

    fitting = SPLITS_OF[task]
    for each in named or ():
        if each not in fitting:
            _wrong(f"--split: {each!r} is none of {', '.join(fitting)}, which fit --task {task}.")
    return tuple(dict.fromkeys(map(SplitKind, named or fitting[:1])))


def _named(methods: str | None, task: "Task") -> tuple[str, ...]:
    """Return the names of the methods to measure."""
    from recommender.evaluation.methods import names_for, package_missing_for
    from recommender.evaluation.splits import Task

    fitting = names_for(task)
    if methods is None:
        if task is Task.COVERS:
            fitting = (*fitting, *_other_image_encoders())
        missing = {name: package for name in fitting if (package := package_missing_for(name)) is not None}
        for name, package in missing.items():
            Console(stderr=True).print(f"{name} is left out: {package} is not installed.")
        return tuple(name for name in fitting if name not in missing)
    names = tuple(dict.fromkeys(name.strip() for name in methods.split(",") if name.strip()))
    unknown = [name for name in names if name not in fitting and task not in {Task.TEXT, Task.COVERS}]
    if unknown or not names:
        _wrong(f"--methods: {', '.join(unknown) or 'none named'}; for --task {task} there are {', '.join(fitting)}.")
    for name in names:
        if (package := package_missing_for(name)) is not None:
            _wrong(f"--methods: {name} needs {package}: pip install {package}")
    return names


def _other_image_encoders() -> tuple[str, ...]:
    """Return the image encoders whose weights are here, without that of the settings; tell of those that are not."""
    from recommender.encoders.image_cnn import MODELS, find_cnn
    from recommender.errors import EncoderUnavailableError

    found = []
    for name in sorted(MODELS.keys() - {read_settings().image_encoder.lower()}):
        try:
            found.append(find_cnn(name).name)
        except EncoderUnavailableError as error:
            Console(stderr=True).print(f"{name} is left out: {error}", markup=False, highlight=False, soft_wrap=True)
    return tuple(found)


def _wrong(sentence: str) -> NoReturn:
    Console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(2)
