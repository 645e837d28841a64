"""Names of songs and artists: what makes two of them the same, and which words only tell versions apart.

Pure functions on text. Titles come as shops and streaming services write them: ``Song - Remastered 2011``,
``Song (Live at Wembley)``, ``Song (feat. Someone) [Someone Else Remix]``.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ħ": "h", "ŋ": "n"}
)
_APOSTROPHES = re.compile(r"['’‘ʼ`´]")
_INITIALS = re.compile(r"(?<![^\W_])([^\W\d_])\.(?=[^\W\d_]\b)")
_STYLISED = [(re.compile(r"(?<=\w)\$(?=\w)|\$(?=[a-z])"), "s"), (re.compile(r"(?<=[a-z])!(?=[a-z])"), "i")]
_AND = re.compile(r"\s*&\s*|\s+\+\s+")
_NOT_WORDS = re.compile(r"[\W_]+")
_MARK = "M"
"""Unicode's category of vowel signs and accents, which belong to the letter before them."""

_BRACKETED = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_DASH = re.compile(r"\s+[-–—]\s+")
_FEATURING = re.compile(r"\s(?:feat\.?|ft\.|featuring)\s(?:(?!\s[-–—]\s)[^()\[\]{}])*", re.IGNORECASE)
_GUESTS = re.compile(r"^(?:feat|ft|featuring|with|prod(?:uced)? by|duet with)\b")
_FILM = re.compile(r"^\s*(?:from|music from)\s+(?:the\s+)?[\"“„«'‘]|\b(?:soundtrack|motion picture)\b", re.IGNORECASE)
_FROM = re.compile(r"^from\b")
_YEAR = re.compile(r"^(?:19|20)\d\d$")

# Each marker makes another recording of the song. The patterns read normalised parts of a title:
# what stands in brackets or after a dash.
_ANOTHER_RECORDING: dict[str, re.Pattern[str]] = {
    "live": re.compile(
        r"^(?:recorded )?live$|\b(?:ao vivo|en vivo|en directo|en concert|dal vivo|unplugged|in concert)\b"
        r"|^(?:recorded )?live (?:at|in|from|on|version|session|acoustic|edit|recording|bonus|mix|performance|\d)"
        r"|\blive(?: (?:version|recording|session|album))?(?: \d{4})?$|\b(?:bbc|radio|peel) session|^recorded at\b"
    ),
    "remix": re.compile(
        r"\b(?:remix|rmx|rework|bootleg|mashup|flip|refix|vip mix|dub mix|club mix|dance mix|club edit|remixed)\b"
        r"|^(?!(?:radio|single|original|album|mono|stereo|extended|long|main|\d{4}|new|final)\b)\w.* (?:mix|edit)$"
        r"|\bvs\b|\bdub$"
    ),
    "acoustic": re.compile(
        r"\b(?:acoustic|acustico|acustica|akustik|acoustique|stripped|piano version|campfire version)\b"
    ),
    "instrumental": re.compile(r"\b(?:instrumental|backing track)\b"),
    "karaoke": re.compile(r"\b(?:karaoke|sing along|in the style of|made famous by|originally performed by)\b"),
    "demo": re.compile(r"\b(?:demo|demos|rough mix|outtake|early take|alternate take|alternate version|take \d+)\b"),
    "cover": re.compile(r"\bcover\b|\btribute to\b"),
    "a cappella": re.compile(r"\ba ?cap+ella\b"),
    "extended": re.compile(r"\b(?:extended|long version|12 (?:inch )?(?:version|mix|single))\b"),
    "orchestral": re.compile(r"\b(?:orchestral|symphonic|orchestra version|string version)\b"),
    "sped up": re.compile(r"\b(?:sped up|speed up|nightcore)\b"),
    "slowed": re.compile(r"\b(?:slowed|chopped and screwed)\b"),
    "rerecorded": re.compile(r"\b(?:re ?recorded|new recording|taylors version)\b"),
    "reprise": re.compile(r"\breprise\b"),
    "mixed": re.compile(r"^(?:mixed|mix cut|mixed by .*)$"),
    "style": re.compile(
        r"\b(?:salsa|bossa|bachata|merengue|country|jazz|swing|lullaby|christmas|reggae|latin) version\b"
    ),
    "language": re.compile(
        r"\b(?:spanish|english|french|german|italian|portuguese|japanese|korean|chinese|mandarin|spanglish)"
        r" (?:version|edit|remix)\b|^version (?:espanola|en espanol|francaise)$|^en espanol$"
    ),
}

_REMASTER = re.compile(r"\b(?:(?:19|20)\d\d )?(?:digital(?:ly)? )?(?:remaster\w*|remasteri[sz]\w*|remasterizad[oa])\b")
# These say how the same recording was issued.
_SAME_RECORDING = re.compile(
    r"\b(?:remaster\w*|remasteri[sz]\w*|remasterizad[oa]|digital master)\b"
    r"|^(?:mono|stereo|deluxe|explicit|clean|dirty|edited|bonus|original|main|single|edit|interlude|radio|short cut)$"
    r"|\b(?:mono|stereo|deluxe|expanded|anniversary|special|collectors?|bonus track|explicit|clean|dirty)"
    r"(?: (?:version|mix|edition|album version|edit))?(?: \d{4})?$"
    r"|^(?:radio|single|album|original|main|full|full length|lp|ep|short|video|tv|uk|us|\d{4}|7(?: inch)?|45|78rpm"
    r"|original album|original single|explicit album|original mono|original stereo|theme|film|movie|soundtrack|new)"
    r" (?:edit|version|mix|cut|mix edit|version edited|recording)(?: edited)?$"
    r"|^original club mix$|^album version\b|^versi?[oa]n? \d{4}$|^\d{4} digital (?:mix|version|master)$|^bonus\b"
    r"|^official\b.*(?:video|audio|single)$|^(?:official|lyric video|visualizer)$|^loopable\b"
)
_ISSUE_WORDS = re.compile(
    r"\b(?:(?:19|20)\d\d|remaster\w*|remasteri[sz]\w*|remasterizad[oa]|versions?|mono|stereo|explicit|clean|the)\b"
)


@lru_cache(maxsize=32_768)
def normalised(text: str) -> str:
    """Return a name as it is compared: casefolded, Latin accents and punctuation gone, one space between words.

    ``&`` reads *and*; an apostrophe vanishes (``don't`` is ``dont``), other punctuation parts words. Stage spellings
    are read as people type them: ``A$AP``, ``P!nk``, ``R.E.M.``. Letters of other scripts keep their marks. A name
    made of symbols only stays as it is, casefolded. Applying it twice changes nothing.
    """
    folded = text.casefold() if text.isascii() else _without_latin_marks(text)
    words = _APOSTROPHES.sub("", folded)
    words = _INITIALS.sub(r"\1", words)
    for pattern, letter in _STYLISED:
        words = pattern.sub(letter, words)
    words = _AND.sub(" and ", words)
    words = _NOT_WORDS.sub(" ", words).strip() if words.isascii() else _words_of_any_script(words)
    return words or " ".join(folded.split())


def artist_name(name: str) -> str:
    """Return an artist's name as it is compared where people type it: normalised, without a leading *the*."""
    return normalised(name).removeprefix("the ") or normalised(name)


@lru_cache(maxsize=32_768)
def song_title(title: str) -> str:
    """Return the normalised title that all versions of a song share.

    Guests, films, issues (remaster, deluxe, radio edit) and versions (live, remix, ...) are left out; parts and
    subtitles (``Pt. 2``, ``(I Can't Get No)``) stay. A title made of nothing else stays whole.
    """
    return normalised(_split(title)[0]) or normalised(title)


@lru_cache(maxsize=32_768)
def version_of(title: str) -> frozenset[str]:
    """Return the markers that make this another recording of the song, for instance ``{"live", "acoustic"}``.

    Remaster, mono, stereo, deluxe, radio edit and guests are none.
    """
    return frozenset(marker for part in _split(title)[1] for marker in _markers(part))


def without_issue(title: str) -> str:
    """Return a title as it is written, without the parts that only say how it was issued.

    ``Wonderwall - Remastered`` is ``Wonderwall``; guests and versions (live, remix) stay. It serves albums too.
    A title made of nothing else stays whole.
    """
    base, *parts = _DASH.split(
        _BRACKETED.sub(lambda found: "" if _only_issue(found.group(1)) else found.group(), title)
    )
    kept = [base, *(part for part in parts if not _only_issue(part))]
    return " ".join(" - ".join(kept).split()) or title


def same_song_key(title: str, first_artist: str) -> str:
    """Return what all versions of one song share; used to show a song once."""
    return f"{song_title(title)} | {normalised(first_artist)}"


def recording_key(title: str, first_artist: str) -> str:
    """Return what issues of one recording share: the song, its artist, and which version of it this is.

    Unlike :func:`version_of` it tells one remix from another. Together with the duration it tells whether two titles
    name the same recording.
    """
    versions = sorted({_ISSUE_WORDS.sub("", normalised(part)) for part in _split(title)[1]})
    words = " ".join(" ".join(versions).split())
    return f"{same_song_key(title, first_artist)} | {words}"


def _without_latin_marks(text: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_LETTERS)
    kept = [
        folded[:1],
        *(mark for base, mark in _with_base(folded) if not (unicodedata.combining(mark) and base < "ɐ")),
    ]
    return unicodedata.normalize("NFC", "".join(kept))


def _words_of_any_script(text: str) -> str:
    belongs = (letter.isalnum() or unicodedata.category(letter).startswith(_MARK) for letter in text)
    return " ".join("".join(letter if kept else " " for letter, kept in zip(text, belongs, strict=True)).split())


def _with_base(text: str) -> list[tuple[str, str]]:
    """Return each character after the first with the letter that it stands on."""
    pairs = []
    base = text[:1]
    for before, this in pairwise(text):
        base = base if unicodedata.combining(before) else before
        pairs.append((base, this))
    return pairs


@lru_cache(maxsize=32_768)
def _split(title: str) -> tuple[str, tuple[str, ...]]:
    """Return the words that name the song, in order, and the parts that tell which version it is."""
    versions: list[str] = []

    def keep(part: str) -> str:
        if _markers(part):
            versions.append(part)
            return ""
        return "" if _is_issue(part) or _GUESTS.match(normalised(part)) or _FILM.search(part) else part

    rest = _FEATURING.sub(" ", title)
    while _BRACKETED.search(rest):
        rest = _BRACKETED.sub(lambda found: f" {keep(found.group(1))} ", rest)
    base, *after_dashes = _DASH.split(rest.strip())
    kept = [keep(part) for part in after_dashes if not _FROM.match(normalised(part))]
    return " ".join([base, *kept]), tuple(versions)


def _markers(part: str) -> frozenset[str]:
    text = " ".join(_REMASTER.sub("", normalised(part)).split())
    if _SAME_RECORDING.search(text) and not _ANOTHER_RECORDING["live"].search(text):
        return frozenset()
    return frozenset(marker for marker, pattern in _ANOTHER_RECORDING.items() if pattern.search(text))


def _only_issue(part: str) -> bool:
    return _is_issue(part) and not _markers(part)


def _is_issue(part: str) -> bool:
    text = normalised(part)
    return not text or _YEAR.match(text) is not None or _SAME_RECORDING.search(text) is not None
