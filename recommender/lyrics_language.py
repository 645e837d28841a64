"""The language that a song is sung in, worked out from its words."""

import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from recommender.languages import code_of

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LanguageOfWords = Callable[[str], str | None]
"""Returns the ISO 639-1 code of a text's language, None where that is not certain."""

ENOUGH_BYTES: Final = 100
"""Letters in UTF-8, so that scripts which say more with one letter need fewer: about three lines, each counted once.
Single lines of songs are recognised with less than :data:`SURE_ENOUGH` as often as not."""
SURE_ENOUGH: Final = 0.95
"""Of 1. Words that mean nothing (*la la la*) reach 0.2; Japanese in Latin letters, which the model does not know, was
taken for Kinyarwanda at 0.89."""
_MOST_CHARACTERS: Final = 5_000
"""Read of one song: beyond that nothing changes."""
_NOTES: Final = re.compile(
    r"\[[^\]\n]*\]|\([^)\n]*\)|^\s*(?:chorus|verse|bridge|intro|outro)\b.*$", re.IGNORECASE | re.MULTILINE
)
"""What stands in brackets is often not sung, and often in English."""
_NOT_LETTERS: Final = re.compile(r"[\W\d_]+")


class LyricsLanguage:
    """Tells the language of lyrics; thread-safe. The model (0.7 s, 80 MB) is loaded at the first song long enough."""

    def __init__(self) -> None:
        self._model: LanguageIdentifier | None = None
        self._loading = threading.Lock()

    def __call__(self, lyrics: str) -> str | None:
        """Return the ISO 639-1 code of the language; None where the words are too few, mixed or strange to tell."""
        sung = _sung(lyrics)
        if len(_NOT_LETTERS.sub("", sung).encode()) < ENOUGH_BYTES:
            return None
        label, share = self._loaded().classify(sung)
        return code_of(label) if share >= SURE_ENOUGH else None

    def _loaded(self) -> "LanguageIdentifier":
        with self._loading:
            if self._model is None:
                from py3langid.langid import MODEL_FILE, LanguageIdentifier

                self._model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
            return self._model


def _sung(lyrics: str) -> str:
    """Return the lines that are sung, each once: what is repeated proves no more."""
    lines = (line.strip() for line in _NOTES.sub(" ", lyrics[:_MOST_CHARACTERS]).splitlines())
    return "\n".join(dict.fromkeys(line for line in lines if line))
