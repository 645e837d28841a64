"""What a free text asks for beyond its words: how the music should sound, and from which years it should be.

A text encoder matches *sad* with songs that are called so. But the catalog knows more: how acoustic, how cheerful, how
fast a track is, and when it came out. Words that Spotify's published definitions of the audio features use, or plain
synonyms of them, become a direction among those features; decades and years become a target in time. All other words
stay with the text encoder.

Source:
    "Get Track's Audio Features", Spotify Web API reference, for what each feature means ("low valence sound more
    negative, e.g. sad, depressed, angry"; "energetic tracks feel fast, loud, and noisy") and for the bounds above
    which a track is called instrumental (.5), live (.8) or spoken (.66). The other bounds are the middle of a scale.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from recommender.songs import normalised
from recommender.types import AudioFeatures, Track


@dataclass(frozen=True, slots=True)
class Trait:
    """One end of one audio feature."""

    feature: str
    """Name in :class:`recommender.types.AudioFeatures`."""
    is_high: bool

    @property
    def target(self) -> float:
        """The end of the scale that is meant, in the feature's unit."""
        return _SCALES[self.feature].high if self.is_high else _SCALES[self.feature].low

    @property
    def opposite(self) -> "Trait":
        """The other end."""
        return Trait(self.feature, not self.is_high)

    @property
    def label(self) -> str:
        """What a track with this trait may be called."""
        return _SCALES[self.feature].is_high if self.is_high else _SCALES[self.feature].is_low

    def holds_for(self, audio: AudioFeatures) -> bool:
        """Whether a track's own features show it; an unknown feature shows nothing."""
        value, scale = getattr(audio, self.feature), _SCALES[self.feature]
        if value is None:
            return False
        return bool(value >= scale.high_from) if self.is_high else bool(value <= scale.low_to)


@dataclass(frozen=True, slots=True)
class Years:
    """A span of years, both ends included."""

    first: int
    last: int

    def nearest_to(self, year: int) -> int:
        """Return the year of the span that is nearest; the year itself inside."""
        return min(max(year, self.first), self.last)

    @property
    def decades(self) -> tuple[int, ...]:
        """The first years of the decades that it touches."""
        return tuple(range(self.first - self.first % 10, self.last + 1, 10))


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptMeaning:
    """A prompt, read."""

    words: str
    """What the text encoder should read: the prompt without its years; empty when nothing else was said."""
    traits: tuple[Trait, ...] = ()
    """In the order named; never both ends of one feature."""
    years: tuple[Years, ...] = ()
    understood: float = 0.0
    """Share of the telling words of :attr:`words` that became traits, 0 to 1."""

    @property
    def sound(self) -> AudioFeatures:
        """Features at the ends that are meant; those that are not meant are unknown."""
        values = {each.feature: each.target for each in self.traits}
        return AudioFeatures(**values)  # type: ignore[arg-type]  # no trait is about a whole-numbered feature

    def nearest_year(self, year: int | None) -> int | None:
        """Return the year asked for that is nearest to this one, or None when either is unknown."""
        if year is None or not self.years:
            return None
        return min((each.nearest_to(year) for each in self.years), key=lambda asked: abs(asked - year))

    def labels_of(self, track: Track, *, by_sound: bool = True) -> tuple[str, ...]:
        """Return what was asked for and the catalog says is so: ``("acoustic", "low-key", "from 1994")``.

        Args:
            track: As the catalog has it.
            by_sound: Whether the sound had a say.
        """
        labels = [each.label for each in self.traits if by_sound and each.holds_for(track.audio)]
        if track.year is not None and self.nearest_year(track.year) == track.year:
            labels.append(f"from {track.year}")
        return tuple(labels)


def meaning_of(prompt: str) -> PromptMeaning:
    """Read a prompt. A known word after *not*, *no* or *without* means the opposite, and is no word to look for."""
    words, years = _without_years(prompt)
    tellings = _tellings(words)
    traits: dict[str, Trait | None] = {}
    for each in tellings:
        for trait in each.meant:
            # Both ends of one feature cancel out.
            traits[trait.feature] = trait if traits.get(trait.feature, trait) == trait else None
    left = [each for each in tellings if not (each.is_denied and each.traits)]
    if len(left) < len(tellings):
        words = " ".join(each.said for each in left)
    return PromptMeaning(
        words=words,
        traits=tuple(each for each in traits.values() if each is not None),
        years=years,
        understood=sum(bool(each.traits) for each in left) / len(left) if left else 0.0,
    )


@dataclass(frozen=True, slots=True)
class _Telling:
    """A word or phrase that says something."""

    said: str
    traits: tuple[Trait, ...]
    is_denied: bool

    @property
    def meant(self) -> tuple[Trait, ...]:
        """What it asks for; who denies *sad* denies the mood, not what often goes with it."""
        return tuple(each.opposite for each in self.traits[:1]) if self.is_denied else self.traits


def _tellings(words: str) -> list[_Telling]:
    tokens = normalised(words).split()
    told: list[_Telling] = []
    place, is_denied = 0, False
    while place < len(tokens):
        length, traits = _longest(tokens, place)
        said = " ".join(tokens[place : place + length])
        if said in _DENIALS:
            is_denied = True
        elif traits or said not in _EMPTY_WORDS:
            told.append(_Telling(said, traits, is_denied))
            is_denied = False
        place += length
    return told


def _longest(tokens: list[str], place: int) -> tuple[int, tuple[Trait, ...]]:
    """Return how many tokens the longest known phrase at a place has, and its traits; 1 and none where none begins."""
    for length in range(min(_LONGEST_PHRASE, len(tokens) - place), 0, -1):
        traits = _LEXICON.get(" ".join(tokens[place : place + length]))
        if traits:
            return length, traits
    return 1, ()


def _without_years(prompt: str) -> tuple[str, tuple[Years, ...]]:
    found: list[Years] = []

    def taken(match: re.Match[str]) -> str:
        found.append(_years_of(match))
        return " "

    rest = " ".join(_YEARS.sub(taken, prompt).split())
    if found:
        rest = _DANGLING.sub("", rest)
    telling = [word for word in normalised(rest).split() if word not in _EMPTY_WORDS]
    return (rest if telling or not found else ""), tuple(dict.fromkeys(found))


def _years_of(match: re.Match[str]) -> Years:
    if match["year"]:
        return Years(int(match["year"]), int(match["year"]))
    if match["named"]:
        first = _DECADES[match["named"].casefold()]
    else:
        digits = match["decade"] or match["after"]
        first = int(digits) if len(digits) == len("1990") else _century(int(digits)) + int(digits)
    return Years(first, first + 9)


def _century(decade: int) -> int:
    """Return the century that people mean by two digits: the 30s to 90s lie in the last one."""
    return 2000 if decade < _FIRST_OF_LAST_CENTURY else 1900


@dataclass(frozen=True, slots=True)
class _Scale:
    """How an audio feature is spoken of."""

    low: float
    high: float
    low_to: float
    """Up to here a track has the low end's label."""
    high_from: float
    is_low: str
    is_high: str


_SCALES: Final[Mapping[str, _Scale]] = MappingProxyType(
    {
        "acousticness": _Scale(0, 1, 0.5, 0.5, "not acoustic", "acoustic"),
        "danceability": _Scale(0, 1, 0.5, 0.6, "not for dancing", "danceable"),
        "energy": _Scale(0, 1, 0.5, 0.6, "low-key", "energetic"),
        "instrumentalness": _Scale(0, 1, 0.5, 0.5, "sung", "instrumental"),
        "liveness": _Scale(0, 1, 0.5, 0.8, "recorded in a studio", "live"),
        "speechiness": _Scale(0, 1, 0.33, 0.66, "sung", "spoken"),
        "tempo": _Scale(60, 180, 100, 125, "slow", "fast"),
        "valence": _Scale(0, 1, 0.4, 0.6, "melancholy", "cheerful"),
    }
)

_FIRST_OF_LAST_CENTURY: Final = 30
_DECADES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "fifties": 1950,
        "sixties": 1960,
        "seventies": 1970,
        "eighties": 1980,
        "nineties": 1990,
        "noughties": 2000,
        "fünfziger": 1950,
        "sechziger": 1960,
        "siebziger": 1970,
        "achtziger": 1980,
        "neunziger": 1990,
    }
)
_YEARS: Final = re.compile(
    r"""(?:\b(?:(?:from|of|in|aus|de|des|degli|du|den|los|las|les|dos)\s+){0,3}(?:(?:the|den|los|las|les|gli|os)\s+)?)?
    (?:
        (?<![\w$£€])(?:
            ['’]?(?P<decade>(?:19|20)?\d0)\s?(?:['’]?s|er(?:n|\s?jahren?)?)
          | (?:a[ñn]os|ann[ée]es|anni)\s+['’]?(?P<after>(?:19|20)?\d0)
          | (?<!the\s)(?P<year>19[2-9]\d|20[0-4]\d)
          | (?P<named>"""
    + "|".join(_DECADES)
    + r""")(?:jahren?|n)?
        )(?!\w)
    )""",
    re.IGNORECASE | re.VERBOSE,
)

_DANGLING: Final = re.compile(
    r"^(?:(?:and|or|und|oder|y|o|et|ou|e)\b[\s,]*)+|(?:[\s,]*\b(?:and|or|und|oder|y|o|et|ou|e))+$", re.IGNORECASE
)
"""What joins one span of years to the next, when nothing else is left at an end."""
_DENIALS: Final = frozenset(
    ["not", "no", "without", "never", "kein", "keine", "ohne", "nicht", "sin", "sans", "pas", "senza", "sem"]
)
_EMPTY_WORDS: Final = frozenset(
    normalised("""a about an and any but for from give i in is it like me music my of on or play playlist please some
    something song songs sound sounding sounds that the this to track tracks tune tunes very vibe vibes want with when
    while canción canciones cancion musica musique musik lied lieder chanson chansons canzone canzoni para pour per für
    fur zum zur der die das la le les el los las de du des und y et e un una une ein eine""").split()
)


def _lexicon(*entries: tuple[str, str]) -> dict[str, tuple[Trait, ...]]:
    """Read entries of traits (``+energy -tempo``) and of the words, separated by commas, that mean them."""
    return {
        normalised(word): tuple(Trait(each[1:], each[0] == "+") for each in traits.split())
        for traits, words in entries
        for word in words.split(",")
    }


# The first line of each entry is Spotify's own wording or a plain synonym, the second the same in the languages that
# the default text encoder, which reads English alone, does not know. Situations stand for what they are known to ask.
_LEXICON: Final[Mapping[str, tuple[Trait, ...]]] = MappingProxyType(
    _lexicon(
        ("+acousticness", "acoustic,unplugged,akustisch,akustische,acustico,acustica,acoustique"),
        ("-acousticness", "electronic,electronica,electric,synthetic,elektronisch,elektronische,electronico"),
        ("-valence -energy", "sad,sadness,melancholy,melancholic,gloomy,depressed,depressing,heartbreak,heartbroken"),
        ("-valence -energy", "crying,cry,tearful,somber,traurig,traurige,trauriges,triste,tristes,llorar,malinconico"),
        ("-valence +energy", "angry,anger,aggressive,furious,rage,wütend,wütende,enojado,furioso,en colère,arrabbiato"),
        ("-valence", "dark,bleak,negative,düster,düstere,oscuro,oscura,sombre"),
        ("+valence", "happy,cheerful,joyful,joyous,euphoric,positive,upbeat,uplifting,feelgood,feel good,sunny"),
        ("+valence", "fröhlich,fröhliche,glücklich,glückliche,feliz,felices,alegre,alegres,joyeux,joyeuse,allegro"),
        ("+energy", "energetic,energy,loud,noisy,intense,powerful,hype,pumped,energiegeladen,energico,énergique"),
        ("+energy +tempo", "workout,gym,running,jogging,training,exercise,sport,cardio,laufen,correr,entrenar,courir"),
        ("-energy", "calm,calming,quiet,soft,gentle,mellow,chill,chilled,chillout,relaxed,relaxing,soothing,peaceful"),
        ("-energy", "low key,lowkey,lo fi,lofi,ruhig,ruhige,entspannt,entspannte,sanft,tranquilo,tranquila,relajante"),
        ("-energy", "calme,doux,douce,tranquille,rilassante,calmo,calma"),
        ("-energy +acousticness", "sleep,sleeping,sleepy,asleep,bedtime,schlafen,dormir,dormire"),
        ("-energy +instrumentalness", "study,studying,focus,concentration,concentrate,lernen,estudiar,étudier"),
        ("+instrumentalness", "instrumental,instrumentals,no vocals,no words,no lyrics,no singing,without vocals"),
        ("+instrumentalness", "without words,without lyrics,without singing,ohne gesang,sin letra,sans paroles"),
        ("+danceability", "danceable,dance,dancing,club,clubbing,groovy,tanzen,tanzbar,bailar,bailable,danser,ballare"),
        ("+danceability +energy", "party,partying,parties,fiesta,fete,festa,feiern"),
        ("-tempo", "slow,slowly,downtempo,langsam,langsame,lento,lenta,lentas,lent,lente"),
        ("+tempo", "fast,faster,uptempo,quick,schnell,schnelle,rápido,rápida,rapide,veloce"),
        (
            "+liveness",
            "concert,in concert,live music,live version,live versions,live recording,live recordings,live album",
        ),
        ("+speechiness", "spoken,spoken word,speech,talking"),
    )
)
_LONGEST_PHRASE: Final = max(len(phrase.split()) for phrase in _LEXICON)
