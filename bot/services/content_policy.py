"""Who may tell an encoder what: the operator's ``CONTENT_SOURCES`` applied to tracks.

Spotify's Developer Policy forbids feeding its content to models, so with ``open`` alone nothing that Spotify told us,
and no picture from its servers, is read.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.settings import ContentSource
from recommender.types import Fact, Source, Track

SPOTIFY_HOSTS = ("scdn.co", "spotifycdn.com", "spotify.com", "spotify.net")
"""Where Spotify's pictures lie; datasets name them, too."""
_FROM_LIBRARIES = frozenset({Source.SPOTIFY, Source.MEMBER, Source.MUSICBRAINZ, Source.LRCLIB})


class ContentPolicy:
    """What may be read, in which order.

    The operator's own dataset files and members' own exports may always be read.

    Args:
        sources: The setting, the preferred first.
    """

    def __init__(self, sources: Sequence[ContentSource]) -> None:
        self.sources = tuple(dict.fromkeys(sources))

    @property
    def asks_open_services(self) -> bool:
        """Whether LRCLIB, MusicBrainz and the Cover Art Archive may be asked."""
        return ContentSource.OPEN in self.sources

    @property
    def refused_hosts(self) -> tuple[str, ...]:
        """Domains from which no picture is fetched."""
        return () if ContentSource.SPOTIFY in self.sources else SPOTIFY_HOSTS

    def may_read(self, source: Source | None) -> bool:
        """Return whether an encoder may read what this source says; an unnamed source counts as Spotify."""
        return ContentSource.SPOTIFY in self.sources or source not in {None, Source.SPOTIFY}

    def may_read_fact(self, track: Track, fact: Fact) -> bool:
        """Return whether an encoder may read these facts of a track."""
        return self.may_read(source_of(track, fact))

    def readable(self, track: Track) -> Track:
        """Return a track without the names, the year and the popularity of which nothing may be learnt."""
        told: dict[Fact, dict[str, object]] = {
            Fact.WORDS: {"title": "", "artists": (), "album": None},
            Fact.RELEASED: {"released": None},
            Fact.POPULARITY: {"popularity": None},
        }
        refused = [without for fact, without in told.items() if not self.may_read_fact(track, fact)]
        changes: dict[str, Any] = {name: value for without in refused for name, value in without.items()}
        return replace(track, **changes) if changes else track


def source_of(track: Track, fact: Fact) -> Source | None:
    """Return who told us these facts; a group without a source of its own comes from who gave the words."""
    return track.sources.get(fact) or track.sources.get(Fact.WORDS)


def is_from_a_library(track: Track) -> bool:
    """Return whether a track came from a member's library, not from a dataset.

    Only for these are services asked, one by one: a dataset has tens of thousands of tracks and brings its own words.
    """
    return source_of(track, Fact.WORDS) in _FROM_LIBRARIES
