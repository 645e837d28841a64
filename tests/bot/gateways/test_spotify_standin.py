"""The stand-in refuses what Spotify refuses; otherwise the tests that rest on it would prove little."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.gateways.spotify_login import challenge_of, new_verifier
from bot.playground.spotify_standin import SpotifyStandIn
from bot.playground.spotify_standin_data import made_up_id
from tests.bot.spotify_world import CLIENT_ID, REDIRECT_URI, SpotifyWorld, an_account, query_of, spotify_world


@pytest.fixture
async def world() -> AsyncIterator[SpotifyWorld]:
    async with spotify_world() as made:
        yield made


@pytest.fixture
async def mara(world: SpotifyWorld) -> AsyncIterator[aiohttp.ClientSession]:
    """A program with Mara's token."""
    headers = {"Authorization": f"Bearer {await world.access_token()}"}
    async with aiohttp.ClientSession(world.spotify.base, headers=headers) as session:
        yield session


@pytest.mark.parametrize("uri", ["http://localhost:8080/spotify/callback", "http://example.org/callback"])
def test_a_redirect_address_that_is_not_secure_cannot_be_registered(uri: str) -> None:
    with pytest.raises(ValueError, match="not secure"):
        SpotifyStandIn([an_account()], client_id=CLIENT_ID, redirect_uris=[uri])


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "f" * 32},
        {"redirect_uri": REDIRECT_URI + "/"},
        {"response_type": "token"},
        {"scope": "user-read-everything"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
    ],
)
async def test_a_malformed_login_gets_no_consent_page(world: SpotifyWorld, change: dict[str, str]) -> None:
    url = world.login.authorize_url(state="s", verifier=new_verifier(), client_id=CLIENT_ID)

    answer = await world.browser.get(f"{world.spotify.base}/authorize", params=query_of(url) | change)

    assert answer.status == 400


async def test_the_consent_page_wants_an_account_that_exists(world: SpotifyWorld) -> None:
    form = query_of(world.login.authorize_url(state="s", verifier=new_verifier(), client_id=CLIENT_ID))

    answer = await world.browser.post(
        f"{world.spotify.base}/authorize", data={**form, "account": "nobody", "decision": "agree"}
    )

    assert answer.status == 400


async def _token(world: SpotifyWorld, **form: str) -> tuple[int, dict[str, Any]]:
    answer = await world.browser.post(f"{world.spotify.base}/api/token", data={"client_id": CLIENT_ID, **form})
    return answer.status, await answer.json()


async def test_a_code_needs_its_verifier_its_address_and_to_be_fresh(world: SpotifyWorld) -> None:
    verifier = new_verifier()
    url = world.login.authorize_url(state="s", verifier=verifier, client_id=CLIENT_ID)
    right = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "code_verifier": verifier}

    async def attempt(**change: str) -> str:
        code = query_of(await world.consent(url))["code"]
        if change.pop("late", ""):
            world.clock.turn(timedelta(minutes=11))
        status, body = await _token(world, **{**right, "code": code, **change})
        return "ok" if status == 200 else str(body["error"])

    assert await attempt() == "ok"
    assert await attempt(code_verifier=new_verifier()) == "invalid_grant"
    assert await attempt(code_verifier="short") == "invalid_grant"
    assert await attempt(redirect_uri=REDIRECT_URI + "/") == "invalid_grant"
    assert await attempt(late="yes") == "invalid_grant"
    assert await attempt(code="AQunknown") == "invalid_grant"
    assert await attempt(client_id="f" * 32) == "invalid_client"
    assert await attempt(grant_type="password") == "unsupported_grant_type"


async def test_without_pkce_a_code_needs_the_secret(world: SpotifyWorld) -> None:
    url = world.login.authorize_url(state="s", verifier=new_verifier(), client_id=CLIENT_ID)
    plain = "&".join(part for part in url.split("&") if not part.startswith("code_challenge"))
    code = query_of(await world.consent(plain))["code"]

    status, body = await _token(world, grant_type="authorization_code", redirect_uri=REDIRECT_URI, code=code)

    assert (status, body["error"]) == (400, "invalid_request")


async def test_the_token_endpoint_takes_forms_and_readable_credentials_only(world: SpotifyWorld) -> None:
    address = f"{world.spotify.base}/api/token"

    as_json = await world.browser.post(address, json={"grant_type": "refresh_token"})
    garbled = await world.browser.post(address, data={"client_id": CLIENT_ID}, headers={"Authorization": "Basic ???"})

    assert as_json.status == 415
    assert (await garbled.json())["error"] == "invalid_client"


async def test_a_rotated_refresh_token_is_dead(world: SpotifyWorld) -> None:
    verifier = new_verifier()
    url = world.login.authorize_url(state="s", verifier=verifier, client_id=CLIENT_ID)
    code = query_of(await world.consent(url))["code"]
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "code_verifier": verifier}
    _, first = await _token(world, code=code, **form)

    status, second = await _token(world, grant_type="refresh_token", refresh_token=first["refresh_token"])
    replayed, refused = await _token(world, grant_type="refresh_token", refresh_token=first["refresh_token"])

    assert (status, replayed, refused["error"]) == (200, 400, "invalid_grant")
    assert second["scope"] == first["scope"]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nobody's"}, {"Authorization": "Basic abc"}])
async def test_the_api_wants_a_bearer_token(world: SpotifyWorld, header: dict[str, str]) -> None:
    answer = await world.browser.get(f"{world.spotify.base}/v1/me", headers=header)

    assert answer.status == 401


@pytest.mark.parametrize(
    "path",
    [
        "audio-features/4uLU6hMCjMI75M1A2tKUQC",
        "audio-features?ids=a,b",
        "audio-analysis/x",
        "tracks?ids=a,b",
        "tracks/?ids=a,b",
        "albums?ids=a",
        "artists/x/top-tracks",
        "artists/x/related-artists",
        "browse/new-releases",
        "markets",
        "users/mara",
        "users/mara/playlists",
        "playlists/x/tracks",
        "playlists/x/followers/contains",
        "me/tracks/contains?ids=a",
    ],
)
async def test_what_left_the_api_is_forbidden(mara: aiohttp.ClientSession, path: str) -> None:
    answer = await mara.get(f"/v1/{path}")

    assert answer.status == 403
    assert (await answer.json())["error"] == {"status": 403, "message": "Forbidden"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("recommendations?seed_tracks=a", 404),
        ("nonsense", 404),
        ("search?q=Song&type=track&limit=11", 400),
        ("search?q=Song&type=everything", 400),
        ("search?type=track", 400),
        ("me/tracks?limit=51", 400),
        ("me/tracks?limit=0", 400),
        ("me/tracks?offset=-1", 400),
        ("me/top/tracks?time_range=forever", 400),
        ("me/player/recently-played?after=1&before=2", 400),
        ("tracks/unknown", 404),
        ("playlists/unknown/items", 404),
        ("me/", 200),
        (f"tracks/{made_up_id('track 5')}", 200),
        ("search?q=track%3A%22Song%207%22%20artist%3ASinger&type=track", 200),
        ("me/player/recently-played?before=1", 200),
    ],
)
async def test_the_api_answers_as_spotify_would(mara: aiohttp.ClientSession, path: str, status: int) -> None:
    assert (await mara.get(f"/v1/{path}")).status == status


async def test_a_scope_that_was_not_granted_closes_its_calls(world: SpotifyWorld) -> None:
    world.spotify.weather.refused_scopes = frozenset({"user-library-read"})
    headers = {"Authorization": f"Bearer {await world.access_token()}"}

    answer = await world.browser.get(f"{world.spotify.base}/v1/me/tracks", headers=headers)

    assert answer.status == 403
    assert (await answer.json())["error"]["message"] == "Insufficient client scope"


async def test_the_apps_own_login_wants_the_secret_and_opens_nothing_of_anybodys() -> None:
    form = {"grant_type": "client_credentials"}
    async with spotify_world(client_secret="s" * 32) as world:
        address = f"{world.spotify.base}/api/token"
        without = await world.browser.post(address, data={"client_id": CLIENT_ID, **form})
        basic = {"Authorization": aiohttp.encode_basic_auth(CLIENT_ID, "s" * 32)}
        given = await world.browser.post(address, data=form, headers=basic)
        tokens = await given.json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        paths = (f"tracks/{made_up_id('track 5')}", "search?q=Song&type=track", "me", "me/tracks", "me/playlists")
        statuses = [
            (await world.browser.get(f"{world.spotify.base}/v1/{path}", headers=headers)).status for path in paths
        ]

    assert (without.status, (await without.json())["error"]) == (400, "invalid_client")
    assert not {"refresh_token", "scope"} & tokens.keys()
    assert statuses == [200, 200, 401, 403, 403]


async def test_fields_that_left_the_api_are_not_there(mara: aiohttp.ClientSession) -> None:
    me = await (await mara.get("/v1/me")).json()
    track = (await (await mara.get("/v1/me/tracks?limit=1")).json())["items"][0]["track"]
    own, followed = (await (await mara.get("/v1/me/playlists")).json())["items"]

    assert not {"email", "country", "product", "followers"} & me.keys()
    assert not {"popularity", "available_markets", "linked_from"} & track.keys()
    assert "items" in own
    assert "items" not in followed


async def test_pages_lead_to_the_next_one_on_the_same_server(mara: aiohttp.ClientSession, world: SpotifyWorld) -> None:
    first = await (await mara.get("/v1/me/tracks?limit=50")).json()

    second = await (await mara.get(first["next"])).json()

    assert first["next"].startswith(world.spotify.base)
    assert second["offset"] == 50


async def test_a_playlist_is_made_once_for_each_call_and_takes_known_tracks_only(
    mara: aiohttp.ClientSession, world: SpotifyWorld
) -> None:
    known = f"spotify:track:{made_up_id('track 5')}"

    public = await mara.post("/v1/me/playlists", json={"name": "Dug up"})
    nameless = await mara.post("/v1/me/playlists", json={"public": False})
    made = await mara.post("/v1/me/playlists", json={"name": "Dug up", "public": False})
    items = f"/v1/playlists/{(await made.json())['id']}/items"
    as_list = await mara.post(items, json=[known])
    as_object = await mara.post(items, json={"uris": [known]})
    unknown = await mara.post(items, json=["spotify:track:unknown"])
    too_many = await mara.post(items, json=[known] * 101)
    foreign = await mara.post(f"/v1/playlists/{made_up_id('followed')}/items", json=[known])

    statuses = [each.status for each in (public, nameless, made, as_list, as_object, unknown, too_many, foreign)]
    assert statuses == [403, 400, 201, 201, 201, 400, 400, 403]
    assert list(world.spotify.api.created.values()) == [[known, known]]


def test_made_up_ids_look_like_spotifys_and_depend_on_the_name_alone() -> None:
    assert made_up_id("a") == made_up_id("a") != made_up_id("b")
    assert len(made_up_id("a")) == 22
    assert made_up_id("a").isalnum()
    assert challenge_of("a" * 43)
