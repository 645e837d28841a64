"""Links outlive the playground: the stand-in Spotify remembers who agreed."""

from datetime import UTC, datetime
from pathlib import Path

from bot.playground.spotify_memory import load_grants, save_grants
from bot.playground.spotify_standin import SpotifyStandIn
from bot.playground.spotify_standin_data import StandInAccount
from bot.playground.spotify_standin_login import Grant

NOW = datetime(2026, 6, 1, 20, tzinfo=UTC)
MIRA, JONAS = (StandInAccount(user_id=name, display_name=name.title()) for name in ("mira", "jonas"))


def spotify(*accounts: StandInAccount) -> SpotifyStandIn:
    return SpotifyStandIn(accounts, client_id="0" * 32, redirect_uris=["http://127.0.0.1:8080/spotify/callback"])


def grant(account: StandInAccount) -> Grant:
    return Grant(
        user_id=account.user_id,
        scopes=frozenset({"user-top-read", "user-library-read"}),
        redirect_uri="http://127.0.0.1:8080/spotify/callback",
        challenge=None,
        consented_at=NOW,
        made_at=NOW,
    )


def test_a_refresh_token_is_good_after_a_restart(tmp_path: Path) -> None:
    before, after = spotify(MIRA), spotify(MIRA)
    before.login.restore({"token": grant(MIRA)})

    save_grants(before.login, tmp_path / "grants.json")
    load_grants(after.login, tmp_path / "grants.json")

    assert after.login.grants() == {"token": grant(MIRA)}
    assert (tmp_path / "grants.json").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["grants.json"]


def test_whoever_agreed_is_told_of_at_once_so_that_a_kill_forgets_nobody() -> None:
    stand_in, told = spotify(MIRA), []
    stand_in.login.on_grants_changed = lambda: told.append(len(stand_in.login.grants()))

    stand_in.login._new_refresh(grant(MIRA))  # what consent and renewal both end in

    assert told == [1]


def test_accounts_that_are_gone_and_a_first_start_leave_nothing(tmp_path: Path) -> None:
    before, after = spotify(MIRA, JONAS), spotify(MIRA)
    before.login.restore({"mine": grant(MIRA), "theirs": grant(JONAS)})
    load_grants(after.login, tmp_path / "grants.json")
    assert after.login.grants() == {}

    save_grants(before.login, tmp_path / "grants.json")
    load_grants(after.login, tmp_path / "grants.json")

    assert set(after.login.grants()) == {"mine"}
