"""Promises of ``cratedigger recommend`` for albums, playlists, members, groups, blends and paths."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.settings import Settings
from bot.wiring import Core, open_core
from recommender.types import Filters, MemberId, Signal, SignalKind, Source, Track, TrackKey
from storage.values import Consent, PlaylistFacts
from tests.bot.test_cli import environment, run
from tests.command_line import Result, Run

__all__ = ["environment", "run"]

MIRA, JONAS = 101, 202
NOW = datetime.now(UTC)


class World:
    """An installation, and the command on it."""

    def __init__(self, run: Run, installation: Settings, core: Core) -> None:
        self._run = run
        self._home = installation.home
        self.core = core

    def run(self, *arguments: str) -> Result:
        return self._run("recommend", *arguments, home=self._home)

    def answer(self, *arguments: str) -> dict[str, Any]:
        result = self.run(*arguments, "--json")
        assert result.code == 0, result.err
        for each in result.json["suggestions"]:
            assert sum(each["parts"].values()) == pytest.approx(each["score"], abs=1e-6)
            assert each["reason"]
        return dict(result.json)

    def tracks(self, genre: str) -> list[Track]:
        keys = self.core.store.keys_matching(Filters(genre=genre))
        return list(self.core.store.tracks(TrackKey(int(key)) for key in keys).values())

    def listens(self, member: int, tracks: Sequence[Track], *, shares: bool = True) -> None:
        signals = [Signal(track=track.key, kind=SignalKind.PLAY, at=NOW, count=5) for track in tracks]
        with self.core.database.transaction() as stored:
            stored.signals.record(MemberId(member), signals, Source.SPOTIFY)
            if shares:
                stored.consents.give(MemberId(member), Consent.TASTE, NOW)


@pytest.fixture
def world(run: Run, installation: Settings) -> Iterator[World]:
    with open_core(installation) as core:
        yield World(run, installation, core)


def test_an_album_is_a_seed(world: World) -> None:
    track = next(track for track in world.tracks("metal") if track.album)

    answer = world.answer("--album", f"{track.album} - {track.artists[0]}")
    missed = world.run("--album", f"{track.album}x", "--json")

    assert (answer["seed"]["kind"], answer["seed"]["album"]) == ("album", track.album)
    assert track.key not in {each["key"] for each in answer["suggestions"]}
    assert (missed.code, missed.out) == (1, "")
    assert f"{track.album} – {track.artists[0]}" in missed.err


def test_a_playlist_of_a_file_is_a_seed(world: World) -> None:
    with world.core.database.transaction() as stored:
        key = stored.playlists.add(PlaylistFacts(source_id="37i9", name="Campfire"))
        stored.playlists.add_entries(key, [track.key for track in world.tracks("folk")[:3]])

    by_name, by_id = world.answer("--playlist", "campfire"), world.answer("--playlist", "37i9")
    missed = world.run("--playlist", "Campfires")

    assert by_name["seed"] == {"kind": "playlist", "playlist": "Campfire", "id": "37i9", "tracks": 3}
    assert by_id["suggestions"] == by_name["suggestions"]
    assert (missed.code, "Closest: Campfire." in missed.err) == (1, True)


def test_a_playlist_on_spotify_needs_a_member_with_a_link(world: World) -> None:
    link = "https://open.spotify.com/playlist/37i9dQZF1DX4sWSpwq3LiO"

    for asking in ((), ("--as", str(MIRA))):
        result = world.run("--playlist", link, *asking)

        assert (result.code, result.out) == (1, "")
        assert "Spotify has to be linked first" in " ".join(result.err.split())


def test_a_blend_has_a_plus_and_a_minus(world: World) -> None:
    one, other, unlike = world.tracks("metal")[0], world.tracks("folk")[0], world.tracks("metal")[2]
    like = ("--track", f"key:{one.key}", "--track", f"key:{other.key}")

    answer = world.answer(*like, "--not-like", f"key:{unlike.key}", "--not-like", world.tracks("jazz")[0].artists[0])

    assert [each["kind"] for each in answer["seed"]["not_like"]] == ["track", "artist"]
    assert unlike.key not in {each["key"] for each in answer["suggestions"]}
    assert min(each["parts"]["dislikes"] for each in answer["suggestions"]) < 0


def test_another_member_is_started_from_only_if_they_agreed(world: World) -> None:
    theirs = world.tracks("jazz")[:4]
    world.listens(JONAS, theirs, shares=False)

    refused = world.run("--with", str(JONAS))
    world.listens(JONAS, theirs)
    answer = world.answer("--with", str(JONAS), "--as", str(MIRA))

    assert (refused.code, refused.out) == (1, "")
    assert "member 202 has not agreed" in " ".join(refused.err.split())
    assert answer["seed"] == {"kind": "member", "member": "202"}
    assert not {track.key for track in theirs} & {each["key"] for each in answer["suggestions"]}


def test_a_group_is_told_how_happy_each_is(world: World) -> None:
    world.listens(MIRA, world.tracks("metal")[:4])
    world.listens(JONAS, world.tracks("jazz")[:4])

    group = ("--member", str(MIRA), "--member", str(JONAS))
    answer = world.answer(*group)
    table = world.run(*group)

    assert answer["seed"] == {"kind": "group", "members": ["101", "202"]}
    assert set(answer["happiness"]) == {"101", "202"}
    assert all(30 < percent <= 100 for percent in answer["happiness"].values())
    assert "how happy: member 101 " in table.out
    assert "From what member 101 and member 202 listen to" in table.out


def test_a_group_needs_the_consent_of_each(world: World) -> None:
    world.listens(MIRA, world.tracks("metal")[:4])
    world.listens(JONAS, world.tracks("jazz")[:4], shares=False)

    result = world.run("--member", str(MIRA), "--member", str(JONAS), "--json")

    assert (result.code, result.out) == (1, "")
    assert "member 202 has not agreed" in " ".join(result.err.split())


def test_a_path_has_both_ends_and_each_step_its_closeness(world: World) -> None:
    first, last = world.tracks("metal")[0], world.tracks("lullaby")[0]
    ends = ("--path-from", f"key:{first.key}", "--path-to", f"key:{last.key}")

    answer = world.answer(*ends, "--count", "5")
    table = world.run(*ends, "--count", "5")

    keys = [each["key"] for each in answer["suggestions"]]
    assert (keys[0], keys[-1], len(keys)) == (first.key, last.key, 5)
    assert answer["seed"]["from"]["key"] == first.key
    assert answer["suggestions"][0]["score"] == 0
    assert all(0 < each["score"] <= 1 for each in answer["suggestions"][1:])
    assert answer["novelty"] is None
    assert "Where the path starts" in table.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("--album", "a", "--playlist", "b"),
        ("--track", "a", "--path-from", "a", "--path-to", "b"),
        ("--path-from", "a"),
        ("--path-to", "a"),
        ("--path-from", "a", "--path-to", "b", "--count", "2"),
        ("--member", "1", "--with", "2"),
        ("--member", "1", "--as", "2"),
        ("--member", "0"),
        ("--with", "99999999999999999999"),
        ("--not-like", "a"),
        ("--track", "a", "--not-like", "b", "--method", "mean"),
        ("--prompt", "a", "--method", "mean"),
        ("--prompt", "a", "--method", "guess"),
    ],
)
def test_wrong_use_exits_2(run: Run, arguments: tuple[str, ...]) -> None:
    result = run("recommend", *arguments)

    assert (result.code, result.out) == (2, "")
    assert result.err
