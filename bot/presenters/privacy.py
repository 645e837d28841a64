"""What is said about what members agree to."""

_MEANING = (
    "Suggestions get better where I know which songs the same people listen to. If you share, what you play, save and "
    "👍 here counts in that: as numbers, without your name. Nobody is shown your songs."
)
_SHARED = (
    "**You share.** From the next nightly refresh on, your listening counts. "
    "`/privacy people:keep to myself` takes it out again; `/unlink` takes out what came from Spotify."
)
_KEPT = (
    "**You keep it to yourself**, as everybody does who has not said otherwise. If you shared before, it is gone with "
    "the next nightly refresh. `/privacy people:share` lets it count."
)
_TASTE_MEANING = (
    "Others can ask for songs that start from your taste (`/recommend with`), or for a list with you (`/together`). "
    "If you open it, they see songs near to yours, and which of your songs each is near to; never all that you play, "
    "nor how often. Songs that you know do not come back."
)
_TASTE_OPEN = "**Your taste is open to them.** `/privacy taste:keep to myself` closes it at once."
_TASTE_CLOSED = (
    "**Your taste is closed to them**, as everybody's is who has not said otherwise. `/privacy taste:share` opens it."
)


def people_text(*, shares: bool) -> str:
    """Return what sharing one's listening means, and whether the member does."""
    return f"### Your listening and other people's suggestions\n{_MEANING}\n{_SHARED if shares else _KEPT}"


def taste_text(*, is_open: bool) -> str:
    """Return what it means that others start from one's taste, and whether they may."""
    return f"### Your taste and other members\n{_TASTE_MEANING}\n{_TASTE_OPEN if is_open else _TASTE_CLOSED}"
