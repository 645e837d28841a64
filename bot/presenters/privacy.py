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


def people_text(*, shares: bool) -> str:
    """Return what sharing one's listening means, and whether the member does."""
    return f"### Your listening and other people's suggestions\n{_MEANING}\n{_SHARED if shares else _KEPT}"
