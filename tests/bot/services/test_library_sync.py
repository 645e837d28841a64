"""What a sync promises: everything once, and whatever was read is kept."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import (
    NeedsRelinkError,
    NotAllowlistedError,
    NotLinkedError,
    OwnerNotPremiumError,
    QuotaExceededError,
    RateLimitedError,
    SpotifyForbiddenError,
    SpotifyUnavailableError,
)
from bot.playground.spotify_standin_data import StandInMoment, StandInPlaylist, made_up_id
from bot.services.library_sync import SAVED_MOST, SyncStep, SyncSummary
from recommender.types import Fact, SignalKind, Source
from storage.values import LinkState
from tests.bot.linking_world import JONAS, MARA, LinkingWorld, eventually, linking_world, services
from tests.bot.spotify_world import START, a_track, an_account, moments


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[LinkingWorld]:
    async with linking_world(tmp_path) as made:
        await made.link()
        yield made


def _calls(world: LinkingWorld) -> list[str]:
    return [each.path.removeprefix("/v1/") for each in world.wire.spotify.calls()]


def _failed(summary: SyncSummary) -> list[SyncStep]:
    return [step.step for step in summary.steps if step.error]


async def test_the_first_sync_reads_the_whole_library(world: LinkingWorld) -> None:
    summary = await world.syncing.sync(MARA)

    assert summary.is_complete
    assert summary.new_plays == 30
    assert summary.new_tracks == 170  # 0-159 played, top or saved; 160-169 in the member's own playlist
    assert world.titles(SignalKind.PLAY) == [f"Song {number}" for number in range(30)]
    assert world.titles(SignalKind.TOP_SHORT) == [f"Song {number}" for number in range(10)]
    assert len(world.signals(SignalKind.TOP_MEDIUM)) == 20
    assert len(world.signals(SignalKind.TOP_LONG)) == 40
    assert len(world.signals(SignalKind.SAVED)) == 120
    assert sorted(world.titles(SignalKind.PLAYLIST)) == [f"Song {number}" for number in range(160, 170)]
    assert (await world.linking.status(MARA)).last_synced_at == START


async def test_tracks_carry_their_source_and_their_ids(world: LinkingWorld) -> None:
    await world.syncing.sync(MARA)

    with world.database.reading() as stored:
        keys = stored.tracks.by_spotify_ids([made_up_id("track 3")])
        track = stored.tracks.of_keys(list(keys.values()))[keys[made_up_id("track 3")]]
    assert (track.title, track.isrc) == ("Song 3", "XXA011900003")
    assert track.sources[Fact.WORDS] is Source.SPOTIFY
    assert track.sources[Fact.COVER] is Source.SPOTIFY


async def test_a_second_sync_asks_once_and_finds_nothing_new(world: LinkingWorld) -> None:
    await world.syncing.sync(MARA)
    world.wire.spotify.requests.clear()
    world.wire.clock.turn(timedelta(minutes=30))

    summary = await world.syncing.sync(MARA)

    assert (summary.new_plays, summary.new_keys) == (0, ())
    assert _calls(world) == ["me/player/recently-played"]


async def test_only_plays_since_the_last_one_are_asked_for(world: LinkingWorld) -> None:
    await world.syncing.sync(MARA)
    world.wire.clock.turn(timedelta(minutes=30))
    later = StandInMoment(a_track(199), world.wire.clock.at - timedelta(minutes=5))
    account = an_account()
    world.wire.spotify.login.update(replace(account, plays=(later, *account.plays)))

    summary = await world.syncing.sync(MARA)

    assert (summary.new_plays, summary.new_tracks) == (1, 1)
    latest = int((START - timedelta(hours=1)).timestamp() * 1000)
    assert world.wire.spotify.calls()[-1].query["after"] == str(latest)
    assert world.titles(SignalKind.PLAY)[0] == "Song 199"


async def test_top_lists_are_replaced_after_a_day_and_tracks_that_left_are_forgotten(world: LinkingWorld) -> None:
    await world.syncing.sync(MARA)
    world.wire.clock.turn(timedelta(days=1))
    account = an_account()
    tops = {**account.top, "short_term": (a_track(199), a_track(3))}
    world.wire.spotify.login.update(replace(account, top=tops))

    await world.syncing.sync(MARA)

    assert world.titles(SignalKind.TOP_SHORT) == ["Song 199", "Song 3"]
    assert {signal.rank for signal in world.signals(SignalKind.TOP_SHORT)} == {0, 1}


async def test_a_newly_saved_track_costs_two_pages_and_a_removed_one_is_forgotten(world: LinkingWorld) -> None:
    await world.syncing.sync(MARA)
    world.wire.clock.turn(timedelta(days=1))
    account = an_account()
    fresh = StandInMoment(a_track(198), START)
    world.wire.spotify.login.update(replace(account, saved=(fresh, *account.saved)))
    world.wire.spotify.requests.clear()

    await world.syncing.sync(MARA)

    assert _calls(world).count("me/tracks") == 2
    assert len(world.signals(SignalKind.SAVED)) == 121

    world.wire.clock.turn(timedelta(days=1))
    world.wire.spotify.login.update(replace(account, saved=account.saved[10:]))
    await world.syncing.sync(MARA)

    assert len(world.signals(SignalKind.SAVED)) == 110
    assert "Song 198" not in world.titles(SignalKind.SAVED)


async def test_a_huge_library_is_read_up_to_a_bound(tmp_path: Path) -> None:
    saved = moments([a_track(number) for number in range(SAVED_MOST + 120)], every=timedelta(hours=1))
    async with linking_world(tmp_path, an_account(saved=saved)) as world:
        await world.link()

        await world.syncing.sync(MARA)

        assert _calls(world).count("me/tracks") == SAVED_MOST // 50
        assert len(world.signals(SignalKind.SAVED)) == SAVED_MOST


async def test_a_closed_playlist_or_list_does_not_stop_the_others(world: LinkingWorld) -> None:
    account = an_account()
    second = StandInPlaylist(spotify_id=made_up_id("second"), name="B", owner="mara", tracks=moments([a_track(190)]))
    world.wire.spotify.api.playlists["mara"].append(second)
    world.wire.spotify.weather.failing = {
        f"/v1/playlists/{account.playlists[0].spotify_id}/items": 403,
        "/v1/me/top/tracks": 403,
    }

    summary = await world.syncing.sync(MARA)

    assert _failed(summary) == [SyncStep.TOP_SHORT, SyncStep.TOP_MEDIUM, SyncStep.TOP_LONG]
    assert all(isinstance(step.error, SpotifyForbiddenError) for step in summary.steps if step.error)
    assert summary.stopped_by is None
    assert world.titles(SignalKind.PLAYLIST) == ["Song 190"]
    assert len(world.signals(SignalKind.SAVED)) == 120
    assert summary.is_complete  # asking again would change nothing


async def test_what_one_playlist_held_stays_while_spotify_closes_it(world: LinkingWorld) -> None:
    await world.syncing.sync(MARA)
    world.wire.clock.turn(timedelta(days=1))
    world.wire.spotify.weather.failing = {f"/v1/playlists/{an_account().playlists[0].spotify_id}/items": 403}

    await world.syncing.sync(MARA)

    assert len(world.signals(SignalKind.PLAYLIST)) == 10


async def test_an_outage_in_the_middle_keeps_what_was_read_and_the_next_sync_goes_on(world: LinkingWorld) -> None:
    world.wire.spotify.weather.api_calls_until_down = 5  # recent, three tops, the first page of saved tracks

    cut = await world.syncing.sync(MARA)

    assert _failed(cut) == [SyncStep.SAVED, SyncStep.PLAYLISTS]
    assert isinstance(cut.stopped_by, SpotifyUnavailableError)
    assert len(world.signals(SignalKind.PLAY)) == 30
    assert len(world.signals(SignalKind.SAVED)) == 50
    assert cut.new_tracks == len({*range(60), *range(40, 90)})
    assert (await world.linking.status(MARA)).last_synced_at is None

    world.wire.spotify.weather.api_is_down, world.wire.spotify.weather.api_calls_until_down = False, None
    world.wire.spotify.requests.clear()
    rest = await world.syncing.sync(MARA)

    assert rest.is_complete
    assert len(world.signals(SignalKind.SAVED)) == 120
    assert rest.new_tracks == 170 - cut.new_tracks
    assert (await world.linking.status(MARA)).last_synced_at == START


async def test_a_long_saved_list_goes_on_behind_what_is_known(tmp_path: Path) -> None:
    saved = moments([a_track(number) for number in range(400)], every=timedelta(hours=1))
    async with linking_world(tmp_path, an_account(saved=saved, playlists=())) as world:
        await world.link()
        world.wire.spotify.weather.api_calls_until_down = 4 + 6
        await world.syncing.sync(MARA)
        assert len(world.signals(SignalKind.SAVED)) == 300

        world.wire.spotify.weather.api_is_down, world.wire.spotify.weather.api_calls_until_down = False, None
        world.wire.spotify.requests.clear()
        await world.syncing.sync(MARA)

        offsets = [each.query["offset"] for each in world.wire.spotify.calls("/v1/me/tracks")]
        assert offsets == ["0", "300", "350"]
        assert len(world.signals(SignalKind.SAVED)) == 400


async def test_a_short_blink_is_waited_out(world: LinkingWorld) -> None:
    world.wire.spotify.weather.rate_limited_calls = 2

    summary = await world.syncing.sync(MARA)

    assert summary.is_complete
    assert world.wire.slept == [1.0, 1.0]


async def test_a_pause_that_lasts_is_not_waited_for_and_not_asked_into(world: LinkingWorld) -> None:
    world.wire.spotify.weather.retry_after_s = 90
    world.wire.spotify.requests.clear()

    first = await world.syncing.sync(MARA)
    second = await world.syncing.sync(MARA)

    assert isinstance(first.stopped_by, RateLimitedError)
    assert isinstance(second.stopped_by, QuotaExceededError)
    assert len(_calls(world)) == 1
    assert world.wire.slept == []


async def test_a_quota_of_thirteen_hours_stops_at_once_and_is_remembered_by_the_next_process(
    world: LinkingWorld,
) -> None:
    world.wire.spotify.weather.quota_is_exceeded = True
    world.wire.spotify.weather.retry_after_s = 13 * 3600
    world.wire.spotify.requests.clear()

    summary = await world.syncing.sync(MARA)
    restarted = services(world.wire, world.database)
    again = await restarted.syncing.sync(MARA)

    for each in (summary, again):
        assert isinstance(each.stopped_by, QuotaExceededError)
        assert each.stopped_by.until == START + timedelta(hours=13)
    assert len(_calls(world)) == 1
    assert world.wire.slept == []

    world.wire.spotify.weather.quota_is_exceeded, world.wire.spotify.weather.retry_after_s = False, None
    world.wire.clock.turn(timedelta(hours=13, seconds=1))
    assert (await restarted.syncing.sync(MARA)).is_complete


async def test_a_blocked_quota_does_not_even_renew_tokens(world: LinkingWorld) -> None:
    world.budget.block(START + timedelta(hours=13))
    world.wire.clock.turn(timedelta(hours=2))

    summary = await world.syncing.sync(MARA)

    assert isinstance(summary.stopped_by, QuotaExceededError)
    assert world.wire.spotify.login.refreshes == 0


async def test_our_own_budget_stops_a_sync_and_what_was_read_stays(tmp_path: Path) -> None:
    async with linking_world(tmp_path, daily_calls=4) as world:
        await world.link()  # one call: /me

        summary = await world.syncing.sync(MARA)

        assert isinstance(summary.stopped_by, QuotaExceededError)
        assert [step.step for step in summary.steps if not step.error] == [
            SyncStep.RECENT, SyncStep.TOP_SHORT, SyncStep.TOP_MEDIUM,
        ]  # fmt: skip
        assert len(world.signals(SignalKind.PLAY)) == 30


async def test_an_old_access_token_is_renewed_before_it_is_used(world: LinkingWorld) -> None:
    world.wire.clock.turn(timedelta(minutes=59, seconds=30))

    summary = await world.syncing.sync(MARA)

    assert summary.is_complete
    assert world.wire.spotify.login.refreshes == 1


async def test_a_token_that_spotify_refuses_is_renewed_once(world: LinkingWorld) -> None:
    world.wire.spotify.login.expire_access_tokens()

    summary = await world.syncing.sync(MARA)

    assert summary.is_complete
    assert world.wire.spotify.login.refreshes == 1


async def test_a_token_that_is_refused_twice_is_not_tried_a_third_time(world: LinkingWorld) -> None:
    world.wire.spotify.weather.failing = {"/v1/me/player/recently-played": 401}
    world.wire.spotify.requests.clear()

    summary = await world.syncing.sync(MARA)

    assert _failed(summary) == [SyncStep.RECENT]
    assert len(_calls(world)) == 2
    assert world.link_of().state is LinkState.OK


async def test_many_calls_at_once_renew_the_token_once(world: LinkingWorld) -> None:
    world.wire.spotify.login.expire_access_tokens()

    profiles = await asyncio.gather(*(world.access.call(MARA, lambda spotify: spotify.me()) for _ in range(12)))

    assert {profile.user_id for profile in profiles} == {"mara"}
    assert world.wire.spotify.login.refreshes == 1


async def test_a_refresh_token_that_is_kept_by_spotify_is_kept_by_us(world: LinkingWorld) -> None:
    world.wire.spotify.weather.rotates_refresh_tokens = False
    world.wire.spotify.weather.says_scope_on_refresh = False
    before = world.link_of()
    world.wire.spotify.login.expire_access_tokens()

    assert (await world.syncing.sync(MARA)).is_complete

    assert world.link_of().refresh_token == before.refresh_token
    assert world.link_of().scopes == before.scopes


async def test_a_dead_refresh_token_needs_a_new_link_and_keeps_the_history(world: LinkingWorld) -> None:
    await world.syncing.sync(MARA)
    world.wire.clock.turn(timedelta(days=190))

    first = await world.syncing.sync(MARA)
    second = await world.syncing.sync(MARA)

    assert isinstance(first.stopped_by, NeedsRelinkError)
    assert isinstance(second.stopped_by, NeedsRelinkError)
    assert world.wire.spotify.login.refreshes == 1
    assert world.link_of().state is LinkState.NEEDS_RELINK
    assert len(world.signals(SignalKind.PLAY)) == 30

    await world.link()

    assert (await world.syncing.sync(MARA)).is_complete
    assert world.link_of().state is LinkState.OK


async def test_an_outage_of_the_login_does_not_end_the_link(world: LinkingWorld) -> None:
    world.wire.spotify.login.expire_access_tokens()
    world.wire.spotify.weather.accounts_are_down = True

    summary = await world.syncing.sync(MARA)

    assert isinstance(summary.stopped_by, SpotifyUnavailableError)
    assert world.link_of().state is LinkState.OK


async def test_a_quota_that_the_login_names_is_remembered_too(world: LinkingWorld) -> None:
    world.wire.spotify.login.expire_access_tokens()
    world.wire.spotify.weather.login_retry_after = "48925"

    summary = await world.syncing.sync(MARA)

    assert isinstance(summary.stopped_by, QuotaExceededError)
    assert world.budget.status().blocked_until == START + timedelta(seconds=48_925)


async def test_a_member_who_left_the_apps_list_is_marked_and_comes_back_by_itself(world: LinkingWorld) -> None:
    world.wire.spotify.api.allow_listed.discard("mara")

    summary = await world.syncing.sync(MARA)

    assert isinstance(summary.stopped_by, NotAllowlistedError)
    assert len(summary.steps) == 1
    assert world.link_of().state is LinkState.NOT_ALLOWLISTED

    world.wire.spotify.api.allow_listed.add("mara")
    await world.syncing.sync(MARA)

    assert world.link_of().state is LinkState.OK


async def test_an_owner_without_premium_stops_the_sync(world: LinkingWorld) -> None:
    world.wire.spotify.weather.owner_has_premium = False

    summary = await world.syncing.sync(MARA)

    assert isinstance(summary.stopped_by, OwnerNotPremiumError)
    assert len(summary.steps) == 1


async def test_a_member_without_a_link_is_told_so(world: LinkingWorld) -> None:
    with pytest.raises(NotLinkedError):
        await world.syncing.sync(JONAS)
    with pytest.raises(NotLinkedError):
        await world.syncing.sync_if_older(JONAS, timedelta(hours=1))


async def test_unlinking_during_a_sync_leaves_nothing_behind(world: LinkingWorld) -> None:
    world.wire.spotify.weather.delay_s = 0.05
    running = asyncio.create_task(world.syncing.sync(MARA))
    await eventually(lambda: world.signals(SignalKind.PLAY))

    await world.linking.unlink(MARA)

    with pytest.raises(NotLinkedError):
        await running
    assert not any(world.signals(kind) for kind in SignalKind)
    with world.database.reading() as stored:
        assert stored.tracks.count() == 0


async def test_linking_anew_during_a_sync_does_not_mix_two_accounts(world: LinkingWorld) -> None:
    world.wire.spotify.weather.delay_s = 0.05
    running = asyncio.create_task(world.syncing.sync(MARA))
    await eventually(lambda: world.signals(SignalKind.PLAY))

    world.wire.clock.turn(timedelta(seconds=5))
    await world.link(MARA, "jonas")

    with pytest.raises(NotLinkedError):
        await running
    assert not any(world.signals(kind) for kind in SignalKind)


async def test_two_syncs_of_a_member_follow_each_other_and_read_things_once(world: LinkingWorld) -> None:
    first, second = await asyncio.gather(world.syncing.sync(MARA), world.syncing.sync(MARA))

    assert (first.new_plays, second.new_plays) == (30, 0)
    assert _calls(world).count("me/top/tracks") == 3


async def test_a_sync_is_skipped_while_the_last_one_is_young(world: LinkingWorld) -> None:
    age = timedelta(minutes=10)

    first = await world.syncing.sync_if_older(MARA, age)
    skipped = await world.syncing.sync_if_older(MARA, age)
    world.wire.clock.turn(timedelta(minutes=11))
    second = await world.syncing.sync_if_older(MARA, age)
    skipped_again = await world.syncing.sync_if_older(MARA, age)

    assert first is not None
    assert second is not None
    assert (skipped, skipped_again) == (None, None)


async def test_after_a_failed_sync_the_next_one_waits_a_little(world: LinkingWorld) -> None:
    age = timedelta(minutes=10)
    world.wire.spotify.weather.api_is_down = True

    failed = await world.syncing.sync_if_older(MARA, age)
    at_once = await world.syncing.sync_if_older(MARA, age)
    world.wire.clock.turn(timedelta(minutes=2))
    world.wire.spotify.weather.api_is_down = False
    later = await world.syncing.sync_if_older(MARA, age)

    assert failed is not None
    assert at_once is None
    assert later is not None
    assert later.is_complete


async def test_a_new_link_is_synced_however_young_the_last_sync_is(world: LinkingWorld) -> None:
    await world.syncing.sync(MARA)
    world.wire.clock.turn(timedelta(seconds=30))
    await world.link(MARA, "jonas")

    assert await world.syncing.sync_if_older(MARA, timedelta(minutes=10)) is not None


async def test_members_never_see_each_others_history(world: LinkingWorld) -> None:
    account = an_account("jonas", plays=moments([a_track(199)]), top={}, saved=(), playlists=())
    world.wire.spotify.login.update(account)
    await world.link(JONAS, "jonas")

    await asyncio.gather(world.syncing.sync(MARA), world.syncing.sync(JONAS))

    assert world.titles(SignalKind.PLAY, JONAS) == ["Song 199"]
    assert "Song 199" not in world.titles(SignalKind.PLAY, MARA)


async def test_no_token_is_in_the_log_at_debug_whatever_happens(
    world: LinkingWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen = {world.link_of().access_token, world.link_of().refresh_token}
    world.wire.spotify.login.expire_access_tokens()

    await world.syncing.sync(MARA)
    seen |= {world.link_of().access_token, world.link_of().refresh_token}
    world.wire.spotify.login.expire_refresh_tokens()
    world.wire.spotify.login.expire_access_tokens()
    await world.syncing.sync(MARA)

    assert len(seen) == 4
    assert "library synced" in caplog.text
    assert not [token for token in seen if token in caplog.text]
    assert "Song" not in caplog.text
