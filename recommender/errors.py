"""What can go wrong in the recommender.

    RecommenderError
    ├── EncoderUnavailableError   the weights or the model are not here
    ├── WeightsCorruptError       the weights are not the ones we know
    ├── PictureRefusedError       not a picture, or one too large to decode safely
    ├── IndexFileError            an index file is missing, torn or of another fingerprint
    ├── EmptyCatalogError         nothing is embedded yet
    └── NothingToGoOnError        the seed gives no direction (no signals, no vectors)

Every message is safe to show and says what to do.
"""


class RecommenderError(Exception):
    """Base of what the recommender raises on purpose."""


class EncoderUnavailableError(RecommenderError):
    """An encoder was named whose weights are not on this machine."""

    def __init__(self, name: str, what_to_do: str) -> None:
        super().__init__(f"The encoder {name!r} is not available here: {what_to_do}")
        self.name = name


class WeightsCorruptError(RecommenderError):
    """A weights file has another SHA-256 than the one we know."""

    def __init__(self, path: str, expected: str, actual: str) -> None:
        super().__init__(
            f"{path} is not the file we know (SHA-256 {actual[:12]}…, expected {expected[:12]}…): reinstall it."
        )
        self.path = path
        self.expected = expected
        self.actual = actual


class PictureRefusedError(RecommenderError):
    """Bytes that should be a cover cannot be used as one."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"This picture cannot be used: {reason}. Send a JPEG, PNG or WebP of ordinary size.")
        self.reason = reason


class IndexFileError(RecommenderError):
    """An index file is missing, torn or was made for something else."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"The index {path} cannot be used: {reason}. It is rebuilt from the database.")
        self.path = path
        self.reason = reason


class EmptyCatalogError(RecommenderError):
    """There is nothing to recommend from."""

    def __init__(self) -> None:
        super().__init__(
            "The catalog has no searchable tracks yet. Import some with `cratedigger catalog import FILE`, "
            "then run `cratedigger catalog embed`."
        )


class NothingToGoOnError(RecommenderError):
    """The seed gives no direction."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
