"""CONTENT_SOURCES=open with the real bot process: what Spotify says of a track reaches no encoder."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from bot.playground.app import Playground
from bot.playground.sample.catalog import SampleTrack, sample_catalog
from bot.playground.sample.listeners import LISTENERS
from bot.playground.spotify_standin_data import StandInAccount, StandInMoment, StandInTrack, made_up_id
from recommender.encoders.registry import image_encoder, text_encoder
from recommender.encoders.track_text import track_vectors
from recommender.ports import Words
from recommender.types import Vector
from tests.journeys.test_spine import ANSWER_S, linked, recommended

NOOR = LISTENERS[4]
SPOTIFYS = "Spotified"
"""Stands in all names that the stand-in Spotify gives, and nowhere else."""
KNOWN = 3
"""Tracks that MusicBrainz and the Cover Art Archive know; one more is known to Spotify alone."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


class OpenPlayground(Playground):
    """A playground whose operator allows open sources alone."""

    @property
    def settings(self) -> dict[str, str]:
        return {**super().settings, "CONTENT_SOURCES": "open"}


def as_spotify_says(track: SampleTrack, cover_url: str, *, is_known: bool) -> StandInTrack:
    return StandInTrack(
        spotify_id=track.spotify_id,
        title=f"{track.facts.title} {SPOTIFYS}",
        artists=(f"{track.facts.artists[0]} {SPOTIFYS}",),
        album=f"{track.album.name} {SPOTIFYS}",
        album_id=made_up_id(f"{SPOTIFYS} {track.album.spotify_id}"),
        released=str(track.album.released),
        duration_ms=track.facts.duration_ms or 0,
        explicit=False,
        isrc=track.facts.isrc if is_known else None,
        cover_url=cover_url,
    )


def unheard() -> list[SampleTrack]:
    """Return tracks of different albums that the dataset does not hold."""
    by_album = {track.album.spotify_id: track for track in sample_catalog().unheard}
    return list(by_album.values())[: KNOWN + 1]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def playground(tmp_path_factory: pytest.TempPathFactory, prepared_home: Path) -> AsyncIterator[Playground]:
    home = tmp_path_factory.mktemp("policy") / "home"
    shutil.copytree(prepared_home, home, symlinks=True)
    async with OpenPlayground(home, page_port=0) as playground:
        spotifys_cover = playground.content.add_picture(SPOTIFYS, sample_catalog().albums[0].cover)
        told = [
            as_spotify_says(track, spotifys_cover, is_known=number < KNOWN) for number, track in enumerate(unheard())
        ]
        now = datetime.now(UTC)
        plays = tuple(StandInMoment(track, now - timedelta(hours=1 + hour)) for hour, track in enumerate(told))
        playground.spotify.login.update(StandInAccount(user_id="noor", display_name="Noor", plays=plays))
        await playground.start_bot()
        yield playground
        assert playground.content.problems == []


class Embedded:
    """The vectors that the bot's process stored, by Spotify id."""

    def __init__(self, home: Path) -> None:
        self._database = sqlite3.connect(home / "cratedigger.sqlite")

    def text(self, track: SampleTrack) -> Vector | None:
        return self._vector("SELECT v.vector FROM text_vector v WHERE v.track_id = ?", track)

    def cover(self, track: SampleTrack) -> Vector | None:
        return self._vector(
            "SELECT v.vector FROM cover_vector v JOIN track t ON t.album_id = v.album_id WHERE t.id = ?", track
        )

    def _vector(self, query: str, track: SampleTrack) -> Vector | None:
        key = self._database.execute(
            "SELECT track_id FROM track_spotify_id WHERE spotify_id = ?", (track.spotify_id,)
        ).fetchone()
        row = None if key is None else self._database.execute(query, key).fetchone()
        return None if row is None else np.frombuffer(row[0], dtype="<f4")


async def test_with_open_alone_only_open_words_and_covers_are_embedded(playground: Playground) -> None:
    *known, unknown = unheard()
    stored = Embedded(playground.home)
    texts, images = (
        text_encoder("minilm", playground.home / "models"),
        image_encoder("efficientnet-lite0", playground.home / "models"),
    )

    await linked(playground, NOOR.discord_id, "noor")
    messages = await recommended(playground, NOOR.discord_id)
    async with asyncio.timeout(ANSWER_S):
        while any(stored.text(each) is None or stored.cover(each) is None for each in (*known, unknown)):  # noqa: ASYNC110 -- another process works
            await asyncio.sleep(0.1)

    assert messages
    for track in known:
        opens = Words(
            title=track.facts.title,
            artists=track.facts.artists,
            album=track.album.name,
            genres=track.facts.genres,
            lyrics=None,
        )
        assert _cosine(stored.text(track), track_vectors(texts, [opens])[0]) > 0.999
        assert _cosine(stored.cover(track), images.encode([track.album.cover()])[0]) > 0.999
    for nothing in (stored.text(unknown), stored.cover(unknown)):
        assert nothing is not None
        assert not nothing.any()
    assert not any(SPOTIFYS in request.path for request in playground.content.requests)


def _cosine(stored: Vector | None, expected: Vector) -> float:
    assert stored is not None
    return float(stored @ expected / (np.linalg.norm(stored) * np.linalg.norm(expected)))
