import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.tallies import SOUND_FEATURES, Tally, decade_tally, genre_tally, sound_of
from recommender.types import NO_AUDIO_FEATURES, AudioFeatures, ReleaseDate, Track, TrackKey


def track(*genres: str, year: int | None = None, audio: AudioFeatures = NO_AUDIO_FEATURES) -> Track:
    released = ReleaseDate(year) if year is not None else None
    return Track(key=TrackKey(1), title="A", artists=("B",), genres=genres, released=released, audio=audio)


def test_a_track_counts_for_each_of_its_genres_with_its_weight() -> None:
    tally = genre_tally([(track("Ska", "dub"), 3.0), (track("ska"), 1.0), (track(), 4.0)])

    assert tally == Tally(counts={"Ska": 4.0, "dub": 3.0}, known=4.0, total=8.0)
    assert tally.share("dub") == 0.75
    assert tally.ranked == ("Ska", "dub")


def test_one_genre_in_two_spellings_counts_once() -> None:
    assert genre_tally([(track("hip hop", "Hip-Hop"), 1.0)]).counts == {"Hip-Hop": 1.0}


def test_what_nothing_is_known_of_has_no_share() -> None:
    tally = genre_tally([(track(), 1.0)])

    assert (tally.share("ska"), tally.ranked) == (0.0, ())


def test_decades_come_in_their_order_and_their_shares_add_up() -> None:
    tally = decade_tally([(track(year=2009), 1.0), (track(year=1991), 2.0), (track(year=1999), 1.0), (track(), 5.0)])

    assert list(tally.counts.items()) == [("1990s", 3.0), ("2000s", 1.0)]
    assert (tally.known, tally.total) == (4.0, 9.0)
    assert sum(map(tally.share, tally.counts)) == pytest.approx(1)


def test_the_sound_is_weighted_and_leaves_out_what_is_not_known() -> None:
    loud = track(audio=AudioFeatures(energy=0.9, tempo=0))
    quiet = track(audio=AudioFeatures(energy=0.1))

    sound = sound_of([(loud, 3.0), (quiet, 1.0), (track(), 7.0)])

    assert list(sound) == ["energy"], "a tempo of 0 was not found"
    assert (sound["energy"].mean, sound["energy"].known) == pytest.approx((0.7, 4.0))
    assert sound["energy"].deviation == pytest.approx((3 * 0.2**2 / 4 + 0.6**2 / 4) ** 0.5)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 5)), min_size=1, max_size=20))
def test_a_weight_of_two_is_the_track_twice(values: list[tuple[float, int]]) -> None:
    tracks = [(track(audio=AudioFeatures(valence=value)), weight) for value, weight in values]

    weighted = sound_of([(each, float(weight)) for each, weight in tracks])["valence"]
    repeated = sound_of([(each, 1.0) for each, weight in tracks for _ in range(weight)])["valence"]

    assert (weighted.mean, weighted.deviation) == pytest.approx((repeated.mean, repeated.deviation), abs=1e-9)


def test_features_without_a_middle_are_left_out() -> None:
    assert not {"key", "mode", "time_signature"} & set(SOUND_FEATURES)
