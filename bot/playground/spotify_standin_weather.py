"""How the stand-in Spotify feels today: what tests and the playground switch to see the bot cope."""

import asyncio
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler

OWNER_LAPSED = "Active premium subscription required for the owner of the app."
NOT_REGISTERED = "User not registered in the Developer Dashboard"


@dataclass(slots=True, kw_only=True)
class Weather:
    """Switches; each may be turned at any time."""

    api_is_down: bool = False
    """Every API call answers 503 with a page of HTML."""
    accounts_are_down: bool = False
    """The same for the token endpoint."""
    api_calls_until_down: int | None = None
    """So many more API calls are answered, then the API goes down: the middle of a sync."""
    answers_html: bool = False
    """API calls answer 200 with a page of HTML, as captive portals and broken proxies do."""
    delay_s: float = 0.0
    owner_has_premium: bool = True
    retry_after_s: int | None = None
    """Every API call answers 429 with this Retry-After."""
    rate_limited_calls: int = 0
    """Only so many calls answer 429 (with Retry-After 1), then it is over."""
    quota_is_exceeded: bool = False
    """The 429 carries ``QUOTA_EXCEEDED``."""
    failing: dict[str, int] = field(default_factory=dict)
    """Status by path, for instance ``{"/v1/me/tracks": 403}``."""
    refused_scopes: frozenset[str] = frozenset()
    """Scopes that consent leaves out."""
    login_retry_after: str | None = None
    """The token endpoint answers 429 with this Retry-After; with none when it is empty."""
    login_answers_nonsense: bool = False
    """The token endpoint answers 200 with JSON that holds no token."""
    gives_refresh_token: bool = True
    rotates_refresh_tokens: bool = True
    says_scope_on_refresh: bool = True


def error(
    status: int, message: str, *, reason: str | None = None, headers: dict[str, str] | None = None
) -> web.Response:
    """Return an error in the API's shape."""
    body: dict[str, object] = {"status": status, "message": message}
    if reason:
        body["reason"] = reason
    return web.json_response({"error": body}, status=status, headers=headers)


def html_page(status: int) -> web.Response:
    """Return what a gateway in front of Spotify says."""
    return web.Response(
        status=status, text="<html><body><h1>upstream error</h1></body></html>", content_type="text/html"
    )


@web.middleware
async def weather_first(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let the weather answer instead of the handler where it wants to."""
    weather = request.app[WEATHER]
    if weather.delay_s:
        await asyncio.sleep(weather.delay_s)
    refused = _bad_weather(request, weather) if request.path.startswith("/v1/") else None
    if request.path == "/api/token":
        refused = _bad_login_weather(weather)
    return refused if refused is not None else await handler(request)


WEATHER = web.AppKey("weather", Weather)


def _bad_weather(request: web.Request, weather: Weather) -> web.Response | None:
    if weather.api_calls_until_down is not None:
        weather.api_is_down = weather.api_is_down or weather.api_calls_until_down <= 0
        weather.api_calls_until_down -= 1
    if weather.api_is_down:
        return html_page(503)
    if weather.answers_html:
        return html_page(200)
    if weather.quota_is_exceeded or weather.retry_after_s is not None:
        return _too_many(weather.retry_after_s, reason="QUOTA_EXCEEDED" if weather.quota_is_exceeded else None)
    if weather.rate_limited_calls > 0:
        weather.rate_limited_calls -= 1
        return _too_many(1, reason=None)
    if not weather.owner_has_premium:
        return error(403, OWNER_LAPSED)
    status = weather.failing.get(request.path.rstrip("/"))
    return (
        None if status is None else error(status, "Forbidden" if status == web.HTTPForbidden.status_code else "Error")
    )


def _bad_login_weather(weather: Weather) -> web.Response | None:
    if weather.accounts_are_down:
        return html_page(503)
    if weather.login_answers_nonsense:
        return web.json_response({"access_token": None, "expires_in": "soon"})
    if weather.login_retry_after is None:
        return None
    headers = {"Retry-After": weather.login_retry_after} if weather.login_retry_after else {}
    return web.json_response({"error": "too_many_requests"}, status=429, headers=headers)


def _too_many(retry_after_s: int | None, *, reason: str | None) -> web.Response:
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return error(429, "Too many requests", reason=reason, headers=headers)
