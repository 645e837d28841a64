"""Promises of ``cratedigger evaluate``: the JSON of the design, progress elsewhere, and clear refusals."""

import csv
import hashlib
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot.settings import CALLED_FROM
from recommender.evaluation import baselines, methods
from recommender.evaluation.count_predictors import COUNT_METHODS
from recommender.evaluation.methods import EARLIER_SYSTEMS, METHOD_NAMES
from recommender.evaluation.rankers import Ranker, Training
from tests.command_line import Result, Run, ran
from tests.recommender.evaluation.lists import playlists
from tests.recommender.songbook import songs

KEYS = ["method", "n", "precision", "recall", "f1", "ndcg", "ndcg_ci", "mrr", "hit", "coverage", "novelty", "ild"]
KEYS += ["artists", "recall_100", "rmse", "rmse_ci", "mae", "seconds"]
KEYS += ["genres", "genres_ci", "subgenres", "subgenres_ci", "smaller"]
KEYS += ["precision_ci", "copies", "copies_asked"]


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
        writer.writerow(
            [
                "track_name",
                "track_artist",
                "track_album_name",
                "playlist_id",
                "playlist_genre",
                "playlist_subgenre",
                "energy",
                "valence",
            ]
        )
        for row, column in zip(*dataset.counts.nonzero(), strict=True):
            track = dataset.tracks[column]
            writer.writerow(
                [
                    track.title,
                    track.artists[0],
                    track.album,
                    dataset.owners[row],
                    f"genre of {track.title.split()[0]}",
                    track.title.split()[0],
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
        assert row["rmse"] is row["mae"] is row["rmse_ci"] is None, "nothing is counted"
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


def test_members_planted_with_two_tastes_get_both(run: Run, lists: str) -> None:
    asked = ("--task", "interests", "--data", lists, "--methods", "mean-vector,ours", "--split", "even")

    answer = run(*asked, "--json").json

    assert (answer["task"], answer["split"], answer["comparisons"]) == ("interests", "even", [])
    mean, ours = answer["rows"]
    assert ours["n"] == 200
    assert ours["ndcg"] is ours["rmse"] is None
    assert ours["subgenres"] >= 0.95
    assert ours["subgenres"] > mean["subgenres"]
    assert ours["subgenres_ci"][0] < ours["subgenres"]
    assert answer["data"]["about"].startswith("200 members planted with 20 of 90 tracks")


def test_planted_tastes_are_shown_to_people_as_a_table_as_markdown_and_as_a_chart(run: Run, lists: str) -> None:
    asked = ("--task", "interests", "--data", lists, "--methods", "random", "--split", "uneven")

    table = run(*asked)
    markdown = run(*asked, "--markdown", "-", "--chart", "chart.png")

    assert "Subgenres" in table.out
    assert "…" not in table.out
    assert "| method | Genres | of genres | Subgenres | of subgenres | Smaller | s |" in markdown.out
    assert Path("chart.png").stat().st_size > 0


def test_planted_tastes_need_a_file_with_genres(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "lists.csv"
    file.write_text("track_name,track_artist,playlist_id\nPaper Boats,Ada Lune,p1\n", encoding="utf-8")

    refused = run("--task", "interests", "--data", str(file), "--methods", "random")

    assert refused.code != 0
    assert "no row names a playlist with its genre and subgenre" in refused.err


def test_one_track_finds_those_that_belong_with_it(run: Run, lists: str) -> None:
    methods = "random,tfidf,bert,ours"
    answers = {
        split: run("--task", "tracks", "--data", lists, "--split", split, "--methods", methods, "--json").json
        for split in ("playlist", "subgenre", "artist")
    }

    for split, answer in answers.items():
        assert (answer["task"], answer["split"]) == ("tracks", split)
        precision = {row["method"]: row["precision"] for row in answer["rows"]}
        assert precision["ours"] > 1.5 * precision["random"]
        assert precision["bert"] > 1.5 * precision["random"]
        assert answer["rows"][0]["n"] == answer["data"]["tracks"] == 90
    assert answers["subgenre"]["rows"][1]["precision"] > answers["playlist"]["rows"][1]["precision"]


@pytest.fixture
def listening(tmp_path: Path) -> str:
    """A file of listeners who play everything often, or hardly ever."""
    rng = np.random.default_rng(0)
    rows = "".join(
        f"u{user},s{song},{rng.poisson(1 + 9 * (user % 2)) + 1}\n"
        for user in range(20)
        for song in rng.permutation(15)[:8].tolist()
    )
    file = tmp_path / "listening.csv"
    file.write_text(f"user_id,song_id,listen_count\n{rows}", encoding="utf-8")
    return str(file)


def test_counts_are_predicted_and_their_error_told(run: Run, listening: str) -> None:
    answer = run("--task", "counts", "--data", listening, "--seed", "0", "--seed", "1", "--json").json

    rows = {row["method"]: row for row in answer["rows"]}
    assert list(rows) == list(COUNT_METHODS)
    assert rows["user-mean"]["rmse"] < 0.8 * rows["global-mean"]["rmse"]
    for row in rows.values():
        assert set(row) == set(KEYS)
        assert row["rmse_ci"][0] < row["rmse"] < row["rmse_ci"][1]
        assert row["ndcg"] is row["precision"] is row["ndcg_ci"] is None, "no list is made"
    assert [each["metric"] for each in answer["comparisons"]] == ["rmse"] * len(answer["comparisons"])
    assert "user-mean" in {each["best_other"] for each in answer["comparisons"]}
    assert "text encoder" not in answer["provenance"]


def test_people_get_a_table_of_errors(run: Run, listening: str) -> None:
    result = run("--task", "counts", "--data", listening, "--methods", "user-mean,bias,ours", "--split", "loo")

    said = " ".join(result.out.split())
    assert "counts of listening.csv, loo Method RMSE 95 % MAE s" in said
    assert "ours has" in said
    assert "times the RMSE of user-mean" in said


def test_counts_that_are_all_the_same_leave_nothing_to_predict(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "same.csv"
    file.write_text("user_id,song_id\n" + "".join(f"ann,s{n}\n" for n in range(6)), encoding="utf-8")

    result = run("--task", "counts", "--data", str(file), "--methods", "user-mean")

    assert result.code == 1
    assert "every count is the same" in result.err


def test_markdown_is_written_or_printed_with_what_it_was_made_from(run: Run, lists: str, tmp_path: Path) -> None:
    asked = ["--task", "continuation", "--data", lists, "--methods", "tfidf,random,bert"]
    file = tmp_path / "out.md"

    written = run(*asked, "--split", "all", "--split", "warm", "--markdown", str(file))
    printed = run(*asked, "--markdown", "-")

    sections = file.read_text(encoding="utf-8").split("### ")
    assert [each.split("\n")[0] for each in sections[1:]] == [
        "continuation of lists.csv, all, k = 10",
        "continuation of lists.csv, warm, k = 10",
    ]
    assert "Method" in written.out
    assert printed.out.startswith("### continuation of lists.csv, all, k = 10\n")
    assert "| tfidf | 0." in printed.out
    assert "numpy " in printed.out
    assert "text encoder " in printed.out
    assert hashlib.sha256(Path(lists).read_bytes()).hexdigest() in printed.out


def test_several_splits_are_a_list_of_json(run: Run, lists: str) -> None:
    answers = run(
        "--task", "continuation", "--data", lists, "--methods", "tfidf", "--split", "warm", "--split", "cold", "--json"
    ).json

    assert [each["split"] for each in answers] == ["warm", "cold"]


def test_a_chart_is_drawn(run: Run, lists: str, tmp_path: Path) -> None:
    file = tmp_path / "chart.png"

    result = run("--task", "continuation", "--data", lists, "--methods", "tfidf,random", "--chart", str(file))

    assert result.code == 0, result.err
    assert file.read_bytes().startswith(b"\x89PNG")


def test_files_count_from_where_the_command_was_called(
    run: Run, lists: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv(CALLED_FROM, str(tmp_path))

    result = run("--task", "continuation", "--data", "lists.csv", "--methods", "random", "--markdown", "here.md")

    assert result.code == 0, result.err
    assert (tmp_path / "here.md").is_file()


def test_ctrl_c_shows_the_methods_that_are_finished(
    run: Run, lists: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stopped(_training: Training) -> Ranker:
        raise KeyboardInterrupt

    monkeypatch.setattr(methods, "BASELINES", {**methods.BASELINES, "popularity": stopped})
    asked = ["--task", "continuation", "--data", lists, "--json"]

    one = run(*asked, "--methods", "random,popularity,tfidf", "--split", "all", "--split", "warm")
    none = run(*asked, "--methods", "popularity,random")

    assert (one.code, none.code) == (130, 130)
    assert [(each["stopped"], [row["method"] for row in each["rows"]]) for each in one.json] == [(True, ["random"])]
    assert "the methods that were finished" in one.err
    assert not none.out


def test_ctrl_c_in_the_second_split_shows_the_first(
    run: Run, lists: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[int] = []

    def once(training: Training) -> Ranker:
        asked.append(1)
        if len(asked) > 1:
            raise KeyboardInterrupt
        return baselines.random_order(training)

    monkeypatch.setattr(methods, "BASELINES", {**methods.BASELINES, "random": once})
    result = run(
        "--task", "continuation", "--data", lists, "--methods", "random", "--split", "all", "--split", "warm", "--json"
    )

    assert result.code == 130
    assert [each["split"] for each in result.json] == ["all"]


@pytest.fixture
def sung(tmp_path: Path) -> str:
    """A file of invented lyrics in four genres, of two artists each."""
    path = tmp_path / "sung.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Artist", "Song", "Lyrics", "Genre", "Language"])
        for row, (lyrics, theme) in enumerate(zip(*songs(64), strict=True)):
            writer.writerow([f"Artist {row % 8}", f"Song {row}", lyrics, f"genre {theme}", "English"])
    return str(path)


def test_songs_are_found_by_their_lyrics(run: Run, sung: str) -> None:
    methods = "random,tfidf,bert,ours"
    result = run(
        "--task", "text", "--data", sung, "--split", "artist", "--split", "genre", "--methods", methods, "--json"
    )

    artist, genre = result.json
    assert (artist["task"], artist["split"], genre["split"]) == ("text", "artist", "genre")
    assert [row["method"] for row in genre["rows"]] == methods.split(",")
    assert (artist["data"]["owners"], genre["data"]["owners"], genre["data"]["tracks"]) == (8, 4, 64)
    assert "lyrics alone are read" in genre["data"]["about"]
    for row in (*artist["rows"], *genre["rows"]):
        assert set(row) == set(KEYS)
        assert row["n"] == 64
        assert row["novelty"] is row["ild"] is None
    precision = {row["method"]: row["precision"] for row in genre["rows"]}
    assert precision["tfidf"] == pytest.approx(0.8), "eight songs of the other artist among ten"
    assert precision["ours"] > 1.5 * precision["random"]
    assert [each["method"] for each in genre["comparisons"]] == ["ours"]
    assert artist["data"]["cold_share"] is None


def test_people_get_a_table_of_texts_and_any_encoder_can_be_measured(run: Run, sung: str) -> None:
    result = run("--task", "text", "--data", sung, "--methods", "lsa,minilm,bert")

    said = " ".join(result.out.split())
    assert result.code == 0, result.err
    assert "text of sung.csv, artist, k = 10" in said
    assert "64 songs, 64 asked, 8 artists with at least 5 songs; lyrics alone are read, no titles or names" in said
    figures = {line.split()[0]: line.split()[1:5] for line in result.out.splitlines() if "–" in line and "." in line}
    assert figures["minilm"] == figures["bert"] != figures["lsa"]


def test_an_encoder_that_is_not_here_is_wrong_use(run: Run, sung: str) -> None:
    result = run("--task", "text", "--data", sung, "--methods", "tfidf,someone/no-such-model")

    assert result.code == 2
    assert "someone/no-such-model" in result.err
    assert "For --task text there are also random, tfidf, lsa, word2vec, doc2vec, bert, ours." in result.err


def test_a_file_without_lyrics_fails_with_its_reason(run: Run, lists: str) -> None:
    result = run("--task", "text", "--data", lists)

    assert result.code == 1
    assert "no column names the lyrics" in result.err


def test_a_run_that_finds_all_texts_kept_answers_as_the_one_before(lists: str, tmp_path: Path, models: Path) -> None:
    # Each in a process of its own: the second reads no network before the index is built, and then it must.
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(models)
    asked = ["evaluate", "--task", "tracks", "--data", lists, "--methods", "ours", "--json"]

    first, again = (
        subprocess.run(
            [sys.executable, "-m", "bot", *asked],
            env={**os.environ, "CRATEDIGGER_HOME": str(home)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    )

    assert json.loads(first)["rows"][0]["ndcg"] == json.loads(again)["rows"][0]["ndcg"] > 0


def test_cold_tracks_are_asked_for(run: Run, lists: str) -> None:
    answer = run(
        "--task", "continuation", "--data", lists, "--split", "cold", "--methods", "item-knn,tfidf", "--json"
    ).json

    others, words = answer["rows"]
    assert answer["data"]["cold_share"] == 1
    assert words["recall"] > 2 * others["recall"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--task", "dancing"], "--task: 'dancing' is none of continuation, listening, tracks"),
        (["--task", "listening", "--split", "warm"], "--split: 'warm' is none of holdout, loo"),
        (
            ["--task", "continuation", "--methods", "magic"],
            "--methods: magic; for --task continuation there are random",
        ),
        (["--task", "tracks", "--methods", "als"], "--methods: als; for --task tracks there are random"),
        (["--task", "continuation", "--methods", ","], "--methods: none named"),
        (["--task", "continuation", "--k", "0"], "--k"),
        (["--task", "continuation", "--json", "--markdown", "-"], "only one of them can be printed"),
        (["--task", "continuation", "--data", "nowhere.csv"], "--data: there is no file nowhere.csv."),
        (["--task", "continuation", "--data", "."], "--data: . is not a file."),
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
    assert [name for name in EARLIER_SYSTEMS if f"{name}:" not in result.out and f"{name}," not in result.out] == []
