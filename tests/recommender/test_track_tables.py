from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recommender import track_tables as module
from recommender.errors import IndexFileError
from recommender.fusion import artist_code
from recommender.list_model import ListModel
from recommender.track_tables import TrackTables, code_of
from recommender.types import Keys, ReleaseDate, Track, TrackKey
from tests.recommender.ranking.catalogs import track
from tests.recommender.track_lists import lists_of

TRACKS = (
    track(3, "Gravel Road", "The Anvils", popularity=70, released=ReleaseDate(1995)),
    track(5, "Velvet", "Comet Club"),
    track(8, "Lantern", "The Anvils", popularity=0),
    Track(key=TrackKey(9), title="Nameless", artists=()),
    track(12, "Orchard", "Dora"),
)
LISTS = lists_of([[3, 5], [3, 8], [5, 8, 12], [3, 5, 8], [9, 12], [3, 777]])


def all_of_them(_track: Track) -> bool:
    return True


def built(reads: Callable[[Track], bool] = all_of_them, version: str = "") -> TrackTables:
    return TrackTables.build(TRACKS, LISTS, reads=reads, version=version)


def same(one: TrackTables, other: TrackTables) -> None:
    """Hold two tables to be the same to the last bit, and to answer the same."""
    for name in ("keys", "artists", "years", "popularity"):
        left, right = getattr(one, name), getattr(other, name)
        assert left.dtype == right.dtype
        assert np.array_equal(left, right, equal_nan=left.dtype.kind == "f")
    assert (one.words != other.words).nnz == 0
    assert one.words.shape == other.words.shape
    assert (one.word_weights.idf == other.word_weights.idf).all()
    assert one.version == other.version
    assert (one.lists is None) == (other.lists is None)
    if one.lists is not None and other.lists is not None:
        same_lists(one.lists, other.lists)


def same_lists(one: ListModel, other: ListModel) -> None:
    assert (one.tracks == other.tracks).all()
    assert (one.artists == other.artists).all()
    strengths = np.asarray([1, 0.5], dtype=np.float32)
    for key in one.tracks.tolist():
        asked = np.asarray([key, int(one.tracks[0])], dtype=np.int64)
        said, again = one.track_scores(asked, strengths), other.track_scores(asked, strengths)
        assert all((said[name] == again[name]).all() for name in said)
        assert (one.shared_lists(key, one.tracks) == other.shared_lists(key, other.tracks)).all()
    for code in one.artists.tolist():
        codes = np.asarray([code], dtype=np.int64)
        said, again = one.artist_scores(codes, strengths[:1]), other.artist_scores(codes, strengths[:1])
        assert all((said[name] == again[name]).all() for name in said)


class TestBuilding:
    def test_every_track_has_a_row_with_what_the_catalog_says(self) -> None:
        tables = built(version="7")

        assert len(tables) == 5
        assert tables.keys.tolist() == [3, 5, 8, 9, 12]
        assert tables.last_key == 12
        assert tables.years.tolist()[0] == 1995
        assert np.isnan(tables.years[1:]).all()
        assert tables.popularity[[0, 2]].tolist() == [70, 0]
        assert np.isnan(tables.popularity[[1, 3, 4]]).all()
        assert tables.version == "7"

    def test_tracks_of_an_artist_share_a_code_and_nobody_has_none(self) -> None:
        tables = built()

        assert (
            tables.artists[0] == tables.artists[2] == code_of(TRACKS[0]) == artist_code("the anvils").astype(np.int64)
        )
        assert tables.artists[3] == 0
        assert len({*tables.artists.tolist()}) == 4

    def test_words_that_may_not_be_read_are_zero(self) -> None:
        tables = built(reads=lambda each: each.key != 5)

        lengths = np.sqrt(np.asarray(tables.words.multiply(tables.words).sum(axis=1)).ravel())
        assert lengths == pytest.approx([1, 0, 1, 0, 1], abs=1e-6)

    def test_words_that_may_not_be_read_do_not_tell_how_rare_words_are(self) -> None:
        weights = built(reads=lambda each: each.key != 5).word_weights

        rarest = weights.rows(["velvet", "lantern"]).indices
        assert weights.idf[rarest[0]] == weights.idf.max() > weights.idf[rarest[1]]

    def test_a_catalog_of_nothing_has_no_rows(self) -> None:
        tables = TrackTables.build([], LISTS, reads=all_of_them)

        assert len(tables) == tables.last_key == 0
        assert tables.lists is None
        assert len(tables.list_rows) == len(tables.artist_columns) == 0


class TestLists:
    def test_rows_and_columns_of_the_list_model_are_found(self) -> None:
        tables = built()
        assert tables.lists is not None

        assert tables.lists.tracks.tolist() == [3, 5, 8, 9, 12]
        assert tables.list_rows.tolist() == [0, 1, 2, 3, 4]
        named = [0, 1, 2, 4]
        assert (tables.lists.artists[tables.artist_columns[named]] == tables.artists[named]).all()
        assert tables.artist_columns[3] == -1

    def test_a_track_that_is_gone_has_no_row(self) -> None:
        tables = TrackTables.build(TRACKS[1:], [], reads=all_of_them).with_lists(built().lists, "8")

        assert tables.list_rows.tolist() == [-1, 0, 1, 2, 3]
        assert tables.version == "8"

    def test_without_lists_there_is_nothing_of_others(self) -> None:
        tables = built().with_lists(None, "")

        assert len(tables.list_rows) == 0
        assert tables.artist_columns.tolist() == [-1] * 5


class TestAdding:
    @pytest.mark.parametrize("late", [{9}, {3, 12}, {3, 5, 8, 9, 12}])
    def test_what_comes_later_is_as_if_it_had_been_there(self, late: set[int]) -> None:
        early = TrackTables.build([each for each in TRACKS if each.key not in late], [], reads=all_of_them)

        tables = early.with_tracks([each for each in reversed(TRACKS) if each.key in late], reads=all_of_them)

        whole = built()
        for name in ("keys", "artists", "years", "popularity"):
            assert np.array_equal(
                getattr(tables, name), getattr(whole, name), equal_nan=name in {"years", "popularity"}
            )
        assert [row.nnz for row in tables.words] == [row.nnz for row in whole.words]
        assert (tables.words.indices == whole.words.indices).all()

    def test_how_rare_words_are_stays_as_it_was(self) -> None:
        early = built()

        tables = early.with_tracks([track(4, "Velvet", "Dora")], reads=all_of_them)

        assert tables.word_weights is early.word_weights
        assert (tables.words[[1]] != early.word_weights.rows(["velvet dora artist_dora"])).nnz <= 3
        assert (tables.words[[0, 2, 3, 4, 5]] != early.words).nnz == 0

    def test_what_others_say_of_it_reaches_its_artist(self) -> None:
        tables = built().with_tracks([track(4, "Anvil Song", "The Anvils")], reads=all_of_them)

        assert tables.keys.tolist() == [3, 4, 5, 8, 9, 12]
        assert tables.list_rows.tolist() == [0, 2, 3, 4, 5]
        assert tables.artist_columns[1] == tables.artist_columns[0] >= 0

    def test_what_is_there_already_stays_as_it_is(self) -> None:
        tables = built()

        assert tables.with_tracks([TRACKS[0], track(5, "Renamed", "Dora")], reads=all_of_them) is tables
        assert tables.with_tracks([], reads=all_of_them) is tables

    def test_words_that_may_not_be_read_are_zero_here_too(self) -> None:
        tables = built().with_tracks([track(4, "Secret", "Dora")], reads=lambda _track: False)

        assert tables.words[[1]].nnz == 0


class TestFiles:
    @pytest.mark.parametrize("kind", ["ease", "factors", "no lists"])
    def test_tables_come_back_to_the_last_bit(self, tmp_path: Path, kind: str) -> None:
        tables = built(version="3:5")
        if kind == "factors":
            lists = ListModel.fit(LISTS, tables.keys, tables.artists, ease_limit=1)
            assert lists is not None
            assert lists.factors is not None
            tables = tables.with_lists(lists, "3:6")
        elif kind == "no lists":
            tables = tables.with_lists(None, "3:7")

        tables.save(tmp_path / "deep" / "tables.npz")

        same(TrackTables.load(tmp_path / "deep" / "tables.npz"), tables)

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(IndexFileError, match=r"tables\.npz"):
            TrackTables.load(tmp_path / "tables.npz")

    def test_a_torn_file_is_refused_wherever_it_is_torn(self, tmp_path: Path) -> None:
        file = tmp_path / "tables.npz"
        built().save(file)
        whole = file.read_bytes()

        for kept in np.linspace(0, len(whole) - 1, 40, dtype=np.int64).tolist():
            file.write_bytes(whole[:kept])
            with pytest.raises(IndexFileError):
                TrackTables.load(file)

    def test_a_file_with_other_bytes_in_it_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "tables.npz"
        built().save(file)
        spoilt = bytearray(file.read_bytes())
        middle = len(spoilt) // 2
        spoilt[middle : middle + 64] = bytes(64 * [0xA5])
        file.write_bytes(bytes(spoilt))

        with pytest.raises(IndexFileError):
            TrackTables.load(file)

    @pytest.mark.parametrize("content", [b"no archive", b"\x93NUMPY\x01\x00"])
    def test_another_file_is_refused(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "tables.npz"
        file.write_bytes(content)

        with pytest.raises(IndexFileError):
            TrackTables.load(file)

    def test_a_lone_array_is_refused(self, tmp_path: Path) -> None:
        with (tmp_path / "tables.npz").open("wb") as file:
            np.save(file, np.zeros(3))

        with pytest.raises(IndexFileError):
            TrackTables.load(tmp_path / "tables.npz")

    def test_another_format_is_refused_by_its_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as older:
            older.setattr(module, "_FORMAT", "track-tables-0")
            built().save(tmp_path / "tables.npz")

        with pytest.raises(IndexFileError, match="its format is track-tables-0"):
            TrackTables.load(tmp_path / "tables.npz")

    def test_a_crash_while_writing_leaves_the_old_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "tables.npz"
        built(version="old").save(file)

        def full(*_: object, **__: Keys) -> None:
            raise OSError("no space left")

        monkeypatch.setattr(np, "savez", full)
        with pytest.raises(OSError, match="no space"):
            built(version="new").save(file)

        assert TrackTables.load(file).version == "old"
