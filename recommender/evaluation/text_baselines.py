"""Vectors of lyrics, made of these lyrics alone: chance, TF-IDF, LSA, Word2Vec and Doc2Vec; and those of encoders.

Each is a :data:`recommender.evaluation.text_task.TextMethod`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from recommender.audio_columns import AUDIO_COLUMNS
from recommender.encoders.track_text import track_terms, track_text_fingerprint, track_vectors
from recommender.evaluation.datasets import Table
from recommender.evaluation.text_cache import cached_rows
from recommender.evaluation.text_task import TextMethod
from recommender.fused_space import FusedSpace
from recommender.lyric_terms import words_of
from recommender.ports import LyricTerms, Progress, RawVectors, TextEncoder, Words
from recommender.types import Matrix, Modality, TrackKey
from recommender.unit_rows import unit_rows

COLUMNS: Final = 200
"""Of LSA, Word2Vec and Doc2Vec alike."""
WORDS_READ: Final = 30_000_000
"""Of Word2Vec, over all rounds: of 19,000 songs six rounds, a few minutes."""
FEWEST_ROUNDS: Final = 5
MOST_ROUNDS: Final = 20
SONG_ROUNDS: Final = 40
"""Of Doc2Vec, whose vector of a song learns from that song alone, however many there are (20 were half as good)."""
WORD_WINDOW: Final = 8
"""Words to each side: a line or two."""
RAREST_WORD: Final = 3
"""Occurrences below which Word2Vec and Doc2Vec leave a word out."""
_NEGATIVES: Final = 5
_SAMPLING: Final = 1e-4
"""Frequent words are read less often; 1e-3, gensim's default, is meant for longer texts."""
_RANDOM_COLUMNS: Final = 32
_NO_COVERS: Final = ("no covers", 1)
_NO_KEY: Final = TrackKey(0)
_SPACE_SEED: Final = 0


def random_vectors(lyrics: Sequence[str], seed: int) -> Matrix:
    """Return vectors that say nothing."""
    return unit_rows(np.random.default_rng(seed).standard_normal((len(lyrics), _RANDOM_COLUMNS)).astype(np.float32))


def tfidf(lyrics: Sequence[str], seed: int) -> Table:  # noqa: ARG001 -- nothing here is random
    """Return TF-IDF rows: logarithmic counts, English function words left out, and words of a single song."""
    from scipy import sparse
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

    table = TfidfVectorizer(
        analyzer=lambda text: [word for word in words_of(text) if word not in ENGLISH_STOP_WORDS],
        sublinear_tf=True,
        min_df=2,
        dtype=np.float32,
    ).fit_transform(lyrics)
    return sparse.csr_array(table)


def lsa(lyrics: Sequence[str], seed: int) -> Matrix:
    """Return latent semantic analysis of :func:`tfidf`: its first :data:`COLUMNS` singular directions.

    Source:
        Deerwester et al., Indexing by Latent Semantic Analysis, JASIS 41 (1990), pp. 391-407.
    """
    from sklearn.decomposition import TruncatedSVD

    table = tfidf(lyrics, seed)
    columns = min(COLUMNS, *(side - 1 for side in table.shape))
    rows: Matrix = TruncatedSVD(columns, random_state=seed).fit_transform(table).astype(np.float32)
    return unit_rows(rows)


def word2vec(lyrics: Sequence[str], seed: int) -> Matrix:
    """Return the mean vector of each song's words, trained on these songs, without what all songs share.

    Words weigh by how rare they are; both was better than the plain mean.

    Source:
        Mikolov et al., NeurIPS 2013, arXiv:1310.4546 (skip-gram); Arora et al., ICLR 2017, for weighed means.
    """
    from gensim.models import Word2Vec

    sung = [words_of(text) for text in lyrics]
    rounds = WORDS_READ // max(sum(map(len, sung)), 1)
    model = Word2Vec(
        sung,
        vector_size=COLUMNS,
        window=WORD_WINDOW,
        min_count=RAREST_WORD,
        sg=1,
        negative=_NEGATIVES,
        sample=_SAMPLING,
        epochs=min(max(rounds, FEWEST_ROUNDS), MOST_ROUNDS),
        workers=1,  # more would draw from one generator in no fixed order
        seed=seed,
    )
    place: Mapping[str, int] = model.wv.key_to_index
    having = np.zeros(len(place))
    songs = [[place[word] for word in words if word in place] for words in sung]
    for song in songs:
        having[list(set(song))] += 1
    weights = np.log((1 + len(lyrics)) / (1 + having)) + 1
    rows = np.zeros((len(lyrics), COLUMNS), dtype=np.float32)
    for row, song in enumerate(songs):
        rows[row] = weights[song] @ model.wv.vectors[song]
    return unit_rows(rows - rows.mean(axis=0))


def doc2vec(lyrics: Sequence[str], seed: int) -> Matrix:
    """Return one trained vector per song (distributed bag of words).

    Source:
        Le and Mikolov, ICML 2014, arXiv:1405.4053.
    """
    from gensim.models.doc2vec import Doc2Vec, TaggedDocument

    model = Doc2Vec(
        [TaggedDocument(words_of(text), [row]) for row, text in enumerate(lyrics)],
        vector_size=COLUMNS,
        dm=0,
        window=WORD_WINDOW,
        min_count=RAREST_WORD,
        negative=_NEGATIVES,
        sample=_SAMPLING,
        epochs=SONG_ROUNDS,
        workers=1,
        seed=seed,
    )
    return unit_rows(np.asarray(model.dv.vectors, dtype=np.float32))


TEXT_BASELINES: Final[Mapping[str, TextMethod]] = MappingProxyType(
    {"random": random_vectors, "tfidf": tfidf, "lsa": lsa, "word2vec": word2vec, "doc2vec": doc2vec}
)
"""By the names that the command line uses."""


def encoded(encoder: TextEncoder, cache: Path, progress: Progress | None = None) -> TextMethod:
    """Return a text encoder as a method: its vectors of lyrics as they come, long ones by windows.

    Args:
        encoder: Of texts.
        cache: Keeps its vectors from one run to the next.
        progress: Counts the songs that are embedded.
    """
    return lambda lyrics, _seed: _read(encoder, lyrics, cache, progress)


def served(encoder: TextEncoder, cache: Path, progress: Progress | None = None) -> TextMethod:
    """Return the text part of the fused space, as the bot serves it, of songs of which lyrics alone are known.

    Arguments as of :func:`encoded`.
    """

    def method(lyrics: Sequence[str], _seed: int) -> Matrix:
        songs = _Songs(_read(encoder, lyrics, cache, progress), track_terms(_alone(lyrics)))
        text = (track_text_fingerprint(encoder), encoder.dim)
        space = FusedSpace.fit(songs, text=text, image=_NO_COVERS, rng=np.random.default_rng(_SPACE_SEED))
        return space.sub_vectors(Modality.TEXT, songs.text, songs.terms)

    return method


class _Songs:
    """Lyrics as a catalog that a space is fitted to."""

    def __init__(self, text: Matrix, terms: LyricTerms) -> None:
        self.text = text
        self.terms = terms

    def count(self, /) -> int:
        return len(self.text)

    def batches(
        self,
        _text: tuple[str, int],
        image: tuple[str, int],
        /,
        *,
        after: TrackKey = _NO_KEY,  # noqa: ARG002 -- read once
    ) -> Iterator[RawVectors]:
        songs = len(self.text)
        yield RawVectors(
            keys=np.arange(1, songs + 1),
            text=self.text,
            image=np.zeros((songs, image[1]), dtype=np.float32),
            audio=np.full((songs, len(AUDIO_COLUMNS)), np.nan, dtype=np.float32),
            artists=("",) * songs,
            popularity=np.full(songs, np.nan, dtype=np.float32),
            terms=self.terms,
        )


def _read(encoder: TextEncoder, lyrics: Sequence[str], cache: Path, progress: Progress | None) -> Matrix:
    """Return what the encoder makes of tracks of which lyrics alone are known: the same as of the lyrics."""
    fingerprint = f"lyrics|{track_text_fingerprint(encoder)}"
    file = cache / f"{hashlib.sha256(fingerprint.encode()).hexdigest()[:16]}.npz"
    distinct = {text: row for row, text in enumerate(dict.fromkeys(lyrics))}
    rows = cached_rows(file, list(distinct), lambda texts: track_vectors(encoder, _alone(texts)), encoder.dim, progress)
    return rows[[distinct[text] for text in lyrics]]


def _alone(lyrics: Sequence[str]) -> list[Words]:
    return [Words(title="", artists=(), album=None, genres=(), lyrics=text) for text in lyrics]
