"""Encryption of what must not be readable in a copy of the database."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from storage.errors import KeyFileError, WrongKeyError


class Cipher:
    """Encrypts with the first of its keys and decrypts with any, so that keys can be changed."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take Fernet keys, the current one first.

        Raises:
            ValueError: There is none, or one is not 32 bytes in URL-safe base64.
        """
        if not keys:
            raise ValueError("a cipher needs at least one key")
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    @staticmethod
    def generate_key() -> str:
        """Return a new random key."""
        return Fernet.generate_key().decode("ascii")

    def encrypt(self, plain: str) -> str:
        """Return text that says nothing about ``plain``; it differs each time."""
        return self._fernet.encrypt(plain.encode()).decode("ascii")

    def decrypt(self, encrypted: str) -> str:
        """Return what was encrypted.

        Raises:
            WrongKeyError: None of the keys fits, or the text was changed.
        """
        try:
            return self._fernet.decrypt(encrypted).decode()
        except InvalidToken as error:
            raise WrongKeyError from error


def load_or_create_key(path: Path) -> str:
    """Return the key that lies in a file; make one, readable by its owner alone, where there is no file.

    Two processes that start at once get the same key.

    Raises:
        KeyFileError: The file holds something other than a key.
    """
    if not path.exists():
        _create(path)
    key = path.read_text("ascii", errors="replace").strip()
    try:
        Fernet(key)
    except ValueError as error:
        raise KeyFileError(str(path), "it does not hold a key of 32 bytes in URL-safe base64") from error
    return key


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # readable by its owner alone
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{Cipher.generate_key()}\n")
            file.flush()
            os.fsync(file.fileno())
        # A link fails where a rename would replace: whoever comes second reads the first one's key.
        os.link(beside, path)
    except FileExistsError:
        return
    finally:
        beside.unlink(missing_ok=True)
