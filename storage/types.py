"""Column types: moments that are aware, and text that is encrypted."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, Text
from sqlalchemy.types import TypeDecorator

from storage.crypto import Cipher

_CIPHER = "cratedigger_cipher"


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. It must be aware when it goes in, and comes out as aware UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC.

        Raises:
            ValueError: The moment is naive.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"{value!r} is naive: moments are stored with their time zone"
            raise ValueError(msg)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the stored moment as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EncryptedText(TypeDecorator[str]):
    """Text that is encrypted on its way into the database and decrypted on its way out.

    The cipher is the one of the database it is used with: see :func:`carry_cipher`.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the encrypted text."""
        return None if value is None else _cipher_of(dialect).encrypt(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the plain text.

        Raises:
            WrongKeyError: It was encrypted with another key.
        """
        return None if value is None else _cipher_of(dialect).decrypt(value)


def carry_cipher(engine: Engine, cipher: Cipher) -> None:
    """Let the encrypted columns of this engine, and of no other, use ``cipher``."""
    # A column type is made once per process, an engine once per database; of the engine it sees the dialect.
    setattr(engine.dialect, _CIPHER, cipher)


def _cipher_of(dialect: Any) -> Cipher:
    cipher = getattr(dialect, _CIPHER, None)
    if not isinstance(cipher, Cipher):
        raise TypeError("this engine carries no cipher; open the database with Database.open")
    return cipher
