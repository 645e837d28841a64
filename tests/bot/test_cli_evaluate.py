"""Promises of ``cratedigger evaluate``: the JSON of the design, progress elsewhere, and clear refusals."""

import csv
import math
from pathlib import Path

import pytest

from recommender.evaluation import methods
from recommender.evaluation.methods import METHOD_NAMES
from tests.command_line import Result, Run, ran
from tests.recommender.evaluation.lists import playlists

KEYS = ["method", "n", "precision", "recall", "f1", "ndcg", "ndcg_ci", "mrr", "hit", "coverage", "novelty", "ild"]
KEYS += ["artists", "recall_100", "seconds"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path, models: Path) -> Run:
    """Run the command in a home whose networks are converted already."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(models)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRATEDIGGER_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> Result:
        return ran("evaluate", *arguments, monkeypatch=monkeypatch, capfd=capfd)

    return run


@pytest.fixture
def lists(tmp_path: Path) -> str:
    """A file of invented playlists."""
    dataset = playlists()
    path = tmp_path / "lists.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["track_name", "track_artist", "track_album_name", "playlist_id", "energy", "valence"])
        for row, column in zip(*dataset.counts.nonzero(), strict=True):
            track = dataset.tracks[column]
            writer.writerow(
                [
                    track.title,
                    track.artists[0],
                    track.album,
                    dataset.owners[row],
                    track.audio.energy,
                    track.audio.valence,
                ]
            )
    return str(path)


def test_the_json_is_the_one_of_the_design(run: Run, lists: str) -> None:
    result = run("--task", "continuation", "--data", lists, "--methods", "ours,tfidf", "--k", "5", "--json")

    assert result.code == 0, result.err
    answer = result.json
    assert (answer["task"], answer["k"], answer["split"], answer["seeds"]) == ("continuation", 5, "all", [0])
    assert answer["data"]["file"] == "lists.csv"
    assert [row["method"] for row in answer["rows"]] == ["ours", "tfidf"]
    for row in answer["rows"]:
        assert set(row) == set(KEYS)
        assert row["n"] == answer["data"]["owners"]
        assert row["ndcg_ci"][0] <= row["ndcg"] <= row["ndcg_ci"][1]
        assert row["ild"] is None, "eleven audio features are needed, and two are here"
    assert [(each["method"], each["best_other"]) for each in answer["comparisons"]] == [("ours", "tfidf")]


def test_people_get_a_table(run: Run, lists: str) -> None:
    result = run("--task", "continuation", "--data", lists, "--methods", "random, same-artist")

    assert result.code == 0, result.err
    assert "same-artist" in result.out
    assert "seeds 0" in result.out
    assert "Measuring" not in result.out


def test_the_table_fits_a_terminal_and_says_how_far_ours_is_from_the_best_baseline(run: Run, lists: str) -> None:
    result = run("--task", "continuation", "--data", lists, "--methods", "ours-content,ours,random,spotify-popularity")

    said = " ".join(result.out.split())
    assert "ours-content has" in said
    assert "times the NDCG of" in said
    assert "…" not in said


def test_listening_is_held_out_and_left_out(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "listening.csv"
    rows = "".join(f"u{user},s{(user + song) % 9},{song + 1}\n" for user in range(12) for song in range(6))
    file.write_text(f"user_id,song_id,listen_count\n{rows}", encoding="utf-8")

    held = run(
        "--task",
        "listening",
        "--data",
        str(file),
        "--methods",
        "ease,popularity",
        "--seed",
        "1",
        "--seed",
        "2",
        "--json",
    )
    left = run("--task", "listening", "--data", str(file), "--methods", "ease", "--split", "loo", "--json")

    assert (held.json["split"], held.json["seeds"]) == ("holdout", [1, 2])
    assert held.json["comparisons"] == []
    assert left.json["rows"][0]["recall"] == pytest.approx(left.json["rows"][0]["hit"])
    assert all(math.isfinite(row["novelty"]) for row in held.json["rows"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--task", "dancing"], "--task: 'dancing' is none of continuation, listening."),
        (["--task", "listening", "--split", "warm"], "--split: 'warm' is none of holdout, loo"),
        (["--task", "continuation", "--methods", "magic"], "--methods: magic; there are random"),
        (["--task", "continuation", "--methods", ","], "--methods: none named"),
        (["--task", "continuation", "--k", "0"], "--k"),
    ],
)
def test_wrong_use_is_told_in_one_sentence(run: Run, lists: str, arguments: list[str], said: str) -> None:
    result = run("--data", lists, *arguments)

    assert result.code == 2
    assert said in result.err
    assert not result.out


def test_a_file_that_cannot_be_measured_on_fails_with_its_reason(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "short.csv"
    file.write_text("user_id,song_id\nann,s1\n", encoding="utf-8")

    result = run("--task", "listening", "--data", str(file), "--methods", "random")

    assert result.code == 1
    assert "too short" in result.err


def test_a_method_whose_package_is_missing_is_left_out_or_refused(
    run: Run, lists: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(methods, "find_spec", lambda _name: None)
    monkeypatch.setattr(methods, "METHOD_NAMES", ("popularity", "word2vec"))

    refused = run("--task", "continuation", "--data", lists, "--methods", "word2vec")
    left_out = run("--task", "continuation", "--data", lists, "--json")

    assert refused.code == 2
    assert "pip install gensim" in refused.err
    assert [row["method"] for row in left_out.json["rows"]] == ["popularity"]
    assert "word2vec is left out" in left_out.err


def test_the_command_explains_itself_with_an_example(run: Run) -> None:
    result = run("--help")

    assert result.code == 0
    assert "Example" in result.out
    assert "ours" in METHOD_NAMES
