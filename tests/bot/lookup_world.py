"""An installation, and a stand-in Spotify and content services that know songs which it does not hold."""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from bot.background import BlockingPool, blocking_pool
from bot.playground.content_standin import ContentStandIn, StandInSong
from bot.playground.sample.catalog import SampleTrack, sample_catalog
from bot.playground.sample.listeners import stand_in_track
from bot.playground.sample_world import song
from bot.playground.spotify_standin import SpotifyStandIn
from bot.playground.spotify_standin_data import StandInTrack
from bot.services.unseen_tracks import UnseenTracks
from bot.wiring import Core, SpotifySide, _spotify_side, _unseen_tracks, open_core
from recommender.types import MemberId, Track, TrackKey
from tests.bot.spotify_world import CLIENT_ID, REDIRECT_URI, an_account
from tests.installation import settings_for

MARA = MemberId(101)
SECRET = "secret-of-the-app"
SPOTIFYS = "Spotified"
"""Stands in all names that the stand-in Spotify gives, where a test wants to tell who was read."""


@dataclass
class LookupWorld:
    """One process of the bot, as far as looking songs up is concerned."""

    spotify: SpotifyStandIn
    services: ContentStandIn
    core: Core
    side: SpotifySide
    blocking: BlockingPool
    reading: BlockingPool
    told: list[str] = field(default_factory=list)

    def unseen(self, *, patience: timedelta | None = None) -> UnseenTracks:
        return _unseen_tracks(
            self.core, self.side, self.blocking, self.reading, patience=patience, tell=self.told.append
        )

    def track(self, key: int) -> Track:
        return self.core.store.tracks([TrackKey(key)])[TrackKey(key)]

    def asked_outside(self) -> list[str]:
        """Return the paths of all questions to anybody outside, and forget them."""
        paths = [each.path for each in self.spotify.requests] + [each.path for each in self.services.requests]
        self.spotify.requests.clear()
        self.services.requests.clear()
        return paths


def stranger(genre: str, number: int = 0) -> SampleTrack:
    """Return a track by an artist whom no dataset of the tests holds, and who sings alone."""
    return [each for each in sample_catalog().unheard if each.genre == genre and len(each.facts.artists) == 1][number]


def in_the_open(track: SampleTrack, **changes: object) -> StandInSong:
    """Return the track as open collections know it, with its cover."""
    return replace(song(track), cover=track.album.cover, **changes)  # type: ignore[arg-type]


def spotified(track: StandInTrack) -> StandInTrack:
    """Return the track with names that only Spotify gives."""
    return replace(
        track,
        title=f"{track.title} {SPOTIFYS}",
        artists=tuple(f"{name} {SPOTIFYS}" for name in track.artists),
        album=f"{track.album} {SPOTIFYS}",
    )


@asynccontextmanager
async def lookup_world(
    home: Path,
    *,
    at_spotify: tuple[SampleTrack, ...] = (),
    in_the_open: tuple[StandInSong, ...] = (),
    has_secret: bool = True,
    says: Callable[[StandInTrack], StandInTrack] = lambda track: track,
    **settings: object,
) -> AsyncIterator[LookupWorld]:
    """Open an installation between stand-ins.

    Args:
        home: Of the installation.
        at_spotify: What the stand-in Spotify knows.
        in_the_open: What the stand-in content services know.
        has_secret: Whether the operator set the secret of the app.
        says: What the stand-in Spotify makes of a track.
        settings: Others than usual.
    """
    services = ContentStandIn(in_the_open)
    base = await services.start()
    covers = {
        track.album.spotify_id: services.add_picture(track.album.spotify_id, track.album.cover) for track in at_spotify
    }
    spotify = SpotifyStandIn(
        [an_account()],
        client_id=CLIENT_ID,
        client_secret=SECRET,
        redirect_uris=[REDIRECT_URI],
        catalog=[says(stand_in_track(track, lambda album: covers[album])) for track in at_spotify],
    )
    await spotify.start()
    made = settings_for(
        home,
        lyrics_api_base=base,
        musicbrainz_api_base=base,
        cover_art_archive_base=base,
        spotify_api_base=spotify.base,
        spotify_accounts_base=spotify.base,
        spotify_client_id=CLIENT_ID,
        spotify_client_secret=SECRET if has_secret else None,
        **settings,
    )
    try:
        with ExitStack() as closing:
            core = closing.enter_context(open_core(made))
            blocking = closing.enter_context(blocking_pool("blocking", 4))
            reading = closing.enter_context(blocking_pool("lookup", 2))
            yield LookupWorld(spotify, services, core, _spotify_side(core, blocking), blocking, reading)
        assert services.problems == []
    finally:
        await spotify.stop()
        await services.stop()
