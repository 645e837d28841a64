from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ranking import recommender as module
from recommender.ranking.counterfactuals import NAMED, Places, ordinal, places_line, what_if
from recommender.ranking.ranked import RankedPool, ranked_pool
from recommender.types import Modality, Request, ScoreParts, SeedKind, Suggestion
from tests.recommender.ranking.catalogs import (
    for_member,
    from_artist,
    from_cover,
    from_prompt,
    genre_lists,
    picture,
    played,
    seeds,
    three_genres,
    track,
)

# Quarters add up exactly, so that equals are equal however they are added up.
quarters = st.integers(-8, 8).map(lambda number: number / 4)
some_parts = st.builds(
    ScoreParts, text=quarters, image=quarters, audio=quarters, collaborative=quarters, popularity=quarters, era=quarters
)


def brute_force(parts: list[ScoreParts], row: int, without: str | None) -> int:
    """Return a place by writing the whole order down."""
    left = [each.total - (0.0 if without is None else each.as_dict()[without]) for each in parts]
    return sorted(left, reverse=True).index(left[row]) + 1


def suggestion(rank: int, by_score: int | None, without: dict[str, int], **parts: float) -> Suggestion:
    return Suggestion(
        rank=rank,
        track=track(1, "Gravel Road"),
        parts=ScoreParts(**parts),
        reason="",
        by_score=by_score,
        without=without,
    )


class TestPlaces:
    @given(st.lists(some_parts, min_size=1, max_size=25), st.data())
    def test_they_are_those_of_the_whole_order(self, parts: list[ScoreParts], data: st.DataObject) -> None:
        row = data.draw(st.integers(0, len(parts) - 1))
        places = Places.of(parts)

        assert places.by_score(row) == brute_force(parts, row, None)
        expected = {name: brute_force(parts, row, name) for name in NAMED if getattr(parts[row], name) > 0}
        assert places.without(row) == expected

    def test_a_track_that_rests_on_its_cover_falls_without_it(self) -> None:
        others = [ScoreParts(text=0.5 - number / 100, image=0.1) for number in range(20)]

        places = Places.of([ScoreParts(text=0.4, image=0.6), *others])

        assert places.by_score(0) == 1
        assert places.without(0) == {"text": 1, "image": 11}
        assert places.by_score(1) == 2

    def test_the_other_parts_keep_their_weights(self) -> None:
        # Stretched to fill the gap, words would pass popularity; as they are they do not.
        parts = [ScoreParts(text=0.3, image=0.5), ScoreParts(image=0.1, popularity=0.4)]

        assert Places.of(parts).without(0) == {"text": 1, "image": 2}


def test_all_places_are_told_in_a_line_furthest_first() -> None:
    told = suggestion(1, 2, {"text": 3, "image": 14, "collaborative": 5})

    assert (
        places_line(told)
        == "2nd by score, 14th without the cover, 5th without the lists of others, 3rd without the words"
    )
    assert places_line(suggestion(1, 2, {})) == "2nd by score"
    assert places_line(suggestion(1, None, {})) is None


class TestSentences:
    @pytest.mark.parametrize(
        ("name", "sentence"),
        [
            ("text", "Without the words it would be 14th."),
            ("image", "Without the cover it would be 14th."),
            ("audio", "Without the sound it would be 14th."),
            ("collaborative", "Without the lists of others it would be 14th."),
        ],
    )
    def test_every_modality_has_its_name(self, name: str, sentence: str) -> None:
        assert set(NAMED) == {each.value for each in Modality}
        assert what_if(suggestion(3, 2, {name: 14})) == sentence

    def test_the_furthest_fall_is_told_and_of_equals_the_larger_part(self) -> None:
        assert what_if(suggestion(1, 1, {"text": 5, "image": 9})) == "Without the cover it would be 9th."
        assert what_if(suggestion(1, 1, {"text": 9, "image": 9}, text=0.4, image=0.1)) == (
            "Without the words it would be 9th."
        )

    @pytest.mark.parametrize(("rank", "by_score", "place"), [(3, 2, 3), (2, 7, 6), (1, 4, 4)])
    def test_where_nothing_lets_it_fall_nothing_is_said(self, rank: int, by_score: int, place: int) -> None:
        assert what_if(suggestion(rank, by_score, {"audio": place})) is None

    def test_where_there_is_no_order_nothing_is_said(self) -> None:
        assert what_if(suggestion(1, None, {"audio": 9})) is None
        assert what_if(suggestion(1, 1, {})) is None

    def test_places_are_said_as_people_say_them(self) -> None:
        said = {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 20: "20th"}
        later = {21: "21st", 22: "22nd", 103: "103rd", 111: "111th", 113: "113th", 1_000: "1000th"}

        assert {number: ordinal(number) for number in said | later} == said | later


@pytest.mark.parametrize("has_tables", [True, False])
@pytest.mark.parametrize(
    "asked",
    [
        seeds(1),
        seeds(1, 41, mix=0.6, roll=7),
        from_artist("Iron Act A", discovery=0.0),
        from_prompt("velvet comet"),
        from_cover(picture("lullaby")),
        for_member(count=20, discovery=1.0),
    ],
)
def test_every_answer_says_where_its_suggestions_would_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: Request, has_tables: bool
) -> None:
    catalog = three_genres()
    ranked: list[RankedPool] = []

    def remembered(*args: Any, **kwargs: Any) -> RankedPool:
        ranked.append(ranked_pool(*args, **kwargs))
        return ranked[-1]

    monkeypatch.setattr(module, "ranked_pool", remembered)
    recommender = catalog.recommender(tmp_path, catalog.tables(genre_lists(catalog)) if has_tables else None)

    answer = recommender.recommend(asked, [played(key) for key in (2, 6, 42)])

    (pool,) = ranked
    parts = list(pool.parts)
    assert answer.suggestions
    for each in answer.suggestions:
        row = pool.pool.tracks.index(each.track)
        assert each.by_score == brute_force(parts, row, None)
        assert each.without == {name: brute_force(parts, row, name) for name in NAMED if getattr(each.parts, name) > 0}
    if asked.seed.kind is not SeedKind.COVER:
        assert any(what_if(each) for each in answer.suggestions)
