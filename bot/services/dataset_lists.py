"""Lists that datasets write as text. Nothing in a file is ever evaluated."""

import ast
import json
import re

LARGEST_LITERAL = 20_000
"""Characters of a list written as text."""
_LIST = re.compile(r"^[\[(].*[\])]$", re.DOTALL)
_QUOTED = re.compile(r"""\s*(u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*")\s*(?:,|(?=['"u])|$)""", re.DOTALL)


def listed_in(text: str) -> list[object] | None:
    """Return the items of a list written as JSON, Python or NumPy; None when the text is something else.

    A name in brackets (*[:SITD:]*) is something else.
    """
    text = text.strip()
    if not _LIST.match(text) or len(text) > LARGEST_LITERAL:
        return None
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return _quoted_items(text[1:-1])
    return items if isinstance(items, list) else None


def _quoted_items(inside: str) -> list[object] | None:
    items: list[object] = []
    end = 0
    while inside[end:].strip():
        if (match := _QUOTED.match(inside, end)) is None:
            return _literal_items(inside)
        try:
            # A single quoted text, matched as such: a literal, which `literal_eval` reads without evaluating anything.
            items.append(ast.literal_eval(match[1]))
        except (ValueError, SyntaxError):
            return None
        end = match.end()
    return items


def _literal_items(inside: str) -> list[object] | None:
    """Return the items of a Python list of mappings, as Spotify's pictures are often written down."""
    if not inside.lstrip().startswith("{"):
        return None
    try:
        items = ast.literal_eval(f"[{inside}]")
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return items if isinstance(items, list) else None
