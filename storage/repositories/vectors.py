"""Vectors with the fingerprint of their encoder: float32, little-endian; an empty one says 'tried, nothing there'."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import Column, Connection, Select, and_, func, or_, select

from recommender.audio_columns import AUDIO_COLUMNS, audio_row
from recommender.ports import LyricTerms, RawVectors
from recommender.types import AlbumKey, AudioFeatures, Matrix, Track, TrackKey
from storage.models import AlbumRow, CoverVectorRow, TextVectorRow, TrackArtistRow, TrackRow, table_of
from storage.repositories.albums import forget_covers
from storage.repositories.merging import AUDIO_NAMES
from storage.repositories.reading import existing, forget_texts, tracks_of_keys
from storage.sql import upsert

_TRACK = table_of(TrackRow)
_ALBUM = table_of(AlbumRow)
_ARTIST = table_of(TrackArtistRow)
_TEXT = table_of(TextVectorRow)
_COVER = table_of(CoverVectorRow)
_LITTLE_ENDIAN = np.dtype("<f4")
_COLUMN = np.dtype("<u2")
_COUNT = np.dtype("u1")


class VectorRepository:
    """The rows behind :class:`storage.catalog_store.CatalogStore`, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tracks_missing_text(self, fingerprint: str, *, limit: int, after: TrackKey) -> list[Track]:
        """Return tracks with key > ``after`` that have no text vector of this fingerprint, by key."""
        statement = _missing_text(fingerprint, _TRACK.c.id).where(_TRACK.c.id > after)
        return self._tracks(statement.order_by(_TRACK.c.id).limit(limit))

    def tracks_missing_cover(self, fingerprint: str, *, limit: int, after: AlbumKey) -> list[Track]:
        """Return the first track of each album with key > ``after`` that has no cover vector of this fingerprint."""
        statement = _missing_cover(fingerprint, func.min(_TRACK.c.id)).where(_TRACK.c.album_id > after)
        return self._tracks(statement.group_by(_TRACK.c.album_id).order_by(_TRACK.c.album_id).limit(limit))

    def count_missing_text(self, fingerprint: str) -> int:
        """Count what :meth:`tracks_missing_text` would return in all."""
        read = select(func.count()).select_from(_TEXT).where(_TEXT.c.fingerprint == fingerprint)
        return self._one(select(func.count()).select_from(_TRACK)) - self._one(read)

    def count_missing_cover(self, fingerprint: str) -> int:
        """Count what :meth:`tracks_missing_cover` would return in all."""
        return self._one(_missing_cover(fingerprint, func.count(_TRACK.c.album_id.distinct())))

    def save_text(
        self, fingerprint: str, keys: Sequence[TrackKey], vectors: Matrix, terms: LyricTerms | None = None
    ) -> None:
        """Store one row per key, replacing older ones; tracks that are gone meanwhile are left out.

        Raises:
            ValueError: Keys and rows differ in number, or a vector has a NaN.
        """
        if terms is not None and len(terms) != len(keys):
            msg = f"{len(keys)} keys and the words of {len(terms)} do not go together"
            raise ValueError(msg)
        words = [b"" if terms is None else terms_to_bytes(*terms.row(row)) for row in range(len(keys))]
        self._save(_TEXT.c.track_id, _TRACK.c.id, fingerprint, keys, vectors, beside={"terms": words})

    def save_cover(self, fingerprint: str, albums: Sequence[AlbumKey], vectors: Matrix) -> None:
        """Store one row per album, replacing older ones; albums that are gone meanwhile are left out.

        Raises:
            ValueError: Keys and rows differ in number, or a vector has a NaN.
        """
        self._save(_COVER.c.album_id, _ALBUM.c.id, fingerprint, albums, vectors)

    def forget(self, tracks: Collection[TrackKey], albums: Collection[AlbumKey]) -> None:
        """Forget text vectors of tracks and cover vectors of albums, so that they are made anew."""
        forget_texts(self._connection, sorted(tracks))
        forget_covers(self._connection, sorted(albums))

    def raw(self, text: tuple[str, int], image: tuple[str, int], *, after: TrackKey, limit: int) -> RawVectors:
        """Return the next tracks with key > ``after`` that an index can hold, by key; empty at the end.

        That is those with a text vector row of this fingerprint, or any audio features.
        """
        has_text = and_(_TEXT.c.track_id == _TRACK.c.id, _TEXT.c.fingerprint == text[0])
        has_cover = and_(_COVER.c.album_id == _TRACK.c.album_id, _COVER.c.fingerprint == image[0])
        first = and_(_ARTIST.c.track_id == _TRACK.c.id, _ARTIST.c.position == 0)
        audio = [_TRACK.c[name] for name in AUDIO_NAMES]
        columns = (
            _TRACK.c.id, _TRACK.c.popularity, _ARTIST.c.name_normalised, _TEXT.c.vector, _COVER.c.vector, _TEXT.c.terms
        )  # fmt: skip
        statement = (
            select(*columns, *audio)
            .select_from(_TRACK.join(_ARTIST, first).outerjoin(_TEXT, has_text).outerjoin(_COVER, has_cover))
            .where(_TRACK.c.id > after, or_(_TEXT.c.track_id.is_not(None), _TRACK.c.audio_known > 0))
            .order_by(_TRACK.c.id)
            .limit(limit)
        )
        rows = self._connection.execute(statement).all()
        features = [audio_row(AudioFeatures(**dict(zip(AUDIO_NAMES, row[6:], strict=True)))) for row in rows]
        popularity = [np.nan if row[1] is None else row[1] for row in rows]
        return RawVectors(
            keys=np.asarray([row[0] for row in rows], dtype=np.int64),
            text=from_bytes([row[3] for row in rows], text[1]),
            image=from_bytes([row[4] for row in rows], image[1]),
            audio=np.asarray(features, dtype=np.float32).reshape(len(rows), len(AUDIO_COLUMNS)),
            artists=tuple(row[2] for row in rows),
            popularity=np.asarray(popularity, dtype=np.float32),
            terms=terms_from_bytes([row[5] for row in rows]),
        )

    def _save(
        self,
        owner: Column[int],
        owned: Column[int],
        fingerprint: str,
        keys: Sequence[int],
        vectors: Matrix,
        *,
        beside: Mapping[str, Sequence[bytes]] = MappingProxyType({}),
    ) -> None:
        """Store vectors in the table of ``owner``, for those keys that ``owned`` still holds.

        Args:
            owner: The column with the keys.
            owned: Keys that there are.
            fingerprint: Of the encoder.
            keys: One per vector.
            vectors: Shape (len(keys), dim).
            beside: Further columns, one value per key.
        """
        _check(keys, vectors)
        present = existing(self._connection, owned, keys)
        rows = [
            {
                owner.name: key,
                "fingerprint": fingerprint,
                "vector": to_bytes(vectors[place]),
                **{name: values[place] for name, values in beside.items()},
            }
            for place, key in enumerate(keys)
            if key in present
        ]
        upsert(self._connection, owner.table, rows, replace=("fingerprint", "vector", *beside))

    def _tracks(self, statement: Select[Any]) -> list[Track]:
        keys = [TrackKey(key) for key in self._connection.execute(statement).scalars()]
        return list(tracks_of_keys(self._connection, keys).values())

    def _one(self, statement: Select[Any]) -> int:
        return int(self._connection.execute(statement).scalar_one())


def to_bytes(vector: np.ndarray[Any, Any]) -> bytes:
    """Return a vector as it is stored; a zero one is empty."""
    return vector.astype(_LITTLE_ENDIAN, copy=False).tobytes() if vector.any() else b""


def from_bytes(blobs: Sequence[bytes | None], dim: int) -> Matrix:
    """Return one row per stored vector, zero where there is none.

    Raises:
        ValueError: A vector has another width.
    """
    rows = np.zeros((len(blobs), dim), dtype=np.float32)
    for place, blob in enumerate(blobs):
        if blob:
            rows[place] = np.frombuffer(blob, dtype=_LITTLE_ENDIAN)
    return rows


def terms_to_bytes(columns: np.ndarray[Any, Any], counts: np.ndarray[Any, Any]) -> bytes:
    """Return a track's words as they are stored: the columns, then the counts."""
    return columns.astype(_COLUMN, copy=False).tobytes() + counts.astype(_COUNT, copy=False).tobytes()


def terms_from_bytes(blobs: Sequence[bytes | None]) -> LyricTerms | None:
    """Return the words of each track, none where nothing is stored; None where no track has any.

    Raises:
        ValueError: What is stored is torn.
    """
    if not any(blobs):
        return None
    each = _COLUMN.itemsize + _COUNT.itemsize
    rows = []
    for blob in blobs:
        terms, torn = divmod(len(blob or b""), each)
        if torn:
            msg = f"{len(blob or b'')} bytes are no words: they are a multiple of {each}"
            raise ValueError(msg)
        rows.append(
            (
                np.frombuffer(blob or b"", dtype=_COLUMN, count=terms),
                np.frombuffer(blob or b"", dtype=_COUNT, offset=terms * _COLUMN.itemsize),
            )
        )
    return LyricTerms.joined(rows)


def _check(keys: Sequence[int], vectors: Matrix) -> None:
    if len(keys) != len(vectors):
        msg = f"{len(keys)} keys and {len(vectors)} vectors do not go together"
        raise ValueError(msg)
    if not np.isfinite(vectors).all():
        raise ValueError("a vector that is not finite cannot be compared, so it is not stored")


def _missing_text(fingerprint: str, wanted: Any) -> Select[Any]:
    has_text = and_(_TEXT.c.track_id == _TRACK.c.id, _TEXT.c.fingerprint == fingerprint)
    return select(wanted).select_from(_TRACK.outerjoin(_TEXT, has_text)).where(_TEXT.c.track_id.is_(None))


def _missing_cover(fingerprint: str, wanted: Any) -> Select[Any]:
    has_cover = and_(_COVER.c.album_id == _TRACK.c.album_id, _COVER.c.fingerprint == fingerprint)
    return select(wanted).select_from(_TRACK.outerjoin(_COVER, has_cover)).where(_COVER.c.album_id.is_(None))
