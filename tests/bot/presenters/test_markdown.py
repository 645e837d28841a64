import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.presenters.markdown import link, plain


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("**bold** _it_ ~~gone~~ `code` ||spoiler||", r"\*\*bold\*\* \_it\_ \~\~gone\~\~ \`code\` \|\|spoiler\|\|"),
        ("[here](https://evil.example)", r"\[here\]\(https\://evil.example\)"),
        ("<@1> <#2> # heading", r"\<@1\> \<\#2\> \# heading"),
        ("two\nlines\u202eturned", "two lines turned"),
        ("back\\slash", r"back\\slash"),
    ],
)
def test_nothing_in_other_peoples_words_formats(typed: str, shown: str) -> None:
    assert plain(typed, 200) == shown


@settings(deadline=None)
@given(st.text(), st.integers(min_value=1, max_value=60))
def test_text_is_never_longer_than_allowed_and_never_ends_in_half_an_escape(text: str, most: int) -> None:
    shown = plain(text, most)

    assert len(shown) <= most
    assert "\n" not in shown
    unescaped = re.sub(r"\\[\\`*_~|\[\]()<>#:]", "", shown)
    assert not re.search(r"[\\`*_~|\[\]<>#]", unescaped)


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert plain("a long title", 7) == "a long…"
    assert plain("((((", 5) == r"\(\(…"


def test_link_shows_the_text_and_leads_to_the_address() -> None:
    assert link("A [b]", "https://open.spotify.com/track/1", 50) == r"[A \[b\]](https://open.spotify.com/track/1)"
