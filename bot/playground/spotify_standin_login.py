"""The stand-in's accounts service: consent page, codes and tokens, as strict as Spotify's."""

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from bot.playground.spotify_standin_data import StandInAccount
from bot.playground.spotify_standin_weather import Weather
from bot.settings import is_loopback

CODE_LIVES = timedelta(minutes=10)
ACCESS_LIVES = timedelta(hours=1)
REFRESH_LIVES = timedelta(days=182)
"""Six months from consent; refreshing does not extend it."""
KNOWN_SCOPES = frozenset(
    {
        "user-read-recently-played", "user-top-read", "user-library-read", "user-library-modify", "user-read-private",
        "user-read-email", "user-follow-read", "user-follow-modify", "playlist-read-private",
        "playlist-read-collaborative", "playlist-modify-private", "playlist-modify-public", "ugc-image-upload",
    }
)  # fmt: skip
_CHALLENGE = re.compile(r"^[A-Za-z0-9_-]{43}$")
_VERIFIER = re.compile(r"^[A-Za-z0-9._~-]{43,128}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one account allowed, behind a code or a token."""

    user_id: str
    """Empty for a token of the app itself, which is nobody's."""
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str | None
    consented_at: datetime
    made_at: datetime

    @property
    def is_apps_own(self) -> bool:
        """Whether the app logged in by itself."""
        return not self.user_id


class StandInAccounts:
    """Consent, codes and tokens for one registered app."""

    def __init__(
        self,
        accounts: Sequence[StandInAccount],
        *,
        client_id: str,
        client_secret: str | None,
        redirect_uris: Sequence[str],
        weather: Weather,
        now: Callable[[], datetime],
    ) -> None:
        for uri in redirect_uris:
            if urlsplit(uri).scheme != "https" and not is_loopback(uri):
                msg = f"This redirect URI is not secure: {uri}"
                raise ValueError(msg)
        self.accounts = {account.user_id: account for account in accounts}
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uris = frozenset(redirect_uris)
        self._weather = weather
        self._now = now
        self._codes: dict[str, Grant] = {}
        self._access: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}
        self.on_grants_changed: Callable[[], None] = lambda: None
        """Is told of every new refresh token."""
        self.refreshes = 0
        """How often a refresh token was presented."""

    def routes(self) -> list[web.RouteDef]:
        """Return the pages and the token endpoint."""
        return [
            web.get("/authorize", self._show_consent),
            web.post("/authorize", self._decide),
            web.post("/api/token", self._token),
        ]

    def grant_of(self, authorization: str) -> Grant | None:
        """Return what a bearer header opens, or None when the token is unknown or older than an hour."""
        grant = self._access.get(authorization.removeprefix("Bearer "))
        return grant if grant and self._now() - grant.made_at < ACCESS_LIVES else None

    def expire_access_tokens(self) -> None:
        """Make every access token invalid before its time."""
        self._access.clear()

    def expire_refresh_tokens(self) -> None:
        """Make every refresh token invalid, as after six months."""
        self._refresh.clear()

    def grants(self) -> dict[str, Grant]:
        """Return what each refresh token opens."""
        return dict(self._refresh)

    def restore(self, grants: Mapping[str, Grant]) -> None:
        """Let refresh tokens of an earlier run be good again."""
        self._refresh.update(grants)

    def update(self, account: StandInAccount) -> None:
        """Let an account have listened on; its tokens stay good."""
        self.accounts[account.user_id] = account

    # The consent page

    async def _show_consent(self, request: web.Request) -> web.Response:
        refused = self._malformed(request.query)
        if refused:
            return web.Response(status=400, text=refused)
        return web.Response(text=_consent_page(self.accounts.values(), request.query), content_type="text/html")

    async def _decide(self, request: web.Request) -> web.Response:
        form: dict[str, str] = {name: str(value) for name, value in (await request.post()).items()}
        account = self.accounts.get(form.get("account", ""))
        refused = self._malformed(form) or (None if account else "Choose an account")
        if refused or account is None:
            return web.Response(status=400, text=refused)
        back = {"state": form["state"]} if "state" in form else {}
        if form.get("decision") != "agree":
            return _redirect(form["redirect_uri"], {"error": "access_denied", **back})
        code = "AQ" + secrets.token_urlsafe(60)
        self._codes[code] = Grant(
            user_id=account.user_id,
            scopes=frozenset(form.get("scope", "").split()) - self._weather.refused_scopes,
            redirect_uri=form["redirect_uri"],
            challenge=form.get("code_challenge"),
            consented_at=self._now(),
            made_at=self._now(),
        )
        return _redirect(form["redirect_uri"], {"code": code, **back})

    def _malformed(self, asked: Mapping[str, str]) -> str | None:
        if asked.get("client_id") != self._client_id:
            return "INVALID_CLIENT: Invalid client"
        if asked.get("redirect_uri") not in self._redirect_uris:
            return "INVALID_CLIENT: Invalid redirect URI"
        if asked.get("response_type") != "code":
            return "response_type must be code"
        if not frozenset(asked.get("scope", "").split()) <= KNOWN_SCOPES:
            return "INVALID_SCOPE: Invalid scope"
        return _malformed_challenge(asked) if "code_challenge" in asked else None

    # Tokens

    async def _token(self, request: web.Request) -> web.Response:
        if request.content_type != "application/x-www-form-urlencoded":
            return web.json_response({"error": "unsupported_media_type"}, status=415)
        form: dict[str, str] = {name: str(value) for name, value in (await request.post()).items()}
        has_secret = self._has_secret(request)
        if has_secret is False or (has_secret is None and form.get("client_id") != self._client_id):
            return _denied("invalid_client", "Invalid client")
        if form.get("grant_type") == "authorization_code":
            return self._redeem_code(form, has_secret=bool(has_secret))
        if form.get("grant_type") == "refresh_token":
            return self._redeem_refresh(form)
        if form.get("grant_type") == "client_credentials":
            return self._log_app_in() if has_secret else _denied("invalid_client", "Invalid client secret")
        return _denied("unsupported_grant_type", "grant_type is none of those that are supported")

    def _has_secret(self, request: web.Request) -> bool | None:
        """Return whether the Basic header is right, or None when there is none."""
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Basic":
            return None
        try:
            given = base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        return self._client_secret is not None and given == f"{self._client_id}:{self._client_secret}"

    def _redeem_code(self, form: Mapping[str, str], *, has_secret: bool) -> web.Response:
        grant = self._codes.pop(form.get("code", ""), None)  # a code works once, whatever comes of it
        if grant is None:
            return _denied("invalid_grant", "Invalid authorization code")
        if self._now() - grant.made_at > CODE_LIVES:
            return _denied("invalid_grant", "Authorization code expired")
        if form.get("redirect_uri") != grant.redirect_uri:
            return _denied("invalid_grant", "Invalid redirect URI")
        if grant.challenge is None and not has_secret:
            return _denied("invalid_request", "code_verifier required")
        if grant.challenge is not None and not _matches(form.get("code_verifier", ""), grant.challenge):
            return _denied("invalid_grant", "code_verifier was incorrect")
        refresh_token = self._new_refresh(grant) if self._weather.gives_refresh_token else None
        return self._issue(grant, refresh_token=refresh_token, says_scope=True)

    def _redeem_refresh(self, form: Mapping[str, str]) -> web.Response:
        self.refreshes += 1
        old = form.get("refresh_token", "")
        grant = self._refresh.get(old)
        if grant is None:
            return _denied("invalid_grant", "Refresh token revoked")
        if self._now() - grant.consented_at > REFRESH_LIVES:
            return _denied("invalid_grant", "Refresh token expired")
        new = None
        if self._weather.rotates_refresh_tokens:
            del self._refresh[old]
            new = self._new_refresh(grant)
        return self._issue(grant, refresh_token=new, says_scope=self._weather.says_scope_on_refresh)

    def _log_app_in(self) -> web.Response:
        now = self._now()
        grant = Grant(user_id="", scopes=frozenset(), redirect_uri="", challenge=None, consented_at=now, made_at=now)
        return self._issue(grant, refresh_token=None, says_scope=False)

    def _new_refresh(self, grant: Grant) -> str:
        token = "AQ" + secrets.token_urlsafe(80)
        self._refresh[token] = grant
        self.on_grants_changed()
        return token

    def _issue(self, grant: Grant, *, refresh_token: str | None, says_scope: bool) -> web.Response:
        token = "BQ" + secrets.token_urlsafe(100)
        self._access[token] = replace(grant, made_at=self._now())
        body: dict[str, Any] = {
            "access_token": token, "token_type": "Bearer", "expires_in": int(ACCESS_LIVES.total_seconds()),
        }  # fmt: skip
        if refresh_token:
            body["refresh_token"] = refresh_token
        if says_scope:
            body["scope"] = " ".join(sorted(grant.scopes))
        return web.json_response(body)


def _malformed_challenge(asked: Mapping[str, str]) -> str | None:
    if asked.get("code_challenge_method") != "S256":
        return "code_challenge_method must be S256"
    return None if _CHALLENGE.match(asked["code_challenge"]) else "code_challenge must be 43 characters"


def _matches(verifier: str, challenge: str) -> bool:
    """Return whether a verifier is well-formed and has this S256 challenge (RFC 7636, section 4.6)."""
    if not _VERIFIER.match(verifier):
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return secrets.compare_digest(digest, challenge)


def _denied(kind: str, description: str) -> web.Response:
    return web.json_response({"error": kind, "error_description": description}, status=400)


def _redirect(uri: str, query: Mapping[str, str]) -> web.Response:
    return web.Response(status=302, headers={"Location": f"{uri}?{urlencode(query)}"})


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stand-in Spotify</title>
<link rel="icon" href="data:,">
<style>
  body {{
    font: 16px/1.5 system-ui, sans-serif; background: #101413; color: #eef2f0;
    display: grid; place-items: center; min-height: 100vh; margin: 0;
  }}
  main {{ width: min(26rem, 84vw); background: #1a211f; border: 1px solid #2c3733; border-radius: 16px; padding: 2rem }}
  h1 {{ font-size: 1.3rem; margin: .4rem 0 .6rem }}
  small, legend {{ color: #9fb0a9; padding: 0 }}
  ul {{ padding-left: 1.1rem; color: #c9d5d0; margin: 0 }}
  fieldset {{ border: 0; padding: 0; margin: 1.2rem 0 }}
  label {{
    display: flex; gap: .7rem; padding: .6rem .8rem; margin: .5rem 0;
    border: 1px solid #2c3733; border-radius: 10px; cursor: pointer;
  }}
  label:has(:checked) {{ border-color: #4cc38a; background: #16302a }}
  input {{ accent-color: #4cc38a }}
  button {{ font: inherit; width: 100%; padding: .75rem; border-radius: 999px; border: 0; cursor: pointer }}
  button:focus-visible, label:focus-within {{ outline: 2px solid #b6f0d3; outline-offset: 2px }}
  .agree {{ background: #4cc38a; color: #06120d; font-weight: 600 }}
  .cancel {{ background: none; color: #c9d5d0; margin-top: .5rem }}
</style>
</head>
<body>
<main>
  <small>Stand-in Spotify · nothing here is real</small>
  <h1>Cratedigger would like to</h1>
  <ul>{wishes}</ul>
  <form method="post" action="/authorize">{hidden}
    <fieldset><legend>Log in as</legend>{accounts}</fieldset>
    <button class="agree" name="decision" value="agree">Agree</button>
    <button class="cancel" name="decision" value="cancel">Cancel</button>
  </form>
</main>
</body>
</html>
"""

_WISHES = {
    "user-read-recently-played": "See what you played lately",
    "user-top-read": "See your top artists and tracks",
    "user-library-read": "See the tracks you saved",
    "playlist-read-private": "See your private playlists",
    "playlist-modify-private": "Make and change your private playlists",
}


def _consent_page(accounts: Any, asked: Mapping[str, str]) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in asked.items()
    )
    choices = "".join(
        f'<label><input type="radio" name="account" value="{escape(account.user_id)}" required{first}>'
        f"{escape(account.display_name)}</label>"
        for account, first in zip(accounts, [" checked", *[""] * len(accounts)], strict=False)
    )
    wishes = "".join(f"<li>{escape(_WISHES.get(scope, scope))}</li>" for scope in asked.get("scope", "").split())
    return _PAGE.format(hidden=hidden, accounts=choices, wishes=wishes)
