"""The tables. Rows never leave this package; repositories turn them into values."""

from datetime import datetime
from typing import Any, ClassVar, cast

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text
from sqlmodel import Field, SQLModel

from storage.types import EncryptedText, UtcDateTime


def table_of(model: type[SQLModel]) -> Table:
    """Return the table that a model declares."""
    return cast("Table", model.__table__)  # type: ignore[attr-defined]


# SQLite stores a table in the order of its key only when that key is called INTEGER; its integers have 64 bits anyway.
_BIG = BigInteger().with_variant(Integer(), "sqlite")
# Names are looked up by ranges of what they begin with, which other collations would sort apart.
_BY_CODE_POINT = String().with_variant(String(collation="C"), "postgresql")
_WITHOUT_ROWID = {"sqlite_with_rowid": False}


def _key(target: str | None = None, *, primary: bool = True, index: bool = False, cascade: bool = True) -> Any:
    """Return a column for one of our keys or Discord's ids; with a target, the row goes when the target goes."""
    references = [ForeignKey(target, ondelete="CASCADE" if cascade else None)] if target else []
    options: dict[str, Any] = {"primary_key": primary, "autoincrement": False, "nullable": False, "index": index}
    column: Column[int] = Column(_BIG, *references, **options)
    return Field(sa_column=column)


def _name() -> Any:
    """Return a column for a normalised name that is looked up by what it begins with."""
    column: Column[str] = Column(_BY_CODE_POINT, nullable=False)
    return Field(sa_column=column)


def _indexed(name: str, *columns: str) -> Index:
    return Index(f"ix_{name}", *columns)


class CounterRow(SQLModel, table=True):
    """The last key that was given out.

    A key is never used twice, so that a stale index cannot take one track for another.
    """

    __tablename__: ClassVar[str] = "counter"

    name: str = Field(primary_key=True)
    value: int = Field(sa_type=BigInteger)


class AlbumRow(SQLModel, table=True):
    """An album; a track without one has a row of its own here, so that covers have one home."""

    __tablename__: ClassVar[str] = "album"

    id: int = _key()
    identity: str = Field(unique=True)
    """What two mentions of the album share; see :mod:`storage.repositories.albums`."""
    spotify_album_id: str | None = None
    name: str | None = None
    name_source: str | None = None
    cover_url: str | None = None
    cover_source: str | None = None


class TrackRow(SQLModel, table=True):
    """A recording."""

    __tablename__: ClassVar[str] = "track"
    __table_args__ = (
        CheckConstraint("popularity BETWEEN 0 AND 100", name="popularity_is_a_percentage"),
        _indexed("track_title", "title_normalised", "popularity"),
        # All that filters look at, so that they read this and not the rows.
        _indexed("track_filters", "year", "language", "explicit", "popularity", "duration_ms", "id"),
        _indexed("track_expiry", "expires_at"),
        _indexed("track_recording", "recording"),
        _indexed("track_isrc", "isrc"),
        _indexed("track_album", "album_id"),
    )

    id: int = _key()
    album_id: int = _key("album.id", primary=False, cascade=False)
    title: str
    title_normalised: str = _name()
    recording: str = _name()
    """:func:`recommender.songs.recording_key`."""
    words_source: str
    duration_ms: int | None = None
    explicit: bool | None = None
    released: str | None = None
    """ISO 8601 at the known precision."""
    year: int | None = None
    released_source: str | None = None
    language: str | None = None
    """ISO 639-1 code."""
    language_source: str | None = None
    popularity: int | None = None
    popularity_source: str | None = None
    spotify_id: str | None = None
    """The first one known; others are in ``track_spotify_id`` too."""
    isrc: str | None = None
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When what Spotify told us has to be refreshed or dropped."""
    audio_source: str | None = None
    audio_known: int = 0
    danceability: float | None = None
    energy: float | None = None
    key: int | None = None
    loudness: float | None = None
    mode: int | None = None
    speechiness: float | None = None
    acousticness: float | None = None
    instrumentalness: float | None = None
    liveness: float | None = None
    valence: float | None = None
    tempo: float | None = None
    time_signature: int | None = None


class TrackSpotifyIdRow(SQLModel, table=True):
    """A Spotify id under which a track is known; a recording can have several."""

    __tablename__: ClassVar[str] = "track_spotify_id"

    spotify_id: str = Field(primary_key=True)
    track_id: int = _key("track.id", primary=False, index=True)


class TrackArtistRow(SQLModel, table=True):
    """An artist of a track, in order."""

    __tablename__: ClassVar[str] = "track_artist"
    __table_args__ = (_indexed("track_artist_name", "name_normalised", "track_id"), _WITHOUT_ROWID)

    track_id: int = _key("track.id")
    position: int = Field(primary_key=True)
    name: str
    name_normalised: str = _name()


class TrackGenreRow(SQLModel, table=True):
    """A genre of a track, with who said so."""

    __tablename__: ClassVar[str] = "track_genre"
    __table_args__ = (_indexed("track_genre_name", "genre_normalised", "track_id"), _WITHOUT_ROWID)

    track_id: int = _key("track.id")
    genre_normalised: str = Field(primary_key=True)
    genre: str
    position: int
    source: str


class TrackReferenceRow(SQLModel, table=True):
    """A track's id in datasets that name songs by ids which are not Spotify's."""

    __tablename__: ClassVar[str] = "track_reference"

    reference: str = Field(primary_key=True)
    track_id: int = _key("track.id", primary=False, index=True)


class LyricsReferenceRow(SQLModel, table=True):
    """Where a track's lyrics stand in a dataset file; the lyrics themselves are never stored."""

    __tablename__: ClassVar[str] = "lyrics_reference"

    track_id: int = _key("track.id")
    path: str
    row: int = Field(sa_type=BigInteger)


class PlaylistRow(SQLModel, table=True):
    """A playlist of a dataset file."""

    __tablename__: ClassVar[str] = "catalog_playlist"

    id: int = _key()
    source_id: str = Field(unique=True)
    name: str
    genre: str | None = None
    subgenre: str | None = None


class PlaylistEntryRow(SQLModel, table=True):
    """A track in a playlist of a dataset file."""

    __tablename__: ClassVar[str] = "catalog_playlist_entry"
    __table_args__ = (_WITHOUT_ROWID,)

    playlist_id: int = _key("catalog_playlist.id")
    track_id: int = _key("track.id", index=True)


class ListenerRow(SQLModel, table=True):
    """Somebody in a dataset file who listened to tracks."""

    __tablename__: ClassVar[str] = "catalog_listener"

    id: int = _key()
    source_id: str = Field(unique=True)


class ListeningRow(SQLModel, table=True):
    """How often a listener of a dataset file played a track."""

    __tablename__: ClassVar[str] = "catalog_listening"
    __table_args__ = (_WITHOUT_ROWID,)

    listener_id: int = _key("catalog_listener.id")
    track_id: int = _key("track.id", index=True)
    plays: int = Field(sa_type=BigInteger)
    last_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    import_number: int = Field(sa_type=BigInteger)
    """Of the import that counted the plays: within one they add up, a later one begins anew."""


class TextVectorRow(SQLModel, table=True):
    """The vector of a track's words: float32, little-endian; empty when there was nothing to read.

    Beside it, the lyrics as counts of hashed words, in no order of theirs; never the lyrics themselves.
    """

    __tablename__: ClassVar[str] = "text_vector"
    # Counting what an encoder has read must not read past the vectors.
    __table_args__ = (_indexed("text_vector_fingerprint", "fingerprint"),)

    track_id: int = _key("track.id")
    fingerprint: str
    vector: bytes = Field(sa_type=LargeBinary)
    terms: bytes = Field(sa_type=LargeBinary)
    """The columns (16 bits each, little-endian), then as many counts (8 bits each); empty without lyrics."""


class CoverVectorRow(SQLModel, table=True):
    """The vector of an album's cover: float32, little-endian; empty when there is no cover."""

    __tablename__: ClassVar[str] = "cover_vector"

    album_id: int = _key("album.id")
    fingerprint: str
    vector: bytes = Field(sa_type=LargeBinary)


class LinkRow(SQLModel, table=True):
    """A member's link to a Spotify account."""

    __tablename__: ClassVar[str] = "spotify_link"

    member_id: int = _key()
    spotify_user_id: str
    display_name: str
    client_id: str
    scopes: str
    access_token: str = Field(sa_type=EncryptedText)
    access_expires_at: datetime = Field(sa_type=UtcDateTime)
    refresh_token: str = Field(sa_type=EncryptedText)
    linked_at: datetime = Field(sa_type=UtcDateTime)
    state: str
    last_synced_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PendingLoginRow(SQLModel, table=True):
    """A login that waits for Spotify's answer."""

    __tablename__: ClassVar[str] = "pending_login"

    state_hash: str = Field(primary_key=True)
    member_id: int = _key(primary=False, index=True)
    member_name: str
    verifier: str = Field(sa_type=EncryptedText)
    client_id: str
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class SignalRow(SQLModel, table=True):
    """Something a member did with a track. Verdicts are kept as feedback."""

    __tablename__: ClassVar[str] = "signal"
    __table_args__ = (_indexed("signal_track", "track_id"),)

    member_id: int = _key()
    track_id: int = _key("track.id")
    kind: str = Field(primary_key=True)
    origin: str = Field(primary_key=True)
    occasion: int = Field(primary_key=True, sa_type=BigInteger)
    """Plays: milliseconds since 1970, each play is one row. Otherwise 0: there is one row, the latest."""
    at: datetime = Field(sa_type=UtcDateTime)
    count: int
    rank: int | None = None


class FeedbackRow(SQLModel, table=True):
    """The verdict of a member on a track."""

    __tablename__: ClassVar[str] = "feedback"

    member_id: int = _key()
    track_id: int = _key("track.id", index=True)
    verdict: str
    given_at: datetime = Field(sa_type=UtcDateTime)


class ConsentRow(SQLModel, table=True):
    """What a member agreed to; without a row they did not."""

    __tablename__: ClassVar[str] = "consent"

    member_id: int = _key()
    purpose: str = Field(primary_key=True)
    given_at: datetime = Field(sa_type=UtcDateTime)


class SuggestionRow(SQLModel, table=True):
    """When a track was last suggested to a member, and what for."""

    __tablename__: ClassVar[str] = "suggestion"

    member_id: int = _key()
    track_id: int = _key("track.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    roll: int
    """Number of the list that it was in; 0 for the best one."""
    modality: str
    """The part of the score that was largest."""
    source: str
    """Which source of candidates brought it."""
    score: float


class SpotifyCallsRow(SQLModel, table=True):
    """Calls to Spotify at one moment."""

    __tablename__: ClassVar[str] = "spotify_calls"

    at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    calls: int


class StateRow(SQLModel, table=True):
    """Something a job or the bot has to remember between two runs."""

    __tablename__: ClassVar[str] = "state"

    key: str = Field(primary_key=True)
    value: str = Field(sa_type=Text)
