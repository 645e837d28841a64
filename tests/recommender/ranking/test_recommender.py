from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.errors import EmptyCatalogError, NothingToGoOnError
from recommender.ranking.recommender import Recommender
from recommender.songs import same_song_key
from recommender.types import (
    NO_AUDIO_FEATURES,
    Fact,
    Filters,
    Modality,
    Recommendation,
    ReleaseDate,
    Request,
    SeedKind,
    SignalKind,
    Source,
    TrackKey,
    Weights,
)
from tests.recommender.ranking.catalogs import (
    GENRES,
    NOW,
    Catalog,
    for_member,
    from_artist,
    from_cover,
    from_prompt,
    keys_of,
    picture,
    played,
    seeds,
    signal,
    three_genres,
    track,
)

SOUND = Weights.only(Modality.AUDIO)
METAL, LULLABY, DISCO = GENRES
METAL_KEYS = range(1, 41)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return three_genres()


@pytest.fixture(scope="module")
def recommender(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    return catalog.recommender(tmp_path_factory.mktemp("index"))


def genres_of(answer: Recommendation) -> list[str]:
    return [each.track.genres[0] for each in answer.suggestions]


def with_more(*more: Callable[[Catalog], None]) -> Catalog:
    catalog = three_genres()
    for change in more:
        change(catalog)
    return catalog


class TestAnswers:
    """What every answer promises, whatever is asked."""

    @given(
        key=st.integers(1, 120),
        mix=st.floats(0, 1),
        discovery=st.floats(0, 1),
        count=st.integers(1, 25),
        weights=st.sampled_from([Weights(), SOUND, Weights.only(Modality.TEXT), Weights(text=0, image=1)]),
    )
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_parts_add_up_tracks_are_distinct_and_artists_capped(
        self, recommender: Recommender, key: int, mix: float, discovery: float, count: int, weights: Weights
    ) -> None:
        answer = recommender.recommend(seeds(key, mix=mix, discovery=discovery, count=count, weights=weights))

        assert len(answer.suggestions) == count
        assert [each.rank for each in answer.suggestions] == list(range(1, count + 1))
        assert key not in keys_of(answer)
        songs = {same_song_key(each.track.title, each.track.artists[0]) for each in answer.suggestions}
        assert len(songs) == count
        artists = [each.track.artists[0] for each in answer.suggestions]
        assert all(artists.count(artist) <= 2 for artist in artists)
        for each in answer.suggestions:
            assert abs(sum(each.parts.as_dict().values()) - each.score) < 1e-6
            assert each.reason
            assert "\n" not in each.reason
            assert each.because_of == key

    def test_the_same_request_gives_the_same_answer(self, recommender: Recommender) -> None:
        signals = [played(key, key % 4 + 1) for key in range(1, 90, 3)]

        assert recommender.recommend(for_member(), signals) == recommender.recommend(for_member(), signals[::-1])

    def test_it_says_what_was_searched(self, recommender: Recommender) -> None:
        answer = recommender.recommend(seeds(1))

        assert answer.catalog_tracks == 120
        assert answer.fingerprint

    def test_an_empty_catalog_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(EmptyCatalogError):
            Catalog([]).recommender(tmp_path).recommend(seeds(1))


class TestTrackSeeds:
    @pytest.mark.parametrize("key", [1, 41, 81])
    def test_suggestions_are_of_the_seeds_kind(self, recommender: Recommender, catalog: Catalog, key: int) -> None:
        answer = recommender.recommend(seeds(key))

        assert genres_of(answer).count(catalog.all[TrackKey(key)].genres[0]) == 10

    def test_two_seeds_far_apart_both_get_their_like(self, recommender: Recommender) -> None:
        answer = recommender.recommend(seeds(1, 41))

        assert genres_of(answer).count(METAL) == 5
        assert genres_of(answer).count(LULLABY) == 5
        for each in answer.suggestions:
            assert each.because_of == (1 if each.track.genres[0] == METAL else 41)

    def test_versions_and_covers_of_the_seed_do_not_come_back(self, tmp_path: Path) -> None:
        def versions(catalog: Catalog) -> None:
            seed = catalog.all[TrackKey(1)]
            for key, title, artist in (
                (201, f"{seed.title} - Live at the Harbour", seed.artists[0]),
                (202, f"{seed.title} - Remastered 2011", seed.artists[0]),
                (203, seed.title, "Somebody Else"),
                (204, f"{seed.title} (Karaoke Version)", "Sing Along Stars"),
                (205, "Another Song (Karaoke Version)", seed.artists[0]),
            ):
                catalog.all[TrackKey(key)] = replace(seed, key=TrackKey(key), title=title, artists=(artist,))

        answer = with_more(versions).recommender(tmp_path).recommend(seeds(1, count=20))

        assert not {201, 202, 203, 204, 205} & set(keys_of(answer))

    def test_a_karaoke_seed_may_lead_to_karaoke(self, tmp_path: Path) -> None:
        def karaoke(catalog: Catalog) -> None:
            like = catalog.all[TrackKey(1)]
            for key, title in ((201, "Anvil (Karaoke Version)"), (202, "Comet (Karaoke Version)")):
                catalog.all[TrackKey(key)] = replace(like, key=TrackKey(key), title=title, artists=("Sing Along",))

        answer = with_more(karaoke).recommender(tmp_path).recommend(seeds(201))

        assert 202 in keys_of(answer)

    def test_years_near_the_seed_come_first_among_equals(self, tmp_path: Path) -> None:
        def same_but_for_the_year(catalog: Catalog) -> None:
            like = catalog.all[TrackKey(1)]
            for key, year in ((201, 1995), (202, 1996), (203, 2020)):
                catalog.all[TrackKey(key)] = replace(
                    like, key=TrackKey(key), title=f"Song {key}", artists=(f"Act {key}",), released=ReleaseDate(year)
                )

        answer = with_more(same_but_for_the_year).recommender(tmp_path).recommend(seeds(201, mix=0.0))
        eras = {each.track.key: each.parts.era for each in answer.suggestions}

        assert eras[TrackKey(202)] > eras[TrackKey(203)]
        assert keys_of(answer).index(202) < keys_of(answer).index(203)

    def test_by_sound_alone_nothing_but_sound_counts_as_content(self, recommender: Recommender) -> None:
        suggestions = recommender.recommend(seeds(1, weights=SOUND)).suggestions

        assert suggestions
        for each in suggestions:
            assert each.parts.audio > 0
            assert (each.parts.text, each.parts.image, each.parts.era) == (0, 0, 0)
            assert "close in sound to" in each.reason.casefold()

    def test_a_seed_without_sound_cannot_be_followed_by_sound(self, tmp_path: Path) -> None:
        def silent(catalog: Catalog) -> None:
            catalog.all[TrackKey(1)] = replace(catalog.all[TrackKey(1)], audio=NO_AUDIO_FEATURES)

        recommender = with_more(silent).recommender(tmp_path)

        with pytest.raises(NothingToGoOnError, match="everything"):
            recommender.recommend(seeds(1, weights=SOUND))
        assert len(recommender.recommend(seeds(1)).suggestions) == 10

    def test_a_track_that_is_not_searchable_gives_nothing_to_go_on(self, recommender: Recommender) -> None:
        with pytest.raises(NothingToGoOnError):
            recommender.recommend(seeds(999))

    def test_words_from_spotify_are_not_encoded_while_answering(self, tmp_path: Path) -> None:
        def from_spotify(catalog: Catalog) -> None:
            told = {Fact.WORDS: Source.SPOTIFY, Fact.GENRES: Source.DATASET}
            catalog.all[TrackKey(1)] = replace(catalog.all[TrackKey(1)], sources=told)
            mixed = {Fact.WORDS: Source.DATASET, Fact.GENRES: Source.SPOTIFY}
            catalog.all[TrackKey(2)] = replace(catalog.all[TrackKey(2)], sources=mixed)

        catalog = with_more(from_spotify)
        recommender = catalog.recommender(tmp_path)

        recommender.recommend(seeds(1))
        assert catalog.prompts == []

        recommender.recommend(seeds(2))
        assert catalog.prompts == ["by Iron Act A."]


class TestColdTracks:
    def test_a_track_without_cover_or_sound_competes_and_its_reason_says_what_is_guessed(self, tmp_path: Path) -> None:
        def incomplete(catalog: Catalog) -> None:
            for key in (2, 8, 14, 20, 26, 32):
                like = catalog.all[TrackKey(key)]
                catalog.all[TrackKey(key)] = replace(like, audio=NO_AUDIO_FEATURES)

        answer = with_more(incomplete).recommender(tmp_path).recommend(seeds(1, count=16))
        cold = [each for each in answer.suggestions if each.track.audio.known == 0]

        assert cold
        for each in cold:
            assert each.inferred == {Modality.AUDIO}
            assert "its sound is guessed from related tracks" in each.reason
        assert all(not each.inferred for each in answer.suggestions if each not in cold)

    def test_unknown_popularity_is_neither_for_nor_against(self, tmp_path: Path) -> None:
        def equals(catalog: Catalog) -> None:
            like = replace(catalog.all[TrackKey(1)], released=ReleaseDate(2026))
            for key, popularity in ((201, 100), (202, None), (203, 0)):
                catalog.all[TrackKey(key)] = replace(
                    like, key=TrackKey(key), title=f"Song {key}", artists=(f"Act {key}",), popularity=popularity
                )

        answer = with_more(equals).recommender(tmp_path).recommend(seeds(1, mix=0.5, count=30))
        popularity = {each.track.key: each.parts.popularity for each in answer.suggestions}

        assert popularity[TrackKey(201)] > popularity[TrackKey(202)] > 0


class TestDials:
    def test_mix_moves_weight_to_popularity(self, recommender: Recommender) -> None:
        def mean_popularity(mix: float) -> float:
            answer = recommender.recommend(seeds(1, mix=mix))
            return float(np.mean([each.track.popularity or 0 for each in answer.suggestions]))

        assert mean_popularity(1.0) > mean_popularity(0.5) > mean_popularity(0.0)

    def test_at_mix_one_content_counts_nothing_and_at_zero_popularity_nothing(self, recommender: Recommender) -> None:
        popular = recommender.recommend(seeds(1, mix=1.0)).suggestions
        alike = recommender.recommend(seeds(1, mix=0.0)).suggestions

        assert [each.score for each in popular] == pytest.approx([each.parts.popularity for each in popular])
        assert [each.parts.popularity for each in alike] == [0] * len(alike)
        assert len(popular) == len(alike) > 0

    def test_discovery_goes_from_familiar_artists_to_new_ones(self, recommender: Recommender) -> None:
        signals = [played(key, 3) for key in (1, 6, 11)]
        familiar = {"Iron Act A", "Iron Act B", "Iron Act C"}

        def familiar_among(discovery: float) -> int:
            answer = recommender.recommend(for_member(discovery=discovery), signals)
            return sum(each.track.artists[0] in familiar for each in answer.suggestions)

        assert familiar_among(0.0) == 6
        assert familiar_among(1.0) == 0

    def test_the_familiar_is_looked_for_even_far_from_the_seed(self, recommender: Recommender) -> None:
        signals = [played(key) for key in METAL_KEYS if key % 5 == 0]

        answer = recommender.recommend(seeds(41, discovery=0.0, count=40), signals)

        assert METAL in genres_of(answer)

    def test_filters_hold_exactly(self, recommender: Recommender) -> None:
        answer = recommender.recommend(seeds(1, filters=Filters(genre=LULLABY, decade=1990)))

        assert answer.suggestions
        for each in answer.suggestions:
            assert each.track.genres == (LULLABY,)
            assert each.track.year is not None
            assert 1990 <= each.track.year < 2000

    def test_a_filter_that_leaves_nothing_gives_no_suggestions(self, recommender: Recommender) -> None:
        assert recommender.recommend(seeds(1, filters=Filters(decade=1800))).suggestions == ()

    def test_excluded_tracks_and_blocked_artists_do_not_come(self, recommender: Recommender) -> None:
        excluded = frozenset(keys_of(recommender.recommend(seeds(1))))

        answer = recommender.recommend(seeds(1, excluded=excluded, blocked_artists=frozenset({"iron act b"})))

        assert len(answer.suggestions) == 10
        assert not excluded & set(keys_of(answer))
        assert "Iron Act B" not in {each.track.artists[0] for each in answer.suggestions}


class TestMembers:
    def test_metal_and_lullabies_get_both_in_their_shares(self, recommender: Recommender) -> None:
        signals = [*(played(key, 2) for key in range(1, 13)), *(played(key, 2) for key in range(41, 49))]

        genres = genres_of(recommender.recommend(for_member(), signals))

        assert (genres.count(METAL), genres.count(LULLABY)) == (6, 4)

    def test_what_is_known_does_not_come_back_nor_do_other_versions_of_it(self, tmp_path: Path) -> None:
        def live(catalog: Catalog) -> None:
            known = catalog.all[TrackKey(3)]
            catalog.all[TrackKey(201)] = replace(known, key=TrackKey(201), title=f"{known.title} (Live)")

        signals = [played(key) for key in range(1, 21)]

        answer = with_more(live).recommender(tmp_path).recommend(for_member(count=20), signals)

        assert not set(keys_of(answer)) & {*range(1, 21), 201}

    def test_reasons_name_the_members_own_track(self, recommender: Recommender, catalog: Catalog) -> None:
        signals = [played(key, 6) for key in range(1, 9)]

        suggestions = recommender.recommend(for_member(), signals).suggestions

        assert suggestions
        for each in suggestions:
            assert each.because_of is not None
            assert each.because_of in range(1, 9)
            own = catalog.all[each.because_of]
            assert each.reason.startswith(f"Because you often play “{own.title}” by {own.artists[0]}: ")

    def test_closeness_to_a_dislike_takes_away(self, recommender: Recommender) -> None:
        signals = [played(key) for key in range(1, 9)]
        disliked = keys_of(recommender.recommend(for_member(), signals))[0]

        answer = recommender.recommend(for_member(count=25), [*signals, signal(disliked, SignalKind.DISLIKE)])

        assert disliked not in keys_of(answer)
        assert all(each.parts.dislikes <= 0 for each in answer.suggestions)
        assert min(each.parts.dislikes for each in answer.suggestions) < 0

    def test_dislikes_count_for_other_seeds_too(self, recommender: Recommender) -> None:
        disliked = keys_of(recommender.recommend(seeds(1)))[0]

        answer = recommender.recommend(seeds(1), [signal(disliked, SignalKind.DISLIKE)])

        assert disliked not in keys_of(answer)

    def test_one_odd_listen_does_not_tilt(self, recommender: Recommender) -> None:
        metal = [played(key, 3) for key in METAL_KEYS if key % 5 < 2]
        signals = [*metal, played(41, at=NOW - timedelta(days=60))]

        assert set(genres_of(recommender.recommend(for_member(), signals))) == {METAL}

    def test_whoever_disliked_everything_hears_what_is_missing(self, recommender: Recommender) -> None:
        with pytest.raises(NothingToGoOnError, match="only know what you dislike"):
            recommender.recommend(for_member(), [signal(key, SignalKind.DISLIKE) for key in range(1, 121)])

    def test_music_that_is_not_searchable_is_not_called_unknown_taste(self, recommender: Recommender) -> None:
        with pytest.raises(NothingToGoOnError, match="not searchable yet"):
            recommender.recommend(for_member(), [played(9999)])

    def test_nobody_knows_the_taste_of_a_new_member(self, recommender: Recommender) -> None:
        with pytest.raises(NothingToGoOnError, match="/link"):
            recommender.recommend(for_member())


class TestOtherSeeds:
    def test_an_artist_leads_to_others_like_them(self, recommender: Recommender) -> None:
        answer = recommender.recommend(from_artist("LULLABY act a"))

        assert set(genres_of(answer)) == {LULLABY}
        assert "Lullaby Act A" not in {each.track.artists[0] for each in answer.suggestions}
        assert all(" by Lullaby Act A" in each.reason for each in answer.suggestions)

    def test_an_artists_own_tracks_come_when_the_familiar_is_asked_for(self, recommender: Recommender) -> None:
        answer = recommender.recommend(from_artist("Lullaby Act A", discovery=0.0))

        theirs = [each for each in answer.suggestions if each.track.artists[0] == "Lullaby Act A"]
        assert len(theirs) == 2
        assert all(each.because_of != each.track.key for each in theirs)

    def test_songs_called_after_an_artist_are_not_like_them(self, tmp_path: Path) -> None:
        catalog = three_genres()
        named = track(500, "Long Live Lullaby Act A", "Iron Fans", genres=(METAL,), popularity=100)
        remixed = track(501, "Anvil (Lullaby Act A Remix)", "Lullaby Act Z", genres=(LULLABY,))
        recommender = Catalog([*catalog.all.values(), named, remixed]).recommender(tmp_path)

        found = keys_of(recommender.recommend(from_artist("Lullaby Act A", count=60)))

        assert 500 not in found
        assert 501 in found

    def test_an_unknown_artist_gives_nothing_to_go_on(self, recommender: Recommender) -> None:
        with pytest.raises(NothingToGoOnError, match="Nobody At All"):
            recommender.recommend(from_artist("Nobody At All"))

    def test_a_prompt_finds_what_its_words_say(self, recommender: Recommender) -> None:
        answer = recommender.recommend(from_prompt("a quiet lullaby"))

        assert genres_of(answer).count(LULLABY) >= 9
        assert answer.suggestions[0].reason.startswith("Its words are close to “a quiet lullaby”")
        assert all(each.because_of is None for each in answer.suggestions)

    def test_a_prompt_can_be_followed_by_sound(self, recommender: Recommender) -> None:
        answer = recommender.recommend(from_prompt("lullaby", weights=SOUND))

        assert genres_of(answer).count(LULLABY) >= 9
        assert all(each.parts.text == 0 for each in answer.suggestions)

    def test_a_cover_finds_covers_like_it(self, recommender: Recommender) -> None:
        answer = recommender.recommend(from_cover(picture(DISCO)))

        assert set(genres_of(answer)) == {DISCO}
        assert all(each.parts.text == each.parts.audio == 0 for each in answer.suggestions)
        assert answer.suggestions[0].reason == "Its cover looks like your picture"

    def test_an_empty_prompt_gives_nothing_to_go_on(self, recommender: Recommender) -> None:
        with pytest.raises(NothingToGoOnError, match="empty"):
            recommender.recommend(from_prompt("   "))


def test_tracks_that_the_catalog_no_longer_has_are_passed_over(tmp_path: Path) -> None:
    catalog = three_genres()
    recommender = catalog.recommender(tmp_path)
    gone = keys_of(recommender.recommend(seeds(1)))[0]
    del catalog.all[TrackKey(gone)]

    assert gone not in keys_of(recommender.recommend(seeds(1)))


def test_a_lone_track_has_no_company(tmp_path: Path) -> None:
    lonely = Catalog([track(1, "Alone", genres=("drone",))]).recommender(tmp_path)

    request: Request = seeds(1)

    assert lonely.recommend(request).suggestions == ()


@pytest.mark.parametrize("missing", ["words", "cover", "sound"])
def test_evidence_that_a_catalog_has_not_is_named(tmp_path: Path, missing: str) -> None:
    catalog = three_genres()
    bare = {key: replace(each, audio=NO_AUDIO_FEATURES) for key, each in catalog.all.items()}
    wordless, coverless, silent = missing == "words", missing == "cover", missing == "sound"
    stripped = Catalog(list((bare if silent else catalog.all).values()), {} if coverless else catalog.covers)
    if wordless:
        stripped.has_words = False
    recommender = stripped.recommender(tmp_path)
    alone = Weights(text=float(wordless), image=float(coverless), audio=float(silent), collaborative=0)

    with pytest.raises(NothingToGoOnError, match=f"I know no {missing} to go by here"):
        recommender.recommend(seeds(1, weights=alone))
    assert len(recommender.recommend(seeds(1)).suggestions) == 10


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize(
    "asked", [seeds(1), seeds(1, 2, 3), from_artist("Iron Act A"), from_prompt("sad 90s"), for_member()]
)
@pytest.mark.parametrize("discovery", [0.0, 1.0])
def test_a_tiny_catalog_gives_what_it_has(tmp_path: Path, size: int, asked: Request, discovery: float) -> None:
    catalog = Catalog(list(three_genres().all.values())[:size])
    recommender, asked = catalog.recommender(tmp_path), replace(asked, discovery=discovery)
    known = [played(1)] if asked.seed.kind is SeedKind.MEMBER else []

    answer = recommender.recommend(asked, known)

    assert len(answer.suggestions) <= size
    assert answer == recommender.recommend(asked, known)
    assert all(abs(sum(each.parts.as_dict().values()) - each.score) < 1e-9 for each in answer.suggestions)


def test_scores_below_zero_are_still_told_apart(recommender: Recommender) -> None:
    lullabies = Filters(genre=LULLABY)
    all_their_artists = [played(key) for key in range(41, 81, 5)]

    answer = recommender.recommend(seeds(1, discovery=1.0, mix=0.0, filters=lullabies), all_their_artists)

    assert max(each.score for each in answer.suggestions) < 0
    assert answer.suggestions[0].score == max(each.score for each in answer.suggestions)
