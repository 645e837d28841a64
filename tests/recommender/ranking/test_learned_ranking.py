"""The recommender with tables: features weighed, and the lists of others heard."""

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.errors import NothingToGoOnError
from recommender.ranking.features import OF_ARTISTS, OF_TRACKS
from recommender.ranking.recommender import Recommender
from recommender.types import (
    NO_AUDIO_FEATURES,
    VECTORS,
    Filters,
    Modality,
    Recommendation,
    Request,
    Seed,
    SeedKind,
    SignalKind,
    TrackKey,
    Weights,
)
from tests.recommender.ranking.catalogs import (
    GENRES,
    Catalog,
    for_member,
    from_artist,
    from_cover,
    from_prompt,
    genre_lists,
    keys_of,
    picture,
    played,
    seeds,
    signal,
    three_genres,
)

METAL, LULLABY, DISCO = GENRES
PEOPLE = Weights.only(Modality.COLLABORATIVE)
UNHEARD = (31, 36)
HEARD = [played(key) for key in (1, 2, 6, 11, 16)]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return three_genres()


@pytest.fixture(scope="module")
def recommender(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    return catalog.recommender(tmp_path_factory.mktemp("index"), catalog.tables(genre_lists(catalog)))


def from_playlist(*keys: int, kind: SeedKind = SeedKind.PLAYLIST, **asked: object) -> Request:
    return replace(seeds(1, **asked), seed=Seed(kind=kind, tracks=tuple(map(TrackKey, keys))))


def genres_of(answer: Recommendation) -> list[str]:
    return [each.track.genres[0] for each in answer.suggestions]


EVERY_SEED = {
    "track": seeds(1),
    "tracks": seeds(1, 6, 11),
    "album": from_playlist(1, 2, 3, kind=SeedKind.ALBUM),
    "playlist": from_playlist(1, 2, 6, 11),
    "artist": from_artist("Iron Act A"),
    "member": for_member(),
}
"""Every kind of seed that has tracks behind it."""


@pytest.mark.parametrize("request_for", EVERY_SEED.values(), ids=EVERY_SEED)
class TestEverySeed:
    def test_others_lists_count_and_parts_add_up(self, recommender: Recommender, request_for: Request) -> None:
        answer = recommender.recommend(request_for, HEARD)

        assert genres_of(answer) == [METAL] * 10
        assert sum(each.parts.collaborative > 0 for each in answer.suggestions) >= 8
        for each in answer.suggestions:
            assert abs(math.fsum(each.parts.as_dict().values()) - each.score) < 1e-6

    def test_where_people_alone_are_asked_only_their_lists_count(
        self, recommender: Recommender, request_for: Request
    ) -> None:
        asked = replace(request_for, weights=PEOPLE, discovery=0.7)

        answer = recommender.recommend(asked, HEARD)

        assert len(answer.suggestions) == 10
        assert genres_of(answer) == [METAL] * 10
        for each in answer.suggestions:
            parts = each.parts
            assert parts.collaborative > 0
            assert not any((parts.text, parts.image, parts.audio, parts.artist, parts.era))
            assert parts.popularity >= 0
            assert parts.discovery <= 0
            assert each.source in {*OF_TRACKS, *OF_ARTISTS}
            assert not each.inferred

    def test_people_alone_are_not_asked_of_a_catalog_without_lists(
        self, catalog: Catalog, tmp_path: Path, request_for: Request
    ) -> None:
        with_tables = catalog.recommender(tmp_path / "one", catalog.tables())
        without_tables = catalog.recommender(tmp_path / "other")
        asked = replace(request_for, weights=PEOPLE)

        with pytest.raises(NothingToGoOnError, match="No playlist and no listener that I may learn from"):
            with_tables.recommend(asked, HEARD)
        with pytest.raises(NothingToGoOnError, match="I know no listeners to go by here"):
            without_tables.recommend(asked, HEARD)


@pytest.mark.parametrize("request_for", EVERY_SEED.values(), ids=EVERY_SEED)
def test_the_parts_are_what_the_features_add_up_to(recommender: Recommender, request_for: Request) -> None:
    reading = recommender.read(replace(request_for, mix=0.0), HEARD)
    found = recommender.find(reading)
    pool = recommender.pool(found.keys, reading.unwanted)
    assert found.learned is not None

    ranked = recommender.rank(reading, pool, found)

    keys = np.asarray([track.key for track in pool.tracks], dtype=np.int64)
    expected = found.learned.contributed_to(keys).sum(axis=1, dtype=np.float64)
    assert [each.total for each in ranked.parts] == pytest.approx(expected, abs=1e-6)


class TestPeople:
    @pytest.mark.parametrize("asked", [seeds(*UNHEARD, weights=PEOPLE), from_artist("Iron Act G", weights=PEOPLE)])
    def test_when_nobodys_list_has_the_seed_it_says_so(self, recommender: Recommender, asked: Request) -> None:
        with pytest.raises(NothingToGoOnError, match=r"that I may learn from has this music\. Try `by: everything`"):
            recommender.recommend(asked)

    @pytest.mark.parametrize("asked", [from_prompt("velvet comet"), from_cover(picture(METAL))])
    def test_a_text_and_a_picture_have_no_listeners(self, recommender: Recommender, asked: Request) -> None:
        with pytest.raises(NothingToGoOnError, match="I know no listeners to go by here"):
            recommender.recommend(replace(asked, weights=PEOPLE))

    def test_what_no_list_has_does_not_come_even_where_the_familiar_is_asked_for(
        self, recommender: Recommender
    ) -> None:
        answer = recommender.recommend(for_member(weights=PEOPLE, discovery=0.0, count=40), [*HEARD, played(31)])

        artists = {each.track.artists[0] for each in answer.suggestions}
        assert "Iron Act G" not in artists
        assert all(each.parts.collaborative > 0 for each in answer.suggestions)

    def test_filters_hold(self, recommender: Recommender) -> None:
        asked = Filters(decade=1990)

        answer = recommender.recommend(for_member(weights=PEOPLE, filters=asked), HEARD)

        assert answer.suggestions
        assert all(1990 <= (each.track.year or 0) < 2000 for each in answer.suggestions)

    def test_a_seed_without_vectors_of_its_own_is_heard_of(self, catalog: Catalog, tmp_path: Path) -> None:
        silent = Catalog(
            [replace(each, audio=NO_AUDIO_FEATURES) for each in catalog.all.values()],
            {TrackKey(key): picture(METAL) for key in (1, 7)},
        )
        recommender = silent.recommender(tmp_path, silent.tables(genre_lists(catalog)))

        answer = recommender.recommend(seeds(1, weights=PEOPLE))

        assert set(genres_of(answer)) == {METAL}


class TestColdTracks:
    def test_a_new_song_of_the_kind_comes_before_known_ones_of_another(
        self, catalog: Catalog, recommender: Recommender
    ) -> None:
        answer = recommender.recommend(for_member(count=40, discovery=1.0, mix=0.0), HEARD)
        unheard = [each for each in answer.suggestions if each.track.artists[0] in {"Iron Act G", "Iron Act H"}]

        assert unheard
        for each in unheard:
            assert each.parts.collaborative == 0
        strangers = [each.score for each in answer.suggestions if each.track.genres[0] != METAL]
        assert min(each.score for each in unheard) > max(strangers, default=0)

    def test_others_never_lower_what_they_have_not(self, catalog: Catalog, tmp_path: Path) -> None:
        lists = genre_lists(catalog)
        without = [[key for key in each if key != 7] for each in lists]
        asked = from_playlist(1, 2, 6, 11, count=60, mix=0.0)

        heard, cold = (
            {
                each.track.key: each.parts
                for each in catalog.recommender(tmp_path / name, tables).recommend(asked).suggestions
            }
            for name, tables in (("heard", catalog.tables(lists)), ("cold", catalog.tables(without)))
        )

        one, other = heard[TrackKey(7)], cold[TrackKey(7)]
        assert one.collaborative > other.collaborative > 0
        for part in ("text", "image", "audio", "artist", "era"):
            assert getattr(one, part) == pytest.approx(getattr(other, part), abs=1e-6)


class TestPlaylists:
    def test_an_artist_has_the_share_of_a_continuation_that_they_have_of_the_playlist(
        self, recommender: Recommender, catalog: Catalog
    ) -> None:
        theirs = (1, 2, 3, 6)

        answer = recommender.recommend(from_playlist(*theirs, count=8))

        counts = Counter(each.track.artists[0] for each in answer.suggestions)
        shares = Counter(catalog.all[TrackKey(key)].artists[0] for key in theirs)
        for artist, count in counts.items():
            assert count <= max(2, math.ceil(8 * shares[artist] / 4))
        assert counts["Iron Act B"] > 0

    def test_no_other_seed_has_more_than_two_of_an_artist(self, recommender: Recommender) -> None:
        answer = recommender.recommend(from_playlist(1, 2, kind=SeedKind.ALBUM, count=20, discovery=0.0))

        counts = Counter(each.track.artists[0] for each in answer.suggestions)
        assert max(counts.values()) == 2


class TestSources:
    def test_each_suggestion_says_who_brought_it(self, recommender: Recommender) -> None:
        answer = recommender.recommend(from_playlist(1, 2, 6, 11, count=30))

        sources = {each.source for each in answer.suggestions}
        assert sources <= {VECTORS, "sound", "words", "artist", *OF_TRACKS, *OF_ARTISTS}
        assert len(sources) > 2
        for each in answer.suggestions:
            if each.source in OF_TRACKS:
                assert each.parts.collaborative > 0

    def test_without_tables_and_without_tracks_vectors_alone_bring_them(
        self, catalog: Catalog, recommender: Recommender, tmp_path: Path
    ) -> None:
        bare = catalog.recommender(tmp_path).recommend(seeds(1))
        asked = recommender.recommend(from_prompt("velvet comet"))

        assert {each.source for each in (*bare.suggestions, *asked.suggestions)} == {VECTORS}

    @pytest.mark.parametrize("modality", [Modality.TEXT, Modality.IMAGE, Modality.AUDIO])
    def test_one_modality_of_the_vectors_is_answered_by_its_cosines(
        self, catalog: Catalog, recommender: Recommender, tmp_path: Path, modality: Modality
    ) -> None:
        asked = seeds(1, weights=Weights.only(modality))

        assert recommender.recommend(asked) == catalog.recommender(tmp_path).recommend(asked)


class TestDials:
    def test_at_mix_one_features_count_nothing(self, recommender: Recommender) -> None:
        for each in recommender.recommend(seeds(1, mix=1.0)).suggestions:
            assert each.score == pytest.approx(each.parts.popularity)

    def test_a_disliked_track_takes_its_like_down(self, recommender: Recommender) -> None:
        liked = recommender.recommend(for_member(count=25), HEARD)
        first = liked.suggestions[0]

        answer = recommender.recommend(for_member(count=25), [*HEARD, signal(first.track.key, SignalKind.DISLIKE)])

        assert first.track.key not in keys_of(answer)
        assert min(each.parts.dislikes for each in answer.suggestions) < 0

    def test_the_same_question_has_the_same_answer(self, recommender: Recommender) -> None:
        assert recommender.recommend(for_member(), HEARD) == recommender.recommend(for_member(), HEARD[::-1])

    def test_years_near_the_seed_count(self, recommender: Recommender, catalog: Catalog) -> None:
        year = catalog.all[TrackKey(1)].year
        assert year is not None

        answer = recommender.recommend(seeds(1, count=60, discovery=0.5))

        known = [(abs((each.track.year or 0) - year), each.parts.era) for each in answer.suggestions]
        apart = np.asarray(sorted(known))
        assert apart[0, 1] > apart[-1, 1]
        assert (np.diff(apart[:, 1]) <= 1e-6).all()
