"""Playlists on Spotify that a member gives a link to: read once, for one answer, and not kept."""

import re
from dataclasses import dataclass
from functools import partial

from bot.errors import NotLinkedError, PlaylistClosedError, SpotifyForbiddenError, SpotifyNotFoundError
from bot.gateways.spotify import SpotifyGateway
from bot.services.spotify_access import SpotifyAccess
from recommender.types import MemberId, TrackFacts

MOST_READ = 500
"""Songs of a playlist, the first ones: ten calls."""

_LINK = re.compile(
    r"^<?(?:spotify:playlist:|https?://open\.spotify\.com/(?:intl-[a-z-]+/)?playlist/)([0-9A-Za-z]{22})(?![0-9A-Za-z])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlaylist:
    """What was read of a playlist on Spotify."""

    spotify_id: str
    tracks: tuple[TrackFacts, ...]
    notes: tuple[str, ...] = ()


def playlist_id_in(name: str) -> str | None:
    """Return the id in a link to a playlist on Spotify, or None."""
    link = _LINK.search(name.strip())
    return None if link is None else link[1]


class SpotifyPlaylists:
    """Reads playlists as the member who asks: Spotify opens only their own, and those they work on with others."""

    def __init__(self, access: SpotifyAccess) -> None:
        self._access = access

    async def read(self, playlist_id: str, member: MemberId | None) -> ReadPlaylist:
        """Return the songs of a playlist, in its order.

        Raises:
            PlaylistClosedError: Nobody asks, or a member without a link, or Spotify opens it to others alone, or there
                is none.
            SpotifyError: As :meth:`SpotifyAccess.call` raises.
        """
        if member is None:
            raise PlaylistClosedError(is_linked=False)
        tracks: list[TrackFacts] = []
        offset: int | None = 0
        total = 0
        try:
            while offset is not None and offset < MOST_READ:
                read = partial(SpotifyGateway.playlist_tracks, playlist_id=playlist_id, offset=offset)
                page = await self._access.call(member, read)
                tracks += [each.facts for each in page.items]
                offset, total = page.next_offset, page.total
        except NotLinkedError as error:
            raise PlaylistClosedError(is_linked=False) from error
        except (SpotifyForbiddenError, SpotifyNotFoundError) as error:
            raise PlaylistClosedError(is_linked=True) from error
        cut = (f"Only the first {MOST_READ} of its {total:,} songs were read.",) if offset is not None else ()
        return ReadPlaylist(spotify_id=playlist_id, tracks=tuple(tracks), notes=cut)
