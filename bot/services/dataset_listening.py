"""Who listened to what, as dataset files write it down: values as in :mod:`bot.services.dataset_values`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.services.dataset_values import ImpossibleValueError, number_of, spotify_id, text_of

LONGEST_ID = 200
MOST_PLAYS = 1_000_000
"""Of one song by one listener: years without a pause."""
EARLIEST_PLAY = datetime(1990, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 1e11
"""A moment written as a number: from here on (the year 5138 in seconds) it counts milliseconds."""

_REFERENCE = re.compile(r"^(?=.*\d)[0-9A-Za-z_-]{12,64}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Who listened to the song of a record."""

    listener: str
    """The id in the file."""
    plays: int
    last_at: datetime | None


def song_reference(value: object) -> str | None:
    """Return an id that is not Spotify's and that other files would mean the same song by.

    Short ones are not: in every file 17 is another song.
    """
    text = text_of(value)
    if text is None or _REFERENCE.match(text) is None or spotify_id(text, "track") is not None:
        return None
    return text


def listener_of(value: object) -> str | None:
    """Return the id of a listener."""
    text = text_of(value)
    if text is not None and len(text) > LONGEST_ID:
        raise ImpossibleValueError
    return text


def plays_of(value: object) -> int | None:
    """Return how often something was played."""
    number = number_of(value)
    if number is None:
        return None
    if not 1 <= number <= MOST_PLAYS:
        raise ImpossibleValueError
    return round(number)


def moment_of(value: object) -> datetime | None:
    """Return a moment given as ISO 8601 (UTC where it says nothing else), or counted in (milli)seconds since 1970."""
    if not isinstance(value, datetime):
        text = text_of(value)
        if text is None:
            return None
        value = _moment_in(text)
    moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if not EARLIEST_PLAY <= moment <= datetime.now(UTC) + timedelta(days=1):
        raise ImpossibleValueError
    return moment


def _moment_in(text: str) -> datetime:
    try:
        number = float(text)
    except ValueError:
        try:
            return datetime.fromisoformat(text)
        except ValueError as error:
            raise ImpossibleValueError from error
    try:
        return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS_FROM else number, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ImpossibleValueError from error
