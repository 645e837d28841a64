"""Promises of maps and charts, on a real catalog with real vectors."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.background import BlockingPool
from bot.errors import NotFoundInCatalogError
from bot.services import taste_maps
from bot.services.taste_answers import THE_CATALOG, Kind, MapAnswer, SoundAnswer, Subject, TallyAnswer
from bot.services.taste_maps import TasteMapService
from bot.settings import Settings
from bot.wiring import Core, open_core
from recommender.errors import EmptyCatalogError, NothingToGoOnError
from recommender.projection import Projection
from recommender.taste_map import NOWHERE
from recommender.types import (
    NO_AUDIO_FEATURES,
    AudioFeatures,
    Fact,
    Feedback,
    Filters,
    MemberId,
    ReleaseDate,
    Signal,
    SignalKind,
    Source,
    Track,
    TrackFacts,
    TrackKey,
    Verdict,
)
from tests.installation import TRACKS, settings_for

MARA = MemberId(101)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FOR_MARA = Subject(member=MARA, called="Mara")


class World:
    """A service of maps, and members who listen."""

    def __init__(self, core: Core, blocking: BlockingPool) -> None:
        self.core = core
        self.maps = TasteMapService(core.database, core.catalog, blocking, now=lambda: NOW)

    def tracks(self, genre: str) -> list[Track]:
        keys = self.core.store.keys_matching(Filters(genre=genre))
        return list(self.core.store.tracks(TrackKey(int(key)) for key in keys).values())

    def plays(self, tracks: list[Track], count: int = 5) -> None:
        at = NOW - timedelta(days=1)
        signals = [Signal(track=track.key, kind=SignalKind.PLAY, at=at, count=count) for track in tracks]
        with self.core.database.transaction() as stored:
            stored.signals.record(MARA, signals, Source.SPOTIFY)

    def map(self, subject: Subject = THE_CATALOG, **how: object) -> MapAnswer:
        answer = self.maps.answer(subject, Kind.MAP, **how)  # type: ignore[arg-type]
        assert isinstance(answer, MapAnswer)
        return answer

    def tally(self, kind: Kind, subject: Subject = THE_CATALOG) -> TallyAnswer:
        answer = self.maps.answer(subject, kind)
        assert isinstance(answer, TallyAnswer)
        return answer

    def sound(self, subject: Subject = THE_CATALOG) -> SoundAnswer:
        answer = self.maps.answer(subject, Kind.SOUND)
        assert isinstance(answer, SoundAnswer)
        return answer


@pytest.fixture
def world(installation: Settings) -> Iterator[World]:
    blocking = BlockingPool(workers=1)
    with open_core(installation) as core:
        yield World(core, blocking)
    blocking.close()


@pytest.mark.parametrize("by", Projection)
def test_a_catalog_is_mapped_whole_where_it_is_small(world: World, by: Projection) -> None:
    answer = world.map(by=by, clusters=6)

    assert (answer.map.by, len(answer.map.tracks), answer.catalog_tracks) == (by, TRACKS, TRACKS)
    assert answer.whose.label == "the catalog"
    assert len(answer.map.catalog.areas) == 6
    assert len({area.name.name for area in answer.map.catalog.areas}) == 6
    assert answer.fingerprint == world.core.catalog.index().fingerprint


def test_areas_are_named_by_genres_of_their_tracks(world: World) -> None:
    answer = world.map(by=Projection.PCA)

    for label, area in enumerate(answer.map.catalog.areas):
        inside = {
            genre
            for track, of in zip(answer.map.tracks, answer.map.catalog.labels, strict=True)
            if of == label
            for genre in track.genres
        }
        assert set(area.name.genres) <= inside
        assert area.name.genres, "the sample has clear genres"


def test_of_a_large_catalog_a_sample_is_shown_that_a_seed_repeats(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taste_maps, "MOST_TRACKS", {Projection.PCA: 50})

    one, again, other = (world.map(by=Projection.PCA, seed=seed) for seed in (1, 1, 2))

    assert (len(one.map.tracks), one.catalog_tracks) == (50, TRACKS)
    assert one.map.tracks == again.map.tracks
    assert np.array_equal(one.map.places, again.map.places)
    assert one.map.tracks != other.map.tracks


def test_a_members_map_shows_interests_far_apart(world: World) -> None:
    world.plays(world.tracks("metal")[:8])
    world.plays(world.tracks("ambient")[:8], count=1)

    answer = world.map(FOR_MARA)

    assert answer.whose.label == "what Mara listens to"
    assert (answer.whose.tracks, answer.whose.is_weighed) == (16, True)
    own = answer.map.own
    assert own is not None
    assert len(own.areas) == 2
    assert own.areas[0].weight > own.areas[1].weight
    assert (answer.map.strengths > 0).sum() == 16
    assert (own.labels != NOWHERE).sum() == sum(area.tracks for area in own.areas)


def test_the_strongest_tracks_of_a_member_are_always_on_the_map(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taste_maps, "MOST_TRACKS", {Projection.PCA: 20})
    monkeypatch.setattr(taste_maps, "MOST_OWN_TRACKS", 5)
    metal = world.tracks("metal")
    world.plays(metal[:5], count=50)
    world.plays(metal[5:8], count=1)

    answer = world.map(FOR_MARA, by=Projection.PCA)

    shown = {track.key for track in answer.map.tracks}
    assert len(shown) == 20
    assert {track.key for track in metal[:5]} <= shown


def test_songs_are_shown_among_the_catalog(world: World) -> None:
    one, other = world.tracks("metal")[0], world.tracks("ambient")[0]

    answer = world.map(Subject(tracks=(f"key:{one.key}", f"key:{other.key}", f"key:{one.key}")), by=Projection.PCA)

    assert answer.whose.label == f"“{one.title}” and “{other.title}”"
    assert answer.whose.described["tracks"] == [
        {"key": track.key, "spotify_id": track.spotify_id, "title": track.title, "artists": list(track.artists)}
        for track in (one, other)
    ]
    own = answer.map.own
    assert own is not None
    assert sorted(area.representative for area in own.areas) == sorted([one.key, other.key])
    assert len(answer.map.tracks) == TRACKS


@pytest.mark.parametrize(("count", "label"), [(1, "“{0}” by {artist}"), (4, "“{0}”, “{1}” and 2 more")])
def test_songs_are_called_by_their_titles(world: World, count: int, label: str) -> None:
    tracks = world.tracks("metal")[:count]

    answer = world.tally(Kind.GENRES, Subject(tracks=tuple(f"key:{track.key}" for track in tracks)))

    titles = [track.title for track in tracks]
    assert answer.whose.label == label.format(*titles, artist=tracks[0].artists[0])


def test_genres_and_decades_of_the_catalog_add_up(world: World) -> None:
    genres, decades = world.tally(Kind.GENRES), world.tally(Kind.DECADES)

    assert genres.own is None
    assert decades.own is None
    assert genres.catalog.counts["metal"] == len(world.tracks("metal"))
    assert sum(map(decades.catalog.share, decades.catalog.counts)) == pytest.approx(1)
    assert genres.whose.tracks == TRACKS


def test_a_members_genres_weigh_what_they_play(world: World) -> None:
    metal, ambient = world.tracks("metal")[0], world.tracks("ambient")[0]
    world.plays([metal], count=31)
    world.plays([ambient], count=1)

    own = world.tally(Kind.GENRES, FOR_MARA).own

    assert own is not None
    assert own.share("metal") > 0.8
    assert own.share("metal") + own.share("ambient") == pytest.approx(1)


def test_dislikes_are_no_listening(world: World) -> None:
    liked, disliked = world.tracks("metal")[0], world.tracks("ambient")[0]
    world.plays([liked, disliked])
    with world.core.database.transaction() as stored:
        stored.feedback.record(Feedback(member=MARA, track=disliked.key, verdict=Verdict.DISLIKE, given_at=NOW))

    own = world.tally(Kind.GENRES, FOR_MARA).own

    assert own is not None
    assert "ambient" not in own.counts


def test_the_catalogs_sound_is_that_of_its_largest_genres(world: World) -> None:
    answer = world.sound()

    assert answer.whole is None
    assert [name for name, _ in answer.parts] == list(world.tally(Kind.GENRES).catalog.ranked[:4])
    assert len(answer.features) >= 8


def test_a_members_sound_is_told_by_interest_and_on_average(world: World) -> None:
    world.plays(world.tracks("metal")[:8])
    world.plays(world.tracks("ambient")[:8])

    answer = world.sound(FOR_MARA)

    assert answer.whole is not None
    loud, quiet = sorted((sound["energy"].mean for _, sound in answer.parts), reverse=True)
    assert loud > answer.whole["energy"].mean > quiet


def test_one_interest_is_the_average(world: World) -> None:
    world.plays(world.tracks("metal")[:6])

    assert world.sound(FOR_MARA).parts == ()


def test_songs_are_heard_one_by_one_when_they_are_few(world: World) -> None:
    tracks = world.tracks("metal")[:6]
    few, many = (Subject(tracks=tuple(f"key:{track.key}" for track in tracks[:count])) for count in (2, 6))

    assert [name for name, _ in world.sound(few).parts] == [f"“{track.title}”" for track in tracks[:2]]
    assert world.sound(many).parts == ()


async def test_a_member_is_answered_from_the_event_loop(world: World) -> None:
    world.plays(world.tracks("metal")[:4])

    answer = await world.maps.show(FOR_MARA, by=Projection.PCA)

    assert isinstance(answer, MapAnswer)
    assert answer.map.own is not None


def test_who_waits_is_told_what_is_done(world: World) -> None:
    told: list[str] = []

    world.maps.answer(THE_CATALOG, Kind.MAP, by=Projection.TSNE, report=told.append)
    world.maps.answer(THE_CATALOG, Kind.GENRES, report=told.append)

    assert told == [f"Reading {TRACKS} tracks", f"Laying out {TRACKS} tracks by t-SNE", "Counting"]


def test_a_member_of_whom_nothing_is_known_is_told_so(world: World) -> None:
    for kind in Kind:
        with pytest.raises(NothingToGoOnError, match="Nothing is known of what Mara likes"):
            world.maps.answer(FOR_MARA, kind)


def test_an_unknown_title_brings_the_closest(world: World) -> None:
    title = world.tracks("metal")[0].title

    with pytest.raises(NotFoundInCatalogError) as refused:
        world.maps.answer(Subject(tracks=(f"{title}x",)), Kind.MAP)

    assert any(title in each for each in refused.value.closest)


class Bare(World):
    """A catalog that knows titles and artists alone, and has no index."""

    def add(self, **facts: object) -> TrackKey:
        words = {Fact.WORDS: Source.DATASET}
        track = TrackFacts(title=f"Paper Boats {len(facts)}", artists=("The Lanterns",), sources=words)
        with self.core.database.transaction() as stored:
            return stored.tracks.add_or_merge([replace(track, **facts)])[0].key  # type: ignore[arg-type]


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Bare]:
    blocking = BlockingPool(workers=1)
    with open_core(settings_for(tmp_path)) as core:
        yield Bare(core, blocking)
    blocking.close()


@pytest.mark.parametrize("kind", Kind)
def test_an_empty_catalog_has_nothing_to_show(bare: Bare, kind: Kind) -> None:
    with pytest.raises(EmptyCatalogError):
        bare.maps.answer(THE_CATALOG, kind)


def test_a_catalog_that_is_not_embedded_has_no_map(bare: Bare) -> None:
    bare.add()

    with pytest.raises(EmptyCatalogError):
        bare.maps.answer(THE_CATALOG, Kind.MAP)


@pytest.mark.parametrize(
    ("kind", "what"), [(Kind.GENRES, "genre"), (Kind.DECADES, "year"), (Kind.SOUND, "audio feature")]
)
def test_what_the_catalog_does_not_know_is_named(bare: Bare, kind: Kind, what: str) -> None:
    bare.add(audio=NO_AUDIO_FEATURES)

    with pytest.raises(NothingToGoOnError, match=f"No {what} is known of the catalog"):
        bare.maps.answer(THE_CATALOG, kind)


def test_a_catalog_without_genres_is_heard_by_its_decades(bare: Bare) -> None:
    sound = AudioFeatures(energy=0.2, valence=0.4, danceability=0.5)
    bare.add(title="Old", released=ReleaseDate(1975), audio=sound)
    bare.add(title="New", released=ReleaseDate(2011), audio=replace(sound, energy=0.8))

    answer = bare.sound()

    assert [(name, sound["energy"].mean) for name, sound in answer.parts] == [("1970s", 0.2), ("2010s", 0.8)]
    assert answer.features == ("danceability", "energy", "valence")


def test_two_features_are_no_sound(bare: Bare) -> None:
    bare.add(released=ReleaseDate(1975), audio=AudioFeatures(energy=0.2, valence=0.4))

    with pytest.raises(NothingToGoOnError, match="No audio feature"):
        bare.sound()


def test_without_an_index_a_member_still_has_a_sound(bare: Bare) -> None:
    key = bare.add(audio=AudioFeatures(energy=0.2, valence=0.4, danceability=0.5))
    bare.plays(list(bare.core.store.tracks([key]).values()))

    answer = bare.sound(FOR_MARA)

    assert answer.whole is not None
    assert answer.parts == ()


def test_what_is_not_searchable_is_on_no_map(world: World) -> None:
    words = {Fact.WORDS: Source.DATASET}
    with world.core.database.transaction() as stored:
        facts = TrackFacts(title="Unread", artists=("Nobody",), sources=words)
        key = stored.tracks.add_or_merge([facts])[0].key

    with pytest.raises(NothingToGoOnError, match="Nothing of “Unread” by Nobody can be searched yet"):
        world.map(Subject(tracks=(f"key:{key}",)), by=Projection.PCA)
