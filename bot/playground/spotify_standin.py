"""A Spotify on loopback: consent page, tokens and the Web API of a new 2026 app, for the playground and the tests.

It is strict: it refuses what Spotify would refuse. Shapes and refusals follow its documentation as of November 2026.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.playground.spotify_standin_api import StandInApi
from bot.playground.spotify_standin_data import StandInAccount, StandInTrack
from bot.playground.spotify_standin_login import StandInAccounts
from bot.playground.spotify_standin_weather import WEATHER, Weather, weather_first


@dataclass(frozen=True, slots=True)
class StandInRequest:
    """A request that arrived."""

    method: str
    path: str
    query: dict[str, str]


class SpotifyStandIn:
    """The server; its API and its accounts service share one address."""

    def __init__(
        self,
        accounts: Sequence[StandInAccount],
        *,
        client_id: str,
        redirect_uris: Sequence[str],
        client_secret: str | None = None,
        catalog: Sequence[StandInTrack] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.weather = Weather()
        self.requests: list[StandInRequest] = []
        self.login = StandInAccounts(
            accounts,
            client_id=client_id,
            client_secret=client_secret,
            redirect_uris=redirect_uris,
            weather=self.weather,
            now=now,
        )
        self.api = StandInApi(self.login, catalog=catalog, base=lambda: self.base)
        self.base = ""
        """``http://127.0.0.1:PORT`` once started: both SPOTIFY_API_BASE and SPOTIFY_ACCOUNTS_BASE."""
        self._runner: web.AppRunner | None = None

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(middlewares=[self._record, weather_first])
        app[WEATHER] = self.weather
        app.add_routes([*self.login.routes(), *self.api.routes()])
        return app

    async def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1 and return the address."""
        self._runner = web.AppRunner(self.app(), access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.base

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def calls(self, path: str | None = None) -> list[StandInRequest]:
        """Return the API calls that arrived, in order; only those of one path when one is given."""
        return [each for each in self.requests if each.path.startswith("/v1/") and (path is None or each.path == path)]

    @web.middleware
    async def _record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path.rstrip("/") or "/"
        self.requests.append(StandInRequest(request.method, path, dict(request.query)))
        return await handler(request)
