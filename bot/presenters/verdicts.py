"""What is said back to a verdict."""

from bot.presenters.markdown import plain
from recommender.types import Track, Verdict

_TITLE, _ARTIST = 150, 100


def noted(track: Track, verdict: Verdict) -> str:
    """Return the confirmation of a verdict."""
    if verdict is Verdict.LIKE:
        return f"👍 Noted: more like {_named(track)}."
    return f"👎 Noted: less like {_named(track)}, and not this one again."


def taken_back(track: Track) -> str:
    """Return the confirmation that a verdict was forgotten."""
    return f"Forgotten: I have no verdict of yours on {_named(track)} any more."


def _named(track: Track) -> str:
    title = f"**{plain(track.title, _TITLE)}**"
    return f"{title} by {plain(track.artists[0], _ARTIST)}" if track.artists else title
