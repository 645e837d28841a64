import math

import pytest

from recommender.audio_columns import AUDIO_COLUMNS, audio_row
from recommender.types import NO_AUDIO_FEATURES, AudioFeatures


def named(features: AudioFeatures) -> dict[str, float]:
    return dict(zip(AUDIO_COLUMNS, audio_row(features), strict=True))


def test_unknown_features_are_nan() -> None:
    assert all(math.isnan(value) for value in audio_row(NO_AUDIO_FEATURES))


def test_known_features_keep_their_units() -> None:
    row = named(AudioFeatures(loudness=-7.5, tempo=128.0, mode=1, time_signature=4))

    assert (row["loudness"], row["tempo"], row["mode"], row["time_signature"]) == (-7.5, 128.0, 1.0, 4.0)
    assert math.isnan(row["energy"])


def test_keys_a_fifth_apart_are_closer_than_keys_a_semitone_apart() -> None:
    c, g, c_sharp = (audio_row(AudioFeatures(key=pitch))[-2:] for pitch in (0, 7, 1))

    assert math.dist(c, g) < math.dist(c, c_sharp)


def test_every_key_lies_on_the_unit_circle_and_no_two_coincide() -> None:
    places = [tuple(audio_row(AudioFeatures(key=pitch))[-2:]) for pitch in range(12)]

    assert all(math.hypot(*place) == pytest.approx(1) for place in places)
    assert min(math.dist(a, b) for a in places for b in places if a is not b) > 0.5


def test_what_was_not_detected_is_unknown() -> None:
    row = named(AudioFeatures(key=-1, tempo=0.0, time_signature=0))

    assert all(math.isnan(row[name]) for name in ("key_cos", "key_sin", "tempo", "time_signature"))


def test_a_silent_feature_is_known() -> None:
    assert named(AudioFeatures(energy=0.0, mode=0))["energy"] == 0.0
