"""The methods that can be measured, by the names that the command line uses."""

from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final

from recommender.evaluation import baselines, collaborative_baselines
from recommender.evaluation.engine import Engine
from recommender.evaluation.learnt_blend import learnt_blend
from recommender.evaluation.rankers import Method

OURS: Final = "ours"

BASELINES: Final[Mapping[str, Method]] = MappingProxyType(
    {
        "random": baselines.random_order,
        "popularity": baselines.popularity,
        "spotify-popularity": baselines.spotify_popularity,
        "same-artist": baselines.same_artist,
        "audio-mean": baselines.audio_mean,
        "mean-vector": baselines.mean_vector,
        "tfidf": baselines.tfidf,
        "item-knn": collaborative_baselines.item_knn,
        "user-knn": collaborative_baselines.user_knn,
        "ease": collaborative_baselines.ease,
        "ease+content": collaborative_baselines.ease_with_content,
        "als": collaborative_baselines.als,
        "bpr": collaborative_baselines.bpr,
        "word2vec": collaborative_baselines.word2vec,
    }
)
CONTENT: Final = "ours-content"
WITH_OTHERS: Final = "ours+cf"
OUR_METHODS: Final = (CONTENT, WITH_OTHERS, OURS)
METHOD_NAMES: Final = (*BASELINES, *OUR_METHODS)
COLLABORATIVE: Final = ("item-knn", "user-knn", "ease", "als", "bpr", "word2vec")
"""Baselines that only know who has what."""
_NEEDS: Final = MappingProxyType({"als": "implicit", "bpr": "implicit", "word2vec": "gensim"})
"""Packages without which a method is not there."""


def all_methods(engine: Engine) -> dict[str, Method]:
    """Return all methods by name, the engine's last; nothing is loaded or learnt yet."""
    return {
        **BASELINES,
        CONTENT: engine.content(),
        WITH_OTHERS: learnt_blend(engine.text_vectors),
        OURS: engine.recommending(),
    }


def package_missing_for(name: str) -> str | None:
    """Return the package that a method needs and that is not installed, or None."""
    package = _NEEDS.get(name)
    return package if package is not None and find_spec(package) is None else None
