"""How people name a track: by its key, by its page on Spotify, by title, or by title and artist."""

import re

from recommender.types import Track, TrackKey
from storage.stored import Stored

_KEY = re.compile(r"key:(\d{1,18})")
_SPOTIFY_TRACK = re.compile(
    r"^<?(?:spotify:track:|https?://open\.spotify\.com/(?:intl-[a-z-]+/)?track/)([0-9A-Za-z]{22})(?![0-9A-Za-z])"
)
_DASH = re.compile(r"\s+[-–—]\s+")
_BY = re.compile(r"\s+by\s+", re.IGNORECASE)

TitleAndArtist = tuple[str, str]


def find_track(stored: Stored, name: str) -> Track | None:
    """Return the track of the catalog that is named so, or None."""
    name = name.strip()
    if (by_key := _KEY.fullmatch(name)) is not None:
        found = list(stored.tracks.of_keys([TrackKey(int(by_key[1]))]).values())
    elif (spotify_id := spotify_id_in(name)) is not None:
        found = list(stored.tracks.of_keys(stored.tracks.by_spotify_ids([spotify_id]).values()).values())
    else:
        found = stored.tracks.titled(name, 1)
    return found[0] if found else None


def is_key(name: str) -> bool:
    """Return whether this is a key, as autocomplete gives them."""
    return _KEY.fullmatch(name.strip()) is not None


def names_one_track(name: str) -> bool:
    """Return whether this can be nothing but a track: a key, or a link."""
    return is_key(name) or spotify_id_in(name) is not None


def spotify_id_in(name: str) -> str | None:
    """Return the id in a link to a track on Spotify (also in ``<...>``, or as ``spotify:track:...``), or None."""
    link = _SPOTIFY_TRACK.search(name.strip())
    return None if link is None else link[1]


def readings_of(name: str) -> tuple[TitleAndArtist, ...]:
    """Return what may be title and artist, the likeliest first; nothing where the text names a title alone.

    ``Title - Artist`` parts at the last dash, for titles have dashes themselves; then come ``Artist - Title`` and
    ``Title by Artist``, and what other dashes and *by* would make of it.
    """
    dashes = [(name[: each.start()], name[each.end() :]) for each in _DASH.finditer(name)]
    swapped = [(after, before) for before, after in dashes]
    by = [(name[: each.start()], name[each.end() :]) for each in _BY.finditer(name)]
    likeliest = [*dashes[-1:], *swapped[:1], *by[-1:]]
    tidied = [(title.strip(), artist.strip()) for title, artist in (*likeliest, *dashes, *swapped, *by)]
    return tuple(dict.fromkeys((title, artist) for title, artist in tidied if title and artist))
