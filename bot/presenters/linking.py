"""What is said about linking a Spotify account."""

from datetime import datetime

from bot.presenters.markdown import plain

_NAME = 100
_FROM_ELSEWHERE = (
    "Not at the bot's own machine? Choose *From another device*, agree, and paste the address you end on, although "
    "that page does not open."
)
_PAGE_DOES_NOT_OPEN = "If Spotify leads you to a page that does not open, copy its address and paste it here."


def invitation_text(expires_at: datetime, *, is_local: bool) -> str:
    """Return what stands above the link buttons; ``is_local`` when our page opens on the bot's own machine alone."""
    until = f"<t:{int(expires_at.timestamp())}:R>"
    paste = _FROM_ELSEWHERE if is_local else _PAGE_DOES_NOT_OPEN
    return (
        "### Link Spotify\n"
        "The page that opens names your Discord account and asks once more. I read what you played, saved and like "
        "most; I never see your password, and `/unlink` erases all of it.\n"
        f"-# The link is for you alone and ends {until}. {paste}"
    )


def linked_text(display_name: str) -> str:
    """Return the confirmation of a link."""
    return f"Linked to Spotify as **{plain(display_name, _NAME)}**. Try `/recommend`: it starts from your listening."


def unlinked_text(*, was_linked: bool) -> str:
    """Return the confirmation of an unlinking."""
    if was_linked:
        return "Unlinked. Your Spotify tokens and everything that came from your account are erased."
    return "There was no Spotify account linked, so there is nothing to erase."
