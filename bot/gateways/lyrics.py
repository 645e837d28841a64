"""LRCLIB, an open collection of lyrics, in our words."""

import re
from dataclasses import dataclass, field
from typing import Any

from bot.errors import ContentUnavailableError
from bot.gateways.http import Http
from recommender.songs import song_title

SERVICE = "LRCLIB"
LONGEST_LYRICS = 50_000
"""Characters; entries are made by anyone, and some are not songs."""
SHORTEST_SECONDS, LONGEST_SECONDS = 1, 3600
"""Durations that LRCLIB takes."""
_TIMES = re.compile(r"^\s*(?:\[[0-9:.]+\]\s*)+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FoundLyrics:
    """Lyrics with the names that the collection has for the song."""

    title: str
    artist: str
    album: str | None
    lyrics: str | None = field(repr=False)
    """None where the song is known and has no words."""


class LrclibLyrics:
    """Finds lyrics. Use them and drop them: nobody has licensed us to keep or show them.

    Args:
        base: Of the service: ``https://lrclib.net``.
        http: With the polite gap between questions.
    """

    def __init__(self, base: str, http: Http) -> None:
        self._address = f"{base.rstrip('/')}/api/get"
        self._http = http

    def find(self, title: str, artist: str, duration_ms: int | None = None) -> FoundLyrics | None:
        """Return the lyrics of a song, or None when nobody has entered it.

        A title with words about the issue (*Remastered 2011*) is asked for once more without them.

        Raises:
            ContentBusyError: LRCLIB wants a pause.
            ContentUnavailableError: It does not answer, or not in a way we understand.
        """
        found = self._ask(title, artist, duration_ms)
        plain = song_title(title)
        if found is None and plain and plain != title.casefold():
            found = self._ask(plain, artist, duration_ms)
        return found

    def _ask(self, title: str, artist: str, duration_ms: int | None) -> FoundLyrics | None:
        params = {"track_name": title, "artist_name": artist}
        seconds = round(duration_ms / 1000) if duration_ms else 0
        if SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
            params["duration"] = str(seconds)
        answer = self._http.json(self._address, params)
        return None if answer is None else _found(answer)


def _found(answer: Any) -> FoundLyrics:
    try:
        plain, synced = answer["plainLyrics"], answer.get("syncedLyrics")
        words = plain or (_TIMES.sub("", synced) if synced else None)
        return FoundLyrics(
            title=str(answer["trackName"]),
            artist=str(answer["artistName"]),
            album=str(answer["albumName"]) if answer.get("albumName") else None,
            lyrics=words.strip()[:LONGEST_LYRICS] or None if words else None,
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise ContentUnavailableError(SERVICE, "the answer is not a song") from error
