"""The way to Spotify: a button that leads there, and a form for the address it leads back to."""

import re
from collections.abc import Mapping
from typing import Any, Self

import discord
from discord import ui

from bot.presenters.delivery import deliver, show_form, think
from bot.presenters.linking import invitation_text, linked_text
from bot.services.ports import Invitation
from bot.views.host import host_of
from bot.views.pressed import LastingButton
from bot.views.verdict_buttons import confirmation
from recommender.types import MemberId

PASTE_FORM = "link:address"
_LONGEST_ADDRESS = 2000
_LONGEST_LINK = 512
"""Characters of a button's address, by Discord's rules."""


class PasteButton(LastingButton, template=r"link:paste"):
    """Opens the form for the address."""

    def __init__(self) -> None:
        super().__init__(label="Paste the address", style=discord.ButtonStyle.secondary, custom_id="link:paste")

    @classmethod
    def of(cls, _match: re.Match[str], /) -> Self:
        """Return the button whose custom id matched."""
        return cls()

    async def acknowledge(self, interaction: discord.Interaction[Any]) -> None:
        """Answer with the form: nothing else may come before it."""
        await show_form(interaction, PasteForm())

    async def work(self, interaction: discord.Interaction[Any]) -> None:
        """Leave the rest to the form."""


class PasteForm(ui.Modal, title="Finish linking Spotify"):
    """Takes the address that Spotify led the member's browser to."""

    address: ui.Label[Any] = ui.Label(
        text="Address of the page you ended on",
        description="After you agreed, copy it from your browser even if the page did not open.",
        component=ui.TextInput(
            custom_id="address", placeholder="http://127.0.0.1:8080/spotify/callback?…", max_length=_LONGEST_ADDRESS
        ),
    )

    def __init__(self) -> None:
        super().__init__(custom_id=PASTE_FORM)
        self.stop()  # discord.py would forget it with the process, so it comes back to :func:`take_address`


async def take_address(interaction: discord.Interaction[Any]) -> None:
    """Finish the login with the address in a form, whichever run of the bot opened that."""
    try:
        await think(interaction, private=True)
        member = MemberId(interaction.user.id)
        linked = await host_of(interaction).services.linking.finish_pasted(member, _address_in(interaction.data or {}))
        await deliver(interaction, confirmation(linked_text(linked.display_name)))
    except Exception as error:  # noqa: BLE001 -- nothing above answers the member
        await host_of(interaction).reply_to_error(interaction, error)


def _address_in(form: Mapping[str, Any]) -> str:
    rows = [row.get("components") or [row.get("component", {})] for row in form.get("components", ())]
    typed = [field.get("value") for fields in rows for field in fields if field.get("custom_id") == "address"]
    return str(typed[0] or "").strip() if typed else ""


def invitation_view(invitation: Invitation) -> ui.LayoutView:
    """Return the invitation to link; with Spotify's own page too where ours opens on the bot's machine alone."""
    buttons: list[ui.Item[Any]] = [ui.Button(label="Link Spotify", url=invitation.url)]
    straight = invitation.is_local and len(invitation.authorize_url) <= _LONGEST_LINK
    if straight:
        buttons.append(ui.Button(label="From another device", url=invitation.authorize_url))
    return confirmation(invitation_text(invitation.expires_at, is_local=straight), *buttons, PasteButton())
