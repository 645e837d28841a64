"""Lets the stand-in Spotify remember from one start to the next who agreed, so that links outlive the playground."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.playground.spotify_standin_login import Grant, StandInAccounts


def save_grants(login: StandInAccounts, path: Path) -> None:
    """Write the refresh tokens and what they open; beside, then moved into place."""
    kept = {token: _as_json(grant) for token, grant in login.grants().items()}
    beside = path.with_suffix(".partial")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(kept, file)
    beside.replace(path)


def load_grants(login: StandInAccounts, path: Path) -> None:
    """Let the tokens of an earlier start be good again; accounts that are gone are left out."""
    if not path.exists():
        return
    kept: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    login.restore({token: _as_grant(entry) for token, entry in kept.items() if entry["user_id"] in login.accounts})


def _as_json(grant: Grant) -> dict[str, Any]:
    return {
        "user_id": grant.user_id,
        "scopes": sorted(grant.scopes),
        "redirect_uri": grant.redirect_uri,
        "consented_at": grant.consented_at.isoformat(),
        "made_at": grant.made_at.isoformat(),
    }


def _as_grant(entry: dict[str, Any]) -> Grant:
    return Grant(
        user_id=entry["user_id"],
        scopes=frozenset(entry["scopes"]),
        redirect_uri=entry["redirect_uri"],
        challenge=None,
        consented_at=datetime.fromisoformat(entry["consented_at"]),
        made_at=datetime.fromisoformat(entry["made_at"]),
    )
