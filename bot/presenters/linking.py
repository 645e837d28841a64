"""What is said about linking a Spotify account."""

from datetime import datetime

from bot.presenters.markdown import plain

_NAME = 100


def invitation_text(expires_at: datetime) -> str:
    """Return what stands above the link button."""
    until = f"<t:{int(expires_at.timestamp())}:R>"
    return (
        "### Link Spotify\n"
        "The page that opens names your Discord account and asks once more. I read what you played, saved and like "
        "most; I never see your password, and `/unlink` erases all of it.\n"
        f"-# The link is for you alone and ends {until}. If Spotify leads you to a page that does not open, copy its "
        "address and paste it here."
    )


def linked_text(display_name: str) -> str:
    """Return the confirmation of a link."""
    return f"Linked to Spotify as **{plain(display_name, _NAME)}**. Try `/recommend`: it starts from your listening."


def unlinked_text(*, was_linked: bool) -> str:
    """Return the confirmation of an unlinking."""
    if was_linked:
        return "Unlinked. Your Spotify tokens and everything that came from your account are erased."
    return "There was no Spotify account linked, so there is nothing to erase."
