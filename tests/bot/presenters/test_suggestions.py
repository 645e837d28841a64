from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import NotAllowlistedError, QuotaExceededError
from bot.playground.discord_standin_components import walk
from bot.playground.discord_standin_rules import check_message
from bot.playground.discord_standin_world import COMPONENTS_V2
from bot.presenters.suggestions import MOST_CARDS, Page, card, cover_address, pages, spotify_address
from bot.services.asks import Answer
from bot.views.suggestion_cards import suggestion_view
from recommender.types import Novelty, Recommendation, ReleaseDate, ScoreParts, Suggestion, Track, TrackKey
from tests.wire.bot_on_discord import answer, suggestions, track

names = st.text(min_size=1, max_size=300)


def one(shown: Track, reason: str = "Words close to yours.") -> Suggestion:
    return Suggestion(rank=1, track=shown, parts=ScoreParts(), reason=reason)


def components_of(page: Page) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = suggestion_view(page).to_components()  # type: ignore[no-untyped-call]
    return sent


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    found = tuple(
        Suggestion(
            rank=rank,
            track=track(
                rank,
                draw(names),
                artists=tuple(draw(st.lists(names, max_size=3))),
                album=draw(st.none() | names),
                released=draw(st.none() | st.builds(ReleaseDate, st.integers(1900, 2030))),
                spotify_id=draw(st.none() | st.just("0" * 22)),
                cover_url=draw(st.none() | st.just("https://covers.example/1.jpg") | names),
                explicit=draw(st.none() | st.booleans()),
            ),
            parts=ScoreParts(),
            reason=draw(st.text(max_size=2000)),
        )
        for rank in range(1, draw(st.integers(0, 6)) + 1)
    )
    drawn = answer(found, label=draw(names), notes=tuple(draw(st.lists(names, max_size=5))))
    novelty = Novelty(discovery=0.5, new_artists=draw(st.floats(0, 1)), popularity_percentile=100, popularity_known=6)
    told = replace(drawn.recommendation, novelty=novelty, roll=draw(st.just(0) | st.just(9_999)))
    return replace(drawn, recommendation=told)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(answers())
def test_whatever_the_facts_are_discord_takes_every_page(given_answer: Answer) -> None:
    for page in pages(given_answer):
        check_message({"components": components_of(page), "flags": COMPONENTS_V2})


def test_a_note_shows_a_moment_in_the_readers_time_and_is_not_cut_short() -> None:
    quota = f"{QuotaExceededError(datetime(2026, 11, 21, 3, 42, tzinfo=UTC))} I used what I already know of you."
    not_listed = f"{NotAllowlistedError()} I used what I already know of you."

    *_, last = pages(answer(suggestions(1), notes=(quota, not_listed)))

    assert last.notes == f"-# {quota}\n-# {not_listed}"
    assert "<t:1795232520:f>" in last.notes


def test_long_names_whose_addresses_grow_in_encoding_fit_every_page() -> None:
    found = tuple(
        one(track(key, "夜" * 300, artists=("雨" * 300,), album="海" * 300, spotify_id=None), "理" * 300)
        for key in range(1, 21)
    )

    made = pages(answer(found, label="夜" * 300, notes=("注" * 300,) * 3))

    for page in made:
        check_message({"components": components_of(page), "flags": COMPONENTS_V2})
    assert [shown.track for page in made for shown in page.cards] == list(range(1, 21))


@pytest.mark.parametrize(("count", "portions"), [(1, [1]), (5, [5]), (6, [3, 3]), (10, [5, 5]), (12, [4, 4, 4])])
def test_many_suggestions_are_shared_out_evenly(count: int, portions: list[int]) -> None:
    made = pages(answer(suggestions(count), notes=("a note",)))

    assert [len(page.cards) for page in made] == portions
    assert [shown.track for page in made for shown in page.cards] == list(range(1, count + 1))
    assert [page.heading is not None for page in made] == [True] + [False] * (len(made) - 1)
    assert [page.notes for page in made] == [None] * (len(made) - 1) + ["-# a note"]


def test_full_page_stays_below_forty_components() -> None:
    (page,) = pages(answer(suggestions(MOST_CARDS), notes=("a note",)))

    assert len(list(walk(components_of(page)))) <= 40


def test_card_names_what_is_known() -> None:
    shown = card(one(track(7, "Copper Rain", explicit=True)))

    assert shown.text.splitlines() == [
        "### 1. [Copper Rain](https://open.spotify.com/track/0000000000000000000007)",
        "**The Night Ferries** · Harbour Songs · 1994 · explicit",
        "Words close to yours.",
    ]
    assert shown.cover == "https://covers.example/7.jpg"
    assert shown.cover_description == "Cover of Harbour Songs"


def test_card_without_album_year_and_cover_is_still_a_card() -> None:
    bare = Track(key=TrackKey(1), title="Copper Rain", artists=("The Night Ferries",))

    shown = card(one(bare, reason=""))

    assert shown.text.splitlines() == [
        "### 1. [Copper Rain](https://open.spotify.com/search/Copper%20Rain%20The%20Night%20Ferries)",
        "**The Night Ferries**",
    ]
    assert (shown.cover, shown.cover_description) == (None, "Cover of Copper Rain")


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "file:///covers/1.jpg",
        "https://",
        "https://a b/1.jpg",
        "http://[broken",
        "https://x.example/" + "1" * 2000,
    ],
)
def test_cover_that_discord_could_not_fetch_is_left_out(address: str | None) -> None:
    assert cover_address(track(cover_url=address)) is None


def test_track_without_spotify_id_and_artists_leads_to_a_search() -> None:
    assert spotify_address(track(title="?&", artists=(), spotify_id=None)) == "https://open.spotify.com/search/%3F%26"


def test_nothing_found_is_one_page_that_says_so() -> None:
    empty = Recommendation(suggestions=(), catalog_tracks=3, fingerprint="space")

    (page,) = pages(Answer(seed_label="*x*", seed={}, recommendation=empty))

    assert page.heading is not None
    assert page.heading.startswith(r"Nothing in the catalog fits, starting from \*x\*.")
    assert (page.cards, page.notes) == ((), None)


def test_the_last_page_ends_with_what_is_new_and_the_roll() -> None:
    plain = answer(suggestions(7), notes=("Little data yet.",))
    novelty = Novelty(discovery=0.5, new_artists=1.0, popularity_percentile=None, popularity_known=0)
    told = replace(plain, recommendation=replace(plain.recommendation, novelty=novelty, roll=4711))

    first, last = pages(told)

    assert first.notes is None
    assert last.notes == "-# Little data yet.\n-# 7 of 7 by artists you neither play nor named · roll 4711"
    assert pages(plain)[-1].notes == "-# Little data yet."
