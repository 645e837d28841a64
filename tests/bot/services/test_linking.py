"""What linking promises to members."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from bot.errors import (
    AccountTakenError,
    ConsentRefusedError,
    LinkError,
    LoginExpiredError,
    NotAllowlistedError,
    OwnerNotPremiumError,
    PastedAddressError,
    QuotaExceededError,
    ScopesMissingError,
    SpotifyUnavailableError,
)
from bot.gateways.spotify_login import SCOPES
from bot.services.linking import LINK_LIVES, LinkedAccount, LinkingService
from recommender.types import SignalKind
from storage.values import LinkState
from tests.bot.linking_world import JONAS, MARA, PUBLIC_URL, LinkingWorld, linking_world
from tests.bot.spotify_world import CLIENT_ID, REDIRECT_URI, START, an_account, query_of


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[LinkingWorld]:
    async with linking_world(tmp_path) as made:
        yield made


async def _came_back(world: LinkingWorld, *, agree: bool = True) -> dict[str, str]:
    invitation = await world.linking.begin(MARA, "mara on Discord")
    return query_of(await world.wire.consent(invitation.authorize_url, agree=agree))


def _everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_a_link_keeps_what_is_needed_and_hides_the_tokens(world: LinkingWorld, tmp_path: Path) -> None:
    account = await world.link()

    link = world.link_of()
    assert (account.display_name, account.member) == ("Mara", MARA)
    assert link.spotify_user_id == an_account().account_id
    assert link.scopes == SCOPES
    assert link.client_id == CLIENT_ID
    assert link.linked_at == START
    files = await world.wire.blocking.run(_everything_in, tmp_path)
    assert b"spotify_link" in files
    for secret in (link.access_token, link.refresh_token):
        assert secret not in repr(link)
        assert secret.encode() not in files


@pytest.mark.parametrize("knows_secret", [True, False])
async def test_linking_works_with_the_apps_secret_and_without(tmp_path: Path, *, knows_secret: bool) -> None:
    async with linking_world(tmp_path, client_secret="c" * 32, knows_secret=knows_secret) as world:
        await world.link()

        assert world.is_linked()


async def test_the_invitation_leads_to_our_page_which_names_the_discord_account(world: LinkingWorld) -> None:
    invitation = await world.linking.begin(MARA, "mara on Discord")
    pending = await world.linking.describe(query_of(invitation.url)["state"])

    assert invitation.url.startswith(f"{PUBLIC_URL}/link?state=")
    assert invitation.expires_at == START + timedelta(minutes=10)
    assert invitation.is_local
    assert pending.member_name == "mara on Discord"
    assert pending.authorize_url == invitation.authorize_url
    assert query_of(invitation.url)["state"] not in repr(invitation)


async def test_consent_that_was_refused_stores_nothing(world: LinkingWorld) -> None:
    back = await _came_back(world, agree=False)

    with pytest.raises(ConsentRefusedError):
        await world.linking.finish(back["state"], back.get("code"), back["error"])

    assert not world.is_linked()


async def test_another_error_of_spotifys_page_is_said_without_being_repeated(world: LinkingWorld) -> None:
    back = await _came_back(world)

    with pytest.raises(LinkError, match="did not finish") as caught:
        await world.linking.finish(back["state"], None, "<b>server_error</b>")

    assert "server_error" not in str(caught.value)


async def test_a_state_works_once_even_when_two_come_with_it_at_the_same_time(world: LinkingWorld) -> None:
    back = await _came_back(world)

    answers = await asyncio.gather(
        *(world.linking.finish(back["state"], back["code"], None) for _ in range(5)), return_exceptions=True
    )

    assert sum(isinstance(answer, LoginExpiredError) for answer in answers) == 4
    assert world.is_linked()


async def test_a_forged_state_is_refused(world: LinkingWorld) -> None:
    back = await _came_back(world)

    with pytest.raises(LoginExpiredError):
        await world.linking.finish("forged" + back["state"][6:], back["code"], None)
    with pytest.raises(LoginExpiredError):
        await world.linking.describe("")

    assert not world.is_linked()


async def test_a_state_of_eleven_minutes_ago_is_refused(world: LinkingWorld) -> None:
    back = await _came_back(world)
    world.wire.clock.turn(timedelta(minutes=11))

    with pytest.raises(LoginExpiredError):
        await world.linking.finish(back["state"], back["code"], None)

    assert not world.is_linked()


async def test_a_swapped_state_does_not_link_anothers_account(world: LinkingWorld) -> None:
    maras = await _came_back(world)
    jonas = query_of((await world.linking.begin(JONAS, "jonas")).url)

    # The code was made for Mara's verifier, so it is of no use with the state of Jonas.
    with pytest.raises(LoginExpiredError):
        await world.linking.finish(jonas["state"], maras["code"], None)

    assert not world.is_linked(JONAS)


async def test_a_scope_that_was_not_granted_is_named_and_nothing_is_stored(world: LinkingWorld) -> None:
    world.wire.spotify.weather.refused_scopes = frozenset({"user-top-read"})

    with pytest.raises(ScopesMissingError, match="user-top-read"):
        await world.link()

    assert not world.is_linked()


async def test_an_account_that_is_not_on_the_apps_list_is_not_stored(world: LinkingWorld) -> None:
    world.wire.spotify.api.allow_listed.discard("mara")

    with pytest.raises(NotAllowlistedError, match="operator"):
        await world.link()

    assert not world.is_linked()


async def test_nothing_is_stored_while_spotify_does_not_answer_for_the_account(world: LinkingWorld) -> None:
    world.wire.spotify.weather.owner_has_premium = False
    with pytest.raises(OwnerNotPremiumError):
        await world.link()

    world.wire.spotify.weather.owner_has_premium = True
    world.wire.spotify.weather.api_is_down = True
    with pytest.raises(SpotifyUnavailableError):
        await world.link()

    world.wire.spotify.weather.api_is_down = False
    world.wire.spotify.weather.quota_is_exceeded = True
    with pytest.raises(QuotaExceededError):
        await world.link()

    assert not world.is_linked()


async def test_one_spotify_account_belongs_to_one_member(world: LinkingWorld) -> None:
    await world.link(MARA, "mara")

    with pytest.raises(AccountTakenError):
        await world.link(JONAS, "mara")

    assert not world.is_linked(JONAS)


async def test_linking_again_keeps_the_history_and_renews_the_tokens(world: LinkingWorld) -> None:
    await world.link()
    await world.syncing.sync(MARA)
    before, plays = world.link_of(), len(world.signals(SignalKind.PLAY))
    world.wire.clock.turn(timedelta(days=1))

    await world.link()

    assert world.link_of().refresh_token != before.refresh_token
    assert len(world.signals(SignalKind.PLAY)) == plays == 30


async def test_another_account_replaces_the_one_before_and_its_history(world: LinkingWorld) -> None:
    await world.link()
    await world.syncing.sync(MARA)
    world.wire.clock.turn(timedelta(days=1))

    await world.link(MARA, "jonas")

    assert world.link_of().display_name == "Jonas"
    assert not world.signals(SignalKind.PLAY)


async def test_an_address_pasted_by_its_member_links(world: LinkingWorld) -> None:
    invitation = await world.linking.begin(MARA, "mara on Discord")
    address = await world.wire.consent(invitation.authorize_url)

    account = await world.linking.finish_pasted(MARA, f"  <{address}>\n")

    assert account.display_name == "Mara"
    assert world.is_linked()


async def test_an_address_pasted_by_another_member_links_nobody_and_stays_good(world: LinkingWorld) -> None:
    invitation = await world.linking.begin(MARA, "mara on Discord")
    address = await world.wire.consent(invitation.authorize_url)

    with pytest.raises(LoginExpiredError):
        await world.linking.finish_pasted(JONAS, address)

    assert not world.is_linked(JONAS)
    await world.linking.finish_pasted(MARA, address)
    assert world.is_linked(MARA)


async def test_a_pasted_refusal_is_a_refusal(world: LinkingWorld) -> None:
    invitation = await world.linking.begin(MARA, "mara on Discord")

    with pytest.raises(ConsentRefusedError):
        await world.linking.finish_pasted(MARA, await world.wire.consent(invitation.authorize_url, agree=False))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AQcode",
        REDIRECT_URI,
        f"{REDIRECT_URI}?code=c",
        f"{REDIRECT_URI}?state=s",
        "https://example.org/spotify/callback?code=c&state=s",
        "http://127.0.0.1:8080/elsewhere?code=c&state=s",
        "http://[broken?code=c&state=s",
    ],
)
async def test_what_is_no_such_address_is_explained(world: LinkingWorld, text: str) -> None:
    with pytest.raises(PastedAddressError, match="starts with"):
        await world.linking.finish_pasted(MARA, text)


async def test_a_members_own_app_is_used_for_the_whole_login(world: LinkingWorld) -> None:
    own = "f" * 32

    invitation = await world.linking.begin(MARA, "mara on Discord", client_id=own)

    assert query_of(invitation.authorize_url)["client_id"] == own


async def test_unlinking_erases_all_that_came_from_the_link_at_once(world: LinkingWorld) -> None:
    await world.link()
    await world.syncing.sync(MARA)
    left_over = await world.linking.begin(MARA, "mara on Discord")

    was_linked = await world.linking.unlink(MARA)

    assert was_linked
    assert not world.is_linked()
    assert not any(world.signals(kind) for kind in SignalKind)
    with world.database.reading() as stored:
        assert stored.tracks.count() == 0
    with pytest.raises(LoginExpiredError):
        await world.linking.describe(query_of(left_over.url)["state"])
    assert await world.linking.unlink(MARA) is False


async def test_the_status_says_when_the_link_will_end(world: LinkingWorld) -> None:
    assert not (await world.linking.status(MARA)).is_linked

    await world.link()
    status = await world.linking.status(MARA)

    assert (status.is_linked, status.state, status.display_name) == (True, LinkState.OK, "Mara")
    assert status.ends_at == START + LINK_LIVES
    assert status.last_synced_at is None


async def test_whoever_wants_to_know_is_told_of_each_account_that_was_linked(world: LinkingWorld) -> None:
    told: list[LinkedAccount] = []
    world.linking = LinkingService(
        world.database, world.wire.login, world.access, world.wire.blocking,
        public_url="https://bot.example", now=world.wire.clock, on_linked=told.append,
    )  # fmt: skip

    account = await world.link()

    assert told == [account]
    assert not (await world.linking.begin(JONAS, "jonas")).is_local


async def test_old_logins_are_forgotten_when_a_new_one_begins(world: LinkingWorld) -> None:
    old = query_of((await world.linking.begin(MARA, "mara")).url)["state"]
    world.wire.clock.turn(timedelta(minutes=11))

    await world.linking.begin(MARA, "mara")

    world.wire.clock.at = START
    with pytest.raises(LoginExpiredError):
        await world.linking.describe(old)


async def test_a_login_without_a_refresh_token_is_not_stored(world: LinkingWorld) -> None:
    world.wire.spotify.weather.gives_refresh_token = False

    with pytest.raises(SpotifyUnavailableError):
        await world.link()

    assert not world.is_linked()


async def test_an_endless_pasted_text_is_cut(world: LinkingWorld) -> None:
    with pytest.raises(PastedAddressError):
        await world.linking.finish_pasted(
            MARA, f"{REDIRECT_URI}?{urlencode({'x': 'y' * 5000, 'code': 'c', 'state': 's'})}"
        )
