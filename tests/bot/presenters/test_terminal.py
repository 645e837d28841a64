"""What the command line prints."""

import io
import json
import math
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from bot.presenters.terminal import answer_json, answer_table, embedding_report, facts_table, import_report
from bot.services.asks import Answer
from bot.services.import_tally import ImportSummary
from recommender.ingestion import EmbedSummary
from recommender.types import Modality, Novelty, Recommendation, ReleaseDate, ScoreParts, Suggestion, Track, TrackKey
from tests.recommender.ranking.test_promises import answered, catalogs, lists_of, questions, tables_of


def answer(
    title: str = "Copper Rain",
    reason: str = "Close in sound",
    by_score: int | None = None,
    without: Mapping[str, int] | None = None,
    **others: Any,
) -> Answer:
    track = Track(key=TrackKey(17), title=title, artists=("The Night Ferries", "Mo"), released=ReleaseDate(1994, 5))
    parts = ScoreParts(text=0.41, image=0.12, audio=0.2, popularity=0.08, discovery=0.0001)
    suggestion = Suggestion(
        rank=1,
        track=track,
        parts=parts,
        reason=reason,
        inferred=frozenset({Modality.IMAGE}),
        by_score=by_score,
        without=without or {},
    )
    found = Recommendation(suggestions=(suggestion,), catalog_tracks=28_000, fingerprint="abc", **others)
    return Answer(seed_label=f"“{title}”", seed={"kind": "prompt"}, recommendation=found, notes=("Only 1 of 10.",))


def printed(table: object, width: int = 160) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_json_names_score_parts_and_what_was_inferred() -> None:
    body = answer_json(answer(), took_ms=12.345)

    [suggestion] = body["suggestions"]
    assert (body["took_ms"], body["catalog"]) == (12.3, {"tracks": 28_000, "fingerprint": "abc"})
    assert body["notes"] == ["Only 1 of 10."]
    assert suggestion["year"] == 1994
    assert suggestion["inferred"] == ["image"]
    assert abs(sum(suggestion["parts"].values()) - suggestion["score"]) < 1e-9


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_parts_that_programs_read_add_up_whatever_is_asked(data: st.DataObject) -> None:
    catalog = data.draw(catalogs())
    with tempfile.TemporaryDirectory() as folder:
        recommender = catalog.recommender(Path(folder), tables_of(catalog, data.draw(lists_of(catalog))))
        found = answered(recommender, data.draw(questions(catalog)))

    body = json.loads(json.dumps(answer_json(replace(answer(), recommendation=found), took_ms=1)))

    assert len(body["suggestions"]) == len(found.suggestions)
    for each in body["suggestions"]:
        assert abs(math.fsum(each["parts"].values()) - each["score"]) < 1e-6
        assert set(each["without"]) == {
            name for name in ("text", "image", "audio", "collaborative") if each["parts"][name] > 0
        }
        assert each["by_score"] >= 1


def test_why_says_where_each_would_stand_without_a_modality() -> None:
    told = answer(by_score=2, without={"text": 3, "image": 14})

    assert "2nd by score, 14th without the cover, 3rd without the words" in printed(
        answer_table(told, took_ms=1, why=True)
    )
    assert "without" not in printed(answer_table(told, took_ms=1))
    assert "by score" not in printed(answer_table(answer(), took_ms=1, why=True))


def test_json_names_what_the_dial_came_to_and_the_roll() -> None:
    novelty = Novelty(discovery=0.5, new_artists=1.0, popularity_percentile=43.25, popularity_known=1)

    body = answer_json(answer(novelty=novelty, roll=4711), took_ms=1)
    plain = answer_json(answer(), took_ms=1)

    assert body["roll"] == 4711
    assert body["novelty"] == {
        "discovery": 0.5, "new_artists": 1.0, "popularity_percentile": 43.25, "popularity_known": 1,
    }  # fmt: skip
    assert (plain["roll"], plain["novelty"]) == (0, None)


def test_the_table_ends_with_what_is_new_and_the_number_that_brings_it_again() -> None:
    novelty = Novelty(discovery=0.5, new_artists=1.0, popularity_percentile=43.25, popularity_known=1)

    text = printed(answer_table(answer(novelty=novelty, roll=4711), took_ms=12.3))

    assert "1 of 1 by artists you neither play nor named · on average more popular than 43 % of the catalog" in text
    assert "28,000 tracks searched in 12 ms · roll 4711" in text
    assert "roll" not in printed(answer_table(answer(), took_ms=12.3))


def test_table_shows_the_largest_parts_first_and_leaves_out_what_is_nothing() -> None:
    text = printed(answer_table(answer(), took_ms=12.3))

    assert "Copper Rain" in text
    assert "Copper Rain · The Night Ferries, Mo (1994)" in text
    assert "text +0.410  audio +0.200  image +0.120  popularity +0.080" in text
    assert "discovery" not in text
    assert "28,000 tracks searched in 12 ms" in text


def test_facts_are_readable_and_empty_ones_left_out() -> None:
    facts = {
        "rows": 32_833,
        "left_out": {},
        "notes": (),
        "rejected_file": None,
        "finished": True,
        "seconds": 16.954,
        "understood": {"track_name": "title", "energy": "energy"},
        "genres": (("rock", 4451), ("pop", 12)),
        "words": {"done": 3, "skipped": 0},
    }

    text = printed(facts_table("Import", facts))

    assert "32,833" in text
    assert "17.0" in text
    assert "track_name → title, energy" in text
    assert "rock 4,451, pop 12" in text
    assert "yes" in text
    assert not {"left out", "notes", "rejected file"} & {
        line.split("│")[1].strip() for line in text.splitlines() if "│" in line
    }


def test_square_brackets_in_names_are_printed_as_they_are() -> None:
    suggested = answer(title="Rain [live] [/b]", reason="By the maker of “[red]”")

    text = printed(answer_table(suggested, took_ms=12.3))
    facts = printed(facts_table("Import of [x].csv", {"ignored": ("[red]", "[/b]")}))

    assert text.count("Rain [live] [/b]") == 2
    assert "“[red]”" in text
    assert "Import of [x].csv" in facts
    assert "[red], [/b]" in facts


def test_suggestions_read_well_on_a_terminal_of_80_columns() -> None:
    reason = "Close in words and sound to “Copper Rain” by The Night Ferries; both chamber folk from the same years"

    lines = printed(answer_table(answer(reason=reason), took_ms=12.3), width=80).splitlines()

    assert max(len(line) for line in lines) <= 80
    [first] = [number for number, line in enumerate(lines) if "Copper Rain · " in line]
    shown = [line.strip() for line in lines[first + 1 : first + 4]]
    assert " ".join(shown[:2]) == reason
    assert shown[2].startswith("text +0.410")


def test_an_answer_of_nothing_says_so_instead_of_drawing_an_empty_table() -> None:
    nothing = Recommendation(suggestions=(), catalog_tracks=28_000, fingerprint="abc")
    answered = Answer(seed_label="“Rain”", seed={"kind": "prompt"}, recommendation=nothing)

    text = printed(answer_table(answered, took_ms=12.3))

    assert "Nothing was found." in text
    assert "28,000 tracks searched" in text


def imported(**facts: object) -> ImportSummary:
    defaults = {
        "rows": 0, "new": 0, "changed": 0, "unchanged": 0, "refused": 0, "refused_because": {}, "unnamed": 0,
        "playlists": 0, "listeners": 0, "heard": 0, "lyrics": 0, "left_out": {}, "understood": {"track_name": "title"},
        "ignored": (), "notes": (),
        "rejected_file": None, "resumed_from": 0, "finished": True, "seconds": 8.0,
    }  # fmt: skip
    return ImportSummary(**{**defaults, **facts})  # type: ignore[arg-type]


def test_an_import_says_what_became_of_every_row() -> None:
    summary = imported(
        rows=32_833, new=28_352, changed=4_475, unchanged=1, refused=5, refused_because={"no artist": 1, "no title": 4},
        left_out={"tempo": 2}, rejected_file="songs.csv.rejected.csv",
    )  # fmt: skip

    text = printed(import_report("songs [x].csv", summary), width=80)

    lines = [line.strip() for line in text.splitlines()]
    assert lines[:2] == ["Import of songs [x].csv", "32,833 rows read in 8.0 s (4,104 rows/s):"]
    assert lines[2] == "28,352  are new tracks"
    assert lines[3].startswith("4,475  are about tracks that were there already, and added something")
    assert lines[4] == "1  are about tracks that were there already, and say nothing new"
    assert lines[5] == "5  were refused: 4 × no title; 1 × no artist"
    assert "2 × tempo (left out; their rows were kept)" in text
    assert "songs.csv.rejected.csv" in text


def test_an_import_of_listening_tells_listeners_and_counts_songs_that_nothing_names_apart() -> None:
    summary = imported(
        rows=42_739, new=6_000, unchanged=24_323, refused=12_416, unnamed=12_415, refused_because={"no title": 1},
        listeners=1_630, heard=30_323,
    )  # fmt: skip

    lines = [line.strip() for line in printed(import_report("listening.csv", summary), width=80).splitlines()]

    assert "1  were refused: 1 × no title" in lines
    assert "12,415  are of listening to songs that nothing names, and were refused" in lines
    assert "new listeners      1,630" in lines
    assert "rows of listening  30,323 were kept" in lines


def test_an_import_that_went_on_says_where_from() -> None:
    text = printed(import_report("songs.csv", imported(rows=3_000, new=3_000, resumed_from=1_000)))

    assert "3,000 rows read" in text
    assert "1,000 of them by the import that was stopped" in text


def test_an_import_of_a_file_without_rows_says_so() -> None:
    assert "0 rows read" in printed(import_report("songs.csv", imported()))


def test_an_embedding_says_what_was_read_and_how_fast() -> None:
    words = EmbedSummary(done=1_000, skipped=0, seconds=4.0)
    covers = EmbedSummary(done=0, skipped=250, seconds=0.5)

    text = printed(embedding_report(words, covers, indexed=1_200, quality="no figure of quality"), width=100)

    lines = [line.strip() for line in text.splitlines()]
    assert lines[1] == "1,000  tracks got a vector of their words (4.0 s, 250/s)"
    assert "0  albums got a vector of their cover; 250 have no cover that can be read now" in lines[2]
    assert lines[3:5] == ["1,200  tracks can be found now", "no figure of quality"]


def test_an_embedding_that_was_stopped_does_not_speak_of_an_index() -> None:
    stopped = EmbedSummary(done=512, skipped=0, seconds=2.0, stopped=True)

    assert "can be found now" not in printed(embedding_report(stopped, stopped, indexed=None))
