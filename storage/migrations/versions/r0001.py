"""The first tables, and the full-text index that autocomplete searches on SQLite."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BY_CODE_POINT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Rows lie in the order of popularity (see storage/repositories/search.py), so that the first matches are the best ones.
_SEARCH = """
CREATE VIRTUAL TABLE track_search USING fts5(
    title, artists, tokenize = "unicode61 remove_diacritics 0", prefix = '1 2 3', columnsize = 0
)
"""


def upgrade() -> None:
    op.create_table(
        "album",
        sa.Column("id", _BIG, autoincrement=False, nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("spotify_album_id", sa.String()),
        sa.Column("name", sa.String()),
        sa.Column("name_source", sa.String()),
        sa.Column("cover_url", sa.String()),
        sa.Column("cover_source", sa.String()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("identity"),
    )
    op.create_table(
        "catalog_playlist",
        sa.Column("id", _BIG, autoincrement=False, nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("genre", sa.String()),
        sa.Column("subgenre", sa.String()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_id"),
    )
    op.create_table(
        "catalog_listener",
        sa.Column("id", _BIG, autoincrement=False, nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_id"),
    )
    op.create_table(
        "consent",
        sa.Column("member_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "purpose"),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "pending_login",
        sa.Column("state_hash", sa.String(), nullable=False),
        sa.Column("member_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("member_name", sa.String(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash"),
    )
    op.create_index("ix_pending_login_created_at", "pending_login", ["created_at"])
    op.create_index("ix_pending_login_member_id", "pending_login", ["member_id"])
    op.create_table(
        "spotify_calls",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("at"),
    )
    op.create_table(
        "spotify_link",
        sa.Column("member_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("spotify_user_id", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("access_token", sa.Text(), nullable=False),
        sa.Column("access_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refresh_token", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("last_synced_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("member_id"),
    )
    op.create_table(
        "state",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "cover_vector",
        sa.Column("album_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["album_id"], ["album.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("album_id"),
    )
    op.create_table(
        "track",
        sa.Column("id", _BIG, autoincrement=False, nullable=False),
        sa.Column("album_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_normalised", _BY_CODE_POINT, nullable=False),
        sa.Column("recording", _BY_CODE_POINT, nullable=False),
        sa.Column("words_source", sa.String(), nullable=False),
        sa.Column("duration_ms", sa.Integer()),
        sa.Column("explicit", sa.Boolean()),
        sa.Column("released", sa.String()),
        sa.Column("year", sa.Integer()),
        sa.Column("released_source", sa.String()),
        sa.Column("language", sa.String()),
        sa.Column("language_source", sa.String()),
        sa.Column("popularity", sa.Integer()),
        sa.Column("popularity_source", sa.String()),
        sa.Column("spotify_id", sa.String()),
        sa.Column("isrc", sa.String()),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("audio_source", sa.String()),
        sa.Column("audio_known", sa.Integer(), nullable=False),
        sa.Column("danceability", sa.Float()),
        sa.Column("energy", sa.Float()),
        sa.Column("key", sa.Integer()),
        sa.Column("loudness", sa.Float()),
        sa.Column("mode", sa.Integer()),
        sa.Column("speechiness", sa.Float()),
        sa.Column("acousticness", sa.Float()),
        sa.Column("instrumentalness", sa.Float()),
        sa.Column("liveness", sa.Float()),
        sa.Column("valence", sa.Float()),
        sa.Column("tempo", sa.Float()),
        sa.Column("time_signature", sa.Integer()),
        sa.CheckConstraint("popularity BETWEEN 0 AND 100", name="popularity_is_a_percentage"),
        sa.ForeignKeyConstraint(
            ["album_id"],
            ["album.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_track_album", "track", ["album_id"])
    op.create_index("ix_track_expiry", "track", ["expires_at"])
    op.create_index("ix_track_filters", "track", ["year", "language", "explicit", "popularity", "duration_ms", "id"])
    op.create_index("ix_track_isrc", "track", ["isrc"])
    op.create_index("ix_track_recording", "track", ["recording"])
    op.create_index("ix_track_title", "track", ["title_normalised", "popularity"])
    op.create_table(
        "catalog_listening",
        sa.Column("listener_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("track_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("plays", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True)),
        sa.Column("import_number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["listener_id"], ["catalog_listener.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("listener_id", "track_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_catalog_listening_track_id", "catalog_listening", ["track_id"])
    op.create_table(
        "catalog_playlist_entry",
        sa.Column("playlist_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("track_id", _BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["playlist_id"], ["catalog_playlist.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("playlist_id", "track_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_catalog_playlist_entry_track_id", "catalog_playlist_entry", ["track_id"])
    op.create_table(
        "feedback",
        sa.Column("member_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("track_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id", "track_id"),
    )
    op.create_index("ix_feedback_track_id", "feedback", ["track_id"])
    op.create_table(
        "lyrics_reference",
        sa.Column("track_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("track_id"),
    )
    op.create_table(
        "signal",
        sa.Column("member_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("track_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("occasion", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer()),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id", "track_id", "kind", "origin", "occasion"),
    )
    op.create_index("ix_signal_track", "signal", ["track_id"])
    op.create_table(
        "suggestion",
        sa.Column("member_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("track_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("roll", sa.Integer(), nullable=False),
        sa.Column("modality", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id", "track_id"),
    )
    op.create_index("ix_suggestion_track_id", "suggestion", ["track_id"])
    op.create_table(
        "text_vector",
        sa.Column("track_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("track_id"),
    )
    op.create_index("ix_text_vector_fingerprint", "text_vector", ["fingerprint"])
    op.create_table(
        "track_artist",
        sa.Column("track_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_normalised", _BY_CODE_POINT, nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("track_id", "position"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_track_artist_name", "track_artist", ["name_normalised", "track_id"])
    op.create_table(
        "track_genre",
        sa.Column("track_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("genre_normalised", sa.String(), nullable=False),
        sa.Column("genre", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("track_id", "genre_normalised"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_track_genre_name", "track_genre", ["genre_normalised", "track_id"])
    op.create_table(
        "track_reference",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("track_id", _BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("reference"),
    )
    op.create_index("ix_track_reference_track_id", "track_reference", ["track_id"])
    op.create_table(
        "track_spotify_id",
        sa.Column("spotify_id", sa.String(), nullable=False),
        sa.Column("track_id", _BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("spotify_id"),
    )
    op.create_index("ix_track_spotify_id_track_id", "track_spotify_id", ["track_id"])
    if op.get_context().dialect.name == "sqlite":
        op.execute(_SEARCH)
