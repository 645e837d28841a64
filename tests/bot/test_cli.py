"""Promises of the command line: exit codes, one sentence on standard error, JSON alone on standard output."""

import csv
import errno
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import cli
from bot.playground.sample.playlists import sample_playlists, write_playlists
from bot.services.searchable_catalog import SearchableCatalog
from bot.settings import CALLED_FROM, Settings
from bot.wiring import open_core
from recommender.types import Filters, Modality, PopularityBand
from tests.command_line import Result, Run, ran
from tests.installation import NOWHERE, TRACKS, part_of_the_sample


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing outside is reached, no ``.env`` is read, and how much is logged stays as it was."""
    loggers = [logging.getLogger(name) for name in ("bot", "recommender", "storage")]
    levels = [logger.level for logger in loggers]
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISCORD_TOKEN", raising=False)
    for name in ("LYRICS_API_BASE", "MUSICBRAINZ_API_BASE", "COVER_ART_ARCHIVE_BASE"):
        monkeypatch.setenv(name, NOWHERE)
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def run(environment: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the command inside this process."""

    def run(*arguments: str, home: Path | None = None) -> Result:
        monkeypatch.setenv("CRATEDIGGER_HOME", str(home or Path("home").resolve()))
        return ran(*arguments, monkeypatch=monkeypatch, capfd=capfd)

    return run


def dataset(path: Path, rows: int) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["track_name", "track_artist", "energy"])
        writer.writerows([f"Song number {number}", f"Band {number % 50}", 0.5] for number in range(rows))
    return path


def test_every_command_explains_itself_with_an_example(run: Run) -> None:
    commands = ["run", "playground", "recommend", "nightly", "rebuild-index"]
    for command in [[each] for each in commands] + [["catalog", each] for each in ("import", "embed", "stats")]:
        result = run(*command, "--help")

        assert result.code == 0
        assert f"Example: cratedigger {' '.join(command)}" in " ".join(result.out.split())


def test_a_file_becomes_searchable_tracks(run: Run, tmp_path: Path) -> None:
    imported = run("catalog", "import", str(dataset(tmp_path / "songs.csv", 40)), "--json")
    again = run("catalog", "import", str(tmp_path / "songs.csv"), "--json")
    embedded = run("catalog", "embed", "--json")
    counted = run("catalog", "stats", "--json")
    found = run("recommend", "--track", "Song number 3", "--count", "4", "--json")

    assert (imported.code, imported.json["new"]) == (0, 40)
    assert (again.json["new"], again.json["changed"], again.json["unchanged"]) == (0, 0, 40)
    assert (embedded.code, embedded.json["words"]["done"], embedded.json["index"]["tracks"]) == (0, 40, 40)
    assert (counted.json["tracks"], counted.json["with_text"]) == (40, 40)
    assert [each["rank"] for each in found.json["suggestions"]] == [1, 2, 3, 4]


def test_an_answer_without_all_words_says_so(run: Run, installation: Settings, tmp_path: Path) -> None:
    run("catalog", "import", str(dataset(tmp_path / "songs.csv", 12)), home=installation.home)

    result = run("recommend", "--prompt", "rain", home=installation.home)

    assert result.code == 0
    assert "words of 12 tracks are not embedded" in " ".join(result.err.split())


def test_the_json_answer_has_the_promised_shape(run: Run, installation: Settings) -> None:
    result = run("recommend", "--prompt", "a song for the rain", "--json", home=installation.home)

    answer = result.json
    assert result.code == 0
    assert answer["seed"] == {"kind": "prompt", "prompt": "a song for the rain"}
    assert answer["catalog"]["tracks"] == TRACKS
    assert answer["took_ms"] > 0
    assert len({each["key"] for each in answer["suggestions"]}) == 10
    for each in answer["suggestions"]:
        assert sum(each["parts"].values()) == pytest.approx(each["score"], abs=1e-6)
        assert {"text", "image", "audio", "collaborative", "popularity"} <= each["parts"].keys()
        assert all(each[name] for name in ("title", "artists", "reason"))


def test_the_table_shows_titles_and_reasons(run: Run, installation: Settings) -> None:
    answer = run("recommend", "--prompt", "rain", "--count", "3", "--json", home=installation.home).json

    table = run("recommend", "--prompt", "rain", "--count", "3", home=installation.home)

    assert table.code == 0
    for each in answer["suggestions"]:
        assert each["title"].split()[0] in table.out
    assert "by score" not in table.out


def test_why_says_where_each_would_stand_without_a_modality(run: Run, installation: Settings) -> None:
    asked = ["recommend", "--prompt", "rain", "--count", "3"]
    answer = run(*asked, "--json", home=installation.home).json

    table = run(*asked, "--why", home=installation.home)

    assert table.code == 0
    assert table.out.count("by score") == 3
    for each in answer["suggestions"]:
        assert set(each["without"]) == {name for name in map(str, Modality) if each["parts"][name] > 0}
        assert all(place >= 1 for place in (each["by_score"], *each["without"].values()))


def test_people_alone_are_asked_once_there_are_lists(run: Run, installation: Settings, tmp_path: Path) -> None:
    home = installation.home
    playlists = sample_playlists(part_of_the_sample())
    write_playlists(playlists, tmp_path / "lists.csv")
    title = playlists[0].tracks[0].facts.title
    asked = ["recommend", "--track", title, "--by", "people", "--json"]
    before = run(*asked, home=home)

    run("catalog", "import", str(tmp_path / "lists.csv"), "--json", home=home)
    run("rebuild-index", "--force", "--json", home=home)
    after = run(*asked, home=home)

    assert before.code == 1
    assert "No playlist and no listener that I may learn from has this music." in " ".join(before.err.split())
    assert after.code == 0
    for each in after.json["suggestions"]:
        assert {name for name, value in each["parts"].items() if value} <= {"collaborative", "popularity", "discovery"}
        assert re.search("[Pp]eople who have|[Ll]isteners of|[Aa] list (that has|with)|lists of others", each["reason"])


def test_a_title_that_matches_nothing_fails_with_the_closest(run: Run, installation: Settings) -> None:
    title = run("recommend", "--prompt", "rain", "--count", "1", "--json", home=installation.home).json["suggestions"][
        0
    ]["title"]

    result = run("recommend", "--track", f"{title}x", "--json", home=installation.home)

    assert (result.code, result.out) == (1, "")
    assert title in result.err


def test_the_version_is_printed(run: Run) -> None:
    result = run("--version")

    assert result.code == 0
    assert re.fullmatch(r"cratedigger \d+\.\d+\.\d+\n", result.out)


def test_an_unknown_genre_or_language_fails_with_the_closest(run: Run, installation: Settings) -> None:
    genre = run("recommend", "--prompt", "rain", "--genre", "fokl", "--json", home=installation.home)
    language = run("recommend", "--prompt", "rain", "--language", "Englsh", "--json", home=installation.home)

    assert (genre.code, genre.out) == (1, "")
    assert "folk" in genre.err
    assert (language.code, language.out) == (1, "")
    assert "“Englsh” is no language that I know. Closest: English." in " ".join(language.err.split())


def test_filters_are_kept_and_what_they_could_not_see_is_said(run: Run, installation: Settings) -> None:
    asked = ("--genre", "folk", "--language", "english", "--max-minutes", "4", "--max-popularity", "60", "--clean")

    result = run("recommend", "--prompt", "rain", *asked, "--json", home=installation.home)

    assert result.code == 0
    keys = {each["key"] for each in result.json["suggestions"]}
    assert keys
    with open_core(installation) as core:
        wanted = Filters(
            genre="folk", language="en", max_ms=240_000, popularity=PopularityBand(highest=60), explicit=False
        )
        assert keys <= set(core.store.keys_matching(wanted).tolist())


def test_a_roll_comes_again_by_its_number(run: Run, installation: Settings) -> None:
    def keys(*asked: str) -> list[int]:
        answer = run("recommend", "--prompt", "rain", *asked, "--json", home=installation.home).json
        return [answer["roll"], *(each["key"] for each in answer["suggestions"])]

    best, rolled, drawn = keys(), keys("--roll", "4711"), keys("--reroll")
    table = run("recommend", "--prompt", "rain", "--roll", "4711", home=installation.home)

    assert best[0] == 0
    assert rolled == keys("--roll", "4711")
    assert rolled[1:] != best[1:]
    assert drawn == keys("--roll", str(drawn[0]))
    assert "roll 4711" in table.out


def test_the_mean_of_several_songs_is_a_method_whose_parts_add_up(run: Run, installation: Settings) -> None:
    asked = ["recommend", "--track", "key:1", "--track", "key:2", "--method", "mean", "--json"]

    answer = run(*asked, home=installation.home).json

    assert [each["key"] for each in answer["seed"]["tracks"]] == [1, 2]
    assert len(answer["suggestions"]) == 10
    for each in answer["suggestions"]:
        assert sum(each["parts"].values()) == pytest.approx(each["score"], abs=1e-6)
        assert each["parts"]["text"] == each["parts"]["image"] == 0
        assert each["reason"].startswith("Close to the mean of your 2 songs in sound, year and popularity;")


def test_a_picture_that_is_none_fails_with_one_sentence(run: Run, installation: Settings, tmp_path: Path) -> None:
    (tmp_path / "cover.png").write_bytes(b"not a picture")

    result = run("recommend", "--cover", str(tmp_path / "cover.png"), home=installation.home)

    assert (result.code, result.out) == (1, "")
    assert "picture" in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("recommend",),
        ("recommend", "--prompt", "a", "--artist", "b"),
        ("recommend", "--prompt", "a", "--by", "smell"),
        ("recommend", "--prompt", "a", "--count", "0"),
        ("recommend", "--prompt", "a", "--mix", "1.5"),
        ("catalog", "import", "no-such-file.csv"),
        ("catalog", "import", "/dev/null"),
        ("recommend", "--cover", "/dev/zero"),
        ("recommend", "--member", "0"),
        ("recommend", "--member", "99999999999999999999"),
        ("recommend", "--prompt", "a", "--min-popularity", "60", "--max-popularity", "40"),
        ("recommend", "--prompt", "a", "--roll", "10000"),
        ("recommend", "--prompt", "a", "--roll", "-1"),
        ("recommend", "--prompt", "a", "--roll", "5", "--reroll"),
        ("recommend", "--track", "a", "--method", "magic"),
        ("recommend", "--prompt", "a", "--method", "mean"),
        ("dance",),
    ],
)
def test_wrong_use_exits_2(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)

    assert (result.code, result.out) == (2, "")
    assert result.err


def test_an_empty_catalog_says_what_to_do(run: Run, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()

    result = run("recommend", "--prompt", "rain")

    assert result.code == 1
    assert "catalog import" in result.err


@pytest.mark.parametrize("command", [("catalog", "stats"), ("catalog", "embed"), ("rebuild-index",), ("nightly",)])
def test_looking_into_an_installation_does_not_make_one(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    result = run(*command)

    assert (result.code, result.out) == (1, "")
    assert f"no installation in {tmp_path / 'home'}" in result.err
    assert list(tmp_path.iterdir()) == []


def test_files_count_from_where_the_person_stands(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    dataset(tmp_path / "music" / "songs.csv", 3)
    monkeypatch.setenv(CALLED_FROM, str(tmp_path / "music"))

    assert run("catalog", "import", "songs.csv", "--json").json["new"] == 3


def test_a_member_of_whom_nothing_is_known_is_named(run: Run, installation: Settings) -> None:
    result = run("recommend", "--member", "5", home=installation.home)

    assert (result.code, result.out) == (1, "")
    assert "member 5" in result.err
    assert "/link" not in result.err


def test_a_full_disk_is_one_sentence_and_keeps_the_database(
    run: Run, installation: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object, **_named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(SearchableCatalog, "rebuild", full)

    result = run("rebuild-index", home=installation.home)

    assert result.code == 1
    assert "No space left on device" in result.err
    assert "Traceback" not in result.err
    assert run("catalog", "stats", "--json", home=installation.home).json["tracks"] == TRACKS


def test_usage_names_the_command_as_people_type_it(run: Run) -> None:
    assert "Usage: cratedigger recommend" in run("recommend", "--help").out


def test_a_malformed_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIME_ZONE", "Mars/Olympus")

    result = run("catalog", "stats")

    assert result.code == 1
    assert "TIME_ZONE" in result.err


def test_an_encoder_that_is_not_here_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run("catalog", "import", str(dataset(tmp_path / "songs.csv", 3)))
    monkeypatch.setenv("TEXT_ENCODER", "bert-base-uncased")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    result = run("catalog", "embed")

    assert result.code == 1
    assert "bert-base-uncased" in result.err
    assert "Traceback" not in result.err


def test_the_bot_does_not_start_without_a_token(run: Run) -> None:
    result = run("run")

    assert result.code == 1
    assert "DISCORD_TOKEN" in result.err


def test_the_index_is_rebuilt_on_demand(run: Run, installation: Settings) -> None:
    result = run("rebuild-index", "--json", home=installation.home)

    assert (result.code, result.json["tracks"], result.json["swapped"]) == (0, TRACKS, True)
    assert result.json["quality"].startswith("no figure of quality")


def test_nightly_reports_every_step(run: Run, installation: Settings) -> None:
    result = run("nightly", "--json", home=installation.home)

    assert result.code == 0
    assert list(result.json) == ["sync members", "expire", "embed", "rebuild index"]
    assert result.json["rebuild index"].startswith(f"{TRACKS} tracks; no figure of quality")


def test_the_first_ctrl_c_stops_an_import_after_its_batch_and_the_next_run_goes_on(
    environment: None, tmp_path: Path
) -> None:
    file = dataset(tmp_path / "songs.csv", 30_000)
    environ = {**os.environ, "CRATEDIGGER_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "bot", "catalog", "import", str(file), "--json"]
    root = Path(cli.__file__).parents[1]

    process = subprocess.Popen(
        command, cwd=root, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    database = tmp_path / "home" / "cratedigger.sqlite-wal"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (database.exists() and database.stat().st_size > 300_000):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    stopped = json.loads(out)
    finished = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=True)

    assert "run it again to go on" in err
    assert 0 < stopped["rows"] < 30_000
    resumed = json.loads(finished.stdout)
    assert resumed["rows"] == 30_000
    assert resumed["resumed_from"] == stopped["rows"]


def test_an_embed_that_was_killed_goes_on_where_it_was(
    environment: None, run: Run, installation: Settings, tmp_path: Path
) -> None:
    run("catalog", "import", str(dataset(tmp_path / "songs.csv", 4_000)), home=installation.home)
    environ = {**os.environ, "CRATEDIGGER_HOME": str(installation.home)}
    root = Path(cli.__file__).parents[1]

    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "catalog", "embed"], cwd=root, env=environ, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    embedded = TRACKS
    while time.monotonic() < deadline and embedded < TRACKS + 512:
        embedded = run("catalog", "stats", "--json", home=installation.home).json["with_text"]
    process.kill()
    process.wait()
    kept = run("catalog", "stats", "--json", home=installation.home).json["with_text"]
    rest = run("catalog", "embed", "--json", home=installation.home)

    assert TRACKS + 512 <= kept < TRACKS + 4_000
    assert rest.json["words"]["done"] == TRACKS + 4_000 - kept
    assert rest.json["index"]["tracks"] == TRACKS + 4_000
