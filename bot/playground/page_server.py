"""The playground's page: static files, covers, and a websocket through which people act on the stand-in Discord."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.playground.discord_standin import DiscordStandIn
from bot.playground.page_visit import BotState, Person, Visit

PAGE_FOLDER = Path(__file__).parent / "page"
_HOSTS = frozenset({"127.0.0.1", "localhost"})
_SECURITY_HEADERS = {
    # Pictures also come from the stand-in Discord, which has a port of its own.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' http://127.0.0.1:*; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class PageServer:
    """Serves the page on 127.0.0.1.

    Args:
        discord: The stand-in that people act on.
        people: Whom a visitor can act as, the first one at the start.
        tries: Commands to offer for a try, as one would type them.
        cover_of: Spotify album id → picture, or None; called in a thread.
        album_of_release: MusicBrainz release id → Spotify album id, for ``/release/ID/front-500``.
        restart: Restarts the bot.
    """

    def __init__(
        self,
        discord: DiscordStandIn,
        *,
        people: Sequence[Person],
        tries: Sequence[str],
        cover_of: Callable[[str], bytes | None],
        album_of_release: Mapping[str, str],
        restart: Callable[[], Awaitable[None]],
    ) -> None:
        self.discord = discord
        self.people = tuple(people)
        self.tries = tuple(tries)
        self.restart = restart
        self.bot = BotState("preparing", "Getting ready…")
        self.base = ""
        """``http://127.0.0.1:PORT`` once started."""
        self._cover_of = cover_of
        self._album_of_release = album_of_release
        self._covers: dict[str, bytes | None] = {}
        self._visits: set[Visit] = set()
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> str:
        """Listen on 127.0.0.1 (0 takes a free port) and return the address.

        Raises:
            OSError: The port is taken.
        """
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.base

    async def stop(self) -> None:
        """Close all visits and stop listening."""
        for visit in list(self._visits):
            await visit.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def show_bot(self, state: str, text: str) -> None:
        """Tell every visitor how the bot is doing."""
        self.bot = BotState(state, text)
        for visit in list(self._visits):
            await visit.send({"type": "bot", "bot": {"state": state, "text": text}})

    def cover_url(self, album: str) -> str:
        """Return where the cover of an album lies."""
        return f"{self.base}/covers/{album}.jpg"

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[_only_from_here])
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/socket", self._socket),
                web.get("/covers/{album}.jpg", self._cover),
                web.get("/release/{release}/front-500", self._front),
                web.static("/page", PAGE_FOLDER),
            ]
        )
        return app

    async def _index(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE_FOLDER / "index.html")

    async def _cover(self, request: web.Request) -> web.StreamResponse:
        album = request.match_info["album"]
        if album not in self._covers:
            picture = await asyncio.to_thread(self._cover_of, album)
            if picture is None:
                raise web.HTTPNotFound
            self._covers[album] = picture
        return web.Response(body=self._covers[album], content_type="image/jpeg")

    async def _front(self, request: web.Request) -> web.StreamResponse:
        album = self._album_of_release.get(request.match_info["release"])
        if album is None:
            raise web.HTTPNotFound
        raise web.HTTPTemporaryRedirect(self.cover_url(album))

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Origin") != f"http://{request.host}":
            raise web.HTTPForbidden(text="Only the page itself may connect.")
        socket = web.WebSocketResponse(heartbeat=20.0, max_msg_size=64 * 1024)
        await socket.prepare(request)
        visit = Visit(self, socket)
        self._visits.add(visit)
        try:
            await visit.serve()
        finally:
            self._visits.discard(visit)
        return socket


@web.middleware
async def _only_from_here(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse names that only pretend to be this machine, and keep the page to itself."""
    if (request.url.host or "") not in _HOSTS:
        raise web.HTTPForbidden(text="The playground answers on 127.0.0.1 only.")
    response = await handler(request)
    if not response.prepared:
        response.headers.update(_SECURITY_HEADERS)
        response.headers["Cache-Control"] = "max-age=3600" if request.path.startswith("/covers/") else "no-cache"
    return response
