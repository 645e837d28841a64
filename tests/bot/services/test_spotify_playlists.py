"""Promises of reading a playlist on Spotify for whoever gives a link to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import PlaylistClosedError, SpotifyUnavailableError
from bot.playground.spotify_standin_data import StandInPlaylist, made_up_id
from bot.services.spotify_playlists import MOST_READ, SpotifyPlaylists, playlist_id_in
from tests.bot.linking_world import JONAS, MARA, LinkingWorld, linking_world
from tests.bot.spotify_world import a_track, an_account, moments

OWN, FOLLOWED, SHARED, LONG = (made_up_id(name) for name in ("own mara", "followed", "shared", "long"))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[LinkingWorld]:
    tracks = [a_track(number) for number in range(MOST_READ + 30)]
    usual = an_account()
    shared = StandInPlaylist(
        spotify_id=SHARED, name="Ours", owner="jonas", is_collaborative=True, tracks=moments(tracks[:3])
    )
    long = StandInPlaylist(spotify_id=LONG, name="Long", owner="mara", tracks=moments(tracks))
    account = an_account(playlists=(*usual.playlists, shared, long))
    async with linking_world(tmp_path, account, an_account("jonas")) as made:
        await made.link()
        yield made


async def test_an_own_playlist_is_read_in_its_order(world: LinkingWorld) -> None:
    read = await SpotifyPlaylists(world.access).read(OWN, MARA)

    assert [each.title for each in read.tracks] == [f"Song {number}" for number in range(160, 170)]
    assert (read.spotify_id, read.notes) == (OWN, ())


async def test_a_playlist_that_the_member_works_on_is_read_too(world: LinkingWorld) -> None:
    assert len((await SpotifyPlaylists(world.access).read(SHARED, MARA)).tracks) == 3


async def test_of_a_long_playlist_the_first_songs_are_read_and_that_is_said(world: LinkingWorld) -> None:
    world.wire.spotify.requests.clear()

    read = await SpotifyPlaylists(world.access).read(LONG, MARA)

    assert len(read.tracks) == MOST_READ
    assert read.notes == (f"Only the first {MOST_READ} of its {MOST_READ + 30} songs were read.",)
    assert len(world.wire.spotify.requests) == MOST_READ // 50


@pytest.mark.parametrize("playlist", [FOLLOWED, made_up_id("nobody's")])
async def test_what_spotify_keeps_closed_is_explained(world: LinkingWorld, playlist: str) -> None:
    with pytest.raises(PlaylistClosedError, match="only playlists that you made"):
        await SpotifyPlaylists(world.access).read(playlist, MARA)


@pytest.mark.parametrize("member", [None, JONAS])
async def test_whoever_has_no_link_is_told_to_link(world: LinkingWorld, member: int | None) -> None:
    with pytest.raises(PlaylistClosedError, match="/link"):
        await SpotifyPlaylists(world.access).read(OWN, member)  # type: ignore[arg-type]


async def test_an_outage_is_an_outage(world: LinkingWorld) -> None:
    world.wire.spotify.weather.api_is_down = True

    with pytest.raises(SpotifyUnavailableError):
        await SpotifyPlaylists(world.access).read(OWN, MARA)


@pytest.mark.parametrize(
    "link",
    [
        "https://open.spotify.com/playlist/{id}",
        "https://open.spotify.com/intl-de/playlist/{id}?si=abc",
        "<https://open.spotify.com/playlist/{id}>",
        " spotify:playlist:{id} ",
    ],
)
def test_links_to_playlists_are_told(link: str) -> None:
    assert playlist_id_in(link.format(id=OWN)) == OWN


@pytest.mark.parametrize("name", ["Rainy Days", f"https://open.spotify.com/track/{OWN}", f"playlist:{OWN}", ""])
def test_other_names_are_no_links(name: str) -> None:
    assert playlist_id_in(name) is None
