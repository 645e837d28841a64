"""Covers with genres, from a folder, an archive or a table, and measuring methods on them."""

import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath
from typing import Final

from bot.errors import DatasetFileError
from bot.services.dataset_files import open_dataset
from bot.services.dataset_names import USUAL_NAMES, plain_name
from bot.services.dataset_values import genres_of, names_of, text_of
from bot.services.evaluation import Measured, made_with
from recommender.encoders.pictures import LARGEST_FILE
from recommender.evaluation.compare import Report, compared
from recommender.evaluation.cover_baselines import COVER_BASELINES, Encoded, raw, served
from recommender.evaluation.cover_dataset import Cover, cover_dataset
from recommender.evaluation.cover_task import CoverMethod, measured_covers
from recommender.evaluation.methods import CNN, OURS
from recommender.evaluation.splits import SplitKind, Task
from recommender.ports import ImageEncoder, Progress

_PICTURES: Final = ("cover_path", "image_path", "picture_path", "path", "file_path", "filepath", "file", "filename",
                    "file_name", "picture", *USUAL_NAMES["cover"])  # fmt: skip
_GENRES: Final = (*USUAL_NAMES["genres"], "top_genre", "primary_genre", "category", "class", "label", "tag", "tags")
_ARTISTS: Final = (*USUAL_NAMES["artists"], "main_artist", "primary_artist")
_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
"""By which an archive of pictures is told from one that holds a table."""
_ZIP: Final = b"PK\x03\x04"
_PROGRESS_STEPS: Final = 1_000
_HIDDEN: Final = (".", "__MACOSX")
_TORN: Final = (OSError, EOFError, KeyError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What reading one file of a folder or an archive raises; the last two where it is encrypted or oddly compressed."""


def measure_covers(
    source: Path,
    *,
    methods: Sequence[str],
    k: int,
    seeds: Sequence[int],
    encoder: ImageEncoder,
    encoders: Mapping[str, ImageEncoder],
    reading: Progress | None = None,
    describing: Progress | None = None,
    report: Report | None = None,
) -> Measured:
    """Measure methods on covers.

    Args:
        source: As of :func:`open_covers`.
        methods: Names of :func:`recommender.evaluation.methods.names_for` covers, or of ``encoders``.
        k: Places of a list that count.
        seeds: One run of each method per seed.
        encoder: That of the settings.
        encoders: Further ones, measured beside it.
        reading: Counts the pictures that are looked at.
        describing: Counts the pictures that a method describes.
        report: Is told what comes next.

    Raises:
        DatasetFileError: The pictures cannot be used for this.
    """
    try:
        with open_covers(source, progress=reading) as covers:
            dataset = cover_dataset(covers)
            known = _methods(encoder, encoders)
            chosen = {name: known[name] for name in methods}
            evaluation = measured_covers(dataset, chosen, k=k, seeds=seeds, report=report, progress=describing)
    except ValueError as error:
        raise DatasetFileError(source.name, str(error)) from error
    against = (compared(evaluation.rows, name, among=tuple(COVER_BASELINES)) for name in (CNN, OURS))
    return Measured(
        task=Task.COVERS,
        split=SplitKind.GENRE,
        k=k,
        seeds=tuple(seeds),
        file=source.name,
        evaluation=evaluation,
        comparisons=tuple(each for each in against if each is not None),
        provenance={
            **made_with("pillow", "scikit-image"),
            "image encoder": encoder.fingerprint,
            "SHA-256 of the pictures": dataset.digest,
        },
    )


@contextmanager
def open_covers(source: Path, *, progress: Progress | None = None) -> Iterator[Iterable[Cover]]:
    """Give the pictures of a folder, of a zip archive or of a table; they can be read until the block ends.

    A folder or an archive has a folder for each genre, with pictures at any depth in it. A table (CSV or Parquet) has a
    column with the path of a picture, relative to the table, and one with its genre, and may have one with its artist.

    Args:
        source: Which of these.
        progress: Counts the pictures that were given.

    Raises:
        DatasetFileError: It is none of these, it cannot be read, or it names no pictures or genres.
    """
    if source.is_dir():
        yield _in_folder(source, progress)
        return
    try:
        archive = _archive(source)
    except (OSError, zipfile.BadZipFile) as error:
        raise DatasetFileError(source.name, f"it cannot be read ({error})") from error
    if archive is None:
        yield _in_table(source, progress)
        return
    with archive:
        yield _in_folder(zipfile.Path(archive), progress)


def _methods(encoder: ImageEncoder, others: Mapping[str, ImageEncoder]) -> dict[str, CoverMethod]:
    default = Encoded(encoder)
    return {
        **COVER_BASELINES,
        **{name: raw(Encoded(each)) for name, each in others.items()},
        CNN: raw(default),
        OURS: served(default),
    }


def _archive(source: Path) -> zipfile.ZipFile | None:
    """Return an archive of pictures; None where the file is something else."""
    with source.open("rb") as file:
        if file.read(len(_ZIP)) != _ZIP:
            return None
    archive = zipfile.ZipFile(source)
    if any(PurePath(name).suffix.lower() in _SUFFIXES for name in archive.namelist()):
        return archive
    archive.close()
    return None


def _in_folder(root: Traversable, progress: Progress | None) -> Iterator[Cover]:
    while len(inside := _visible(root)) == 1 and any(each.is_dir() for each in _visible(inside[0])):
        root = inside[0]  # as archives often are: one folder with everything in it
    found = [
        *((each, "") for each in inside if not each.is_dir()),
        *((file, folder.name) for folder in inside for file in _files(folder)),
    ]
    for number, (file, genre) in enumerate(found, start=1):
        name = f"{genre}/{file.name}" if genre else file.name
        problem = None if genre else "in no genre's folder"
        yield Cover(name=name, genre=genre, read=partial(_read, file), problem=problem)
        if progress is not None:
            progress(number, len(found))


def _visible(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted((each for each in folder.iterdir() if not each.name.startswith(_HIDDEN)), key=lambda each: each.name)


def _files(folder: Traversable) -> Iterator[Traversable]:
    for each in _visible(folder):
        if each.is_dir():
            yield from _files(each)
        else:
            yield each


def _in_table(source: Path, progress: Progress | None) -> Iterator[Cover]:
    file = open_dataset(source)
    names = [plain_name(name) for name in file.columns]
    pictures, genres, artists = (
        [names.index(name) for name in usual if name in names] for usual in (_PICTURES, _GENRES, _ARTISTS)
    )
    for positions, what in ((pictures, "pictures (path or image)"), (genres, "genres (genre)")):
        if not positions:
            seen = ", ".join(name for name in file.columns if name)[:300]
            raise DatasetFileError(source.name, f"no column names the {what}; the columns are: {seen}")
    for row in file.rows(only=sorted({*pictures, *genres, *artists})):
        if progress is not None:
            progress(round(file.fraction_read * _PROGRESS_STEPS), _PROGRESS_STEPS)
        if row.problem is not None:
            continue
        path = next((each for at in pictures if (each := text_of(row.values[at])) is not None), None)
        genre = next((each for at in genres for each in genres_of([row.values[at]])), "")
        yield Cover(
            name=path or f"row {row.number + 1}",
            genre=genre,
            artist=next((each for at in artists for each in names_of(row.values[at])), None),
            read=partial(_read, source.parent / (path or "")),
            problem=_problem(path, genre),
        )


def _problem(path: str | None, genre: str) -> str | None:
    if path is None:
        return "without a path"
    if "://" in path:
        return "on the web, where nothing is fetched from here"
    return None if genre else "without a genre"


def _read(file: Traversable) -> bytes | None:
    try:
        with file.open("rb") as stream:
            # One byte more than a picture may have tells that it is too large.
            return stream.read(LARGEST_FILE + 1)
    except _TORN:
        return None
