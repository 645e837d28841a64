"""The people of the stand-in Discord, as Discord's JSON describes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

ADMINISTRATOR = 1 << 3
ORDINARY_PERMISSIONS = (1 << 10) | (1 << 11) | (1 << 14) | (1 << 16) | (1 << 31)
"""View the channel, write, embed links, read back, use commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInUser:
    """Someone who can type in the channel."""

    id: str
    username: str
    global_name: str
    is_admin: bool = False

    @property
    def permissions(self) -> int:
        """Discord's permission bits in the channel."""
        return ORDINARY_PERMISSIONS | (ADMINISTRATOR if self.is_admin else 0)

    def as_json(self) -> Json:
        """Return Discord's user object."""
        return {
            "id": self.id,
            "username": self.username,
            "discriminator": "0",
            "global_name": self.global_name,
            "avatar": None,
            "public_flags": 0,
            "flags": 0,
            "primary_guild": None,
        }


def member_json(user: Json) -> Json:
    """Return Discord's member object around a user."""
    return {
        "user": user,
        "roles": [],
        "joined_at": now_text(),
        "premium_since": None,
        "pending": False,
        "deaf": False,
        "mute": False,
        "nick": None,
        "avatar": None,
        "banner": None,
        "flags": 0,
        "communication_disabled_until": None,
    }


def resolved_json(people: Iterable[StandInUser]) -> Json:
    """Return what Discord says of the people whom an interaction names."""
    users = {person.id: person.as_json() for person in people}
    left_out = {"user", "deaf", "mute"}
    return {
        "users": users,
        "members": {
            person: {
                **{name: value for name, value in member_json(user).items() if name not in left_out},
                "permissions": str(ORDINARY_PERMISSIONS),
            }
            for person, user in users.items()
        },
    }


def now_text() -> str:
    """Return the moment as Discord writes it."""
    return datetime.now(UTC).isoformat()
