import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import NothingToGoOnError
from recommender.ranking.prompt_meaning import PromptMeaning, Trait, Years, meaning_of
from recommender.ranking.recommender import Recommender
from recommender.types import AudioFeatures, Filters, Modality, Recommendation, ReleaseDate, Weights
from tests.recommender.ranking.catalogs import GENRES, Catalog, from_prompt, three_genres, track

METAL, LULLABY, DISCO = GENRES


def ends(meaning: PromptMeaning) -> str:
    return " ".join(f"{'+' if each.is_high else '-'}{each.feature}" for each in meaning.traits)


def genres_of(answer: Recommendation) -> list[str]:
    return [each.track.genres[0] for each in answer.suggestions]


@pytest.fixture(scope="module")
def recommender(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    return three_genres().recommender(tmp_path_factory.mktemp("index"))


class TestSound:
    @pytest.mark.parametrize(
        ("prompt", "meant"),
        [
            ("acoustic", "+acousticness"),
            ("SAD songs", "-valence -energy"),
            ("party!", "+danceability +energy"),
            ("something slow", "-tempo"),
            ("instrumental", "+instrumentalness"),
            ("lo-fi beats", "-energy"),
            ("música triste", "-valence -energy"),
            ("fröhliche Lieder", "+valence"),
            ("songs about trains", ""),
        ],
    )
    def test_words_of_the_published_definitions_become_directions(self, prompt: str, meant: str) -> None:
        assert ends(meaning_of(prompt)) == meant

    def test_a_denied_word_means_the_opposite_and_is_not_looked_for(self) -> None:
        meaning = meaning_of("love songs, not sad")

        assert ends(meaning) == "+valence"
        assert meaning.words == "love"

    def test_a_phrase_may_deny_what_is_wanted_less(self) -> None:
        assert ends(meaning_of("no vocals please")) == "+instrumentalness"

    def test_both_ends_of_a_feature_cancel_out(self) -> None:
        assert ends(meaning_of("happy and sad")) == "-energy"

    def test_what_is_left_over_is_counted(self) -> None:
        assert meaning_of("sad acoustic songs about leaving home").understood == pytest.approx(0.5)
        assert meaning_of("slow instrumental music").understood == 1

    def test_a_label_is_given_for_what_the_features_show_alone(self) -> None:
        meaning = meaning_of("acoustic and calm")

        assert meaning.labels_of(track(1, "A", audio=AudioFeatures(acousticness=0.9, energy=0.9))) == ("acoustic",)
        assert meaning.labels_of(track(1, "A")) == ()


class TestYears:
    @pytest.mark.parametrize(
        ("prompt", "words", "years"),
        [
            ("90s", "", [(1990, 1999)]),
            ("rock of the 90's", "rock", [(1990, 1999)]),
            ("hip hop from the 1980s", "hip hop", [(1980, 1989)]),
            ("pop 00s", "pop", [(2000, 2009)]),
            ("nineties", "", [(1990, 1999)]),
            ("Musik der 80er Jahre", "", [(1980, 1989)]),
            ("éxitos de los años 80", "éxitos", [(1980, 1989)]),
            ("70s and 80s soul", "soul", [(1970, 1979), (1980, 1989)]),
            ("love songs from the 60s and 70s", "love songs", [(1960, 1969), (1970, 1979)]),
            ("summer 1994", "summer", [(1994, 1994)]),
            ("The 1975", "The 1975", []),
            ("$1990 and 100s of songs", "$1990 and 100s of songs", []),
        ],
    )
    def test_decades_and_years_become_a_target(self, prompt: str, words: str, years: list[tuple[int, int]]) -> None:
        meaning = meaning_of(prompt)

        assert meaning.words == words
        assert list(meaning.years) == [Years(*each) for each in years]

    def test_the_nearest_year_that_was_asked_for_is_found(self) -> None:
        meaning = meaning_of("70s or 90s")

        assert [meaning.nearest_year(year) for year in (1960, 1975, 1983, 1988, 2020, None)] == [
            1970,
            1975,
            1979,
            1990,
            1999,
            None,
        ]

    def test_a_track_of_those_years_is_called_so(self) -> None:
        meaning = meaning_of("90s")

        assert meaning.labels_of(track(1, "A", released=ReleaseDate(1994))) == ("from 1994",)
        assert meaning.labels_of(track(1, "A", released=ReleaseDate(2004))) == ()


@given(st.text(max_size=200))
def test_any_text_is_read(prompt: str) -> None:
    meaning = meaning_of(prompt)

    assert 0 <= meaning.understood <= 1
    assert len({each.feature for each in meaning.traits}) == len(meaning.traits)
    assert meaning.sound.known == len(meaning.traits)


def test_every_trait_has_an_opposite_that_never_holds_with_it() -> None:
    for trait in meaning_of("acoustic energetic danceable instrumental slow happy concert spoken").traits:
        for value in (0.0, 0.3, 0.45, 0.55, 0.9, 90.0, 115.0, 160.0):
            audio = AudioFeatures(**{trait.feature: value})  # type: ignore[arg-type]
            assert not (trait.holds_for(audio) and trait.opposite.holds_for(audio)), (trait, value)
        assert trait.opposite.opposite == trait
    assert not Trait("energy", True).holds_for(AudioFeatures())


class TestAnswers:
    @pytest.mark.parametrize(
        ("prompt", "genre", "label"),
        [
            ("acoustic", LULLABY, "Acoustic"),
            ("fast and loud", METAL, "Fast and energetic"),
            ("happy", DISCO, "Cheerful"),
            ("not sad, not acoustic", DISCO, "Cheerful and not acoustic"),
        ],
    )
    def test_a_sound_that_no_title_names_is_found(
        self, recommender: Recommender, prompt: str, genre: str, label: str
    ) -> None:
        answer = recommender.recommend(from_prompt(prompt))

        assert set(genres_of(answer)) == {genre}
        assert all(each.reason.startswith(f"{label}, as you asked") for each in answer.suggestions)
        assert all(each.parts.audio > each.parts.text for each in answer.suggestions)

    def test_years_that_are_named_count_as_the_era(self, recommender: Recommender) -> None:
        answer = recommender.recommend(from_prompt("lullaby from the 90s"))

        years = [each.track.year for each in answer.suggestions]
        assert sum(year is not None and 1985 <= year <= 2004 for year in years) >= 7
        assert all(
            each.reason.casefold().endswith(f"from {each.track.year}, as you asked")
            for each in answer.suggestions
            if each.track.year in range(1990, 2000)
        )
        assert max(each.parts.era for each in answer.suggestions) > 0.3
        assert all(abs(sum(each.parts.as_dict().values()) - each.score) < 1e-9 for each in answer.suggestions)

    def test_years_alone_are_enough_to_go_on(self, recommender: Recommender) -> None:
        answer = recommender.recommend(from_prompt("nineties", count=5))

        assert len(answer.suggestions) == 5
        assert all(each.track.year in range(1990, 2000) for each in answer.suggestions)
        assert all(each.reason.startswith(f"From {each.track.year}, as you asked") for each in answer.suggestions)

    def test_years_that_the_catalog_has_not_are_looked_for_in_words(self, recommender: Recommender) -> None:
        assert len(recommender.recommend(from_prompt("1920s")).suggestions) == 10

    def test_a_filter_holds_whatever_years_are_named(self, recommender: Recommender) -> None:
        answer = recommender.recommend(from_prompt("90s", filters=Filters(decade=1980)))

        assert answer.suggestions
        assert all(each.track.year in range(1980, 1990) for each in answer.suggestions)

    def test_by_words_alone_a_sound_does_not_count(self, recommender: Recommender) -> None:
        answer = recommender.recommend(from_prompt("sad lullaby", weights=Weights.only(Modality.TEXT)))

        assert answer.suggestions
        assert all(each.parts.audio == 0 for each in answer.suggestions)
        assert not any("as you asked" in each.reason for each in answer.suggestions)

    def test_a_denial_alone_can_be_followed_by_words(self, recommender: Recommender) -> None:
        answer = recommender.recommend(from_prompt("not sad", weights=Weights.only(Modality.TEXT)))

        assert len(answer.suggestions) == 10

    def test_nothing_is_claimed_of_a_track_without_features(self, tmp_path: Path) -> None:
        catalog = three_genres()
        bare = {key: track(key, each.title, each.artists[0], genres=each.genres) for key, each in catalog.all.items()}
        silent = {key: each for key, each in bare.items() if key % 2}
        answer = Catalog(list((catalog.all | silent).values())).recommender(tmp_path).recommend(from_prompt("acoustic"))

        without = [each for each in answer.suggestions if each.track.key in silent]
        assert without
        assert all("as you asked" not in each.reason for each in without)
        assert all(Modality.AUDIO in each.inferred for each in without)

    @pytest.mark.parametrize("prompt", ["🎸🔥", "?!", "x" * 2000])
    def test_a_prompt_without_words_gives_nothing_to_go_on(self, recommender: Recommender, prompt: str) -> None:
        with pytest.raises(NothingToGoOnError, match="no words"):
            recommender.recommend(from_prompt(prompt))


@pytest.mark.parametrize("word", ["of ", "and ", "90s and ", "from the ", "sad ", "19", "not "])
def test_a_long_prompt_is_read_in_a_moment(word: str) -> None:
    started = time.process_time()

    meaning_of(word * 10_000)

    assert time.process_time() - started < 2
