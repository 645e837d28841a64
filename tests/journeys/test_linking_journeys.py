"""From a link in Discord to a catalog that knows what a member listens to, and what happens on bad days.

Everything is real but Spotify and the browser: pages over HTTP, spotipy, SQLite. A restart opens the database anew.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot.errors import NeedsRelinkError, QuotaExceededError, SpotifyUnavailableError
from bot.web.app import serve, web_app
from recommender.types import Fact, SignalKind, Source, TrackFacts
from storage.crypto import Cipher
from storage.database import Database
from storage.values import LinkState
from tests.bot.linking_world import JONAS, KEY, MARA, LinkingWorld, linking_world, services
from tests.bot.spotify_world import START, a_track, query_of


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[LinkingWorld]:
    async with linking_world(tmp_path) as made:
        yield made


@asynccontextmanager
async def pages(world: LinkingWorld) -> AsyncIterator[str]:
    runner: web.AppRunner = await serve(web_app(world.linking, health=dict), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def link_in_a_browser(world: LinkingWorld, *, agree: bool = True) -> str:
    """Press through our page and Spotify's; return what the last page says."""
    browser = world.wire.browser
    invitation = await world.linking.begin(MARA, "mara")
    async with pages(world) as base:
        page = await browser.get(f"{base}/link", params=query_of(invitation.url))
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', await page.text()))
        to_spotify = await browser.post(f"{base}/link", data=form, allow_redirects=False)
        back = await world.wire.consent(to_spotify.headers["Location"], agree=agree)
        last = await browser.get(f"{base}/spotify/callback", params=query_of(back))
        return await last.text()


@asynccontextmanager
async def restarted(world: LinkingWorld, tmp_path: Path) -> AsyncIterator[LinkingWorld]:
    """The next process of the bot, on the same folder."""
    world.database.close()
    database = Database.open(f"sqlite:///{tmp_path / 'test.sqlite'}", Cipher([KEY]), now=world.wire.clock)
    try:
        yield services(world.wire, database)
    finally:
        database.close()


async def test_a_member_links_and_what_they_listen_to_joins_the_catalog(world: LinkingWorld) -> None:
    known = a_track(3)
    with world.database.transaction() as stored:  # a dataset already has one of the member's songs, with more to say
        facts = TrackFacts(
            title=known.title, artists=known.artists, isrc=known.isrc, genres=("dub",),
            sources={Fact.WORDS: Source.DATASET, Fact.GENRES: Source.DATASET},
        )  # fmt: skip
        [merged] = stored.tracks.add_or_merge([facts])

    said = await link_in_a_browser(world)
    summary = await world.syncing.sync(MARA)

    assert "Linked" in said
    assert summary.new_tracks == 169
    assert merged.key not in summary.new_keys
    with world.database.reading() as stored:
        track = stored.tracks.of_keys([merged.key])[merged.key]
        assert stored.tracks.count() == 170
    assert (track.genres, track.spotify_id) == (("dub",), known.spotify_id)
    assert track.sources[Fact.WORDS] is Source.DATASET
    assert merged.key in {signal.track for signal in world.signals(SignalKind.PLAY)}


async def test_a_member_who_declines_is_as_before(world: LinkingWorld) -> None:
    said = await link_in_a_browser(world, agree=False)

    assert "Nothing was stored" in said
    assert not world.is_linked()
    assert "Linked" in await link_in_a_browser(world)


async def test_a_member_whose_browser_cannot_reach_the_bot_pastes_the_address(world: LinkingWorld) -> None:
    invitation = await world.linking.begin(MARA, "mara")
    address = await world.wire.consent(invitation.authorize_url)  # the browser shows an error page, and this address

    await world.linking.finish_pasted(MARA, address)

    assert (await world.syncing.sync(MARA)).new_plays == 30


async def test_a_quota_of_thirteen_hours_outlives_a_restart(world: LinkingWorld, tmp_path: Path) -> None:
    await link_in_a_browser(world)
    world.wire.spotify.weather.quota_is_exceeded = True
    world.wire.spotify.weather.retry_after_s = 13 * 3600
    await world.syncing.sync(MARA)
    world.wire.spotify.requests.clear()
    world.wire.clock.turn(timedelta(hours=12))

    async with restarted(world, tmp_path) as later:
        refused = await later.syncing.sync(MARA)
        world.wire.spotify.weather.quota_is_exceeded, world.wire.spotify.weather.retry_after_s = False, None
        still_refused = await later.syncing.sync(MARA)
        asked_while_blocked = len(world.wire.spotify.requests)
        world.wire.clock.turn(timedelta(hours=1, seconds=1))
        accepted = await later.syncing.sync(MARA)

    assert isinstance(refused.stopped_by, QuotaExceededError)
    assert isinstance(still_refused.stopped_by, QuotaExceededError)
    assert refused.stopped_by.until == START + timedelta(hours=13)
    assert asked_while_blocked == 0
    assert accepted.is_complete


async def test_a_sync_that_an_outage_cut_off_goes_on_after_a_restart(world: LinkingWorld, tmp_path: Path) -> None:
    await link_in_a_browser(world)
    world.wire.spotify.weather.api_calls_until_down = 6
    cut = await world.syncing.sync(MARA)
    world.wire.spotify.weather.api_is_down, world.wire.spotify.weather.api_calls_until_down = False, None

    async with restarted(world, tmp_path) as later:
        saved_before = len(later.signals(SignalKind.SAVED))
        rest = await later.syncing.sync(MARA)
        saved_after = len(later.signals(SignalKind.SAVED))

    assert isinstance(cut.stopped_by, SpotifyUnavailableError)
    assert (saved_before, saved_after) == (100, 120)
    assert rest.is_complete
    assert not set(cut.new_keys) & set(rest.new_keys)
    assert cut.new_tracks + rest.new_tracks == 170


async def test_after_six_months_the_link_ends_and_the_history_waits_for_the_next(
    world: LinkingWorld, tmp_path: Path
) -> None:
    await link_in_a_browser(world)
    await world.syncing.sync(MARA)
    world.wire.clock.turn(timedelta(days=184))

    async with restarted(world, tmp_path) as later:
        ended = await later.syncing.sync(MARA)
        status = await later.linking.status(MARA)
        kept = len(later.signals(SignalKind.PLAY))
        await link_in_a_browser(later)
        renewed = await later.linking.status(MARA)

    assert isinstance(ended.stopped_by, NeedsRelinkError)
    assert status.state is LinkState.NEEDS_RELINK
    assert kept == 30
    assert renewed.state is LinkState.OK


async def test_unlinking_takes_only_what_is_the_members_own(world: LinkingWorld) -> None:
    await link_in_a_browser(world)
    await world.link(JONAS, "jonas")
    await world.syncing.sync(MARA)
    await world.syncing.sync(JONAS)

    await world.linking.unlink(MARA)

    assert not world.is_linked(MARA)
    assert world.is_linked(JONAS)
    assert not any(world.signals(kind, MARA) for kind in SignalKind)
    assert len(world.signals(SignalKind.PLAY, JONAS)) == 30
    with world.database.reading() as stored:
        assert stored.tracks.count() == 170  # both listen to the same songs, and Jonas still does
