"""Discord's own description of its API, as a judge over recorded requests.

The description leaves objects open, so misspelt keys pass plain validation; they are looked for separately.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from bot.playground.discord_standin_faults import Recorded

TRIMMED = Path(__file__).with_name("discord_openapi_trimmed.json")
PREFIX = "/api/v10"

_BOOLEANS = {"0", "1", "true", "false"}


class Description:
    """The operations and schemas of the description."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    @classmethod
    def load(cls) -> "Description":
        """Read the trimmed copy beside this module."""
        return cls(json.loads(TRIMMED.read_text(encoding="utf-8")))

    def problems(self, request: Recorded) -> list[str]:
        """Return what the description has against a request; empty when it is allowed."""
        name = f"{request.method} {request.path}"
        operation = self._operation(request)
        if operation is None:
            return [f"{name}: there is no such operation"]
        found = [f"{name}: {each}" for each in _query_problems(request.query, operation)]
        schema = _body_schema(operation)
        if schema is None:
            return found + ([f"{name}: a body that nobody reads"] if request.body is not None else [])
        return found + [f"{name}: {each}" for each in self.value_problems(_settled(request), schema)]

    def answer_problems(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """Return what the description has against an answer of the stand-in."""
        operation = self._operation(Recorded(method, path, {}, None))
        answers = (operation or {}).get("responses", {})
        if str(status) not in answers:
            return [f"{method} {path}: no answer {status} is described"]
        schema = answers[str(status)]["content"].get("application/json", {}).get("schema")
        return (
            [f"{method} {path}: {each}" for each in self.value_problems(body, schema, closed=False)] if schema else []
        )

    def value_problems(self, value: Any, schema: Mapping[str, Any], *, closed: bool = True) -> list[str]:
        """Return the best explanation why a value does not fit, or (if ``closed``) the keys that no schema names."""
        errors = [leaf for error in self._validator(schema).iter_errors(value) for leaf in _leaves(error)]
        if errors:
            deepest = max(errors, key=lambda error: len(error.absolute_path))
            return [f"{deepest.json_path}: {deepest.message[-300:]}"]
        if not closed:
            return []
        return [f"{where}: no schema names this key" for where in self._unknown(value, [schema], "$")]

    def _validator(self, schema: Mapping[str, Any]) -> Draft202012Validator:
        return Draft202012Validator({**schema, "components": self._document["components"]})

    @cached_property
    def _templates(self) -> list[tuple[re.Pattern[str], Mapping[str, Any]]]:
        return [
            (re.compile(re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(path)) + r"\Z"), operations)
            for path, operations in self._document["paths"].items()
        ]

    def _operation(self, request: Recorded) -> Mapping[str, Any] | None:
        path = request.path.removeprefix(PREFIX)
        for pattern, operations in self._templates:
            if pattern.match(path) and request.method.lower() in operations:
                found: Mapping[str, Any] = operations[request.method.lower()]
                return found
        return None

    def _unknown(self, value: Any, schemas: list[Mapping[str, Any]], where: str) -> Iterator[str]:
        flat = [each for schema in schemas for each in self._branches(value, schema)]
        if isinstance(value, list):
            items = [each["items"] for each in flat if "items" in each]
            for at, inner in enumerate(value):
                yield from self._unknown(inner, items, f"{where}[{at}]")
        if isinstance(value, dict):
            for key, inner in value.items():
                named = [each["properties"][key] for each in flat if key in each.get("properties", {})]
                named += [
                    each["additionalProperties"] for each in flat if isinstance(each.get("additionalProperties"), dict)
                ]
                if named:
                    yield from self._unknown(inner, named, f"{where}.{key}")
                else:
                    yield f"{where}.{key}"

    def _branches(self, value: Any, schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Yield the plain schemas that a value follows, through references and unions."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            yield from self._branches(value, self._document["components"]["schemas"][name])
        for union in ("oneOf", "anyOf"):
            for branch in schema.get(union, ()):
                if self._validator(branch).is_valid(value):
                    yield from self._branches(value, branch)
        for branch in schema.get("allOf", ()):
            yield from self._branches(value, branch)
        yield schema


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Yield what was wrong inside every branch of a union; the deepest is the one that was meant."""
    if not error.context:
        yield error
    for inner in error.context or ():
        yield from _leaves(inner)


def _settled(request: Recorded) -> Any:
    """Return the body without the ``tts: false`` that discord.py adds to every edit and Discord ignores there."""
    if request.method == "PATCH" and isinstance(request.body, dict) and request.body.get("tts") is False:
        return {name: value for name, value in request.body.items() if name != "tts"}
    return request.body


def _query_problems(query: Mapping[str, str], operation: Mapping[str, Any]) -> Iterator[str]:
    described = {each["name"]: each["schema"] for each in operation.get("parameters", ()) if each["in"] == "query"}
    for name, value in query.items():
        if name not in described:
            yield f"the query parameter {name!r} is not described"
        elif described[name].get("type") == "boolean" and value not in _BOOLEANS:
            yield f"the query parameter {name!r} is not a boolean: {value!r}"


def _body_schema(operation: Mapping[str, Any]) -> Mapping[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {})
    found: Mapping[str, Any] | None = content.get("application/json", {}).get("schema")
    return found
