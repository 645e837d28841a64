"""Suggestions as Discord's components: a cover, a text and two buttons for each."""

from collections.abc import Iterator
from typing import Any

from discord import ui

from bot.presenters.suggestions import Card, Page
from bot.views.verdict_buttons import VerdictButton
from recommender.types import Verdict

AMBER = 0xE0A526


def suggestion_view(page: Page) -> ui.LayoutView:
    """Return one message of cards; its buttons work for as long as the message stands."""
    # A view that times out would take its buttons' patterns away from every other message.
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*_items(page), accent_colour=AMBER))
    return view


def _items(page: Page) -> Iterator[ui.Item[Any]]:
    if page.heading:
        yield ui.TextDisplay(page.heading)
    for card in page.cards:
        yield _described(card)
        yield ui.ActionRow(VerdictButton(Verdict.LIKE, card.track), VerdictButton(Verdict.DISLIKE, card.track))
    if page.notes:
        yield ui.TextDisplay(page.notes)


def _described(card: Card) -> ui.Item[Any]:
    if card.cover is None:
        return ui.TextDisplay(card.text)
    return ui.Section(card.text, accessory=ui.Thumbnail(card.cover, description=card.cover_description))
