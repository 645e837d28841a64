"""Messages as Discord keeps them: what was sent, with ids, defaults and the addresses of uploaded files filled in."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from bot.playground.discord_standin_components import (
    CONTAINER,
    FILE,
    GALLERY,
    SELECTS,
    SEPARATOR,
    THUMBNAIL,
    walk,
)
from bot.playground.discord_standin_http import Upload
from bot.playground.discord_standin_people import Json
from bot.playground.discord_standin_world import World

_FIELDS = ("content", "embeds", "components")
_DEFAULTS: dict[int, Json] = {
    CONTAINER: {"accent_color": None, "spoiler": False},
    THUMBNAIL: {"description": None, "spoiler": False},
    SEPARATOR: {"divider": True, "spacing": 1},
    FILE: {"name": None, "size": None, "spoiler": False},
    **{kind: {"min_values": 1, "max_values": 1} for kind in SELECTS},
}


def fill_message(world: World, base: str, message: Json, body: Mapping[str, Any], files: Sequence[Upload]) -> None:
    """Write the sent fields into a message.

    Args:
        world: Keeps the uploaded files.
        base: The address that files are served below.
        message: The message as it stands; changed in place.
        body: What was sent and checked.
        files: What was uploaded with it.
    """
    for name in _FIELDS:
        if name in body:
            message[name] = copy.deepcopy(body[name]) or ("" if name == "content" else [])
    if "attachments" in body or files:
        kept = {str(each.get("id")) for each in body.get("attachments") or ()}
        message["attachments"] = [each for each in message["attachments"] if each["id"] in kept]
        message["attachments"] += [_store(world, base, upload) for upload in files]
    addresses = {f"attachment://{each['filename']}": each["url"] for each in message["attachments"]}
    for embed in message["embeds"]:
        embed.setdefault("type", "rich")
        for field in embed.get("fields", ()):
            field.setdefault("inline", False)
        for part in ("image", "thumbnail"):
            if part in embed:
                embed[part]["url"] = addresses.get(embed[part]["url"], embed[part]["url"])
    for at, component in enumerate(walk(message["components"]), start=1):
        _complete(component, at, addresses, world)


def _complete(component: Json, at: int, addresses: Mapping[str, str], world: World) -> None:
    component.setdefault("id", at)
    for name, value in _DEFAULTS.get(component["type"], {}).items():
        component.setdefault(name, value)
    shown = component.get("items", []) if component["type"] == GALLERY else [component]
    for each in shown:
        for name in ("media", "file"):
            if isinstance(each.get(name), dict):
                address = addresses.get(each[name]["url"], each[name]["url"])
                each[name] = {"id": world.snowflake(), "url": address, "proxy_url": address}
    if component["type"] == GALLERY:
        for item in shown:
            item.update({"description": item.get("description"), "spoiler": item.get("spoiler", False)})


def _store(world: World, base: str, upload: Upload) -> Json:
    name, content_type, content = upload
    number = world.snowflake()
    path = f"attachments/{world.channel_id}/{number}/{name}"
    world.files[path] = (content_type, content)
    url = f"{base}/cdn/{path}"
    size = {"size": len(content), "content_type": content_type}
    return {"id": number, "filename": name, "url": url, "proxy_url": url, **size}
