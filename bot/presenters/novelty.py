"""What the discovery dial came to, in a line for people."""

from recommender.types import Recommendation


def novelty_line(found: Recommendation) -> str | None:
    """Return how new the suggestions are; None where nothing can be said of it."""
    novelty, tracks = found.novelty, len(found.suggestions)
    if novelty is None:
        return None
    said = []
    if novelty.new_artists is not None:
        said.append(f"{round(novelty.new_artists * tracks)} of {tracks} by artists you neither play nor named")
    if novelty.popularity_percentile is not None:
        said.append(f"on average more popular than {novelty.popularity_percentile:.0f} % of the catalog")
    return " · ".join(said) or None
