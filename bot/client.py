"""The bot on Discord: its commands and buttons on top of the services."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import discord
import yarl
from discord import app_commands
from discord.asset import Asset
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.cogs.link import LinkCog
from bot.cogs.path import PathCog
from bot.cogs.privacy import PrivacyCog
from bot.cogs.recommend import RecommendCog
from bot.cogs.status import StatusCog
from bot.cogs.together import TogetherCog
from bot.error_replies import ErrorReplies, ReplyingCommandTree, new_incident
from bot.errors import DiscordUnavailableError, SettingsError, UnknownButtonError
from bot.presenters.delivery import LOST, KeepsAnswers
from bot.services.ports import Services, StateStore
from bot.settings import is_loopback
from bot.views.host import Host
from bot.views.linking import PASTE_FORM, PasteButton, take_address
from bot.views.pressed import LastingButton, pressed
from bot.views.suggestion_cards import MoreButton
from bot.views.verdict_buttons import UndoButton, VerdictButton
from recommender.types import MemberId

log = logging.getLogger(__name__)

COMMANDS_MARK = "discord.commands"
BUTTONS: tuple[type[LastingButton], ...] = (VerdictButton, UndoButton, MoreButton, PasteButton)
CLOSING_PATIENCE_S = 8.0
"""Service managers wait about ten seconds before they kill."""
_AUTHENTICATION_FAILED = 4004
"""With this code the gateway closes on a token that was reset meanwhile."""
_CANNOT_LIST = frozenset({404, 405, 501})
"""What a Discord that is not Discord's own may answer when asked for the registered commands."""


def point_discord_at(api_base: str, gateway_url: str) -> None:
    """Let discord.py talk to another implementation of Discord's API, on loopback only.

    Args:
        api_base: For instance ``http://127.0.0.1:9000/api/v10``.
        gateway_url: For instance ``ws://127.0.0.1:9000/gateway``.

    Raises:
        SettingsError: An address is not a loopback one.
    """
    for name, address in (("DISCORD_API_BASE", api_base), ("DISCORD_GATEWAY_URL", gateway_url)):
        if not is_loopback(address):
            raise SettingsError(name, "is honoured for loopback addresses only (127.0.0.1)")
    Route.BASE = api_base.rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
    Asset.BASE = str(yarl.URL(api_base).with_path("/cdn"))


class CratediggerBot(commands.Bot):
    """Discord's side of Cratedigger; without privileged intents, mentions or message commands."""

    def __init__(
        self,
        services: Services,
        *,
        guild_ready_timeout: float = 2.0,
        incident: Callable[[], str] = new_incident,
    ) -> None:
        # The bot neither speaks nor listens, so what voice would need is nothing to warn operators about.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=ReplyingCommandTree,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            guild_ready_timeout=guild_ready_timeout,
        )
        self.services = services
        self._errors = ErrorReplies(incident=incident)
        self._link_cog = LinkCog(services.linking)
        self._answering: set[asyncio.Task[Any]] = set()

    async def setup_hook(self) -> None:
        """Add commands, and tell Discord about them if they changed."""
        if isinstance(self.tree, ReplyingCommandTree):
            self.tree.error_replies = self._errors
        for cog in (
            RecommendCog(self.services.recommending),
            PathCog(self.services.recommending),
            TogetherCog(self.services.recommending),
            self._link_cog,
            PrivacyCog(self.services.consent),
            StatusCog(self.services.status),
        ):
            await self.add_cog(cog)
        await CommandSync(self.tree, self.services.state, where=Route.BASE).run()

    async def serve(self, token: str) -> None:
        """Log in and answer until closed.

        Raises:
            SettingsError: Discord does not know the token.
            DiscordUnavailableError: Discord does not answer.
        """
        try:
            await self.start(token)
        except discord.LoginFailure as error:
            raise _unknown_token() from error
        except discord.ConnectionClosed as error:
            if error.code == _AUTHENTICATION_FAILED:
                raise _unknown_token() from error
            raise
        except (discord.DiscordServerError, *LOST) as error:
            raise DiscordUnavailableError from error

    def answering(self, task: asyncio.Task[Any]) -> None:
        """Let a task that answers a member finish before the bot closes."""
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def close(self) -> None:
        """Wait a little for answers under way, then disconnect."""
        under_way = self._answering - {asyncio.current_task()}
        if under_way and not self.is_closed():
            await asyncio.wait(under_way, timeout=CLOSING_PATIENCE_S)
        await super().close()

    async def reply_to_error(self, interaction: discord.Interaction[Any], error: BaseException) -> None:
        """Send one private reply about an error."""
        await self._errors.reply(interaction, error)

    async def say_linked(self, member: MemberId, display_name: str) -> bool:
        """Confirm a link where the member typed ``/link``; return whether that was still possible."""
        return await self._link_cog.say_linked(member, display_name)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Do what a pressed button or a form is for; discord.py itself sees to commands."""
        if interaction.type not in {discord.InteractionType.component, discord.InteractionType.modal_submit}:
            return
        data: Mapping[str, Any] = interaction.data or {}
        custom_id = str(data.get("custom_id"))
        if custom_id == PASTE_FORM:
            await take_address(interaction)
        elif (button := pressed(custom_id, BUTTONS)) is not None:
            await button.callback(interaction)
        else:
            await self.reply_to_error(interaction, UnknownButtonError())

    async def on_ready(self) -> None:
        """Say in the log that members are heard now."""
        log.info("ready guilds=%d", len(self.guilds))


class CommandSync:
    """Compares the commands with those registered last time."""

    def __init__(self, tree: app_commands.CommandTree[Any], state: StateStore, *, where: str) -> None:
        """Keep the collaborators; ``where`` names the Discord that is meant."""
        self._tree = tree
        self._state = state
        self._where = where

    async def run(self) -> bool:
        """Register the commands if they are not; return whether that was necessary.

        A Discord that refuses or does not answer is logged: the bot goes on with what is registered.
        """
        commands = [_as_described(command.to_dict(self._tree)) for command in self._tree.get_commands()]
        wanted = self._fingerprint(commands)
        kept = json.loads(await self._state.get(COMMANDS_MARK) or "{}")
        try:
            if kept.get("wanted") == wanted and await self._still_there(kept.get("ids", [])):
                log.info("commands unchanged")
                return False
            ids = await self._register(commands)
        except (discord.DiscordException, *LOST):
            log.exception("commands not registered")
            return False
        await self._state.put(COMMANDS_MARK, json.dumps({"wanted": wanted, "ids": ids}))
        log.info("commands registered count=%d", len(ids))
        return True

    def _fingerprint(self, commands: list[dict[str, Any]]) -> str:
        told = json.dumps([self._where, self._tree.client.application_id, commands], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()

    async def _register(self, commands: list[Any]) -> list[int]:
        application = self._tree.client.application_id
        if application is None:
            raise app_commands.MissingApplicationID
        registered = await self._tree.client.http.bulk_upsert_global_commands(application, payload=commands)
        return sorted(int(each["id"]) for each in registered)

    async def _still_there(self, ids: list[int]) -> bool:
        try:
            registered = await self._tree.fetch_commands()
        except discord.HTTPException as error:
            if error.status in _CANNOT_LIST:
                return True
            raise
        return sorted(each.id for each in registered) == ids


def _as_described(command: dict[str, Any]) -> dict[str, Any]:
    """Leave out the default ``nsfw: false``, which Discord's description of a registration does not name."""
    return {name: value for name, value in command.items() if name != "nsfw" or value}


def _unknown_token() -> SettingsError:
    return SettingsError("DISCORD_TOKEN", "is not known to Discord; copy it from the developer portal")


if TYPE_CHECKING:
    _fits: tuple[type[Host], type[KeepsAnswers]] = (CratediggerBot, CratediggerBot)
