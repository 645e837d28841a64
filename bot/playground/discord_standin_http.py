"""Reading requests and writing answers the way Discord does."""

import json
from typing import Any

from aiohttp import web

Upload = tuple[str, str, bytes]
"""Name, content type and content."""


def answer_json(status: int, body: Any) -> web.Response:
    """Return an answer; 204 has no body."""
    if status == 204:  # noqa: PLR2004
        return web.Response(status=status)
    # discord.py reads JSON only when the content type carries no charset.
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")


async def read_body(request: web.Request) -> tuple[Any, list[Upload]]:
    """Return the JSON of a request, also of one with files, and the files."""
    if request.content_type == "multipart/form-data":
        body: Any = None
        files: list[Upload] = []
        form = await request.post()
        for name, value in form.items():
            if name == "payload_json" and isinstance(value, str):
                body = json.loads(value)
            elif isinstance(value, web.FileField):
                files.append((value.filename, value.content_type, value.file.read()))
        return body, files
    raw = await request.read()
    return (json.loads(raw) if raw else None), []
