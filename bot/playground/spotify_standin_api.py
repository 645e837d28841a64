"""The stand-in's Web API: what a new app of 2026 may call, and the refusals for what it may not."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.playground.spotify_standin_data import (
    StandInAccount,
    StandInMoment,
    StandInPlaylist,
    StandInTrack,
    made_up_id,
    playlist_json,
    spotify_time,
    track_json,
)
from bot.playground.spotify_standin_login import Grant, StandInAccounts
from bot.playground.spotify_standin_weather import NOT_REGISTERED, error

MAX_LIMIT = 50
MAX_SEARCH_LIMIT = 10
PLAYS_KEPT = 50
"""Recently played reaches no further back."""
MAX_ITEMS_ADDED = 100
GONE = re.compile(
    r"^/v1/(audio-features|audio-analysis|browse|markets|users|"
    r"(tracks|albums|artists|shows|episodes|audiobooks|chapters)$|artists/[^/]+/(top-tracks|related-artists)$|"
    r"playlists/[^/]+/(tracks|followers)|me/(tracks|albums|following|shows|episodes|audiobooks)/contains)"
)
"""Closed to a new app: 403."""
_QUERY_FIELD = re.compile(r'(isrc|track|artist):(?:"([^"]*)"|(\S+))')


class BadRequest(Exception):  # noqa: N818
    """A 400, raised inside a handler."""


class StandInApi:
    """Answers API calls of the account behind the bearer token."""

    def __init__(self, accounts: StandInAccounts, *, catalog: Sequence[StandInTrack], base: Callable[[], str]) -> None:
        self._accounts = accounts
        self._catalog = tuple(catalog)
        self._base = base
        self.allow_listed = set(accounts.accounts)
        """User ids in the dashboard; others get 403 after a login that seems to work."""
        self.playlists: dict[str, list[StandInPlaylist]] = {
            user_id: list(account.playlists) for user_id, account in accounts.accounts.items()
        }
        """Every account's playlists; what calls create is added."""
        self.created: dict[str, list[str]] = {}
        """Track URIs by the id of each playlist that was created."""

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints; whatever else stands under /v1 is refused."""
        return [
            web.get("/v1/me{slash:/?}", self._guarded(self._me)),  # spotipy sends the slash
            web.get("/v1/me/player/recently-played", self._guarded(self._recent, "user-read-recently-played")),
            web.get("/v1/me/top/tracks", self._guarded(self._top, "user-top-read")),
            web.get("/v1/me/tracks", self._guarded(self._saved, "user-library-read")),
            web.get("/v1/me/playlists", self._guarded(self._playlists, "playlist-read-private")),
            web.post("/v1/me/playlists", self._guarded(self._create, "playlist-modify-private")),
            web.get("/v1/playlists/{id}/items", self._guarded(self._items, "playlist-read-private")),
            web.post("/v1/playlists/{id}/items", self._guarded(self._add, "playlist-modify-private")),
            web.get("/v1/search", self._guarded(self._search)),
            web.get("/v1/tracks/{id}", self._guarded(self._track)),
            web.route("*", "/v1/{rest:.*}", self._guarded(self._closed)),
        ]

    def _guarded(self, answer: Callable[[web.Request, Grant], Any], scope: str | None = None) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            authorization = request.headers.get("Authorization", "")
            if not authorization.startswith("Bearer "):
                return error(401, "No token provided")
            grant = self._accounts.grant_of(authorization)
            if grant is None:
                return error(401, "The access token expired")
            if not grant.is_apps_own and grant.user_id not in self.allow_listed:
                return web.Response(status=403, text=NOT_REGISTERED)
            if scope and scope not in grant.scopes:
                return error(403, "Insufficient client scope")
            try:
                body = await answer(request, grant)
            except BadRequest as refused:
                return error(400, str(refused))
            return body if isinstance(body, web.StreamResponse) else web.json_response(body)

        return handle

    async def _me(self, _: web.Request, grant: Grant) -> Any:
        if grant.is_apps_own:
            return error(401, "Unauthorized.")
        account = self._account(grant)
        return {
            "account_id": account.account_id,
            "display_name": account.display_name,
            "external_urls": {"spotify": f"https://open.spotify.com/user/{account.user_id}"},
            "href": f"{self._base()}/v1/users/{account.user_id}",
            "id": account.user_id,
            "images": [],
            "type": "user",
            "uri": f"spotify:user:{account.user_id}",
        }

    async def _recent(self, request: web.Request, grant: Grant) -> dict[str, Any]:
        limit = _number(request, "limit", 20, low=1, high=MAX_LIMIT)
        if "after" in request.query and "before" in request.query:
            raise BadRequest("Only one of before and after may be given")
        after = _number(request, "after", 0, low=0, high=10**14)
        before = _number(request, "before", 10**14, low=0, high=10**14)
        newest = sorted(self._account(grant).plays, key=lambda play: play.at, reverse=True)[:PLAYS_KEPT]
        wanted = [play for play in newest if after < play.at.timestamp() * 1000 < before]
        chosen = wanted[-limit:] if "after" in request.query else wanted[:limit]
        return {
            "cursors": {"after": _cursor(chosen[:1]), "before": _cursor(chosen[-1:])} if chosen else None,
            "href": str(request.url),
            "items": [
                {"track": track_json(play.track, self._base()), "played_at": spotify_time(play.at), "context": None}
                for play in chosen
            ],
            "limit": limit,
            "next": None,
        }

    async def _top(self, request: web.Request, grant: Grant) -> dict[str, Any]:
        span = request.query.get("time_range", "medium_term")
        if span not in {"short_term", "medium_term", "long_term"}:
            raise BadRequest("Invalid time range")
        rows = [track_json(track, self._base()) for track in self._account(grant).top.get(span, ())]
        return self._page(request, rows, default=20)

    async def _saved(self, request: web.Request, grant: Grant) -> dict[str, Any]:
        newest = sorted(self._account(grant).saved, key=lambda saved: saved.at, reverse=True)
        rows = [
            {"added_at": spotify_time(saved.at), "track": track_json(saved.track, self._base())} for saved in newest
        ]
        return self._page(request, rows, default=20)

    async def _playlists(self, request: web.Request, grant: Grant) -> dict[str, Any]:
        rows = [
            playlist_json(playlist, self._base(), is_readable=_may_read(self._account(grant), playlist))
            for playlist in self.playlists[grant.user_id]
        ]
        return self._page(request, rows, default=20)

    async def _items(self, request: web.Request, grant: Grant) -> Any:
        playlist = self._playlist(request)
        if playlist is None:
            return error(404, "Resource not found")
        if not _may_read(self._account(grant), playlist):
            return error(403, "Forbidden")
        rows = [
            {"added_at": spotify_time(entry.at), "is_local": False, "item": track_json(entry.track, self._base())}
            for entry in playlist.tracks
        ]
        return self._page(request, rows, default=MAX_LIMIT)

    async def _create(self, request: web.Request, grant: Grant) -> Any:
        body = await request.json()
        if not isinstance(body, dict) or not isinstance(body.get("name"), str) or not body["name"]:
            raise BadRequest("Missing required field: name")
        if body.get("public", True) and "playlist-modify-public" not in grant.scopes:
            return error(403, "Insufficient client scope")
        mine = self.playlists[grant.user_id]
        playlist = StandInPlaylist(
            spotify_id=made_up_id(f"playlist {grant.user_id} {len(mine)}"),
            name=body["name"],
            owner=grant.user_id,
        )
        mine.insert(0, playlist)
        self.created[playlist.spotify_id] = []
        return web.json_response(playlist_json(playlist, self._base(), is_readable=True), status=201)

    async def _add(self, request: web.Request, grant: Grant) -> Any:
        body = await request.json()
        uris = body.get("uris") if isinstance(body, dict) else body  # the documents say an object, spotipy sends a list
        playlist = self._playlist(request)
        if playlist is None or playlist.owner != grant.user_id:
            return error(403, "Forbidden")
        if not isinstance(uris, list) or not 0 < len(uris) <= MAX_ITEMS_ADDED:
            raise BadRequest("Invalid number of uris")
        known = {f"spotify:track:{track.spotify_id}" for track in self._catalog}
        if not all(uri in known for uri in uris):
            raise BadRequest("Payload contains a non-existing ID")
        self.created.setdefault(playlist.spotify_id, []).extend(uris)
        return web.json_response({"snapshot_id": made_up_id(f"{playlist.spotify_id} {uris}")}, status=201)

    async def _search(self, request: web.Request, _: Grant) -> Any:
        if not request.query.get("q"):
            raise BadRequest("No search query")
        if request.query.get("type") != "track":
            raise BadRequest("Bad search type field")
        if _number(request, "limit", 5, low=0, high=10**6) > MAX_SEARCH_LIMIT:
            raise BadRequest("Invalid limit")
        found = [track_json(track, self._base()) for track in self._catalog if _is_found(track, request.query["q"])]
        return {"tracks": self._page(request, found, default=5)}

    async def _track(self, request: web.Request, _: Grant) -> Any:
        wanted = request.match_info["id"]
        found = next((track for track in self._catalog if track.spotify_id == wanted), None)
        return track_json(found, self._base()) if found else error(404, "Resource not found")

    async def _closed(self, request: web.Request, _: Grant) -> web.Response:
        if request.path.startswith("/v1/recommendations"):
            return error(404, "Not found")
        if GONE.match(request.path.rstrip("/")):
            return error(403, "Forbidden")
        return error(404, "Service not found")

    def _account(self, grant: Grant) -> StandInAccount:
        return self._accounts.accounts[grant.user_id]

    def _playlist(self, request: web.Request) -> StandInPlaylist | None:
        everyone = [playlist for playlists in self.playlists.values() for playlist in playlists]
        return next((each for each in everyone if each.spotify_id == request.match_info["id"]), None)

    def _page(self, request: web.Request, rows: list[dict[str, Any]], *, default: int) -> dict[str, Any]:
        limit = _number(request, "limit", default, low=1, high=MAX_LIMIT)
        offset = _number(request, "offset", 0, low=0, high=10**6)
        after = offset + limit
        address = f"{self._base()}{request.path}"
        return {
            "href": str(request.url),
            "items": rows[offset:after],
            "limit": limit,
            "next": f"{address}?{urlencode({'offset': after, 'limit': limit})}" if after < len(rows) else None,
            "offset": offset,
            "previous": None,
            "total": len(rows),
        }


def _may_read(account: StandInAccount, playlist: StandInPlaylist) -> bool:
    return playlist.owner == account.user_id or playlist.is_collaborative


def _number(request: web.Request, name: str, default: int, *, low: int, high: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isdecimal() or not low <= int(text) <= high:
        raise BadRequest("Invalid limit" if name == "limit" else "Bad request")
    return int(text)


def _cursor(plays: Sequence[StandInMoment]) -> str | None:
    return str(int(plays[0].at.timestamp() * 1000)) if plays else None


def _is_found(track: StandInTrack, query: str) -> bool:
    fields: Mapping[str, str] = {name: quoted or bare for name, quoted, bare in _QUERY_FIELD.findall(query)}
    words = _QUERY_FIELD.sub("", query).casefold().split()
    artists = " ".join(track.artists).casefold()
    everything = f"{track.title} {' '.join(track.artists)} {track.album}".casefold()
    return (
        fields.get("isrc", track.isrc) == track.isrc
        and fields.get("track", "").casefold() in track.title.casefold()
        and fields.get("artist", "").casefold() in artists
        and all(word in everything for word in words)
    )
