import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.songs import (
    artist_name,
    normalised,
    recording_key,
    same_song_key,
    song_title,
    version_of,
    without_issue,
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Déjà Vu", "deja vu"),
        ("  Paper   Boats! ", "paper boats"),
        ("Salt & Honey", "salt and honey"),
        ("Salt + Honey", "salt and honey"),
        ("Don't", "dont"),
        ("Don’t", "dont"),
        ("R.E.M.", "rem"),
        ("A$AP", "asap"),
        ("P!nk", "pink"),
        ("Straße", "strasse"),
        ("Ólafur Ægir", "olafur aegir"),
        ("İz", "iz"),
        ("Ёлка", "ёлка"),
        ("ガラス", "ガラス"),
        ("हिन्दी गाना", "हिन्दी गाना"),
        ("AC/DC", "ac dc"),
        ("snake_case", "snake case"),
        ("???", "???"),
        ("÷", "÷"),
        ("", ""),
    ],
)
def test_names_are_compared_as_people_type_them(written: str, read: str) -> None:
    assert normalised(written) == read


@pytest.mark.parametrize(
    ("written", "read"), [("The Béatles", "beatles"), ("Beatles", "beatles"), ("The The", "the"), ("The", "the")]
)
def test_artists_are_compared_without_a_leading_the(written: str, read: str) -> None:
    assert artist_name(written) == read


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalised(text)

    assert normalised(once) == once


@given(st.text(max_size=40))
def test_accents_and_composition_do_not_matter(text: str) -> None:
    assert normalised(f"caf\u00e9 {text}") == normalised(f"cafe\u0301 {text}")


@given(st.text(max_size=40))
def test_any_text_has_a_song_title_unless_it_is_blank(text: str) -> None:
    assert bool(song_title(text)) == bool(normalised(text))


@pytest.mark.parametrize(
    "issue",
    [
        "Paper Boats - Remastered",
        "Paper Boats - Remastered 2011",
        "Paper Boats - 2011 Remaster",
        "Paper Boats - 2011 - Remaster",
        "Paper Boats (2011 Digital Remaster)",
        "Paper Boats - Mono / Remastered",
        "Paper Boats (feat. Some One)",
        "Paper Boats feat. Some One",
        "Paper Boats ft. Some One - Radio Edit",
        "Paper Boats (with Some One) [Deluxe]",
        "Paper Boats - Single Version",
        "Paper Boats - Album Version (Edited)",
        "Paper Boats - Original Mix",
        "Paper Boats - Stereo Mix",
        'Paper Boats - From "The River" Soundtrack',
        "Paper Boats (Explicit)",
        "Paper Boats - 2019",
        "PAPER BOATS",
    ],
)
def test_issues_of_a_recording_are_no_version_of_it(issue: str) -> None:
    assert song_title(issue) == "paper boats"
    assert version_of(issue) == frozenset()
    assert recording_key(issue, "The Lanterns") == recording_key("Paper Boats", "The Lanterns")


@pytest.mark.parametrize(
    ("title", "markers"),
    [
        ("Paper Boats - Live", {"live"}),
        ("Paper Boats (Live at the Old Mill, 1998)", {"live"}),
        ("Paper Boats - Live / Remastered", {"live"}),
        ("Paper Boats - Ao Vivo", {"live"}),
        ("Paper Boats - MTV Unplugged", {"live"}),
        ("Paper Boats - Some One Remix", {"remix"}),
        ("Paper Boats - Some One Remix / 2015 Remastered", {"remix"}),
        ("Paper Boats [Some One Edit]", {"remix"}),
        ("Paper Boats - Club Mix", {"remix"}),
        ("Paper Boats - Acústico", {"acoustic"}),
        ("Paper Boats (Acoustic) - Live", {"acoustic", "live"}),
        ("Paper Boats - Instrumental Version", {"instrumental"}),
        ("Paper Boats (Demo)", {"demo"}),
        ("Paper Boats (Karaoke Version)", {"karaoke"}),
        ("Paper Boats (In the Style of The Lanterns)", {"karaoke"}),
        ("Paper Boats - Extended Mix", {"extended"}),
        ("Paper Boats - Spanish Version", {"language"}),
        ("Paper Boats - Sped Up", {"sped up"}),
        ("Paper Boats (Re-Recorded)", {"rerecorded"}),
        ("Paper Boats - Orchestral Version", {"orchestral"}),
        ("Paper Boats (A Cappella)", {"a cappella"}),
        ("Paper Boats (Cover)", {"cover"}),
    ],
)
def test_versions_share_the_song_but_not_the_recording(title: str, markers: set[str]) -> None:
    assert song_title(title) == "paper boats"
    assert version_of(title) == markers
    assert same_song_key(title, "The Lanterns") == same_song_key("Paper Boats", "the lanterns")
    assert recording_key(title, "The Lanterns") != recording_key("Paper Boats", "The Lanterns")


def test_two_remixes_are_two_recordings_of_one_song() -> None:
    first, second = "Paper Boats - Ada Remix", "Paper Boats - Ben Remix"

    assert same_song_key(first, "The Lanterns") == same_song_key(second, "The Lanterns")
    assert recording_key(first, "The Lanterns") != recording_key(second, "The Lanterns")


def test_brackets_and_dashes_write_one_version() -> None:
    assert recording_key("Paper Boats (Ada Remix)", "X") == recording_key("Paper Boats - Ada Remix", "X")
    assert recording_key("Paper Boats - Acoustic", "X") == recording_key("Paper Boats (Acoustic Version)", "X")


@pytest.mark.parametrize(
    ("title", "song"),
    [
        ("(I Will Not) Come Home", "i will not come home"),
        ("Rivers - Pt. 2", "rivers pt 2"),
        ("Tale - The Lost Key (Episode 11)", "tale the lost key episode 11"),
        ("Long Live Summer", "long live summer"),
        ("Alive", "alive"),
        ("1999", "1999"),
        ("(Live)", "live"),
        ("Radio Edit", "radio edit"),
        ("Song (A (B) C", "song a b c"),
        ("Paper Boats feat. Some One (Pt. 2) - Demo", "paper boats pt 2"),
    ],
)
def test_what_belongs_to_the_song_stays(title: str, song: str) -> None:
    assert song_title(title) == song


def test_songs_of_one_name_by_two_artists_are_two_songs() -> None:
    assert same_song_key("Paper Boats", "The Lanterns") != same_song_key("Paper Boats", "Moth Club")


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Paper Boats - Remastered 2011", "Paper Boats"),
        ("Low Tide (Deluxe Edition)", "Low Tide"),
        ("Paper Boats (Live at the Pier) [2011 Remaster]", "Paper Boats (Live at the Pier)"),
        ("Paper Boats (feat. Moth Club) - Remix", "Paper Boats (feat. Moth Club) - Remix"),
        ("Night - Day", "Night - Day"),
        ("1999", "1999"),
        ("Remastered", "Remastered"),
        ("(Remastered)", "(Remastered)"),
    ],
)
def test_what_only_tells_issues_apart_is_left_out_of_the_written_title(title: str, written: str) -> None:
    assert without_issue(title) == written
