"""``cratedigger evaluate``: the recommender and its baselines, measured on a dataset file."""

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from bot.settings import read_settings

DEFAULT_SEED = 0


def evaluate(
    task: Annotated[str, typer.Option(help="continuation (playlists) or listening (members, tracks, counts).")],
    data: Annotated[Path, typer.Option(help="CSV (also .gz, .zip) or Parquet.", exists=True, dir_okay=False)],
    methods: Annotated[
        str | None, typer.Option(help="Names with commas between; all that there are if left out.")
    ] = None,
    k: Annotated[int, typer.Option(help="Places of a list that count.", min=1, max=100)] = 10,
    seed: Annotated[list[int] | None, typer.Option(help="Of the split; repeatable, then means are shown.")] = None,
    split: Annotated[str | None, typer.Option(help="all or warm (continuation); holdout or loo (listening).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")] = False,
) -> None:
    """Measure how well held-out tracks are found: our engine, and the baselines it must beat."""
    from bot.presenters.evaluation import evaluation_json, evaluation_table
    from bot.services.evaluation import measure
    from bot.wiring import MODELS
    from recommender.encoders.conversion import convert_beforehand
    from recommender.encoders.registry import text_encoder
    from recommender.evaluation.splits import SPLITS_OF, SplitKind, Task

    if task not in set(Task):
        _wrong(f"--task: {task!r} is none of {', '.join(Task)}.")
    splits = SPLITS_OF[Task(task)]
    if split is not None and split not in splits:
        _wrong(f"--split: {split!r} is none of {', '.join(splits)}, which fit --task {task}.")
    names = _named(methods)
    settings = read_settings()
    cache = settings.home / MODELS
    err = Console(stderr=True)
    if any(name.startswith("ours") for name in names):
        convert_beforehand(settings.text_encoder, settings.image_encoder, cache)
    with err.status("Reading") as status:
        measured = measure(
            data,
            task=Task(task),
            split=SplitKind(split) if split is not None else splits[0],
            methods=names,
            k=k,
            seeds=tuple(dict.fromkeys(seed or [DEFAULT_SEED])),
            encoder=text_encoder(settings.text_encoder, cache),
            home=settings.home,
            reading=lambda done, total: status.update(f"Reading {done / total:.0%}"),
            embedding=lambda done, total: status.update(f"Embedding {done:,} of {total:,} texts"),
            report=lambda method, of_seed: status.update(f"Measuring {method}, seed {of_seed}"),
        )
    if as_json:
        sys.stdout.write(json.dumps(evaluation_json(measured), ensure_ascii=False) + "\n")
    else:
        Console().print(evaluation_table(measured))


def _named(methods: str | None) -> tuple[str, ...]:
    """Return the names of the methods to measure."""
    from recommender.evaluation.methods import METHOD_NAMES, package_missing_for

    if methods is None:
        missing = {name: package for name in METHOD_NAMES if (package := package_missing_for(name)) is not None}
        for name, package in missing.items():
            Console(stderr=True).print(f"{name} is left out: {package} is not installed.")
        return tuple(name for name in METHOD_NAMES if name not in missing)
    names = tuple(dict.fromkeys(name.strip() for name in methods.split(",") if name.strip()))
    unknown = [name for name in names if name not in METHOD_NAMES]
    if unknown or not names:
        _wrong(f"--methods: {', '.join(unknown) or 'none named'}; there are {', '.join(METHOD_NAMES)}.")
    for name in names:
        if (package := package_missing_for(name)) is not None:
            _wrong(f"--methods: {name} needs {package}: pip install {package}")
    return names


def _wrong(sentence: str) -> NoReturn:
    Console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(2)
