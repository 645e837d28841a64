"""What can be said of PostgreSQL without a server: the same migrations are valid SQL for it."""

import io

from alembic.migration import MigrationContext
from alembic.operations import Operations

from storage.migrations.versions import r0001


def test_the_migrations_are_plain_enough_for_postgresql() -> None:
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written, "transactional_ddl": True}
    )

    with Operations.context(context):
        r0001.upgrade()

    sql = written.getvalue()
    assert sql.count("CREATE TABLE") == 22
    assert "fts5" not in sql
    assert "BIGINT" in sql
    assert 'COLLATE "C"' in sql
    assert "BYTEA" in sql
    assert "TIMESTAMP WITH TIME ZONE" in sql
