"""What names mean: tracks, artists, albums and playlists that suggestions should start from, or not be like."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bot.errors import NotFoundInCatalogError
from bot.services.asked_filters import MOST_HINTS
from bot.services.asks import Ask
from bot.services.spotify_playlists import ReadPlaylist
from bot.services.track_names import find_track, names_one_track
from recommender.errors import EmptyCatalogError, NothingToGoOnError
from recommender.types import Keys, Seed, SeedKind, Track, TrackFacts, TrackKey
from storage.stored import Stored

MOST_NAMED = 5
"""Songs that are named in a remark; of more their number is told."""
MOST_UNLIKE = 200
"""Tracks that stand for an artist whom suggestions should not be like."""

Described = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSeed:
    """A seed that somebody named."""

    seed: Seed
    label: str
    """For people."""
    described: Described
    """For programs."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlike:
    """What suggestions should not be like."""

    tracks: tuple[TrackKey, ...] = ()
    artists: frozenset[str] = frozenset()
    """Normalised names; none of their songs comes back."""
    labels: tuple[str, ...] = ()
    described: tuple[Described, ...] = ()


class NamedSeeds:
    """Reads what was asked for in the words of the catalog."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored

    def seed_of(self, ask: Ask, playlist: ReadPlaylist | None = None) -> NamedSeed | None:
        """Return the seed that was named; None where none was, so that it is a member's listening.

        Args:
            ask: What was asked.
            playlist: What was read of the Spotify playlist that it names, if it names one.

        Raises:
            NotFoundInCatalogError: The catalog has nothing of that name.
            NothingToGoOnError: The catalog has none of the tracks of the playlist.
            EmptyCatalogError: There are no tracks at all.
        """
        match ask:
            case Ask(path=(str(start), str(end))):
                named = self._path(start, end)
            case Ask(tracks=(_, *_)):
                named = self._tracks(ask.tracks)
            case Ask(artist=str(name)):
                named = self._artist(name)
            case Ask(album=str(name)):
                named = self._album(name)
            case Ask(playlist=str()) if playlist is not None:
                named = self._spotify_playlist(playlist)
            case Ask(playlist=str(name)):
                named = self._playlist(name)
            case Ask(prompt=str(prompt)):
                named = NamedSeed(
                    seed=Seed(kind=SeedKind.PROMPT, prompt=prompt),
                    label=f"“{prompt}”",
                    described={"kind": "prompt", "prompt": prompt},
                )
            case Ask(cover=bytes(cover)):
                named = NamedSeed(
                    seed=Seed(kind=SeedKind.COVER, cover=cover),
                    label="a cover picture",
                    described={"kind": "cover", "bytes": len(cover)},
                )
            case _:
                return None
        return named

    def unlike(self, names: Sequence[str]) -> Unlike:
        """Return what suggestions should not be like; a name alone is an artist's before it is a track's.

        Raises:
            NotFoundInCatalogError: The catalog has neither a track nor an artist of that name.
        """
        found = Unlike()
        for name in names:
            artist = None if names_one_track(name) else self._stored.tracks.artist_named(name)
            if artist is not None:
                keys = self._stored.tracks.keys_of_artist(artist)
                found = _joined(found, _popular(self._stored, keys), artist, name.strip())
            else:
                track = find_track(self._stored, name)
                if track is None:
                    closest = [
                        *self._stored.tracks.closest_titles(name, MOST_HINTS),
                        *self._stored.tracks.closest_artists(name, MOST_HINTS),
                    ]
                    raise self._not_found(name, closest[:MOST_HINTS])
                found = _with_track(found, track)
        return found

    def _tracks(self, named: Sequence[str]) -> NamedSeed:
        tracks = [self._track(name) for name in named]
        return NamedSeed(
            seed=Seed(kind=SeedKind.TRACK, tracks=tuple(track.key for track in tracks)),
            label=", ".join(map(_label, tracks)),
            described={"kind": "track", "tracks": [_described(track) for track in tracks]},
        )

    def _path(self, start: str, end: str) -> NamedSeed:
        first, last = self._track(start), self._track(end)
        return NamedSeed(
            seed=Seed(kind=SeedKind.TRACK, tracks=(first.key, last.key)),
            label=f"{_label(first)} to {_label(last)}",
            described={"kind": "path", "from": _described(first), "to": _described(last)},
        )

    def _artist(self, named: str) -> NamedSeed:
        artist = self._stored.tracks.artist_named(named)
        if artist is None:
            raise self._not_found(named, self._stored.tracks.closest_artists(named, MOST_HINTS))
        seed = Seed(kind=SeedKind.ARTIST, artist=artist)
        return NamedSeed(seed=seed, label=named, described={"kind": "artist", "artist": named})

    def _album(self, named: str) -> NamedSeed:
        album = self._stored.collections.album_named(named)
        if album is None:
            raise self._not_found(named, self._stored.collections.closest_albums(named, MOST_HINTS))
        return NamedSeed(
            seed=Seed(kind=SeedKind.ALBUM, tracks=album.tracks),
            label=f"the album “{album.name}” by {album.artists[0]}",
            described={
                "kind": "album",
                "album": album.name,
                "artists": list(album.artists),
                "tracks": len(album.tracks),
            },
        )

    def _playlist(self, named: str) -> NamedSeed:
        playlist = self._stored.collections.playlist_named(named)
        if playlist is None:
            raise self._not_found(named, self._stored.collections.closest_playlists(named, MOST_HINTS))
        return NamedSeed(
            seed=Seed(kind=SeedKind.PLAYLIST, tracks=playlist.tracks),
            label=f"the playlist “{playlist.name}”",
            described={
                "kind": "playlist",
                "playlist": playlist.name,
                "id": playlist.source_id,
                "tracks": len(playlist.tracks),
            },
        )

    def _spotify_playlist(self, playlist: ReadPlaylist) -> NamedSeed:
        known = self._stored.tracks.by_spotify_ids(
            [each.spotify_id for each in playlist.tracks if each.spotify_id is not None]
        )
        keys: dict[TrackKey, None] = {}
        missing: list[str] = []
        for facts in playlist.tracks:
            key = known.get(facts.spotify_id or "") or self._called(facts)
            if key is not None:
                keys[key] = None
            else:
                missing.append(f"{facts.title} – {facts.artists[0]}")
        if not keys:
            message = f"The catalog has none of the {len(playlist.tracks)} songs of this playlist."
            raise NothingToGoOnError(message)
        notes = list(playlist.notes)
        if missing:
            notes.append(
                f"{len(missing)} of its {len(playlist.tracks)} songs are not in the catalog and were not considered: "
                f"{_some(missing)}."
            )
        return NamedSeed(
            seed=Seed(kind=SeedKind.PLAYLIST, tracks=tuple(keys)),
            label="your Spotify playlist",
            described={
                "kind": "playlist",
                "spotify_id": playlist.spotify_id,
                "tracks": len(keys),
                "not_considered": missing,
            },
            notes=tuple(notes),
        )

    def _called(self, facts: TrackFacts) -> TrackKey | None:
        found = self._stored.tracks.titled(f"{facts.title} - {facts.artists[0]}", 1)
        return found[0].key if found else None

    def _track(self, name: str) -> Track:
        found = find_track(self._stored, name)
        if found is None:
            raise self._not_found(name, self._stored.tracks.closest_titles(name, MOST_HINTS))
        return found

    def _not_found(self, named: str, closest: Sequence[str]) -> Exception:
        is_empty = not closest and self._stored.tracks.count() == 0
        return EmptyCatalogError() if is_empty else NotFoundInCatalogError(named, tuple(closest))


def _with_track(found: Unlike, track: Track) -> Unlike:
    return replace(
        found,
        tracks=(*found.tracks, track.key),
        labels=(*found.labels, _label(track)),
        described=(*found.described, {"kind": "track", **_described(track)}),
    )


def _joined(found: Unlike, keys: tuple[TrackKey, ...], artist: str, named: str) -> Unlike:
    return replace(
        found,
        tracks=(*found.tracks, *keys),
        artists=found.artists | {artist},
        labels=(*found.labels, named),
        described=(*found.described, {"kind": "artist", "artist": named}),
    )


def _popular(stored: Stored, keys: Keys) -> tuple[TrackKey, ...]:
    """Return the most popular of an artist's tracks."""
    tracks = stored.tracks.of_keys(map(TrackKey, np.asarray(keys).tolist()))
    ranked = sorted(tracks.values(), key=lambda track: (-(track.popularity or 0), track.key))
    return tuple(track.key for track in ranked[:MOST_UNLIKE])


def _label(track: Track) -> str:
    return f"“{track.title}” by {track.artists[0]}"


def _described(track: Track) -> Described:
    return {
        "key": track.key,
        "spotify_id": track.spotify_id,
        "title": track.title,
        "artists": list(track.artists),
    }


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return "; ".join(names[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
