"""Filters as members ask for them: names understood, what the catalog cannot answer said, and choices offered."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import LanguageNotSungError, UnknownGenreError, UnknownLanguageError
from bot.services.asks import Ask, FilterChoice
from recommender.errors import EmptyCatalogError
from recommender.languages import closest_names, code_of, name_of
from recommender.songs import normalised
from recommender.types import ANY_POPULARITY, Filters
from storage.database import Database
from storage.stored import Stored
from storage.values import Gaps

MOST_HINTS = 5
"""Closest names offered when nothing matches."""
WORTH_SAYING = 0.1
"""Share of the catalog from which on it is said that a filter leaves out what is not known."""
KEPT_FOR = timedelta(minutes=10)
"""Counting the genres of 60,000 tracks takes 40 ms, of which autocomplete has 100."""


def understood(stored: Stored, ask: Ask) -> Filters:
    """Return the filters with the language as a code.

    Raises:
        UnknownGenreError: No track is of that genre.
        UnknownLanguageError: That is no language.
        LanguageNotSungError: No song is known to be sung in it.
        EmptyCatalogError: There are no tracks at all.
    """
    if (ask.language is not None or ask.filters.genre is not None) and stored.tracks.count() == 0:
        raise EmptyCatalogError
    if ask.filters.genre is not None and not stored.tracks.has_genre(ask.filters.genre):
        raise UnknownGenreError(ask.filters.genre, tuple(stored.tracks.closest_genres(ask.filters.genre, MOST_HINTS)))
    return ask.filters if ask.language is None else replace(ask.filters, language=_sung(stored, ask.language))


def filter_notes(filters: Filters, gaps: Gaps) -> tuple[str, ...]:
    """Return honest remarks: what a filter could not see is told, as far as it matters."""
    return tuple(_notes(filters, gaps))


class FilterChoices:
    """Offers what may be asked for, from what the catalog has; counted anew every ten minutes at most."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._genres: tuple[datetime, Sequence[FilterChoice]] | None = None
        self._languages: tuple[datetime, Sequence[FilterChoice]] | None = None

    def genres(self, typed: str, limit: int) -> list[FilterChoice]:
        """Return genres that the typed text may become, the commonest first."""
        if self._genres is None or self._is_old(self._genres[0]):
            with self._database.reading() as stored:
                found = [FilterChoice(label=name, value=name) for name, _ in stored.tracks.genres()]
            self._genres = (self._now(), found)
        return _becoming(self._genres[1], typed, limit)

    def languages(self, typed: str, limit: int) -> list[FilterChoice]:
        """Return languages that the typed text may become, the commonest first."""
        if self._languages is None or self._is_old(self._languages[0]):
            with self._database.reading() as stored:
                found = [FilterChoice(label=name_of(code), value=code) for code, _ in stored.tracks.languages()]
            self._languages = (self._now(), found)
        return _becoming(self._languages[1], typed, limit)

    def _is_old(self, counted_at: datetime) -> bool:
        return self._now() - counted_at >= KEPT_FOR


def _sung(stored: Stored, asked: str) -> str:
    sung = [code for code, _ in stored.tracks.languages()]
    code = code_of(asked)
    if code is None:
        raise UnknownLanguageError(asked, tuple(closest_names(asked, sung, MOST_HINTS)))
    if code not in sung:
        raise LanguageNotSungError(name_of(code), tuple(name_of(each) for each in sung[:MOST_HINTS]))
    return code


def _notes(filters: Filters, gaps: Gaps) -> Iterator[str]:
    band = filters.popularity
    if filters.explicit is False and gaps.explicit:
        yield f"{_of(gaps.explicit, gaps)} no explicit flag: they may be explicit all the same."
    if filters.max_ms is not None and gaps.duration:
        yield f"{_of(gaps.duration, gaps)} no known length: they may be longer."
    if band != ANY_POPULARITY and band.lowest == 0 and _matters(gaps.popularity, gaps):
        yield f"{_of(gaps.popularity, gaps)} no known popularity: they count as little known."
    for is_asked, unknown, what in (
        (filters.explicit is True, gaps.explicit, "explicit flag"),
        (filters.language is not None, gaps.language, "known language"),
        (filters.decade is not None, gaps.year, "known year"),
        (band.lowest > 0, gaps.popularity, "known popularity"),
    ):
        if is_asked and _matters(unknown, gaps):
            yield f"{_of(unknown, gaps)} no {what}: they are left out."


def _of(tracks: int, gaps: Gaps) -> str:
    return f"{tracks:,} of the {gaps.tracks:,} tracks of the catalog have"


def _matters(tracks: int, gaps: Gaps) -> bool:
    return tracks > 0 and tracks >= WORTH_SAYING * gaps.tracks


def _becoming(choices: Sequence[FilterChoice], typed: str, limit: int) -> list[FilterChoice]:
    """Return what begins with the text, then what has a word that does."""
    wanted = normalised(typed)
    names = [normalised(each.label) for each in choices]
    beginning = [each for each, name in zip(choices, names, strict=True) if name.startswith(wanted)]
    within = [each for each, name in zip(choices, names, strict=True) if f" {wanted}" in name]
    return list(dict.fromkeys([*beginning, *within]))[:limit]
