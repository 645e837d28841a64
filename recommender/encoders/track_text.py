"""What a text encoder reads of a track, and how its readings become the track's vector."""

from collections.abc import Sequence

import numpy as np

from recommender.lyric_terms import lyric_terms, sung
from recommender.ports import LyricTerms, TextEncoder, Words
from recommender.songs import without_issue
from recommender.types import Matrix
from recommender.unit_rows import unit_rows

COMPOSITION = "words-3"
"""Raised when :func:`compose`, the shares or the terms change, so that older vectors are missing rather than mixed."""
DESCRIPTION_SHARE = 0.5
"""Of the description against the lyrics: names and genres say what lyrics leave out, and the reverse."""


def compose(words: Words) -> tuple[str, str | None]:
    """Return a track's description, and its lyrics or None.

    The description reads ``Title by Artist, Artist. Album: X. Genres: a, b.``; what is unknown is left out, and so is
    what only tells issues apart: *Remastered* would draw all remasters together. Lyrics come without headings.
    """
    by = f" by {', '.join(words.artists)}" if words.artists else ""
    sentences = [f"{without_issue(words.title)}{by}".strip()]
    if words.album:
        sentences.append(f"Album: {without_issue(words.album)}")
    if words.genres:
        sentences.append(f"Genres: {', '.join(words.genres)}")
    description = " ".join(f"{sentence}." for sentence in sentences if sentence)
    lyrics = sung(words.lyrics or "")
    return description, lyrics or None


def track_text_fingerprint(encoder: TextEncoder) -> str:
    """Return what vectors of :func:`track_vectors` are stored under."""
    return f"{encoder.fingerprint}+{COMPOSITION}"


def track_terms(words: Sequence[Words | None]) -> LyricTerms:
    """Return the words of each track's lyrics, hashed and counted, to be stored beside its vector."""
    return lyric_terms([None if known is None else compose(known)[1] for known in words])


def track_vectors(encoder: TextEncoder, words: Sequence[Words | None]) -> Matrix:
    """Return one unit row per track, shape (len(words), dim); a zero row where there are no words.

    A row is the mean of the description's and the lyrics' unit vectors, at unit length; the description alone where
    there are no lyrics.
    """
    rows = np.zeros((len(words), encoder.dim), dtype=np.float32)
    texts: list[str] = []
    owners: list[int] = []
    shares: list[float] = []
    for row, known in enumerate(words):
        if known is None:
            continue
        description, lyrics = compose(known)
        for text, share in ((description, DESCRIPTION_SHARE), (lyrics, 1 - DESCRIPTION_SHARE)):
            if text:
                texts.append(text)
                owners.append(row)
                shares.append(share)
    if texts:
        np.add.at(rows, owners, np.asarray(shares, dtype=np.float32)[:, None] * encoder.encode(texts))
    return unit_rows(rows)
