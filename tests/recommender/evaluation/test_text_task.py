"""Songs are found by vectors of their words, and judged by artist or genre."""

from collections.abc import Sequence

import numpy as np
import pytest

from recommender.evaluation.compare import Evaluation, Row
from recommender.evaluation.lyrics_dataset import LyricsDataset
from recommender.evaluation.splits import SplitKind
from recommender.evaluation.text_task import SMALLEST_ARTIST, TextMethod, measured_texts
from recommender.types import Matrix

# Two genres of two artists with six songs each, and an artist with three songs in no genre.
ARTISTS = np.repeat([0, 1, 2, 3, 4], [6, 6, 6, 6, 3])
GENRES = np.repeat([0, 0, 1, 1, -1], [6, 6, 6, 6, 3])
SONGS = LyricsDataset(
    lyrics=tuple(f"song {n}" for n in range(27)),
    artists=ARTISTS,
    genres=GENRES,
    genre_names=("pop", "rock"),
    left_out={"again": 1_200, "not English": 0},
)


def by(labels: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> TextMethod:
    """Return vectors that agree within a label and nowhere else."""
    return lambda lyrics, _seed: np.eye(len(lyrics), dtype=np.float32)[labels % len(lyrics)]


def measured(kind: SplitKind, method: TextMethod, *, k: int = 5, seeds: Sequence[int] = (0,)) -> tuple[Row, Evaluation]:
    (evaluation,) = measured_texts(SONGS, [kind], {"method": method}, k=k, seeds=seeds)
    return evaluation.rows[0], evaluation


def test_songs_of_artists_with_enough_songs_are_asked_about() -> None:
    row, evaluation = measured(SplitKind.ARTIST, by(ARTISTS))

    assert SMALLEST_ARTIST == 5
    assert (row.n, evaluation.tracks, evaluation.owners) == (24, 27, 4)
    assert (row.precision, row.recall, row.ndcg, row.mrr, row.hit) == (1, 1, 1, 1, 1)
    assert row.ndcg_ci == (1, 1)


def test_a_song_is_no_candidate_for_itself() -> None:
    row, _ = measured(SplitKind.ARTIST, by(np.arange(27)), k=26)

    assert row.recall == 1
    assert row.precision == pytest.approx(5 / 26)


def test_songs_of_the_querys_own_artist_say_nothing_of_its_genre() -> None:
    by_artist, evaluation = measured(SplitKind.GENRE, by(ARTISTS), k=6)
    by_genre, _ = measured(SplitKind.GENRE, by(np.maximum(GENRES, 0)), k=6)

    assert (by_artist.n, evaluation.tracks, evaluation.owners) == (24, 24, 2)
    assert by_genre.precision == by_genre.recall == 1
    assert 0.1 < by_artist.precision < 0.6, "left to chance: 6 of 18 candidates are right"


def test_only_what_can_be_found_counts() -> None:
    row, _ = measured(SplitKind.GENRE, by(np.maximum(GENRES, 0)), k=10)

    assert row.recall == 1
    assert row.precision == pytest.approx(0.6)
    assert row.ndcg == pytest.approx(1)


def test_a_genre_of_one_artist_is_not_asked_about() -> None:
    lonely = LyricsDataset(
        lyrics=SONGS.lyrics,
        artists=ARTISTS,
        genres=np.repeat([0, 0, 1, -1, -1], [6, 6, 6, 6, 3]),
        genre_names=("pop", "rock"),
        left_out={},
    )

    (evaluation,) = measured_texts(lonely, [SplitKind.GENRE], {"method": by(ARTISTS)}, k=5, seeds=[0])

    assert (evaluation.rows[0].n, evaluation.tracks) == (12, 18)


def test_equal_scores_do_not_follow_the_order_of_the_file() -> None:
    row, _ = measured(SplitKind.ARTIST, lambda lyrics, _seed: np.zeros((len(lyrics), 2), dtype=np.float32))

    assert row.precision == pytest.approx(5 / 26, abs=0.12)


def test_sparse_vectors_are_ranked_as_dense_ones() -> None:
    from scipy import sparse

    rng = np.random.default_rng(1)
    dense: Matrix = np.abs(rng.standard_normal((27, 9))).astype(np.float32)

    one, _ = measured(SplitKind.ARTIST, lambda _lyrics, _seed: dense)
    other, _ = measured(SplitKind.ARTIST, lambda _lyrics, _seed: sparse.csr_array(dense))

    assert one.ndcg == other.ndcg
    assert 0 < one.ndcg < 1


def test_figures_are_means_over_seeds_and_method_gets_each_seed() -> None:
    seen: list[tuple[str, int]] = []

    def noisy(lyrics: Sequence[str], seed: int) -> Matrix:
        return by(ARTISTS)(lyrics, 0) if seed else np.zeros((len(lyrics), 2), dtype=np.float32)

    (evaluation,) = measured_texts(
        SONGS,
        [SplitKind.ARTIST],
        {"noisy": noisy},
        k=5,
        seeds=[0, 1],
        report=lambda name, seed: seen.append((name, seed)),
    )

    assert seen == [("noisy", 0), ("noisy", 1)]
    alone, _ = measured(SplitKind.ARTIST, noisy)
    assert evaluation.rows[0].precision == pytest.approx((alone.precision + 1) / 2)
    assert evaluation.rows[0].n == 24


def test_what_has_no_meaning_here_is_not_a_number() -> None:
    row, evaluation = measured(SplitKind.GENRE, by(ARTISTS))

    assert np.isnan([row.novelty, row.ild, evaluation.cold_share]).all()
    assert 0 < row.coverage <= 1
    assert row.seconds > 0


def test_it_says_what_was_read_and_what_was_left_out() -> None:
    _, by_genre = measured(SplitKind.GENRE, by(ARTISTS))
    _, by_artist = measured(SplitKind.ARTIST, by(ARTISTS))

    assert by_genre.about == (
        "24 songs, 24 asked, 2 genres (pop, rock), without songs of the query's own artist; "
        "lyrics alone are read, no titles or names; rows left out: 1,200 again"
    )
    assert by_artist.about.startswith("27 songs, 24 asked, 4 artists with at least 5 songs; lyrics alone")


@pytest.mark.parametrize(("kind", "why"), [(SplitKind.ARTIST, "no artist has 5"), (SplitKind.GENRE, "two genres")])
def test_nothing_to_ask_is_said(kind: SplitKind, why: str) -> None:
    few = LyricsDataset(
        lyrics=("a", "b"), artists=np.arange(2), genres=np.zeros(2, dtype=np.int64), genre_names=("pop",), left_out={}
    )

    with pytest.raises(ValueError, match=why):
        list(measured_texts(few, [kind], {"method": by(np.arange(2))}, k=5, seeds=[0]))


def test_ctrl_c_keeps_the_methods_that_are_finished() -> None:
    def stopped(_lyrics: Sequence[str], _seed: int) -> Matrix:
        raise KeyboardInterrupt

    (evaluation,) = measured_texts(
        SONGS, [SplitKind.ARTIST, SplitKind.GENRE], {"done": by(ARTISTS), "never": stopped}, k=5, seeds=[0]
    )

    assert [row.method for row in evaluation.rows] == ["done"]
    assert evaluation.was_stopped


def test_vectors_are_made_once_for_all_kinds() -> None:
    made: list[int] = []

    def slow(lyrics: Sequence[str], seed: int) -> Matrix:
        made.append(seed)
        return by(ARTISTS)(lyrics, seed)

    artist, genre = measured_texts(SONGS, [SplitKind.ARTIST, SplitKind.GENRE], {"slow": slow}, k=5, seeds=[0, 1])

    assert made == [0, 1]
    assert (artist.rows[0].n, genre.rows[0].precision < 1) == (24, True)
