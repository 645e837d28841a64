"""The ``cratedigger`` command: for operators and developers.

Heavy parts are imported inside the commands, so that ``--help`` answers at once.
Exit codes: 0 done, 1 failed with one sentence on standard error, 2 wrong use, 130 interrupted.
"""

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from bot.cli_evaluate import evaluate
from bot.cli_map import draw_map
from bot.cli_recommend import recommend
from bot.errors import BotError
from bot.settings import Settings, from_here, read_installed_settings, read_settings
from recommender.errors import RecommenderError
from storage.errors import StorageError

STDERR = 2
"""File descriptor."""
INTERRUPTED = 130
"""Exit code of a command that was stopped by Ctrl-C, as shells use it."""

_OUR_LOGGERS = ("bot", "recommender", "storage")

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
app.command(epilog='Example: `cratedigger recommend --track "Wonderwall" --json`')(recommend)
app.command("map", epilog="Example: `cratedigger map --by tsne --out map.png`")(draw_map)

err = Console(stderr=True)
out = Console()

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]


def _print_version(*, is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        out.print(f"cratedigger {version('cratedigger')}", highlight=False)
        raise typer.Exit


@app.callback()
def cratedigger(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """A Discord bot that digs for music you will love, and says why."""


@app.command(epilog="Example: `cratedigger run`")
def run() -> None:
    """Run the bot: Discord, the login pages and the nightly refresh. Needs DISCORD_TOKEN."""
    # Whoever asks for the end before the bot listens for that gets it.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))
    from bot.wiring import run_bot

    settings = _settings()
    if settings.discord_token is None:
        _fail("DISCORD_TOKEN: is not set; put it into .env, or try `cratedigger playground` without accounts.")
    _log_to_stderr(settings.log_level)
    run_bot(settings)


@app.command(epilog="Example: `cratedigger playground --port 8080`")
def playground(
    port: Annotated[int, typer.Option(help="Of the page, on 127.0.0.1.", min=0, max=65535)] = 8080,
    home: Annotated[Path | None, typer.Option(help="Where it keeps its data. Default: playground-data.")] = None,
) -> None:
    """Run the real bot on a stand-in Discord, Spotify and lyrics service, with a page to talk to it."""
    from bot.playground.app import run_playground

    run_playground(home=Path("playground-data") if home is None else from_here(home), page_port=port)


@catalog_commands.command("import", epilog="Example: `cratedigger catalog import songs.csv`")
def catalog_import(
    file: Annotated[Path, typer.Argument(help="CSV (also .gz, .zip) or Parquet.")],
    as_json: AsJson = False,
) -> None:
    """Read tracks from a dataset file; run it again after a stop, it goes on. Never makes a track twice."""
    from bot.presenters.progress_bars import progress_bars
    from bot.services.catalog_import import CatalogImport
    from bot.wiring import open_core

    file = _existing(file)
    with _stoppable() as stop, open_core(_settings()) as core, progress_bars(err) as bar:
        importing = CatalogImport(core.database, home=core.settings.home)
        summary = importing.run(file, progress=bar("Importing", "rows"), stop=stop)
    if as_json:
        _print_json(asdict(summary))
    else:
        from bot.presenters.terminal import import_report

        out.print(import_report(file.name, summary))
    _exit_if(stop())


@catalog_commands.command("embed", epilog="Example: `cratedigger catalog embed`")
def catalog_embed(as_json: AsJson = False) -> None:
    """Embed the words and covers that are missing, build the index, and learn from lists. Goes on where it stopped."""
    from bot.presenters.progress_bars import progress_bars
    from bot.wiring import open_core

    with _stoppable() as stop, open_core(read_installed_settings()) as core:
        core.convert_encoders()
        with progress_bars(err) as bar:
            embedded = core.catalog.embed(
                text_progress=bar("Words", "tracks"), cover_progress=bar("Covers", "albums"), stop=stop
            )
        facts = {"words": asdict(embedded.text), "covers": asdict(embedded.covers)}
        renewed = None
        if not stop():
            with progress_bars(err) as bar:
                # Whoever imports a catalog wants it: what is served before has no say.
                renewed = core.training.renew(is_gated=False, bar=bar, stop=stop)
            index = renewed.index
            facts["index"] = {"tracks": len(index), "fingerprint": index.fingerprint, "quality": renewed.remark}
    if as_json:
        _print_json(facts)
    else:
        from bot.presenters.terminal import embedding_report

        indexed = len(renewed.index) if renewed is not None else None
        remark = renewed.remark if renewed is not None else None
        out.print(embedding_report(embedded.text, embedded.covers, indexed=indexed, quality=remark))
    _exit_if(stop())


@catalog_commands.command("stats", epilog="Example: `cratedigger catalog stats --json`")
def catalog_stats(as_json: AsJson = False) -> None:
    """Count what the catalog holds, and tell how good suggestions are and how they are received."""
    from bot.presenters.terminal import received_facts
    from bot.services.reception import received
    from bot.services.training import QUALITY_MARK
    from bot.wiring import open_core, utc_now

    with open_core(read_installed_settings()) as core, core.database.reading() as stored:
        facts = asdict(stored.tracks.statistics()) | {"quality": stored.state.get(QUALITY_MARK)}
        reception = received(stored, utc_now())
    told = {"received": asdict(reception)} if as_json else received_facts(reception)
    _print_facts("Catalog", facts | told, as_json=as_json)


@app.command("rebuild-index", epilog="Example: `cratedigger rebuild-index`")
def rebuild_index(
    force: Annotated[bool, typer.Option("--force", help="Serve what is built even where it is worse.")] = False,
    as_json: AsJson = False,
) -> None:
    """Build the index anew from the database and learn from lists. The bot may go on running meanwhile.

    What is built is kept out, with exit code 1, when it continues held-out lists worse than what is served.
    """
    from bot.presenters.progress_bars import progress_bars
    from bot.wiring import open_core

    with open_core(read_installed_settings()) as core, progress_bars(err) as bar:
        started = time.perf_counter()
        renewed = core.training.renew(is_gated=not force, bar=bar)
    facts = {
        "tracks": len(renewed.index),
        "fingerprint": renewed.index.fingerprint,
        "quality": renewed.remark,
        "swapped": not renewed.was_refused,
        "seconds": round(time.perf_counter() - started, 1),
    }
    _print_facts("Index", facts, as_json=as_json)
    if renewed.was_refused:
        _fail("Nothing was swapped, for what was built is worse. `cratedigger rebuild-index --force` serves it anyway.")


@app.command(epilog="Example: `cratedigger nightly`")
def nightly(as_json: AsJson = False) -> None:
    """Do now what the bot does every night: sync linked members, embed what is new, rebuild the index, learn."""
    from bot.wiring import run_nightly

    settings = read_installed_settings()
    _log_to_stderr(settings.log_level)
    steps = run_nightly(settings)
    _print_facts("Nightly refresh", {step.name: step.outcome for step in steps}, as_json=as_json)
    _exit_if(any(step.failed for step in steps), code=1)


def main() -> NoReturn:
    """Run the command and turn what goes wrong into one sentence and an exit code."""
    try:
        app(prog_name="cratedigger")
    except (BotError, RecommenderError, StorageError) as error:
        _fail(str(error))
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
        _fail(f"{what}. What was done is kept; run it again when this is put right.")
    except KeyboardInterrupt:
        err.print("Stopped. What was done is kept; run it again to go on.")
        sys.exit(INTERRUPTED)
    sys.exit(0)


def _settings() -> Settings:
    return read_settings()


def _existing(path: Path) -> Path:
    found = from_here(path)
    if not found.is_file():
        _fail(f"{path} is not a file." if found.exists() else f"There is no file {path}.", code=2)
    return found


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
    # At DEBUG libraries tell what they send and get: tokens, names, and whatever members type.
    others = "INFO" if level == "DEBUG" else level
    logging.basicConfig(level=others, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    for ours in _OUR_LOGGERS:
        logging.getLogger(ours).setLevel(level)


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Yield a question that answers true after the first Ctrl-C; the second one interrupts as usual."""
    asked = False

    def ask_to_stop(_signal: int, _frame: object) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, before)
        # A handler may run in the middle of a buffered write to the same stream, which must not be entered twice.
        os.write(STDERR, b"Stopping after this batch; once more stops at once.\n")

    before = signal.signal(signal.SIGINT, ask_to_stop)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
