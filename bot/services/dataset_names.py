"""The usual names of columns in datasets, and which columns of a file they are."""

import re
from collections.abc import Mapping, Sequence

# Our name for a column, and its usual names in datasets, the most trusted first; compared by `plain_name`.
USUAL_NAMES: Mapping[str, tuple[str, ...]] = {
    "spotify_id": ("spotify_id", "spotify_track_id", "track_id", "track_uri", "spotify_uri", "spotify_track_uri",
                   "uri", "id", "track_url", "spotify_url", "url", "link"),
    "title": ("track_name", "name", "title", "song", "song_name", "song_title", "track_title", "track"),
    "artists": ("artists", "artist", "track_artist", "artist_name", "artist_names", "artist_name_s", "artist_s_name",
                "track_artists", "artists_name", "performer", "singer", "band", "artist0"),
    "album": ("album", "album_name", "track_album_name", "album_title", "release", "release_name"),
    "spotify_album_id": ("spotify_album_id", "track_album_id", "album_id", "album_uri"),
    "released": ("release_date", "track_album_release_date", "album_release_date", "released", "date", "year",
                 "release_year", "released_year"),
    "duration": ("duration_ms", "track_duration_ms", "duration_s", "duration_sec", "duration_seconds", "duration",
                 "track_duration", "length"),
    "explicit": ("explicit", "is_explicit", "track_explicit"),
    "popularity": ("popularity", "track_popularity", "spotify_popularity"),
    "genres": ("genres", "genre", "track_genre", "artist_genres", "playlist_genre", "subgenre", "playlist_subgenre",
               "main_genre"),
    "language": ("language", "lang", "language_code", "track_language", "song_language", "lyrics_language",
                 "language_name", "language_cld3", "language_ft", "iso_language_code"),
    "isrc": ("isrc", "track_isrc", "isrc_code"),
    "cover": ("cover_url", "album_url", "image_url", "images", "image", "cover", "album_cover", "album_image",
              "album_image_url", "album_cover_url", "album_art", "artwork", "artwork_url", "cover_path", "image_path",
              "thumbnail"),
    "lyrics": ("lyrics", "text", "lyric", "track_lyrics", "song_lyrics"),
    "song_id": ("song_id", "item_id", "msd_song_id", "recording_mbid", "track_mbid", "recording_id"),
    "listener": ("user_id", "user", "userid", "username", "user_name", "listener_id", "listener", "member_id",
                 "member"),
    "plays": ("listen_count", "play_count", "playcount", "plays", "times_played", "count"),
    "played_at": ("played_at", "listened_at", "last_played", "timestamp", "ts", "time", "at"),
    "playlist_id": ("playlist_id", "playlist_uri"),
    "playlist": ("playlist_name", "playlist"),
    "playlist_genre": ("playlist_genre",),
    "playlist_subgenre": ("playlist_subgenre",),
    "danceability": ("danceability",),
    "energy": ("energy",),
    "key": ("key",),
    "loudness": ("loudness",),
    "mode": ("mode",),
    "speechiness": ("speechiness",),
    "acousticness": ("acousticness",),
    "instrumentalness": ("instrumentalness",),
    "liveness": ("liveness",),
    "valence": ("valence",),
    "tempo": ("tempo", "bpm"),
    "time_signature": ("time_signature",),
}  # fmt: skip
_READ_TOGETHER = frozenset({"genres", "released", "spotify_id", "song_id", "cover"})
"""Genres of all columns are united; of the others the first column counts that says something."""
_OF_LISTENING = ("plays", "played_at")
"""These mean something only where somebody listens."""
_IDS_WITHOUT_ARTISTS = ("song", "track", "item")
"""Where somebody listens to songs without artists, these hold ids."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_LETTERS = re.compile(r"[\W_]+")


def is_listening(positions: Mapping[str, tuple[int, ...]]) -> bool:
    """Return whether columns, by our names, make a table of who listened to what; whoever owns a playlist does not."""
    return "listener" in positions and not {"playlist", "playlist_id"} & positions.keys()


def positions_of(names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return our name for a column → the positions of the columns that hold it; names not in the file are absent."""
    plain = [plain_name(name) for name in names]
    found: dict[str, tuple[int, ...]] = {}
    for our_name, usual in USUAL_NAMES.items():
        positions = tuple(plain.index(name) for name in usual if name in plain)
        if positions:
            found[our_name] = positions if our_name in _READ_TOGETHER else positions[:1]
    if not is_listening(found):
        for our_name in _OF_LISTENING:
            found.pop(our_name, None)
    elif "artists" not in found:
        ids = (plain.index(name) for name in _IDS_WITHOUT_ARTISTS if name in plain)
        found["song_id"] = (*found.get("song_id", ()), *ids)
    return found


def plain_name(name: str) -> str:
    """Return ``trackName``, ``Track Name`` and ``track-name`` as ``track_name``."""
    return _NOT_LETTERS.sub("_", _CAMEL.sub("_", name).casefold()).strip("_")
