"""Answers brought to Discord so that a lost connection neither loses nor doubles them.

discord.py waits and retries by itself on 429 and 5xx, but not when the connection breaks: then nobody knows whether
the request was carried out. Acknowledging and editing can be done twice without harm, so they are.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, Protocol, TypeVar, cast

import aiohttp
import discord
from discord import ui

T = TypeVar("T")

log = logging.getLogger(__name__)

ATTEMPTS = 3
PAUSE_S = 0.2
"""Before a second attempt; all attempts together stay well inside Discord's three seconds."""

LOST = (aiohttp.ClientError, OSError)
"""What a broken connection raises."""

UNKNOWN_INTERACTION = 10062
ALREADY_ACKNOWLEDGED = 40060

_STAGE = "cratedigger_stage"


class Stage(StrEnum):
    """How far the answer to an interaction has come."""

    UNANSWERED = "unanswered"
    THINKING = "thinking"
    """Everyone sees that the bot is at it."""
    THINKING_PRIVATELY = "thinking_privately"
    DELIVERED = "delivered"


class KeepsAnswers(Protocol):
    """The bot, as it is told about answers under way."""

    def answering(self, task: "asyncio.Task[Any]", /) -> None:
        """Let a task finish before the bot closes."""
        ...


def stage_of(interaction: discord.Interaction[Any]) -> Stage:
    """Return how far the answer has come."""
    return Stage(interaction.extras.get(_STAGE, Stage.UNANSWERED))


async def think(interaction: discord.Interaction[Any], *, private: bool) -> None:
    """Acknowledge at once; the answer follows with :func:`deliver`.

    Raises:
        discord.HTTPException: Discord refuses, for instance because the three seconds are over.
        aiohttp.ClientError: The connection broke each time.
    """
    task = asyncio.current_task()
    if task is not None:
        cast("KeepsAnswers", interaction.client).answering(task)
    await _acknowledge(lambda: interaction.response.defer(ephemeral=private, thinking=True))
    interaction.extras[_STAGE] = Stage.THINKING_PRIVATELY if private else Stage.THINKING


async def show_form(interaction: discord.Interaction[Any], form: ui.Modal) -> None:
    """Answer with a form.

    Raises:
        discord.HTTPException, aiohttp.ClientError: As :func:`think`.
    """
    await _acknowledge(lambda: interaction.response.send_modal(form))
    interaction.extras[_STAGE] = Stage.DELIVERED


async def deliver(interaction: discord.Interaction[Any], view: ui.LayoutView) -> None:
    """Turn the thinking line into an answer.

    Raises:
        discord.HTTPException: Discord refuses.
        aiohttp.ClientError: The connection broke each time.
    """
    await _persist(lambda: interaction.edit_original_response(view=view))
    interaction.extras[_STAGE] = Stage.DELIVERED


async def deliver_more(interaction: discord.Interaction[Any], view: ui.LayoutView, *, private: bool) -> None:
    """Send a further message; when the connection breaks it is not sent again, because it may have arrived.

    Raises:
        discord.HTTPException: Discord refuses.
    """
    try:
        await interaction.followup.send(view=view, ephemeral=private)
    except LOST:
        log.warning("answer to a follow-up lost interaction=%d", interaction.id, exc_info=True)


async def deliver_privately(interaction: discord.Interaction[Any], text: str) -> None:
    """Say something that this person alone sees, however far the answer has come.

    Raises:
        discord.HTTPException: Discord refuses.
        aiohttp.ClientError: The connection broke.
    """
    stage = stage_of(interaction)
    if stage is Stage.UNANSWERED:
        await _acknowledge(lambda: interaction.response.send_message(text, ephemeral=True))
    elif stage is Stage.THINKING_PRIVATELY or not await _took_back(interaction, stage):
        await _persist(lambda: interaction.edit_original_response(content=text))
    else:
        await interaction.followup.send(text, ephemeral=True)
    interaction.extras[_STAGE] = Stage.DELIVERED


async def _took_back(interaction: discord.Interaction[Any], stage: Stage) -> bool:
    """Remove the public thinking line: the first thing sent after it would be public too."""
    if stage is not Stage.THINKING:
        return True
    try:
        await _persist(interaction.delete_original_response)
    except discord.NotFound:
        return True
    except discord.HTTPException:
        log.warning("thinking line not removed interaction=%d", interaction.id, exc_info=True)
        return False
    return True


async def _acknowledge(answer: Callable[[], Awaitable[T]]) -> T | None:
    try:
        return await answer()
    except LOST:
        log.warning("connection to Discord broke while answering")
    try:
        return await _persist(answer)
    except discord.HTTPException as error:
        if error.code == ALREADY_ACKNOWLEDGED:
            return None  # the attempt whose answer was lost had been carried out
        raise


async def _persist(request: Callable[[], Awaitable[T]]) -> T:
    for _ in range(ATTEMPTS - 1):
        try:
            return await request()
        except LOST:
            log.warning("connection to Discord broke, trying again")
            await asyncio.sleep(PAUSE_S)
    return await request()
