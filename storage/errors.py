"""What can go wrong in storage.

StorageError
├── DatabaseUnavailableError  the database cannot be opened
├── DatabaseFailedError       it fails while it is used: full disk, lock, damage
├── WrongKeyError             what is encrypted was encrypted with another key
├── KeyFileError              the key file is not one
└── NewerDatabaseError        a newer release has migrated this database

Every message is safe to show and says what to do.
"""


class StorageError(Exception):
    """Base of what storage raises on purpose."""


class DatabaseUnavailableError(StorageError):
    """The database cannot be opened."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"The database {url} cannot be opened: {reason}. Check DATABASE_URL and the folder's permissions."
        )
        self.url = url
        self.reason = reason


class DatabaseFailedError(StorageError):
    """The database fails while it is used."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"The database {url} fails: {reason}. What was under way was not saved.")
        self.url = url
        self.reason = reason


class WrongKeyError(StorageError):
    """Encrypted text cannot be read with the keys we have."""

    def __init__(self) -> None:
        super().__init__(
            "The encryption key does not fit this database. Restore the key it was used with "
            "(ENCRYPTION_KEY, or the key file of this installation); without it every member has to link again."
        )


class KeyFileError(StorageError):
    """A key file holds something else."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"The encryption key file {path} cannot be used: {reason}.")
        self.path = path
        self.reason = reason


class NewerDatabaseError(StorageError):
    """The database knows a migration that this release does not."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"This database was migrated by a newer release of Cratedigger (revision {revision}). "
            "Upgrade the program, or restore a backup that is older."
        )
        self.revision = revision
