from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from recommender.errors import EmptyCatalogError, NothingToGoOnError
from recommender.evaluation.catalog_features import SYSTEM_FEATURES, mean_filled
from recommender.mean_vector import CLUSTERS, FINGERPRINT, MeanVectorRecommender
from recommender.types import (
    NO_AUDIO_FEATURES,
    Filters,
    Keys,
    Request,
    Seed,
    SeedKind,
    Track,
    TrackKey,
)
from tests.recommender.evaluation.lists import playlists

TRACKS = playlists().tracks


class Catalog:
    """Tracks in a dictionary; a filter by genre passes what is in ``passing``."""

    def __init__(self, tracks: Iterable[Track], passing: Iterable[int] = ()) -> None:
        self._tracks = {track.key: track for track in tracks}
        self._passing = sorted(passing)

    def tracks(self, keys: Iterable[TrackKey], /) -> Mapping[TrackKey, Track]:
        return {key: self._tracks[key] for key in keys if key in self._tracks}

    def keys_matching(self, filters: Filters, /) -> Keys:
        return np.asarray(list(self._tracks) if filters.is_open else self._passing, dtype=np.int64)

    def keys_of_artist(self, artist: str, /) -> Keys:
        raise NotImplementedError

    def popularity_counts(self) -> np.ndarray:
        raise NotImplementedError


def request(*keys: int, **changes: object) -> Request:
    return replace(
        Request(seed=Seed(kind=SeedKind.TRACK, tracks=tuple(map(TrackKey, keys)))),
        **changes,  # type: ignore[arg-type]
    )


def cosines(*keys: int) -> dict[TrackKey, float]:
    features = mean_filled(TRACKS, SYSTEM_FEATURES)
    mean = features[[key - 1 for key in keys]].mean(axis=0, keepdims=True)
    return {track.key: value for track, value in zip(TRACKS, cosine_similarity(mean, features)[0], strict=True)}


def test_scores_are_cosines_to_the_mean_and_parts_add_up_to_them() -> None:
    found = MeanVectorRecommender(Catalog(TRACKS)).recommend(request(1, 2, 3))

    expected = cosines(1, 2, 3)
    assert len(found.suggestions) == 10
    for each in found.suggestions:
        assert each.score == pytest.approx(expected[each.track.key], abs=1e-6)
        assert sum(each.parts.as_dict().values()) == pytest.approx(each.score, abs=1e-9)
        assert each.parts.audio != 0
        assert each.parts.era != 0
    assert [each.rank for each in found.suggestions] == list(range(1, 11))
    assert (found.catalog_tracks, found.fingerprint) == (len(TRACKS), FINGERPRINT)
    assert not {each.track.key for each in found.suggestions} & {1, 2, 3}


def test_the_clusters_of_the_songs_come_first_and_others_where_those_have_too_few() -> None:
    found = MeanVectorRecommender(Catalog(TRACKS)).recommend(request(1, count=len(TRACKS)))

    inside = [each for each in found.suggestions if "the same K-means" in each.reason]
    outside = [each for each in found.suggestions if "another K-means" in each.reason]
    assert list(found.suggestions) == inside + outside
    assert len(found.suggestions) == len(TRACKS) - 1
    assert 0 < len(inside) < len(TRACKS) / CLUSTERS * 3
    for part in (inside, outside):
        assert [each.score for each in part] == sorted((each.score for each in part), reverse=True)


def test_the_reason_names_the_song_or_the_mean_and_the_nearest_song() -> None:
    recommender = MeanVectorRecommender(Catalog(TRACKS))

    one = recommender.recommend(request(1)).suggestions[0]
    several = recommender.recommend(request(1, len(TRACKS))).suggestions[0]

    assert one.reason.startswith(f"Close to “{TRACKS[0].title}” in sound, year and popularity;")
    assert one.because_of == 1
    assert several.reason.startswith("Close to the mean of your 2 songs in sound, year and popularity;")
    assert several.because_of in {1, len(TRACKS)}
    nearest = TRACKS[(several.because_of or 0) - 1]
    assert several.reason.endswith(f"Nearest to “{nearest.title}”.")


def test_versions_of_a_song_come_once_and_never_those_of_the_seed() -> None:
    first, second = TRACKS[0], TRACKS[1]
    again = [
        replace(first, key=TrackKey(901), title=f"{first.title} - Live"),
        replace(second, key=TrackKey(902), title=f"{second.title} - Remastered 2011"),
    ]

    found = MeanVectorRecommender(Catalog([*TRACKS, *again])).recommend(request(1, count=300))

    keys = [each.track.key for each in found.suggestions]
    assert 901 not in keys
    assert len({2, 902} & set(keys)) == 1


def test_filters_and_what_is_excluded_are_kept_to() -> None:
    recommender = MeanVectorRecommender(Catalog(TRACKS, passing=range(10, 30)))

    found = recommender.recommend(
        request(1, filters=Filters(genre="dub"), excluded=frozenset({TrackKey(10), TrackKey(11)}), count=50)
    )

    assert {each.track.key for each in found.suggestions} == set(range(12, 30))


def test_it_starts_from_songs_alone() -> None:
    with pytest.raises(NothingToGoOnError, match="starts from songs"):
        MeanVectorRecommender(Catalog(TRACKS)).recommend(Request(seed=Seed(kind=SeedKind.PROMPT, prompt="rain")))


def test_songs_of_which_nothing_is_known_give_no_direction() -> None:
    bare = Track(key=TrackKey(999), title="Bare", artists=("Nobody",), audio=NO_AUDIO_FEATURES)
    recommender = MeanVectorRecommender(Catalog([*TRACKS, bare]))

    for keys in ((999,), (12_345,)):
        with pytest.raises(NothingToGoOnError, match="Nothing is known of how these songs sound"):
            recommender.recommend(request(*keys))


def test_an_empty_catalog_is_told() -> None:
    with pytest.raises(EmptyCatalogError):
        MeanVectorRecommender(Catalog([])).recommend(request(1))
