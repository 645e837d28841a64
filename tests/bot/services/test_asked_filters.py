"""Filters as members ask for them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import BotError, LanguageNotSungError, UnknownGenreError, UnknownLanguageError
from bot.services.asked_filters import KEPT_FOR, FilterChoices, filter_notes, understood
from bot.services.asks import Ask
from recommender.errors import EmptyCatalogError
from recommender.types import OPEN_FILTERS, Filters, PopularityBand
from storage.crypto import Cipher
from storage.database import Database
from storage.values import Gaps
from tests.storage.builders import NOON, add, facts

GAPS = Gaps(tracks=1_000, year=50, explicit=1_000, language=900, duration=3, popularity=200)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path / 'test.sqlite'}", Cipher([Cipher.generate_key()]))
    yield database
    database.close()


@pytest.fixture
def catalog(database: Database) -> Database:
    add(
        database,
        facts("One", genres=("Indie Rock", "folk"), language="es"),
        facts("Two", genres=("folk rock", "folk"), language="en"),
        facts("Three", genres=("jazz",), language="en"),
    )
    return database


def asked(database: Database, ask: Ask) -> Filters:
    with database.reading() as stored:
        return understood(stored, ask)


@pytest.mark.parametrize("written", ["es", "Spanish", "español", "spa"])
def test_a_language_is_understood_however_it_is_written(catalog: Database, written: str) -> None:
    filters = asked(catalog, Ask(language=written, filters=Filters(genre="rock", decade=1990)))

    assert filters == Filters(genre="rock", decade=1990, language="es")


def test_without_names_filters_stay_as_they_are(database: Database) -> None:
    assert asked(database, Ask()) == OPEN_FILTERS


@pytest.mark.parametrize(
    ("ask", "error", "sentence"),
    [
        (Ask(filters=Filters(genre="indie rokc")), UnknownGenreError,
         "No track of the catalog is of the genre “indie rokc”. Closest: Indie Rock"),
        (Ask(filters=Filters(genre="qqqq")), UnknownGenreError, "Nothing there comes close, either."),
        (Ask(language="Spansh"), UnknownLanguageError, "“Spansh” is no language that I know. Closest: Spanish."),
        (Ask(language="xqzzxq"), UnknownLanguageError, "Nothing there comes close, either."),
        (Ask(language="Welsh"), LanguageNotSungError,
         "No song of the catalog is known to be sung in Welsh. There are: English; Spanish."),
    ],
)  # fmt: skip
def test_what_the_catalog_has_not_brings_what_it_has(
    catalog: Database, ask: Ask, error: type[BotError], sentence: str
) -> None:
    with pytest.raises(error) as caught:
        asked(catalog, ask)

    assert sentence in str(caught.value)


def test_a_catalog_of_unknown_languages_says_so(database: Database) -> None:
    add(database, facts("One"))

    with pytest.raises(LanguageNotSungError, match="Of none the language is known"):
        asked(database, Ask(language="en"))


def test_an_empty_catalog_is_not_blamed_on_the_genre(database: Database) -> None:
    with pytest.raises(EmptyCatalogError):
        asked(database, Ask(filters=Filters(genre="rock")))
    with pytest.raises(EmptyCatalogError):
        asked(database, Ask(language="en"))


@pytest.mark.parametrize(
    ("filters", "tracks", "said"),
    [
        (Filters(explicit=False), "1,000", "explicit flag: they may be explicit all the same"),
        (Filters(explicit=True), "1,000", "explicit flag: they are left out"),
        (Filters(max_ms=1), "3", "known length: they may be longer"),
        (Filters(language="en"), "900", "known language: they are left out"),
        (Filters(popularity=PopularityBand(highest=29)), "200", "known popularity: they count as little known"),
        (Filters(popularity=PopularityBand(lowest=60)), "200", "known popularity: they are left out"),
    ],
)
def test_what_a_filter_could_not_see_is_said(filters: Filters, tracks: str, said: str) -> None:
    assert filter_notes(filters, GAPS) == (f"{tracks} of the 1,000 tracks of the catalog have no {said}.",)


def test_a_few_that_are_left_out_are_not_worth_a_remark() -> None:
    complete = Gaps(tracks=1_000, year=0, explicit=0, language=0, duration=0, popularity=0)
    every = Filters(explicit=False, max_ms=1, language="en", decade=1990, popularity=PopularityBand(highest=50))

    assert filter_notes(Filters(decade=1990), GAPS) == ()
    assert filter_notes(OPEN_FILTERS, GAPS) == ()
    assert filter_notes(every, complete) == ()


def test_choices_begin_with_what_was_typed_and_the_commonest_come_first(catalog: Database) -> None:
    choices = FilterChoices(catalog, lambda: NOON)

    assert [each.value for each in choices.genres("", 25)] == ["folk", "folk rock", "Indie Rock", "jazz"]
    assert [each.value for each in choices.genres("ROCK", 25)] == ["folk rock", "Indie Rock"]
    assert [each.value for each in choices.genres("", 2)] == ["folk", "folk rock"]
    assert [(each.label, each.value) for each in choices.languages("", 25)] == [("English", "en"), ("Spanish", "es")]
    assert [each.value for each in choices.languages("spa", 25)] == ["es"]


def test_choices_are_counted_anew_after_a_while(catalog: Database) -> None:
    at = NOON

    def now() -> datetime:
        return at

    choices = FilterChoices(catalog, now)
    assert choices.genres("ska", 25) == choices.languages("ger", 25) == []
    add(catalog, facts("Four", genres=("ska",), language="de"))

    at = NOON + KEPT_FOR - timedelta(seconds=1)
    assert choices.genres("ska", 25) == choices.languages("ger", 25) == []
    at = NOON + KEPT_FOR
    assert [each.label for each in (*choices.genres("ska", 25), *choices.languages("ger", 25))] == ["ska", "German"]
