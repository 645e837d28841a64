"""Promises of ``cratedigger map``: pictures in files, JSON alone on standard output, and clear refusals."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from bot.settings import CALLED_FROM, Settings
from bot.wiring import open_core
from recommender.types import MemberId, Signal, SignalKind, Source
from tests.command_line import Result, Run, ran
from tests.installation import NOWHERE, TRACKS

MARA = 101


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path, installation: Settings
) -> Run:
    """Run the command in an installation with a small catalog."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRATEDIGGER_HOME", str(installation.home))
    monkeypatch.delenv(CALLED_FROM, raising=False)
    for name in ("LYRICS_API_BASE", "MUSICBRAINZ_API_BASE", "COVER_ART_ARCHIVE_BASE"):
        monkeypatch.setenv(name, NOWHERE)

    def run(*arguments: str) -> Result:
        return ran("map", *arguments, monkeypatch=monkeypatch, capfd=capfd)

    return run


def test_the_command_explains_itself_with_an_example(run: Run) -> None:
    result = run("--help")

    assert result.code == 0
    assert "Example: cratedigger map" in " ".join(result.out.split())
    assert "3,000 tracks" in " ".join(result.out.split())


@pytest.mark.parametrize("kind", ["map", "genres", "decades", "sound"])
def test_a_picture_is_written_and_told_in_words(run: Run, kind: str) -> None:
    result = run("--kind", kind, "--by", "pca", "--out", "music.PNG")

    assert result.code == 0, result.err
    with Image.open("music.PNG") as picture:
        assert picture.format == "PNG"
        assert result.out == f"music.PNG: {picture.info['Description']}\n"


def test_json_stands_alone_and_may_come_with_a_picture(run: Run) -> None:
    alone = run("--by", "pca", "--areas", "5", "--json")
    both = run("--by", "pca", "--areas", "5", "--json", "--out", "map.png")

    assert alone.json == both.json
    assert (alone.json["catalog"]["shown"], len(alone.json["areas"])) == (TRACKS, 5)
    assert Path("map.png").stat().st_size > 10_000


def test_the_same_seed_draws_the_same_map(run: Run) -> None:
    one, other = (run("--seed", "7", "--json").json for _ in range(2))

    assert one == other
    assert one["by"] == "tsne"


def test_a_member_sees_what_they_play(run: Run, installation: Settings) -> None:
    with open_core(installation) as core, core.database.transaction() as stored:
        tracks = stored.tracks.search("", 12)
        at = datetime.now(UTC)
        signals = [Signal(track=track.key, kind=SignalKind.PLAY, at=at) for track in tracks]
        stored.signals.record(MemberId(MARA), signals, Source.MEMBER)

    answer = run("--member", str(MARA), "--by", "pca", "--json").json

    assert answer["subject"] == {"kind": "member", "member": str(MARA), "number_of_tracks": 12}
    assert sum(point["strength"] > 0 for point in answer["points"]) == 12


def test_songs_are_named_as_for_recommend(run: Run, installation: Settings) -> None:
    with open_core(installation) as core, core.database.reading() as stored:
        track = stored.tracks.search("", 1)[0]

    answer = run("--track", f"{track.title} - {track.artists[0]}", "--kind", "genres", "--json").json

    assert [each["key"] for each in answer["subject"]["tracks"]] == [track.key]


def test_a_relative_path_counts_from_where_the_person_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv(CALLED_FROM, str(tmp_path / "elsewhere"))

    assert run("--kind", "decades", "--out", "years.png").code == 0
    assert (tmp_path / "elsewhere" / "years.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--json", "--kind", "pie"], "--kind: 'pie' is none of map, genres, decades, sound."),
        (["--json", "--by", "umap"], "--by: 'umap' is none of pca, tsne."),
        (["--json", "--member", "1", "--track", "A"], "Name one: --member or --track."),
        (["--json", "--member", "0"], "--member"),
        (["--json", "--areas", "1"], "--areas"),
        ([], "Name a picture with --out FILE.png, or ask for --json."),
        (["--out", "map.jpg"], "--out: map.jpg does not end in .png"),
        (["--out", "nowhere/map.png"], "--out: there is no folder nowhere."),
        (["--out", "folder.png"], "--out: folder.png is a folder."),
    ],
)
def test_wrong_use_is_told_in_one_sentence(run: Run, arguments: list[str], said: str) -> None:
    Path("folder.png").mkdir()

    result = run(*arguments)

    assert result.code == 2
    assert said in result.err
    assert not result.out


def test_an_unknown_member_and_an_unknown_title_fail_with_their_reason(run: Run) -> None:
    member = run("--member", "12345", "--json")
    title = run("--track", "no such song at all", "--json")

    assert (member.code, title.code) == (1, 1)
    assert "Nothing is known of what member 12345 likes" in member.err
    assert "Nothing in the catalog is called “no such song at all”" in title.err


def test_where_nothing_is_installed_nothing_is_made(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CRATEDIGGER_HOME", str(tmp_path / "nowhere"))

    result = run("--json")

    assert result.code == 1
    assert "There is no installation in" in result.err
    assert not (tmp_path / "nowhere").exists()
