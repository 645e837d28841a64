"""The pages a browser meets while linking Spotify, and the health of the bot."""

import hashlib
import hmac
import json
import logging
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from aiohttp import web

from bot.errors import LoginExpiredError
from bot.services.linking import LinkedAccount, PendingLink
from bot.web.pages import STATIC, error_pages, page

log = logging.getLogger(__name__)

VISIT_COOKIE = "cratedigger_visit"
"""Carries what the form of the same page carries too: another site can make a browser send neither."""
LOGIN_COOKIE = "cratedigger_login"
"""Says for which login this browser pressed the button on our page."""
LINKED_COOKIE = "cratedigger_linked"
"""Names of the accounts that were linked, for the last page: its address holds no code, and can be reloaded."""
COOKIE_LIVES_S = 600
FORM_MOST = 16 * 1024
"""Bytes of a form."""
_NONCE_BYTES = 24

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action {forms}; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


class Linking(Protocol):
    """What the pages need of the linking service."""

    async def describe(self, state: str, /) -> PendingLink:
        """Return whom a login is for.

        Raises:
            LoginExpiredError: The state is unknown, used or too old.
        """
        ...

    async def finish(self, state: str, code: str | None, error: str | None, /) -> LinkedAccount:
        """Link the account behind a code.

        Raises:
            BotError: It could not be linked; the text says why.
        """
        ...


def web_app(linking: Linking, *, health: Callable[[], Mapping[str, Any]], is_https: bool = False) -> web.Application:
    """Return the application: ``/link``, ``/spotify/callback``, ``/linked`` and ``/healthz``.

    Run it with :func:`serve`: an access log would keep codes and states.

    Args:
        linking: Finishes logins.
        health: Facts for ``/healthz``, which answers 503 when ``ok`` among them is false.
        is_https: Whether members reach the pages by https; cookies are then sent by https alone.
    """
    app = web.Application(middlewares=[error_pages], client_max_size=FORM_MOST)
    app.on_response_prepare.append(_secure_headers)
    pages = _LinkPages(linking, is_https=is_https)
    # A HEAD request must not use up a login.
    app.router.add_get("/link", pages.show, allow_head=False)
    app.router.add_post("/link", pages.go)
    app.router.add_get("/spotify/callback", pages.come_back, allow_head=False)
    app.router.add_post("/spotify/callback", pages.confirm)
    app.router.add_get("/linked", pages.linked, allow_head=False)
    app.router.add_get("/healthz", _Health(health).show)
    app.router.add_static("/static", STATIC)
    return app


async def serve(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Listen, without an access log; ``await runner.cleanup()`` ends it.

    Raises:
        OSError: The port is taken.
    """
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner


class _LinkPages:
    """From the link in Discord to Spotify and back.

    A stranger could send a member the address of *his* login, or of Spotify's page within it, to get the member's
    account linked to his name. So our page names the Discord account, the button on it marks the browser, and a browser
    that comes back without the mark is asked first.
    """

    def __init__(self, linking: Linking, *, is_https: bool) -> None:
        self._linking = linking
        self._is_https = is_https

    async def show(self, request: web.Request) -> web.Response:
        """Name the Discord account and offer the way to Spotify."""
        state = request.query.get("state", "")
        pending = await self._linking.describe(state)
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        response = page("link.html", pending=pending, state=state, nonce=nonce)
        response.headers["Content-Security-Policy"] = _policy(f"'self' {_origin(pending.authorize_url)}")
        self._set(response, VISIT_COOKIE, nonce, path="/link", same_site="Strict")
        return response

    async def go(self, request: web.Request) -> web.Response:
        """Mark the browser and send it to Spotify."""
        form = await _form(request)
        pending = await self._linking.describe(form.get("state", ""))
        if not _same(form.get("nonce", ""), request.cookies.get(VISIT_COOKIE, "")):
            return page("stale.html", status=403)
        response = web.Response(status=303, headers={"Location": pending.authorize_url})
        self._set(response, LOGIN_COOKIE, _mark(form["state"]), path="/spotify/callback", same_site="Lax")
        return response

    async def come_back(self, request: web.Request) -> web.Response:
        """Finish the login that this browser began here; ask first when it began elsewhere."""
        state, code, error = (request.query.get(name) for name in ("state", "code", "error"))
        is_marked = _same(_mark(state or ""), request.cookies.get(LOGIN_COOKIE, ""))
        if is_marked or not code:
            return await self._finish(state or "", code, error)
        pending = await self._linking.describe(state or "")
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        response = page("confirm.html", pending=pending, state=state, code=code, nonce=nonce)
        self._set(response, VISIT_COOKIE, nonce, path="/spotify/callback", same_site="Strict")
        return response

    async def confirm(self, request: web.Request) -> web.Response:
        """Finish a login that began in another browser, now that the member has seen whose it is."""
        form = await _form(request)
        if not _same(form.get("nonce", ""), request.cookies.get(VISIT_COOKIE, "")):
            return page("stale.html", status=403)
        return await self._finish(form.get("state", ""), form.get("code"), None)

    async def linked(self, request: web.Request) -> web.Response:
        """Say which accounts this browser has just linked."""
        try:
            on_discord, on_spotify = json.loads(urlsafe_b64decode(request.cookies.get(LINKED_COOKIE, "")))
        except (ValueError, TypeError):
            raise LoginExpiredError from None
        return page("linked.html", on_discord=on_discord, on_spotify=on_spotify)

    async def _finish(self, state: str, code: str | None, error: str | None) -> web.Response:
        account = await self._linking.finish(state, code, error)
        response = web.Response(status=303, headers={"Location": "/linked"})
        names = json.dumps([account.member_name, account.display_name]).encode()
        self._set(response, LINKED_COOKIE, urlsafe_b64encode(names).decode(), path="/linked", same_site="Lax")
        response.del_cookie(LOGIN_COOKIE, path="/spotify/callback")
        return response

    def _set(self, response: web.Response, name: str, value: str, *, path: str, same_site: str) -> None:
        response.set_cookie(
            name, value, max_age=COOKIE_LIVES_S, path=path, httponly=True, secure=self._is_https, samesite=same_site
        )


class _Health:
    def __init__(self, health: Callable[[], Mapping[str, Any]]) -> None:
        self._health = health

    async def show(self, _: web.Request) -> web.Response:
        """Answer with the facts."""
        facts = dict(self._health())
        return web.json_response(facts, status=200 if facts.get("ok", True) else 503)


async def _secure_headers(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value.format(forms="'self'"))


async def _form(request: web.Request) -> dict[str, str]:
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def _policy(forms: str) -> str:
    return _HEADERS["Content-Security-Policy"].format(forms=forms)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _mark(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def _same(given: str, expected: str) -> bool:
    return bool(given) and hmac.compare_digest(given.encode(), expected.encode())
