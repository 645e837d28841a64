"""What Discord refuses in messages, modals and their components, by its documented limits."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.playground.discord_standin_components import (
    INPUT,
    LABEL,
    MAX_TEXT,
    ROW,
    TEXT,
    TOP_LEVEL,
    Refused,
    bad_form,
    check_component,
    check_length,
    walk,
)
from bot.playground.discord_standin_people import Json
from bot.playground.discord_standin_world import COMPONENTS_V2, EPHEMERAL

MAX_COMPONENTS = 40
MAX_CONTENT = 2000
MAX_EMBED_TEXT = 6000

_SENDABLE_FLAGS = (1 << 2) | EPHEMERAL | (1 << 12) | (1 << 13) | COMPONENTS_V2
_EMBED_LIMITS = {"title": 256, "description": 4096}


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
        check_component(component, f"components.{at}", TOP_LEVEL)


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
        check_component(component, f"components.{at}", frozenset({ROW}))
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
        check_length(each.get("name"), f"{where}.fields.{at}.name", 256)
        check_length(each.get("value"), f"{where}.fields.{at}.value", 1024)


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
    check_length(modal.get("title"), "data.title", 45)
    check_length(modal.get("custom_id"), "data.custom_id", 100)
    inside = modal.get("components") or ()
    if not 1 <= len(inside) <= 5:  # noqa: PLR2004
        bad_form("data.components", "Must be between 1 and 5 in length.")
    for at, each in enumerate(inside):
        where = f"data.components.{at}"
        if each.get("type") == ROW:
            check_component((each.get("components") or [{}])[0], f"{where}.components.0", frozenset({INPUT}))
        else:
            check_component(each, where, frozenset({LABEL, TEXT}))
    _check_whole(inside)
