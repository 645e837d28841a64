"""Promises of what an answer starts from: names understood, and members' tastes only as far as they agreed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import NotFoundInCatalogError, NotLinkedError, TasteKeptError
from bot.services.asks import Ask, Person
from bot.services.named_seeds import MOST_NAMED
from bot.services.spotify_playlists import ReadPlaylist
from bot.services.starts import Start
from recommender.errors import EmptyCatalogError, NothingToGoOnError
from recommender.types import (
    Fact,
    Feedback,
    MemberId,
    SeedKind,
    Signal,
    SignalKind,
    Source,
    TrackFacts,
    TrackKey,
    Verdict,
)
from storage.database import Database
from storage.values import Consent, PlaylistFacts, Remembered
from tests.bot.content_world import a_database

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ME, MIRA, JONAS = MemberId(1), Person(member=MemberId(2), name="Mira"), Person(member=MemberId(3), name="Jonas")
OASIS, BLUR = "Oasis", "Blur"
WONDERWALL, SUPERNOVA, OASIS_SONG, SONG_2 = range(4)


class World:
    """A catalog of four tracks, and members who do things with them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.keys = self.add(
            facts("Wonderwall", OASIS, album="Morning Glory", popularity=90, spotify_id="w" * 22),
            facts("Champagne Supernova", OASIS, album="Morning Glory", popularity=70, spotify_id="s" * 22),
            facts("Oasis", "Amanda Palmer", popularity=20),
            facts("Song 2", BLUR, album="Blur", popularity=80, spotify_id="2" * 22),
        )

    def add(self, *each: TrackFacts) -> list[TrackKey]:
        with self.database.transaction() as stored:
            return [merged.key for merged in stored.tracks.add_or_merge(each)]

    def plays(self, member: MemberId, *rows: int) -> None:
        signals = [Signal(track=self.keys[row], kind=SignalKind.PLAY, at=NOON) for row in rows]
        with self.database.transaction() as stored:
            stored.signals.record(member, signals, Source.SPOTIFY)

    def says(self, member: MemberId, verdict: Verdict, row: int) -> None:
        with self.database.transaction() as stored:
            stored.feedback.record(Feedback(member=member, track=self.keys[row], verdict=verdict, given_at=NOON))

    def agrees(self, *people: Person) -> None:
        with self.database.transaction() as stored:
            for each in people:
                stored.consents.give(each.member, Consent.TASTE, NOON)

    def start(self, read: ReadPlaylist | None = None, /, **asked: Any) -> Start:
        with self.database.reading() as stored:
            return Start.of(stored, Ask(**asked), read, NOON)


def facts(title: str, artist: str, **others: Any) -> TrackFacts:
    return TrackFacts(title=title, artists=(artist,), sources={Fact.WORDS: Source.DATASET}, **others)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_database(tmp_path) as database:
        yield World(database)


class TestNames:
    def test_an_album_is_a_seed_of_its_tracks(self, world: World) -> None:
        start = world.start(album="morning glory - oasis")

        assert (start.seed.kind, start.seed.tracks) == (SeedKind.ALBUM, tuple(world.keys[:2]))
        assert start.label == "the album “Morning Glory” by Oasis"
        assert start.described == {"kind": "album", "album": "Morning Glory", "artists": ["Oasis"], "tracks": 2}

    def test_a_playlist_of_a_file_is_a_seed_of_its_tracks(self, world: World) -> None:
        with world.database.transaction() as stored:
            key = stored.playlists.add(PlaylistFacts(source_id="37i9", name="Rainy Days"))
            stored.playlists.add_entries(key, [world.keys[0], world.keys[3]])

        for name in ("Rainy Days", "37i9", f"playlist:{key}"):
            start = world.start(playlist=name)

            assert (start.seed.kind, start.seed.tracks) == (SeedKind.PLAYLIST, (world.keys[0], world.keys[3]))
        assert start.label == "the playlist “Rainy Days”"
        assert start.described == {"kind": "playlist", "playlist": "Rainy Days", "id": "37i9", "tracks": 2}

    @pytest.mark.parametrize(
        ("asked", "closest"),
        [
            ({"album": "Morning Gloria"}, "Morning Glory – Oasis"),
            ({"playlist": "Rainy Nites"}, "Rainy Days"),
            ({"tracks": ("Wonderwal",)}, "Wonderwall – Oasis"),
            ({"artist": "Oasiss"}, "Oasis"),
            ({"path": ("Wonderwall", "Song 3")}, "Song 2 – Blur"),
        ],
    )
    def test_a_miss_has_the_closest_names(self, world: World, asked: dict[str, Any], closest: str) -> None:
        with world.database.transaction() as stored:
            stored.playlists.add(PlaylistFacts(source_id="37i9", name="Rainy Days"))

        with pytest.raises(NotFoundInCatalogError) as caught:
            world.start(**asked)

        assert closest in caught.value.closest

    def test_in_an_empty_catalog_nothing_is_missing_but_everything(self, tmp_path: Path) -> None:
        with a_database(tmp_path) as database, database.reading() as stored, pytest.raises(EmptyCatalogError):
            Start.of(stored, Ask(album="Morning Glory"), None, NOON)

    def test_a_path_has_two_ends(self, world: World) -> None:
        start = world.start(path=("Wonderwall", f"key:{world.keys[SONG_2]}"))

        assert start.seed.tracks == (world.keys[WONDERWALL], world.keys[SONG_2])
        assert start.label == "“Wonderwall” by Oasis to “Song 2” by Blur"
        assert start.described["kind"] == "path"
        assert start.described["from"] == {
            "key": world.keys[0], "spotify_id": "w" * 22, "title": "Wonderwall", "artists": ["Oasis"],
        }  # fmt: skip

    def test_what_a_member_knows_may_be_a_step_of_a_path_but_not_what_they_dislike(self, world: World) -> None:
        world.plays(ME, SUPERNOVA)
        world.says(ME, Verdict.LIKE, SUPERNOVA)
        world.says(ME, Verdict.DISLIKE, OASIS_SONG)

        start = world.start(member=ME, path=("Wonderwall", "Song 2"))

        assert start.excluded == {world.keys[OASIS_SONG]}


class TestSpotifyPlaylists:
    def read(self, *tracks: TrackFacts, notes: tuple[str, ...] = ()) -> ReadPlaylist:
        return ReadPlaylist(spotify_id="p" * 22, tracks=tracks, notes=notes)

    def test_tracks_are_found_by_id_or_by_name_and_the_others_are_named(self, world: World) -> None:
        playlist = self.read(
            facts("Whatever it is called", OASIS, spotify_id="w" * 22),
            facts("Song 2", BLUR, spotify_id="z" * 22),
            facts("Nowhere", "Nobody", spotify_id="n" * 22),
            notes=("Only the first 500 of its 600 songs were read.",),
        )

        start = world.start(playlist, playlist="https://open.spotify.com/playlist/…")

        assert start.seed.tracks == (world.keys[WONDERWALL], world.keys[SONG_2])
        assert start.described == {
            "kind": "playlist", "spotify_id": "p" * 22, "tracks": 2, "not_considered": ["Nowhere – Nobody"],
        }  # fmt: skip
        assert start.notes == (
            "Only the first 500 of its 600 songs were read.",
            "1 of its 3 songs are not in the catalog and were not considered: Nowhere – Nobody.",
        )

    def test_of_many_that_are_unknown_a_few_are_named(self, world: World) -> None:
        unknown = [facts(f"Nowhere {number}", "Nobody") for number in range(MOST_NAMED + 2)]

        [note] = world.start(self.read(facts("Song 2", BLUR), *unknown), playlist="…").notes

        assert note.startswith("7 of its 8 songs are not in the catalog")
        assert note.endswith("Nowhere 4 – Nobody; and 2 more.")

    def test_a_playlist_of_strangers_gives_nothing_to_go_on(self, world: World) -> None:
        with pytest.raises(NothingToGoOnError, match="none of the 1 songs"):
            world.start(self.read(facts("Nowhere", "Nobody")), playlist="…")


class TestUnlike:
    def test_a_name_is_an_artists_before_it_is_a_tracks(self, world: World) -> None:
        start = world.start(tracks=("Song 2",), unlike=("oasis",))

        assert set(start.unlike.tracks) == {world.keys[WONDERWALL], world.keys[SUPERNOVA]}
        assert start.unlike.artists == {"oasis"}
        assert start.label == "“Song 2” by Blur, not like oasis"
        assert start.described["not_like"] == [{"kind": "artist", "artist": "oasis"}]

    @pytest.mark.parametrize("name", ["Oasis - Amanda Palmer", "key:{key}"])
    def test_a_track_may_be_meant_all_the_same(self, world: World, name: str) -> None:
        start = world.start(tracks=("Song 2",), unlike=(name.format(key=world.keys[OASIS_SONG]),))

        assert start.unlike.tracks == (world.keys[OASIS_SONG],)
        assert start.unlike.artists == frozenset()
        assert start.label == "“Song 2” by Blur, not like “Oasis” by Amanda Palmer"

    def test_several_are_joined(self, world: World) -> None:
        start = world.start(prompt="rain", unlike=("Blur", "Wonderwall", "Oasis - Amanda Palmer"))

        assert set(start.unlike.tracks) == {world.keys[row] for row in (WONDERWALL, OASIS_SONG, SONG_2)}
        assert start.label == "“rain”, not like Blur, “Wonderwall” by Oasis and “Oasis” by Amanda Palmer"

    def test_a_name_of_nobody_has_the_closest_tracks_and_artists(self, world: World) -> None:
        with pytest.raises(NotFoundInCatalogError) as caught:
            world.start(tracks=("Song 2",), unlike=("Oasiss",))

        assert {"Oasis – Amanda Palmer", "Oasis"} <= set(caught.value.closest)

    @pytest.mark.parametrize(
        "asked",
        [{"tracks": ("Song 2",), "unlike": ("Song 2",)}, {"artist": "Oasis", "unlike": ("Oasis",)},
         {"tracks": ("Wonderwall",), "unlike": ("Oasis",)}],
    )  # fmt: skip
    def test_nothing_is_like_and_unlike_the_same(self, world: World, asked: dict[str, Any]) -> None:
        with pytest.raises(NothingToGoOnError, match="like a song and unlike it"):
            world.start(**asked)

    def test_ones_own_taste_may_be_asked_for_without_a_side_of_it(self, world: World) -> None:
        world.plays(ME, WONDERWALL)

        start = world.start(member=ME, unlike=("Blur",))

        assert (start.seed.kind, start.label) == (SeedKind.MEMBER, "your listening, not like Blur")


class TestOthers:
    def test_a_member_who_agreed_is_started_from_and_what_i_know_is_left_out(self, world: World) -> None:
        world.plays(MIRA.member, WONDERWALL, SUPERNOVA)
        world.plays(ME, SONG_2)
        world.agrees(MIRA)

        start = world.start(member=ME, other=MIRA)

        assert (start.seed.kind, start.seed.member, start.seed.name) == (SeedKind.MEMBER, MIRA.member, "Mira")
        assert {each.track for each in start.signals} == set(world.keys[:2])
        assert start.excluded == {world.keys[SONG_2]}
        assert start.label == "Mira's listening"
        assert start.described == {"kind": "member", "member": "2"}

    def test_without_consent_nothing_is_told_not_even_whether_something_is_known(self, world: World) -> None:
        world.plays(MIRA.member, WONDERWALL)

        for person in (MIRA, JONAS):
            with pytest.raises(TasteKeptError, match=f"{person.name} has not agreed that others start"):
                world.start(member=ME, other=person)

    def test_a_consent_for_something_else_is_none(self, world: World) -> None:
        world.plays(MIRA.member, WONDERWALL)
        with world.database.transaction() as stored:
            stored.consents.give(MIRA.member, Consent.PEOPLE, NOON)

        with pytest.raises(TasteKeptError):
            world.start(other=MIRA)

    def test_a_consent_that_was_taken_back_is_none(self, world: World) -> None:
        world.plays(MIRA.member, WONDERWALL)
        world.agrees(MIRA)
        with world.database.transaction() as stored:
            stored.consents.withdraw(MIRA.member, Consent.TASTE)

        with pytest.raises(TasteKeptError):
            world.start(other=MIRA)

    def test_of_whom_nothing_is_known_is_said(self, world: World) -> None:
        world.agrees(MIRA)

        with pytest.raises(NothingToGoOnError, match="nothing yet of what Mira listens to"):
            world.start(other=MIRA)

    def test_oneself_needs_no_consent(self, world: World) -> None:
        world.plays(ME, WONDERWALL)

        start = world.start(member=ME, other=Person(member=ME, name="Me"))

        assert start.label == "your listening"


class TestGroups:
    def test_each_brings_their_own_taste_and_what_they_know(self, world: World) -> None:
        world.plays(MIRA.member, WONDERWALL)
        world.plays(ME, SONG_2)
        world.says(ME, Verdict.BLOCK, OASIS_SONG)
        world.agrees(MIRA)

        start = world.start(member=ME, group=(MIRA,))

        assert [(each.member, each.name) for each in start.listeners] == [(2, "Mira"), (1, None)]
        assert [each.excluded for each in start.listeners] == [
            {world.keys[WONDERWALL]}, {world.keys[SONG_2], world.keys[OASIS_SONG]},
        ]  # fmt: skip
        assert start.label == "what Mira and you listen to"
        assert start.described == {"kind": "group", "members": ["2", "1"]}

    def test_what_one_of_them_was_suggested_lately_is_left_out(self, world: World) -> None:
        world.plays(MIRA.member, WONDERWALL)
        world.plays(JONAS.member, SONG_2)
        world.agrees(MIRA, JONAS)
        remembered = Remembered(track=world.keys[SUPERNOVA], modality="text", source="vectors", score=0.5)
        with world.database.transaction() as stored:
            stored.suggestions.remember(JONAS.member, [remembered], NOON - timedelta(days=1))

        start = world.start(group=(MIRA, JONAS))

        assert world.keys[SUPERNOVA] in start.listeners[1].excluded
        assert start.label == "what Mira and Jonas listen to"

    def test_all_who_have_not_agreed_are_named(self, world: World) -> None:
        world.plays(ME, WONDERWALL)

        with pytest.raises(TasteKeptError, match="Mira and Jonas have not agreed"):
            world.start(member=ME, group=(MIRA, JONAS))

    def test_one_who_agreed_does_not_speak_for_another(self, world: World) -> None:
        world.plays(MIRA.member, WONDERWALL)
        world.agrees(MIRA)

        with pytest.raises(TasteKeptError, match="Jonas has not"):
            world.start(group=(MIRA, JONAS))

    @pytest.mark.parametrize("asked", [{"group": (MIRA,)}, {"group": (MIRA, MIRA)}])
    def test_one_is_no_group(self, world: World, asked: dict[str, Any]) -> None:
        world.plays(MIRA.member, WONDERWALL)
        world.agrees(MIRA)

        with pytest.raises(NothingToGoOnError, match="at least two members"):
            world.start(**asked)

    def test_naming_oneself_makes_no_group_either(self, world: World) -> None:
        world.plays(ME, WONDERWALL)

        with pytest.raises(NothingToGoOnError, match="at least two members"):
            world.start(member=ME, group=(Person(member=ME, name="Me"),))

    def test_whoever_asks_needs_a_taste_too(self, world: World) -> None:
        world.plays(MIRA.member, WONDERWALL)
        world.agrees(MIRA)

        with pytest.raises(NotLinkedError):
            world.start(member=ME, group=(MIRA,))


def test_nobody_and_nothing_is_refused(world: World) -> None:
    with pytest.raises(NothingToGoOnError, match="Name a song"):
        world.start()
