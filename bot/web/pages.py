"""HTML of the link pages, and what a browser sees when something goes wrong."""

import logging
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.errors import (
    BotError,
    ConsentRefusedError,
    LinkError,
    LoginExpiredError,
    QuotaExceededError,
    RateLimitedError,
    SpotifyUnavailableError,
)

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_DISCORD_TIME = re.compile(r"<t:(\d+):\w>")
_STATUS: dict[type[BotError], int] = {
    ConsentRefusedError: 200,
    LoginExpiredError: 410,
    LinkError: 400,
    QuotaExceededError: 503,
    RateLimitedError: 503,
    SpotifyUnavailableError: 502,
    BotError: 403,
}
"""First fit, by class or base class."""


def page(template: str, *, status: int = 200, **values: Any) -> web.Response:
    """Return a page; every value is escaped."""
    text = _TEMPLATES.get_template(template).render(**values)
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")


def plain(text: str) -> str:
    """Return a text meant for Discord as a browser can show it: its moments become UTC."""
    return _DISCORD_TIME.sub(lambda match: f"{datetime.fromtimestamp(int(match[1]), UTC):%d %B %H:%M} UTC", text)


@web.middleware
async def error_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into pages, with the error's own text or an incident number that is also in the log."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < web.HTTPBadRequest.status_code:
            raise
        return page("problem.html", status=error.status, title=error.reason, text="There is nothing here.")
    except BotError as error:
        status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
        title = "Nothing was linked" if isinstance(error, ConsentRefusedError) else "That did not work"
        return page("problem.html", status=status, title=title, text=plain(str(error)))
    except Exception:
        incident = secrets.token_hex(4)
        log.exception("page failed incident=%s method=%s path=%s", incident, request.method, request.path)
        text = f"Something went wrong here. Tell the operator the number {incident}."
        return page("problem.html", status=500, title="That did not work", text=text)
