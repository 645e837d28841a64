"""Ingestion fills what is missing, in chunks that can be stopped, killed and refused."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from recommender import ingestion
from recommender.encoders.registry import text_encoder
from recommender.encoders.track_text import compose
from recommender.errors import EncoderUnavailableError
from recommender.ingestion import Ingestion
from recommender.lyric_terms import lyric_terms
from recommender.ports import ImageEncoder, LyricTerms, TextEncoder, VectorStore, Words
from recommender.types import AlbumKey, Matrix, Track, TrackKey, Vector
from tests.contracts.encoders import SAME
from tests.recommender.encoders.drawings import PATTERNS, as_file, drawn

Encoders = tuple[TextEncoder, ImageEncoder]


class MemoryStore:
    """A VectorStore in a dictionary."""

    def __init__(self, tracks: Sequence[Track]) -> None:
        self.catalog = sorted(tracks, key=lambda track: track.key)
        self.text: dict[tuple[str, TrackKey], Vector] = {}
        self.covers: dict[tuple[str, AlbumKey], Vector] = {}
        self.saves: list[int] = []
        self.languages: dict[TrackKey, str] = {}
        self.terms: dict[TrackKey, list[int]] = {}

    def tracks_missing_text(self, fingerprint: str, /, *, limit: int, after: TrackKey) -> list[Track]:
        return self._without_text(fingerprint, after)[:limit]

    def tracks_missing_cover(self, fingerprint: str, /, *, limit: int, after: AlbumKey) -> list[Track]:
        return self._without_cover(fingerprint, after)[:limit]

    def count_missing_text(self, fingerprint: str, /) -> int:
        return len(self._without_text(fingerprint, TrackKey(0)))

    def count_missing_cover(self, fingerprint: str, /) -> int:
        return len(self._without_cover(fingerprint, AlbumKey(0)))

    def save_text(
        self, fingerprint: str, keys: Sequence[TrackKey], vectors: Matrix, terms: LyricTerms | None = None, /
    ) -> None:
        assert terms is not None
        self.saves.append(len(keys))
        self.terms |= {key: terms.row(row)[0].tolist() for row, key in enumerate(keys)}
        self.text |= {(fingerprint, key): row for key, row in zip(keys, vectors, strict=True)}

    def save_languages(self, languages: Mapping[TrackKey, str], /) -> None:
        assert not any(key in languages for _, key in self.text), "the vectors say that a track is done"
        self.languages |= languages

    def save_cover(self, fingerprint: str, albums: Sequence[AlbumKey], vectors: Matrix, /) -> None:
        self.saves.append(len(albums))
        self.covers |= {(fingerprint, album): row for album, row in zip(albums, vectors, strict=True)}

    def _without_text(self, fingerprint: str, after: TrackKey) -> list[Track]:
        return [each for each in self.catalog if each.key > after and (fingerprint, each.key) not in self.text]

    def _without_cover(self, fingerprint: str, after: AlbumKey) -> list[Track]:
        by_album = {each.album_key: each for each in reversed(self.catalog) if each.album_key is not None}
        albums = sorted(album for album in by_album if album > after and (fingerprint, album) not in self.covers)
        return [by_album[album] for album in albums]


class Library:
    """Words and covers of invented tracks; every tenth track has no words, every ninth no cover."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.broken: set[TrackKey] = set()
        self.lyrics: dict[TrackKey, str] = {}

    def words_of(self, tracks: Sequence[Track], /) -> Sequence[Words | None]:
        self.asked.append(len(tracks))
        return [self._words(track) if track.key % 10 else None for track in tracks]

    def cover_of(self, track: Track, /) -> bytes | None:
        if track.key in self.broken:
            return b"a page that says 404"
        return as_file(drawn(track.key % PATTERNS).resize((64, 64))) if track.key % 9 else None

    def _words(self, track: Track) -> Words:
        return Words(title=track.title, artists=track.artists, album=None, genres=(), lyrics=self.lyrics.get(track.key))


def tracks(count: int, *, per_album: int = 1) -> list[Track]:
    return [
        Track(
            key=TrackKey(number),
            title=f"Song number {number}",
            artists=(f"Band {number % 7}",),
            album_key=AlbumKey((number - 1) // per_album + 1),
        )
        for number in range(1, count + 1)
    ]


@pytest.fixture
def encoders(minilm: TextEncoder, lite0: ImageEncoder) -> Encoders:
    return minilm, lite0


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion, "TRACKS_PER_CHUNK", 8)
    monkeypatch.setattr(ingestion, "COVERS_PER_CHUNK", 4)


def of(store: VectorStore, library: Library, encoders: Encoders) -> Ingestion:
    return Ingestion(store, *encoders, library, library, tracks_per_chunk=ingestion.TRACKS_PER_CHUNK)


def test_every_track_gets_the_vector_of_its_words_and_those_without_a_zero_row(
    library: Library, encoders: Encoders
) -> None:
    store = MemoryStore(tracks(25))
    work = of(store, library, encoders)

    summary = work.embed_text()

    assert (summary.done, summary.skipped, summary.stopped) == (23, 2, False)
    [seven] = encoders[0].encode([compose(library._words(store.catalog[6]))[0]])
    assert float(store.text[work.text_fingerprint, TrackKey(7)] @ seven) > SAME
    assert not store.text[work.text_fingerprint, TrackKey(10)].any()


def test_the_words_of_lyrics_are_kept_hashed_and_those_of_titles_are_not(library: Library, encoders: Encoders) -> None:
    library.lyrics = {TrackKey(2): "[Chorus: Band 2]\nRain, rain on me"}
    store = MemoryStore(tracks(3))

    of(store, library, encoders).embed_text()

    assert store.terms == {1: [], 2: lyric_terms(["on me rain"]).columns.tolist(), 3: []}


def test_the_language_of_lyrics_is_told_and_that_of_titles_is_not(library: Library, encoders: Encoders) -> None:
    spanish = (
        "Camino solo bajo la lluvia fría\nY cada calle sabe que fuiste mía\n"
        "La noche es larga y el río no se calla\nYo guardo tu recuerdo en la muralla"
    )
    library.lyrics = {TrackKey(2): spanish, TrackKey(3): "Oh oh oh", TrackKey(10): spanish}
    store = MemoryStore(tracks(12))

    of(store, library, encoders).embed_text()

    assert store.languages == {TrackKey(2): "es"}


def test_a_second_pass_does_nothing(library: Library, encoders: Encoders) -> None:
    store = MemoryStore(tracks(25))
    of(store, library, encoders).embed_text()
    library.asked.clear()

    summary = of(store, library, encoders).embed_text()

    assert (summary.done, summary.skipped) == (0, 0)
    assert library.asked == []


@pytest.mark.usefixtures("small_chunks")
def test_chunks_bound_what_is_held_and_each_is_saved_at_once(library: Library, encoders: Encoders) -> None:
    store = MemoryStore(tracks(25))

    of(store, library, encoders).embed_text()

    assert library.asked == [8, 8, 8, 1]
    assert store.saves == [8, 8, 8, 1]


@pytest.mark.usefixtures("small_chunks")
def test_progress_is_told_after_each_chunk(library: Library, encoders: Encoders) -> None:
    told: list[tuple[int, int]] = []

    of(MemoryStore(tracks(20)), library, encoders).embed_text(lambda done, total: told.append((done, total)))

    assert told == [(8, 20), (16, 20), (20, 20)]


@pytest.mark.usefixtures("small_chunks")
def test_a_stop_between_chunks_keeps_what_is_done_and_the_next_pass_goes_on(
    library: Library, encoders: Encoders
) -> None:
    store = MemoryStore(tracks(25))
    answers = iter([False, False, True])

    first = of(store, library, encoders).embed_text(stop=lambda: next(answers))
    second = of(store, library, encoders).embed_text()

    assert (first.done + first.skipped, first.stopped) == (16, True)
    assert (second.done + second.skipped, second.stopped) == (9, False)
    assert len(store.text) == 25


class Interrupting(Library):
    """Is interrupted with the third chunk."""

    def words_of(self, tracks: Sequence[Track], /) -> Sequence[Words | None]:
        if len(self.asked) == 2:
            raise KeyboardInterrupt
        return super().words_of(tracks)


@pytest.mark.usefixtures("small_chunks")
def test_an_interruption_loses_one_chunk_at_most(library: Library, encoders: Encoders) -> None:
    store = MemoryStore(tracks(25))

    with pytest.raises(KeyboardInterrupt):
        of(store, Interrupting(), encoders).embed_text()
    rest = of(store, library, encoders).embed_text()

    assert rest.done + rest.skipped == 9
    assert len(store.text) == 25


@pytest.mark.usefixtures("small_chunks")
def test_only_the_tracks_asked_for_are_encoded(library: Library, encoders: Encoders) -> None:
    store = MemoryStore(tracks(60))
    wanted = {TrackKey(12), TrackKey(33), TrackKey(34)}

    summary = of(store, library, encoders).embed_text(keys=wanted)

    assert summary.done == 3
    assert {key for _, key in store.text} == wanted
    assert sum(library.asked) == 3


def test_asking_for_no_tracks_does_nothing(library: Library, encoders: Encoders) -> None:
    store = MemoryStore(tracks(5))
    work = of(store, library, encoders)

    assert work.embed_text(keys=[]).done == 0
    assert work.embed_covers(albums=[]).done == 0
    assert (store.text, store.covers) == ({}, {})


@pytest.mark.usefixtures("small_chunks")
def test_each_album_is_encoded_once_and_shared(library: Library, encoders: Encoders) -> None:
    store = MemoryStore(tracks(24, per_album=2))
    told: list[tuple[int, int]] = []
    work = of(store, library, encoders)

    summary = work.embed_covers(lambda done, total: told.append((done, total)))

    # Tracks 1, 3, 5, ... stand for their albums; track 9 has no cover.
    assert (summary.done, summary.skipped) == (11, 1)
    assert told == [(4, 12), (8, 12), (12, 12)]
    assert not store.covers[work.image_fingerprint, AlbumKey(5)].any()
    assert float(np.linalg.norm(store.covers[work.image_fingerprint, AlbumKey(1)])) == pytest.approx(1, abs=1e-5)
    assert work.embed_covers().done == 0


def test_a_bad_picture_costs_its_own_album_only(
    library: Library, encoders: Encoders, caplog: pytest.LogCaptureFixture
) -> None:
    store = MemoryStore(tracks(6))
    library.broken = {TrackKey(3)}
    work = of(store, library, encoders)

    with caplog.at_level(logging.WARNING):
        summary = work.embed_covers()

    assert (summary.done, summary.skipped) == (5, 1)
    assert not store.covers[work.image_fingerprint, AlbumKey(3)].any()
    assert [record.getMessage() for record in caplog.records] == [
        "cover refused album=3 reason='it is not a whole JPEG, PNG or WebP file'"
    ]


def test_albums_of_which_nobody_has_a_cover_are_tried_once(library: Library, encoders: Encoders) -> None:
    store = MemoryStore([track for track in tracks(40) if track.key % 9 == 0])
    work = of(store, library, encoders)

    assert work.embed_covers().skipped == 4
    assert work.embed_covers().skipped == 0


@pytest.mark.usefixtures("small_chunks")
def test_only_the_albums_asked_for_are_encoded_and_a_stop_is_obeyed(library: Library, encoders: Encoders) -> None:
    store = MemoryStore(tracks(40))
    work = of(store, library, encoders)

    stopped = work.embed_covers(albums={AlbumKey(2), AlbumKey(21)}, stop=lambda: True)
    summary = work.embed_covers(albums={AlbumKey(2), AlbumKey(21)})

    assert (stopped.done, stopped.stopped) == (0, True)
    assert summary.done == 2
    assert {album for _, album in store.covers} == {2, 21}


class Careless(MemoryStore):
    """Gives tracks without an album."""

    def tracks_missing_cover(self, fingerprint: str, /, *, limit: int, after: AlbumKey) -> list[Track]:
        return [Track(key=TrackKey(1), title="Stray", artists=("Nobody",))]


def test_a_store_that_gives_a_track_without_album_is_named(library: Library, encoders: Encoders) -> None:
    with pytest.raises(ValueError, match="track 1"):
        of(Careless([]), library, encoders).embed_covers()


def test_an_encoder_that_cannot_load_marks_nothing_as_tried(
    library: Library, encoders: Encoders, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("in the way")
    store = MemoryStore(tracks(3))
    unavailable = Ingestion(store, text_encoder("minilm", tmp_path / "cache"), encoders[1], library, library)

    with pytest.raises(EncoderUnavailableError):
        unavailable.embed_text()

    assert store.text == {}


def test_seconds_are_those_of_the_given_clock(library: Library, encoders: Encoders) -> None:
    times = iter([100.0, 107.5])
    work = Ingestion(MemoryStore(tracks(2)), *encoders, library, library, clock=lambda: next(times))

    assert work.embed_text().seconds == 7.5
