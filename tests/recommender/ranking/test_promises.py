"""What every list of suggestions promises, whatever the catalog and the seed: properties over invented catalogs."""

import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from recommender.errors import NothingToGoOnError
from recommender.ranking.recommender import Recommender
from recommender.ranking.rolls import LARGEST_ROLL
from recommender.songs import normalised, same_song_key
from recommender.track_tables import TrackTables
from recommender.types import (
    NO_AUDIO_FEATURES,
    Filters,
    Recommendation,
    ReleaseDate,
    Request,
    SeedKind,
    Signal,
    Track,
    TrackKey,
)
from tests.recommender.ranking.catalogs import (
    GENRES,
    NOUNS,
    Catalog,
    for_member,
    from_artist,
    from_cover,
    from_prompt,
    keys_of,
    picture,
    played,
    seeds,
    three_genres,
    track,
)

VERSIONS = ("", "", "", " - Live at the Harbour", " - Remastered 2011", " (Karaoke Version)", " (feat. Somebody)")
ARTISTS = ("Anna Anvil", "The Berths", "Circuit City", "Dora", "Eels of Wrath")


@dataclass(frozen=True)
class Question:
    """A request with what the member did."""

    request: Request
    signals: tuple[Signal, ...]


@st.composite
def songs(draw: st.DrawFn, key: int) -> Track:
    genre = draw(st.sampled_from(sorted(GENRES)))
    title = f"{draw(st.sampled_from(NOUNS))} {draw(st.sampled_from(NOUNS))}{draw(st.sampled_from(VERSIONS))}"
    return track(
        key,
        title,
        artists=tuple(draw(st.lists(st.sampled_from(ARTISTS), min_size=1, max_size=2, unique=True))),
        genres=(genre,),
        popularity=draw(st.none() | st.integers(0, 100)),
        released=draw(st.none() | st.integers(1950, 2026).map(ReleaseDate)),
        audio=draw(st.sampled_from([NO_AUDIO_FEATURES, GENRES[genre]])),
    )


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    tracks = [draw(songs(key)) for key in range(1, draw(st.integers(6, 40)) + 1)]
    covered = draw(st.sets(st.sampled_from(tracks).map(lambda each: each.key)))
    return Catalog(tracks, {each.key: picture(each.genres[0]) for each in tracks if each.key in covered})


@st.composite
def questions(draw: st.DrawFn, catalog: Catalog) -> Question:
    keys = st.sampled_from(sorted(catalog.all))
    asked: dict[str, Any] = {
        "count": draw(st.integers(1, 12)),
        "mix": draw(st.sampled_from([0.0, 0.1, 1.0])),
        "discovery": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "excluded": draw(st.frozensets(keys, max_size=5)),
        "blocked_artists": draw(st.frozensets(st.sampled_from(ARTISTS).map(normalised), max_size=1)),
        "filters": draw(st.sampled_from([Filters(), Filters(genre="lullaby"), Filters(decade=1990)])),
        "roll": draw(st.just(0) | st.integers(1, LARGEST_ROLL)),
    }
    several = st.lists(keys, min_size=1, max_size=6, unique=True)
    of_kind: dict[SeedKind, Callable[[], Request]] = {
        SeedKind.TRACK: lambda: seeds(*draw(several)[:3], **asked),
        SeedKind.ALBUM: lambda: of_another_kind(SeedKind.ALBUM, seeds(*draw(several), **asked)),
        SeedKind.PLAYLIST: lambda: of_another_kind(SeedKind.PLAYLIST, seeds(*draw(several), **asked)),
        SeedKind.ARTIST: lambda: from_artist(draw(st.sampled_from(ARTISTS)), **asked),
        SeedKind.PROMPT: lambda: from_prompt(
            draw(st.sampled_from(["velvet comet", "loud metal", "from 1990"])), **asked
        ),
        SeedKind.COVER: lambda: from_cover(picture(draw(st.sampled_from(sorted(GENRES)))), **asked),
        SeedKind.MEMBER: lambda: for_member(**asked),
    }
    signals = tuple(played(key) for key in draw(st.lists(keys, max_size=6, unique=True)))
    return Question(of_kind[draw(st.sampled_from(sorted(of_kind)))](), signals)


@st.composite
def lists_of(draw: st.DrawFn, catalog: Catalog) -> list[list[TrackKey]] | None:
    """What others put together; None for a ranking that knows nothing but vectors."""
    keys = st.sampled_from(sorted(catalog.all))
    return draw(st.none() | st.lists(st.lists(keys, min_size=2, max_size=8, unique=True), max_size=12))


def tables_of(catalog: Catalog, lists: list[list[TrackKey]] | None) -> TrackTables | None:
    return None if lists is None else catalog.tables(lists)


def of_another_kind(kind: SeedKind, request: Request) -> Request:
    return replace(request, seed=replace(request.seed, kind=kind))


def most_of(artist: str, request: Request, catalog: Catalog) -> int:
    """Two tracks of an artist, and more only where they fill more of a playlist that is continued."""
    if request.seed.kind is not SeedKind.PLAYLIST:
        return 2
    tracks = catalog.tracks(request.seed.tracks)
    theirs = sum(artist in each.artists for each in tracks.values())
    return max(2, math.ceil(request.count * theirs / len(tracks)))


def answered(recommender: Recommender, question: Question) -> Recommendation:
    try:
        return recommender.recommend(question.request, question.signals)
    except NothingToGoOnError:
        assume(False)
        raise


def check_list(tracks: Sequence[Track], question: Question, catalog: Catalog) -> None:
    request = question.request
    keys = {each.key for each in tracks}
    assert len(keys) == len(tracks) <= request.count
    assert len({same_song_key(each.title, each.artists[0]) for each in tracks}) == len(tracks)
    for artist in ARTISTS:
        assert sum(artist in each.artists for each in tracks) <= most_of(artist, request, catalog)
    assert keys.isdisjoint(request.excluded)
    assert keys.isdisjoint(signal.track for signal in question.signals)
    assert keys.isdisjoint(request.seed.tracks)
    assert request.blocked_artists.isdisjoint(normalised(name) for each in tracks for name in each.artists)
    assert keys <= {TrackKey(int(key)) for key in catalog.keys_matching(request.filters)}


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_caps_versions_exclusions_and_filters_hold_and_a_list_comes_again(data: st.DataObject) -> None:
    catalog = data.draw(catalogs())
    with tempfile.TemporaryDirectory() as folder:
        recommender = catalog.recommender(Path(folder), tables_of(catalog, data.draw(lists_of(catalog))))
        for _ in range(3):
            question = data.draw(questions(catalog))

            answer = answered(recommender, question)

            check_list([each.track for each in answer.suggestions], question, catalog)
            assert [each.rank for each in answer.suggestions] == list(range(1, len(answer.suggestions) + 1))
            for each in answer.suggestions:
                assert sum(each.parts.as_dict().values()) == pytest.approx(each.score, abs=1e-6)
            assert answered(recommender, question) == answer
            assert answer.roll == question.request.roll


def test_rolls_vary_and_stay_good(tmp_path: Path) -> None:
    catalog = three_genres()
    recommender = catalog.recommender(tmp_path)
    best = recommender.recommend(seeds(1))

    answers = [recommender.recommend(seeds(1, roll=roll)) for roll in range(1, 21)]

    assert len({tuple(keys_of(each)) for each in (best, *answers)}) == 21
    means = [np.mean([each.score for each in answer.suggestions]) for answer in (best, *answers)]
    assert np.mean(means[1:]) > 0.93 * means[0]
    assert min(means[1:]) > 0.85 * means[0]
    assert all(each.track.genres == ("iron metal",) for answer in answers for each in answer.suggestions)


def test_a_rolled_list_reports_what_the_dial_came_to(tmp_path: Path) -> None:
    catalog = three_genres()
    recommender = catalog.recommender(tmp_path)
    heard = [played(key) for key in (1, 41)]

    familiar, unknown = (
        recommender.recommend(for_member(discovery=discovery, roll=5), heard).novelty for discovery in (0.0, 1.0)
    )

    assert familiar is not None
    assert unknown is not None
    assert (familiar.discovery, unknown.discovery) == (0.0, 1.0)
    assert familiar.new_artists is not None
    assert familiar.new_artists < 1.0
    assert unknown.new_artists == 1.0
    assert unknown.popularity_known == 10
