"""The history of the schema, applied in the process when a database is opened."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from storage.errors import NewerDatabaseError

HEAD = "0001"
"""The newest revision in ``versions``."""

_FOLDER = Path(__file__).parent


def is_current(connection: Connection) -> bool:
    """Return whether the schema is at :data:`HEAD`, without taking a lock."""
    return _revision(connection) == HEAD


def migrate(connection: Connection) -> None:
    """Bring the schema to :data:`HEAD`, inside the caller's transaction: a crash leaves the old schema whole.

    Raises:
        NewerDatabaseError: The schema is of a revision that we do not know.
    """
    revision = _revision(connection)
    if revision == HEAD:
        # Alembic takes a fifth of a second to import, which every start would pay.
        return
    from alembic import command
    from alembic.config import Config

    if revision is not None and not (_FOLDER / "versions" / f"r{revision}.py").exists():
        raise NewerDatabaseError(revision)
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found
