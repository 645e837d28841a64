"""The database counts the catalog as the recommender counts tracks at hand."""

import pytest

from recommender.tallies import Sound, Tally, decade_tally, genre_tally, sound_of
from recommender.types import AudioFeatures, ReleaseDate
from storage.database import Database
from tests.storage.builders import add, facts


@pytest.fixture
def catalog(database: Database) -> Database:
    add(
        database,
        facts("One", genres=("ska", "dub"), released=ReleaseDate(1979, 5), audio=AudioFeatures(energy=0.9, tempo=140)),
        facts("Two", genres=("ska",), released=ReleaseDate(1981), audio=AudioFeatures(energy=0.4, tempo=0)),
        facts("Three", genres=("folk",), released=ReleaseDate(1989, 1, 2), audio=AudioFeatures(loudness=-12.5)),
        facts("Four"),
    )
    return database


def tallied(database: Database, genre: str | None = None) -> tuple[Tally, Tally, Sound]:
    with database.reading() as stored:
        return stored.tallies.genres(), stored.tallies.decades(), stored.tallies.sound(genre=genre)


def approximately(sound: Sound) -> dict[str, object]:
    return {
        name: pytest.approx((spread.mean, spread.deviation, spread.known), abs=1e-6) for name, spread in sound.items()
    }


def test_the_catalog_is_counted_as_its_tracks_are(catalog: Database) -> None:
    with catalog.reading() as stored:
        tracks = [(track, 1.0) for track in stored.tracks.search("", 10)]

    genres, decades, sound = tallied(catalog)

    assert len(tracks) == 4
    assert (genres, decades) == (genre_tally(tracks), decade_tally(tracks))
    assert list(decades.counts) == ["1970s", "1980s"]
    assert {name: (each.mean, each.deviation, each.known) for name, each in sound.items()} == approximately(
        sound_of(tracks)
    )


def test_the_sound_of_a_genre_is_that_of_its_tracks(catalog: Database) -> None:
    *_, ska = tallied(catalog, "SKA")

    assert set(ska) == {"energy", "tempo"}
    assert ska["energy"].mean == pytest.approx(0.65)
    assert (ska["tempo"].mean, ska["tempo"].known) == (140, 1)


def test_the_sound_of_a_decade_is_that_of_its_years(catalog: Database) -> None:
    with catalog.reading() as stored:
        seventies, eighties = (stored.tallies.sound(decade=decade) for decade in ("1970s", "1980s"))

    assert {name: spread.mean for name, spread in seventies.items()} == pytest.approx({"energy": 0.9, "tempo": 140})
    assert {name: spread.mean for name, spread in eighties.items()} == pytest.approx({"energy": 0.4, "loudness": -12.5})


def test_an_empty_catalog_is_made_of_nothing(database: Database) -> None:
    nothing = Tally(counts={}, known=0.0, total=0.0)

    assert tallied(database) == (nothing, nothing, {})
    assert tallied(database, "ska")[2] == {}
