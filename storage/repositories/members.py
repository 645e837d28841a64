"""Everything about a member, at once."""

from sqlalchemy import Connection, Table, delete, select
from sqlmodel import SQLModel

from recommender.types import MemberId
from storage.models import FeedbackRow, SignalRow, table_of
from storage.repositories.forgetting import delete_unheld, only_spotify_knows

_SIGNAL = table_of(SignalRow)
_FEEDBACK = table_of(FeedbackRow)


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
