"""What Discord refuses in command registrations, and what its client would not let a person send."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.playground.discord_standin_components import SELECTS, bad_form
from bot.playground.discord_standin_people import ADMINISTRATOR, Json

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, NUMBER = 1, 2, 3, 4, 5, 6, 10
CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
MAX_CHOICES = 25

_NAME = re.compile(r"^[-_'\w]{1,32}$")
_PYTHON_TYPES: dict[int, tuple[type, ...]] = {STRING: (str,), INTEGER: (int,), BOOLEAN: (bool,), NUMBER: (int, float)}


class NotSendable(ValueError):  # noqa: N818 -- what the client says
    """Discord's own client would not let a person send this."""


def check_commands(commands: Any) -> None:
    """Refuse registrations that Discord would refuse.

    Raises:
        Refused: With Discord's code and the place.
    """
    if not isinstance(commands, list):
        bad_form("", "A list of commands is expected.")
    seen: set[tuple[int, str]] = set()
    for at, command in enumerate(commands):
        kind = command.get("type") or CHAT_INPUT
        name = str(command.get("name") or "")
        if (kind, name) in seen:
            bad_form(f"{at}.name", "Application command names must be unique")
        seen.add((kind, name))
        if kind == CHAT_INPUT:
            _check_named(command, str(at))
            _check_options(command.get("options") or [], f"{at}.options")
        elif not 1 <= len(name) <= 32 or command.get("description"):  # noqa: PLR2004
            bad_form(f"{at}.name", "A menu command has a name of 1 to 32 characters and no description.")


def _check_named(thing: Mapping[str, Any], where: str) -> None:
    name = thing.get("name")
    if not isinstance(name, str) or not _NAME.match(name) or name != name.lower():
        bad_form(f"{where}.name", "Command name is invalid")
    if not 1 <= len(thing.get("description") or "") <= 100:  # noqa: PLR2004
        bad_form(f"{where}.description", "Must be between 1 and 100 in length.")


def _check_options(options: Sequence[Mapping[str, Any]], where: str) -> None:
    if len(options) > MAX_CHOICES:
        bad_form(where, "Must be 25 or fewer in length.")
    if len({option.get("name") for option in options}) != len(options):
        bad_form(where, "Option names must be unique")
    optional_came = False
    for at, option in enumerate(options):
        here = f"{where}.{at}"
        _check_named(option, here)
        if option.get("type") not in range(1, 12):
            bad_form(f"{here}.type", "Unknown option type.")
        if option.get("required") and optional_came:
            bad_form(f"{here}.required", "Required options must be placed before non-required options")
        optional_came = optional_came or not option.get("required")
        if option["type"] in {SUBCOMMAND, GROUP}:
            _check_options(option.get("options") or [], f"{here}.options")
        _check_choices(option, here)


def _check_choices(option: Mapping[str, Any], where: str) -> None:
    choices = option.get("choices") or []
    if choices and option.get("autocomplete"):
        bad_form(f"{where}.autocomplete", "An option has choices or autocomplete, not both")
    check_choice_list(choices, f"{where}.choices", option["type"])


def check_choice_list(choices: Sequence[Mapping[str, Any]], where: str, option_type: int) -> None:
    """Refuse choices (of an option or of autocomplete) that Discord would refuse.

    Raises:
        Refused: With Discord's code and the place.
    """
    if len(choices) > MAX_CHOICES:
        bad_form(where, "Must be 25 or fewer in length.")
    for at, choice in enumerate(choices):
        if not 1 <= len(str(choice.get("name") or "")) <= 100:  # noqa: PLR2004
            bad_form(f"{where}.{at}.name", "Must be between 1 and 100 in length.")
        value = choice.get("value")
        if not isinstance(value, _PYTHON_TYPES.get(option_type, (str,))) or len(str(value)) > 100:  # noqa: PLR2004
            bad_form(f"{where}.{at}.value", "Of the option's type and at most 100 characters.")


def find_command(commands: Sequence[Json], name: str, kind: int = CHAT_INPUT) -> Json:
    """Return a registered command.

    Raises:
        NotSendable: There is none of this name.
    """
    for command in commands:
        if command["name"] == name and (command.get("type") or CHAT_INPUT) == kind:
            return command
    msg = f"There is no command called {name!r}."
    raise NotSendable(msg)


def option_values(
    command: Json, path: Sequence[str], given: Mapping[str, Any], *, focused: str | None = None
) -> list[Json]:
    """Return the ``options`` of an interaction, checked the way Discord's client checks them.

    Args:
        command: As registered.
        path: Names of the subcommand group and subcommand, if any.
        given: Option names and values.
        focused: The option being typed, when this is for autocomplete; then nothing is required.

    Raises:
        NotSendable: A person could not send this.
    """
    if path:
        inner = _option(command, path[0])
        return [
            {"name": path[0], "type": inner["type"], "options": option_values(inner, path[1:], given, focused=focused)}
        ]
    known = {option["name"]: option for option in command.get("options") or []}
    if any(option["type"] in {SUBCOMMAND, GROUP} for option in known.values()):
        msg = f"{command['name']} needs one of: {', '.join(known)}."
        raise NotSendable(msg)
    for name, option in known.items():
        if option.get("required") and name not in given and focused is None:
            msg = f"The option {name!r} is required."
            raise NotSendable(msg)
    return [_option_value(_option(command, name), value, focused=focused == name) for name, value in given.items()]


def _option(command: Json, name: str) -> Json:
    for option in command.get("options") or []:
        if option["name"] == name:
            return dict(option)
    msg = f"{command['name']!r} has no option {name!r}."
    raise NotSendable(msg)


def _option_value(option: Json, value: Any, *, focused: bool) -> Json:
    kind, name = option["type"], option["name"]
    sent: Json = {"name": name, "type": kind, "value": value}
    if focused:
        return {**sent, "focused": True}
    is_bool_for_number = isinstance(value, bool) and kind != BOOLEAN
    if is_bool_for_number or not isinstance(value, _PYTHON_TYPES.get(kind, (str,))):
        msg = f"{value!r} is not a value for {name!r}."
        raise NotSendable(msg)
    if option.get("choices") and value not in [choice["value"] for choice in option["choices"]]:
        msg = f"{value!r} is not one of the choices of {name!r}."
        raise NotSendable(msg)
    size = len(str(value)) if kind == STRING else value
    least, most = ("min_length", "max_length") if kind == STRING else ("min_value", "max_value")
    if (option.get(least) is not None and size < option[least]) or (
        option.get(most) is not None and size > option[most]
    ):
        msg = f"{value!r} is outside the limits of {name!r}."
        raise NotSendable(msg)
    return sent


def people_in(options: Sequence[Json]) -> list[str]:
    """Return the ids of the people whom the options of an interaction name."""
    inner = [each for option in options for each in people_in(option.get("options") or [])]
    return [*inner, *(option["value"] for option in options if option["type"] == USER and not option.get("focused"))]


def may_use(command: Json, permissions: int) -> bool:
    """Return whether someone with these permissions sees a command."""
    needed = command.get("default_member_permissions")
    return needed is None or bool(permissions & ADMINISTRATOR) or (permissions & int(needed)) == int(needed) != 0


def command_data(command: Json, guild_id: str) -> Json:
    """Return the ``data`` of an interaction with a command, without options."""
    return {"id": command["id"], "name": command["name"], "type": command.get("type") or 1, "guild_id": guild_id}


def filled(component: Json, values: Mapping[str, str]) -> Json:
    """Return a component of a form as it is sent in.

    Raises:
        NotSendable: A value is missing or too long.
    """
    if component["type"] == 1:
        return {"type": 1, "id": 0, "components": [_filled_input(each, values) for each in component["components"]]}
    if "component" in component:
        inner = _filled_input(component["component"], values)
        return {"type": component["type"], "id": 0, "component": inner}
    return {"type": component["type"], "id": 0}


def _filled_input(field: Json, values: Mapping[str, str]) -> Json:
    custom_id = field["custom_id"]
    value = values.get(custom_id, field.get("value") or "")
    if field["type"] in SELECTS:
        return {"type": field["type"], "id": 0, "custom_id": custom_id, "values": [value] if value else []}
    required = field.get("required", True)
    if (required and not value) or len(value) > (field.get("max_length") or 4000):
        msg = f"The field {custom_id!r} is empty or too long."
        raise NotSendable(msg)
    return {"type": field["type"], "id": 0, "custom_id": custom_id, "value": value}
