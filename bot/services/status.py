"""How the installation is doing, in short facts."""

from collections.abc import Callable
from datetime import UTC, datetime

from bot.background import BlockingPool
from bot.gateways.spotify_budget import BudgetStatus, SpotifyBudget
from bot.services.reception import liked_line, received
from bot.services.searchable_catalog import SearchableCatalog
from bot.services.training import QUALITY_MARK
from bot.services.upkeep import NIGHTLY_MARK
from recommender.errors import EmptyCatalogError
from storage.database import Database

NO_VERDICTS = "no verdicts on suggestions yet"


class StatusService:
    """Collects facts for ``/status``."""

    def __init__(
        self,
        database: Database,
        catalog: SearchableCatalog,
        budget: SpotifyBudget,
        blocking: BlockingPool,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._budget = budget
        self._blocking = blocking
        self._now = now
        self._since = now()

    async def report(self) -> tuple[tuple[str, str], ...]:
        """Return facts with their names, in the order to show them."""
        return await self._blocking.run(self._report)

    def _report(self) -> tuple[tuple[str, str], ...]:
        with self._database.reading() as stored:
            tracks = stored.tracks.count()
            links = len(stored.links.all())
            nightly = stored.state.get(NIGHTLY_MARK)
            quality = stored.state.get(QUALITY_MARK)
            reception = received(stored, self._now())
        budget = self._budget.status()
        return (
            ("Catalog", f"{tracks:,} tracks"),
            ("Index", self._index_fact()),
            ("Quality", quality or "not measured yet"),
            ("👍 by part of the score", liked_line(reception.by_modality) or NO_VERDICTS),
            ("👍 by source", liked_line(reception.by_source) or NO_VERDICTS),
            ("Linked members", f"{links} of Spotify's five"),
            ("Spotify calls today", _calls(budget)),
            ("Nightly refresh", nightly or "not yet"),
            ("Up since", f"{self._since:%Y-%m-%d %H:%M} UTC"),
        )

    def _index_fact(self) -> str:
        try:
            index = self._catalog.index()
        except EmptyCatalogError:
            return "nothing searchable yet"
        return f"{len(index):,} searchable, generation {index.generation}"


def _calls(budget: BudgetStatus) -> str:
    closed = f", none before {budget.blocked_until:%Y-%m-%d %H:%M} UTC" if budget.blocked_until else ""
    return f"{budget.spent} of {budget.daily_calls}{closed}"
