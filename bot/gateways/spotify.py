"""Spotify as one member sees it: one HTTP call per method, our values, our errors, never a retry, never a sleep."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

import requests
import spotipy

from bot.errors import SpotifyNotFoundError, SpotifyUnavailableError
from bot.gateways import spotify_reading as reading
from bot.gateways.spotify_reading import DatedTrack, Page, PlaylistSummary, SpotifyProfile
from bot.gateways.spotify_wire import TIMEOUT, refusal, silence_spotipy
from recommender.types import TrackFacts

log = logging.getLogger(__name__)
T = TypeVar("T")

PAGE = 50
"""Rows per page: the most Spotify gives."""
SEARCH_PAGE = 10
"""Rows per search: the most Spotify gives an app of 2026; it answers 400 to more."""


class TopRange(StrEnum):
    """How far back a top list looks, in Spotify's words."""

    SHORT = "short_term"
    """About four weeks."""
    MEDIUM = "medium_term"
    """About six months."""
    LONG = "long_term"
    """About a year."""


class SpotifyGateway:
    """What a member's access token opens.

    Every method raises:
        AccessTokenRefusedError: The token has expired; get another and ask again.
        NotAllowlistedError, OwnerNotPremiumError, SpotifyForbiddenError: The three meanings of 403.
        QuotaExceededError: No call before the moment it carries.
        RateLimitedError: A short pause, which is the caller's to make.
        SpotifyNotFoundError: No such thing.
        SpotifyUnavailableError: No answer within ten seconds, a 5xx, or an answer that is not Spotify's JSON.
    """

    def __init__(
        self,
        access_token: str,
        *,
        api_base: str,
        session: requests.Session,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        silence_spotipy()
        self._now = now
        self._client = _Client(auth=access_token, requests_session=session, requests_timeout=TIMEOUT.total_seconds())
        self._client.prefix = f"{api_base}/v1/"

    def me(self) -> SpotifyProfile:
        """Return whose account this is."""
        return self._ask("profile", reading.profile, self._client.me)

    def recently_played(self, *, after: datetime | None = None) -> tuple[DatedTrack, ...]:
        """Return up to 50 plays, newest first; only those after a moment when one is given."""
        cursor = None if after is None else int(after.timestamp() * 1000)
        page = self._ask(
            "listening history",
            lambda body: reading.page_of(body, reading.played, offset=0),
            self._client.current_user_recently_played,
            limit=PAGE,
            after=cursor,
        )
        return page.items

    def top_tracks(self, span: TopRange) -> tuple[TrackFacts, ...]:
        """Return up to 50 tracks the member plays most, best first."""
        page = self._ask(
            "top tracks",
            lambda body: reading.page_of(body, reading.track_facts, offset=0),
            self._client.current_user_top_tracks,
            limit=PAGE,
            time_range=span.value,
        )
        return page.items

    def saved_tracks(self, *, offset: int = 0) -> Page[DatedTrack]:
        """Return a page of the saved tracks, last saved first."""
        return self._ask(
            "saved tracks",
            lambda body: reading.page_of(body, reading.saved, offset=offset),
            self._client.current_user_saved_tracks,
            limit=PAGE,
            offset=offset,
        )

    def playlists(self, *, offset: int = 0) -> Page[PlaylistSummary]:
        """Return a page of the playlists the member made or follows."""
        return self._ask(
            "playlists",
            lambda body: reading.page_of(body, reading.playlist, offset=offset),
            self._client.current_user_playlists,
            limit=PAGE,
            offset=offset,
        )

    def playlist_tracks(self, playlist_id: str, *, offset: int = 0) -> Page[DatedTrack]:
        """Return a page of a playlist, in its order; Spotify opens only the member's own and collaborative ones."""
        return self._ask(
            "this playlist",
            lambda body: reading.page_of(body, reading.playlist_row, offset=offset),
            self._client.playlist_items,
            playlist_id,
            limit=PAGE,
            offset=offset,
            additional_types=("track",),
        )

    def track(self, spotify_id: str) -> TrackFacts:
        """Return what Spotify says of one recording; an id of anything else, an episode say, is not found."""
        facts = self._ask("such track", reading.track, self._client.track, spotify_id)
        if facts is None:
            raise SpotifyNotFoundError("such track")
        return facts

    def search_tracks(self, query: str, *, count: int = SEARCH_PAGE) -> tuple[TrackFacts, ...]:
        """Return at most ten tracks for a search in Spotify's syntax, for instance ``isrc:GBAYE9500123``."""
        page = self._ask(
            "such track",
            lambda body: reading.page_of(body["tracks"], reading.track_facts, offset=0),
            self._client.search,
            q=query,
            type="track",
            limit=min(count, SEARCH_PAGE),
        )
        return page.items

    def _ask(
        self, what: str, read: Callable[[Mapping[str, Any]], T], call: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> T:
        try:
            body = call(*args, **kwargs)
        except spotipy.SpotifyException as error:
            header = error.headers.get("Retry-After")
            raise refusal(
                error.http_status, str(error.msg), error.reason, header, what=what, now=self._now()
            ) from error
        except (requests.RequestException, AttributeError) as error:
            # spotipy reads {"error": "text"} and JSON lists with .get, which ends in an AttributeError.
            log.warning("spotify did not answer what=%r error=%s", what, type(error).__name__)
            raise SpotifyUnavailableError from error
        try:
            return read(body)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # A page of HTML with status 200 arrives here as None.
            log.warning("spotify answered in a shape we do not know what=%r error=%r", what, type(error).__name__)
            raise SpotifyUnavailableError from error


class _Client(spotipy.Spotify):  # type: ignore[misc]
    def __del__(self) -> None:
        """Leave the session open: it is lent, and spotipy would close it."""
