"""The real client on the stand-in Discord, over small services that say what a test wants."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.client import CratediggerBot, point_discord_at
from bot.errors import PastedAddressError, TrackGoneError
from bot.playground.discord_standin import DiscordStandIn
from bot.services.asks import Answer, Ask, FilterChoice, TitleChoice
from bot.services.ports import Services
from recommender.types import (
    MemberId,
    Recommendation,
    ReleaseDate,
    ScoreParts,
    Suggestion,
    Track,
    TrackKey,
    Verdict,
)
from storage.values import Consent

MIRA, JONAS = "1000000000000000001", "1000000000000000002"
"""Mira manages the server, Jonas does not."""


def track(key: int = 1, title: str = "Copper Rain", **facts: object) -> Track:
    """Return a track with usual facts."""
    usual: dict[str, object] = {
        "artists": ("The Night Ferries",),
        "album": "Harbour Songs",
        "released": ReleaseDate(1994),
        "spotify_id": f"{key:022d}",
        "cover_url": f"https://covers.example/{key}.jpg",
    }
    return Track(key=TrackKey(key), title=title, **{**usual, **facts})  # type: ignore[arg-type]


def suggestions(count: int, **facts: object) -> tuple[Suggestion, ...]:
    """Return ranked suggestions with keys from 1."""
    return tuple(
        Suggestion(
            rank=rank,
            track=track(rank, f"Song {rank}", **facts),
            parts=ScoreParts(text=0.5),
            reason=f"Words close to Copper Rain ({rank}).",
        )
        for rank in range(1, count + 1)
    )


def answer(found: tuple[Suggestion, ...], *, label: str = "your listening", notes: tuple[str, ...] = ()) -> Answer:
    """Return an answer with these suggestions."""
    recommendation = Recommendation(suggestions=found, catalog_tracks=1000, fingerprint="space")
    return Answer(seed_label=label, seed={}, recommendation=recommendation, notes=notes)


@dataclass
class ScriptedRecommending:
    """Answers with as many suggestions as asked, or fails as told."""

    asks: list[Ask] = field(default_factory=list)
    error: Exception | None = None
    make: Callable[[Ask], Answer] = lambda ask: answer(suggestions(ask.count))
    delay_s: float = 0.0

    async def recommend(self, ask: Ask) -> Answer:
        self.asks.append(ask)
        await asyncio.sleep(self.delay_s)
        if self.error is not None:
            raise self.error
        return self.make(ask)

    async def complete_title(self, typed: str) -> list[TitleChoice]:
        if self.error is not None:
            raise self.error
        return [TitleChoice(key=TrackKey(at), label=f"{typed} {at} – Somebody") for at in range(1, 31)]

    async def complete_genre(self, typed: str) -> list[FilterChoice]:
        if self.error is not None:
            raise self.error
        return [FilterChoice(label=f"{typed} {at}", value=f"{typed} {at}") for at in range(1, 31)]

    async def complete_language(self, typed: str) -> list[FilterChoice]:
        if self.error is not None:
            raise self.error
        return [FilterChoice(label="Spanish", value="es")]

    async def complete_album(self, typed: str) -> list[FilterChoice]:
        if self.error is not None:
            raise self.error
        return [FilterChoice(label=f"{typed} Songs – Somebody", value="album:1")]

    async def complete_playlist(self, typed: str) -> list[FilterChoice]:
        if self.error is not None:
            raise self.error
        return [FilterChoice(label=f"{typed} (3 songs)", value="playlist:1")]


@dataclass(frozen=True)
class ScriptedInvitation:
    url: str
    expires_at: datetime
    authorize_url: str = "https://accounts.spotify.com/authorize?state=abc"
    is_local: bool = False


@dataclass(frozen=True)
class ScriptedAccount:
    display_name: str


@dataclass
class ScriptedLinking:
    """Links whoever pastes the right address."""

    linked: dict[MemberId, str] = field(default_factory=dict)
    names: dict[MemberId, str] = field(default_factory=dict)
    is_local: bool = False

    async def begin(self, member: MemberId, member_name: str) -> ScriptedInvitation:
        self.names[member] = member_name
        return ScriptedInvitation(
            "http://127.0.0.1:8080/link?state=abc", datetime(2030, 1, 1, tzinfo=UTC), is_local=self.is_local
        )

    async def finish_pasted(self, member: MemberId, address: str) -> ScriptedAccount:
        if "code=" not in address:
            raise PastedAddressError("http://127.0.0.1:8080/spotify/callback")
        self.linked[member] = address
        return ScriptedAccount("mira_on_spotify")

    async def unlink(self, member: MemberId) -> bool:
        return self.linked.pop(member, None) is not None


@dataclass
class RememberedVerdicts:
    """Keeps verdicts in a dictionary; it outlives the bot, as a database does."""

    given: dict[tuple[MemberId, TrackKey], Verdict] = field(default_factory=dict)
    gone: bool = False
    delay_s: float = 0.0

    async def record(self, member: MemberId, key: TrackKey, verdict: Verdict) -> Track:
        await asyncio.sleep(self.delay_s)
        if self.gone:
            raise TrackGoneError
        self.given[member, key] = verdict
        return track(key, f"Song {key}")

    async def undo(self, member: MemberId, key: TrackKey) -> Track:
        self.given.pop((member, key), None)
        return track(key, f"Song {key}")


@dataclass
class RememberedConsent:
    """Keeps what members agree to in a set; it outlives the bot, as a database does."""

    given: set[tuple[MemberId, Consent]] = field(default_factory=set)

    async def allows(self, member: MemberId, purpose: Consent) -> bool:
        return (member, purpose) in self.given

    async def set(self, member: MemberId, purpose: Consent, *, agrees: bool) -> None:
        self.given.discard((member, purpose))
        self.given.update({(member, purpose)} if agrees else ())


class FixedStatus:
    """Reports two facts."""

    async def report(self) -> Sequence[tuple[str, str]]:
        return (("Catalog", "1,000 tracks"), ("Spotify", "12 of 600 calls"))


@dataclass
class StateInMemory:
    """Keeps marks in a dictionary; it outlives the bot, as a database does."""

    marks: dict[str, str] = field(default_factory=dict)

    async def get(self, name: str) -> str | None:
        return self.marks.get(name)

    async def put(self, name: str, value: str) -> None:
        self.marks[name] = value


@dataclass
class World:
    """What outlives a restart of the bot in a test."""

    discord: DiscordStandIn
    recommending: ScriptedRecommending = field(default_factory=ScriptedRecommending)
    linking: ScriptedLinking = field(default_factory=ScriptedLinking)
    feedback: RememberedVerdicts = field(default_factory=RememberedVerdicts)
    consent: RememberedConsent = field(default_factory=RememberedConsent)
    state: StateInMemory = field(default_factory=StateInMemory)
    refusals_expected: bool = False
    """Whether the test makes Discord refuse something on purpose."""

    @property
    def services(self) -> Services:
        return Services(
            recommending=self.recommending,
            linking=self.linking,
            feedback=self.feedback,
            consent=self.consent,
            status=FixedStatus(),
            state=self.state,
        )

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[CratediggerBot]:
        """Run a bot until the block ends; a second block is a restart."""
        async with running_bot(self.discord, self.services) as bot:
            yield bot


@asynccontextmanager
async def running_bot(discord: DiscordStandIn, services: Services) -> AsyncIterator[CratediggerBot]:
    """Run the real client against the stand-in, from login to close."""
    with pointed_at(discord):
        bot = CratediggerBot(services, guild_ready_timeout=0.05, incident=lambda: "c0ffee42")
        serving = asyncio.create_task(bot.serve(discord.token))
        ready = asyncio.create_task(_ready(bot, discord))
        try:
            await asyncio.wait({serving, ready}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
            await ready
            yield bot
        finally:
            ready.cancel()
            await bot.close()
            await asyncio.gather(serving, ready, return_exceptions=True)


@contextmanager
def pointed_at(discord: DiscordStandIn) -> Iterator[None]:
    """Let discord.py talk to the stand-in inside the block."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE
    point_discord_at(discord.api_base, discord.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE = before


async def _ready(bot: CratediggerBot, discord: DiscordStandIn) -> None:
    await discord.bot_ready(commands=0)
    while not bot.is_ready():  # noqa: ASYNC110 -- wait_until_ready refuses before login
        await asyncio.sleep(0.005)
