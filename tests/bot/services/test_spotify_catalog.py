"""Promises of asking Spotify about songs: as the app, else as the member who asks, within a share of the budget."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.errors import (
    NeedsRelinkError,
    NoSpotifyTokenError,
    OwnerNotPremiumError,
    QuotaExceededError,
    SpotifyForbiddenError,
    SpotifyNotFoundError,
)
from bot.gateways.spotify import SpotifyGateway
from bot.playground.spotify_standin_data import made_up_id
from bot.services.spotify_catalog import LOOKUP_SHARE, SpotifyCatalog
from tests.bot.linking_world import JONAS, MARA, LinkingWorld, linking_world

SECRET = "secret-of-the-app"
SONG_7 = partial(SpotifyGateway.track, spotify_id=made_up_id("track 7"))


@pytest.fixture
async def with_secret(tmp_path: Path) -> AsyncIterator[LinkingWorld]:
    async with linking_world(tmp_path, client_secret=SECRET) as made:
        yield made


@pytest.fixture
async def without_secret(tmp_path: Path) -> AsyncIterator[LinkingWorld]:
    async with linking_world(tmp_path) as made:
        yield made


def catalog_of(world: LinkingWorld) -> SpotifyCatalog:
    return SpotifyCatalog(world.access, world.wire.login, world.budget, world.wire.blocking, now=world.wire.clock)


def logins(world: LinkingWorld) -> int:
    return sum(each.path == "/api/token" for each in world.wire.spotify.requests)


async def test_with_a_secret_nobody_has_to_be_linked(with_secret: LinkingWorld) -> None:
    spotify = catalog_of(with_secret)

    by_id = await spotify.ask(None, SONG_7)
    found = await spotify.ask(MARA, partial(SpotifyGateway.search_tracks, query="Song 7 Singer"))

    assert (by_id.title, by_id.artists) == ("Song 7", ("Singer 0",))
    assert found[0] == by_id
    assert len(found) <= 10
    assert logins(with_secret) == 1


async def test_the_apps_token_is_renewed_when_it_is_about_to_end_or_refused(with_secret: LinkingWorld) -> None:
    spotify = catalog_of(with_secret)
    await spotify.ask(None, SONG_7)

    with_secret.wire.clock.turn(timedelta(minutes=59, seconds=30))
    await spotify.ask(None, SONG_7)
    with_secret.wire.spotify.login.expire_access_tokens()
    await spotify.ask(None, SONG_7)

    assert logins(with_secret) == 3


async def test_without_a_secret_the_link_of_who_asks_is_used(without_secret: LinkingWorld) -> None:
    await without_secret.link()

    facts = await catalog_of(without_secret).ask(MARA, SONG_7)

    assert facts.title == "Song 7"


async def test_without_secret_and_link_nobody_is_asked_and_the_way_out_is_named(without_secret: LinkingWorld) -> None:
    await without_secret.link(JONAS, "jonas")
    without_secret.wire.spotify.requests.clear()
    spotify = catalog_of(without_secret)

    with pytest.raises(NoSpotifyTokenError, match="/link"):
        await spotify.ask(MARA, SONG_7)
    with pytest.raises(NoSpotifyTokenError, match="SPOTIFY_CLIENT_SECRET"):
        await spotify.ask(None, SONG_7)

    assert without_secret.wire.spotify.requests == []


async def test_what_the_app_may_not_ask_a_member_may(with_secret: LinkingWorld) -> None:
    await with_secret.link()
    spotify = catalog_of(with_secret)

    profile = await spotify.ask(MARA, SpotifyGateway.me)

    assert profile.user_id == "mara"


async def test_a_refusal_is_told_where_no_link_helps(with_secret: LinkingWorld) -> None:
    with_secret.wire.spotify.weather.failing[f"/v1/tracks/{made_up_id('track 7')}"] = 403
    spotify = catalog_of(with_secret)

    for member in (None, MARA):
        with pytest.raises(SpotifyForbiddenError):
            await spotify.ask(member, SONG_7)


async def test_a_link_that_ended_is_told(without_secret: LinkingWorld) -> None:
    await without_secret.link()
    without_secret.wire.spotify.login.expire_refresh_tokens()
    without_secret.wire.clock.turn(timedelta(hours=2))

    with pytest.raises(NeedsRelinkError):
        await catalog_of(without_secret).ask(MARA, SONG_7)


async def test_what_is_wrong_with_the_whole_app_is_not_tried_again_as_a_member(with_secret: LinkingWorld) -> None:
    await with_secret.link()
    with_secret.wire.spotify.weather.owner_has_premium = False
    with_secret.wire.spotify.requests.clear()

    with pytest.raises(OwnerNotPremiumError):
        await catalog_of(with_secret).ask(MARA, SONG_7)

    assert len(with_secret.wire.spotify.calls()) == 1


async def test_an_id_of_nothing_is_not_found(with_secret: LinkingWorld) -> None:
    with pytest.raises(SpotifyNotFoundError):
        await catalog_of(with_secret).ask(None, partial(SpotifyGateway.track, spotify_id="0" * 22))


async def test_looking_up_leaves_half_of_the_days_calls_to_the_libraries(tmp_path: Path) -> None:
    async with linking_world(tmp_path, client_secret=SECRET, daily_calls=8) as world:
        spotify = catalog_of(world)
        for _ in range(int(8 * LOOKUP_SHARE)):
            await spotify.ask(None, SONG_7)

        with pytest.raises(QuotaExceededError):
            await spotify.ask(None, SONG_7)

        await world.link()  # which asks who the member is
        assert world.budget.status().spent == 5


async def test_a_login_that_wants_half_a_day_closes_the_budget(with_secret: LinkingWorld) -> None:
    with_secret.wire.spotify.weather.login_retry_after = str(13 * 3600)
    spotify = catalog_of(with_secret)

    for _ in range(2):
        with pytest.raises(QuotaExceededError):
            await spotify.ask(None, SONG_7)

    assert logins(with_secret) == 1
    assert with_secret.budget.status().blocked_until is not None
