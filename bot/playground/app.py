"""The playground: the real bot between a stand-in Discord, Spotify and content services, and a page to talk to it."""

import asyncio
import hashlib
import json
import logging
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import PlaygroundError
from bot.playground.bot_process import BotProcess
from bot.playground.content_standin import ContentStandIn
from bot.playground.discord_standin import DiscordStandIn
from bot.playground.page_server import PageServer
from bot.playground.sample.catalog import SampleCatalog, sample_catalog
from bot.playground.sample.dataset import write_dataset
from bot.playground.sample.listeners import LISTENERS, account_of, stand_in_track
from bot.playground.sample.playlists import sample_playlists, write_playlists
from bot.playground.sample_world import discord_user, person, song, tries
from bot.playground.spotify_memory import load_grants, save_grants
from bot.playground.spotify_standin import SpotifyStandIn

log = logging.getLogger(__name__)

DATASET = "sample.csv"
PLAYLISTS = "sample-playlists.csv"
PREPARED = "prepared.json"
"""Says which dataset the database holds and embedded."""
GRANTS = "spotify-grants.json"
BOT_READY_WITHIN_S = 120.0
_CLIENT_ID = hashlib.sha256(b"the playground's app").hexdigest()[:32]
_CLIENT_SECRET = hashlib.sha256(b"the secret of the playground's app").hexdigest()[:32]


class Playground:
    """Everything on 127.0.0.1; use it as an asynchronous context manager.

    Args:
        home: Keeps the database, the index and the sample between starts.
        page_port: Of the page; 0 takes a free one.
        catalog: Another catalog than the sample, for tests.
        say: Is told what happens, in sentences for the terminal.
    """

    def __init__(
        self,
        home: Path,
        page_port: int = 8080,
        *,
        catalog: SampleCatalog | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        say: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self.home = home.resolve()
        self._page_port = page_port
        self._say = say
        self.catalog = catalog or sample_catalog()
        self._web_port = _free_port()
        self.discord = DiscordStandIn(tuple(discord_user(listener) for listener in LISTENERS))
        self.album_of_release = {song(track).release_id: track.album.spotify_id for track in self.catalog.tracks}
        self.page = PageServer(
            self.discord,
            people=[person(listener) for listener in LISTENERS],
            tries=tries(self.catalog),
            cover_of=self._cover_of,
            album_of_release=self.album_of_release,
            restart=self.restart_bot,
        )
        self.content = ContentStandIn(song(track) for track in self.catalog.tracks)
        self._now = now
        self._bot: BotProcess | None = None
        self._watch: asyncio.Task[None] | None = None
        self._closing = AsyncExitStack()

    async def __aenter__(self) -> "Playground":
        """Start the stand-ins and the page; the bot comes with :meth:`start_bot`."""
        self.home.mkdir(parents=True, exist_ok=True)
        try:
            await self._open_page()
            await self._started(self.discord.start(), self.discord.stop)
            await self._started(self.content.start(), self.content.stop)
            self.spotify = self._spotify()
            load_grants(self.spotify.login, self.home / GRANTS)
            self.spotify.login.on_grants_changed = self._save_grants
            await self._started(self.spotify.start(), self.spotify.stop)
        except BaseException:
            await self._closing.aclose()
            raise
        self._bot = BotProcess(self.settings, self.home)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the bot, then everything else."""
        await self.stop_bot()
        self._save_grants()
        await self._closing.aclose()

    @property
    def settings(self) -> dict[str, str]:
        """The bot's settings, by their names in ``.env``."""
        return {
            "CRATEDIGGER_HOME": str(self.home),
            "DISCORD_TOKEN": self.discord.token,
            "DISCORD_API_BASE": self.discord.api_base,
            "DISCORD_GATEWAY_URL": self.discord.gateway_url,
            "SPOTIFY_CLIENT_ID": _CLIENT_ID,
            "SPOTIFY_CLIENT_SECRET": _CLIENT_SECRET,
            "SPOTIFY_API_BASE": self.spotify.base,
            "SPOTIFY_ACCOUNTS_BASE": self.spotify.base,
            "PUBLIC_URL": self._public_url,
            "WEB_HOST": "127.0.0.1",
            "WEB_PORT": str(self._web_port),
            "LYRICS_API_BASE": self.content.base,
            "MUSICBRAINZ_API_BASE": self.content.base,
            # Covers lie on the page's own port, the one that stays the same from start to start.
            "COVER_ART_ARCHIVE_BASE": self.page.base,
            "LOG_LEVEL": "WARNING",
        }

    async def prepare(self) -> None:
        """Import and embed the sample, unless the home holds it already.

        Raises:
            PlaygroundError: A step failed; its own words are on the terminal.
        """
        dataset, mark = self.home / DATASET, self.home / PREPARED
        playlists = sample_playlists(self.catalog)
        identity = {"seed": self.catalog.seed, "tracks": _identity(self.catalog), "playlists": len(playlists)}
        if mark.exists() and json.loads(mark.read_text(encoding="utf-8")) == identity:
            return
        count = write_dataset(self.catalog, dataset, cover_url=self.page.cover_url)
        await self._step(f"Reading {count} tracks of the sample catalog", "catalog", "import", str(dataset))
        lists = write_playlists(playlists, self.home / PLAYLISTS)
        await self._step(f"Reading {lists} playlists", "catalog", "import", str(self.home / PLAYLISTS))
        await self._step(f"Embedding words and covers of {count} tracks", "catalog", "embed")
        beside = mark.with_suffix(".partial")
        beside.write_text(json.dumps(identity), encoding="utf-8")
        beside.replace(mark)

    async def start_bot(self) -> None:
        """Start the bot and wait until it hears commands.

        Raises:
            PlaygroundError: It stopped, or takes too long.
        """
        process = self._process()
        await self.page.show_bot("starting", "Starting…")
        await process.start()
        ready = asyncio.create_task(self.discord.bot_ready(BOT_READY_WITHIN_S))
        ended = asyncio.create_task(process.stopped())
        try:
            await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not ready.done() or ready.exception() is not None:
                await process.stop()
                await self.page.show_bot("stopped", "It did not start; the terminal says why")
                raise PlaygroundError("The bot did not start; its own words are above.")
        finally:
            ready.cancel()
            ended.cancel()
            await asyncio.gather(ready, ended, return_exceptions=True)
        await self.page.show_bot("online", "Online")
        self._watch = asyncio.create_task(self._tell_when_it_ends(process))

    async def stop_bot(self) -> None:
        """Stop the bot, if it runs."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        if self._bot is not None:
            await self._bot.stop()

    async def restart_bot(self) -> None:
        """Stop the bot and start it again."""
        await self.page.show_bot("starting", "Restarting…")
        await self.stop_bot()
        await self.start_bot()

    @property
    def _public_url(self) -> str:
        return f"http://127.0.0.1:{self._web_port}"

    def _process(self) -> BotProcess:
        if self._bot is None:
            raise PlaygroundError("The playground is not open.")
        return self._bot

    async def _open_page(self) -> None:
        try:
            await self._started(self.page.start(self._page_port), self.page.stop)
        except OSError as error:
            msg = f"Port {self._page_port} on 127.0.0.1 is taken. Choose another: cratedigger playground --port 8090"
            raise PlaygroundError(msg) from error

    async def _started(self, start: Awaitable[object], stop: Callable[[], Awaitable[None]]) -> None:
        await start
        self._closing.push_async_callback(stop)

    async def _step(self, title: str, *arguments: str) -> None:
        self._say(f"{title} …")
        await self.page.show_bot("preparing", f"{title}…")
        code = await self._process().run(*arguments)
        if code != 0:
            await self.page.show_bot("stopped", "The sample could not be prepared; the terminal says why")
            msg = f"`{' '.join(arguments)}` failed with exit code {code}; its own words are above."
            raise PlaygroundError(msg)

    async def _tell_when_it_ends(self, process: BotProcess) -> None:
        code = await process.stopped()
        log.warning("bot ended code=%d", code)
        await self.page.show_bot("stopped", f"It stopped (exit code {code})")

    def _spotify(self) -> SpotifyStandIn:
        moment = self._now()
        return SpotifyStandIn(
            [account_of(each, self.catalog, now=moment, cover_url=self.page.cover_url) for each in LISTENERS],
            client_id=_CLIENT_ID,
            client_secret=_CLIENT_SECRET,
            redirect_uris=[f"{self._public_url}/spotify/callback"],
            catalog=[stand_in_track(track, self.page.cover_url) for track in self.catalog.tracks],
        )

    def _save_grants(self) -> None:
        save_grants(self.spotify.login, self.home / GRANTS)

    def _cover_of(self, album: str) -> bytes | None:
        found = self.catalog.album(album)
        return None if found is None else found.cover()


def run_playground(*, home: Path, page_port: int = 8080) -> None:
    """Run the playground until it is stopped with Ctrl-C or SIGTERM.

    Raises:
        PlaygroundError: The page's port is taken, or the bot or a preparation failed.
    """
    asyncio.run(_run(home, page_port))


async def _run(home: Path, page_port: int) -> None:
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop.set)
    async with Playground(home, page_port, say=_print) as playground:
        work = asyncio.create_task(_serve(playground, asked_to_stop))
        stop = asyncio.create_task(asked_to_stop.wait())
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not work.done():
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            _print("Stopping. What was prepared is kept.")
            return
        work.result()


async def _serve(playground: Playground, asked_to_stop: asyncio.Event) -> None:
    _print(f"The page is at {playground.page.base} (getting ready)")
    await playground.prepare()
    await playground.start_bot()
    _print(f"Ready: open {playground.page.base} and type / into the channel. Ctrl-C stops everything.")
    await asked_to_stop.wait()


def _print(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def _identity(catalog: SampleCatalog) -> str:
    facts = "\n".join(f"{track.facts}|{track.lyrics}" for track in catalog.dataset)
    return hashlib.sha256(facts.encode()).hexdigest()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
