"""What the link pages promise, over HTTP, with the real services behind them."""

import logging
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.web.app import LINKED_COOKIE, LOGIN_COOKIE, VISIT_COOKIE, serve, web_app
from bot.web.pages import plain
from tests.bot.linking_world import MARA, LinkingWorld, linking_world
from tests.bot.spotify_world import query_of


class Site:
    """Our pages, and a member's browser that visits them."""

    def __init__(self, world: LinkingWorld, base: str) -> None:
        self.world = world
        self.base = base
        self.browser = world.wire.browser
        self.health: dict[str, object] = {}

    async def invited(self) -> str:
        invitation = await self.world.linking.begin(MARA, "mara <b>on</b> Discord")
        return query_of(invitation.url)["state"]

    async def press_continue(self, state: str) -> str:
        """Open our page, press its button, and return where it leads."""
        page = await self.browser.get(f"{self.base}/link", params={"state": state})
        answer = await self.browser.post(f"{self.base}/link", data=hidden(await page.text()), allow_redirects=False)
        assert answer.status == 303
        return answer.headers["Location"]


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def cookies_of(browser: aiohttp.ClientSession) -> set[str]:
    return {cookie.key for cookie in browser.cookie_jar}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    await runner.cleanup()  # the port is free again, and now known to the redirect address
    base = f"http://127.0.0.1:{port}"
    async with linking_world(tmp_path, redirect_uri=f"{base}/spotify/callback") as world:
        made = Site(world, base)
        serving = await serve(web_app(world.linking, health=lambda: made.health), "127.0.0.1", port)
        yield made
        await serving.cleanup()


async def test_a_member_goes_from_discord_to_spotify_and_back(site: Site) -> None:
    state = await site.invited()

    leads_to = await site.press_continue(state)
    back = await site.world.wire.consent(leads_to)
    done = await site.browser.get(back)

    text = await done.text()
    assert done.status == 200
    assert "Linked" in text
    assert "Mara" in text
    assert "mara &lt;b&gt;on&lt;/b&gt; Discord" in text
    assert site.world.is_linked()


async def test_the_last_page_has_a_clean_address_and_can_be_reloaded(site: Site) -> None:
    back = await site.world.wire.consent(await site.press_continue(await site.invited()))

    done = await site.browser.get(back)
    again = await site.browser.get(done.url)

    assert str(done.url) == f"{site.base}/linked"
    assert await again.text() == await done.text()


@pytest.mark.parametrize("cookie", ["", "x", "bm90IGpzb24=", "MQ==", "WzFd", "eyJhIjogMX0="])
async def test_the_last_page_is_not_for_those_who_linked_nothing(site: Site, cookie: str) -> None:
    answer = await site.browser.get(f"{site.base}/linked", cookies={LINKED_COOKIE: cookie})

    assert answer.status == 410


async def test_our_page_names_the_discord_account_and_escapes_it(site: Site) -> None:
    page = await site.browser.get(f"{site.base}/link", params={"state": await site.invited()})

    text = await page.text()
    assert "mara &lt;b&gt;on&lt;/b&gt; Discord" in text
    assert "<b>on</b>" not in text
    assert not re.findall(r'(?:src|href)="(?!/static/)', text)


async def test_looking_at_the_page_does_not_use_up_the_login(site: Site) -> None:
    state = await site.invited()
    for _ in range(3):
        await site.browser.get(f"{site.base}/link", params={"state": state})

    head = await site.browser.head(f"{site.base}/spotify/callback", params={"state": state, "code": "c"})

    assert head.status == 405
    assert (await site.world.linking.describe(state)).member_name


async def test_a_browser_that_did_not_press_our_button_is_asked_whose_account_it_is(site: Site) -> None:
    authorize_url = (await site.world.linking.begin(MARA, "a stranger")).authorize_url
    back = await site.world.wire.consent(authorize_url)

    asked = await site.browser.get(back)
    text = await asked.text()

    assert "Is this your Discord account?" in text
    assert "a stranger" in text
    assert not site.world.is_linked()

    agreed = await site.browser.post(f"{site.base}/spotify/callback", data=hidden(text))
    assert agreed.status == 200
    assert site.world.is_linked()


async def test_another_sites_form_cannot_press_our_buttons(site: Site) -> None:
    state = await site.invited()
    page = hidden(await (await site.browser.get(f"{site.base}/link", params={"state": state})).text())

    async with aiohttp.ClientSession() as elsewhere:  # has the form, as an attacker may, but not the cookie
        pressed = await elsewhere.post(f"{site.base}/link", data=page, allow_redirects=False)
        confirmed = await elsewhere.post(f"{site.base}/spotify/callback", data={**page, "code": "c"})
    guessed = await site.browser.post(f"{site.base}/link", data={**page, "nonce": "guess"}, allow_redirects=False)

    assert (pressed.status, confirmed.status, guessed.status) == (403, 403, 403)
    assert LOGIN_COOKIE not in cookies_of(site.browser)
    assert (await site.world.linking.describe(state)).member_name


async def test_a_refusal_is_a_page_and_not_an_alarm(site: Site) -> None:
    leads_to = await site.press_continue(await site.invited())

    done = await site.browser.get(await site.world.wire.consent(leads_to, agree=False))

    assert done.status == 200
    assert "Nothing was linked" in await done.text()
    assert not site.world.is_linked()


async def test_a_replayed_address_is_refused(site: Site) -> None:
    back = await site.world.wire.consent(await site.press_continue(await site.invited()))
    await site.browser.get(back)

    again = await site.browser.get(back)

    assert again.status == 410
    assert "expired or was used already" in await again.text()


@pytest.mark.parametrize(
    "path", ["/link", "/link?state=forged", "/spotify/callback", "/spotify/callback?code=c&state=f"]
)
async def test_a_forged_state_is_refused(site: Site, path: str) -> None:
    answer = await site.browser.get(f"{site.base}{path}")

    assert answer.status == 410
    assert "Use /link" in await answer.text()


async def test_an_expired_state_is_refused(site: Site) -> None:
    leads_to = await site.press_continue(await site.invited())
    back = await site.world.wire.consent(leads_to)
    site.world.wire.clock.turn(timedelta(minutes=11))

    assert (await site.browser.get(back)).status == 410
    assert not site.world.is_linked()


async def test_an_account_that_is_not_on_the_list_is_told_what_to_do(site: Site) -> None:
    site.world.wire.spotify.api.allow_listed.clear()
    back = await site.world.wire.consent(await site.press_continue(await site.invited()))

    done = await site.browser.get(back)

    assert done.status == 403
    assert "Ask the operator to add you" in await done.text()


async def test_a_used_up_quota_is_said_in_words_a_browser_can_show(site: Site) -> None:
    site.world.wire.spotify.weather.quota_is_exceeded = True
    back = await site.world.wire.consent(await site.press_continue(await site.invited()))

    done = await site.browser.get(back)

    assert done.status == 503
    assert "20 November 13:00 UTC" in await done.text()
    assert plain("until <t:0:t>") == "until 01 January 00:00 UTC"


async def test_every_answer_carries_the_headers_that_keep_it_private(site: Site) -> None:
    state = await site.invited()
    link = await site.browser.get(f"{site.base}/link", params={"state": state})
    nowhere = await site.browser.get(f"{site.base}/nowhere")

    for answer in (link, nowhere):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert nowhere.status == 404
    assert f"form-action 'self' {site.world.wire.spotify.base};" in link.headers["Content-Security-Policy"]


async def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(site: Site) -> None:
    link = await site.browser.get(f"{site.base}/link", params={"state": await site.invited()})

    cookie = link.cookies[VISIT_COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert not cookie["secure"]


async def test_cookies_need_https_where_members_come_by_https(site: Site) -> None:
    runner = await serve(web_app(site.world.linking, health=dict, is_https=True), "127.0.0.1", 0)
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/link"

    link = await site.browser.get(address, params={"state": await site.invited()})

    assert link.cookies[VISIT_COOKIE]["secure"]
    await runner.cleanup()


async def test_the_style_is_served_by_us(site: Site) -> None:
    style = await site.browser.get(f"{site.base}/static/pages.css")

    assert style.status == 200
    assert style.content_type == "text/css"
    assert "url(" not in await style.text()


@pytest.mark.parametrize(("facts", "status"), [({"ok": True, "tracks": 3}, 200), ({"ok": False}, 503), ({}, 200)])
async def test_health_is_for_programs(site: Site, facts: dict[str, object], status: int) -> None:
    site.health = facts

    answer = await site.browser.get(f"{site.base}/healthz")

    assert answer.status == status
    assert await answer.json() == facts


async def test_what_goes_wrong_unexpectedly_gets_a_number_that_is_in_the_log(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> dict[str, object]:
        raise RuntimeError("a secret of the house")

    runner = await serve(web_app(site.world.linking, health=broken), "127.0.0.1", 0)
    answer = await site.browser.get(f"http://127.0.0.1:{runner.addresses[0][1]}/healthz")
    text = await answer.text()
    await runner.cleanup()

    assert answer.status == 500
    assert "secret" not in text
    number = re.search(r"number (\w{8})", text)
    assert number is not None
    assert f"incident={number[1]}" in caplog.text


async def test_a_taken_port_is_an_error_and_leaves_nothing_open(site: Site) -> None:
    port = int(site.base.rsplit(":", 1)[1])

    with pytest.raises(OSError, match="address already in use"):
        await serve(web_app(site.world.linking, health=dict), "127.0.0.1", port)


async def test_neither_codes_nor_states_nor_tokens_are_in_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    state = await site.invited()
    back = await site.world.wire.consent(await site.press_continue(state))
    await site.browser.get(back)
    await site.browser.get(back)

    link = site.world.link_of()
    for secret in (state, query_of(back)["code"], link.access_token, link.refresh_token):
        assert secret not in caplog.text
    assert "spotify linked member=101" in caplog.text
