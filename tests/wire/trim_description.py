"""Cut Discord's own description of its HTTP API down to the operations that the bot and its tests use.

Run by hand when Discord publishes a newer one: ``python tests/wire/trim_description.py openapi.json``.
"""

import json
import sys
from pathlib import Path
from typing import Any

TRIMMED = Path(__file__).with_name("discord_openapi_trimmed.json")

OPERATIONS = (
    ("/users/@me", "get"),
    ("/oauth2/applications/@me", "get"),
    ("/gateway/bot", "get"),
    ("/users/@me/channels", "post"),
    ("/channels/{channel_id}/messages", "post"),
    ("/applications/{application_id}/commands", "get"),
    ("/applications/{application_id}/commands", "put"),
    ("/interactions/{interaction_id}/{interaction_token}/callback", "post"),
    ("/webhooks/{webhook_id}/{webhook_token}", "post"),
    ("/webhooks/{webhook_id}/{webhook_token}/messages/@original", "get"),
    ("/webhooks/{webhook_id}/{webhook_token}/messages/@original", "patch"),
    ("/webhooks/{webhook_id}/{webhook_token}/messages/@original", "delete"),
)
_KEPT = ("operationId", "parameters", "requestBody")


def trimmed(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the description with only these operations and the schemas they refer to."""
    paths: dict[str, Any] = {}
    for path, method in OPERATIONS:
        operation = whole["paths"][path][method]
        kept = {name: operation[name] for name in _KEPT if name in operation}
        kept["responses"] = {
            code: _content(answer) for code, answer in operation["responses"].items() if code[0] == "2"
        }
        shared = {"parameters": whole["paths"][path].get("parameters", [])}
        paths.setdefault(path, shared)[method] = kept
    names: set[str] = set()
    _collect(paths, whole["components"]["schemas"], names)
    schemas = {name: whole["components"]["schemas"][name] for name in sorted(names)}
    return {"openapi": whole["openapi"], "info": whole["info"], "paths": paths, "components": {"schemas": schemas}}


def _content(answer: dict[str, Any]) -> dict[str, Any]:
    return {"description": answer.get("description", ""), "content": answer.get("content", {})}


def _collect(part: Any, schemas: dict[str, Any], names: set[str]) -> None:
    if isinstance(part, dict):
        name = str(part.get("$ref", "")).rsplit("/", 1)[-1]
        if name and name not in names:
            names.add(name)
            _collect(schemas[name], schemas, names)
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for each in inner:
        _collect(each, schemas, names)


if __name__ == "__main__":
    description = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    TRIMMED.write_text(json.dumps(trimmed(description), indent=1, sort_keys=True) + "\n", encoding="utf-8")
