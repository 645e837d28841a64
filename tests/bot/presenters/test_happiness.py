from dataclasses import replace

from bot.playground.discord_standin_components import walk
from bot.playground.discord_standin_rules import check_message
from bot.playground.discord_standin_world import COMPONENTS_V2
from bot.presenters.happiness import happiness_line
from bot.presenters.suggestions import pages
from bot.presenters.terminal import answer_json, answer_table
from bot.services.asks import Answer
from bot.views.suggestion_cards import suggestion_view
from recommender.types import Happiness, MemberId
from tests.bot.presenters.test_terminal import printed
from tests.wire.bot_on_discord import answer, suggestions


def together(*names: str | None) -> Answer:
    found = answer(suggestions(2))
    happiness = tuple(
        Happiness(member=MemberId(100 + place), name=name, share=0.871 + place / 100)
        for place, name in enumerate(names)
    )
    return replace(found, recommendation=replace(found.recommendation, happiness=happiness))


def test_the_line_names_each_with_their_share_of_a_list_of_their_own() -> None:
    assert happiness_line(together("Mira", None).recommendation) == (
        "how happy: Mira 87 %, you 88 % (100 % is a list of one's own)"
    )
    assert happiness_line(answer(suggestions(2)).recommendation) is None


def test_programs_get_percents_by_id_and_nothing_where_there_is_no_group() -> None:
    assert answer_json(together("Mira", None), took_ms=1)["happiness"] == {"100": 87.1, "101": 88.1}
    assert "happiness" not in answer_json(answer(suggestions(2)), took_ms=1)


def test_the_terminal_ends_with_how_happy_each_is() -> None:
    assert "how happy: Mira 87 %, Jonas 88 %" in printed(answer_table(together("Mira", "Jonas"), took_ms=1))


def test_the_longest_names_of_the_largest_group_fit_beside_full_cards() -> None:
    found = together(*("*" * 32,) * 6)
    long = suggestions(20, artists=("雨" * 300,), album="海" * 300)
    made = pages(
        replace(found, recommendation=replace(found.recommendation, suggestions=long), notes=("注" * 300,) * 3)
    )

    for page in made:
        components = suggestion_view(page).to_components()  # type: ignore[no-untyped-call]
        check_message({"components": components, "flags": COMPONENTS_V2})
        assert len(list(walk(components))) <= 40
    assert r"how happy: \*" in (made[-1].notes or "")


def test_a_path_is_headed_as_one() -> None:
    way = replace(answer((suggestions(1)[0],), label="“A” by X to “B” by Y"), seed={"kind": "path"})

    assert pages(way)[0].heading == "## From song to song\n-# “A” by X to “B” by Y"
