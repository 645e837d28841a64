"""Which facts win when two sources speak of one recording. Pure functions on rows in memory.

The better source keeps the word: what an open source says (a dataset, MusicBrainz) is never replaced by, or mixed with,
what Spotify says, because only the former may be read by an encoder under every policy. Among equals the first stays,
so that importing a file twice changes nothing; Spotify alone may renew what it said itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from recommender.songs import normalised, recording_key
from recommender.types import AudioFeatures, Fact, ReleaseDate, Source, TrackFacts, TrackKey

SPOTIFY_FACTS_KEPT_FOR = timedelta(days=30)
"""After this, what Spotify told us has to be asked for again, or dropped."""
_RENEWED_AFTER = timedelta(days=1)
_TRUST: Mapping[str, int] = {Source.LYRICS: 0, Source.SPOTIFY: 0, Source.MEMBER: 1}
_OPEN = 2
AUDIO_NAMES = tuple(each.name for each in fields(AudioFeatures))


@dataclass(slots=True)
class AlbumRecord:
    """An album while it is worked on."""

    row: dict[str, Any]
    is_new: bool = False
    is_changed: bool = False
    cover_changed: bool = False


@dataclass(slots=True)
class Recording:
    """A track while it is worked on: its row, and what hangs on it."""

    row: dict[str, Any]
    artists: tuple[str, ...]
    genres: dict[str, tuple[str, str]]
    """Normalised name to (name, source), in order."""
    album: AlbumRecord
    is_new: bool = False
    row_changed: bool = False
    words_changed: bool = False
    """Title or artists: what is searched, and what identity rests on."""
    text_changed: bool = False
    """Anything that the text vector was made from."""
    renewed: bool = False
    changes: int = 0
    """How often something that somebody can see became different."""
    popularity_before: int | None = None
    new_spotify_ids: list[str] = field(default_factory=list)
    new_genres: list[str] = field(default_factory=list)

    @property
    def key(self) -> TrackKey:
        """The key."""
        return TrackKey(self.row["id"])


def trust(source: str | None) -> int:
    """Return how much a source's word counts: nothing said, Spotify, a member's export, open sources."""
    return -1 if source is None else _TRUST.get(source, _OPEN)


def source_of(facts: TrackFacts, fact: Fact) -> Source:
    """Return who says this; a group without a source of its own comes from who gave the words.

    Raises:
        ValueError: The facts do not say where their words come from, so nobody could tell who may read them.
    """
    try:
        return facts.sources.get(fact) or facts.sources[Fact.WORDS]
    except KeyError as error:
        msg = f"the facts about {facts.title!r} do not name the source of their words"
        raise ValueError(msg) from error


def words_row(facts: TrackFacts) -> dict[str, Any]:
    """Return the columns that hold title and identity."""
    return {
        "title": facts.title,
        "title_normalised": normalised(facts.title),
        "recording": recording_key(facts.title, facts.artists[0]),
        "words_source": source_of(facts, Fact.WORDS).value,
    }


def merge_facts(known: Recording, facts: TrackFacts, *, now: datetime, replace_words: bool = False) -> None:
    """Let a recording learn from what a source says; see the module for who wins."""
    _merge_words(known, facts, forced=replace_words)
    _merge_genres(known, facts)
    _merge_released(known, facts)
    _merge_language(known, facts)
    _merge_popularity(known, facts)
    _merge_audio(known, facts)
    _merge_identifiers(known, facts)
    merge_album(known, facts)
    _renew(known, facts, now)


def merge_album(known: Recording, facts: TrackFacts) -> None:
    """Let the recording's album learn its name, Spotify id and cover."""
    album, row = known.album, known.album.row
    if facts.spotify_album_id and row["spotify_album_id"] is None:
        row["spotify_album_id"] = facts.spotify_album_id
        album.is_changed = True
        known.changes += 1
    words = source_of(facts, Fact.WORDS)
    if facts.album and trust(words) > trust(row["name_source"]):
        row.update(name=facts.album, name_source=words.value)
        album.is_changed = known.text_changed = True
        known.changes += 1
    cover = source_of(facts, Fact.COVER)
    if facts.cover_url and _may_replace(row["cover_source"], cover) and facts.cover_url != row["cover_url"]:
        row.update(cover_url=facts.cover_url, cover_source=cover.value)
        album.cover_changed = True
        known.changes += 1


def _may_replace(known: str | None, told: Source) -> bool:
    return trust(told) > trust(known) or (told is Source.SPOTIFY and known == Source.SPOTIFY)


def _set(known: Recording, **values: Any) -> None:
    if any(known.row[name] != value for name, value in values.items()):
        known.row.update(values)
        known.row_changed = True
        known.changes += 1


def _merge_words(known: Recording, facts: TrackFacts, *, forced: bool) -> None:
    if not (forced or _may_replace(known.row["words_source"], source_of(facts, Fact.WORDS))):
        return
    if facts.title != known.row["title"] or facts.artists != known.artists:
        known.words_changed = known.text_changed = True
        known.artists = facts.artists
        known.changes += 1
    elif facts.sources[Fact.WORDS] != known.row["words_source"]:
        # The same words, but now an encoder may read them, and their album, under another policy.
        known.text_changed = True
    _set(known, **words_row(facts))


def _merge_genres(known: Recording, facts: TrackFacts) -> None:
    source = source_of(facts, Fact.GENRES)
    for genre in facts.genres:
        name = normalised(genre)
        said_by = known.genres.get(name)
        if name and (said_by is None or trust(source) > trust(said_by[1])):
            known.genres[name] = (genre if said_by is None else said_by[0], source.value)
            known.new_genres.append(name)
            known.text_changed = True
            known.changes += 1


def _merge_released(known: Recording, facts: TrackFacts) -> None:
    if facts.released is None:
        return
    source = source_of(facts, Fact.RELEASED)
    is_better = _may_replace(known.row["released_source"], source)
    if not is_better and trust(source) == trust(known.row["released_source"]):
        is_better = _is_finer(known.row["released"], facts.released)
    if is_better:
        _set(known, released=str(facts.released), year=facts.released.year, released_source=source.value)


def _is_finer(known: str, told: ReleaseDate) -> bool:
    return str(told).startswith(known) and str(told) != known


def _merge_language(known: Recording, facts: TrackFacts) -> None:
    """Believe what somebody says before what was worked out from the words; see :data:`_TRUST`."""
    source = source_of(facts, Fact.LANGUAGE)
    if facts.language is not None and trust(source) > trust(known.row["language_source"]):
        _set(known, language=facts.language, language_source=source.value)


def _merge_popularity(known: Recording, facts: TrackFacts) -> None:
    source = source_of(facts, Fact.POPULARITY)
    if facts.popularity is not None and _may_replace(known.row["popularity_source"], source):
        _set(known, popularity=facts.popularity, popularity_source=source.value)


def _merge_audio(known: Recording, facts: TrackFacts) -> None:
    if not facts.audio.known:
        return
    source = source_of(facts, Fact.AUDIO)
    wins = _may_replace(known.row["audio_source"], source)
    told = {name: value for name in AUDIO_NAMES if (value := getattr(facts.audio, name)) is not None}
    learnt = {name: value for name, value in told.items() if wins or known.row[name] is None}
    if learnt:
        _set(known, **learnt, audio_source=source.value if wins else known.row["audio_source"])
        known.row["audio_known"] = sum(known.row[name] is not None for name in AUDIO_NAMES)


def _merge_identifiers(known: Recording, facts: TrackFacts) -> None:
    for name in ("duration_ms", "explicit", "isrc", "spotify_id"):
        value = getattr(facts, name)
        if value is not None and known.row[name] is None:
            _set(known, **{name: value})


def _renew(known: Recording, facts: TrackFacts, now: datetime) -> None:
    """Move the expiry of what Spotify told us, once a day at most."""
    if Source.SPOTIFY not in facts.sources.values():
        return
    rests_on = (known.row["words_source"], known.row["released_source"], known.row["popularity_source"])
    albums = (known.album.row["name_source"], known.album.row["cover_source"])
    if Source.SPOTIFY not in {*rests_on, *albums, *(source for _, source in known.genres.values())}:
        return
    until = now + SPOTIFY_FACTS_KEPT_FOR
    before = known.row["expires_at"]
    if before is None or until - before >= _RENEWED_AFTER:
        known.row["expires_at"] = until
        known.renewed = True
