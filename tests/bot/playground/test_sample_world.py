"""What the page offers to try, and what the content services know of the sample."""

from dataclasses import replace

from bot.playground.sample.catalog import sample_catalog
from bot.playground.sample.listeners import LISTENERS
from bot.playground.sample.playlists import sample_playlists
from bot.playground.sample_world import page_on_spotify, song, tries


def test_a_link_to_a_song_outside_the_catalog_is_offered_that_nobody_has_played() -> None:
    catalog = sample_catalog()

    [link] = [each for each in tries(catalog) if "https://" in each]

    [track] = [each for each in catalog.tracks if link == f"/recommend track: {page_on_spotify(each)}"]
    assert not track.in_dataset
    assert track.genre not in {genre for listener in LISTENERS for genre in listener.tastes}


def test_people_are_asked_about_a_song_that_a_playlist_has() -> None:
    catalog = sample_catalog()

    [people] = [each for each in tries(catalog) if each.endswith(" by: people")]

    listed = {track.facts.title for playlist in sample_playlists(catalog) for track in playlist.tracks}
    assert people.removeprefix("/recommend track: ").removesuffix(" by: people") in listed


def test_where_nothing_lies_outside_no_link_is_offered() -> None:
    catalog = sample_catalog()

    assert not any("https://" in each for each in tries(replace(catalog, tracks=catalog.dataset)))


def test_editors_have_linked_every_song_with_its_page() -> None:
    track = sample_catalog().unheard[0]

    assert song(track).links == (f"https://open.spotify.com/track/{track.spotify_id}",)


def test_a_way_between_two_songs_and_a_list_with_somebody_are_offered() -> None:
    catalog = sample_catalog()
    titles = {track.facts.title for track in catalog.dataset}

    [path] = [each for each in tries(catalog) if each.startswith("/path ")]
    [together] = [each for each in tries(catalog) if each.startswith("/together ")]

    start, _, end = path.removeprefix("/path from: ").partition(" to: ")
    assert {start, end} <= titles
    assert start != end
    assert together.removeprefix("/together with: ") in {listener.name for listener in LISTENERS}
