import numpy as np
import pytest

from recommender.interests import interests_of
from recommender.projection import Projection
from recommender.taste_map import NOWHERE, OwnMusic, TasteMap, taste_map
from recommender.types import Keys, Matrix, Modality, Track, TrackKey

SLICES = {Modality.TEXT: slice(0, 16), Modality.AUDIO: slice(16, 24)}
STYLES = ("metal", "lullaby", "disco")
EACH = 20


def rows() -> Matrix:
    """Twenty tracks near each of three unrelated styles."""
    rng = np.random.default_rng(1)
    made = rng.normal(0, 0.1, size=(len(STYLES) * EACH, 24)).astype(np.float32)
    for place in range(len(made)):
        for columns in SLICES.values():
            made[place, columns.start + place // EACH] += 1
            made[place, columns] /= np.linalg.norm(made[place, columns])
    return made


def tracks() -> list[Track]:
    return [
        Track(
            key=TrackKey(place + 1),
            title=f"Song {place}",
            artists=(f"The {STYLES[place // EACH]}s",),
            genres=(STYLES[place // EACH],),
            popularity=place,
        )
        for place in range(len(STYLES) * EACH)
    ]


def own_music(strengths: dict[int, float]) -> OwnMusic:
    keys: Keys = np.asarray(sorted(strengths), dtype=np.int64)
    weights = np.asarray([strengths[key] for key in sorted(strengths)], dtype=np.float32)
    return OwnMusic(
        strengths={TrackKey(key): strength for key, strength in strengths.items()},
        interests=interests_of(keys, rows()[keys - 1], weights, SLICES),
    )


def mapped(own: OwnMusic | None = None, by: Projection = Projection.PCA) -> TasteMap:
    return taste_map(tracks(), rows(), SLICES, by=by, clusters=3, seed=0, own=own)


def test_a_catalog_falls_into_areas_that_are_named() -> None:
    made = mapped()

    assert sorted(area.name.name for area in made.catalog.areas) == ["disco", "lullaby", "metal"]
    for label, area in enumerate(made.catalog.areas):
        inside = {made.tracks[row].genres[0] for row in np.flatnonzero(made.catalog.labels == label)}
        assert inside == {area.name.name}
        assert area.tracks == EACH
        assert area.weight == pytest.approx(1 / 3)
    assert made.own is None
    assert not made.strengths.any()


def test_an_area_is_stood_for_by_a_known_track_near_its_centre() -> None:
    made = mapped()
    of_key = {track.key: track for track in made.tracks}

    for area in made.catalog.areas:
        assert of_key[area.representative].genres == (area.name.name,)


def test_own_music_falls_into_its_interests_and_the_rest_is_background() -> None:
    own = own_music(dict.fromkeys(range(1, 11), 2.0) | dict.fromkeys(range(21, 31), 1.0))

    made = mapped(own)

    assert made.own is not None
    assert [area.name.name for area in made.own.areas] == ["metal", "lullaby"]
    assert [area.weight for area in made.own.areas] == pytest.approx([2 / 3, 1 / 3])
    assert made.own.labels.tolist() == [0] * 10 + [NOWHERE] * 10 + [1] * 10 + [NOWHERE] * 30
    assert made.strengths.tolist() == [2.0] * 10 + [0.0] * 10 + [1.0] * 10 + [0.0] * 30
    assert [area.representative for area in made.own.areas] == [each.representative for each in own.interests]


def test_an_interest_counts_the_tracks_that_are_shown() -> None:
    own = own_music(dict.fromkeys(range(1, 11), 1.0))
    shown = slice(5, None)

    made = taste_map(tracks()[shown], rows()[shown], SLICES, by=Projection.PCA, clusters=3, seed=0, own=own)

    assert made.own is not None
    assert [area.tracks for area in made.own.areas] == [5]


@pytest.mark.parametrize("by", Projection)
def test_the_map_keeps_styles_apart_and_says_how_well(by: Projection) -> None:
    made = mapped(by=by)

    assert made.by is by
    assert made.trust is not None
    assert made.trust > 0.7
    centres = [made.places[start : start + EACH].mean(axis=0) for start in range(0, 60, EACH)]
    inside = max(made.places[start : start + EACH].std() for start in range(0, 60, EACH))
    assert min(np.linalg.norm(centres[a] - centres[b]) for a, b in ((0, 1), (0, 2), (1, 2))) > inside


def test_one_track_is_a_map() -> None:
    made = taste_map(tracks()[:1], rows()[:1], SLICES, by=Projection.TSNE, clusters=8, seed=0)

    assert made.places.tolist() == [[0, 0]]
    assert [area.tracks for area in made.catalog.areas] == [1]
    assert made.trust is None
