"""What a learnt blend knows of every track for an owner: content, the owner's artists, and the lists of others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse

from recommender.evaluation.baselines import told_popularity
from recommender.evaluation.catalog_features import SYSTEM_FEATURES, artists_table, mean_filled, tfidf_vectors
from recommender.evaluation.collaborative_baselines import ease_scorer, owner_neighbours, track_neighbours
from recommender.evaluation.datasets import Rows, Table
from recommender.evaluation.rankers import Scorer, Scores, Training
from recommender.types import Matrix, Track
from recommender.unit_rows import unit_rows

RIDGE: Final = 50.0
"""Of EASE over tracks and over artists: the lower end of the usual range, for lists that are hidden in part."""
_YEAR: Final = SYSTEM_FEATURES.index("year")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that can be said of every track for an owner."""

    scorer: Scorer
    monotone: int
    """1 if more of it must never lower a track, -1 if it must never raise one, 0 if it may do either."""
    proposes: bool = False
    """Whether its best tracks become candidates."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contents:
    """What is known of the tracks of a catalog, whoever has them."""

    words: Table
    """Unit TF-IDF rows."""
    meaning: Matrix
    """Unit rows of the text encoder; zero where nothing can be read."""
    features: Matrix
    """z-scored, :data:`SYSTEM_FEATURES`."""
    artists: Table
    popularity: Scores

    @classmethod
    def of(cls, tracks: tuple[Track, ...], meaning: Matrix) -> "Contents":
        """Return the contents of a catalog."""
        return cls(
            words=tfidf_vectors(tracks),
            meaning=meaning,
            features=mean_filled(tracks, SYSTEM_FEATURES),
            artists=artists_table(tracks),
            popularity=told_popularity(tracks),
        )


def signals_of(training: Training, contents: Contents) -> tuple[Signal, ...]:
    """Return the signals that a training part gives.

    Nothing tells how many lists a track is in, and what others tell is never negative and only raises: in a catalog
    made of the lists alone, a track that no training list has must be held out from some list, and a method that
    noticed would be right for a reason that no real catalog has.
    """
    table = training.binary
    sizes = np.maximum(np.diff(table.indptr), 1).astype(np.float64)[:, None]
    of_artists = sparse.csr_array(table @ contents.artists)
    has_artist = of_artists.copy()
    has_artist.data = np.ones_like(has_artist.data)

    def proposing(scorer: Scorer) -> Signal:
        return Signal(scorer=scorer, monotone=1, proposes=True)

    return (
        proposing(
            lambda owners: np.asarray((table[owners] @ contents.words @ contents.words.T).toarray()) / sizes[owners]
        ),
        proposing(lambda owners: np.asarray(table[owners] @ contents.meaning @ contents.meaning.T) / sizes[owners]),
        proposing(_by_sound(table, contents.features, sizes)),
        proposing(lambda owners: np.asarray((of_artists[owners] @ contents.artists.T).toarray())),
        proposing(track_neighbours(table)),
        proposing(owner_neighbours(table, table.shape[0])),
        proposing(_not_negative(ease_scorer(table, RIDGE))),
        proposing(_spread(_not_negative(ease_scorer(has_artist, RIDGE)), contents.artists)),
        proposing(_spread(track_neighbours(has_artist), contents.artists)),
        Signal(scorer=_years_apart(table, contents.features[:, _YEAR], sizes), monotone=-1),
        Signal(scorer=lambda owners: np.tile(contents.popularity, (len(owners), 1)), monotone=0),
        Signal(scorer=lambda owners: np.repeat(sizes[owners], len(contents.popularity), axis=1), monotone=0),
    )


def _by_sound(table: Table, features: Matrix, sizes: Scores) -> Scorer:
    unit = unit_rows(features)
    return lambda owners: np.asarray(table[owners] @ features @ unit.T) / sizes[owners]


def _not_negative(scorer: Scorer) -> Scorer:
    return lambda owners: np.maximum(scorer(owners), 0)


def _spread(by_artist: Callable[[Rows], Scores], artists: Table) -> Scorer:
    """Return a scorer that gives each track what is said of its artist."""
    return lambda owners: np.ascontiguousarray((artists @ by_artist(owners).T).T)


def _years_apart(table: Table, years: Matrix, sizes: Scores) -> Scorer:
    """Return a scorer by the distance from the owner's mean year, in standard deviations."""
    return lambda owners: np.abs(years[None, :] - np.asarray(table[owners] @ years)[:, None] / sizes[owners])
