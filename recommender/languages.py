"""Languages that songs are sung in: ISO 639-1 codes, the names that people write for them, and the names to show.

Names come from the Unicode CLDR, which Babel brings: English ones, and what a language calls itself.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from recommender.songs import normalised

LONGEST_NAME: Final = 60
"""Characters; what is longer names no language."""
_CODE_LENGTH: Final = 2
_REMEMBERED: Final = 1_000
"""Names in a column of a dataset, few of them distinct."""
_LIKE_ENOUGH: Final = 0.5
"""Of 1; below this, names have little more than letters in common."""
_COUNTED_AS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Kinds of a language that nobody tells apart in a list of songs, and old codes that are still written.
        "nb": "no", "nn": "no", "sh": "sr", "fil": "tl",
        "yue": "zh", "wuu": "zh", "nan": "zh", "hak": "zh",
        "ary": "ar", "arz": "ar", "apc": "ar", "ckb": "ku", "sdh": "ku", "uzs": "uz", "gug": "gn", "gsw": "de",
    }
)  # fmt: skip
_ALSO_CALLED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bengali": "bn", "farsi": "fa", "mandarin": "zh", "cantonese": "zh", "taiwanese": "zh", "oriya": "or",
        "filipino": "tl", "haitian": "ht", "castilian": "es", "flemish": "nl", "moldovan": "ro", "maori": "mi",
        "gaelic": "gd", "frisian": "fy", "bokmal": "no", "nynorsk": "no",
    }
)  # fmt: skip
"""What CLDR calls otherwise, or does not have by itself."""
_TAG: Final = re.compile(r"^([a-z]{2,3})(?:[-_][a-z0-9]{2,8})*$", re.IGNORECASE)


@lru_cache(_REMEMBERED)
def code_of(text: str) -> str | None:
    """Return the ISO 639-1 code that a name or a code stands for; None where it is no language with such a code.

    Understood are ISO 639-1, -2 and -3 codes, tags with a region or a script (``pt-BR``), English names and what a
    language calls itself. Kinds count with their language: *Cantonese* is Chinese, *Nynorsk* Norwegian.
    """
    text = text.strip()
    if not text or len(text) > LONGEST_NAME:
        return None
    if (tag := _TAG.match(text)) is not None and (code := _of_code(tag[1].lower())) is not None:
        return code
    name = normalised(text)
    return _ALSO_CALLED.get(name) or _english().get(name) or _own_names().get(name)


def name_of(code: str) -> str:
    """Return the English name of a language by its ISO 639-1 code; the code itself where nobody knows one."""
    return _names().get(code, code)


def closest_names(text: str, codes: Iterable[str], limit: int) -> list[str]:
    """Return the names of those languages that are spelt most like the text, best first; of any where none is."""
    return _closest(text, codes, limit) or _closest(text, _names(), limit)


def _closest(text: str, codes: Iterable[str], limit: int) -> list[str]:
    names = {normalised(name_of(code)): name_of(code) for code in codes}
    return [names[each] for each in difflib.get_close_matches(normalised(text), names, limit, _LIKE_ENOUGH)]


def _of_code(code: str) -> str | None:
    from babel.core import get_global

    code = _COUNTED_AS.get(code, code)
    if code not in _names():
        alias = str(get_global("language_aliases").get(code, code)).split("_")[0]
        code = _COUNTED_AS.get(alias, alias)
    return code if code in _names() else None


@lru_cache(1)
def _names() -> Mapping[str, str]:
    """Return the English name by ISO 639-1 code."""
    from babel import Locale

    names = Locale("en").languages.items()
    return {code: name for code, name in names if len(code) == _CODE_LENGTH and code not in _COUNTED_AS}


@lru_cache(1)
def _english() -> Mapping[str, str]:
    from babel import Locale

    names = {normalised(name): code.split("_")[0] for code, name in Locale("en").languages.items()}
    return {name: code for name, each in names.items() if (code := _of_code(each)) is not None}


@lru_cache(1)
def _own_names() -> Mapping[str, str]:
    """Return the code by what a language calls itself; reading them all takes a third of a second, once."""
    from babel import Locale, UnknownLocaleError

    found: dict[str, str] = {}
    for code in _names():
        try:
            own = Locale(code).languages.get(code)
        except UnknownLocaleError:
            continue
        if own:
            found.setdefault(normalised(own), code)
    return found
