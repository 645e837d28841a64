"""Promises of the cover task: each picture asks for its genre, and each copy for its original."""

from collections.abc import Sequence
from functools import partial
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from recommender.evaluation import cover_task
from recommender.evaluation.compare import Evaluation
from recommender.evaluation.cover_dataset import Cover, CoverDataset, cover_dataset
from recommender.evaluation.cover_task import CoverMethod, CoverRow, as_described, centred, measured_covers
from recommender.evaluation.picture_copies import COPIES
from recommender.types import Matrix
from tests.recommender.encoders.drawings import as_file

REDS = [(250, 10 + 9 * shade, 0) for shade in range(6)]
BLUES = [(0, 10 + 9 * shade, 250) for shade in range(6)]


def covers(*, artists: Sequence[str | None] = (None,) * 12) -> CoverDataset:
    """Return six red pictures of rock and six blue ones of jazz."""
    colours = [*REDS, *BLUES]
    files = [as_file(Image.new("RGB", (40, 40), colour)) for colour in colours]
    return cover_dataset(
        Cover(name=str(row), genre="rock" if row < 6 else "jazz", artist=artist, read=partial(bytes, file))
        for row, (file, artist) in enumerate(zip(files, artists, strict=True))
    )


def mean_colours(pictures: Sequence[bytes], _rng: np.random.Generator) -> Matrix:
    return np.asarray(
        [np.asarray(Image.open(BytesIO(each)).convert("RGB")).mean(axis=(0, 1)) for each in pictures], dtype=np.float32
    )


def nothing(pictures: Sequence[bytes], _rng: np.random.Generator) -> Matrix:
    return np.ones((len(pictures), 2), dtype=np.float32)


COLOUR = CoverMethod(describe=mean_colours, fit=as_described)
BLIND = CoverMethod(describe=nothing, fit=as_described)


def rows(evaluation: Evaluation) -> list[CoverRow]:
    assert all(isinstance(row, CoverRow) for row in evaluation.rows)
    return [row for row in evaluation.rows if isinstance(row, CoverRow)]


def measured(dataset: CoverDataset, k: int = 5, seeds: Sequence[int] = (0,), **methods: CoverMethod) -> list[CoverRow]:
    return rows(measured_covers(dataset, methods or {"colour": COLOUR}, k=k, seeds=seeds))


def test_a_method_that_sees_the_genre_finds_all_of_it() -> None:
    (row,) = measured(covers())

    assert (row.n, row.precision, row.recall, row.ndcg, row.mrr, row.hit) == (12, 1, 1, 1, 1, 1)
    assert [*row.precision_ci, *row.ndcg_ci] == [1, 1, 1, 1]
    assert row.coverage == 1
    assert np.isnan([row.novelty, row.ild, row.artists]).all()


def test_a_method_that_sees_nothing_is_at_chance_though_the_pictures_are_sorted_by_genre() -> None:
    (row,) = measured(covers(), seeds=range(40), blind=BLIND)

    assert row.precision == pytest.approx(5 / 11, abs=0.04)
    assert max(row.copies.values()) == pytest.approx(1 / 12, abs=0.06)


def test_precision_is_over_k_places() -> None:
    (row,) = measured(covers(), k=10)

    assert row.precision == pytest.approx(0.5)
    assert row.recall == 1


def test_copies_find_their_original_when_a_method_keeps_what_they_keep() -> None:
    (row,) = measured(covers())

    assert set(row.copies) == set(COPIES)
    assert row.copies["crop-centre"] == row.copies["crop-random"] == row.copies["scale-50"] == 1
    assert row.copies_asked == 12


def test_copies_are_asked_of_a_sample_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cover_task, "COPIES_ASKED", 5)
    told: list[tuple[int, int]] = []

    found = measured_covers(
        covers(), {"colour": COLOUR}, k=5, seeds=[0], progress=lambda done, total: told.append((done, total))
    )

    assert rows(found)[0].copies_asked == 5
    assert told[-1] == (12 + 5 * len(COPIES), 12 + 5 * len(COPIES))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_pictures_of_the_own_artist_are_neither_shown_nor_looked_for() -> None:
    artists = ["ann", "ann", "ann", "bob", "bob", "cat", "dan", "dan", "dan", "dan", "dan", "eve"]

    by_artist = measured(covers(artists=artists))[0]

    assert by_artist.n == 12
    assert by_artist.recall == 1
    # Of ann's three pictures each may find three others, of five places.
    expected = [3, 3, 3, 4, 4, 5, 1, 1, 1, 1, 1, 5]
    assert by_artist.precision == pytest.approx(np.mean(expected) / 5)


def test_a_picture_whose_genre_is_its_artists_alone_is_not_asked_about() -> None:
    artists = ["ann"] * 6 + [None, "bob", "cat", "dan", "eve", "fay"]

    assert measured(covers(artists=artists))[0].n == 6


def test_genres_of_one_artist_each_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="two artists"):
        measured(covers(artists=["ann"] * 6 + ["bob"] * 6))


def test_the_answer_says_what_was_measured_on() -> None:
    dataset = covers(artists=["ann"] * 2 + [None] * 10)

    found = measured_covers(dataset, {"colour": COLOUR}, k=5, seeds=[0])

    assert found.about.startswith("12 pictures, 12 asked, 2 genres (jazz, rock), without pictures of the query's own")
    assert (found.owners, found.tracks, found.entries) == (2, 12, 12)


def test_what_was_left_out_is_named_with_its_reason() -> None:
    gone = [Cover(name=f"gone-{number}", genre="rock", read=lambda: None) for number in range(4)]
    files = [as_file(Image.new("RGB", (8, 8), (40 * row, 0, 0))) for row in range(4)]
    good = [Cover(name="x", genre="ab"[row % 2], read=partial(bytes, file)) for row, file in enumerate(files)]

    found = measured_covers(cover_dataset([*gone, *good]), {"colour": COLOUR}, k=1, seeds=[0])

    assert found.about.endswith("; left out: 4 not there or not readable (gone-0, gone-1, gone-2, …)")


def test_each_method_and_seed_is_announced() -> None:
    told: list[tuple[str, int]] = []

    measured_covers(
        covers(),
        {"colour": COLOUR, "blind": BLIND},
        k=5,
        seeds=[3, 4],
        report=lambda method, seed: told.append((method, seed)),
    )

    assert told == [("colour", 3), ("colour", 4), ("blind", 3), ("blind", 4)]


def test_ctrl_c_leaves_the_finished_methods() -> None:
    def stopped(_pictures: Sequence[bytes], _rng: np.random.Generator) -> Matrix:
        raise KeyboardInterrupt

    found = measured_covers(
        covers(), {"colour": COLOUR, "late": CoverMethod(describe=stopped, fit=as_described)}, k=5, seeds=[0]
    )

    assert found.was_stopped
    assert [row.method for row in found.rows] == ["colour"]


def test_centring_takes_away_what_all_rows_share() -> None:
    rows = np.asarray([[5, 1, 0], [5, -1, 0], [5, 0, 1], [5, 0, -1]], dtype=np.float32)

    vectors = centred(rows)(rows)

    assert vectors.mean(axis=0) == pytest.approx(0, abs=1e-6)
    assert float(vectors[0] @ vectors[1]) == pytest.approx(-1, abs=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
