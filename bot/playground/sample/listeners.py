"""Fictional people and what they listened to, as the stand-in Spotify tells it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from zlib import crc32

import numpy as np

from bot.playground.sample.catalog import SampleCatalog, SampleTrack
from bot.playground.spotify_standin_data import (
    StandInAccount,
    StandInMoment,
    StandInPlaylist,
    StandInTrack,
    made_up_id,
)

RECENT_PLAYS = 50
"""Spotify tells no more than the last fifty."""
TOP_LENGTH = 30
SAVED = 24
PLAYLIST_LENGTH = 15
FAVOURITES = 26
"""Tracks that a listener plays again and again."""
UNHEARD_SHARE = 0.3
"""Share of favourites that the imported dataset does not hold, so that the bot meets tracks new to it."""

CoverUrl = Callable[[str], str]
"""Spotify album id → address of its cover."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A person of the playground, on Discord and on Spotify."""

    discord_id: str
    name: str
    tastes: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Genre → share of the listening; empty for a Spotify account nobody has used yet."""
    is_admin: bool = False

    @property
    def username(self) -> str:
        """The name in lower case: on Discord, and the user id on Spotify."""
        return self.name.lower()

    @property
    def taste_label(self) -> str:
        """The taste in a few words, for a person to choose by."""
        *others, last = self.tastes or ("new here, no history",)
        return f"{', '.join(others)} and {last}" if others else last


def _tastes(**shares: float) -> Mapping[str, float]:
    return MappingProxyType({genre.replace("_", " "): share for genre, share in shares.items()})


LISTENERS = (
    Listener(discord_id="1000000000000000001", name="Mira", tastes=_tastes(metal=0.6, lullaby=0.4), is_admin=True),
    Listener(discord_id="1000000000000000002", name="Jonas", tastes=_tastes(folk=0.7, country=0.3)),
    Listener(discord_id="1000000000000000003", name="Aiko", tastes=_tastes(techno=0.5, synthwave=0.5)),
    Listener(discord_id="1000000000000000004", name="Desmond", tastes=_tastes(jazz=0.4, soul=0.4, hip_hop=0.2)),
    Listener(discord_id="1000000000000000005", name="Noor"),
)


def account_of(listener: Listener, catalog: SampleCatalog, *, now: datetime, cover_url: CoverUrl) -> StandInAccount:
    """Return the listener's Spotify account: plays of the last three weeks, tops, saved tracks and a playlist.

    The same listener has the same favourites every time; only the moments follow ``now``.
    """
    rng = np.random.default_rng([catalog.seed, crc32(listener.name.encode())])
    favourites = _favourites(listener, catalog, rng)
    if not favourites:
        return StandInAccount(user_id=listener.username, display_name=listener.name)
    tracks = [stand_in_track(track, cover_url) for track in favourites]
    return StandInAccount(
        user_id=listener.username,
        display_name=listener.name,
        plays=_plays(tracks, now, rng),
        top=MappingProxyType(
            {
                "short_term": tuple(tracks[:TOP_LENGTH]),
                "medium_term": tuple(_reordered(tracks, rng)[:TOP_LENGTH]),
                "long_term": tuple(_reordered(tracks, rng)[:TOP_LENGTH]),
            }
        ),
        saved=tuple(
            StandInMoment(track, now - timedelta(days=4 + 11 * age))
            for age, track in enumerate(_reordered(tracks, rng)[:SAVED])
        ),
        playlists=(_playlist(listener, tracks, now),),
    )


def stand_in_track(track: SampleTrack, cover_url: CoverUrl) -> StandInTrack:
    """Return the track as the stand-in Spotify holds it."""
    facts = track.facts
    return StandInTrack(
        spotify_id=track.spotify_id,
        title=facts.title,
        artists=facts.artists,
        album=track.album.name,
        album_id=track.album.spotify_id,
        released=str(track.album.released),
        duration_ms=facts.duration_ms or 0,
        explicit=bool(facts.explicit),
        isrc=facts.isrc,
        cover_url=cover_url(track.album.spotify_id),
    )


def _favourites(listener: Listener, catalog: SampleCatalog, rng: np.random.Generator) -> list[SampleTrack]:
    """Return tracks of every taste in proportion, best first, some of them unheard of in the dataset."""
    chosen: list[SampleTrack] = []
    for genre, share in listener.tastes.items():
        wanted = round(FAVOURITES * share)
        unheard = [track for track in catalog.of_genre(genre) if not track.in_dataset]
        known = [track for track in catalog.of_genre(genre) if track.in_dataset]
        new = round(wanted * UNHEARD_SHARE)
        chosen += [unheard[row] for row in rng.permutation(len(unheard))[:new]]
        chosen += [known[row] for row in rng.permutation(len(known))[: wanted - new]]
    return [chosen[row] for row in rng.permutation(len(chosen))]


def _plays(tracks: list[StandInTrack], now: datetime, rng: np.random.Generator) -> tuple[StandInMoment, ...]:
    """Return plays on most of the last evenings; the first tracks are played most."""
    liking = 1.0 / np.arange(1, len(tracks) + 1)
    rows = rng.choice(len(tracks), size=RECENT_PLAYS, p=liking / liking.sum())
    minutes = np.sort(rng.uniform(20, 21 * 24 * 60, size=RECENT_PLAYS))
    return tuple(
        StandInMoment(tracks[int(row)], now - timedelta(minutes=float(ago)))
        for row, ago in zip(rows, minutes, strict=True)
    )


def _reordered(tracks: list[StandInTrack], rng: np.random.Generator) -> list[StandInTrack]:
    """Return the tracks in nearly the same order: ranks drift between the ranges."""
    drifted = np.arange(len(tracks)) + rng.normal(0, 4, len(tracks))
    return [tracks[row] for row in np.argsort(drifted)]


def _playlist(listener: Listener, tracks: list[StandInTrack], now: datetime) -> StandInPlaylist:
    moments = [StandInMoment(track, now - timedelta(days=40 + age)) for age, track in enumerate(tracks)]
    return StandInPlaylist(
        spotify_id=made_up_id(f"playlist {listener.name}"),
        name=f"{listener.name}'s mixtape",
        owner=listener.username,
        tracks=tuple(moments[:PLAYLIST_LENGTH]),
    )
