"""How the installation is doing, for those who run it."""

from collections.abc import Sequence

from bot.presenters.markdown import plain

_NAME, _VALUE, _LINES = 60, 400, 12


def status_text(facts: Sequence[tuple[str, str]]) -> str:
    """Return the facts as lines."""
    lines = [f"**{plain(name, _NAME)}** {plain(value, _VALUE)}" for name, value in facts[:_LINES]]
    return "\n".join(["### Cratedigger", *lines])
