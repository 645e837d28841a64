"""Covers with genres as what the cover task measures on: each picture once."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from recommender.encoders.pictures import pixels_of
from recommender.errors import PictureRefusedError
from recommender.evaluation.datasets import Rows
from recommender.songs import normalised

NOBODY: Final = -1
"""Stands for an artist that is not known."""
_SMALLEST_GENRE: Final = 2
"""Pictures: one that is alone has nothing to be found."""
_CHECKED_SIDE: Final = 32
"""Pixels at which a picture is decoded to see whether it can be; small, because a JPEG is then decoded faster."""
_EXAMPLES: Final = 3

ReadPicture = Callable[[], bytes | None]
"""Returns a picture file, or None where there is none that can be read."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cover:
    """One picture as a file or a folder names it."""

    name: str
    genre: str
    artist: str | None = None
    read: ReadPicture
    problem: str | None = None
    """Why it cannot be used, where that is known without reading it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoverDataset:
    """Pictures that can be used, each once, and what belongs together."""

    reads: tuple[ReadPicture, ...]
    """One per picture; the pictures themselves need not be in memory."""
    genres: Rows
    """Shape (pictures,): a number per genre."""
    genre_names: tuple[str, ...]
    artists: Rows
    """Shape (pictures,): a number per artist; :data:`NOBODY` where none is known."""
    left_out: Mapping[str, int]
    """Why → pictures."""
    examples: Mapping[str, tuple[str, ...]]
    """Why → names of the first few of them."""
    digest: str
    """SHA-256 over the sums of all pictures."""

    def picture(self, row: int) -> bytes:
        """Return a picture file.

        Raises:
            ValueError: It is gone since the dataset was made.
        """
        found = self.reads[row]()
        if found is None:
            raise ValueError("a picture that was there before is gone")
        return found


def cover_dataset(covers: Iterable[Cover]) -> CoverDataset:
    """Return the pictures that can be used; whatever cannot is counted with its reason.

    Files with the same bytes are one picture, of the genre that most of them have and of the first artist that is
    known: the tracks of an album share a cover, and finding it again would be no find.

    Raises:
        ValueError: There are no two genres with at least two pictures each.
    """
    merged = _Merged()
    for cover in covers:
        merged.add(cover)
    sizes = Counter(merged.genre(row) for row in range(len(merged.reads)))
    kept = [row for row in range(len(merged.reads)) if sizes[merged.genre(row)] >= _SMALLEST_GENRE]
    for row in range(len(merged.reads)):
        if sizes[merged.genre(row)] < _SMALLEST_GENRE:
            merged.leave_out(merged.names[row], "alone in its genre")
    names = tuple(sorted({merged.genre(row) for row in kept}))
    if len(names) < 2:  # noqa: PLR2004 -- one genre is nothing to tell apart
        reasons = "".join(f"; {count:,} {why}" for why, count in merged.left_out.items())
        message = f"there are no two genres with two usable pictures each{reasons}"
        raise ValueError(message)
    artists: dict[str, int] = {}
    return CoverDataset(
        reads=tuple(merged.reads[row] for row in kept),
        genres=np.asarray([names.index(merged.genre(row)) for row in kept], dtype=np.int64),
        genre_names=names,
        artists=np.asarray(
            [
                NOBODY if (artist := merged.artists[row]) is None else artists.setdefault(artist, len(artists))
                for row in kept
            ],
            dtype=np.int64,
        ),
        left_out=dict(merged.left_out),
        examples={why: tuple(names) for why, names in merged.examples.items()},
        digest=hashlib.sha256("".join(sorted(merged.digests)).encode()).hexdigest(),
    )


class _Merged:
    """Pictures by what is in them."""

    def __init__(self) -> None:
        self.reads: list[ReadPicture] = []
        self.names: list[str] = []
        self.artists: list[str | None] = []
        self.digests: dict[str, int] = {}
        """SHA-256 → row."""
        self.left_out: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}
        self._genres: list[Counter[str]] = []

    def add(self, cover: Cover) -> None:
        picture = cover.read() if cover.problem is None else None
        if picture is None:
            self.leave_out(cover.name, cover.problem or "not there or not readable")
            return
        try:
            pixels_of(picture, _CHECKED_SIDE)
        except PictureRefusedError as error:
            self.leave_out(cover.name, f"refused: {error.reason}")
            return
        digest = hashlib.sha256(picture).hexdigest()
        row = self.digests.setdefault(digest, len(self.reads))
        artist = normalised(cover.artist) or None if cover.artist is not None else None
        if row < len(self.reads):
            self.leave_out(cover.name, "the same picture again")
            self.artists[row] = self.artists[row] or artist
        else:
            self.reads.append(cover.read)
            self.names.append(cover.name)
            self.artists.append(artist)
            self._genres.append(Counter())
        self._genres[row][cover.genre] += 1

    def genre(self, row: int) -> str:
        return self._genres[row].most_common(1)[0][0]

    def leave_out(self, name: str, why: str) -> None:
        self.left_out[why] += 1
        examples = self.examples.setdefault(why, [])
        if len(examples) < _EXAMPLES:
            examples.append(name)
