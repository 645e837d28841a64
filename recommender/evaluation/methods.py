"""The methods that can be measured, by the names that the command line uses."""

from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final

from recommender.evaluation import baselines, collaborative_baselines, earlier_systems
from recommender.evaluation.count_predictors import COUNT_METHODS
from recommender.evaluation.cover_baselines import COVER_BASELINES
from recommender.evaluation.engine import Engine
from recommender.evaluation.learned_fusion import learned_fusion
from recommender.evaluation.rankers import Method
from recommender.evaluation.splits import Task
from recommender.evaluation.text_baselines import TEXT_BASELINES

OURS: Final = "ours"
BERT: Final = "bert"
FUSION: Final = "learned-fusion"
CNN: Final = "cnn"

BASELINES: Final[Mapping[str, Method]] = MappingProxyType(
    {
        "random": baselines.random_order,
        "popularity": baselines.popularity,
        "spotify-popularity": baselines.spotify_popularity,
        "same-artist": baselines.same_artist,
        "audio-mean": baselines.audio_mean,
        "mean-vector": earlier_systems.mean_vector,
        "mean-vector-kmeans": earlier_systems.mean_vector_kmeans,
        "alpha-hybrid": earlier_systems.alpha_hybrid,
        "tfidf": baselines.tfidf,
        "tfidf+features": earlier_systems.tfidf_with_features,
        "item-knn": collaborative_baselines.item_knn,
        "user-knn": collaborative_baselines.user_knn,
        "ease": collaborative_baselines.ease,
        "ease+content": collaborative_baselines.ease_with_content,
        "als": collaborative_baselines.als,
        "bpr": collaborative_baselines.bpr,
        "word2vec": collaborative_baselines.word2vec,
    }
)
"""Those that need no encoder."""
BASELINE_NAMES: Final = (*BASELINES, BERT, FUSION)
CONTENT: Final = "ours-content"
OUR_METHODS: Final = (CONTENT, OURS)
METHOD_NAMES: Final = (*BASELINE_NAMES, *OUR_METHODS)
COLLABORATIVE: Final = ("item-knn", "user-knn", "ease", "als", "bpr", "word2vec")
"""Baselines that only know who has what."""
_OF_LISTS: Final = frozenset({*COLLABORATIVE, "popularity", "ease+content", FUSION})
"""Methods that learn from the lists of others, which one track alone does not have, nor have planted members."""
EARLIER_SYSTEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mean-vector": "the mean of several songs' features, year and popularity among them; cosine",
        "mean-vector-kmeans": "the same, from the K-means(20) cluster of the mean",
        "alpha-hybrid": "MinMax-scaled audio features and popularity weighted by release date, alpha 0.5",
        BERT: "the lyrics and covers system: the mean text vector; its covers are another task",
        "item-knn": "the hybrid study: K nearest neighbours; its others are user-knn, als, tfidf and word2vec",
    }
)
"""The systems that this one grew from, and what each was."""
TEXT_METHOD_NAMES: Final = (*TEXT_BASELINES, BERT, OURS)
"""By lyrics alone; any other name is that of a text encoder."""
COVER_METHOD_NAMES: Final = (*COVER_BASELINES, CNN, OURS)
"""By pictures alone; any other name is that of an image encoder."""
_NEEDS: Final = MappingProxyType(
    {
        "als": "implicit",
        "bpr": "implicit",
        "word2vec": "gensim",
        "doc2vec": "gensim",
        "hog": "scikit-image",
        "histogram+hog": "scikit-image",
    }
)
"""Packages without which a method is not there."""
_MODULES: Final = MappingProxyType({"scikit-image": "skimage"})
"""Of packages that are imported by another name."""


def names_for(task: Task) -> tuple[str, ...]:
    """Return the methods that fit a task, in the order of tables."""
    if task is Task.COUNTS:
        return tuple(COUNT_METHODS)
    if task is Task.TEXT:
        return TEXT_METHOD_NAMES
    if task is Task.COVERS:
        return COVER_METHOD_NAMES
    of_lists = frozenset() if task in {Task.CONTINUATION, Task.LISTENING} else _OF_LISTS
    return tuple(name for name in METHOD_NAMES if name not in of_lists)


def all_methods(engine: Engine, task: Task = Task.CONTINUATION) -> dict[str, Method]:
    """Return all methods by name, the engine's last; nothing is loaded or learnt yet."""
    return {
        **BASELINES,
        BERT: earlier_systems.text_mean(engine.raw_text_vectors),
        FUSION: learned_fusion(engine.fused_vectors),
        CONTENT: engine.content(),
        OURS: engine.by_track() if task is Task.TRACKS else engine.recommending(),
    }


def needs_encoder(name: str, task: Task) -> bool:
    """Return whether a method embeds the words of tracks, or pictures."""
    if task is Task.COVERS:
        return name not in COVER_BASELINES
    if task is Task.TEXT:
        return name not in TEXT_BASELINES
    return task is not Task.COUNTS and (name in {BERT, FUSION} or name in OUR_METHODS)


def package_missing_for(name: str) -> str | None:
    """Return the package that a method needs and that is not installed, or None."""
    package = _NEEDS.get(name)
    return package if package is not None and find_spec(_MODULES.get(package, package)) is None else None
