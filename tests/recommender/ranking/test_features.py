from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.ranking import features as module
from recommender.ranking.directions import known_vectors
from recommender.ranking.features import (
    FEATURE_PARTS,
    FEATURES,
    MAX_PROFILE_TRACKS,
    OF_ARTISTS,
    OF_TRACKS,
    POPULARITY_APART,
    SOUND_SHARPNESS,
    YEARS_APART,
    OwnInLists,
    Profile,
    ProfileScores,
)
from recommender.types import (
    NO_AUDIO_FEATURES,
    VECTORS,
    Keys,
    Modality,
    ReleaseDate,
    ScoreParts,
    TrackKey,
    Weights,
)
from tests.recommender.ranking.catalogs import GENRES, Catalog, genre_lists, three_genres, track

METAL, LULLABY, DISCO = GENRES
ALL = np.arange(1, 121, dtype=np.int64)
NONE = np.empty(0, dtype=np.int64)
UNHEARD = (31, 36)
"""The first songs of the two metal acts that no list has."""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return three_genres()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index")


@pytest.fixture(scope="module")
def lists(catalog: Catalog) -> list[list[int]]:
    return genre_lists(catalog)


@pytest.fixture(scope="module")
def several(catalog: Catalog, folder: Path, lists: list[list[int]]) -> ProfileScores:
    """Of somebody who has five metal songs."""
    return scores_of(catalog, folder, profile(1, 2, 6, 11, 16), lists)


def profile(*keys: int, strengths: Sequence[float] | None = None) -> Profile:
    return Profile.of(keys_of(keys), np.asarray(strengths or [1.0] * len(keys), dtype=np.float32))


def keys_of(keys: Iterable[int]) -> Keys:
    return np.asarray([*keys], dtype=np.int64)


def scores_of(catalog: Catalog, folder: Path, of: Profile, lists: Iterable[Iterable[int]] = ()) -> ProfileScores:
    return ProfileScores(of, catalog.tables(lists), catalog.index(folder))


class TestProfiles:
    def test_the_strongest_tracks_count_strongest_first_and_equals_by_key(self) -> None:
        of = Profile.of(keys_of([9, 3, 7, 5]), np.asarray([1, 2, 1, 3], dtype=np.float64))

        assert of.keys.tolist() == [5, 3, 7, 9]
        assert of.strengths.tolist() == [3, 2, 1, 1]
        assert of.shares.sum() == pytest.approx(1)
        assert len(of) == 4

    def test_only_so_many_tracks_count(self) -> None:
        of = Profile.of(np.arange(1, 501), np.arange(1, 501, dtype=np.float32))

        assert len(of) == MAX_PROFILE_TRACKS
        assert of.keys.min() == 201

    def test_what_has_faded_counts_less_and_often_no_more_than_once(self) -> None:
        assert profile(1, 2, 3, strengths=[8, 2, 0.5]).counted.tolist() == [1, 1, 0.25]

    @pytest.mark.parametrize("of", [profile(16, 2, 1, 11, 6), profile(11, 6, 16, 1, 2)])
    def test_the_order_of_tracks_makes_no_difference(
        self, catalog: Catalog, folder: Path, lists: list[list[int]], several: ProfileScores, of: Profile
    ) -> None:
        assert (scores_of(catalog, folder, of, lists).features(ALL).values == several.features(ALL).values).all()


class TestFeatures:
    def test_every_feature_has_a_part_of_the_score(self) -> None:
        parts = set(ScoreParts().as_dict())

        assert set(FEATURES) == set(FEATURE_PARTS)
        assert set(FEATURE_PARTS.values()) == parts - {"discovery", "dislikes"}

    def test_features_are_finite_and_never_negative(self, several: ProfileScores) -> None:
        values = several.features(ALL).values

        assert values.shape == (120, len(FEATURES))
        assert np.isfinite(values).all()
        assert (values >= 0).all()
        assert (values.max(axis=0) > 0).all()

    def test_candidates_are_described_one_by_one(self, several: ProfileScores) -> None:
        some = keys_of([4, 44, 84, 120])

        assert several.features(some).values == pytest.approx(several.features(ALL).values[some - 1], abs=1e-6)
        assert several.features(NONE).values.shape == (0, len(FEATURES))

    def test_words_are_mean_and_nearest_cosines(self, catalog: Catalog, folder: Path) -> None:
        of = profile(1, 2, 6, strengths=[3, 2, 1])
        dense = catalog.tables().words
        cosines = (dense @ dense[of.keys - 1].T).toarray()

        found = scores_of(catalog, folder, of).features(ALL)

        assert found.of("words") == pytest.approx(cosines @ np.asarray([3, 2, 1]) / 6, abs=1e-5)
        assert found.of("nearest_words") == pytest.approx(cosines.max(axis=1), abs=1e-5)

    def test_vectors_are_compared_with_the_mean_of_what_is_known(self, catalog: Catalog, folder: Path) -> None:
        of = profile(1, 6, strengths=[3, 1])
        index = catalog.index(folder)
        own = known_vectors(index, of.keys)
        mean = 0.75 * own[0] + 0.25 * own[1]

        found = scores_of(catalog, folder, of).features(ALL)

        for name, modality in (("meaning", Modality.TEXT), ("cover", Modality.IMAGE), ("sound", Modality.AUDIO)):
            at = index.space.slices[modality]
            expected = np.maximum(index.vectors_of(ALL)[:, at] @ mean[at], 0)
            assert found.of(name) == pytest.approx(expected, abs=1e-5)

    def test_sounds_alike_are_counted(self, catalog: Catalog, folder: Path) -> None:
        of = profile(1, 41, strengths=[1, 3])
        index = catalog.index(folder)
        at = index.space.slices[Modality.AUDIO]
        cosines = index.vectors_of(ALL)[:, at] @ index.vectors_of(of.keys)[:, at].T

        found = scores_of(catalog, folder, of).features(ALL).of("sound_density")

        assert found == pytest.approx(np.exp(SOUND_SHARPNESS * (cosines - 1)) @ of.shares, abs=1e-5)

    def test_tracks_of_an_artist_are_counted(self, catalog: Catalog, folder: Path) -> None:
        found = scores_of(catalog, folder, profile(1, 2, 6, strengths=[1, 1, 0.25])).features(ALL).of("artist")

        assert found[:5].tolist() == [2] * 5
        assert found[5:10].tolist() == [0.25] * 5
        assert not found[10:].any()

    def test_tracks_of_nobody_are_not_by_the_same_artist(self, folder: Path, catalog: Catalog) -> None:
        nameless = [replace(each, artists=("",)) for each in catalog.all.values()]

        found = scores_of(Catalog(nameless), folder, profile(1, 2)).features(ALL).of("artist")

        assert not found.any()

    def test_what_lists_say_reaches_tracks_and_artists(self, several: ProfileScores, lists: list[list[int]]) -> None:
        found = several.features(ALL)
        heard = {key for each in lists for key in each}

        for name in OF_TRACKS:
            assert {int(key) for key in ALL[found.of(name) > 0]} <= heard
            assert found.of(name)[:30].mean() > 3 * found.of(name)[40:].mean()
        for name in OF_ARTISTS:
            assert (found.of(name)[:5] == found.of(name)[0]).all()
            assert not found.of(name)[[key - 1 for key in UNHEARD]].any()
            assert found.of(name)[:30].mean() > 3 * found.of(name)[40:].mean()

    def test_artists_tell_of_songs_that_no_list_has(self, catalog: Catalog, folder: Path) -> None:
        lists = [[each for each in keys if each != 8] for keys in genre_lists(catalog)]

        found = scores_of(catalog, folder, profile(1, 2, 11), lists).features(keys_of([7, 8]))

        assert not any(found.of(name)[1] for name in OF_TRACKS)
        assert all(found.of(name)[1] == found.of(name)[0] > 0 for name in OF_ARTISTS)

    def test_without_lists_others_say_nothing(self, catalog: Catalog, folder: Path) -> None:
        scores = scores_of(catalog, folder, profile(1, 2))

        assert not scores.has_listeners
        assert not any(scores.features(ALL).of(name).any() for name in (*OF_TRACKS, *OF_ARTISTS))
        assert scores.own_in_lists(3) is None
        assert scores.own_artist_in_lists(3) is None

    def test_a_profile_that_no_list_has_has_no_listeners(
        self, catalog: Catalog, folder: Path, lists: list[list[int]]
    ) -> None:
        assert not scores_of(catalog, folder, profile(*UNHEARD), lists).has_listeners
        assert scores_of(catalog, folder, profile(*UNHEARD, 1), lists).has_listeners

    def test_tracks_that_are_searchable_but_in_no_table_keep_what_vectors_say(
        self, catalog: Catalog, folder: Path
    ) -> None:
        tables = Catalog([each for each in catalog.all.values() if each.key != 3]).tables()
        known = scores_of(catalog, folder, profile(1, 2)).features(keys_of([3]))

        found = ProfileScores(profile(1, 2), tables, catalog.index(folder)).features(keys_of([3]))

        of_vectors = {"meaning", "cover", "sound", "sound_density"}
        assert {name for name in FEATURES if found.of(name)[0]} == of_vectors
        assert all(found.of(name) == pytest.approx(known.of(name)) for name in of_vectors)

    def test_a_profile_of_which_nothing_is_known_says_nothing(self, catalog: Catalog, folder: Path) -> None:
        scores = scores_of(catalog, folder, profile(998, 999))

        assert not scores.features(ALL).values.any()
        assert scores.proposals(Weights(), excluded=NONE) == {}


class TestBehind:
    """Which own track lists, or the artist, speak of."""

    LISTS = ([1, 7], [2, 7, 8], [2, 7, 9], [11, 9], [1, 2, 11], [1, 90], [2, 91], [6, 92])

    def scores(self, catalog: Catalog, folder: Path) -> ProfileScores:
        return scores_of(catalog, folder, profile(1, 2, 11, strengths=[1, 2, 3]), self.LISTS)

    def test_a_track_that_several_lists_have_beside_it_comes_before_one_that_one_has(
        self, catalog: Catalog, folder: Path
    ) -> None:
        scores = self.scores(catalog, folder)

        assert scores.own_in_lists(7) == OwnInLists(own=TrackKey(2), lists=2)
        assert scores.own_in_lists(90) == OwnInLists(own=TrackKey(1), lists=1)
        assert scores.own_in_lists(92) is None
        assert scores.own_in_lists(120) is None
        assert scores.own_in_lists(9_999) is None

    def test_artists_are_told_by_their_strongest_own_track(self, catalog: Catalog, folder: Path) -> None:
        scores = self.scores(catalog, folder)

        # Songs 1 to 5 are by the first act, 6 to 10 by the second, 11 to 15 by the third.
        assert scores.own_artist_in_lists(8) == OwnInLists(own=TrackKey(2), lists=3)
        assert scores.own_artist_in_lists(10) == scores.own_artist_in_lists(8)
        assert scores.own_artist_in_lists(3) == OwnInLists(own=TrackKey(11), lists=1)
        assert scores.own_artist_in_lists(120) is None
        assert scores.own_artist_in_lists(9_999) is None

    def test_own_tracks_by_the_same_artist_come_strongest_first(self, catalog: Catalog, folder: Path) -> None:
        scores = self.scores(catalog, folder)

        assert scores.own_by_artist_of(3) == (2, 1)
        assert scores.own_by_artist_of(8) == ()
        assert scores.own_by_artist_of(9_999) == ()

    def test_nobody_is_no_artist(self, catalog: Catalog, folder: Path) -> None:
        nameless = Catalog([replace(each, artists=("",)) for each in catalog.all.values()])
        scores = scores_of(nameless, folder, profile(1, 2), self.LISTS)

        assert scores.own_by_artist_of(3) == ()
        assert scores.own_artist_in_lists(8) is None
        assert scores.own_in_lists(7) == OwnInLists(own=TrackKey(2), lists=2)


class TestUnknownFacts:
    """Years and popularity that nobody told speak neither for nor against a track."""

    def stripped(self, *keys: int) -> Catalog:
        tracks = three_genres().all
        return Catalog(
            [
                replace(each, released=None, popularity=None, audio=NO_AUDIO_FEATURES) if key in keys else each
                for key, each in tracks.items()
            ]
        )

    @pytest.mark.parametrize("name", ["years", "popularity"])
    def test_what_is_unknown_of_a_candidate_is_taken_for_the_median(self, folder: Path, name: str) -> None:
        found = scores_of(self.stripped(3, 50), folder, profile(1, 2)).features(ALL).of(name)

        known = np.delete(found, [2, 49])
        assert found[[2, 49]] == pytest.approx([np.median(known)] * 2)
        assert known.min() < np.median(known) < known.max()

    @pytest.mark.parametrize("name", ["years", "popularity"])
    def test_what_is_unknown_of_a_profile_is_not_compared(self, folder: Path, name: str) -> None:
        one = scores_of(self.stripped(2), folder, profile(1, 2)).features(ALL).of(name)
        alone = scores_of(self.stripped(2), folder, profile(1)).features(ALL).of(name)
        none = scores_of(self.stripped(1, 2), folder, profile(1, 2)).features(ALL).of(name)

        assert one == pytest.approx(alone)
        assert not none.any()

    def test_closeness_in_years_and_popularity_falls_with_the_distance(self, folder: Path) -> None:
        songs = [
            track(key, f"Song {key}", f"Act {key}", released=ReleaseDate(year), popularity=popularity)
            for key, (year, popularity) in enumerate([(2000, 40), (2000, 60), (2005, 50), (1990, 90)], start=1)
        ]

        found = scores_of(Catalog(songs), folder, profile(1, 2)).features(keys_of([1, 2, 3, 4]))

        assert found.of("years") == pytest.approx(np.exp(-np.asarray([0, 0, 5, 10]) / YEARS_APART))
        assert found.of("popularity") == pytest.approx(np.exp(-np.asarray([10, 10, 0, 40]) / POPULARITY_APART))


class TestProposals:
    def test_every_source_brings_its_best_first(self, several: ProfileScores) -> None:
        excluded = keys_of([1, 2, 6, 11, 16])

        found = several.proposals(Weights(), excluded=excluded)

        assert set(found) == {VECTORS, "sound", "words", "artist", *OF_TRACKS, *OF_ARTISTS}
        described = several.features(ALL)
        for name in ("words", "artist", *OF_TRACKS, *OF_ARTISTS):
            values = described.of(name)[found[name] - 1]
            assert (np.diff(values) <= 1e-6).all()
            assert (values > 0).all()
            assert not np.isin(found[name], excluded).any()

    def test_only_what_may_come_is_proposed(self, several: ProfileScores) -> None:
        among = keys_of([3, 7, 8, 12, 50])

        found = several.proposals(Weights(), excluded=keys_of([7]), among=among)

        assert {int(key) for keys in found.values() for key in keys} == {3, 8, 12, 50}
        assert several.proposals(Weights(), excluded=among, among=among) == {}

    @pytest.mark.parametrize(
        ("weights", "silent"),
        [
            (Weights(collaborative=0), {*OF_TRACKS, *OF_ARTISTS}),
            (Weights(text=0), {"words"}),
            (Weights(audio=0), {"sound"}),
        ],
    )
    def test_a_source_of_what_does_not_count_proposes_nothing(
        self, several: ProfileScores, weights: Weights, silent: set[str]
    ) -> None:
        found = several.proposals(weights, excluded=NONE)

        assert set(found) == {VECTORS, "sound", "words", "artist", *OF_TRACKS, *OF_ARTISTS} - silent

    def test_where_others_alone_are_asked_nothing_else_proposes(self, several: ProfileScores) -> None:
        found = several.proposals(Weights.only(Modality.COLLABORATIVE), excluded=NONE, listeners_only=True)

        assert set(found) == {*OF_TRACKS, *OF_ARTISTS}

    def test_each_source_brings_only_so_many_and_of_equals_the_popular(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "PROPOSED", 2)
        songs = [track(key, f"Song {key}", "The Anvils", popularity=key % 7) for key in range(1, 15)]

        found = scores_of(Catalog(songs), folder, profile(1)).proposals(Weights(), excluded=keys_of([1]))

        assert sorted(found["artist"].tolist()) == [6, 13]
        assert all(len(keys) <= 2 for keys in found.values())

    def test_a_profile_without_sound_finds_nothing_by_sound(self, catalog: Catalog, folder: Path) -> None:
        silent = Catalog(
            [replace(each, audio=NO_AUDIO_FEATURES) if key == 1 else each for key, each in catalog.all.items()],
            catalog.covers,
        )

        found = scores_of(silent, folder, profile(1)).proposals(Weights(), excluded=NONE)

        assert "sound" not in found
        assert VECTORS in found


def test_what_is_guessed_of_a_profile_does_not_count(folder: Path) -> None:
    songs = three_genres()
    songs.all[TrackKey(2)] = replace(songs.all[TrackKey(2)], audio=NO_AUDIO_FEATURES)

    both, alone = (scores_of(songs, folder, of).features(ALL) for of in (profile(1, 2), profile(1)))

    for name in ("sound", "sound_density"):
        assert both.of(name) == pytest.approx(alone.of(name), abs=1e-6)
