"""Builds every object once, from top to bottom, and closes them in reverse."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.background import BlockingPool, blocking_pool
from bot.errors import SettingsError
from bot.gateways.spotify import SpotifyGateway
from bot.gateways.spotify_budget import SpotifyBudget
from bot.gateways.spotify_login import SpotifyLogin
from bot.gateways.spotify_wire import new_session
from bot.lifetime import cancelled_at_the_end, until_stopped
from bot.services.asks import Method
from bot.services.consent import ConsentService
from bot.services.content import Content
from bot.services.content_services import ContentServices
from bot.services.feedback import FeedbackService
from bot.services.kept_state import KeptState
from bot.services.learned_tables import LearnedTables
from bot.services.library_sync import LibrarySyncService
from bot.services.linking import LinkedAccount, LinkingService
from bot.services.recommending import RecommendingService, Recommends
from bot.services.searchable_catalog import SearchableCatalog
from bot.services.song_lookup import SongLookup
from bot.services.spotify_access import SpotifyAccess
from bot.services.spotify_catalog import SpotifyCatalog
from bot.services.spotify_playlists import SpotifyPlaylists
from bot.services.status import StatusService
from bot.services.taste_maps import TasteMapService
from bot.services.training import Training
from bot.services.unseen_tracks import PATIENCE, UnseenTracks
from bot.services.upkeep import Step, Upkeep
from bot.settings import Settings
from recommender.encoders.conversion import convert_beforehand
from recommender.encoders.registry import image_encoder, text_encoder
from recommender.index.catalog_index import CatalogIndex
from recommender.ingestion import TRACKS_PER_CHUNK, Ingestion
from recommender.ranking.recommender import Recommender
from recommender.taste_profile import strengths_of
from storage.catalog_store import CatalogStore
from storage.crypto import Cipher, load_or_create_key
from storage.database import Database
from storage.track_lists import StoredLists

if TYPE_CHECKING:
    from aiohttp import web

MODELS = "models"
"""Folder of converted networks inside the home."""
LIBRARY_CHUNK = 16
"""Tracks that the running bot embeds together: services give one answer a second, so larger chunks come late."""
BLOCKING_WORKERS = 4
"""Threads for the database and for Spotify's blocking calls."""
LOOKUP_WORKERS = 2
"""Threads that look up and read songs which members name: so many at the same time."""


def utc_now() -> datetime:
    """Return the present moment, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What the command line and the bot are both built on."""

    settings: Settings
    database: Database
    store: CatalogStore
    lists: StoredLists
    services: ContentServices
    content: Content
    catalog: SearchableCatalog
    learned: LearnedTables
    training: Training

    def convert_encoders(self) -> None:
        """Convert networks that are not converted yet, in a child process: this one never imports torch."""
        settings = self.settings
        convert_beforehand(settings.text_encoder, settings.image_encoder, settings.home / MODELS)

    def warm_up(self) -> None:
        """Load what the first answer needs."""
        # A second of imports, which the first member whose listening is parted into interests would wait for.
        import sklearn.cluster
        import sklearn.metrics  # noqa: F401

        self.convert_encoders()
        self.catalog.warm_up()

    def recommender_for(self, index: CatalogIndex, method: Method = Method.ENGINE) -> Recommends:
        """Return a recommender that searches this index, or an earlier system's, which reads the catalog itself."""
        if method is Method.MEAN:
            # Only the command line asks for it, and it imports what the evaluation needs.
            from recommender.mean_vector import MeanVectorRecommender

            return MeanVectorRecommender(self.store)
        learned = self.learned.serving(index)
        return Recommender(
            index,
            self.store,
            self.catalog.encode_prompt,
            self.catalog.encode_cover,
            now=utc_now,
            tables=learned.tables,
            weights=learned.weights,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotifySide:
    """What talks to Spotify."""

    login: SpotifyLogin
    budget: SpotifyBudget
    access: SpotifyAccess
    catalog: SpotifyCatalog
    library: LibrarySyncService


@contextmanager
def open_core(settings: Settings, *, chunk: int = TRACKS_PER_CHUNK) -> Iterator[Core]:
    """Open database, encoders and index of an installation; nothing heavy is loaded before it is used.

    Args:
        settings: Of the installation.
        chunk: Tracks whose words are looked up and saved together.
    """
    with ExitStack() as closing:
        settings.home.mkdir(parents=True, exist_ok=True)
        database = Database.open(settings.database, _cipher(settings))
        closing.callback(database.close)
        store = CatalogStore(database)
        services = ContentServices(settings)
        content = Content(database, services)
        closing.callback(content.close)
        models = settings.home / MODELS
        text = text_encoder(settings.text_encoder, models)
        image = image_encoder(settings.image_encoder, models)
        lists = StoredLists(database, strengths_of)
        learned = LearnedTables(settings.home / "learned", store, lists, services.policy)
        catalog = SearchableCatalog(
            source=store,
            lookup=store,
            ingestion=Ingestion(store, text, image, content, content, tracks_per_chunk=chunk),
            text=text,
            image=image,
            folder=settings.home / "index",
            learned=learned,
        )
        training = Training(
            database,
            catalog,
            learned,
            lists,
            facts_version=store.facts_version,
            may_fall=settings.quality_may_fall,
            now=utc_now,
        )
        yield Core(
            settings=settings,
            database=database,
            store=store,
            lists=lists,
            services=services,
            content=content,
            catalog=catalog,
            learned=learned,
            training=training,
        )


@contextmanager
def open_recommending(
    settings: Settings, *, tell: Callable[[str], None] = lambda _sentence: None
) -> Iterator[RecommendingService]:
    """Open what the command line recommends with; ``tell`` hears what takes its time."""
    with (
        open_core(settings) as core,
        blocking_pool("blocking", BLOCKING_WORKERS) as blocking,
        blocking_pool("lookup", LOOKUP_WORKERS) as reading,
    ):
        spotify = _spotify_side(core, blocking)
        unseen = _unseen_tracks(core, spotify, blocking, reading, patience=None, tell=tell)
        yield RecommendingService(
            core.database,
            core.catalog,
            core.recommender_for,
            blocking,
            now=utc_now,
            unseen=unseen,
            playlists=SpotifyPlaylists(spotify.access),
        )


@contextmanager
def open_taste_maps(settings: Settings) -> Iterator[TasteMapService]:
    """Open what the command line draws maps and charts with."""
    with open_core(settings) as core, blocking_pool("maps", 1) as blocking:
        yield TasteMapService(core.database, core.catalog, blocking, now=utc_now)


def run_nightly(settings: Settings) -> tuple[Step, ...]:
    """Do the nightly refresh once."""
    return asyncio.run(_nightly(settings))


def run_bot(settings: Settings) -> None:
    """Run the bot until it is told to stop (SIGINT or SIGTERM).

    Raises:
        SettingsError: Discord does not know the token, or the web port is taken.
    """
    asyncio.run(until_stopped(_serve(settings)))


async def _nightly(settings: Settings) -> tuple[Step, ...]:
    with (
        open_core(settings) as core,
        blocking_pool("blocking", BLOCKING_WORKERS) as blocking,
        blocking_pool("encoding", 1) as encoding,
    ):
        core.convert_encoders()
        async with cancelled_at_the_end() as tasks:
            library = _spotify_side(core, blocking).library
            return await _upkeep(core, library, blocking, encoding, tasks).nightly()


async def _serve(settings: Settings) -> None:
    # The command line imports this module for commands that need no Discord.
    from bot.client import CratediggerBot, point_discord_at
    from bot.jobs.scheduler import nightly_scheduler
    from bot.services.ports import Services
    from bot.web.app import web_app

    if settings.discord_api_base is not None and settings.discord_gateway_url is not None:
        point_discord_at(settings.discord_api_base, settings.discord_gateway_url)
    async with AsyncExitStack() as closing:
        core = closing.enter_context(open_core(settings, chunk=LIBRARY_CHUNK))
        blocking = closing.enter_context(blocking_pool("blocking", BLOCKING_WORKERS))
        completing = closing.enter_context(blocking_pool("completing", 1))
        encoding = closing.enter_context(blocking_pool("encoding", 1))
        reading = closing.enter_context(blocking_pool("lookup", LOOKUP_WORKERS))
        tasks = await closing.enter_async_context(cancelled_at_the_end())
        spotify = _spotify_side(core, blocking)
        upkeep = _upkeep(core, spotify.library, blocking, encoding, tasks)
        unseen = _unseen_tracks(core, spotify, blocking, reading)
        closing.push_async_callback(unseen.close)

        def welcome(account: LinkedAccount) -> None:
            upkeep.linked(account.member)
            tasks.create_task(bot.say_linked(account.member, account.display_name))

        linking = LinkingService(
            core.database,
            spotify.login,
            spotify.access,
            blocking,
            public_url=settings.public_url,
            now=utc_now,
            on_linked=welcome,
        )
        bot = CratediggerBot(
            Services(
                recommending=RecommendingService(
                    core.database,
                    core.catalog,
                    core.recommender_for,
                    blocking,
                    now=utc_now,
                    library=upkeep,
                    completing=completing,
                    unseen=unseen,
                    playlists=SpotifyPlaylists(spotify.access),
                ),
                linking=linking,
                feedback=FeedbackService(core.database, blocking, now=utc_now),
                consent=ConsentService(core.database, blocking, now=utc_now),
                status=StatusService(core.database, core.catalog, spotify.budget, blocking, now=utc_now),
                state=KeptState(core.database, blocking),
            )
        )
        closing.push_async_callback(bot.close)
        pages = web_app(
            linking,
            health=lambda: {"ok": bot.is_ready(), "discord": bot.is_ready()},
            is_https=settings.public_url.startswith("https://"),
        )
        await closing.enter_async_context(_listening(pages, settings))
        scheduler = nightly_scheduler(upkeep.nightly, at=settings.nightly_at, zone=settings.time_zone)
        scheduler.start()
        closing.callback(scheduler.shutdown, wait=False)
        closing.callback(core.catalog.close)
        # Loading a network holds up the event loop's thread: members are heard after it, not during.
        ready = tasks.create_task(encoding.run(core.warm_up))
        if core.store.count():
            await ready
        tasks.create_task(upkeep.run())
        await bot.serve(_token(settings))


def _spotify_side(core: Core, blocking: BlockingPool) -> SpotifySide:
    settings = core.settings
    session = new_session()
    secret = settings.spotify_client_secret
    login = SpotifyLogin(
        accounts_base=settings.spotify_accounts_base,
        client_id=settings.spotify_client_id,
        client_secret=secret.get_secret_value() if secret is not None else None,
        redirect_uri=settings.redirect_uri,
        session=session,
        now=utc_now,
    )
    budget = SpotifyBudget(core.database, daily_calls=settings.spotify_daily_budget, now=utc_now)
    access = SpotifyAccess(
        core.database,
        login,
        budget,
        blocking,
        gateway=lambda token: SpotifyGateway(token, api_base=settings.spotify_api_base, session=session, now=utc_now),
        now=utc_now,
    )
    catalog = SpotifyCatalog(access, login, budget, blocking, now=utc_now)
    library = LibrarySyncService(core.database, access, blocking, now=utc_now)
    return SpotifySide(login=login, budget=budget, access=access, catalog=catalog, library=library)


def _unseen_tracks(
    core: Core,
    spotify: SpotifySide,
    blocking: BlockingPool,
    reading: BlockingPool,
    *,
    patience: timedelta | None = PATIENCE,
    tell: Callable[[str], None] = lambda _sentence: None,
) -> UnseenTracks:
    return UnseenTracks(
        core.database,
        core.catalog,
        SongLookup(spotify.catalog, core.services, reading, tell=tell),
        core.content,
        blocking=blocking,
        reading=reading,
        patience=patience,
        tell=tell,
    )


def _upkeep(
    core: Core, library: LibrarySyncService, blocking: BlockingPool, encoding: BlockingPool, tasks: asyncio.TaskGroup
) -> Upkeep:
    return Upkeep(
        core.database,
        core.catalog,
        library,
        training=core.training,
        content=core.content,
        blocking=blocking,
        encoding=encoding,
        tasks=tasks,
        now=utc_now,
    )


def _cipher(settings: Settings) -> Cipher:
    if settings.encryption_key is None:
        return Cipher([load_or_create_key(settings.key_file)])
    try:
        return Cipher([settings.encryption_key.get_secret_value()])
    except ValueError as error:
        raise SettingsError(
            "ENCRYPTION_KEY", "is 32 bytes in URL-safe base64; leave it out to have one made"
        ) from error


def _token(settings: Settings) -> str:
    if settings.discord_token is None:
        raise SettingsError("DISCORD_TOKEN", "is not set; put it into .env, or try `cratedigger playground`")
    return settings.discord_token.get_secret_value()


@asynccontextmanager
async def _listening(pages: "web.Application", settings: Settings) -> AsyncIterator[None]:
    from bot.web.app import serve

    try:
        runner = await serve(pages, settings.web_host, settings.web_port)
    except OSError as error:
        address = f"{settings.web_host}:{settings.web_port}"
        raise SettingsError("WEB_PORT", f"cannot listen on {address} ({error.strerror}); choose another") from error
    try:
        yield
    finally:
        await runner.cleanup()
