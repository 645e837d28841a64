"""The catalog's tracks: added, corrected, and found by key, name or filter."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, bindparam, func, or_, select, update

from recommender.types import HIGHEST_POPULARITY, AlbumKey, Filters, Keys, Source, Track, TrackFacts, TrackKey
from storage.models import AlbumRow, TrackArtistRow, TrackRow, table_of
from storage.repositories import filtering, naming, recordings, search
from storage.repositories.albums import Albums, forget_covers, join_album
from storage.repositories.identity import Identities
from storage.repositories.lists import totals
from storage.repositories.merging import Recording, merge_facts, words_row
from storage.repositories.reading import tracks_after, tracks_of_keys
from storage.repositories.statistics import statistics
from storage.values import CatalogStatistics, Gaps, Merged, Outcome

_TRACK = table_of(TrackRow)
_ALBUM = table_of(AlbumRow)
_ARTIST = table_of(TrackArtistRow)
_EMPTY_ROW = dict.fromkeys(column.name for column in _TRACK.columns)
_IDENTIFIERS = ("album", "spotify_id", "spotify_album_id", "isrc", "cover_url")


class TrackRepository:
    """Reads and writes tracks inside the caller's transaction."""

    def __init__(self, connection: Connection, *, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    def add_or_merge(self, facts: Sequence[TrackFacts]) -> list[Merged]:
        """Add recordings that are new and let known ones learn what they did not know; see ``merging`` for who wins.

        Args:
            facts: A batch, best of about a thousand. Facts about one recording may occur in it several times.

        Returns:
            One result per entry, in order.

        Raises:
            ValueError: An entry has no title, no artist, an impossible popularity, or does not name the source of
                its words.
        """
        facts = [_checked(each) for each in facts]
        albums = Albums(self._connection, facts)
        known = Identities(self._connection, albums, facts)
        merged: list[tuple[Recording, Outcome]] = []
        now = self._now()
        for each in facts:
            recording = known.find(each)
            outcome = Outcome.UNCHANGED
            if recording is None:
                recording, outcome = _new_recording(each, albums), Outcome.NEW
            changes = recording.changes
            join_album(recording, each, albums)
            merge_facts(recording, each, now=now)
            known.learn(recording, each)
            if recording.changes > changes and outcome is Outcome.UNCHANGED:
                outcome = Outcome.CHANGED
            merged.append((recording, outcome))
        recordings.write(self._connection, list({id(each): each for each, _ in merged}.values()), albums)
        return [Merged(recording.key, outcome) for recording, outcome in merged]

    def replace_words(self, key: TrackKey, facts: TrackFacts) -> None:
        """Let a track be called what these facts say, whoever named it before; its text vector is made anew.

        What else the facts know is merged as always. An unknown key is ignored.

        Raises:
            ValueError: The facts have no title, no artist, or do not name the source of their words.
        """
        facts = _checked(facts)
        albums = Albums(self._connection, [facts])
        recording = recordings.load(self._connection, albums, [key]).get(key)
        if recording is None:
            return
        join_album(recording, facts, albums)
        merge_facts(recording, facts, now=self._now(), replace_words=True)
        recordings.write(self._connection, [recording], albums)

    def hear_languages(self, languages: Mapping[TrackKey, str]) -> None:
        """Remember in which language songs are sung, as far as their words tell; what somebody said stays.

        Args:
            languages: ISO 639-1 codes. Tracks that are gone meanwhile are left out.
        """
        untold = or_(_TRACK.c.language_source.is_(None), _TRACK.c.language_source == Source.LYRICS.value)
        heard = update(_TRACK).where(_TRACK.c.id == bindparam("_id"), untold)
        rows = [{"_id": key, "_code": code} for key, code in languages.items()]
        if rows:
            self._connection.execute(
                heard.values(language=bindparam("_code"), language_source=Source.LYRICS.value), rows
            )

    def set_cover_url(self, album: AlbumKey, url: str, source: Source) -> None:
        """Remember where an album's cover is; another address makes its vector missing."""
        changed = update(_ALBUM).where(_ALBUM.c.id == album, _ALBUM.c.cover_url.is_distinct_from(url))
        if self._connection.execute(changed.values(cover_url=url, cover_source=source.value)).rowcount:
            forget_covers(self._connection, [album])

    def of_keys(self, keys: Iterable[TrackKey]) -> dict[TrackKey, Track]:
        """Return the tracks that exist among these keys, in the order asked."""
        return tracks_of_keys(self._connection, keys)

    def after(self, key: TrackKey, limit: int) -> list[Track]:
        """Return the first ``limit`` tracks with a larger key, by key."""
        return tracks_after(self._connection, key, limit)

    def version(self) -> str:
        """Return a text that differs when there are other tracks, or other years or popularities of them."""
        return totals(self._connection, _TRACK, _TRACK.c.id, _TRACK.c.year, _TRACK.c.popularity)

    def by_spotify_ids(self, spotify_ids: Iterable[str]) -> dict[str, TrackKey]:
        """Return the tracks known under these Spotify ids, aliases included."""
        found = recordings.keys_by_spotify_id(self._connection, list(dict.fromkeys(spotify_ids)))
        return {spotify_id: TrackKey(key) for spotify_id, key in found.items()}

    def titled(self, text: str, limit: int = 5) -> list[Track]:
        """Return tracks of exactly this title, or ``title - artist``, ``title by artist``; most popular first."""
        return self._in_order(naming.titled(self._connection, text, limit))

    def search(self, prefix: str, limit: int = 25) -> list[Track]:
        """Return what the typed text may become: titles that begin with it, then tracks that hold all its words.

        Each word may be the beginning of one, in the title or an artist's name. Most popular first. Issues of one
        recording are listed once; nothing typed gives the most popular tracks of all.
        """
        return self._in_order(search.keys_starting(self._connection, prefix, limit))

    def closest_titles(self, text: str, limit: int = 5) -> list[str]:
        """Return ``Title – Artist`` of the tracks that are spelt most like the text, best first."""
        keys = naming.closest_titles(self._connection, text, limit)
        return [f"{track.title} – {track.artists[0]}" for track in self._in_order(keys)]

    def nearly_titled(self, title: str, artist: str, limit: int = 1) -> list[Track]:
        """Return the tracks of which this title and this artist may be a misspelling, best first."""
        return self._in_order(naming.nearly_titled(self._connection, title, artist, limit))

    def artist_named(self, text: str) -> str | None:
        """Return the normalised name of the artist who is called this (a leading *the* is optional), or None."""
        return naming.artist_named(self._connection, text)

    def closest_artists(self, text: str, limit: int = 5) -> list[str]:
        """Return the names of the artists that are spelt most like the text, best first."""
        return naming.closest_artists(self._connection, text, limit)

    def keys_of_artist(self, artist: str) -> Keys:
        """Return the keys of an artist's tracks (normalised name), ascending; empty when unknown."""
        statement = select(_ARTIST.c.track_id).where(_ARTIST.c.name_normalised == artist).distinct()
        return self._keys(statement.order_by(_ARTIST.c.track_id))

    def keys_matching(self, filters: Filters) -> Keys:
        """Return the keys of all tracks that pass the filters, ascending.

        A genre stands for its kinds too: *rock* finds *indie rock*, but not *rock opera*.
        """
        return filtering.keys_matching(self._connection, filters)

    def gaps(self) -> Gaps:
        """Return of how many tracks it is not known what filters look at."""
        return filtering.gaps(self._connection)

    def has_genre(self, genre: str) -> bool:
        """Return whether any track is of this genre or a kind of it."""
        return filtering.has_genre(self._connection, genre)

    def genres(self) -> list[tuple[str, int]]:
        """Return every genre as it is written, with the number of its tracks, commonest first."""
        return filtering.genres(self._connection)

    def closest_genres(self, text: str, limit: int = 5) -> list[str]:
        """Return the genres that are spelt most like the text, best first."""
        return naming.closest_of(text, [name for name, _ in self.genres()], limit)

    def languages(self) -> list[tuple[str, int]]:
        """Return the ISO 639-1 code of every language with the number of its tracks, commonest first."""
        return filtering.languages(self._connection)

    def popularity_counts(self) -> NDArray[np.int64]:
        """Return how many tracks have each popularity, shape (101,); unknown ones are not counted."""
        return filtering.popularity_counts(self._connection)

    def count(self) -> int:
        """Return how many tracks there are."""
        return int(self._connection.execute(select(func.count()).select_from(_TRACK)).scalar_one())

    def statistics(self) -> CatalogStatistics:
        """Return how large the catalog is, and how much of it can be compared by what."""
        return statistics(self._connection)

    def _in_order(self, keys: Sequence[TrackKey]) -> list[Track]:
        return list(tracks_of_keys(self._connection, keys).values())

    def _keys(self, statement: Select[int]) -> Keys:
        return np.fromiter(self._connection.execute(statement).scalars(), dtype=np.int64)


def _checked(facts: TrackFacts) -> TrackFacts:
    """Return the facts with identifiers in one spelling and blank ones left out."""
    if not facts.title.strip() or not facts.artists or not facts.artists[0].strip():
        msg = f"a track needs a title and an artist: {facts.title!r}, {facts.artists!r}"
        raise ValueError(msg)
    if facts.popularity is not None and not 0 <= facts.popularity <= HIGHEST_POPULARITY:
        msg = f"popularity is between 0 and 100: {facts.popularity}"
        raise ValueError(msg)
    isrc = facts.isrc and facts.isrc.replace("-", "").strip().upper()
    blank = [name for name in _IDENTIFIERS if (value := getattr(facts, name)) is not None and not value.strip()]
    if not blank and isrc == facts.isrc:
        return facts
    tidied: dict[str, Any] = {"isrc": isrc, **dict.fromkeys(blank)}
    return replace(facts, **tidied)


def _new_recording(facts: TrackFacts, albums: Albums) -> Recording:
    return Recording(
        row={**_EMPTY_ROW, **words_row(facts), "audio_known": 0},
        artists=facts.artists,
        genres={},
        album=albums.of_facts(facts) or albums.own(),
        is_new=True,
    )
