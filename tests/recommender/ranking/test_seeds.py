"""Promises of seeds that stand for several tracks: albums, playlists, and artists with several sides."""

from dataclasses import replace
from pathlib import Path

import pytest

from recommender.errors import NothingToGoOnError
from recommender.ranking.recommender import Recommender
from recommender.types import Recommendation, Request, Seed, SeedKind, TrackKey
from tests.recommender.ranking.catalogs import Catalog, from_artist, keys_of, seeds, three_genres
from tests.recommender.ranking.test_groups import with_features

METAL, LULLABY, DISCO = "iron metal", "lullaby", "neon disco"
COLLECTIONS = [SeedKind.ALBUM, SeedKind.PLAYLIST]


@pytest.fixture(scope="module", params=["vectors", "features"])
def recommender(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    catalog = of_many_sides()
    plain = catalog.recommender(tmp_path_factory.mktemp("index"))
    return plain if request.param == "vectors" else with_features(plain, catalog)


def of_many_sides() -> Catalog:
    """Return a catalog in which one artist has made metal, lullabies and disco."""
    catalog = three_genres()
    for key in (1, 6, 11, 41, 46, 51, 81, 86, 91):
        like = catalog.all[TrackKey(key)]
        catalog.all[TrackKey(200 + key)] = replace(like, key=TrackKey(200 + key), artists=("Proteus",))
        catalog.covers = {**catalog.covers, TrackKey(200 + key): catalog.covers[like.key]}
    return catalog


def collection(kind: SeedKind, *keys: int, count: int = 10) -> Request:
    return Request(seed=Seed(kind=kind, tracks=tuple(map(TrackKey, keys))), count=count)


def genres_of(answer: Recommendation) -> list[str]:
    return [each.track.genres[0] for each in answer.suggestions]


def test_every_side_of_an_artist_has_suggestions(recommender: Recommender) -> None:
    answer = recommender.recommend(from_artist("Proteus", count=12))

    assert all(genres_of(answer).count(genre) >= 2 for genre in (METAL, LULLABY, DISCO))
    assert not {each.track.artists[0] for each in answer.suggestions} & {"Proteus"}


def test_every_side_comes_early(recommender: Recommender) -> None:
    answer = recommender.recommend(from_artist("Proteus", count=12))

    assert set(genres_of(answer)[:6]) == {METAL, LULLABY, DISCO}


@pytest.mark.parametrize("kind", COLLECTIONS)
def test_an_album_leads_to_its_like_and_its_own_songs_never_come_back(recommender: Recommender, kind: SeedKind) -> None:
    own = {1, 2, 3, 6, 7}

    answer = recommender.recommend(collection(kind, *own, count=20))

    assert not own & {*keys_of(answer)}
    assert genres_of(answer)[:10].count(METAL) == 10
    for each in answer.suggestions:
        assert sum(each.parts.as_dict().values()) == pytest.approx(each.score, abs=1e-6)


@pytest.mark.parametrize("kind", COLLECTIONS)
def test_other_versions_of_its_songs_do_not_come_back_either(tmp_path: Path, kind: SeedKind) -> None:
    catalog = three_genres()
    like = catalog.all[TrackKey(2)]
    catalog.all[TrackKey(201)] = replace(like, key=TrackKey(201), title=f"{like.title} - Live")

    recommender = catalog.recommender(tmp_path)

    assert 201 not in keys_of(recommender.recommend(collection(kind, 1, 2, 3, count=30)))


@pytest.mark.parametrize("kind", COLLECTIONS)
def test_a_mixed_collection_leads_to_each_kind_in_it(recommender: Recommender, kind: SeedKind) -> None:
    answer = recommender.recommend(collection(kind, 1, 2, 3, 4, 41, 42, 43, 44, count=10))

    assert genres_of(answer).count(METAL) >= 3
    assert genres_of(answer).count(LULLABY) >= 3


@pytest.mark.parametrize("kind", COLLECTIONS)
def test_reasons_name_a_song_of_the_collection(recommender: Recommender, kind: SeedKind) -> None:
    answer = recommender.recommend(collection(kind, 1, 2, 3))

    for each in answer.suggestions:
        assert each.because_of in {1, 2, 3}


@pytest.mark.parametrize("kind", COLLECTIONS)
def test_a_collection_of_which_nothing_is_known_is_refused(recommender: Recommender, kind: SeedKind) -> None:
    with pytest.raises(NothingToGoOnError, match="the tracks in it"):
        recommender.recommend(collection(kind, 998, 999))


def test_several_songs_may_be_named_at_once(recommender: Recommender) -> None:
    answer = recommender.recommend(seeds(1, 41, 81, count=9))

    assert sorted(set(genres_of(answer))) == sorted((METAL, LULLABY, DISCO))
