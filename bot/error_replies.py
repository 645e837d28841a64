"""What goes wrong becomes one private reply: the error's own text, or an incident number that is also in the log."""

import logging
import secrets
from collections.abc import Callable
from typing import Any

import discord
from discord import app_commands

from bot.errors import BotError
from bot.presenters.delivery import ALREADY_ACKNOWLEDGED, UNKNOWN_INTERACTION, deliver_privately
from recommender.errors import RecommenderError

log = logging.getLogger(__name__)

_MOST = 1900
_CHANGED = "This command has changed since your Discord last looked. Reload Discord (Ctrl+R) and use it again."


def new_incident() -> str:
    """Return a short number that a member can read out and an operator can search for."""
    return secrets.token_hex(4)


class ErrorReplies:
    """Answers members when something goes wrong, and never raises."""

    def __init__(self, *, incident: Callable[[], str] = new_incident) -> None:
        self._incident = incident

    async def reply(self, interaction: discord.Interaction[Any], error: BaseException) -> None:
        """Send one private reply about an error; log what an operator should see."""
        cause = _cause(error)
        if isinstance(cause, discord.HTTPException) and cause.code in {UNKNOWN_INTERACTION, ALREADY_ACKNOWLEDGED}:
            log.warning("interaction could not be answered interaction=%d code=%d", interaction.id, cause.code)
            return
        text = self._text_of(cause, interaction)
        try:
            await deliver_privately(interaction, text[:_MOST])
        except Exception:  # whatever it is, there is nobody left to tell
            log.warning("error reply not delivered interaction=%d", interaction.id, exc_info=True)

    def _text_of(self, error: BaseException, interaction: discord.Interaction[Any]) -> str:
        if isinstance(error, BotError | RecommenderError):
            log.info("refused interaction=%d error=%s", interaction.id, type(error).__name__)
            return str(error)
        if isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
            log.warning("unknown command used interaction=%d", interaction.id)
            return _CHANGED
        incident = self._incident()
        log.error("incident interaction=%d incident=%s", interaction.id, incident, exc_info=error)
        return f"Something went wrong on my side. The operator can find it in the log as incident `{incident}`."


def _cause(error: BaseException) -> BaseException:
    if isinstance(error, app_commands.CommandInvokeError):
        return error.original
    return error


class ReplyingCommandTree(app_commands.CommandTree[Any]):
    """Commands whose errors are answered."""

    error_replies = ErrorReplies()

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        """Answer the member."""
        await self.error_replies.reply(interaction, error)
