"""Small SQL helpers that work on SQLite and PostgreSQL alike."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.models import CounterRow, table_of

T = TypeVar("T")

_MOST_PARAMETERS = 5_000
"""Values in one IN list; SQLite allows 32,766 parameters, and long lists are slow to compile."""


def chunks(values: Sequence[T], size: int = _MOST_PARAMETERS) -> Iterator[Sequence[T]]:
    """Yield the values in order, at most ``size`` at a time."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, replace: Sequence[str] | None = None
) -> int:
    """Insert rows; where the primary key is taken, replace the named columns, or change nothing when none are named.

    Returns:
        Rows that were inserted or replaced.
    """
    if not rows:
        return 0
    statement = insert_into(connection, table)
    if replace:
        statement = statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns), set_={name: statement.excluded[name] for name in replace}
        )
    else:
        statement = statement.on_conflict_do_nothing()
    return connection.execute(statement, [dict(row) for row in rows]).rowcount


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert that can say what happens where the primary key is taken."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def new_keys(connection: Connection, name: str, count: int) -> range:
    """Return ``count`` keys of this name that were never given out before."""
    counter = table_of(CounterRow)
    upsert(connection, counter, [{"name": name, "value": 0}])
    raised = update(counter).where(counter.c.name == name).values(value=counter.c.value + count)
    last = connection.execute(raised.returning(counter.c.value)).scalar_one()
    return range(last - count + 1, last + 1)
