"""What logging in promises: PKCE over HTTP, with and without the app's secret."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import (
    LoginExpiredError,
    NeedsRelinkError,
    QuotaExceededError,
    RateLimitedError,
    SpotifyNotSetUpError,
    SpotifyUnavailableError,
)
from bot.gateways.spotify_login import SCOPES, SpotifyLogin, Tokens, challenge_of, new_verifier
from bot.gateways.spotify_wire import new_session
from tests.bot.spotify_world import CLIENT_ID, REDIRECT_URI, START, SpotifyWorld, query_of, spotify_world


@pytest.fixture
async def world() -> AsyncIterator[SpotifyWorld]:
    async with spotify_world() as made:
        yield made


async def _code(world: SpotifyWorld, verifier: str) -> str:
    url = world.login.authorize_url(state="s", verifier=verifier, client_id=CLIENT_ID)
    return query_of(await world.consent(url))["code"]


async def _exchanged(world: SpotifyWorld, code: str, verifier: str) -> Tokens:
    return await world.blocking.run(world.login.exchange, code=code, verifier=verifier, client_id=CLIENT_ID)


async def _refreshed(world: SpotifyWorld, token: str | None) -> Tokens:
    assert token is not None
    return await world.blocking.run(world.login.refresh, refresh_token=token, client_id=CLIENT_ID)


def test_the_challenge_is_that_of_the_example_in_the_standard() -> None:
    # RFC 7636, appendix B.
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_every_verifier_is_new_and_as_long_as_the_standard_wants() -> None:
    verifiers = {new_verifier() for _ in range(50)}

    assert len(verifiers) == 50
    assert all(43 <= len(verifier) <= 128 for verifier in verifiers)


async def test_a_code_becomes_tokens_without_a_secret(world: SpotifyWorld) -> None:
    verifier = new_verifier()

    tokens = await _exchanged(world, await _code(world, verifier), verifier)

    assert tokens.expires_at == START + timedelta(hours=1)
    assert tokens.scopes == SCOPES
    assert tokens.refresh_token


@pytest.mark.parametrize("knows_secret", [True, False])
async def test_an_app_with_a_secret_is_logged_in_to_with_the_secret_or_with_pkce_alone(*, knows_secret: bool) -> None:
    async with spotify_world(client_secret="c" * 32, knows_secret=knows_secret) as world:
        verifier = new_verifier()

        tokens = await _exchanged(world, await _code(world, verifier), verifier)

        assert (await _refreshed(world, tokens.refresh_token)).access_token != tokens.access_token


async def test_a_wrong_secret_or_client_is_the_operators_matter() -> None:
    async with spotify_world() as world:
        wrong = SpotifyLogin(
            accounts_base=world.spotify.base,
            client_id=CLIENT_ID,
            client_secret="wrong",
            redirect_uri=REDIRECT_URI,
            session=new_session(),
        )
        with pytest.raises(SpotifyNotSetUpError):
            await world.blocking.run(wrong.exchange, code="c", verifier="v", client_id=CLIENT_ID)
        with pytest.raises(SpotifyNotSetUpError):
            await world.blocking.run(world.login.exchange, code="c", verifier="v", client_id="f" * 32)


async def test_an_app_with_a_secret_logs_in_by_itself() -> None:
    async with spotify_world(client_secret="c" * 32) as world:
        tokens = await world.blocking.run(world.login.app_tokens)

        assert world.login.has_secret
        assert tokens.expires_at == START + timedelta(hours=1)
        assert (tokens.refresh_token, tokens.scopes) == (None, None)
        assert await world.blocking.run(world.gateway(tokens.access_token).search_tracks, "Song 7")


async def test_without_a_secret_the_app_asks_nobody(world: SpotifyWorld) -> None:
    with pytest.raises(SpotifyNotSetUpError):
        await world.blocking.run(world.login.app_tokens)

    assert not world.login.has_secret
    assert world.spotify.requests == []


def test_no_client_id_is_said_plainly() -> None:
    login = SpotifyLogin(
        accounts_base="http://127.0.0.1:9",
        client_id=None,
        client_secret=None,
        redirect_uri=REDIRECT_URI,
        session=new_session(),
    )

    with pytest.raises(SpotifyNotSetUpError):
        _ = login.client_id


async def test_a_code_works_once_and_only_with_its_verifier(world: SpotifyWorld) -> None:
    verifier = new_verifier()
    code = await _code(world, verifier)
    await _exchanged(world, code, verifier)

    with pytest.raises(LoginExpiredError):
        await _exchanged(world, code, verifier)
    with pytest.raises(LoginExpiredError):
        await _exchanged(world, await _code(world, verifier), new_verifier())


async def test_a_refresh_gives_a_new_token_and_maybe_a_new_refresh_token(world: SpotifyWorld) -> None:
    verifier = new_verifier()
    first = await _exchanged(world, await _code(world, verifier), verifier)

    rotated = await _refreshed(world, first.refresh_token)
    world.spotify.weather.rotates_refresh_tokens = False
    world.spotify.weather.says_scope_on_refresh = False
    kept = await _refreshed(world, rotated.refresh_token)

    assert rotated.refresh_token not in {None, first.refresh_token}
    assert (kept.refresh_token, kept.scopes) == (None, None)


async def test_a_refresh_token_of_six_months_ago_needs_a_new_link(world: SpotifyWorld) -> None:
    verifier = new_verifier()
    tokens = await _exchanged(world, await _code(world, verifier), verifier)
    world.clock.turn(timedelta(days=183))

    with pytest.raises(NeedsRelinkError):
        await _refreshed(world, tokens.refresh_token)


async def test_an_outage_of_the_login_is_no_reason_to_link_again(world: SpotifyWorld) -> None:
    world.spotify.weather.accounts_are_down = True

    with pytest.raises(SpotifyUnavailableError):
        await _refreshed(world, "token")


@pytest.mark.parametrize(
    ("retry_after", "error"), [("3", RateLimitedError), ("48925", QuotaExceededError), (None, RateLimitedError)]
)
async def test_a_busy_login_says_when_to_come_back(
    world: SpotifyWorld, retry_after: str | None, error: type[Exception]
) -> None:
    world.spotify.weather.login_retry_after = retry_after or ""

    with pytest.raises(error):
        await _refreshed(world, "token")


async def test_an_answer_that_makes_no_sense_is_unavailable(world: SpotifyWorld) -> None:
    world.spotify.weather.login_answers_nonsense = True

    with pytest.raises(SpotifyUnavailableError):
        await _refreshed(world, "token")


def test_nobody_listening_is_unavailable() -> None:
    login = SpotifyLogin(
        accounts_base="http://127.0.0.1:9",
        client_id=CLIENT_ID,
        client_secret=None,
        redirect_uri=REDIRECT_URI,
        session=new_session(),
    )

    with pytest.raises(SpotifyUnavailableError):
        login.refresh(refresh_token="t", client_id=CLIENT_ID)


async def test_credentials_of_a_netrc_file_are_not_sent(
    world: SpotifyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    verifier = new_verifier()

    tokens = await _exchanged(world, await _code(world, verifier), verifier)

    assert (await world.blocking.run(world.gateway(tokens.access_token).me)).user_id == "mara"


async def test_tokens_show_neither_in_their_repr_nor_in_a_log(
    world: SpotifyWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    verifier = new_verifier()
    code = await _code(world, verifier)

    tokens = await _exchanged(world, code, verifier)
    await _refreshed(world, tokens.refresh_token)

    assert tokens.refresh_token
    for secret in (tokens.access_token, tokens.refresh_token):
        assert secret not in repr(tokens)
    for secret in (tokens.access_token, tokens.refresh_token, code, verifier):
        assert secret not in caplog.text
