"""``cratedigger map``: maps and charts of the catalog, of a member's listening, or of songs."""

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from bot.settings import from_here, read_installed_settings

LARGEST_ID = 2**63 - 1
"""Discord's ids are smaller; databases hold no more."""
FEWEST_AREAS, MOST_AREAS = 2, 10
"""On one map: there are no more colours to tell them apart by."""


def draw_map(
    member: Annotated[
        int | None, typer.Option(help="Discord id of a member with a history.", min=1, max=LARGEST_ID)
    ] = None,
    track: Annotated[
        list[str] | None, typer.Option(help="A title, `title - artist` or Spotify link; repeatable.")
    ] = None,
    kind: Annotated[str, typer.Option(help="map, genres, decades or sound.")] = "map",
    by: Annotated[str, typer.Option(help="pca or tsne: how a map is laid out.")] = "tsne",
    areas: Annotated[
        int | None,
        typer.Option(
            help="That K-means parts a map into; their number is found if left out.", min=FEWEST_AREAS, max=MOST_AREAS
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed draws the same map.", min=0, max=2**32 - 1)] = 0,
    out: Annotated[Path | None, typer.Option(help="PNG file to write the picture to.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the values as JSON alone on standard output.")] = False,
) -> None:
    """Draw a map or a chart: of the whole catalog, of a member's listening, or of songs.

    A map shows at most 3,000 tracks by t-SNE and 10,000 by PCA: of a larger catalog a sample.
    """
    from bot.services.taste_answers import Kind, Subject
    from bot.wiring import open_taste_maps
    from recommender.projection import Projection
    from recommender.types import MemberId

    if member is not None and track:
        _wrong("Name one: --member or --track.")
    if kind not in set(Kind):
        _wrong(f"--kind: {kind!r} is none of {', '.join(Kind)}.")
    if by not in set(Projection):
        _wrong(f"--by: {by!r} is none of {', '.join(Projection)}.")
    if out is None and not as_json:
        _wrong("Name a picture with --out FILE.png, or ask for --json.")
    picture_file = _checked(out) if out is not None else None
    err = Console(stderr=True)
    subject = Subject(
        member=MemberId(member) if member is not None else None,
        called=f"member {member}" if member is not None else None,
        tracks=tuple(track or ()),
    )
    with open_taste_maps(read_installed_settings()) as maps, err.status("Opening the catalog") as status:
        answer = maps.answer(subject, Kind(kind), by=Projection(by), clusters=areas, seed=seed, report=status.update)
    from bot.presenters.taste_answers import json_of, picture_of

    if picture_file is not None:
        with err.status("Drawing"):
            picture = picture_of(answer)
        picture_file.write_bytes(picture.png)
        if not as_json:
            Console().print(f"{out}: {picture.alt}", markup=False, highlight=False, soft_wrap=True)
    if as_json:
        sys.stdout.write(json.dumps(json_of(answer), ensure_ascii=False) + "\n")


def _checked(out: Path) -> Path:
    """Return where a picture can be written, before any work is done for it."""
    path = from_here(out)
    if path.suffix.casefold() != ".png":
        _wrong(f"--out: {out} does not end in .png, which is what is drawn.")
    if path.is_dir() or not path.parent.is_dir():
        _wrong(f"--out: {out} is a folder." if path.is_dir() else f"--out: there is no folder {out.parent}.")
    return path


def _wrong(sentence: str) -> NoReturn:
    Console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(2)
