"""Everything that is stored, as repositories inside one transaction."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from storage.repositories.accounts import LinkRepository, LoginRepository
from storage.repositories.collections import CollectionRepository
from storage.repositories.expiry import ExpiryRepository
from storage.repositories.listening import ListeningRepository, TrackReferenceRepository
from storage.repositories.members import ConsentRepository, MemberRepository
from storage.repositories.playlists import DatasetWordsRepository, PlaylistRepository
from storage.repositories.remembering import BudgetRepository, StateRepository
from storage.repositories.signals import FeedbackRepository, SignalRepository, SuggestionRepository
from storage.repositories.tallies import TallyRepository
from storage.repositories.tracks import TrackRepository
from storage.repositories.vectors import VectorRepository


class Stored:
    """One repository per attribute. None of them commits; the transaction does, at its end."""

    def __init__(self, connection: Connection, *, now: Callable[[], datetime]) -> None:
        self.tracks = TrackRepository(connection, now=now)
        self.tallies = TallyRepository(connection)
        self.playlists = PlaylistRepository(connection)
        self.collections = CollectionRepository(connection)
        self.listening = ListeningRepository(connection)
        self.references = TrackReferenceRepository(connection)
        self.vectors = VectorRepository(connection)
        self.dataset_words = DatasetWordsRepository(connection)
        self.links = LinkRepository(connection)
        self.logins = LoginRepository(connection)
        self.signals = SignalRepository(connection)
        self.feedback = FeedbackRepository(connection)
        self.suggestions = SuggestionRepository(connection)
        self.budget = BudgetRepository(connection)
        self.state = StateRepository(connection)
        self.members = MemberRepository(connection)
        self.consents = ConsentRepository(connection)
        self.expiry = ExpiryRepository(connection)
