from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.dataset_values import (
    ImpossibleValueError,
    audio_value,
    cover_address,
    duration_ms,
    genres_of,
    isrc_of,
    language_of,
    names_of,
    number_of,
    percentage,
    release_date,
    spotify_id,
    text_of,
    words_of,
    yes_or_no,
)
from recommender.types import ReleaseDate

ID = "4uLU6hMCjMI75M1A2tKUQC"


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Ilse Varga", ("Ilse Varga",)),
        ("Earth, Wind & Water", ("Earth, Wind & Water",)),
        ("Ilse Varga;Tom Reed ; ", ("Ilse Varga", "Tom Reed")),
        ("['Ilse Varga', 'Tom Reed']", ("Ilse Varga", "Tom Reed")),
        ('["Ilse \\"Il\\" Varga", "Tom Reed"]', ('Ilse "Il" Varga', "Tom Reed")),
        ("""["Anna O'Day", 'Tom Reed']""", ("Anna O'Day", "Tom Reed")),
        ("""['Anna O\\'Day']""", ("Anna O'Day",)),
        ("['Ilse Varga' 'Tom Reed']", ("Ilse Varga", "Tom Reed")),
        ("('Ilse Varga',)", ("Ilse Varga",)),
        ("[u'Ilse Varga']", ("Ilse Varga",)),
        ('[{"name": "Ilse Varga"}, {"name": "Tom Reed"}]', ("Ilse Varga", "Tom Reed")),
        ("[{'name': 'Ilse Varga'}]", ("Ilse Varga",)),
        (["Ilse Varga", "Ilse Varga", ""], ("Ilse Varga",)),
        ([{"name": "Ilse Varga"}], ("Ilse Varga",)),
        ("[:SITD:]", ("[:SITD:]",)),
        ("[ocean jams]", ("[ocean jams]",)),
        ("(dc)", ("(dc)",)),
        ("[]", ()),
        ("", ()),
        (None, ()),
        (float("nan"), ()),
        (1999, ("1999",)),
    ],
)
def test_names_are_read_however_a_dataset_writes_them(written: object, names: tuple[str, ...]) -> None:
    assert names_of(written) == names


@pytest.mark.parametrize(
    "hostile",
    ["__import__('os').system('true')", "[__import__('os')]", "['a'.upper()]", "[{'name': open('/etc/passwd')}]"],
)
def test_nothing_in_a_file_is_evaluated(hostile: str) -> None:
    assert names_of(hostile) == tuple(hostile.split(";"))


def test_an_endless_nesting_is_a_name_and_no_crash() -> None:
    assert names_of("[" * 9_000 + "]" * 9_000) == ("[" * 9_000 + "]" * 9_000,)
    assert names_of("[{" + "(" * 9_000 + "}]")


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=5))
def test_a_list_written_by_python_reads_back(names: list[str]) -> None:
    expected = tuple(dict.fromkeys(name for name in (words_of(name) for name in names) if name))

    assert names_of(str(names)) == expected


@given(st.text() | st.floats() | st.integers() | st.none() | st.lists(st.text()))
def test_no_value_is_too_strange_to_be_read_or_refused(value: object) -> None:
    names_of(value)
    genres_of([value])
    cover_address(value, Path("/nowhere"))
    spotify_id(value, "track")
    for read in (number_of, percentage, yes_or_no, release_date, isrc_of):
        try:
            read(value)
        except ImpossibleValueError:
            continue


def test_genres_of_several_columns_are_united_in_lower_case() -> None:
    assert genres_of(["Dream Pop; Indie", "['indie', 'Shoegaze']", None, "x" * 61]) == (
        "dream pop",
        "indie",
        "shoegaze",
    )


@pytest.mark.parametrize("nothing", ["", "  ", "NaN", "null", "None", "\\N", None, float("nan")])
def test_what_stands_for_nothing_is_nothing(nothing: object) -> None:
    assert text_of(nothing) is None
    assert number_of(nothing) is None
    assert release_date(nothing) is None
    assert yes_or_no(nothing) is None


@pytest.mark.parametrize(
    ("written", "number"), [("0,75", 0.75), ("-7.5", -7.5), (3, 3.0), ("1e-3", 0.001), (True, 1.0)]
)
def test_numbers_are_read(written: object, number: float) -> None:
    assert number_of(written) == number


@pytest.mark.parametrize("wrong", ["loud", "inf", "1.2.3", [1]])
def test_what_is_no_number_is_impossible(wrong: object) -> None:
    with pytest.raises(ImpossibleValueError):
        number_of(wrong)


@pytest.mark.parametrize(("written", "known"), [("66", 66), ("66.0", 66), (0, 0), (100, 100), ("", None)])
def test_a_popularity_is_a_percentage(written: object, known: int | None) -> None:
    assert percentage(written) == known


@pytest.mark.parametrize("wrong", ["101", -1, "popular"])
def test_a_popularity_beyond_the_scale_is_impossible(wrong: object) -> None:
    with pytest.raises(ImpossibleValueError):
        percentage(wrong)


@pytest.mark.parametrize(
    ("name", "written", "known"),
    [
        ("danceability", "0.5", 0.5),
        ("key", "-1", None),
        ("key", "C#", 1),
        ("key", "Cb", 11),
        ("mode", "Major", 1),
        ("mode", "minor", 0),
        ("tempo", "0", None),
        ("time_signature", "4", 4),
        ("loudness", "-60", -60),
        ("energy", "", None),
    ],
)
def test_audio_features_are_read_in_spotifys_units(name: str, written: object, known: float | None) -> None:
    assert audio_value(name, written) == known


def test_a_feature_in_percent_becomes_a_share() -> None:
    assert audio_value("energy", "80", in_percent=True) == pytest.approx(0.8)


@pytest.mark.parametrize(("name", "wrong"), [("energy", "1.5"), ("key", "12"), ("key", "3.5"), ("mode", "dorian")])
def test_an_impossible_feature_is_refused(name: str, wrong: str) -> None:
    with pytest.raises(ImpossibleValueError):
        audio_value(name, wrong)


@pytest.mark.parametrize(
    ("written", "column", "known"),
    [
        ("200000", "duration_ms", 200_000),
        ("200", "duration", 200_000),
        ("200000", "duration", 200_000),
        ("3:20", "duration", 200_000),
        ("1:03:20", "length", 3_800_000),
        (0, "duration_ms", None),
        (None, "duration_ms", None),
    ],
)
def test_durations_are_read_in_their_unit(written: object, column: str, known: int | None) -> None:
    assert duration_ms(written, column) == known


@pytest.mark.parametrize("wrong", ["-5", str(25 * 3600 * 1000)])
def test_an_impossible_duration_is_refused(wrong: str) -> None:
    with pytest.raises(ImpossibleValueError):
        duration_ms(wrong, "duration_ms")


@pytest.mark.parametrize(
    ("written", "known"), [("True", True), ("0", False), (1, True), ("explicit", True), ("no", False), (0.0, False)]
)
def test_flags_are_read(written: object, known: bool) -> None:
    assert yes_or_no(written) is known


def test_a_flag_that_is_neither_is_impossible() -> None:
    with pytest.raises(ImpossibleValueError):
        yes_or_no("2")


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("2019-06-14", ReleaseDate(2019, 6, 14)),
        ("2019-06", ReleaseDate(2019, 6)),
        ("1957", ReleaseDate(1957)),
        ("1957.0", ReleaseDate(1957)),
        (1957, ReleaseDate(1957)),
        ("2019-06-14T00:00:00Z", ReleaseDate(2019, 6, 14)),
        (date(2019, 6, 14), ReleaseDate(2019, 6, 14)),
        ("3/4/1999", ReleaseDate(1999)),
        ("March 1999", ReleaseDate(1999)),
        ("0000", None),
        (0, None),
    ],
)
def test_dates_are_as_precise_as_they_are_certain(written: object, known: ReleaseDate | None) -> None:
    assert release_date(written) == known


@pytest.mark.parametrize("wrong", ["2019-02-30", "2019-13", "0999", "3000", "soon", "1999 or 2001"])
def test_an_impossible_date_is_refused(wrong: str) -> None:
    with pytest.raises(ImpossibleValueError):
        release_date(wrong)


def test_a_recording_code_is_bare() -> None:
    assert isrc_of("gb-aye-68-00011") == "GBAYE6800011"
    with pytest.raises(ImpossibleValueError):
        isrc_of("GB12")


@pytest.mark.parametrize(
    "written",
    [
        ID,
        f" {ID} ",
        f"spotify:track:{ID}",
        f"https://open.spotify.com/track/{ID}?si=abc",
        f"https://open.spotify.com/intl-de/track/{ID}",
    ],
)
def test_a_spotify_id_is_found_in_ids_uris_and_addresses(written: str) -> None:
    assert spotify_id(written, "track") == ID


@pytest.mark.parametrize("other", [f"spotify:album:{ID}", "17", 17, None, "SOAKIMP12A8C130995", f"{ID}x"])
def test_what_is_no_id_of_a_track_is_none(other: object) -> None:
    assert spotify_id(other, "track") is None


def test_a_cover_is_a_web_address_or_a_picture_in_the_files_own_folder(tmp_path: Path) -> None:
    home = tmp_path / "dataset"
    (home / "covers").mkdir(parents=True)
    (home / "covers" / "one.jpg").write_bytes(b"picture")
    (tmp_path / "outside.jpg").write_bytes(b"secret")

    assert cover_address("https://pictures.example/one.jpg", home) == "https://pictures.example/one.jpg"
    assert cover_address("covers/one.jpg", home) == (home / "covers" / "one.jpg").as_uri()
    assert cover_address("../outside.jpg", home) is None
    assert cover_address(str(tmp_path / "outside.jpg"), home) is None
    assert cover_address("covers/none.jpg", home) is None
    assert cover_address("covers", home) is None
    assert cover_address("covers/one.jpg", None) is None
    assert cover_address("file:///etc/passwd", home) is None
    assert cover_address("http://[broken", home) is None
    assert cover_address(f"https://open.spotify.com/album/{ID}", home) is None


def test_of_spotifys_list_of_pictures_the_largest_comes_first(tmp_path: Path) -> None:
    pictures = [{"url": "https://pictures.example/640", "width": 640}, {"url": "https://pictures.example/64"}]

    assert cover_address(pictures, tmp_path) == "https://pictures.example/640"
    assert cover_address(str(pictures), tmp_path) == "https://pictures.example/640"


@pytest.mark.parametrize(
    ("value", "code"),
    [("en", "en"), ("pt-BR", "pt"), (" German ", "de"), ("['es', 'en']", "es"), ("fr, en", "fr"), (["it"], "it")],
)
def test_the_first_language_counts(value: object, code: str) -> None:
    assert language_of(value) == code


@pytest.mark.parametrize("value", [None, float("nan"), "", "NA", "unknown", "[]", 3])
def test_what_names_no_language_says_nothing(value: object) -> None:
    assert language_of(value) is None
