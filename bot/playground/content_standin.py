"""LRCLIB, MusicBrainz and the Cover Art Archive on loopback, for the playground and the tests.

They know the songs they are given and answer in the shapes of the real services, as their documentation and clients
show them (looked up in November 2026). They are strict: a question that the real ones would refuse, or that we never
want to ask, is refused and kept in ``problems``.
"""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.playground.content_standin_data import StandInSong, lyrics_json, recording_json, url_json
from recommender.songs import normalised

__all__ = ["ARCHIVE", "LYRICS", "RECORDINGS", "ContentRequest", "ContentStandIn", "ContentWeather", "StandInSong"]

LYRICS, RECORDINGS, ARCHIVE = "lrclib", "musicbrainz", "coverartarchive"
_USER_AGENT = re.compile(r"^[\w.-]+/\S+ \(.+\)$")
_DURATION_SLACK_S = 2
_LONGEST_DURATION_S = 3600
_QUERY = re.compile(r'^recording:"((?:[^"\\]|\\.)*)" AND artist:"((?:[^"\\]|\\.)*)"$')
_ISRC = re.compile(r"^[A-Z]{2}[A-Z0-9]{3}\d{7}$")
_INCLUDES = frozenset(
    {"artist-credits", "isrcs", "releases", "release-groups", "genres", "tags", "artists", "recording-rels"}
)
_FULL_SCORE = 100
_SERVICES = (("/api/", LYRICS), ("/ws/2/", RECORDINGS), ("/release/", ARCHIVE), ("/covers/", ARCHIVE))


@dataclass(slots=True, kw_only=True)
class ContentWeather:
    """Switches; each may be turned at any time."""

    down: set[str] = field(default_factory=set)
    """Services that answer 500 with a page of HTML."""
    busy: dict[str, int] = field(default_factory=dict)
    """Services that answer 429 (MusicBrainz: 503) with this Retry-After."""
    nonsense: set[str] = field(default_factory=set)
    """Services that answer 200 with a page of HTML."""
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ContentRequest:
    """A question that arrived."""

    service: str
    path: str
    query: dict[str, str]


class ContentStandIn:
    """The server; all three services share one address."""

    def __init__(self, songs: Iterable[StandInSong] = ()) -> None:
        self.weather = ContentWeather()
        self.requests: list[ContentRequest] = []
        self.problems: list[str] = []
        """Questions that the real services would refuse."""
        self.base = ""
        """``http://127.0.0.1:PORT`` once started: LYRICS_API_BASE, MUSICBRAINZ_API_BASE and COVER_ART_ARCHIVE_BASE."""
        self._songs: list[StandInSong] = []
        self._covers: dict[str, Callable[[], bytes]] = {}
        self._pictures: dict[str, bytes] = {}
        self._runner: web.AppRunner | None = None
        self.add(songs)

    def add(self, songs: Iterable[StandInSong]) -> None:
        """Let the services know more songs."""
        for song in songs:
            self._songs.append(song)
            if song.cover is not None:
                self._covers.setdefault(song.release_id, song.cover)

    def cover_url(self, song: StandInSong) -> str | None:
        """Return where the picture of a song's album lies, once started; None when it has none."""
        return f"{self.base}/covers/{song.release_id}" if song.release_id in self._covers else None

    def add_picture(self, name: str, make: Callable[[], bytes]) -> str:
        """Serve a picture of no song, and return where it lies once started."""
        self._covers[name] = make
        return f"{self.base}/covers/{name}"

    def asked(self, service: str) -> list[ContentRequest]:
        """Return the questions to one service, in order."""
        return [each for each in self.requests if each.service == service]

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(middlewares=[self._strictly])
        app.add_routes(
            [
                web.get("/api/get", self._get_lyrics),
                web.get("/ws/2/isrc/{isrc}", self._get_isrc),
                web.get("/ws/2/recording", self._search_recordings),
                web.get("/ws/2/recording/{recording}", self._get_recording),
                web.get("/ws/2/url", self._get_url),
                web.get("/release/{release}/front-500", self._get_front),
                web.get("/covers/{name}", self._get_picture),
            ]
        )
        return app

    async def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1 and return the address."""
        self._runner = web.AppRunner(self.app(), access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.base

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _strictly(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        service = next((name for start, name in _SERVICES if request.path.startswith(start)), "")
        self.requests.append(ContentRequest(service, request.path, dict(request.query)))
        if self.weather.delay_s:
            await asyncio.sleep(self.weather.delay_s)
        if service in self.weather.down:
            return _html(500)
        if service in self.weather.nonsense:
            return _html(200)
        if service in self.weather.busy:
            status = 503 if service == RECORDINGS else 429
            return web.Response(status=status, headers={"Retry-After": str(self.weather.busy[service])})
        is_picture = request.path.startswith("/covers/")
        if not is_picture and not _USER_AGENT.match(request.headers.get("User-Agent", "")):
            return self._refuse(403, "a User-Agent with name, version and contact is wanted")
        return await handler(request)

    async def _get_lyrics(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        if unknown := set(query) - {"track_name", "artist_name", "album_name", "duration"}:
            return self._refuse(400, f"unknown parameters {sorted(unknown)}")
        if not query.get("track_name") or not query.get("artist_name"):
            return self._refuse(400, "track_name and artist_name are wanted")
        duration = query.get("duration", "1")
        if not duration.isdecimal() or not 1 <= int(duration) <= _LONGEST_DURATION_S:
            return self._refuse(400, "duration is in seconds, 1 to 3600")
        for song in self._songs:
            if song.lyrics is not None and _is_asked_for(song, request):
                return web.json_response(lyrics_json(song))
        missing = {"message": "Failed to find specified track", "name": "TrackNotFound", "statusCode": 404}
        return web.json_response(missing, status=404)

    async def _get_isrc(self, request: web.Request) -> web.StreamResponse:
        isrc = request.match_info["isrc"]
        if not _ISRC.match(isrc):
            return self._refuse(400, "not an ISRC")
        if problem := self._problem_of(request, wanted=set()):
            return self._refuse(400, problem)
        found = [recording_json(song) for song in self._songs if song.isrc == isrc and song.in_musicbrainz]
        return web.json_response({"isrc": isrc, "recordings": found}) if found else _not_in_musicbrainz()

    async def _search_recordings(self, request: web.Request) -> web.StreamResponse:
        if problem := self._problem_of(request, wanted={"query", "limit"}):
            return self._refuse(400, problem)
        match = _QUERY.match(request.query.get("query", ""))
        if match is None:
            return self._refuse(400, 'the query is not recording:"…" AND artist:"…"')
        title, artist = (normalised(re.sub(r"\\(.)", r"\1", part)) for part in match.groups())
        found = [
            {**recording_json(song), "score": _FULL_SCORE}
            for song in self._songs
            if song.in_musicbrainz
            and title in normalised(song.title)
            and any(f" {artist} " in f" {normalised(name)} " for name in song.artists)
        ]
        return web.json_response({"created": "", "count": len(found), "offset": 0, "recordings": found})

    async def _get_recording(self, request: web.Request) -> web.StreamResponse:
        if problem := self._problem_of(request, wanted=set()):
            return self._refuse(400, problem)
        wanted = request.match_info["recording"]
        found = [each for each in self._songs if each.recording_id == wanted and each.in_musicbrainz]
        return web.json_response(recording_json(found[0])) if found else _not_in_musicbrainz()

    async def _get_url(self, request: web.Request) -> web.StreamResponse:
        if problem := self._problem_of(request, wanted={"resource"}):
            return self._refuse(400, problem)
        resource = request.query.get("resource", "")
        if not resource.startswith(("http://", "https://")):
            return self._refuse(400, "resource is an address")
        linked = [each for each in self._songs if resource in each.links and each.in_musicbrainz]
        if not linked:
            return _not_in_musicbrainz()
        includes = request.query.get("inc", "").split()
        return web.json_response(url_json(resource, linked if "recording-rels" in includes else []))

    async def _get_front(self, request: web.Request) -> web.StreamResponse:
        release = request.match_info["release"]
        if release not in self._covers:
            return web.Response(
                status=404, text="<!doctype html><title>404 Not Found</title>", content_type="text/html"
            )
        elsewhere = f"{self.base}/covers/{release}"
        raise web.HTTPTemporaryRedirect(elsewhere)

    async def _get_picture(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in self._covers:
            raise web.HTTPNotFound
        if name not in self._pictures:
            self._pictures[name] = await asyncio.to_thread(self._covers[name])
        picture = self._pictures[name]
        kind = "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
        return web.Response(body=picture, content_type=kind, headers={"Cache-Control": "max-age=3600"})

    def _problem_of(self, request: web.Request, *, wanted: set[str]) -> str:
        if request.query.get("fmt") != "json":
            return "fmt=json is wanted"
        if unknown := set(request.query) - {"fmt", "inc"} - wanted:
            return f"unknown parameters {sorted(unknown)}"
        if unknown := set(request.query.get("inc", "").split()) - _INCLUDES:
            return f"unknown inc {sorted(unknown)}"
        return ""

    def _refuse(self, status: int, problem: str) -> web.Response:
        self.problems.append(problem)
        return web.json_response({"error": problem, "statusCode": status}, status=status)


def _is_asked_for(song: StandInSong, request: web.Request) -> bool:
    query = request.query
    if normalised(song.title) != normalised(query["track_name"]):
        return False
    if normalised(", ".join(song.artists)) != normalised(query["artist_name"]) and normalised(
        song.artists[0]
    ) != normalised(query["artist_name"]):
        return False
    if "duration" in query and song.duration_ms is not None:
        return abs(song.duration_ms / 1000 - int(query["duration"])) <= _DURATION_SLACK_S
    return True


def _not_in_musicbrainz() -> web.Response:
    return web.json_response({"error": "Not Found", "help": "https://musicbrainz.org/development/mmd"}, status=404)


def _html(status: int) -> web.Response:
    return web.Response(status=status, text="<html><h1>upstream error</h1></html>", content_type="text/html")
