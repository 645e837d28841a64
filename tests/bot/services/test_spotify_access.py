"""What asking Spotify for a member promises while the link changes under it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import NeedsRelinkError, NotLinkedError, RateLimitedError, SpotifyUnavailableError
from bot.gateways.spotify import SpotifyGateway
from storage.values import LinkState
from tests.bot.linking_world import MARA, LinkingWorld, eventually, linking_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[LinkingWorld]:
    async with linking_world(tmp_path) as made:
        await made.link()
        yield made


async def _renewal_under_way(world: LinkingWorld) -> asyncio.Task[object]:
    """Return a call that waits for the token endpoint."""
    world.wire.clock.turn(timedelta(hours=2))
    world.wire.spotify.weather.delay_s = 0.5
    world.wire.spotify.requests.clear()
    asking: asyncio.Task[object] = asyncio.create_task(world.access.call(MARA, SpotifyGateway.me))
    await eventually(lambda: any(each.path == "/api/token" for each in world.wire.spotify.requests))
    world.wire.spotify.weather.delay_s = 0.0
    return asking


async def test_unlinking_while_a_token_is_renewed_leaves_no_token(world: LinkingWorld) -> None:
    asking = await _renewal_under_way(world)

    await world.linking.unlink(MARA)

    with pytest.raises(NotLinkedError):
        await asking
    assert not world.is_linked()


async def test_linking_anew_while_a_token_is_renewed_keeps_the_new_tokens(world: LinkingWorld) -> None:
    asking = await _renewal_under_way(world)

    await world.link(MARA, "jonas")
    fresh = world.link_of()
    await asking

    assert world.link_of() == fresh


async def test_a_dead_token_of_an_older_link_does_not_end_the_newer_one(world: LinkingWorld) -> None:
    world.wire.spotify.login.expire_refresh_tokens()
    asking = await _renewal_under_way(world)

    await world.link()

    with pytest.raises(NeedsRelinkError):
        await asking
    assert world.link_of().state is LinkState.OK
    assert (await world.access.call(MARA, SpotifyGateway.me)).user_id == "mara"


async def test_an_outage_is_tried_three_times_with_growing_pauses(world: LinkingWorld) -> None:
    world.wire.spotify.weather.api_is_down = True
    world.wire.spotify.requests.clear()

    with pytest.raises(SpotifyUnavailableError):
        await world.access.call(MARA, SpotifyGateway.me)

    assert len(world.wire.spotify.calls("/v1/me")) == 3
    assert world.wire.slept == [0.5, 1.0]


async def test_every_attempt_counts_towards_the_budget(world: LinkingWorld) -> None:
    before = world.budget.status().spent
    world.wire.spotify.weather.rate_limited_calls = 1

    await world.access.call(MARA, SpotifyGateway.me)

    assert world.budget.status().spent == before + 2


async def test_a_busy_login_is_not_asked_again_by_itself(world: LinkingWorld) -> None:
    world.wire.clock.turn(timedelta(hours=2))
    world.wire.spotify.weather.login_retry_after = "3"
    world.wire.spotify.requests.clear()

    with pytest.raises(RateLimitedError):
        await world.access.call(MARA, SpotifyGateway.me)

    assert [each.path for each in world.wire.spotify.requests] == ["/api/token"]
    assert world.link_of().state is LinkState.OK
