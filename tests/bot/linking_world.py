"""The services that link and sync, on a real database and a stand-in Spotify."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.gateways.spotify_budget import SpotifyBudget
from bot.playground.spotify_standin_data import StandInAccount
from bot.services.library_sync import LibrarySyncService
from bot.services.linking import LinkedAccount, LinkingService
from bot.services.spotify_access import SpotifyAccess
from recommender.types import MemberId, Signal, SignalKind, Track, TrackKey
from storage.crypto import Cipher
from storage.database import Database
from storage.values import Link
from tests.bot.spotify_world import REDIRECT_URI, SpotifyWorld, query_of, spotify_world

MARA = MemberId(101)
JONAS = MemberId(102)
PUBLIC_URL = "http://127.0.0.1:8080"
KEY = Cipher.generate_key()
PATIENCE_S = 60.0
"""Generous, because the machine may be busy."""


@dataclass
class LinkingWorld:
    """One process of the bot, as far as Spotify is concerned."""

    wire: SpotifyWorld
    database: Database
    budget: SpotifyBudget
    access: SpotifyAccess
    linking: LinkingService
    syncing: LibrarySyncService

    async def link(self, member: MemberId = MARA, user_id: str = "mara") -> LinkedAccount:
        """Link by pressing through the pages, without our own."""
        invitation = await self.linking.begin(member, f"{user_id} on Discord")
        query = query_of(await self.wire.consent(invitation.authorize_url, user_id=user_id))
        return await self.linking.finish(query["state"], query["code"], None)

    def link_of(self, member: MemberId = MARA) -> Link:
        with self.database.reading() as stored:
            link = stored.links.of_member(member)
        assert link is not None
        return link

    def is_linked(self, member: MemberId = MARA) -> bool:
        with self.database.reading() as stored:
            return stored.links.of_member(member) is not None

    def signals(self, kind: SignalKind, member: MemberId = MARA) -> Sequence[Signal]:
        with self.database.reading() as stored:
            return [each for each in stored.signals.of_member(member) if each.kind is kind]

    def titles(self, kind: SignalKind, member: MemberId = MARA) -> list[str]:
        """By rank where there is one, else newest first."""
        signals = sorted(self.signals(kind, member), key=lambda each: (each.rank or 0, -each.at.timestamp()))
        tracks = self.tracks(signals)
        return [tracks[each.track].title for each in signals]

    def tracks(self, signals: Sequence[Signal]) -> Mapping[TrackKey, Track]:
        with self.database.reading() as stored:
            return stored.tracks.of_keys([each.track for each in signals])


async def eventually(condition: Callable[[], object]) -> None:
    """Wait until something that another task does has come about."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 -- the condition has no event to wait for
            await asyncio.sleep(0.01)


def services(wire: SpotifyWorld, database: Database, *, daily_calls: int = 600) -> LinkingWorld:
    """Build the services as a start of the bot does."""
    budget = SpotifyBudget(database, daily_calls=daily_calls, now=wire.clock)
    access = SpotifyAccess(
        database, wire.login, budget, wire.blocking, gateway=wire.gateway, now=wire.clock, sleep=wire.sleep
    )
    return LinkingWorld(
        wire=wire,
        database=database,
        budget=budget,
        access=access,
        linking=LinkingService(database, wire.login, access, wire.blocking, public_url=PUBLIC_URL, now=wire.clock),
        syncing=LibrarySyncService(database, access, wire.blocking, now=wire.clock),
    )


@asynccontextmanager
async def linking_world(
    tmp_path: Path,
    *accounts: StandInAccount,
    daily_calls: int = 600,
    client_secret: str | None = None,
    knows_secret: bool = True,
    redirect_uri: str = REDIRECT_URI,
) -> AsyncIterator[LinkingWorld]:
    async with spotify_world(
        *accounts, client_secret=client_secret, knows_secret=knows_secret, redirect_uri=redirect_uri
    ) as wire:
        database = Database.open(f"sqlite:///{tmp_path / 'test.sqlite'}", Cipher([KEY]), now=wire.clock)
        try:
            yield services(wire, database, daily_calls=daily_calls)
        finally:
            database.close()
