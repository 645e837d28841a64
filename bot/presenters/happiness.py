"""How happy a list for several makes each of them, in a line for people."""

from recommender.types import Recommendation


def happiness_line(found: Recommendation) -> str | None:
    """Return how happy each member of a group is, in percent of their own best list; None where there is no group."""
    if not found.happiness:
        return None
    each = ", ".join(f"{one.name or 'you'} {100 * one.share:.0f} %" for one in found.happiness)
    return f"how happy: {each} (100 % is a list of one's own)"
