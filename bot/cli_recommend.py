"""``cratedigger recommend``: suggestions for whoever sits at the terminal, and for programs."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from bot.settings import from_here, read_installed_settings

if TYPE_CHECKING:
    from bot.services.asks import By, Method, Person
    from recommender.types import MemberId

LARGEST_ID = 2**63 - 1
"""Discord's ids are smaller; databases hold no more."""

err = Console(stderr=True)

Track = Annotated[
    list[str] | None,
    typer.Option(
        help="A title, `title - artist` or Spotify link; repeatable. A link, or title and artist, that the catalog "
        "does not know is looked up."
    ),
]
NotLike = Annotated[
    list[str] | None,
    typer.Option(help="A track or an artist that suggestions should not be like; repeatable, beside any seed."),
]
Member = Annotated[
    list[int] | None,
    typer.Option(
        help="Discord id of a member with a history. Of several who opened their taste, a list is made that leaves the "
        "least happy of them as happy as can be.",
        min=1,
        max=LARGEST_ID,
    ),
]
Playlist = Annotated[
    str | None,
    typer.Option(help="A playlist of a dataset file, by name or id; or a Spotify link, read as the member of --as."),
]
Asking = Annotated[
    int | None,
    typer.Option("--as", help="Discord id of the member who asks: what they know is left out.", min=1, max=LARGEST_ID),
]


def recommend(
    track: Track = None,
    artist: Annotated[str | None, typer.Option(help="An artist of the catalog.")] = None,
    album: Annotated[str | None, typer.Option(help="An album of the catalog: `title`, or `title - artist`.")] = None,
    playlist: Playlist = None,
    prompt: Annotated[str | None, typer.Option(help='Free text: "songs for a night drive".')] = None,
    cover: Annotated[Path | None, typer.Option(help="A picture file.")] = None,
    member: Member = None,
    other: Annotated[
        int | None,
        typer.Option(
            "--with", help="Discord id of a member who opened their taste: it is started from.", min=1, max=LARGEST_ID
        ),
    ] = None,
    path_from: Annotated[str | None, typer.Option(help="The song that a path starts with; see --track.")] = None,
    path_to: Annotated[str | None, typer.Option(help="The song that it ends with.")] = None,
    not_like: NotLike = None,
    asking: Asking = None,
    count: Annotated[int, typer.Option(help="How many; of a path, with both ends.", min=1, max=100)] = 10,
    by: Annotated[str, typer.Option(help="everything, words, cover, sound or people.")] = "everything",
    method: Annotated[
        str, typer.Option(help="engine, or mean: the mean vector of the songs, as an earlier system did.")
    ] = "engine",
    mix: Annotated[float, typer.Option(help="Weight of popularity, 0 to 1.", min=0, max=1)] = 0.1,
    discovery: Annotated[float, typer.Option(help="0 familiar to 1 unknown.", min=0, max=1)] = 0.5,
    decade: Annotated[int | None, typer.Option(help="For instance 1990.", min=1900, max=2090)] = None,
    genre: Annotated[str | None, typer.Option(help="A genre of the catalog; its kinds count too.")] = None,
    language: Annotated[str | None, typer.Option(help="That is sung: a name or an ISO 639 code.")] = None,
    max_minutes: Annotated[float | None, typer.Option(help="Longest song.", min=0.1, max=1440)] = None,
    min_popularity: Annotated[int, typer.Option(help="Least popular song, 0 to 100.", min=0, max=100)] = 0,
    max_popularity: Annotated[int, typer.Option(help="Most popular song; unknown counts as 0.", min=0, max=100)] = 100,
    clean: Annotated[bool, typer.Option("--clean", help="Leave out what is marked explicit.")] = False,
    roll: Annotated[int, typer.Option(help="Another good list; the same number brings it again.", min=0)] = 0,
    reroll: Annotated[bool, typer.Option("--reroll", help="Draw a number for --roll, and print it.")] = False,
    why: Annotated[
        bool, typer.Option("--why", help="Say where each would stand without its words, cover, sound or people.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")] = False,
) -> None:
    """Recommend from songs, an artist, an album, a playlist, a text, a cover or members' histories.

    Or find the way from one song to another, every step close to the last.
    """
    from bot.services.asks import Ask
    from bot.wiring import open_recommending
    from recommender.ranking.rolls import LARGEST_ROLL
    from recommender.types import Filters, PopularityBand

    path = _path(path_from, path_to, count)
    seeds: dict[str, object] = {
        "--track": track,
        "--artist": artist,
        "--album": album,
        "--playlist": playlist,
        "--prompt": prompt,
        "--cover": cover,
        "--member": member,
        "--with": other,
        "--path-from": path,
    }
    if sum(seed is not None and seed != [] for seed in seeds.values()) != 1:
        _wrong(f"Name exactly one kind of seed: {', '.join(seeds)}.")
    if min_popularity > max_popularity:
        _wrong(f"--min-popularity: {min_popularity} is more than --max-popularity, {max_popularity}.")
    if roll > LARGEST_ROLL:
        _wrong(f"--roll: {roll} is more than {LARGEST_ROLL}.")
    if roll and reroll:
        _wrong("--reroll draws a number: leave --roll out.")
    who, group = _people(member or (), asking)
    ask = Ask(
        member=who,
        tracks=tuple(track or ()),
        artist=artist,
        album=album,
        playlist=playlist,
        prompt=prompt,
        cover=_picture(cover) if cover is not None else None,
        other=_person(other) if other is not None else None,
        group=group,
        path=path,
        unlike=tuple(not_like or ()),
        count=count,
        by=_by(by),
        method=_method(method, is_of_tracks_alone=bool(track) and not not_like),
        mix=mix,
        discovery=discovery,
        filters=Filters(
            decade=None if decade is None else decade - decade % 10,
            explicit=False if clean else None,
            genre=genre,
            max_ms=round(max_minutes * 60_000) if max_minutes is not None else None,
            popularity=PopularityBand(lowest=min_popularity, highest=max_popularity),
        ),
        language=language,
        roll=_drawn_roll() if reroll else roll,
    )
    with open_recommending(read_installed_settings(), tell=_tell) as recommending:
        recommending.get_ready()
        started = time.perf_counter()
        answer = recommending.answer(ask)
        took_ms = (time.perf_counter() - started) * 1000
    from bot.presenters.terminal import answer_json, answer_table

    if as_json:
        sys.stdout.write(json.dumps(answer_json(answer, took_ms=took_ms), ensure_ascii=False, default=str) + "\n")
        return
    Console().print(answer_table(answer, took_ms=took_ms, why=why))
    for note in answer.notes:
        err.print(note)


def _path(start: str | None, end: str | None, count: int) -> tuple[str, str] | None:
    from recommender.ranking.paths import SHORTEST_PATH

    if start is None and end is None:
        return None
    if start is None or end is None:
        _wrong("A path has two ends: name both --path-from and --path-to.")
    if count < SHORTEST_PATH:
        _wrong(f"--count: a path has at least {SHORTEST_PATH} songs.")
    return start, end


def _people(members: Sequence[int], asking: int | None) -> "tuple[MemberId | None, tuple[Person, ...]]":
    """Return who asks, and the group where there is one: one member alone asks for themselves."""
    from recommender.types import MemberId

    if len(members) == 1:
        if asking is not None and asking != members[0]:
            _wrong("One --member asks for themselves: leave --as out, or name them with --with.")
        return MemberId(members[0]), ()
    return (None if asking is None else MemberId(asking)), tuple(map(_person, members))


def _person(member: int) -> "Person":
    from bot.services.asks import Person
    from recommender.types import MemberId

    return Person(member=MemberId(member), name=f"member {member}")


def _picture(path: Path) -> bytes:
    from recommender.encoders.pictures import LARGEST_FILE

    found = from_here(path)
    if not found.is_file():
        _wrong(f"{path} is not a file." if found.exists() else f"There is no file {path}.")
    with found.open("rb") as file:
        return file.read(LARGEST_FILE + 1)


def _by(name: str) -> "By":
    from bot.services.asks import By

    if name not in set(By):
        _wrong(f"--by: {name!r} is none of {', '.join(By)}.")
    return By(name)


def _method(name: str, *, is_of_tracks_alone: bool) -> "Method":
    from bot.services.asks import Method

    if name not in set(Method):
        _wrong(f"--method: {name!r} is none of {', '.join(Method)}.")
    if Method(name) is Method.MEAN and not is_of_tracks_alone:
        _wrong("--method mean starts from songs alone: name them with --track, and leave --not-like out.")
    return Method(name)


def _drawn_roll() -> int:
    import numpy as np

    from recommender.ranking.rolls import drawn_roll

    return drawn_roll(np.random.default_rng())


def _tell(sentence: str) -> None:
    err.print(f"{sentence} …", style="dim", markup=False, highlight=False, soft_wrap=True)


def _wrong(sentence: str) -> NoReturn:
    err.print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(2)
