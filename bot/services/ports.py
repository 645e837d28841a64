"""What the commands need from the services, in their own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.services.asks import Answer, Ask, FilterChoice, TitleChoice
from recommender.types import MemberId, Track, TrackKey, Verdict
from storage.values import Consent


class Recommends(Protocol):
    """Answers what a member asks for."""

    async def recommend(self, ask: Ask, /) -> Answer:
        """Return suggestions with reasons.

        Raises:
            BotError, RecommenderError: With a text that is safe to show.
        """
        ...

    async def complete_title(self, typed: str, /) -> list[TitleChoice]:
        """Return up to 25 titles of the catalog that what was typed could become, within 100 ms."""
        ...

    async def complete_genre(self, typed: str, /) -> list[FilterChoice]:
        """Return up to 25 genres of the catalog in the same way."""
        ...

    async def complete_language(self, typed: str, /) -> list[FilterChoice]:
        """Return up to 25 languages of the catalog in the same way."""
        ...

    async def complete_album(self, typed: str, /) -> list[FilterChoice]:
        """Return up to 25 albums of the catalog in the same way."""
        ...

    async def complete_playlist(self, typed: str, /) -> list[FilterChoice]:
        """Return up to 25 playlists of dataset files in the same way."""
        ...


class Invitation(Protocol):
    """Where a member goes to link an account."""

    @property
    def url(self) -> str:
        """Our page that names the Discord account."""
        ...

    @property
    def authorize_url(self) -> str:
        """Spotify's own page, for members whose browser does not reach ours: they paste the address it leads to."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether our page opens on the bot's own machine alone."""
        ...

    @property
    def expires_at(self) -> datetime:
        """When it stops working. Aware UTC."""
        ...


class LinkedAs(Protocol):
    """A Spotify account that was linked just now."""

    @property
    def display_name(self) -> str:
        """Its name on Spotify."""
        ...


class Links(Protocol):
    """Connects members with their Spotify accounts."""

    async def begin(self, member: MemberId, member_name: str, /) -> Invitation:
        """Return a new single-use invitation."""
        ...

    async def finish_pasted(self, member: MemberId, address: str, /) -> LinkedAs:
        """Finish a login from the address that Spotify led the member's browser to.

        Raises:
            BotError: The address is not one, or the login is over, or Spotify says no.
        """
        ...

    async def unlink(self, member: MemberId, /) -> bool:
        """Erase the link and all that came from it; return whether there was one."""
        ...


class TakesVerdicts(Protocol):
    """Remembers what members say about tracks."""

    async def record(self, member: MemberId, track: TrackKey, verdict: Verdict, /) -> Track:
        """Remember a verdict, in place of an earlier one; return the track.

        Raises:
            TrackGoneError: The catalog no longer has it.
        """
        ...

    async def undo(self, member: MemberId, track: TrackKey, /) -> Track:
        """Forget the verdict on a track, if there is one; return the track.

        Raises:
            TrackGoneError: The catalog no longer has it.
        """
        ...


class KeepsConsent(Protocol):
    """Remembers what members agree to; who said nothing does not."""

    async def allows(self, member: MemberId, purpose: Consent, /) -> bool:
        """Return whether a member agrees."""
        ...

    async def set(self, member: MemberId, purpose: Consent, /, *, agrees: bool) -> None:
        """Remember whether a member agrees."""
        ...


class ReportsStatus(Protocol):
    """Says how the installation is doing."""

    async def report(self) -> Sequence[tuple[str, str]]:
        """Return short facts, each with its name: catalog, index, jobs, quotas."""
        ...


class StateStore(Protocol):
    """Keeps small marks between two runs of the bot."""

    async def get(self, name: str, /) -> str | None:
        """Return what was put last, or None."""
        ...

    async def put(self, name: str, value: str, /) -> None:
        """Keep a value in place of the one before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the Discord side of the bot is built on."""

    recommending: Recommends
    linking: Links
    feedback: TakesVerdicts
    consent: KeepsConsent
    status: ReportsStatus
    state: StateStore
