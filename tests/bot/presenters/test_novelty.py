from bot.presenters.novelty import novelty_line
from recommender.types import Novelty, Recommendation
from tests.wire.bot_on_discord import suggestions


def found(tracks: int, novelty: Novelty | None) -> Recommendation:
    return Recommendation(suggestions=suggestions(tracks), catalog_tracks=1000, fingerprint="space", novelty=novelty)


def test_the_line_says_what_is_known() -> None:
    both = Novelty(discovery=0.5, new_artists=0.8, popularity_percentile=43.5, popularity_known=5)
    artists = Novelty(discovery=0.5, new_artists=0.0, popularity_percentile=None, popularity_known=0)
    popularity = Novelty(discovery=0.5, new_artists=None, popularity_percentile=99.6, popularity_known=5)

    assert novelty_line(found(5, both)) == (
        "4 of 5 by artists you neither play nor named · on average more popular than 44 % of the catalog"
    )
    assert novelty_line(found(5, artists)) == "0 of 5 by artists you neither play nor named"
    assert novelty_line(found(5, popularity)) == "on average more popular than 100 % of the catalog"


def test_where_nothing_is_known_there_is_no_line() -> None:
    nothing = Novelty(discovery=0.5, new_artists=None, popularity_percentile=None, popularity_known=0)

    assert novelty_line(found(5, nothing)) is None
    assert novelty_line(found(0, None)) is None
