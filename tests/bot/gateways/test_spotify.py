"""What the Spotify gateway promises, with the real spotipy over HTTP."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from bot.errors import (
    AccessTokenRefusedError,
    NotAllowlistedError,
    OwnerNotPremiumError,
    QuotaExceededError,
    RateLimitedError,
    SpotifyForbiddenError,
    SpotifyNotFoundError,
    SpotifyUnavailableError,
)
from bot.gateways.spotify import SpotifyGateway, TopRange
from bot.gateways.spotify_wire import new_session
from bot.playground.spotify_standin_data import made_up_id
from recommender.types import Fact, ReleaseDate, Source
from tests.bot.spotify_world import START, SpotifyWorld, a_track, an_account, spotify_world


@pytest.fixture
async def world() -> AsyncIterator[SpotifyWorld]:
    async with spotify_world() as made:
        yield made


@pytest.fixture
async def mara(world: SpotifyWorld) -> SpotifyGateway:
    return world.gateway(await world.access_token())


async def test_a_profile_is_known_by_the_id_that_never_changes(world: SpotifyWorld, mara: SpotifyGateway) -> None:
    profile = await world.blocking.run(mara.me)

    assert profile.account == an_account().account_id
    assert (profile.user_id, profile.display_name) == ("mara", "Mara")


async def test_plays_come_newest_first_with_their_moments_and_facts(world: SpotifyWorld, mara: SpotifyGateway) -> None:
    plays = await world.blocking.run(mara.recently_played)

    assert len(plays) == 30
    assert plays[0].at == START - timedelta(hours=1)
    facts = plays[0].facts
    assert (facts.title, facts.artists, facts.album) == ("Song 0", ("Singer 0",), "Album 0")
    assert facts.released == ReleaseDate(2019, 5, 3)
    assert facts.isrc == "XXA011900000"
    assert facts.spotify_id == made_up_id("track 0")
    assert facts.spotify_album_id == made_up_id("album 0")
    assert facts.duration_ms == 180_000
    assert facts.explicit is False
    assert facts.cover_url == "http://127.0.0.1:9/cover/0.jpg"
    assert facts.popularity is None
    assert dict(facts.sources) == dict.fromkeys((Fact.WORDS, Fact.COVER, Fact.RELEASED), Source.SPOTIFY)


async def test_only_plays_after_a_moment_are_asked_for(world: SpotifyWorld, mara: SpotifyGateway) -> None:
    third = START - timedelta(hours=1, minutes=8)

    plays = await world.blocking.run(mara.recently_played, after=third)

    assert [play.facts.title for play in plays] == ["Song 0", "Song 1"]


async def test_top_lists_keep_their_order(world: SpotifyWorld, mara: SpotifyGateway) -> None:
    top = await world.blocking.run(mara.top_tracks, TopRange.MEDIUM)

    assert [track.title for track in top] == [f"Song {number}" for number in range(5, 25)]


async def test_saved_tracks_come_in_pages_that_say_where_the_next_one_starts(
    world: SpotifyWorld, mara: SpotifyGateway
) -> None:
    first = await world.blocking.run(mara.saved_tracks)
    last = await world.blocking.run(mara.saved_tracks, offset=100)

    assert (len(first.items), first.total, first.next_offset) == (50, 120, 50)
    assert (len(last.items), last.next_offset) == (20, None)


async def test_playlists_say_whose_they_are_and_only_own_ones_open(world: SpotifyWorld, mara: SpotifyGateway) -> None:
    own, followed = (await world.blocking.run(mara.playlists)).items

    tracks = await world.blocking.run(mara.playlist_tracks, own.spotify_id)

    assert (own.owner, followed.owner) == ("mara", "spotify")
    assert [entry.facts.title for entry in tracks.items] == [f"Song {number}" for number in range(160, 170)]
    with pytest.raises(SpotifyForbiddenError):
        await world.blocking.run(mara.playlist_tracks, followed.spotify_id)
    with pytest.raises(SpotifyNotFoundError):
        await world.blocking.run(mara.playlist_tracks, made_up_id("nothing"))


async def test_a_search_never_asks_for_more_than_ten(world: SpotifyWorld, mara: SpotifyGateway) -> None:
    found = await world.blocking.run(mara.search_tracks, "Singer", count=50)
    by_isrc = await world.blocking.run(mara.search_tracks, "isrc:XXA011900007", count=1)

    assert len(found) == 10
    assert [track.title for track in by_isrc] == ["Song 7"]


async def test_an_old_access_token_is_told_apart(world: SpotifyWorld, mara: SpotifyGateway) -> None:
    world.clock.turn(timedelta(hours=2))

    with pytest.raises(AccessTokenRefusedError):
        await world.blocking.run(mara.me)


async def test_the_meanings_of_403_are_told_apart(world: SpotifyWorld, mara: SpotifyGateway) -> None:
    world.spotify.api.allow_listed.discard("mara")
    with pytest.raises(NotAllowlistedError):
        await world.blocking.run(mara.me)

    world.spotify.api.allow_listed.add("mara")
    world.spotify.weather.owner_has_premium = False
    with pytest.raises(OwnerNotPremiumError):
        await world.blocking.run(mara.me)

    world.spotify.weather.owner_has_premium = True
    world.spotify.weather.failing["/v1/me/tracks"] = 403
    with pytest.raises(SpotifyForbiddenError):
        await world.blocking.run(mara.saved_tracks)


async def test_one_track_is_read_by_its_id(world: SpotifyWorld, mara: SpotifyGateway) -> None:
    facts = await world.blocking.run(mara.track, made_up_id("track 3"))

    assert (facts.title, facts.isrc) == ("Song 3", "XXA011900003")
    with pytest.raises(SpotifyNotFoundError):
        await world.blocking.run(mara.track, "0" * 22)


async def test_an_answer_about_one_track_that_is_none_is_unavailable(world: SpotifyWorld, mara: SpotifyGateway) -> None:
    world.spotify.weather.answers_html = True

    with pytest.raises(SpotifyUnavailableError):
        await world.blocking.run(mara.track, made_up_id("track 3"))


async def test_a_track_without_a_name_is_as_good_as_none(world: SpotifyWorld, mara: SpotifyGateway) -> None:
    world.spotify.api._catalog = (a_track(3, title=" "),)

    with pytest.raises(SpotifyNotFoundError):
        await world.blocking.run(mara.track, made_up_id("track 3"))


async def test_a_quota_of_half_a_day_answers_at_once_with_the_moment_it_ends(
    world: SpotifyWorld, mara: SpotifyGateway
) -> None:
    world.spotify.weather.quota_is_exceeded = True
    world.spotify.weather.retry_after_s = 48_925

    began = time.monotonic()
    with pytest.raises(QuotaExceededError) as caught:
        await world.blocking.run(mara.me)

    assert time.monotonic() - began < 2
    assert caught.value.until == START + timedelta(seconds=48_925)
    assert len(world.spotify.calls()) == 1


async def test_a_long_pause_without_a_reason_is_the_quota_too(world: SpotifyWorld, mara: SpotifyGateway) -> None:
    world.spotify.weather.retry_after_s = 13 * 3600

    with pytest.raises(QuotaExceededError):
        await world.blocking.run(mara.me)


async def test_a_short_pause_is_left_to_the_caller(world: SpotifyWorld, mara: SpotifyGateway) -> None:
    world.spotify.weather.retry_after_s = 3

    with pytest.raises(RateLimitedError) as caught:
        await world.blocking.run(mara.me)

    assert caught.value.retry_after == timedelta(seconds=3)


def _down(world: SpotifyWorld) -> None:
    world.spotify.weather.api_is_down = True


def _html(world: SpotifyWorld) -> None:
    world.spotify.weather.answers_html = True


def _malformed(world: SpotifyWorld) -> None:
    world.spotify.weather.failing["/v1/me"] = 400


@pytest.mark.parametrize("trouble", [_down, _html, _malformed])
async def test_what_is_no_answer_is_unavailable(
    world: SpotifyWorld, mara: SpotifyGateway, trouble: Callable[[SpotifyWorld], None]
) -> None:
    trouble(world)

    with pytest.raises(SpotifyUnavailableError):
        await world.blocking.run(mara.me)

    assert len(world.spotify.calls()) == 1


def test_nobody_listening_is_unavailable() -> None:
    nobody = SpotifyGateway("token", api_base="http://127.0.0.1:9", session=new_session())

    with pytest.raises(SpotifyUnavailableError):
        nobody.me()


async def test_the_event_loop_goes_on_while_spotify_is_slow(world: SpotifyWorld, mara: SpotifyGateway) -> None:
    world.spotify.weather.delay_s = 1.5
    asking = asyncio.create_task(world.blocking.run(mara.me))

    ticks = 0
    while not asking.done():
        await asyncio.sleep(0.02)
        ticks += 1

    assert ticks >= 10
    assert (await asking).user_id == "mara"


async def test_no_token_reaches_a_log_at_debug(world: SpotifyWorld, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = await world.access_token()

    await world.blocking.run(world.gateway(token).me)
    world.spotify.login.expire_access_tokens()
    with pytest.raises(AccessTokenRefusedError):
        await world.blocking.run(world.gateway(token).me)

    assert caplog.records
    assert token not in caplog.text
    assert "Bearer" not in caplog.text


async def test_calls_of_several_members_share_a_session_without_sharing_accounts(world: SpotifyWorld) -> None:
    session = new_session()
    gateways = {
        user_id: SpotifyGateway(await world.access_token(user_id), api_base=world.spotify.base, session=session)
        for user_id in ("mara", "jonas")
    }

    answers = await asyncio.gather(
        *(world.blocking.run(gateways[user_id].me) for user_id in ("mara", "jonas") for _ in range(10))
    )

    assert [answer.user_id for answer in answers] == ["mara"] * 10 + ["jonas"] * 10
