from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.ranking.behind import Behind, behind
from recommender.ranking.explanations import InLists
from recommender.ranking.feature_weights import default_weights
from recommender.ranking.features import FEATURES, Profile
from recommender.ranking.learned_content import LearnedContent, learned_content
from recommender.types import Request, ScoreParts, TrackKey, Weights
from tests.recommender.ranking.catalogs import Catalog, for_member, genre_lists, played, seeds, three_genres

OWN = (1, 2, 11)
LISTS = ([1, 7], [2, 7, 8], [2, 7, 9], [11, 9], [1, 2, 11], [1, 90], [2, 91], [6, 120])
"""Songs 1 to 5 are by the first act, 6 to 10 by the second, 11 to 15 by the third."""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return three_genres()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index")


def learned_from(catalog: Catalog, folder: Path, lists: Iterable[Iterable[int]] = LISTS) -> LearnedContent:
    keys = np.asarray(OWN, dtype=np.int64)
    return learned_content(
        Profile.of(keys, np.asarray([1, 2, 3], dtype=np.float32)),
        Weights(),
        default_weights(),
        catalog.tables(lists),
        catalog.index(folder),
        excluded=keys,
        among=None,
        near=np.arange(12, 121, dtype=np.int64),
    )


def behind_of(
    catalog: Catalog, learned: LearnedContent, key: int, parts: ScoreParts, own: Iterable[int] = OWN
) -> Behind:
    return behind(
        np.asarray([key], dtype=np.int64),
        parts,
        learned,
        nearest=catalog.all[TrackKey(11)],
        own={TrackKey(each): catalog.all[TrackKey(each)] for each in own},
    )


BY_LISTS = ScoreParts(text=0.2, collaborative=0.5)
BY_ARTIST = ScoreParts(text=0.2, artist=0.5)


def only(learned: LearnedContent, **added: float) -> LearnedContent:
    """Return the same where nothing but these features add anything."""
    contributed = np.zeros_like(learned.contributed)
    for name, value in added.items():
        contributed[:, FEATURES.index(name)] = value
    return replace(learned, contributed=contributed)


def test_where_content_leads_it_is_the_nearest(catalog: Catalog, folder: Path) -> None:
    found = behind_of(catalog, learned_from(catalog, folder), 7, ScoreParts(text=0.5, collaborative=0.4))

    assert found == Behind(track=catalog.all[TrackKey(11)])


def test_where_lists_lead_it_is_the_own_track_that_they_have_beside_it(catalog: Catalog, folder: Path) -> None:
    learned = only(learned_from(catalog, folder), list_neighbours=1)

    assert behind_of(catalog, learned, 7, BY_LISTS) == Behind(
        track=catalog.all[TrackKey(2)], in_lists=InLists(lists=2, by_artist=False)
    )
    assert behind_of(catalog, learned, 90, BY_LISTS) == Behind(
        track=catalog.all[TrackKey(1)], in_lists=InLists(lists=1, by_artist=False)
    )


def test_where_only_artists_speak_it_is_a_track_of_the_artist(catalog: Catalog, folder: Path) -> None:
    learned = only(learned_from(catalog, folder), artist_neighbours=1)

    found = behind_of(catalog, learned, 8, BY_LISTS)

    assert found == Behind(track=catalog.all[TrackKey(2)], in_lists=InLists(lists=3, by_artist=True))


@pytest.mark.parametrize(("of_tracks", "by_artist"), [(0.5, False), (0.3, True)])
def test_tracks_are_told_of_where_they_give_a_notable_part(
    catalog: Catalog, folder: Path, of_tracks: float, by_artist: bool
) -> None:
    learned = only(learned_from(catalog, folder), track_neighbours=of_tracks, artist_neighbours=1)

    found = behind_of(catalog, learned, 7, BY_LISTS).in_lists

    assert found is not None
    assert found.by_artist is by_artist


def test_where_one_level_names_nothing_the_other_does(catalog: Catalog, folder: Path) -> None:
    learned = only(learned_from(catalog, folder), list_model=1, artist_neighbours=0.1)

    # No list has song 10 with an own track, but lists have its act beside the first.
    assert behind_of(catalog, learned, 10, BY_LISTS).in_lists == InLists(lists=3, by_artist=True)
    assert behind_of(catalog, only(learned, list_model=1), 10, BY_LISTS).in_lists is None


def test_where_no_own_track_shares_a_list_none_is_named(catalog: Catalog, folder: Path) -> None:
    learned = only(learned_from(catalog, folder), list_model=1, artist_contexts=1)

    assert behind_of(catalog, learned, 120, BY_LISTS) == Behind(track=catalog.all[TrackKey(11)])


def test_an_own_track_that_the_catalog_has_no_more_is_not_named(catalog: Catalog, folder: Path) -> None:
    learned = only(learned_from(catalog, folder), list_neighbours=1)

    assert behind_of(catalog, learned, 7, BY_LISTS, own=(1, 11)) == Behind(track=catalog.all[TrackKey(11)])


def test_where_the_artist_leads_it_is_a_track_of_theirs(catalog: Catalog, folder: Path) -> None:
    learned = learned_from(catalog, folder)

    assert behind_of(catalog, learned, 3, BY_ARTIST).track == catalog.all[TrackKey(2)]
    assert behind_of(catalog, learned, 3, BY_ARTIST, own=(1, 11)).track == catalog.all[TrackKey(1)]
    # The nearest is by this act itself.
    assert behind_of(catalog, learned, 12, BY_ARTIST).track == catalog.all[TrackKey(11)]
    assert behind_of(catalog, learned, 92, BY_ARTIST).track == catalog.all[TrackKey(11)]


@pytest.mark.parametrize("asked", [seeds(1), seeds(1, 6, 11, 41), for_member(count=30)])
def test_reasons_from_lists_are_true(catalog: Catalog, folder: Path, asked: Request) -> None:
    lists = genre_lists(catalog)
    recommender = catalog.recommender(folder, catalog.tables(lists))

    suggestions = recommender.recommend(asked, [played(key) for key in (1, 2, 6, 11, 41)]).suggestions

    told = 0
    for each in suggestions:
        assert each.because_of is not None
        own, track = catalog.all[each.because_of], each.track
        both = sum(own.key in keys and track.key in keys for keys in lists)
        artists = [{catalog.all[TrackKey(key)].artists[0] for key in keys} for keys in lists]
        with_both = sum({own.artists[0], track.artists[0]} <= names for names in artists)
        if "also have this" in each.reason:
            assert both >= 2
            assert own.title in each.reason
        elif "has this too" in each.reason:
            assert both == 1
        elif "also have" in each.reason:
            assert with_both >= 2
            assert f"{own.artists[0]} also have {track.artists[0]}" in each.reason
        else:
            continue
        told += 1
        assert each.parts.collaborative == max(
            each.parts.text, each.parts.image, each.parts.audio, each.parts.artist, each.parts.collaborative
        )
    assert told >= 5
