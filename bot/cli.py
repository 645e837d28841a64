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
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console

from bot.cli_evaluate import evaluate
from bot.cli_map import draw_map
from bot.errors import BotError
from bot.settings import Settings, from_here, read_installed_settings, read_settings
from recommender.errors import RecommenderError
from storage.errors import StorageError

if TYPE_CHECKING:
    from bot.services.asks import By, Method

STDERR = 2
"""File descriptor."""
INTERRUPTED = 130
"""Exit code of a command that was stopped by Ctrl-C, as shells use it."""
LARGEST_ID = 2**63 - 1
"""Discord's ids are smaller; databases hold no more."""

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
    """Embed the words and covers that are missing, then build the index. Goes on where it stopped."""
    from bot.presenters.progress_bars import progress_bars
    from bot.wiring import open_core

    with _stoppable() as stop, open_core(read_installed_settings()) as core:
        core.convert_encoders()
        with progress_bars(err) as bar:
            embedded = core.catalog.embed(
                text_progress=bar("Words", "tracks"), cover_progress=bar("Covers", "albums"), stop=stop
            )
        facts = {"words": asdict(embedded.text), "covers": asdict(embedded.covers)}
        index = None
        if not stop():
            with progress_bars(err) as bar:
                index = core.catalog.rebuild(bar("Index", "rows"))
            facts["index"] = {"tracks": len(index), "fingerprint": index.fingerprint}
    if as_json:
        _print_json(facts)
    else:
        from bot.presenters.terminal import embedding_report

        indexed = len(index) if index is not None else None
        out.print(embedding_report(embedded.text, embedded.covers, indexed=indexed))
    _exit_if(stop())


@catalog_commands.command("stats", epilog="Example: `cratedigger catalog stats --json`")
def catalog_stats(as_json: AsJson = False) -> None:
    """Count what the catalog holds."""
    from bot.wiring import open_core

    with open_core(read_installed_settings()) as core, core.database.reading() as stored:
        statistics = stored.tracks.statistics()
    _print_facts("Catalog", asdict(statistics), as_json=as_json)


@app.command("rebuild-index", epilog="Example: `cratedigger rebuild-index`")
def rebuild_index(as_json: AsJson = False) -> None:
    """Build the index anew from the database. The bot may go on running meanwhile."""
    from bot.presenters.progress_bars import progress_bars
    from bot.wiring import open_core

    with open_core(read_installed_settings()) as core, progress_bars(err) as bar:
        started = time.perf_counter()
        index = core.catalog.rebuild(bar("Index", "rows"))
    facts = {"tracks": len(index), "fingerprint": index.fingerprint, "seconds": round(time.perf_counter() - started, 1)}
    _print_facts("Index", facts, as_json=as_json)


@app.command(epilog="Example: `cratedigger nightly`")
def nightly(as_json: AsJson = False) -> None:
    """Do now what the bot does every night: sync linked members, embed what is new, rebuild the index."""
    from bot.wiring import run_nightly

    settings = read_installed_settings()
    _log_to_stderr(settings.log_level)
    steps = run_nightly(settings)
    _print_facts("Nightly refresh", {step.name: step.outcome for step in steps}, as_json=as_json)
    _exit_if(any(step.failed for step in steps), code=1)


@app.command(epilog='Example: `cratedigger recommend --track "Wonderwall" --json`')
def recommend(
    track: Annotated[
        list[str] | None,
        typer.Option(
            help="A title, `title - artist` or Spotify link; repeatable. A link, or title and artist, that the "
            "catalog does not know is looked up."
        ),
    ] = None,
    artist: Annotated[str | None, typer.Option(help="An artist of the catalog.")] = None,
    prompt: Annotated[str | None, typer.Option(help='Free text: "songs for a night drive".')] = None,
    cover: Annotated[Path | None, typer.Option(help="A picture file.")] = None,
    member: Annotated[int | None, typer.Option(help="Discord id of a member with a history.")] = None,
    count: Annotated[int, typer.Option(help="How many.", min=1, max=100)] = 10,
    by: Annotated[str, typer.Option(help="everything, words, cover or sound.")] = "everything",
    method: Annotated[
        str, typer.Option(help="engine, or mean: the mean vector of the songs, as an earlier system did.")
    ] = "engine",
    mix: Annotated[float, typer.Option(help="Weight of popularity, 0 to 1.", min=0, max=1)] = 0.1,
    discovery: Annotated[float, typer.Option(help="0 familiar to 1 unknown.", min=0, max=1)] = 0.5,
    decade: Annotated[int | None, typer.Option(help="For instance 1990.", min=1900, max=2090)] = None,
    genre: Annotated[str | None, typer.Option(help="A genre of the catalog; its kinds count too.")] = None,
    language: Annotated[str | None, typer.Option(help="That is sung: a name or an ISO 639 code.")] = None,
    max_minutes: Annotated[float | None, typer.Option(help="Longest song.", min=0.1, max=1440)] = None,
    min_popularity: Annotated[int, typer.Option(help="Least popular song, 0 to 100.", min=0, max=100)] = 0,
    max_popularity: Annotated[int, typer.Option(help="Most popular song; unknown counts as 0.", min=0, max=100)] = 100,
    clean: Annotated[bool, typer.Option("--clean", help="Leave out what is marked explicit.")] = False,
    roll: Annotated[int, typer.Option(help="Another good list; the same number brings it again.", min=0)] = 0,
    reroll: Annotated[bool, typer.Option("--reroll", help="Draw a number for --roll, and print it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Recommend from songs, an artist, a text, a cover or a member's history."""
    from bot.services.asks import Ask
    from bot.wiring import open_recommending
    from recommender.ranking.rolls import LARGEST_ROLL
    from recommender.types import Filters, MemberId, PopularityBand

    if sum(seed is not None for seed in (track or None, artist, prompt, cover)) + (member is not None) != 1:
        _fail("Name exactly one kind of seed: --track, --artist, --prompt, --cover or --member.", code=2)
    if member is not None and not 0 < member <= LARGEST_ID:
        _fail(f"--member: {member} is no Discord id.", code=2)
    if min_popularity > max_popularity:
        _fail(f"--min-popularity: {min_popularity} is more than --max-popularity, {max_popularity}.", code=2)
    if roll > LARGEST_ROLL:
        _fail(f"--roll: {roll} is more than {LARGEST_ROLL}.", code=2)
    if roll and reroll:
        _fail("--reroll draws a number: leave --roll out.", code=2)
    ask = Ask(
        member=MemberId(member) if member is not None else None,
        tracks=tuple(track or ()),
        artist=artist,
        prompt=prompt,
        cover=_picture(cover) if cover is not None else None,
        count=count,
        by=_by(by),
        method=_method(method, has_tracks=bool(track)),
        mix=mix,
        discovery=discovery,
        filters=Filters(
            decade=_decade(decade),
            explicit=False if clean else None,
            genre=genre,
            max_ms=round(max_minutes * 60_000) if max_minutes is not None else None,
            popularity=PopularityBand(lowest=min_popularity, highest=max_popularity),
        ),
        language=language,
        roll=_drawn_roll() if reroll else roll,
    )
    with open_recommending(read_installed_settings(), tell=_tell) as recommending:
        recommending.get_ready()
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


def _picture(path: Path) -> bytes:
    from recommender.encoders.pictures import LARGEST_FILE

    with _existing(path).open("rb") as file:
        return file.read(LARGEST_FILE + 1)


def _by(name: str) -> "By":
    from bot.services.asks import By

    try:
        return By(name)
    except ValueError:
        _fail(f"--by: {name!r} is none of {', '.join(By)}.", code=2)


def _drawn_roll() -> int:
    import numpy as np

    from recommender.ranking.rolls import drawn_roll

    return drawn_roll(np.random.default_rng())


def _method(name: str, *, has_tracks: bool) -> "Method":
    from bot.services.asks import Method

    if name not in set(Method):
        _fail(f"--method: {name!r} is none of {', '.join(Method)}.", code=2)
    if Method(name) is Method.MEAN and not has_tracks:
        _fail("--method mean starts from songs: name them with --track.", code=2)
    return Method(name)


def _decade(year: int | None) -> int | None:
    return None if year is None else year - year % 10


def _tell(sentence: str) -> None:
    err.print(f"{sentence} …", style="dim", markup=False, highlight=False, soft_wrap=True)


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
