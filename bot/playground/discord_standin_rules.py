"""What Discord refuses in messages, modals and their components, by its documented limits."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from bot.playground.discord_standin_world import COMPONENTS_V2, EPHEMERAL, Json

MAX_COMPONENTS = 40
MAX_TEXT = 4000
MAX_CONTENT = 2000
MAX_EMBED_TEXT = 6000

ROW, BUTTON, SELECT, INPUT = 1, 2, 3, 4
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = 9, 10, 11, 12, 13, 14, 17, 18
SELECTS = frozenset({3, 5, 6, 7, 8})
LINK_BUTTON, PREMIUM_BUTTON = 5, 6

_TOP_LEVEL = frozenset({ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER})
_IN_CONTAINER = _TOP_LEVEL - {CONTAINER}
_SENDABLE_FLAGS = (1 << 2) | EPHEMERAL | (1 << 12) | (1 << 13) | COMPONENTS_V2
_URL = re.compile(r"^(https?://[^\s/]+|attachment://\S+)")
_EMBED_LIMITS = {"title": 256, "description": 4096}


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


def check_message(payload: Mapping[str, Any], *, files: tuple[str, ...] = (), existing: Json | None = None) -> None:
    """Refuse a message that Discord would refuse.

    Args:
        payload: The message fields as sent.
        files: Names of the files sent along.
        existing: The message that is edited; None when one is created.

    Raises:
        Refused: With Discord's code and the place.
    """
    flags = payload.get("flags") or 0
    if not isinstance(flags, int) or flags & ~_SENDABLE_FLAGS:
        bad_form("flags", "a flag that cannot be sent")
    is_v2 = bool((flags | (existing["flags"] if existing else 0)) & COMPONENTS_V2)
    components = payload.get("components")
    if is_v2:
        _check_v2(payload, components, existing)
    else:
        _check_classic(payload, components, files, existing)
    if components:
        _check_whole(components)
    _check_attachments(payload, components or (), files, existing)


def _check_v2(payload: Mapping[str, Any], components: Any, existing: Json | None) -> None:
    for legacy in ("content", "embeds", "sticker_ids", "poll"):
        inherited = existing.get(legacy) if existing and legacy not in payload else None
        if payload.get(legacy) or inherited:
            bad_form(
                legacy, "The 'content', 'embeds', 'stickers' and 'poll' fields cannot be used with IS_COMPONENTS_V2"
            )
    if components is None and existing is not None and existing["flags"] & COMPONENTS_V2:
        return
    if not components:
        raise Refused(400, 50006, "Cannot send an empty message")
    for at, component in enumerate(components):
        _check_component(component, f"components.{at}", _TOP_LEVEL)


def _check_classic(payload: Mapping[str, Any], components: Any, files: tuple[str, ...], existing: Json | None) -> None:
    content = payload.get("content") or ""
    if len(content) > MAX_CONTENT:
        bad_form("content", f"Must be {MAX_CONTENT} or fewer in length.")
    embeds = payload.get("embeds") or ()
    if len(embeds) > 10:  # noqa: PLR2004
        bad_form("embeds", "Must be 10 or fewer in length.")
    for at, embed in enumerate(embeds):
        _check_embed(embed, f"embeds.{at}")
    if sum(_embed_text(embed) for embed in embeds) > MAX_EMBED_TEXT:
        bad_form("embeds", f"Embed size exceeds maximum size of {MAX_EMBED_TEXT}")
    if len(components or ()) > 5:  # noqa: PLR2004
        bad_form("components", "Must be between 1 and 5 in length.")
    for at, component in enumerate(components or ()):
        _check_component(component, f"components.{at}", frozenset({ROW}))
    if existing is None and not (content or embeds or components or files or payload.get("poll")):
        raise Refused(400, 50006, "Cannot send an empty message")


def _embed_text(embed: Mapping[str, Any]) -> int:
    parts = [embed.get("title"), embed.get("description"), (embed.get("footer") or {}).get("text")]
    parts += [(embed.get("author") or {}).get("name")]
    for each in embed.get("fields") or ():
        parts += [each.get("name"), each.get("value")]
    return sum(len(part) for part in parts if part)


def _check_embed(embed: Mapping[str, Any], where: str) -> None:
    for name, limit in _EMBED_LIMITS.items():
        if len(embed.get(name) or "") > limit:
            bad_form(f"{where}.{name}", f"Must be {limit} or fewer in length.")
    fields = embed.get("fields") or ()
    if len(fields) > 25:  # noqa: PLR2004
        bad_form(f"{where}.fields", "Must be 25 or fewer in length.")
    for at, each in enumerate(fields):
        _check_length(each.get("name"), f"{where}.fields.{at}.name", 256)
        _check_length(each.get("value"), f"{where}.fields.{at}.value", 1024)


def _check_length(text: Any, where: str, most: int, *, least: int = 1) -> None:
    if not isinstance(text, str) or not least <= len(text) <= most:
        bad_form(where, f"Must be between {least} and {most} in length.")


def _check_component(component: Mapping[str, Any], where: str, allowed: frozenset[int]) -> None:
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
        _check_component(each, f"{where}.components.{at}", SELECTS | {BUTTON})


def _check_button(button: Mapping[str, Any], where: str) -> None:
    style = button.get("style")
    if style not in range(1, 7):
        bad_form(f"{where}.style", "Unknown button style.")
    if not button.get("label") and not button.get("emoji") and style != PREMIUM_BUTTON:
        bad_form(where, "A button needs a label or an emoji.")
    if button.get("label"):
        _check_length(button["label"], f"{where}.label", 80)
    if style == LINK_BUTTON:
        if button.get("custom_id") or not _URL.match(button.get("url") or "") or len(button["url"]) > 512:  # noqa: PLR2004
            bad_form(f"{where}.url", "A link button has an http(s) url of at most 512 characters and no custom_id.")
    elif style != PREMIUM_BUTTON:
        _check_length(button.get("custom_id"), f"{where}.custom_id", 100)
        if button.get("url"):
            bad_form(f"{where}.url", "Only link buttons have a url.")


def _check_select(select: Mapping[str, Any], where: str) -> None:
    _check_length(select.get("custom_id"), f"{where}.custom_id", 100)
    if select.get("type") != SELECT:
        return
    options = select.get("options") or ()
    if not 1 <= len(options) <= 25:  # noqa: PLR2004
        bad_form(f"{where}.options", "Must be between 1 and 25 in length.")
    for at, option in enumerate(options):
        _check_length(option.get("label"), f"{where}.options.{at}.label", 100)
        _check_length(option.get("value"), f"{where}.options.{at}.value", 100)
    if len({option["value"] for option in options}) != len(options):
        bad_form(f"{where}.options", "The specified option value is already used")


def _check_section(section: Mapping[str, Any], where: str) -> None:
    inside = section.get("components") or ()
    if not 1 <= len(inside) <= 3:  # noqa: PLR2004
        bad_form(f"{where}.components", "Must be between 1 and 3 in length.")
    for at, each in enumerate(inside):
        _check_component(each, f"{where}.components.{at}", frozenset({TEXT}))
    _check_component(section.get("accessory") or {}, f"{where}.accessory", frozenset({BUTTON, THUMBNAIL}))


def _check_text(text: Mapping[str, Any], where: str) -> None:
    _check_length(text.get("content"), f"{where}.content", MAX_TEXT)


def _check_thumbnail(thumbnail: Mapping[str, Any], where: str) -> None:
    if not _URL.match((thumbnail.get("media") or {}).get("url") or ""):
        bad_form(f"{where}.media.url", "Scheme must be one of ('http', 'https', 'attachment').")
    if thumbnail.get("description"):
        _check_length(thumbnail["description"], f"{where}.description", 1024)


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
        _check_component(each, f"{where}.components.{at}", _IN_CONTAINER)


def _check_input(field: Mapping[str, Any], where: str) -> None:
    _check_length(field.get("custom_id"), f"{where}.custom_id", 100)
    if field.get("style") not in {1, 2}:
        bad_form(f"{where}.style", "Must be 1 or 2.")
    for name, most in (("placeholder", 100), ("value", 4000), ("label", 45)):
        if field.get(name) is not None:
            _check_length(field[name], f"{where}.{name}", most, least=0)


def _check_label(label: Mapping[str, Any], where: str) -> None:
    _check_length(label.get("label"), f"{where}.label", 45)
    if label.get("description"):
        _check_length(label["description"], f"{where}.description", 100)
    _check_component(label.get("component") or {}, f"{where}.component", SELECTS | {INPUT})


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


def _check_whole(components: Any) -> None:
    every = list(walk(components))
    if len(every) > MAX_COMPONENTS:
        bad_form(
            "components", f"A message has at most {MAX_COMPONENTS} components in total; this one has {len(every)}."
        )
    text = sum(len(each["content"]) for each in every if each["type"] == TEXT)
    if text > MAX_TEXT:
        bad_form("components", f"The text of all components is at most {MAX_TEXT} characters; this is {text}.")
    ids = [each["custom_id"] for each in every if each.get("custom_id")]
    if len(ids) != len(set(ids)):
        bad_form("components", "Component custom id cannot be duplicated")


def _check_attachments(
    payload: Mapping[str, Any], components: Any, files: tuple[str, ...], existing: Json | None
) -> None:
    names = set(files) | {each["filename"] for each in (existing or {}).get("attachments", ())}
    references = [url for each in walk(components) for url in _urls(each)]
    for embed in payload.get("embeds") or ():
        references += [(embed.get(part) or {}).get("url") or "" for part in ("image", "thumbnail")]
    for url in references:
        if url.startswith("attachment://") and url.removeprefix("attachment://") not in names:
            bad_form("attachments", f"{url} names no file that is attached")


def _urls(component: Mapping[str, Any]) -> Iterator[str]:
    for name in ("media", "file"):
        if isinstance(component.get(name), dict):
            yield component[name].get("url") or ""
    for item in component.get("items") or ():
        yield (item.get("media") or {}).get("url") or ""


def check_modal(modal: Mapping[str, Any]) -> None:
    """Refuse a modal that Discord would refuse.

    Raises:
        Refused: With Discord's code and the place.
    """
    _check_length(modal.get("title"), "data.title", 45)
    _check_length(modal.get("custom_id"), "data.custom_id", 100)
    inside = modal.get("components") or ()
    if not 1 <= len(inside) <= 5:  # noqa: PLR2004
        bad_form("data.components", "Must be between 1 and 5 in length.")
    for at, each in enumerate(inside):
        where = f"data.components.{at}"
        if each.get("type") == ROW:
            _check_component((each.get("components") or [{}])[0], f"{where}.components.0", frozenset({INPUT}))
        else:
            _check_component(each, where, frozenset({LABEL, TEXT}))
    _check_whole(inside)
