"""Small marks that outlive the process, such as which commands Discord was last told about."""

from typing import TYPE_CHECKING

from bot.background import BlockingPool
from storage.database import Database

if TYPE_CHECKING:
    from bot.services.ports import StateStore


class KeptState:
    """Keeps marks in the database."""

    def __init__(self, database: Database, blocking: BlockingPool) -> None:
        self._database = database
        self._blocking = blocking

    async def get(self, name: str) -> str | None:
        """Return what was put last, or None."""
        return await self._blocking.run(self._read, name)

    async def put(self, name: str, value: str) -> None:
        """Keep a value in place of the one before."""
        await self._blocking.run(self._write, name, value)

    def _read(self, name: str) -> str | None:
        with self._database.reading() as stored:
            return stored.state.get(name)

    def _write(self, name: str, value: str) -> None:
        with self._database.transaction() as stored:
            stored.state.put(name, value)


if TYPE_CHECKING:
    _fits: type[StateStore] = KeptState
