"""👍 and 👎 on a suggestion, and the way back."""

import re
from typing import Any, Self

import discord
from discord import ui

from bot.presenters.delivery import deliver
from bot.presenters.verdicts import noted, taken_back
from bot.views.host import host_of
from bot.views.pressed import LastingButton, number_in
from recommender.types import MemberId, TrackKey, Verdict

_LOOKS = {Verdict.LIKE: "👍", Verdict.DISLIKE: "👎"}


class VerdictButton(LastingButton, template=r"verdict:(?P<verdict>like|dislike):(?P<track>[0-9]{1,18})"):
    """Says that a member likes or dislikes a track."""

    def __init__(self, verdict: Verdict, track: TrackKey) -> None:
        super().__init__(
            emoji=_LOOKS[verdict], style=discord.ButtonStyle.secondary, custom_id=f"verdict:{verdict}:{track}"
        )
        self.verdict = verdict
        self.track = track

    @classmethod
    def of(cls, match: re.Match[str], /) -> Self:
        """Return the button whose custom id matched."""
        return cls(Verdict(match["verdict"]), TrackKey(number_in(match, "track")))

    async def work(self, interaction: discord.Interaction[Any]) -> None:
        """Record the verdict and confirm it."""
        feedback = host_of(interaction).services.feedback
        track = await feedback.record(MemberId(interaction.user.id), self.track, self.verdict)
        await deliver(interaction, confirmation(noted(track, self.verdict), UndoButton(self.track)))


class UndoButton(LastingButton, template=r"undo:(?P<track>[0-9]{1,18})"):
    """Takes a verdict back."""

    def __init__(self, track: TrackKey) -> None:
        super().__init__(label="Undo", style=discord.ButtonStyle.secondary, custom_id=f"undo:{track}")
        self.track = track

    @classmethod
    def of(cls, match: re.Match[str], /) -> Self:
        """Return the button whose custom id matched."""
        return cls(TrackKey(number_in(match, "track")))

    async def work(self, interaction: discord.Interaction[Any]) -> None:
        """Forget the verdict and say so."""
        track = await host_of(interaction).services.feedback.undo(MemberId(interaction.user.id), self.track)
        await deliver(interaction, confirmation(taken_back(track)))


def confirmation(text: str, *buttons: ui.Item[Any]) -> ui.LayoutView:
    """Return a short answer with buttons below it."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(text))
    if buttons:
        view.add_item(ui.ActionRow(*buttons))
    return view
