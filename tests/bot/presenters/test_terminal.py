"""What the command line prints."""

import io

from rich.console import Console

from bot.presenters.terminal import answer_json, answer_table, facts_table
from bot.services.asks import Answer
from recommender.types import Modality, Recommendation, ReleaseDate, ScoreParts, Suggestion, Track, TrackKey


def answer(title: str = "Copper Rain", reason: str = "Close in sound") -> Answer:
    track = Track(key=TrackKey(17), title=title, artists=("The Night Ferries", "Mo"), released=ReleaseDate(1994, 5))
    parts = ScoreParts(text=0.41, image=0.12, audio=0.2, popularity=0.08, discovery=0.0001)
    suggestion = Suggestion(rank=1, track=track, parts=parts, reason=reason, inferred=frozenset({Modality.IMAGE}))
    found = Recommendation(suggestions=(suggestion,), catalog_tracks=28_000, fingerprint="abc")
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


def test_table_shows_the_largest_parts_first_and_leaves_out_what_is_nothing() -> None:
    text = printed(answer_table(answer(), took_ms=12.3))

    assert "Copper Rain" in text
    assert "The Night Ferries, Mo" in text
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
