"""Members' links to Spotify, and logins that are under way."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from recommender.types import MemberId, Source
from storage.models import LinkRow, PendingLoginRow, SignalRow, table_of
from storage.repositories.forgetting import delete_unheld, only_spotify_knows
from storage.sql import upsert
from storage.values import Link, LinkState, PendingLogin

_LINK = table_of(LinkRow)
_LOGIN = table_of(PendingLoginRow)
_SIGNAL = table_of(SignalRow)


class LinkRepository:
    """Members' links to Spotify accounts; tokens are encrypted where they lie."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, link: Link) -> None:
        """Remember a link, in place of an earlier one of the member."""
        row = {
            "member_id": link.member,
            "spotify_user_id": link.spotify_user_id,
            "display_name": link.display_name,
            "client_id": link.client_id,
            "scopes": " ".join(sorted(link.scopes)),
            "access_token": link.access_token,
            "access_expires_at": link.access_expires_at,
            "refresh_token": link.refresh_token,
            "linked_at": link.linked_at,
            "state": link.state.value,
            "last_synced_at": link.last_synced_at,
        }
        upsert(self._connection, _LINK, [row], replace=[name for name in row if name != "member_id"])

    def of_member(self, member: MemberId) -> Link | None:
        """Return a member's link, or None."""
        row = self._connection.execute(select(_LINK).where(_LINK.c.member_id == member)).one_or_none()
        return None if row is None else _link(row)

    def all(self) -> list[Link]:
        """Return every link, the oldest first."""
        return [_link(row) for row in self._connection.execute(select(_LINK).order_by(_LINK.c.linked_at))]

    def update_tokens(
        self, member: MemberId, access_token: str, expires_at: datetime, refresh_token: str | None
    ) -> None:
        """Replace a member's tokens after a refresh; without a new refresh token the old one stays."""
        values: dict[str, Any] = {"access_token": access_token, "access_expires_at": expires_at}
        if refresh_token is not None:
            values["refresh_token"] = refresh_token
        self._update(member, values)

    def mark(self, member: MemberId, state: LinkState) -> None:
        """Note how a member's link stands."""
        self._update(member, {"state": state.value})

    def synced(self, member: MemberId, at: datetime) -> None:
        """Note when a member's library was last read."""
        self._update(member, {"last_synced_at": at})

    def erase_link(self, member: MemberId) -> bool:
        """Erase a link and all that came from it; return whether there was one.

        Tokens, logins under way and signals go, and with them the tracks that only Spotify told us of and that
        nobody else holds. Verdicts stay: the member gave them to us.
        """
        mine = (_SIGNAL.c.member_id == member, _SIGNAL.c.origin == Source.SPOTIFY.value)
        brought = only_spotify_knows(self._connection, select(_SIGNAL.c.track_id).where(*mine))
        self._connection.execute(delete(_SIGNAL).where(*mine))
        self._connection.execute(delete(_LOGIN).where(_LOGIN.c.member_id == member))
        erased = self._connection.execute(delete(_LINK).where(_LINK.c.member_id == member)).rowcount
        delete_unheld(self._connection, brought)
        return bool(erased)

    def _update(self, member: MemberId, values: Mapping[str, Any]) -> None:
        self._connection.execute(update(_LINK).where(_LINK.c.member_id == member).values(values))


class LoginRepository:
    """Logins that wait for Spotify to send the member back; each can be finished once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, login: PendingLogin) -> None:
        """Remember a login that has begun."""
        self._connection.execute(
            insert(_LOGIN).values(
                state_hash=login.state_hash,
                member_id=login.member,
                member_name=login.member_name,
                verifier=login.verifier,
                client_id=login.client_id,
                created_at=login.created_at,
            )
        )

    def peek(self, state_hash: str, now: datetime, max_age: timedelta) -> PendingLogin | None:
        """Return a login that can still be finished, or None; it stays."""
        row = self._connection.execute(select(_LOGIN).where(_LOGIN.c.state_hash == state_hash)).one_or_none()
        return None if row is None or row.created_at < now - max_age else _login(row)

    def take(self, state_hash: str, now: datetime, max_age: timedelta) -> PendingLogin | None:
        """Return a login and forget it, so that of two who come with one state the second gets None."""
        taken = delete(_LOGIN).where(_LOGIN.c.state_hash == state_hash).returning(*_LOGIN.columns)
        row = self._connection.execute(taken).one_or_none()
        return None if row is None or row.created_at < now - max_age else _login(row)

    def purge(self, now: datetime, max_age: timedelta = timedelta(minutes=10)) -> int:
        """Forget logins that are too old to be finished; return how many."""
        return self._connection.execute(delete(_LOGIN).where(_LOGIN.c.created_at < now - max_age)).rowcount


def _link(row: Row[Any]) -> Link:
    return Link(
        member=MemberId(row.member_id),
        spotify_user_id=row.spotify_user_id,
        display_name=row.display_name,
        client_id=row.client_id,
        scopes=frozenset(row.scopes.split()),
        access_token=row.access_token,
        access_expires_at=row.access_expires_at,
        refresh_token=row.refresh_token,
        linked_at=row.linked_at,
        state=LinkState(row.state),
        last_synced_at=row.last_synced_at,
    )


def _login(row: Row[Any]) -> PendingLogin:
    return PendingLogin(
        state_hash=row.state_hash,
        member=MemberId(row.member_id),
        member_name=row.member_name,
        verifier=row.verifier,
        created_at=row.created_at,
        client_id=row.client_id,
    )
