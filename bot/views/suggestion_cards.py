"""Suggestions as Discord's components: a cover, a text and buttons for each."""

import re
from collections.abc import Iterator
from typing import Any, Self

import discord
from discord import ui

from bot.presenters.delivery import deliver, deliver_more
from bot.presenters.suggestions import MOST_CARDS, Card, Page, pages
from bot.services.asks import Answer, Ask
from bot.views.host import host_of
from bot.views.pressed import LastingButton, number_in
from bot.views.verdict_buttons import VerdictButton
from recommender.types import MemberId, TrackKey, Verdict

AMBER = 0xE0A526


class MoreButton(LastingButton, template=r"more:(?P<track>[0-9]{1,18})"):
    """Asks for songs like the one it stands under; whoever pressed it sees the answer."""

    def __init__(self, track: TrackKey) -> None:
        super().__init__(label="More like this", style=discord.ButtonStyle.secondary, custom_id=f"more:{track}")
        self.track = track

    @classmethod
    def of(cls, match: re.Match[str], /) -> Self:
        """Return the button whose custom id matched."""
        return cls(TrackKey(number_in(match, "track")))

    async def work(self, interaction: discord.Interaction[Any]) -> None:
        """Recommend from the track."""
        member = MemberId(interaction.user.id)
        ask = Ask(member=member, tracks=(f"key:{self.track}",), count=MOST_CARDS)
        found = await host_of(interaction).services.recommending.recommend(ask)
        await deliver_answer(interaction, found, private=True)


async def deliver_answer(interaction: discord.Interaction[Any], answer: Answer, *, private: bool) -> None:
    """Send an answer as messages of cards, the first one in the place of the thinking line."""
    first, *rest = pages(answer)
    await deliver(interaction, suggestion_view(first))
    for page in rest:
        await deliver_more(interaction, suggestion_view(page), private=private)


def suggestion_view(page: Page) -> ui.LayoutView:
    """Return one message of cards; its buttons work for as long as the message stands."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*_items(page), accent_colour=AMBER))
    return view


def _items(page: Page) -> Iterator[ui.Item[Any]]:
    if page.heading:
        yield ui.TextDisplay(page.heading)
    for card in page.cards:
        yield _described(card)
        likes, dislikes = (VerdictButton(verdict, card.track) for verdict in (Verdict.LIKE, Verdict.DISLIKE))
        yield ui.ActionRow(likes, dislikes, MoreButton(card.track))
    if page.notes:
        yield ui.TextDisplay(page.notes)


def _described(card: Card) -> ui.Item[Any]:
    if card.cover is None:
        return ui.TextDisplay(card.text)
    return ui.Section(card.text, accessory=ui.Thumbnail(card.cover, description=card.cover_description))
