"""Promises of tables and weights: in step with the index, with the files of other processes, and with the policy."""

import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.errors import ClosingDownError
from bot.services import learned_tables as module
from bot.services.learned_tables import TABLES_FILE, WEIGHTS_FILE, Learned
from bot.settings import Settings
from bot.wiring import Core, open_core
from recommender.evaluation.list_quality import Quality
from recommender.index.generations import new_draft
from recommender.ranking.feature_weights import WeightSets, default_weights
from recommender.track_tables import TrackTables
from recommender.types import Request, Seed, SeedKind, Source, TrackKey
from tests.bot.learned_world import PER_LIST, add_tracks, clustered, installed, save_vectors
from tests.installation import settings_for

FEW = 8
TRACKS = FEW * PER_LIST


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("learned") / "home"
    with open_core(installed(home, FEW)) as core:
        core.catalog.index()
    return home


@pytest.fixture
def settings(prepared: Path, tmp_path: Path) -> Settings:
    shutil.copytree(prepared, tmp_path / "home")
    return settings_for(tmp_path / "home")


@pytest.fixture
def core(settings: Settings) -> Iterator[Core]:
    with open_core(settings) as core:
        yield core


def served(core: Core) -> Learned:
    return core.learned.serving(core.catalog.index())


def row_of(tables: TrackTables, key: TrackKey) -> int:
    return int(np.searchsorted(tables.keys, key))


def words_in(tables: TrackTables, key: TrackKey) -> int:
    row = row_of(tables, key)
    return int(np.diff(tables.words.indptr)[row])


def other_weights() -> WeightSets:
    weights = default_weights()
    return replace(weights, one=replace(weights.one, scale=weights.one.scale * 2))


def test_tables_are_built_from_the_database_when_there_are_none(core: Core) -> None:
    learned = served(core)

    assert learned.tables.keys.tolist() == core.catalog.index().keys.tolist()
    assert len(learned.tables) == TRACKS
    assert all(words_in(learned.tables, TrackKey(key)) for key in learned.tables.keys.tolist())
    assert learned.tables.lists is not None
    assert learned.tables.lists.table.shape == (FEW, TRACKS)
    assert learned.weights is default_weights()
    assert learned.quality is None


def test_what_was_built_is_opened_by_the_next_process_and_not_built_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_core(settings) as core:
        built = served(core)

    monkeypatch.setattr(TrackTables, "build", None)
    with open_core(settings) as core:
        opened = served(core)

    assert opened.generation == built.generation == 1
    assert opened.tables.keys.tolist() == built.tables.keys.tolist()
    assert (opened.tables.words != built.tables.words).nnz == 0


def test_everything_that_was_published_is_opened_again(settings: Settings) -> None:
    quality = Quality(figures={"a": 0.5}, low=0.4, high=0.6)
    with open_core(settings) as core:
        learned = replace(
            served(core), weights=other_weights(), quality=quality, stamp="of today", members={"somebody": 3}
        )
        core.learned.publish(learned, core.catalog.index())

    with open_core(settings) as core:
        opened = served(core)

    assert opened.weights.to_json() == other_weights().to_json()
    assert (opened.quality, opened.stamp, opened.members) == (quality, "of today", {"somebody": 3})
    assert opened.generation == 2


@pytest.mark.parametrize("damage", ["torn", "flipped", "gone"])
@pytest.mark.parametrize("file", [TABLES_FILE, WEIGHTS_FILE])
def test_damaged_files_are_built_anew(
    settings: Settings, damage: str, file: str, caplog: pytest.LogCaptureFixture
) -> None:
    with open_core(settings) as core:
        core.learned.publish(replace(served(core), weights=other_weights()), core.catalog.index())
    [path] = (settings.home / "learned").glob(f"generation-*/{file}")
    content = path.read_bytes()
    middle = len(content) // 2
    if damage == "gone":
        path.unlink()
    elif damage == "torn":
        path.write_bytes(content[:middle])
    else:
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :])

    with caplog.at_level(logging.WARNING), open_core(settings) as core:
        learned = served(core)

    assert learned.generation == 3
    assert len(learned.tables) == TRACKS
    assert learned.weights is default_weights()
    assert "not usable" in caplog.text


def test_tables_of_another_format_are_built_anew(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.track_tables._FORMAT", "track-tables-0")
    served(core)
    monkeypatch.undo()

    with open_core(core.settings) as later:
        assert served(later).generation == 2


@pytest.mark.parametrize("weights", ["{}", "no json", json.dumps({"provenance": {"data": "another version"}})])
def test_weights_of_other_features_give_way_to_those_of_the_project(core: Core, weights: str) -> None:
    learned = served(core)
    with new_draft(core.settings.home / "learned") as draft:
        learned.tables.save(draft.path / TABLES_FILE)
        (draft.path / WEIGHTS_FILE).write_text(weights)
        draft.publish({"content": "open,spotify", "stamp": "theirs"})

    with open_core(core.settings) as later:
        opened = served(later)

    assert (opened.generation, opened.stamp) == (2, "")
    assert opened.weights is default_weights()


def test_figures_that_cannot_be_read_are_none(core: Core) -> None:
    learned = served(core)
    with new_draft(core.settings.home / "learned") as draft:
        learned.tables.save(draft.path / TABLES_FILE)
        (draft.path / WEIGHTS_FILE).write_text(other_weights().to_json())
        (draft.path / module.QUALITY_FILE).write_text("[]")
        draft.publish({"content": "open,spotify"})

    with open_core(core.settings) as later:
        opened = served(later)

    assert opened.quality is None
    assert opened.weights.to_json() == other_weights().to_json()


def test_tracks_that_came_since_are_there_as_soon_as_they_can_be_found(core: Core) -> None:
    before = served(core)
    added = add_tracks(core, 3, prefix="new")
    unread = add_tracks(core, 1, prefix="unread")
    save_vectors(core, added, clustered(1, core)[:3])

    core.catalog.refresh()
    after = served(core)

    assert after.tables.keys.tolist() == [*before.tables.keys.tolist(), *added]
    assert all(words_in(after.tables, key) for key in added)
    assert unread[0] not in after.tables.keys
    assert after.generation == before.generation
    assert served(core) is after


def test_an_answer_needs_no_refresh_to_know_a_new_track(core: Core) -> None:
    served(core)
    [added] = add_tracks(core, 1, prefix="new")
    save_vectors(core, [added], clustered(1, core)[:1])

    core.catalog.index().bring_in(core.store, [added])

    assert added in served(core).tables.keys


def test_many_new_tracks_weigh_their_words_anew_and_leave_what_lists_taught(core: Core) -> None:
    before = core.learned.publish(
        replace(served(core), weights=other_weights(), stamp="of today"), core.catalog.index()
    )
    added = add_tracks(core, 2 * TRACKS, prefix="new")
    save_vectors(core, added, clustered(2 * FEW, core))

    core.catalog.refresh()
    core.learned.rebuild_words(core.catalog.rebuild())
    after = served(core)

    assert len(after.tables) == 3 * TRACKS
    assert after.tables.lists is before.tables.lists
    assert not np.array_equal(after.tables.word_weights.idf, before.tables.word_weights.idf)
    assert after.weights is before.weights
    assert (after.stamp, after.generation) == ("", before.generation + 1)


def test_what_another_process_published_is_taken_over(settings: Settings) -> None:
    with open_core(settings) as ours, open_core(settings) as theirs:
        before = served(ours)
        published = theirs.learned.publish(replace(served(theirs), weights=other_weights()), theirs.catalog.index())

        unasked = served(ours)
        ours.catalog.absorb()
        after = served(ours)

    assert unasked is before
    assert after.generation == published.generation > before.generation
    assert after.weights.to_json() == other_weights().to_json()


def test_a_newer_generation_that_cannot_be_read_changes_nothing(core: Core, caplog: pytest.LogCaptureFixture) -> None:
    before = served(core)
    with new_draft(core.settings.home / "learned") as draft:
        (draft.path / TABLES_FILE).write_bytes(b"torn")
        draft.publish({"content": "open,spotify"})

    with caplog.at_level(logging.WARNING):
        core.learned.refresh(core.catalog.index())

    assert served(core) is before
    assert "not usable" in caplog.text


@pytest.mark.parametrize(("sources", "may"), [("open", False), ("open,spotify", True)])
def test_what_spotify_said_is_learnt_from_only_where_the_policy_allows_it(
    prepared: Path, tmp_path: Path, sources: str, may: bool
) -> None:
    shutil.copytree(prepared, tmp_path / "home")
    with open_core(settings_for(tmp_path / "home", content_sources=sources)) as core:
        vectors = clustered(1, core)
        at_once, later = (add_tracks(core, 2, Source.SPOTIFY, prefix) for prefix in ("first", "second"))
        save_vectors(core, at_once, vectors[:2])
        core.catalog.refresh()
        built = served(core).tables
        save_vectors(core, later, vectors[2:4])
        core.catalog.refresh()
        extended = served(core).tables

    for tables, keys in ((built, at_once), (extended, [*at_once, *later])):
        for key in keys:
            row = row_of(tables, key)
            assert tables.keys[row] == key
            assert bool(words_in(tables, key)) is may
            assert bool(tables.artists[row]) is may
            assert bool(np.isfinite(tables.popularity[row])) is may
    assert words_in(extended, TrackKey(int(built.keys[0])))


def test_words_that_may_not_be_read_any_more_are_gone_with_the_next_start(settings: Settings) -> None:
    with open_core(settings) as core:
        [told] = add_tracks(core, 1, Source.SPOTIFY, "spotify")
        save_vectors(core, [told], clustered(1, core)[:1])
        core.learned.publish(replace(served(core), weights=other_weights()), core.catalog.index())
        assert words_in(served(core).tables, told)

    with open_core(settings_for(settings.home, content_sources="open")) as core:
        learned = served(core)

    assert not words_in(learned.tables, told)
    assert learned.weights is default_weights()
    assert learned.generation == 3


def test_nothing_is_built_once_the_bot_is_being_stopped(core: Core) -> None:
    index = core.catalog.index()
    core.catalog.close()

    with pytest.raises(ClosingDownError):
        core.learned.serving(index)


def test_warming_up_leaves_nothing_to_work_out_for_the_first_answer(core: Core) -> None:
    index = core.catalog.index()
    core.learned.warm_up(index)
    tables = served(core).tables
    assert tables.lists is not None
    worked_out = set(vars(tables)), set(vars(tables.lists))
    seed = Seed(kind=SeedKind.PLAYLIST, tracks=tuple(map(TrackKey, tables.keys[:PER_LIST].tolist())))

    core.recommender_for(index).recommend(Request(seed=seed))

    assert (set(vars(tables)), set(vars(tables.lists))) == worked_out


def test_without_lists_there_is_less_to_warm_up(core: Core) -> None:
    learned = served(core)
    core.learned.publish(replace(learned, tables=learned.tables.with_lists(None, "")), core.catalog.index())

    core.learned.warm_up(core.catalog.index())

    assert served(core).tables.lists is None


def test_what_is_kept_is_told_without_building_it(core: Core) -> None:
    assert core.learned.kept() is None

    learned = served(core)

    assert core.learned.kept() is learned
    with open_core(core.settings) as later:
        kept = later.learned.kept()
        assert kept is not None
        assert kept.generation == learned.generation


def test_building_tells_how_far_it_is(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TOLD_EVERY", 20)
    told: list[tuple[int, int]] = []

    core.learned.built(core.catalog.index(), (), progress=lambda done, total: told.append((done, total)))

    assert told == [(20, TRACKS), (40, TRACKS), (TRACKS, TRACKS)]


def test_a_track_whose_facts_are_gone_is_left_out(core: Core) -> None:
    index = core.catalog.index()
    before = served(core)

    index.add(np.asarray([10**6]), index.vectors_of(index.keys[:1]))

    assert served(core).tables.keys.tolist() == before.tables.keys.tolist()
