"""The values in dataset files: one function for each kind of thing that a field can say.

Each returns None where the field says nothing, and raises `ImpossibleValueError` where it says what cannot be.
Nothing in a file is ever evaluated.
"""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from bot.services.dataset_lists import listed_in
from recommender.languages import code_of
from recommender.types import ReleaseDate

NOTHING = frozenset({"", "na", "n/a", "nan", "none", "null", "nil", "\\n", "undefined", "unknown", "-"})
EARLIEST_YEAR = 1860
"""The first recording of a voice."""
YEARS_AHEAD = 2
"""Announced releases."""
LONGEST_RECORDING_MS = 24 * 3600 * 1000
LARGEST_SECONDS = 10_000
"""A bare ``duration`` below this is in seconds, above it in milliseconds."""
MOST_GENRES = 20
LONGEST_GENRE = 60
LONGEST_ADDRESS = 2_000
PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})

_LONGEST_NOTHING = 1 + max(len(each) for each in NOTHING)

_RANGES: Mapping[str, tuple[float, float]] = {
    "danceability": (0, 1),
    "energy": (0, 1),
    "loudness": (-100, 20),
    "speechiness": (0, 1),
    "acousticness": (0, 1),
    "instrumentalness": (0, 1),
    "liveness": (0, 1),
    "valence": (0, 1),
    "tempo": (0, 1000),
    "time_signature": (0, 16),
    "key": (-1, 11),
    "mode": (-1, 1),
}
_PITCHES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_MODES = {"major": 1, "maj": 1, "minor": 0, "min": 0}
_YES_NO = {"true": True, "false": False, "yes": True, "no": False, "t": True, "f": False, "y": True, "n": False,
           "explicit": True, "clean": False}  # fmt: skip

_SPACES = re.compile(r"[\s\x00-\x1f\x7f\u200b\ufeff]+")
_SPOTIFY_ID = re.compile(
    r"^(?:spotify:(?P<uri>track|album):|https?://open\.spotify\.com/(?:intl-[a-z-]+/)?(?P<page>track|album)/)?"
    r"(?P<id>[0-9A-Za-z]{22})(?:[/?#].*)?$"
)
_ISRC = re.compile(r"^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$")
_DECIMAL_COMMA = re.compile(r"^-?\d+,\d+$")
_MINUTES = re.compile(r"^(?:(\d+):)?(\d{1,3}):(\d{2})(?:\.\d+)?$")
_YEAR = re.compile(r"^(\d{4})(?:\.0)?$")
_DAY = re.compile(r"^\d{4}-\d{1,2}(?:-\d{1,2})?(?:[T ].*)?$")
_YEAR_WITHIN = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_BETWEEN_NAMES = re.compile(r"[;,|]")


class ImpossibleValueError(ValueError):
    """A field says what cannot be."""


def text_of(value: object) -> str | None:
    """Return one line of text; None for nothing, and for what stands for nothing (``NaN``, ``null``)."""
    text = words_of(value)
    return None if text.casefold() in NOTHING else text


def lyrics_of(value: object) -> str | None:
    """Return a longer text with its lines as they are; None for nothing."""
    text = value.strip() if isinstance(value, str) else ""
    return None if len(text) < _LONGEST_NOTHING and text.casefold() in NOTHING else text


def words_of(value: object) -> str:
    """Return one line of text as it is written: a song may be called *None*."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return _SPACES.sub(" ", value if isinstance(value, str) else str(value)).strip()


def names_of(value: object) -> tuple[str, ...]:
    """Return names: of a list, a list written as Python or JSON, names with ``;`` between, or one name.

    A name in brackets (*[:SITD:]*) stays a name.
    """
    if isinstance(value, str):
        listed = listed_in(value)
        parts: Iterable[object] = value.split(";") if listed is None else listed
    elif isinstance(value, list | tuple):
        parts = value
    else:
        parts = (value,)
    names = (words_of(part.get("name") if isinstance(part, Mapping) else part) for part in parts)
    return tuple(dict.fromkeys(name for name in names if name))


def genres_of(values: Iterable[object]) -> tuple[str, ...]:
    """Return the genres of several fields together, in lower case, each once."""
    found: dict[str, None] = {}
    for value in values:
        for name in names_of(value):
            for part in _BETWEEN_NAMES.split(name) if isinstance(value, str) else (name,):
                genre = part.strip(" '\"").casefold()
                if genre not in NOTHING and len(genre) <= LONGEST_GENRE:
                    found[genre] = None
    return tuple(found)[:MOST_GENRES]


def number_of(value: object) -> float | None:
    """Return a finite number; a decimal comma is understood."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if not text or text.casefold() in NOTHING:
            return None
        value = text.replace(",", ".") if _DECIMAL_COMMA.match(text) else text
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ImpossibleValueError from error
    if math.isinf(number):
        raise ImpossibleValueError
    return None if math.isnan(number) else number


def percentage(value: object) -> int | None:
    """Return a popularity, 0-100."""
    number = number_of(value)
    if number is None:
        return None
    if not 0 <= number <= 100:  # noqa: PLR2004 -- Spotify's scale
        raise ImpossibleValueError
    return round(number)


def audio_value(name: str, value: object, *, in_percent: bool = False) -> float | None:
    """Return an audio feature in Spotify's units; an unknown key (-1), mode, metre or tempo (0) is None."""
    if isinstance(value, str):
        value = _spelled_key_or_mode(name, value)
    number = number_of(value)
    if number is None:
        return None
    if in_percent:
        number /= 100
    low, high = _RANGES[name]
    if not low <= number <= high:
        raise ImpossibleValueError
    if name in {"key", "mode", "time_signature"} and number != int(number):
        raise ImpossibleValueError
    if (name in {"key", "mode"} and number < 0) or (name in {"tempo", "time_signature"} and number == 0):
        return None
    return number


def duration_ms(value: object, column: str) -> int | None:
    """Return milliseconds; the unit is told by the name of the column, the form (``3:45``) or the size."""
    if isinstance(value, str) and (match := _MINUTES.match(value.strip())):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        number: float | None = ((hours * 60 + minutes) * 60 + seconds) * 1000
    else:
        number = number_of(value)
        if number is not None and not column.endswith("_ms"):
            number *= 1000 if number < LARGEST_SECONDS else 1
    if not number:
        return None
    if not 0 < number <= LONGEST_RECORDING_MS:
        raise ImpossibleValueError
    return round(number)


def yes_or_no(value: object) -> bool | None:
    """Return a flag written as a word or a number."""
    if isinstance(value, str) and value.strip().casefold() in _YES_NO:
        return _YES_NO[value.strip().casefold()]
    number = number_of(value)
    if number is None:
        return None
    if number not in {0, 1}:
        raise ImpossibleValueError
    return bool(number)


def release_date(value: object) -> ReleaseDate | None:
    """Return a date as precise as it is certain: of ``3/4/1999`` the year alone, of ``0`` nothing."""
    if isinstance(value, date | datetime):
        return _possible(ReleaseDate(value.year, value.month, value.day))
    text = text_of(value)
    if text is None or not text.strip("0-./"):
        return None
    if match := _YEAR.match(text):
        return _possible(ReleaseDate(int(match[1])))
    if _DAY.match(text):
        try:
            return _possible(ReleaseDate.parse(text.split("T")[0].split(" ")[0]))
        except ValueError as error:
            raise ImpossibleValueError from error
    years = _YEAR_WITHIN.findall(text)
    if len(set(years)) != 1:
        raise ImpossibleValueError
    return _possible(ReleaseDate(int(years[0])))


def language_of(value: object) -> str | None:
    """Return the ISO 639-1 code of a language given by name or code; None for what is no language (*instrumental*).

    Of several (``en, es``) the first counts. What cannot be understood is not called impossible: such columns hold all
    kinds of remarks.
    """
    name = _BETWEEN_NAMES.split(next(iter(names_of(value)), ""))[0].strip()
    return None if name.casefold() in NOTHING else code_of(name)


def isrc_of(value: object) -> str | None:
    """Return a recording code in its bare form: ``GBAYE6800011``."""
    text = text_of(value)
    if text is None:
        return None
    code = text.replace("-", "").replace(" ", "").upper()
    if not _ISRC.match(code):
        raise ImpossibleValueError
    return code


def spotify_id(value: object, kind: str) -> str | None:
    """Return the id in an id, a URI or a page address of this kind (``track``, ``album``); another's id is None."""
    if not isinstance(value, str):
        return None
    match = _SPOTIFY_ID.match(value.strip())
    if match is None or (match["uri"] or match["page"] or kind) != kind:
        return None
    return match["id"]


def cover_address(value: object, folder: Path | None) -> str | None:
    """Return where a cover lies: a web address, or a ``file:`` address of a picture in the file's own folder.

    Args:
        value: An address, a path relative to ``folder``, or a list of Spotify's pictures, largest first.
        folder: Of the dataset file; nothing outside it is ever named.
    """
    if isinstance(value, str) and (listed := listed_in(value)) is not None:
        value = listed
    if isinstance(value, list | tuple):
        value = next(iter(value), None)
    if isinstance(value, Mapping):
        value = value.get("url")
    text = text_of(value)
    if text is None or len(text) > LONGEST_ADDRESS:
        return None
    try:
        address = urlsplit(text)
    except ValueError:
        return None
    if address.scheme in {"http", "https"}:
        return text if address.hostname and spotify_id(text, "album") is None else None
    return None if folder is None else _picture_within(folder, text)


def _picture_within(folder: Path, text: str) -> str | None:
    path = Path(text)
    if path.suffix.lower() not in PICTURE_SUFFIXES or path.is_absolute():
        return None
    home = folder.resolve()
    found = (home / path).resolve()
    return found.as_uri() if found.is_relative_to(home) and found.is_file() else None


def _possible(day: ReleaseDate) -> ReleaseDate:
    if not EARLIEST_YEAR <= day.year <= date.today().year + YEARS_AHEAD:  # noqa: DTZ011 -- a bound, not a moment
        raise ImpossibleValueError
    return day


def _spelled_key_or_mode(name: str, value: str) -> object:
    text = value.strip().casefold()
    if name == "mode" and text in _MODES:
        return _MODES[text]
    if name == "key" and text[:1] in _PITCHES and text[1:] in {"", "#", "♯", "b", "♭"}:
        return (_PITCHES[text[0]] + {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}[text[1:]]) % 12
    return value
