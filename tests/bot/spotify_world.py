"""A stand-in Spotify with a member's history, a clock to turn, and a browser to press its pages with."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp

from bot.background import BlockingPool
from bot.gateways.spotify import SpotifyGateway
from bot.gateways.spotify_login import SpotifyLogin, new_verifier
from bot.gateways.spotify_wire import new_session
from bot.playground.spotify_standin import SpotifyStandIn
from bot.playground.spotify_standin_data import (
    StandInAccount,
    StandInMoment,
    StandInPlaylist,
    StandInTrack,
    made_up_id,
)

CLIENT_ID = "0123456789abcdef0123456789abcdef"
REDIRECT_URI = "http://127.0.0.1:8080/spotify/callback"
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands still until it is turned."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def turn(self, by: timedelta) -> None:
        self.at += by


def a_track(number: int, **changes: object) -> StandInTrack:
    track = StandInTrack(
        spotify_id=made_up_id(f"track {number}"),
        title=f"Song {number}",
        artists=(f"Singer {number % 7}",),
        album=f"Album {number % 20}",
        album_id=made_up_id(f"album {number % 20}"),
        released="2019-05-03",
        duration_ms=180_000 + number * 10_000,
        isrc=f"XXA0119{number:05d}",
        cover_url=f"http://127.0.0.1:9/cover/{number % 20}.jpg",
    )
    return replace(track, **changes)  # type: ignore[arg-type]


def moments(tracks: Sequence[StandInTrack], *, every: timedelta = timedelta(minutes=4)) -> tuple[StandInMoment, ...]:
    """The first track is the latest."""
    return tuple(StandInMoment(track, START - timedelta(hours=1) - every * i) for i, track in enumerate(tracks))


def an_account(user_id: str = "mara", *, has_covers: bool = True, **changes: object) -> StandInAccount:
    tracks = [a_track(number, **({} if has_covers else {"cover_url": None})) for number in range(200)]
    account = StandInAccount(
        user_id=user_id,
        display_name=user_id.title(),
        plays=moments(tracks[:30]),
        top={"short_term": tuple(tracks[:10]), "medium_term": tuple(tracks[5:25]), "long_term": tuple(tracks[20:60])},
        saved=moments(tracks[40:160], every=timedelta(days=1)),
        playlists=(
            StandInPlaylist(spotify_id=made_up_id(f"own {user_id}"), name="Mine", owner=user_id,
                            tracks=moments(tracks[160:170])),
            StandInPlaylist(spotify_id=made_up_id("followed"), name="Followed", owner="spotify",
                            tracks=moments(tracks[170:180])),
        ),
    )  # fmt: skip
    return replace(account, **changes)  # type: ignore[arg-type]


@dataclass
class SpotifyWorld:
    """Everything a test of the Spotify side touches."""

    spotify: SpotifyStandIn
    clock: Clock
    blocking: BlockingPool
    login: SpotifyLogin
    browser: aiohttp.ClientSession
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def gateway(self, access_token: str) -> SpotifyGateway:
        return SpotifyGateway(access_token, api_base=self.spotify.base, session=new_session(), now=self.clock)

    async def consent(self, authorize_url: str, *, user_id: str = "mara", agree: bool = True) -> str:
        """Press a button on the consent page; return the address Spotify sends the browser to."""
        page = await self.browser.get(authorize_url)
        text = await page.text()
        assert page.status == 200, text
        form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', text))
        form |= {"account": user_id, "decision": "agree" if agree else "cancel"}
        answer = await self.browser.post(f"{self.spotify.base}/authorize", data=form, allow_redirects=False)
        assert answer.status == 302, await answer.text()
        return answer.headers["Location"]

    async def access_token(self, user_id: str = "mara") -> str:
        """Go through a whole login by hand."""
        verifier = new_verifier()
        url = self.login.authorize_url(state="s", verifier=verifier, client_id=CLIENT_ID)
        code = query_of(await self.consent(url, user_id=user_id))["code"]
        tokens = await self.blocking.run(self.login.exchange, code=code, verifier=verifier, client_id=CLIENT_ID)
        return tokens.access_token


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@asynccontextmanager
async def spotify_world(
    *accounts: StandInAccount,
    client_secret: str | None = None,
    knows_secret: bool = True,
    redirect_uri: str = REDIRECT_URI,
) -> AsyncIterator[SpotifyWorld]:
    """Start a stand-in Spotify; ``knows_secret`` says whether the bot was given the app's secret."""
    clock = Clock()
    spotify = SpotifyStandIn(
        accounts or (an_account(), an_account("jonas")),
        client_id=CLIENT_ID,
        client_secret=client_secret,
        redirect_uris=[redirect_uri],
        catalog=[a_track(number) for number in range(200)],
        now=clock,
    )
    base = await spotify.start()
    blocking = BlockingPool(workers=8)
    login = SpotifyLogin(
        accounts_base=base,
        client_id=CLIENT_ID,
        client_secret=client_secret if knows_secret else None,
        redirect_uri=redirect_uri,
        session=new_session(),
        now=clock,
    )
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        try:
            yield SpotifyWorld(spotify, clock, blocking, login, browser)
        finally:
            blocking.close()
            await spotify.stop()
