"""Lyrics as counts of hashed words: what latent semantic analysis is fitted on, without the words themselves."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from zlib import crc32

import numpy as np

from recommender.ports import TERM_COLUMNS, LyricTerms

LONGEST_LYRICS: Final = 32_768
"""Characters that are read of one song, as by the text encoder."""
_MOST_COUNTED: Final = 255
_WORD: Final = re.compile(r"[^\W\d_](?:[\w'’]*\w)?")
_HEADING: Final = re.compile(r"\[[^\[\]\n]{0,200}\]")
"""``[Chorus: Somebody]``: written beside lyrics, never sung, and full of artists' names."""
_SCRAPED: Final = re.compile(
    r"\A\d+ Contributors?.{0,400}?\bLyrics|You might also like|\d*Embed\s*\Z|\*{3,}.{0,80}\bCommercial use\b.*\Z"
    r"|\(\d{10,}\)\s*\Z",
    re.DOTALL,
)
"""What pages with lyrics put before and after them, and scrapers take along."""
_WORDS_REMEMBERED: Final = 65_536


def sung(lyrics: str) -> str:
    """Return lyrics without the headings of their parts and without what web pages write around them."""
    return _HEADING.sub("", _SCRAPED.sub("", lyrics)).strip()


def words_of(lyrics: str) -> list[str]:
    """Return the words of lyrics in their order, without case, numbers and punctuation."""
    return [word.replace("’", "'") for word in _WORD.findall(lyrics[:LONGEST_LYRICS].casefold())]


def lyric_terms(lyrics: Sequence[str | None]) -> LyricTerms:
    """Return how often each word occurs in each text, in any language that parts words; None has no words.

    Words are hashed to one of :data:`recommender.ports.TERM_COLUMNS` columns; a few share one. Case, numbers and
    punctuation do not count, and nothing is left out for being common: how often *you* and *the* are sung tells styles.

    Source:
        Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009, arXiv:0902.2206.
    """
    columns: list[int] = []
    counts: list[int] = []
    starts = [0]
    for text in lyrics:
        counted = Counter(map(_column_of, words_of(text or "")))
        for column in sorted(counted):
            columns.append(column)
            counts.append(min(counted[column], _MOST_COUNTED))
        starts.append(len(columns))
    return LyricTerms(
        starts=np.asarray(starts, dtype=np.int64),
        columns=np.asarray(columns, dtype=np.uint16),
        counts=np.asarray(counts, dtype=np.uint8),
    )


@lru_cache(_WORDS_REMEMBERED)
def _column_of(word: str) -> int:
    return crc32(word.encode("utf-8", "replace")) % TERM_COLUMNS
