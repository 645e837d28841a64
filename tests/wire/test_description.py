"""The judge over requests finds what is wrong with them."""

from typing import Any

import pytest

from bot.playground.discord_standin_faults import Recorded
from tests.wire.description import Description

HOOK = "/api/v10/webhooks/1/token"
TEXT = {"type": 10, "content": "x"}


@pytest.fixture(scope="module")
def description() -> Description:
    return Description.load()


def post(body: Any, **query: str) -> Recorded:
    return Recorded("POST", HOOK, query, body)


def test_allowed_request_has_no_problems(description: Description) -> None:
    body = {"components": [{"type": 17, "components": [TEXT]}], "flags": 1 << 15, "allowed_mentions": {"parse": []}}

    assert description.problems(post(body, wait="1", with_components="true")) == []
    assert description.problems(Recorded("GET", "/api/v10/users/@me", {}, None)) == []


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        (post({"content": "x" * 2001}), "is too long"),
        (post({"contnet": "x"}), "$.contnet: no schema names this key"),
        (post({"components": [{**TEXT, "colour": 1}]}), "$.components[0].colour: no schema names this key"),
        (post({"content": "x"}, wait="perhaps"), "'wait' is not a boolean"),
        (post({"content": "x"}, hurry="1"), "'hurry' is not described"),
        (Recorded("GET", "/api/v10/voice/regions", {}, None), "there is no such operation"),
        (Recorded("GET", "/api/v10/users/@me", {}, {"x": 1}), "a body that nobody reads"),
    ],
)
def test_problem_is_named(description: Description, request_: Recorded, complaint: str) -> None:
    (problem,) = description.problems(request_)

    assert complaint in problem


def test_tts_that_discord_py_adds_to_edits_is_no_problem(description: Description) -> None:
    edit = Recorded("PATCH", f"{HOOK}/messages/@original", {}, {"content": "x", "tts": False})

    assert description.problems(edit) == []


def test_answers_are_judged_too(description: Description) -> None:
    assert description.answer_problems("GET", "/api/v10/gateway/bot", 200, {"url": 1}) != []
    assert description.answer_problems("GET", "/api/v10/users/@me", 201, {}) != []
