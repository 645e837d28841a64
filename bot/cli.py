"""The ``cratedigger`` command: for operators and developers.

Heavy parts are imported inside the commands, so that ``--help`` answers at once.
Exit codes: 0 done, 1 failed with one sentence on standard error, 2 wrong use, 130 interrupted.
"""

import json
import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console

from bot.cli_evaluate import evaluate
from bot.errors import BotError
from bot.settings import Settings, read_settings
from recommender.errors import RecommenderError
from storage.errors import StorageError

if TYPE_CHECKING:
    from bot.services.asks import By
    from recommender.ports import Progress

INTERRUPTED = 130
"""Exit code of a command that was stopped by Ctrl-C, as shells use it."""

app = typer.Typer(
    name="cratedigger",
    help="A Discord bot that digs for music you will love, and says why.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
catalog_commands = typer.Typer(no_args_is_help=True, help="Import tracks, embed them, count them.")
app.add_typer(catalog_commands, name="catalog")
app.command(epilog="Example: `cratedigger evaluate --task continuation --data songs.csv --json`")(evaluate)

err = Console(stderr=True)
out = Console()

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]


@app.command(epilog="Example: `cratedigger run`")
def run() -> None:
    """Run the bot: Discord, the login pages and the nightly refresh. Needs DISCORD_TOKEN."""
    from bot.wiring import run_bot

    settings = _settings()
    if settings.discord_token is None:
        _fail("DISCORD_TOKEN: is not set; put it into .env, or try `cratedigger playground` without accounts.")
    _log_to_stderr(settings.log_level)
    run_bot(settings)


@app.command(epilog="Example: `cratedigger playground --port 8080`")
def playground(
    port: Annotated[int, typer.Option(help="Of the page, on 127.0.0.1.", min=0, max=65535)] = 8080,
    home: Annotated[Path, typer.Option(help="Where the playground keeps its data.")] = Path("playground-data"),
) -> None:
    """Run the real bot on a stand-in Discord, Spotify and lyrics service, with a page to talk to it."""
    from bot.playground.app import run_playground

    run_playground(home=home, page_port=port)


@catalog_commands.command("import", epilog="Example: `cratedigger catalog import songs.csv`")
def catalog_import(
    file: Annotated[Path, typer.Argument(help="CSV (also .gz, .zip) or Parquet.", exists=True, dir_okay=False)],
    as_json: AsJson = False,
) -> None:
    """Read tracks from a dataset file; run it again after a stop, it goes on. Never makes a track twice."""
    from bot.services.catalog_import import CatalogImport
    from bot.wiring import open_core

    with open_core(_settings()) as core, _stoppable() as stop, _bar("Importing", "rows") as progress:
        summary = CatalogImport(core.database, home=core.settings.home).run(file, progress=progress, stop=stop)
    _print_facts(f"Import of {file.name}", asdict(summary), as_json=as_json)
    _exit_if(stop())


@catalog_commands.command("embed", epilog="Example: `cratedigger catalog embed`")
def catalog_embed(as_json: AsJson = False) -> None:
    """Embed the words and covers that are missing, then build the index. Goes on where it stopped."""
    from bot.wiring import open_core

    with open_core(_settings()) as core, _stoppable() as stop:
        core.convert_encoders()
        with _bar("Words", "tracks") as text_progress, _bar("Covers", "albums") as cover_progress:
            embedded = core.catalog.embed(text_progress=text_progress, cover_progress=cover_progress, stop=stop)
        facts = {"words": asdict(embedded.text), "covers": asdict(embedded.covers)}
        if not stop():
            with _bar("Index", "tracks") as progress:
                index = core.catalog.rebuild(progress)
            facts["index"] = {"tracks": len(index), "fingerprint": index.fingerprint}
    _print_facts("Embedding", facts, as_json=as_json)
    _exit_if(stop())


@catalog_commands.command("stats", epilog="Example: `cratedigger catalog stats --json`")
def catalog_stats(as_json: AsJson = False) -> None:
    """Count what the catalog holds."""
    from bot.wiring import open_core

    with open_core(_settings()) as core, core.database.reading() as stored:
        statistics = stored.tracks.statistics()
    _print_facts("Catalog", asdict(statistics), as_json=as_json)


@app.command("rebuild-index", epilog="Example: `cratedigger rebuild-index`")
def rebuild_index(as_json: AsJson = False) -> None:
    """Build the index anew from the database. The bot may go on running meanwhile."""
    from bot.wiring import open_core

    with open_core(_settings()) as core:
        started = time.perf_counter()
        with _bar("Index", "tracks") as progress:
            index = core.catalog.rebuild(progress)
    facts = {"tracks": len(index), "fingerprint": index.fingerprint, "seconds": round(time.perf_counter() - started, 1)}
    _print_facts("Index", facts, as_json=as_json)


@app.command(epilog="Example: `cratedigger nightly`")
def nightly(as_json: AsJson = False) -> None:
    """Do now what the bot does every night: sync linked members, embed what is new, rebuild the index."""
    from bot.wiring import run_nightly

    settings = _settings()
    _log_to_stderr(settings.log_level)
    steps = run_nightly(settings)
    _print_facts("Nightly refresh", {step.name: step.outcome for step in steps}, as_json=as_json)
    _exit_if(any(step.failed for step in steps), code=1)


@app.command(epilog='Example: `cratedigger recommend --track "Wonderwall" --json`')
def recommend(
    track: Annotated[
        list[str] | None, typer.Option(help="A title, `title - artist` or Spotify link; repeatable.")
    ] = None,
    artist: Annotated[str | None, typer.Option(help="An artist of the catalog.")] = None,
    prompt: Annotated[str | None, typer.Option(help='Free text: "songs for a night drive".')] = None,
    cover: Annotated[Path | None, typer.Option(help="A picture file.", exists=True, dir_okay=False)] = None,
    member: Annotated[int | None, typer.Option(help="Discord id of a member with a history.")] = None,
    count: Annotated[int, typer.Option(help="How many.", min=1, max=100)] = 10,
    by: Annotated[str, typer.Option(help="everything, words, cover or sound.")] = "everything",
    mix: Annotated[float, typer.Option(help="Weight of popularity, 0 to 1.", min=0, max=1)] = 0.1,
    discovery: Annotated[float, typer.Option(help="0 familiar to 1 unknown.", min=0, max=1)] = 0.5,
    decade: Annotated[int | None, typer.Option(help="For instance 1990.", min=1900, max=2090)] = None,
    genre: Annotated[str | None, typer.Option(help="A genre of the catalog.")] = None,
    clean: Annotated[bool, typer.Option("--clean", help="Leave out what is marked explicit.")] = False,
    as_json: AsJson = False,
) -> None:
    """Recommend from songs, an artist, a text, a cover or a member's history."""
    from bot.services.asks import Ask
    from bot.wiring import open_recommending
    from recommender.types import Filters, MemberId

    if sum(seed is not None for seed in (track or None, artist, prompt, cover)) + (member is not None) != 1:
        _fail("Name exactly one kind of seed: --track, --artist, --prompt, --cover or --member.", code=2)
    ask = Ask(
        member=MemberId(member) if member is not None else None,
        tracks=tuple(track or ()),
        artist=artist,
        prompt=prompt,
        cover=cover.read_bytes() if cover is not None else None,
        count=count,
        by=_by(by),
        mix=mix,
        discovery=discovery,
        filters=Filters(decade=_decade(decade), explicit=False if clean else None, genre=genre),
    )
    with open_recommending(_settings()) as recommending:
        started = time.perf_counter()
        answer = recommending.answer(ask)
        took_ms = (time.perf_counter() - started) * 1000
    from bot.presenters.terminal import answer_json, answer_table

    if as_json:
        _print_json(answer_json(answer, took_ms=took_ms))
        return
    out.print(answer_table(answer, took_ms=took_ms))
    for note in answer.notes:
        err.print(note)


def main() -> NoReturn:
    """Run the command and turn what goes wrong into one sentence and an exit code."""
    try:
        app(standalone_mode=True)
    except (BotError, RecommenderError, StorageError) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        err.print("Stopped. What was done is kept; run it again to go on.")
        sys.exit(INTERRUPTED)
    sys.exit(0)


def _settings() -> Settings:
    return read_settings()


def _by(name: str) -> "By":
    from bot.services.asks import By

    try:
        return By(name)
    except ValueError:
        _fail(f"--by: {name!r} is none of {', '.join(By)}.", code=2)


def _decade(year: int | None) -> int | None:
    return None if year is None else year - year % 10


def _fail(sentence: str, *, code: int = 1) -> NoReturn:
    err.print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)


def _exit_if(condition: bool, *, code: int = INTERRUPTED) -> None:
    if condition:
        if code == INTERRUPTED:
            err.print("Stopped. What was done is kept; run it again to go on.")
        sys.exit(code)


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def _print_facts(title: str, facts: dict[str, Any], *, as_json: bool) -> None:
    from bot.presenters.terminal import facts_table

    if as_json:
        _print_json(facts)
    else:
        out.print(facts_table(title, facts))


def _log_to_stderr(level: str) -> None:
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Yield a question that answers true after the first Ctrl-C; the second one interrupts as usual."""
    asked = False

    def ask_to_stop(_signal: int, _frame: object) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, before)
        err.print("Stopping after this batch; once more stops at once.")

    before = signal.signal(signal.SIGINT, ask_to_stop)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(title: str, unit: str) -> "Iterator[Progress]":
    """Show a progress bar with a rate on standard error while the block runs; nothing where it is no terminal."""
    from rich import progress as bars

    columns = (
        bars.TextColumn(title),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn(unit),
        bars.TextColumn("{task.fields[rate]}"),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=err) as bar:
        task = bar.add_task(title, total=None, rate="")
        started = time.perf_counter()

        def report(done: int, total: int) -> None:
            rate = done / max(time.perf_counter() - started, 1e-9)
            bar.update(task, completed=done, total=total, rate=f"{rate:,.0f}/s")

        yield report
