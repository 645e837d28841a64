"""What members agreed to, and everything about a member, at once."""

from datetime import datetime

from sqlalchemy import Connection, Table, delete, select
from sqlmodel import SQLModel

from recommender.types import MemberId
from storage.models import ConsentRow, FeedbackRow, SignalRow, table_of
from storage.repositories.forgetting import delete_unheld, only_spotify_knows
from storage.sql import upsert
from storage.values import Consent

_SIGNAL = table_of(SignalRow)
_FEEDBACK = table_of(FeedbackRow)
_CONSENT = table_of(ConsentRow)


def tables_about_members() -> list[Table]:
    """Return every table that says something about a member."""
    return [table for table in SQLModel.metadata.sorted_tables if "member_id" in table.columns]


class MemberRepository:
    """Erases members."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def erase_all(self, member: MemberId) -> int:
        """Erase every row about a member, and tracks that only Spotify told us of and nobody else holds.

        Returns:
            Rows erased that named the member.
        """
        signals = select(_SIGNAL.c.track_id).where(_SIGNAL.c.member_id == member)
        verdicts = select(_FEEDBACK.c.track_id).where(_FEEDBACK.c.member_id == member)
        brought = only_spotify_knows(self._connection, signals.union(verdicts).subquery().select())
        erased = 0
        for table in tables_about_members():
            erased += self._connection.execute(delete(table).where(table.c.member_id == member)).rowcount
        delete_unheld(self._connection, brought)
        return erased


class ConsentRepository:
    """What members agreed to; who said nothing did not."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def give(self, member: MemberId, purpose: Consent, at: datetime) -> None:
        """Remember that a member agrees; the first time counts."""
        upsert(self._connection, _CONSENT, [{"member_id": member, "purpose": purpose.value, "given_at": at}])

    def withdraw(self, member: MemberId, purpose: Consent) -> None:
        """Remember that a member no longer agrees."""
        mine = (_CONSENT.c.member_id == member, _CONSENT.c.purpose == purpose.value)
        self._connection.execute(delete(_CONSENT).where(*mine))

    def since(self, member: MemberId, purpose: Consent) -> datetime | None:
        """Return when a member agreed, or None when they do not."""
        mine = (_CONSENT.c.member_id == member, _CONSENT.c.purpose == purpose.value)
        given: datetime | None = self._connection.execute(select(_CONSENT.c.given_at).where(*mine)).scalar()
        return given

    def members(self, purpose: Consent) -> list[MemberId]:
        """Return who agrees, by id."""
        agreed = select(_CONSENT.c.member_id).where(_CONSENT.c.purpose == purpose.value)
        return [MemberId(each) for each in self._connection.execute(agreed.order_by(_CONSENT.c.member_id)).scalars()]
