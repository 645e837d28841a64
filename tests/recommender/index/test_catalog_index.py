import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.errors import IndexFileError, NothingToGoOnError
from recommender.fused_space import MODALITIES, FusedSpace
from recommender.fusion import Evidence
from recommender.index.catalog_index import CatalogIndex, RefreshSummary
from recommender.ports import TrackIndex
from recommender.types import Keys, Matrix, Modality, TrackKey, Vector, Weights
from tests.contracts.indexes import DIM, IndexContract, keys
from tests.recommender.index.catalogs import IMAGE_ENCODER, TEXT_ENCODER, GivenCatalog, catalog, of_rows

EVERYTHING = Weights(text=0.5, image=0.2, audio=0.3)


class TestCatalogIndexThatIsAllNew(IndexContract):
    def index_of(self, folder: Path, at: Keys, rows: Matrix) -> TrackIndex:
        index = CatalogIndex.build(folder, words_only(keys(), rows[:0]), plain_space())
        index.add(at, rows)
        return index


class TestCatalogIndexFromDisk(IndexContract):
    def index_of(self, folder: Path, at: Keys, rows: Matrix) -> TrackIndex:
        return CatalogIndex.build(folder, words_only(at, rows), plain_space())


class TestCatalogIndexOfBothParts(IndexContract):
    def index_of(self, folder: Path, at: Keys, rows: Matrix) -> TrackIndex:
        half = len(at) // 2
        index = CatalogIndex.build(folder, words_only(at[:half], rows[:half]), plain_space())
        index.add(at[half:], rows[half:])
        return index


def plain_space() -> FusedSpace:
    """Words alone, taken as they are."""
    return FusedSpace(
        text=(TEXT_ENCODER, DIM),
        image=(IMAGE_ENCODER, 0),
        text_mean=np.zeros(DIM, dtype=np.float32),
        image_mean=np.zeros(0, dtype=np.float32),
        image_axes=np.zeros((0, 0), dtype=np.float32),
        audio_mean=np.zeros(0, dtype=np.float32),
        audio_scale=np.ones(0, dtype=np.float32),
    )


def words_only(at: Keys, rows: Matrix) -> GivenCatalog:
    some = catalog(len(at), keys=at, text_dim=DIM, image_dim=0)
    return some.with_raw(text=rows, audio=np.zeros((len(at), 0), dtype=np.float32), artists=("",) * len(at))


def built(folder: Path, source: GivenCatalog) -> CatalogIndex:
    return CatalogIndex.build(folder, source, source.space())


def query_like(index: CatalogIndex, source: GivenCatalog, row: int, weights: Weights = EVERYTHING) -> Vector:
    raw = {Modality.TEXT: source.raw.text, Modality.IMAGE: source.raw.image, Modality.AUDIO: source.raw.audio}
    return index.space.query(
        {modality: index.space.sub_vectors(modality, rows[row : row + 1])[0] for modality, rows in raw.items()}, weights
    )


class TestSearch:
    def test_a_track_finds_itself_first_with_score_one(self, tmp_path: Path) -> None:
        source = catalog(300)
        index = built(tmp_path, source)

        found, scores = index.search(query_like(index, source, 17), 5)

        assert found[0] == 18
        assert scores[0] == pytest.approx(1.0, abs=1e-5)

    def test_scores_are_exact_products_with_the_rows_it_gives(self, tmp_path: Path) -> None:
        source = catalog(2_000, clusters=40)
        built(tmp_path, source)
        index = CatalogIndex.open(tmp_path, scan_limit=0)
        query = query_like(index, source, 3)

        found, scores = index.search(query, 50)

        assert scores == pytest.approx(index.vectors_of(found) @ query, abs=1e-6)

    @pytest.mark.parametrize(
        "weights",
        [
            EVERYTHING,
            Weights(text=1, image=1, audio=1),
            Weights(text=0.9, image=0.05, audio=0.05),
            Weights(text=0.1, image=0.1, audio=0.8),
            Weights(text=1, image=0, audio=0),
            Weights(text=0, image=1, audio=0),
            Weights(text=0, image=0, audio=1),
        ],
        ids=str,
    )
    def test_every_mix_finds_the_true_best(self, big: tuple[CatalogIndex, GivenCatalog], weights: Weights) -> None:
        index, source = big
        everything = index.vectors_of(index.keys)
        hits = []

        for row in np.flatnonzero((index.evidence_of(index.keys)[:, :3] == Evidence.OBSERVED).all(axis=1))[::400]:
            query = query_like(index, source, row, weights)
            truth = index.keys[np.argsort(-(everything @ query), kind="stable")[:10]]
            hits.append(len(set(index.search(query, 10)[0].tolist()) & set(truth.tolist())) / 10)

        assert np.mean(hits) >= 0.995

    def test_walking_the_graph_and_comparing_all_agree(self, big_folder: tuple[Path, GivenCatalog]) -> None:
        folder, source = big_folder
        walking, comparing = CatalogIndex.open(folder, scan_limit=0), CatalogIndex.open(folder)
        query = query_like(walking, source, 11)

        assert walking.search(query, 30)[0].tolist() == comparing.search(query, 30)[0].tolist()

    def test_many_can_be_asked_for(self, big: tuple[CatalogIndex, GivenCatalog]) -> None:
        index, source = big
        query = query_like(index, source, 5)
        truth = np.sort(index.vectors_of(index.keys) @ query)[::-1]

        found, scores = index.search(query, 5_000)

        assert len(set(found.tolist())) == 5_000
        assert scores == pytest.approx(truth[:5_000], abs=1e-6)

    @pytest.mark.parametrize("removed", [1, 300, 900])
    def test_what_was_removed_does_not_use_up_the_places_of_others(
        self, big: tuple[CatalogIndex, GivenCatalog], removed: int
    ) -> None:
        index, source = big
        query = query_like(index, source, 5)
        best, _ = index.search(query, 2_000)

        index.remove(best[:removed])

        assert index.search(query, 3)[0].tolist() == best[removed : removed + 3].tolist()

    def test_a_seed_without_what_is_asked_by_says_so(self, tmp_path: Path) -> None:
        index = built(tmp_path, catalog(20))

        with pytest.raises(NothingToGoOnError, match="by: everything"):
            index.space.query({Modality.TEXT: np.ones(48, dtype=np.float32)}, Weights(text=0, image=1))


@pytest.fixture(scope="module")
def big_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, GivenCatalog]:
    """A catalog large enough for the graph to be used, with gaps."""
    folder = tmp_path_factory.mktemp("big")
    source = catalog(9_000, clusters=60, seed=5)
    gaps = np.random.default_rng(1).random(9_000)
    source = source.with_raw(
        text=np.where(gaps[:, None] < 0.1, 0, source.raw.text).astype(np.float32),
        audio=np.where(gaps[:, None] > 0.95, np.nan, source.raw.audio).astype(np.float32),
    )
    built(folder, source)
    return folder, source


@pytest.fixture
def big(big_folder: tuple[Path, GivenCatalog]) -> tuple[CatalogIndex, GivenCatalog]:
    folder, source = big_folder
    return CatalogIndex.open(folder, scan_limit=0), source


class TestFiles:
    def test_what_was_built_is_opened_again(self, tmp_path: Path) -> None:
        source = catalog(200)
        index = built(tmp_path / "home" / "index", source)

        again = CatalogIndex.open(
            tmp_path / "home" / "index", index.fingerprint, text=TEXT_ENCODER, image=IMAGE_ENCODER
        )

        query = query_like(index, source, 3)
        assert again.keys.tolist() == index.keys.tolist() == source.raw.keys.tolist()
        assert again.search(query, 20)[0].tolist() == index.search(query, 20)[0].tolist()
        assert again.search(query, 20)[1].tolist() == index.search(query, 20)[1].tolist()
        assert again.generation == index.generation == 1
        assert again.fingerprint == index.fingerprint

    def test_a_new_generation_is_looked_at_before_anybody_can_open_it(self, tmp_path: Path) -> None:
        before = built(tmp_path, catalog(60))
        other = catalog(60, seed=1)
        seen: list[int] = []

        def look(index: CatalogIndex) -> None:
            seen.append(len(index))
            assert np.allclose(index.vectors_of(index.keys), whole.vectors_of(whole.keys))
            assert CatalogIndex.open(tmp_path).fingerprint == before.fingerprint

        whole = built(tmp_path / "elsewhere", other)
        after = CatalogIndex.build(tmp_path, other, other.space(), check=look)

        assert seen == [60]
        assert CatalogIndex.open(tmp_path).fingerprint == after.fingerprint != before.fingerprint

    def test_what_a_look_raises_keeps_the_older_generation_and_leaves_nothing_behind(self, tmp_path: Path) -> None:
        before = built(tmp_path, catalog(60))
        names = {path.name for path in tmp_path.iterdir()}

        def refuse(_index: CatalogIndex) -> None:
            raise LookupError("worse")

        with pytest.raises(LookupError, match="worse"):
            CatalogIndex.build(tmp_path, catalog(60, seed=1), catalog(60, seed=1).space(), check=refuse)

        assert CatalogIndex.open(tmp_path).generation == before.generation
        assert {path.name for path in tmp_path.iterdir()} == names

    def test_contents_tell_apart_what_tracks_are_built_from(self, tmp_path: Path) -> None:
        source = catalog(60)
        index = built(tmp_path / "one", source)
        again = built(tmp_path / "two", source)
        shuffled = source.with_raw(text=np.roll(source.raw.text, 1, axis=0))
        same_space = CatalogIndex.build(tmp_path / "three", shuffled, source.space())

        assert index.contents == again.contents != same_space.contents
        again.remove(source.raw.keys[:1])
        without = again.contents
        again.refresh(source)
        assert len({index.contents, without, again.contents}) == 3

    def test_an_index_for_something_else_is_refused(self, tmp_path: Path) -> None:
        built(tmp_path, catalog(20))

        with pytest.raises(IndexFileError, match="its fingerprint is"):
            CatalogIndex.open(tmp_path, "another")
        with pytest.raises(IndexFileError, match="its text is"):
            CatalogIndex.open(tmp_path, text="bert@2")
        with pytest.raises(IndexFileError, match="its image is"):
            CatalogIndex.open(tmp_path, image="vgg@1")

    @pytest.mark.parametrize("there", [True, False])
    def test_no_index_is_an_error_that_says_so(self, tmp_path: Path, there: bool) -> None:
        folder = tmp_path if there else tmp_path / "nowhere"

        with pytest.raises(IndexFileError, match="there is none"):
            CatalogIndex.open(folder)

    def test_the_same_catalog_gives_the_same_files(self, tmp_path: Path) -> None:
        source = catalog(1_500, image_dim=300)
        built(tmp_path / "first", source)
        built(tmp_path / "second", source)

        first, second = (sorted((tmp_path / name).glob("generation-*/*")) for name in ("first", "second"))
        assert [path.name for path in first] == [path.name for path in second]
        assert all(one.read_bytes() == other.read_bytes() for one, other in zip(first, second, strict=True))

    def test_batches_of_another_size_give_the_same_files(self, tmp_path: Path) -> None:
        source = catalog(400)
        space = source.space()
        CatalogIndex.build(tmp_path / "first", source, space)
        CatalogIndex.build(tmp_path / "second", replace(source, batch_rows=17), space)

        first, second = (CatalogIndex.open(tmp_path / name).vectors_of(source.raw.keys) for name in ("first", "second"))
        assert first == pytest.approx(second, abs=1e-6)

    def test_a_new_generation_replaces_the_old_one_in_the_folder(self, tmp_path: Path) -> None:
        built(tmp_path, catalog(20))
        index = built(tmp_path, catalog(30))

        assert index.generation == 2
        assert [path.name for path in tmp_path.glob("*eneration*")] == ["generation-000002"]
        assert len(CatalogIndex.open(tmp_path)) == 30

    def test_whoever_has_the_old_generation_open_keeps_it(self, tmp_path: Path) -> None:
        source = catalog(2_000, clusters=40)
        built(tmp_path, source)
        old = CatalogIndex.open(tmp_path, scan_limit=0)
        query = query_like(old, source, 9)
        before = old.search(query, 30)

        built(tmp_path, catalog(40, seed=8))

        after = old.search(query, 30)
        assert after[0].tolist() == before[0].tolist()
        assert old.vectors_of(source.raw.keys[:10]).any(axis=1).all()

    def test_an_empty_catalog_gives_an_index_that_can_grow(self, tmp_path: Path) -> None:
        source = catalog(30)
        index = built(tmp_path, source.only(slice(0)))
        index = CatalogIndex.open(tmp_path, index.fingerprint)
        assert len(index) == index.last_key == 0

        index = CatalogIndex.build(tmp_path, source.only(slice(0)), source.space())
        index.add_raw(source.raw)

        assert index.search(query_like(index, source, 4), 1)[0].tolist() == [5]
        assert index.last_key == 30

    def test_progress_counts_every_track_twice(self, tmp_path: Path) -> None:
        told: list[tuple[int, int]] = []
        source = catalog(2_500)

        CatalogIndex.build(tmp_path, source, source.space(), progress=lambda done, total: told.append((done, total)))

        assert told[0] == (100, 5_000)
        assert told[-1] == (5_000, 5_000)
        assert told == sorted(told)

    def test_keys_that_do_not_ascend_are_refused_and_leave_nothing_behind(self, tmp_path: Path) -> None:
        source = catalog(3, keys=keys(5, 4, 9))

        with pytest.raises(ValueError, match="ascend"):
            built(tmp_path, source)

        assert not list(tmp_path.glob("*generation*"))
        assert not list(tmp_path.glob(".draft*"))


class TestGrowing:
    def test_new_tracks_are_found_at_once_beside_the_stored_ones(self, tmp_path: Path) -> None:
        source = catalog(400)
        index = CatalogIndex.build(tmp_path, source.only(slice(0, 350)), source.space())

        index.add_raw(of_rows(source.raw, np.arange(350, 400)))

        assert len(index) == 400
        assert index.keys.tolist() == source.raw.keys.tolist()
        assert index.search(query_like(index, source, 380), 1)[0].tolist() == [381]
        assert index.search(query_like(index, source, 20), 1)[0].tolist() == [21]

    def test_a_track_added_later_gets_the_vector_it_would_have_got(self, tmp_path: Path) -> None:
        source = catalog(400)
        later = CatalogIndex.build(tmp_path / "later", source.only(slice(0, 350)), source.space())
        later.add_raw(of_rows(source.raw, np.arange(350, 400)))
        whole = built(tmp_path / "whole", source)

        assert later.vectors_of(source.raw.keys) == pytest.approx(whole.vectors_of(source.raw.keys), abs=1e-6)

    def test_a_new_track_without_a_cover_learns_from_its_artist(self, tmp_path: Path) -> None:
        source = catalog(300, artists=20)
        index = CatalogIndex.build(tmp_path, source.only(slice(0, 299)), source.space())
        last = of_rows(source.raw, np.arange(299, 300))

        index.add_raw(replace(last, image=np.zeros_like(last.image)))

        mates = [row for row, name in enumerate(source.raw.artists[:299]) if name == last.artists[0]]
        columns = index.space.slices[Modality.IMAGE]
        expected = index.vectors_of(source.raw.keys[mates])[:, columns].mean(axis=0)
        assert index.vectors_of(keys(300))[0, columns] == pytest.approx(expected, abs=1e-5)
        assert index.inferred_of(keys(300)).tolist() == [[False, True, False, False]]

    def test_tracks_that_came_later_teach_those_that_come_after_them(self, tmp_path: Path) -> None:
        source = catalog(100)
        index = CatalogIndex.build(tmp_path, source.only(slice(0, 90)), source.space())
        first = replace(of_rows(source.raw, np.arange(90, 91)), artists=("somebody new",))
        second = replace(of_rows(source.raw, np.arange(91, 92)), artists=("somebody new",))
        index.add_raw(first)

        index.add_raw(replace(second, image=np.zeros_like(second.image)))

        columns = index.space.slices[Modality.IMAGE]
        newcomer, teacher = index.vectors_of(keys(92, 91))[:, columns]
        assert newcomer == pytest.approx(0.9 * teacher, abs=1e-6)

    def test_removed_tracks_teach_nobody(self, tmp_path: Path) -> None:
        source = catalog(100).with_raw(artists=(*(f"artist {row}" for row in range(99)), "artist 0"))
        index = CatalogIndex.build(tmp_path, source.only(slice(0, 4)), source.space())
        index.remove(keys(1, 2, 3, 4))
        last = of_rows(source.raw, np.arange(99, 100))

        index.add_raw(replace(last, image=np.zeros_like(last.image)))

        assert index.evidence_of(keys(100))[0, 1] == Evidence.NONE

    def test_a_key_given_twice_is_refused(self, tmp_path: Path) -> None:
        source = catalog(10)
        index = built(tmp_path, source)

        with pytest.raises(ValueError, match="twice"):
            index.add_raw(of_rows(source.raw, np.asarray([1, 1])))

    def test_wants_a_rebuild_once_much_has_changed(self, tmp_path: Path) -> None:
        source = catalog(600)
        index = CatalogIndex.build(tmp_path, source.only(slice(0, 400)), source.space())
        assert not index.wants_rebuild

        index.add_raw(of_rows(source.raw, np.arange(400, 440)))
        assert not index.wants_rebuild

        index.remove(np.arange(1, 41))
        assert index.wants_rebuild

    def test_unknown_keys_rest_on_nothing(self, tmp_path: Path) -> None:
        index = built(tmp_path, catalog(10))

        assert not index.inferred_of(keys(99)).any()
        assert index.evidence_of(keys(99, 1)).tolist() == [[0, 0, 0, 0], [1, 1, 1, 0]]


class TestRefresh:
    def test_after_a_restart_nothing_is_lost(self, tmp_path: Path) -> None:
        source = catalog(300)
        CatalogIndex.build(tmp_path, source.only(slice(0, 250)), source.space()).add_raw(
            of_rows(source.raw, np.arange(250, 300))
        )
        index = CatalogIndex.open(tmp_path)
        assert len(index) == 250

        summary = index.refresh(source)

        assert summary == RefreshSummary(added=50)
        assert index.keys.tolist() == source.raw.keys.tolist()

    def test_only_larger_keys_can_be_looked_at(self, tmp_path: Path) -> None:
        source = catalog(300)
        index = CatalogIndex.build(tmp_path, source.only(slice(0, 250)), source.space())

        assert index.refresh(source, after=index.last_key) == RefreshSummary(added=50)
        assert index.refresh(source, after=index.last_key) == RefreshSummary()

    def test_finds_what_was_embedded_late_what_changed_and_what_is_gone(self, tmp_path: Path) -> None:
        source = catalog(100)
        had = source.only(np.setdiff1d(np.arange(100), [10]))
        index = CatalogIndex.build(tmp_path, had, source.space())
        changed = source.raw.text.copy()
        changed[20] = -changed[20]
        now = source.with_raw(text=changed).only(np.setdiff1d(np.arange(100), [30, 31]))

        summary = index.refresh(now)

        assert summary == RefreshSummary(added=1, replaced=1, removed=2)
        assert index.keys.tolist() == now.raw.keys.tolist()
        assert index.search(query_like(index, source.with_raw(text=changed), 20), 1)[0].tolist() == [21]

    def test_a_second_refresh_finds_nothing_new(self, tmp_path: Path) -> None:
        source = catalog(100)
        index = CatalogIndex.build(tmp_path, source.only(slice(0, 60)), source.space())
        index.refresh(source)

        assert index.refresh(source) == RefreshSummary()

    def test_a_few_tracks_are_brought_in_without_the_rest(self, tmp_path: Path) -> None:
        source = catalog(300)
        had = source.only(np.setdiff1d(np.arange(300), [10, 20, 299]))
        index = CatalogIndex.build(tmp_path, had, source.space())

        index.bring_in(source, [TrackKey(300), TrackKey(11), TrackKey(999)])

        assert index.keys.tolist() == [*range(1, 21), *range(22, 301)]
        assert index.search(query_like(index, source, 299), 1)[0].tolist() == [300]

    def test_what_is_here_already_is_replaced_only_if_it_changed(self, tmp_path: Path) -> None:
        source = catalog(100)
        index = CatalogIndex.build(tmp_path, source, source.space())
        changed = source.raw.text.copy()
        changed[20] = -changed[20]
        now = source.with_raw(text=changed)
        before = index.vectors_of(keys(21, 31))

        index.bring_in(now, [TrackKey(31)])
        unchanged = index._overlay
        index.bring_in(now, [TrackKey(21), TrackKey(31)])

        assert not unchanged.dead_count
        assert index._overlay.dead_count == 1
        after = index.vectors_of(keys(21, 31))
        assert (after[1] == before[1]).all()
        assert not np.allclose(after[0], before[0])

    def test_nothing_to_bring_in_changes_nothing(self, tmp_path: Path) -> None:
        source = catalog(20)
        index = CatalogIndex.build(tmp_path, source, source.space())

        index.bring_in(source, [])
        index.bring_in(source.only(slice(0, 0)), [TrackKey(3)])

        assert len(index) == 20

    def test_can_be_stopped_between_batches(self, tmp_path: Path) -> None:
        source = catalog(300)
        index = CatalogIndex.build(tmp_path, source.only(slice(0, 10)), source.space())
        asked = iter([False, True])

        summary = index.refresh(source, stop=lambda: next(asked))

        assert summary == RefreshSummary(added=90)
        assert len(index) == 100

    def test_searches_go_on_while_it_refreshes(self, tmp_path: Path) -> None:
        source = catalog(2_000)
        index = CatalogIndex.build(tmp_path, source.only(slice(0, 1_000)), source.space())
        query = query_like(index, source, 5)
        finished = threading.Event()

        def search() -> int:
            answers = 0
            while not finished.is_set():
                found, _ = index.search(query, 10)
                assert len(set(found.tolist())) == 10
                assert found[0] == 6
                answers += 1
            return answers

        with ThreadPoolExecutor(2) as threads:
            searching = threads.submit(search)
            index.refresh(source)
            finished.set()
            assert searching.result(timeout=60) > 0
        assert len(index) == 2_000


def test_columns_of_evidence_follow_the_modalities() -> None:
    assert [str(each) for each in MODALITIES] == ["text", "image", "audio", "collaborative"]
