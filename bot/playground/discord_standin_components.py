"""The components of messages and forms, and what Discord refuses in them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from bot.playground.discord_standin_people import Json

MAX_TEXT = 4000

ROW, BUTTON, SELECT, INPUT = 1, 2, 3, 4
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = 9, 10, 11, 12, 13, 14, 17, 18
SELECTS = frozenset({3, 5, 6, 7, 8})
LINK_BUTTON, PREMIUM_BUTTON = 5, 6

TOP_LEVEL = frozenset({ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER})
_IN_CONTAINER = TOP_LEVEL - {CONTAINER}
_URL = re.compile(r"^(https?://[^\s/]+|attachment://\S+)")


class Refused(Exception):  # noqa: N818 -- what Discord does
    """An answer with an error status, as Discord would give it."""

    def __init__(self, status: int, code: int, message: str, *, where: str | None = None) -> None:
        super().__init__(f"{status} {code} {message}" + (f" at {where}" if where else ""))
        self.status = status
        self.body: Json = {"message": message, "code": code}
        if where is not None:
            self.body = {"message": "Invalid Form Body", "code": code, "errors": _nested(where, message)}


def bad_form(where: str, message: str) -> NoReturn:
    """Refuse a field, as error 50035.

    Raises:
        Refused: Always.
    """
    raise Refused(400, 50035, message, where=where)


def _nested(where: str, message: str) -> Json:
    errors: Json = {"_errors": [{"code": "INVALID", "message": message}]}
    for part in reversed(where.split(".")):
        errors = {part: errors}
    return errors


def check_length(text: Any, where: str, most: int, *, least: int = 1) -> None:
    """Refuse what is not a text of that many characters.

    Raises:
        Refused: As error 50035.
    """
    if not isinstance(text, str) or not least <= len(text) <= most:
        bad_form(where, f"Must be between {least} and {most} in length.")


def check_component(component: Mapping[str, Any], where: str, allowed: frozenset[int]) -> None:
    """Refuse a component that is not allowed in this place or breaks a limit.

    Raises:
        Refused: As error 50035.
    """
    kind = component.get("type")
    if kind not in allowed:
        bad_form(f"{where}.type", f"Component type {kind} is not allowed here.")
    if kind in SELECTS:
        _check_select(component, where)
    else:
        _CHECKS[kind](component, where)


def _check_row(row: Mapping[str, Any], where: str) -> None:
    inside = row.get("components") or ()
    kinds = {each.get("type") for each in inside}
    most = 5 if kinds == {BUTTON} else 1
    if not 1 <= len(inside) <= most:
        bad_form(f"{where}.components", f"Must be between 1 and {most} in length.")
    for at, each in enumerate(inside):
        check_component(each, f"{where}.components.{at}", SELECTS | {BUTTON})


def _check_button(button: Mapping[str, Any], where: str) -> None:
    style = button.get("style")
    if style not in range(1, 7):
        bad_form(f"{where}.style", "Unknown button style.")
    if not button.get("label") and not button.get("emoji") and style != PREMIUM_BUTTON:
        bad_form(where, "A button needs a label or an emoji.")
    if button.get("label"):
        check_length(button["label"], f"{where}.label", 80)
    if style == LINK_BUTTON:
        if button.get("custom_id") or not _URL.match(button.get("url") or "") or len(button["url"]) > 512:  # noqa: PLR2004
            bad_form(f"{where}.url", "A link button has an http(s) url of at most 512 characters and no custom_id.")
    elif style != PREMIUM_BUTTON:
        check_length(button.get("custom_id"), f"{where}.custom_id", 100)
        if button.get("url"):
            bad_form(f"{where}.url", "Only link buttons have a url.")


def _check_select(select: Mapping[str, Any], where: str) -> None:
    check_length(select.get("custom_id"), f"{where}.custom_id", 100)
    if select.get("type") != SELECT:
        return
    options = select.get("options") or ()
    if not 1 <= len(options) <= 25:  # noqa: PLR2004
        bad_form(f"{where}.options", "Must be between 1 and 25 in length.")
    for at, option in enumerate(options):
        check_length(option.get("label"), f"{where}.options.{at}.label", 100)
        check_length(option.get("value"), f"{where}.options.{at}.value", 100)
    if len({option["value"] for option in options}) != len(options):
        bad_form(f"{where}.options", "The specified option value is already used")


def _check_section(section: Mapping[str, Any], where: str) -> None:
    inside = section.get("components") or ()
    if not 1 <= len(inside) <= 3:  # noqa: PLR2004
        bad_form(f"{where}.components", "Must be between 1 and 3 in length.")
    for at, each in enumerate(inside):
        check_component(each, f"{where}.components.{at}", frozenset({TEXT}))
    check_component(section.get("accessory") or {}, f"{where}.accessory", frozenset({BUTTON, THUMBNAIL}))


def _check_text(text: Mapping[str, Any], where: str) -> None:
    check_length(text.get("content"), f"{where}.content", MAX_TEXT)


def _check_thumbnail(thumbnail: Mapping[str, Any], where: str) -> None:
    if not _URL.match((thumbnail.get("media") or {}).get("url") or ""):
        bad_form(f"{where}.media.url", "Scheme must be one of ('http', 'https', 'attachment').")
    if thumbnail.get("description"):
        check_length(thumbnail["description"], f"{where}.description", 1024)


def _check_gallery(gallery: Mapping[str, Any], where: str) -> None:
    items = gallery.get("items") or ()
    if not 1 <= len(items) <= 10:  # noqa: PLR2004
        bad_form(f"{where}.items", "Must be between 1 and 10 in length.")
    for at, item in enumerate(items):
        _check_thumbnail(item, f"{where}.items.{at}")


def _check_file(file: Mapping[str, Any], where: str) -> None:
    if not str((file.get("file") or {}).get("url")).startswith("attachment://"):
        bad_form(f"{where}.file.url", "Only attachment:// references are allowed.")


def _check_separator(separator: Mapping[str, Any], where: str) -> None:
    if separator.get("spacing", 1) not in {1, 2}:
        bad_form(f"{where}.spacing", "Must be 1 or 2.")


def _check_container(container: Mapping[str, Any], where: str) -> None:
    inside = container.get("components") or ()
    if not inside:
        bad_form(f"{where}.components", "This field is required")
    for at, each in enumerate(inside):
        check_component(each, f"{where}.components.{at}", _IN_CONTAINER)


def _check_input(field: Mapping[str, Any], where: str) -> None:
    check_length(field.get("custom_id"), f"{where}.custom_id", 100)
    if field.get("style") not in {1, 2}:
        bad_form(f"{where}.style", "Must be 1 or 2.")
    for name, most in (("placeholder", 100), ("value", 4000), ("label", 45)):
        if field.get(name) is not None:
            check_length(field[name], f"{where}.{name}", most, least=0)


def _check_label(label: Mapping[str, Any], where: str) -> None:
    check_length(label.get("label"), f"{where}.label", 45)
    if label.get("description"):
        check_length(label["description"], f"{where}.description", 100)
    check_component(label.get("component") or {}, f"{where}.component", SELECTS | {INPUT})


_CHECKS = {
    ROW: _check_row,
    BUTTON: _check_button,
    INPUT: _check_input,
    SECTION: _check_section,
    TEXT: _check_text,
    THUMBNAIL: _check_thumbnail,
    GALLERY: _check_gallery,
    FILE: _check_file,
    SEPARATOR: _check_separator,
    CONTAINER: _check_container,
    LABEL: _check_label,
}


def walk(components: Any) -> Iterator[Json]:
    """Yield every component, parents before their children."""
    for component in components:
        yield component
        yield from walk(component.get("components") or ())
        for name in ("accessory", "component"):
            if component.get(name):
                yield from walk([component[name]])
