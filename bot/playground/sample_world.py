"""The fictional catalog and its listeners in the words of the stand-ins and of the page."""

from bot.playground.content_standin import StandInSong
from bot.playground.discord_standin_people import StandInUser
from bot.playground.page_visit import Person
from bot.playground.sample.catalog import SampleCatalog, SampleTrack
from bot.playground.sample.listeners import LISTENERS, Listener
from bot.playground.sample.playlists import sample_playlists


def discord_user(listener: Listener) -> StandInUser:
    """Return a listener as the stand-in Discord's user."""
    return StandInUser(
        id=listener.discord_id, username=listener.username, global_name=listener.name, is_admin=listener.is_admin
    )


def person(listener: Listener) -> Person:
    """Return a listener as someone a visitor of the page can act as."""
    return Person(id=listener.discord_id, name=listener.name, taste=listener.taste_label, is_admin=listener.is_admin)


def song(track: SampleTrack) -> StandInSong:
    """Return a track as the content services know it; its cover lies on the page's own port."""
    return StandInSong(
        title=track.facts.title,
        artists=track.facts.artists,
        album=track.album.name,
        duration_ms=track.facts.duration_ms,
        isrc=track.facts.isrc,
        genres=track.facts.genres,
        released=str(track.album.released),
        lyrics=track.lyrics,
        links=(page_on_spotify(track),),
    )


def tries(catalog: SampleCatalog) -> list[str]:
    """Return commands that show what the bot can do with this catalog, and with a song that is not in it."""
    loud = max(catalog.dataset, key=lambda track: (track.genre == "metal", track.facts.popularity or 0))
    neon = max(catalog.dataset, key=lambda track: (track.genre == "synthwave", track.facts.popularity or 0))
    listed = [track for playlist in sample_playlists(catalog) for track in playlist.tracks]
    shared = max(listed, key=lambda track: (track.genre == "soul", track.facts.popularity or 0))
    played = {genre for listener in LISTENERS for genre in listener.tastes}
    strangers = sorted(catalog.unheard, key=lambda track: (track.genre in played, -(track.facts.popularity or 0)))
    return [
        "/link",
        "/recommend",
        "/recommend prompt: sad acoustic songs about leaving home",
        "/recommend prompt: driving through a neon city at night",
        f"/recommend track: {loud.facts.title}",
        f"/recommend artist: {neon.facts.artists[0]} by: cover",
        f"/recommend track: {shared.facts.title} by: people",
        f"/path from: {loud.facts.title} to: {neon.facts.title}",
        f"/together with: {LISTENERS[1].name}",
        *(f"/recommend track: {page_on_spotify(track)}" for track in strangers[:1]),
    ]


def page_on_spotify(track: SampleTrack) -> str:
    """Return the address of a track, as people share it."""
    return f"https://open.spotify.com/track/{track.spotify_id}"
