from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.services.dataset_listening import listener_of, moment_of, plays_of, song_reference
from bot.services.dataset_values import ImpossibleValueError

MOMENT = datetime(2020, 5, 4, 23, 8, 57, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["SOAKIMP12A8C130995", "  TRMMMYQ128F932D901 ", "0b2d5b5c-7a49-4a47-b5cf-2d0d0b4fd3e1"]
)
def test_ids_that_other_files_would_use_alike_are_references(written: str) -> None:
    assert song_reference(written) == written.strip()


@pytest.mark.parametrize(
    "written",
    [
        "17",
        "",
        None,
        "nan",
        "1" * 22,
        f"spotify:track:{'1' * 22}",
        "spotify:album:12",
        "A Song Of 12 Words",
        "Wonderwall-Live",
    ],
)
def test_numbers_within_a_file_titles_and_spotifys_ids_are_none(written: object) -> None:
    assert song_reference(written) is None


@pytest.mark.parametrize(("written", "plays"), [("3", 3), (3, 3), ("3.0", 3), ("", None), (None, None), ("nan", None)])
def test_plays_are_whole_numbers(written: object, plays: int | None) -> None:
    assert plays_of(written) == plays


@pytest.mark.parametrize("written", ["0", "-1", "0.4", "1e9", "inf", "many"])
def test_impossible_plays_are_refused(written: str) -> None:
    with pytest.raises(ImpossibleValueError):
        plays_of(written)


@pytest.mark.parametrize(
    "written",
    [
        MOMENT,
        MOMENT.replace(tzinfo=None),
        MOMENT.astimezone(timezone(timedelta(hours=9))),
        "2020-05-04T23:08:57Z",
        "2020-05-04 23:08:57",
        "2020-05-05T01:08:57+02:00",
        str(int(MOMENT.timestamp())),
        int(MOMENT.timestamp()) * 1000,
    ],
)
def test_moments_are_understood_in_the_usual_forms(written: object) -> None:
    found = moment_of(written)

    assert found == MOMENT
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize("written", ["", None, "null"])
def test_no_moment_is_none(written: object) -> None:
    assert moment_of(written) is None


@pytest.mark.parametrize("written", ["yesterday", "17", "1e300", "-1e300", "2999-01-01", "1950-01-01T00:00:00Z"])
def test_moments_before_files_or_after_today_are_refused(written: str) -> None:
    with pytest.raises(ImpossibleValueError):
        moment_of(written)


def test_listeners_are_called_what_the_file_calls_them_up_to_a_length() -> None:
    assert listener_of(" u 1 ") == "u 1"
    assert listener_of(17) == "17"
    assert listener_of("") is None
    with pytest.raises(ImpossibleValueError):
        listener_of("u" * 201)
