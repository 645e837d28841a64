"""Other people's words inside Discord's markdown, harmless and of limited length."""

import re

_SPECIAL = re.compile(r"([\\`*_~|\[\]()<>#])")
_LINK = re.compile(r":(?=//)")
_MOMENT = re.compile(r"\\<t:(\d{1,12}):([tTdDfFR])\\>")
_SPACES = re.compile(r"[\s\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
ELLIPSIS = "…"


def plain(text: str, most: int) -> str:
    """Return text on one line that Discord shows as it is.

    Nothing in it formats, links or mentions, and it has at most ``most`` characters, the escapes counted.
    """
    line = _SPACES.sub(" ", text).strip()
    if len(whole := _escaped(line)) <= most:
        return whole
    for end in range(min(len(line), most), 0, -1):
        shown = _escaped(line[:end].rstrip()) + ELLIPSIS
        if len(shown) <= most:
            return shown
    return ELLIPSIS[:most]


def plain_but_moments(text: str, most: int) -> str:
    """Return text as :func:`plain` does, but let Discord show moments (``<t:…>``) in each reader's own time."""
    return _MOMENT.sub(r"<t:\1:\2>", plain(text, most))


def link(text: str, address: str, most: int) -> str:
    """Return a markdown link whose shown text has at most ``most`` characters."""
    return f"[{plain(text, most)}]({address})"


def _escaped(text: str) -> str:
    return _LINK.sub(r"\\:", _SPECIAL.sub(r"\\\1", text))
