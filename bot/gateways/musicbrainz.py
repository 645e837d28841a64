"""MusicBrainz, the open music encyclopedia, in our words."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.errors import ContentUnavailableError
from bot.gateways.http import Http
from recommender.songs import artist_name, song_title, version_of
from recommender.types import ReleaseDate

SERVICE = "MusicBrainz"
MOST_GENRES = 8
CLOSE_ENOUGH = timedelta(seconds=5)
"""Between the durations of one recording on two services."""
SEARCH_ROWS = 10
_INCLUDES = "artist-credits isrcs releases release-groups genres"
_SECONDARY_KINDS = frozenset({"Compilation", "Live", "DJ-mix", "Mixtape/Street", "Remix"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording, with the words that MusicBrainz has for it (core data: CC0)."""

    mbid: str
    title: str
    artists: tuple[str, ...]
    album: str | None
    released: ReleaseDate | None
    duration_ms: int | None
    genres: tuple[str, ...]
    isrcs: tuple[str, ...]
    releases: tuple[str, ...]
    """MusicBrainz ids of the releases it is on, the original album first."""


class MusicBrainz:
    """Looks recordings up.

    Args:
        base: Of the service: ``https://musicbrainz.org``.
        http: With the polite gap between questions, and a User-Agent that names the operator.

    Every method raises:
        ContentBusyError: MusicBrainz wants a pause.
        ContentUnavailableError: It does not answer, or not in a way we understand.
    """

    def __init__(self, base: str, http: Http) -> None:
        self._base = f"{base.rstrip('/')}/ws/2"
        self._http = http

    def recording(
        self, title: str, artist: str, *, isrc: str | None = None, duration_ms: int | None = None
    ) -> Recording | None:
        """Return the recording with this ISRC, else the one of this name, artist and length; None when unknown."""
        found = self.with_isrc(isrc) if isrc else []
        same_title = [each for each in found if song_title(each.title) == song_title(title)]
        if found:
            return _closest(same_title or found, duration_ms)
        return self.named(title, artist, duration_ms=duration_ms)

    def with_isrc(self, isrc: str) -> list[Recording]:
        """Return the recordings that carry this ISRC."""
        answer = self._http.json(f"{self._base}/isrc/{isrc}", {"inc": _INCLUDES, "fmt": "json"})
        return [] if answer is None else _recordings(answer)

    def named(self, title: str, artist: str, *, duration_ms: int | None = None) -> Recording | None:
        """Return the recording of this title and artist that is nearest in length; versions are told apart."""
        query = f"recording:{_phrase(title)} AND artist:{_phrase(artist)}"
        answer = self._http.json(f"{self._base}/recording", {"query": query, "limit": str(SEARCH_ROWS), "fmt": "json"})
        same = [
            each
            for each in _recordings(answer or {"recordings": []})
            if song_title(each.title) == song_title(title)
            and version_of(each.title) == version_of(title)
            and artist_name(artist) in {artist_name(name) for name in each.artists}
            and _is_close(each.duration_ms, duration_ms)
        ]
        return _closest(same, duration_ms)

    def linked_with(self, address: str) -> Recording | None:
        """Return the recording whose page elsewhere this is, as far as editors have linked the two; two questions.

        Args:
            address: As editors write it, for instance ``https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC``.
        """
        params = {"resource": address, "inc": "recording-rels", "fmt": "json"}
        mbid = _linked_recording(self._http.json(f"{self._base}/url", params))
        if mbid is None:
            return None
        answer = self._http.json(f"{self._base}/recording/{mbid}", {"inc": _INCLUDES, "fmt": "json"})
        return None if answer is None else _recordings({"recordings": [answer]})[0]


def _closest(recordings: list[Recording], duration_ms: int | None) -> Recording | None:
    """Return the recording that is nearest in length; with no length to go by, the one that was most likely sold.

    Of a famous song MusicBrainz knows dozens of concert recordings with the same title; few of them have a code.
    """

    def rank(each: Recording) -> tuple[float, bool, bool, str]:
        far = CLOSE_ENOUGH.total_seconds() * 1000
        known = duration_ms is not None and each.duration_ms is not None
        distance = abs((each.duration_ms or 0) - (duration_ms or 0)) if known else far
        return distance, not each.isrcs, not each.releases, str(each.released or "9999")

    return min(recordings, key=rank, default=None)


def _is_close(one: int | None, other: int | None) -> bool:
    return one is None or other is None or timedelta(milliseconds=abs(one - other)) <= CLOSE_ENOUGH


def _phrase(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _linked_recording(answer: Any) -> str | None:
    try:
        relations = [] if answer is None else answer["relations"]
        return next((str(each["recording"]["id"]) for each in relations if "recording" in each), None)
    except (TypeError, KeyError) as error:
        raise ContentUnavailableError(SERVICE, "the answer is no list of relations") from error


def _recordings(answer: Any) -> list[Recording]:
    try:
        return [_recording(each) for each in answer["recordings"]]
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise ContentUnavailableError(SERVICE, "the answer is no list of recordings") from error


def _recording(row: dict[str, Any]) -> Recording:
    releases = sorted(row.get("releases") or [], key=_originality)
    tags = row.get("genres") or row.get("tags") or []
    loved = sorted(tags, key=lambda tag: -int(tag.get("count") or 0))
    return Recording(
        mbid=str(row["id"]),
        title=str(row["title"]),
        artists=tuple(str(credit["name"]) for credit in row.get("artist-credit") or [] if "name" in credit),
        album=str(releases[0]["title"]) if releases else None,
        released=_date(row.get("first-release-date") or (releases[0].get("date") if releases else None)),
        duration_ms=int(row["length"]) if row.get("length") else None,
        genres=tuple(str(tag["name"]).casefold() for tag in loved[:MOST_GENRES]),
        isrcs=tuple(str(isrc) for isrc in row.get("isrcs") or []),
        releases=tuple(str(release["id"]) for release in releases),
    )


def _originality(release: dict[str, Any]) -> tuple[bool, bool, str]:
    """Sort official albums before others, and early ones before late ones."""
    group = release.get("release-group") or {}
    is_secondary = bool(_SECONDARY_KINDS & set(group.get("secondary-types") or []))
    return release.get("status") != "Official", is_secondary, release.get("date") or "9999"


def _date(text: str | None) -> ReleaseDate | None:
    try:
        return ReleaseDate.parse(text) if text else None
    except ValueError:
        return None
