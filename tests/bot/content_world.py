"""A catalog in a folder, and stand-in services for words and covers that plain blocking code can ask."""

import asyncio
import io
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from PIL import Image

from bot.playground.content_standin import StandInSong
from bot.settings import Settings
from recommender.types import Fact, Source, Track, TrackFacts
from storage.crypto import Cipher
from storage.database import Database


class Starts(Protocol):
    """A stand-in service."""

    async def start(self) -> Any: ...

    async def stop(self) -> None: ...


StandIn = TypeVar("StandIn", bound=Starts)


@dataclass
class SecondsClock:
    """A clock that goes only when it is turned, or slept by."""

    at: float = 0.0
    slept: float = 0.0

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.at += seconds


def a_picture(colour: str = "purple", kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(file, kind)
    return file.getvalue()


def a_song(title: str = "Paper Lanterns", **changes: object) -> StandInSong:
    facts: dict[str, object] = {
        "title": title,
        "artists": ("Ilse Varga",),
        "album": "Night Ferry",
        "duration_ms": 200_000,
        "isrc": "XXA012600001",
        "genres": ("dream pop", "electronic"),
        "released": "2019-05-03",
        "lyrics": f"{title} over the harbour\nall the way home",
        "cover": a_picture,
    }
    return StandInSong(**{**facts, **changes})  # type: ignore[arg-type]


def facts_of(song: StandInSong, source: Source = Source.SPOTIFY, **changes: object) -> TrackFacts:
    """What a source says about a stand-in song; every group of facts comes from it."""
    facts: dict[str, object] = {
        "title": song.title,
        "artists": song.artists,
        "album": song.album,
        "duration_ms": song.duration_ms,
        "isrc": song.isrc,
        "genres": ("said by " + source.value,),
        "sources": {fact: source for fact in Fact if fact is not Fact.AUDIO},
    }
    return TrackFacts(**{**facts, **changes})  # type: ignore[arg-type]


@contextmanager
def running(stand_in: StandIn) -> Iterator[StandIn]:
    """Let the stand-in answer on another thread, so that blocking code can ask it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(stand_in.start(), loop).result(10)
        yield stand_in
    finally:
        asyncio.run_coroutine_threadsafe(stand_in.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def a_database(folder: Path) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{folder / 'catalog.sqlite'}", Cipher([Cipher.generate_key()]))
    try:
        yield database
    finally:
        database.close()


def settings_for(base: str, **changes: object) -> Settings:
    values: dict[str, object] = {
        "lyrics_api_base": base,
        "musicbrainz_api_base": base,
        "cover_art_archive_base": base,
        "public_url": "http://127.0.0.1:8080",
    }
    return Settings(_env_file=None, **{**values, **changes})  # type: ignore[arg-type]


def stored_tracks(database: Database, facts: Sequence[TrackFacts]) -> list[Track]:
    """Save facts and return the tracks in order."""
    with database.transaction() as stored:
        keys = [merged.key for merged in stored.tracks.add_or_merge(facts)]
    return tracks_by_key(database, keys)


def tracks_by_key(database: Database, keys: Sequence[int]) -> list[Track]:
    with database.reading() as stored:
        found: Mapping[int, Track] = stored.tracks.of_keys(keys)  # type: ignore[arg-type, assignment]
    return [found[key] for key in keys]
