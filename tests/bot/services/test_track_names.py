"""Promises of understanding how people name tracks."""

import pytest

from bot.services.track_names import is_key, readings_of, spotify_id_in

ID = "4uLU6hMCjMI75M1A2tKUQC"


@pytest.mark.parametrize(
    "link",
    [
        f"https://open.spotify.com/track/{ID}",
        f" https://open.spotify.com/track/{ID}?si=abc&context=x ",
        f"http://open.spotify.com/intl-de/track/{ID}#top",
        f"<https://open.spotify.com/track/{ID}>",
        f"spotify:track:{ID}",
    ],
)
def test_a_link_to_a_track_holds_its_id(link: str) -> None:
    assert spotify_id_in(link) == ID


@pytest.mark.parametrize(
    "text",
    [
        f"https://open.spotify.com/album/{ID}",
        f"https://open.spotify.com/track/{ID}x",
        f"https://open.spotify.com/track/{ID[:-1]}",
        f"https://example.org/?https://open.spotify.com/track/{ID}",
        f"look: https://open.spotify.com/track/{ID}",
        "Paper Boats",
        "",
    ],
)
def test_nothing_else_does(text: str) -> None:
    assert spotify_id_in(text) is None


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("Hello - Adele", [("Hello", "Adele"), ("Adele", "Hello")]),
        ("Hello – Adele", [("Hello", "Adele"), ("Adele", "Hello")]),
        ("Hello by Adele", [("Hello", "Adele")]),
        ("HELLO BY ADELE", [("HELLO", "ADELE")]),
        ("Song - Live - The Band", [("Song - Live", "The Band"), ("Live - The Band", "Song")]),
        ("Stand by Me by Ben E. King", [("Stand by Me", "Ben E. King")]),
        ("Stand by Me - Ben E. King", [("Stand by Me", "Ben E. King"), ("Ben E. King", "Stand by Me")]),
    ],
)
def test_title_and_artist_are_read_the_likeliest_way_first(text: str, readings: list[tuple[str, str]]) -> None:
    assert list(readings_of(text)[: len(readings)]) == readings


@pytest.mark.parametrize("text", ["Hello", "Hell-o", "Standby", " - Adele", "Hello - ", "by", ""])
def test_a_title_alone_has_no_reading(text: str) -> None:
    assert readings_of(text) == ()


def test_keys_are_what_autocomplete_gives() -> None:
    assert is_key(" key:17 ")
    assert not is_key("key:seventeen")
