from collections.abc import Sequence
from typing import Any

from recommender.area_names import NAMELESS, AreaName, area_names
from recommender.types import NO_AUDIO_FEATURES, AudioFeatures, ReleaseDate, Track, TrackKey

ACOUSTIC = AudioFeatures(acousticness=0.9, energy=0.55, valence=0.5, danceability=0.5, tempo=110)
ELECTRIC = AudioFeatures(acousticness=0.1, energy=0.55, valence=0.5, danceability=0.5, tempo=110)


def track(
    artist: str = "Somebody",
    *genres: str,
    year: int | None = None,
    audio: AudioFeatures = NO_AUDIO_FEATURES,
) -> Track:
    released = ReleaseDate(year) if year is not None else None
    return Track(key=TrackKey(1), title="A", artists=(artist,), genres=genres, released=released, audio=audio)


def times(count: int, *args: Any, **known: Any) -> list[Track]:
    return [track(*args, **known)] * count


def named(*groups: Sequence[Track], background: Sequence[Track] = ()) -> tuple[AreaName, ...]:
    everything = [each for group in groups for each in group]
    return area_names([[(each, 1.0) for each in group] for group in groups], [*everything, *background])


def test_a_group_is_named_by_the_genres_that_tell_it_apart() -> None:
    ska = times(6, "A", "pop", "ska") + times(4, "A", "pop", "dub")
    folk = times(10, "B", "pop", "folk")

    names = named(ska, folk)

    assert [each.name for each in names] == ["ska · dub", "folk"]
    assert [each.genres for each in names] == [("ska", "dub"), ("folk",)]


def test_a_genre_that_few_of_the_tracks_have_names_nothing() -> None:
    names = named(times(19, "A", "ska") + times(1, "A", "polka"), times(20, "B", "folk"))

    assert names[0].genres == ("ska",)


def test_without_genres_the_decade_and_the_sound_name_it() -> None:
    old = times(10, "A", year=1973, audio=ACOUSTIC)
    new = times(10, "B", year=2016, audio=ELECTRIC)

    names = named(old, new)

    assert [each.name for each in names] == ["1970s · acoustic", "2010s"]
    assert (names[0].decade, names[0].sounds) == (1970, ("acoustic",))


def test_a_decade_is_told_of_the_tracks_whose_year_is_known() -> None:
    known = times(2, "A", "ska", year=1981) + times(8, "A", "ska")
    others = times(10, "B", "folk", year=2016)

    assert named(known, others)[0].decade == 1980


def test_two_groups_of_one_genre_are_told_apart_by_what_else_differs() -> None:
    old = times(10, "A", "rap", year=1993)
    new = times(10, "B", "rap", year=2016)
    folk = times(40, "C", "folk", year=2005)

    assert [each.name for each in named(old, new, folk)] == ["rap · 1990s", "rap · 2010s", "folk"]


def test_groups_that_nothing_tells_apart_are_numbered() -> None:
    one = times(10, "A", "pop")

    assert [each.name for each in named(one, one, one)] == [NAMELESS, f"{NAMELESS} (2)", f"{NAMELESS} (3)"]


def test_artists_stand_for_a_group_that_has_most_of_their_tracks() -> None:
    ska = [*times(4, "Ska Band", "ska"), *times(2, "Everywhere", "ska"), *times(1, "Once", "ska")]
    folk = [*times(20, "Folk Duo", "folk"), *times(20, "Everywhere", "folk")]

    assert named(ska, folk)[0].artists == ("Ska Band",)


def test_one_named_track_is_told_by_its_own_words() -> None:
    background = times(50, "B", "folk", "pop")

    (name,) = area_names([[(track("A", "pop", "drill", year=2019), 1.0)]], background)

    assert (name.name, name.artists, name.decade) == ("drill", ("A",), 2010)


def test_strong_tracks_say_more() -> None:
    group = [(track("A", "ska"), 9.0), (track("A", "dub"), 1.0)]

    (name,) = area_names([group], times(20, "B", "folk"))

    assert name.genres == ("ska",)


def test_an_empty_group_has_no_words() -> None:
    assert area_names([[]], times(3, "A", "pop")) == (AreaName(name=NAMELESS),)


def test_one_genre_in_two_spellings_is_one() -> None:
    ska = [*times(5, "A", "Hip-Hop"), *times(5, "A", "hip hop")]

    assert named(ska, times(20, "B", "folk"))[0].genres == ("Hip-Hop",)
