"""Promises of upkeep: libraries brought up to date, new tracks searchable, a night whose steps stand alone."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.background import BlockingPool
from bot.playground.content_standin import LYRICS, ContentStandIn
from bot.services.status import StatusService
from bot.services.upkeep import FRESH_FOR, Upkeep
from bot.settings import Settings
from bot.wiring import Core, open_core
from recommender.types import AlbumKey, Fact, SignalKind, Source, TrackFacts, TrackKey
from tests.bot.content_world import running
from tests.bot.linking_world import MARA, LinkingWorld, eventually, services
from tests.bot.spotify_world import an_account, spotify_world

_BASES = ("lyrics_api_base", "musicbrainz_api_base", "cover_art_archive_base")


class World:
    """Upkeep on a real catalog and a stand-in Spotify."""

    def __init__(
        self, core: Core, spotify: LinkingWorld, upkeep: Upkeep, blocking: BlockingPool, content: ContentStandIn
    ) -> None:
        self.core = core
        self.content = content
        self.spotify = spotify
        self.upkeep = upkeep
        self.status = StatusService(core.database, core.catalog, spotify.budget, blocking)

    async def facts(self) -> dict[str, str]:
        return dict(await self.status.report())


@asynccontextmanager
async def world_of(settings: Settings) -> AsyncIterator[World]:
    blocking, encoding = BlockingPool(workers=2), BlockingPool(workers=1)
    content = ContentStandIn()
    with running(content), open_core(settings.model_copy(update=dict.fromkeys(_BASES, content.base))) as core:
        async with spotify_world(an_account(has_covers=False)) as wire, asyncio.TaskGroup() as tasks:
            spotify = services(wire, core.database)
            upkeep = Upkeep(
                core.database,
                core.catalog,
                spotify.syncing,
                training=core.training,
                content=core.content,
                blocking=blocking,
                encoding=encoding,
                tasks=tasks,
                now=wire.clock,
            )
            yield World(core, spotify, upkeep, blocking, content)
            core.catalog.close()
        encoding.close()
        blocking.close()


@pytest.fixture
async def world(installation: Settings) -> AsyncIterator[World]:
    async with world_of(installation) as world:
        yield world


async def test_a_member_without_a_link_costs_nothing(world: World) -> None:
    assert await world.upkeep.bring_up_to_date(MARA) == ()
    assert world.spotify.wire.spotify.requests == []


async def test_what_a_member_listens_to_becomes_searchable(world: World) -> None:
    await world.spotify.link()
    before = len(world.core.catalog.index())

    remarks = await world.upkeep.bring_up_to_date(MARA)

    assert remarks == ()
    assert len(world.core.catalog.index()) >= before + 100
    heard = {signal.track for signal in world.spotify.signals(SignalKind.PLAY)}
    assert heard <= set(world.core.catalog.index().keys.tolist())


async def test_a_fresh_library_is_not_read_again(world: World) -> None:
    await world.spotify.link()
    await world.upkeep.bring_up_to_date(MARA)
    asked = len(world.spotify.wire.spotify.requests)

    await world.upkeep.bring_up_to_date(MARA)
    fresh = len(world.spotify.wire.spotify.requests)
    world.spotify.wire.clock.turn(FRESH_FOR + timedelta(seconds=1))
    await world.upkeep.bring_up_to_date(MARA)

    assert fresh == asked
    assert len(world.spotify.wire.spotify.requests) > asked


async def test_spotify_being_down_is_a_remark_and_not_an_error(world: World) -> None:
    await world.spotify.link()
    world.spotify.wire.spotify.weather.api_is_down = True

    [remark] = await world.upkeep.bring_up_to_date(MARA)

    assert "does not answer" in remark
    assert "what I already know" in remark


async def test_what_a_sync_in_the_background_met_is_remarked_to_who_asks_next(world: World) -> None:
    await world.spotify.link()
    world.spotify.wire.spotify.weather.api_calls_until_down = 3

    await world.upkeep._read_library(MARA)
    [remark] = await world.upkeep.bring_up_to_date(MARA)

    assert "does not answer" in remark


async def test_one_closed_list_is_named(world: World) -> None:
    await world.spotify.link()
    world.spotify.wire.spotify.weather.failing = {"/v1/me/tracks": 403}

    [remark] = await world.upkeep.bring_up_to_date(MARA)

    assert remark == "Spotify did not give me your saved tracks this time."


async def test_a_dead_link_asks_for_a_new_one(world: World) -> None:
    await world.spotify.link()
    world.spotify.wire.spotify.login.expire_refresh_tokens()
    world.spotify.wire.spotify.login.expire_access_tokens()
    world.spotify.wire.clock.turn(timedelta(hours=2))

    first = await world.upkeep.bring_up_to_date(MARA)
    second = await world.upkeep.bring_up_to_date(MARA)

    assert "/link" in first[0]
    assert "/link" in second[0]


async def test_a_new_link_is_read_without_anybody_asking(world: World) -> None:
    await world.spotify.link()
    before = len(world.core.catalog.index())

    world.upkeep.linked(MARA)

    async with asyncio.timeout(60):
        while len(world.core.catalog.index()) == before:  # noqa: ASYNC110 -- it goes on in another thread
            await asyncio.sleep(0.05)


async def test_a_night_does_every_step_and_says_so(world: World) -> None:
    await world.spotify.link()

    steps = await world.upkeep.nightly()

    outcomes = {step.name: step.outcome for step in steps}
    assert outcomes["sync members"] == "1 of 1 members"
    assert outcomes["rebuild index"].startswith(f"{len(world.core.catalog.index())} tracks; no figure of quality")
    assert not any(step.failed for step in steps)
    assert (await world.facts())["Nightly refresh"].endswith("all done")


async def test_a_step_that_fails_does_not_stop_the_night(world: World) -> None:
    world.core.catalog.index()
    blocker = world.core.settings.home / "index"
    world.core.catalog._folder = blocker / "not-a-folder"
    blocker.joinpath("not-a-folder").write_text("in the way")

    steps = await world.upkeep.nightly()

    assert [step.name for step in steps if step.failed] == ["rebuild index"]
    assert (await world.facts())["Nightly refresh"].endswith("failed: rebuild index")


async def test_what_a_service_could_not_answer_is_looked_up_again_at_night(world: World) -> None:
    key = TrackKey(int(world.core.catalog.index().keys[0]))
    track = world.core.store.tracks([key])[key]
    world.core.content._unasked.add_track(key)
    world.core.content._unasked.add_album(track.album_key or AlbumKey(0))

    steps = await world.upkeep.nightly()

    assert next(step.outcome for step in steps if step.name == "embed") == "1 texts, 1 covers"


async def test_a_member_hears_what_services_did_not_answer_and_they_are_asked_again_by_day(world: World) -> None:
    world.content.weather.busy = {LYRICS: 1}
    await world.spotify.link()
    [remark] = await world.upkeep.bring_up_to_date(MARA)
    world.content.weather.busy = {}
    await eventually(lambda: not world.core.content.leaves_services_alone)

    running_upkeep = asyncio.create_task(world.upkeep.run())
    try:
        await eventually(lambda: not world.core.content.unasked().tracks and not world.core.catalog.unread())
    finally:
        running_upkeep.cancel()

    assert re.fullmatch(
        r"Services for lyrics and covers did not answer for \d+ of your tracks; I ask them again by myself\.", remark
    )
    assert await world.upkeep.bring_up_to_date(MARA) == ()


async def test_services_that_are_left_alone_are_not_asked_again_by_day(world: World) -> None:
    world.content.weather.down = {LYRICS}
    await world.spotify.link()
    await world.upkeep.bring_up_to_date(MARA)
    asked, owed = len(world.content.asked(LYRICS)), world.core.content.unasked()

    await world.upkeep._ask_soon()
    await world.upkeep.absorb()

    assert (len(world.content.asked(LYRICS)), world.core.content.unasked()) == (asked, owed)


async def test_what_a_new_link_brings_is_waited_for_by_who_asks_at_once(world: World) -> None:
    await world.spotify.link()
    world.upkeep.linked(MARA)

    await world.upkeep.bring_up_to_date(MARA)

    heard = {signal.track for signal in world.spotify.signals(SignalKind.PLAY)}
    assert heard <= set(world.core.catalog.index().keys.tolist())


async def test_status_tells_catalog_index_and_budget(world: World) -> None:
    await world.spotify.link()

    facts = await world.facts()

    assert facts["Catalog"] == "160 tracks"
    assert facts["Index"].startswith("160 searchable")
    assert "no figure of quality" in facts["Quality"]
    assert facts["👍 by part of the score"] == facts["👍 by source"] == "no verdicts on suggestions yet"
    assert facts["Linked members"] == "1 of Spotify's five"
    assert facts["Spotify calls today"] == "1 of 600"
    assert facts["Nightly refresh"] == "not yet"


async def test_status_tells_until_when_spotify_is_closed(world: World) -> None:
    await world.spotify.link()
    world.spotify.budget.block(world.spotify.wire.clock() + timedelta(hours=13))

    assert re.fullmatch(
        r"1 of 600, none before 20\d\d-\d\d-\d\d \d\d:\d\d UTC", (await world.facts())["Spotify calls today"]
    )


async def test_running_upkeep_embeds_what_was_left_over(world: World) -> None:
    facts = TrackFacts(title="Left Over", artists=("Somebody",), sources={Fact.WORDS: Source.MEMBER})
    with world.core.database.transaction() as stored:
        [added] = stored.tracks.add_or_merge([facts])

    running = asyncio.create_task(world.upkeep.run())
    try:
        await eventually(lambda: added.key in world.core.catalog.index().keys)
    finally:
        running.cancel()
