"""Promises of building anew: what is worse stays out and changes nothing, and why is told in one sentence."""

import logging
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.errors import ClosingDownError
from bot.services import training as module
from bot.services.training import NO_FIGURE, QUALITY_MARK
from bot.settings import Settings
from bot.wiring import Core, open_core
from recommender.errors import EmptyCatalogError
from recommender.types import MemberId, Request, Seed, SeedKind, TrackKey
from storage.models import PlaylistEntryRow, table_of
from storage.values import Consent
from tests.bot.learned_world import (
    LISTS,
    PER_LIST,
    add_member,
    add_playlists,
    installed,
    restore_vectors,
    shuffle_vectors,
    stored_keys,
)
from tests.installation import settings_for

MARA = MemberId(101)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was built and learnt once."""
    home = tmp_path_factory.mktemp("training") / "home"
    with open_core(installed(home)) as core:
        core.training.renew()
    return home


@pytest.fixture
def settings(prepared: Path, tmp_path: Path) -> Settings:
    shutil.copytree(prepared, tmp_path / "home")
    return settings_for(tmp_path / "home")


@pytest.fixture
def core(settings: Settings) -> Iterator[Core]:
    with open_core(settings) as core:
        yield core


def marked(core: Core) -> str:
    with core.database.reading() as stored:
        return stored.state.get(QUALITY_MARK) or ""


def suggested(core: Core) -> list[tuple[TrackKey, float]]:
    recommender = core.recommender_for(core.catalog.index())
    seed = Seed(kind=SeedKind.TRACK, tracks=(stored_keys(core)[7],))
    return [(each.track.key, each.score) for each in recommender.recommend(Request(seed=seed)).suggestions]


def test_what_is_built_first_is_served_with_its_figure(core: Core) -> None:
    learned = core.learned.serving(core.catalog.index())

    assert learned.quality is not None
    assert len(learned.quality.figures) == 20
    assert learned.quality.ndcg > 0.5
    assert f"NDCG@10 {learned.quality.ndcg:.3f} (" in marked(core)
    assert marked(core).endswith("on 20 held-out lists")


def test_what_lists_taught_is_not_learnt_again_for_nothing(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    before = core.learned.serving(core.catalog.index())
    monkeypatch.setattr(module, "lessons_of", None)

    renewed = core.training.renew()

    assert not renewed.was_refused
    assert renewed.index.generation == 2
    assert core.learned.serving(renewed.index) is before


def test_a_new_list_is_learnt_from(core: Core) -> None:
    before = core.learned.serving(core.catalog.index())
    with core.database.transaction() as stored:
        [playlist] = [key for key, _ in stored.playlists.lists(after=0, limit=1)]  # type: ignore[arg-type]
        stored.playlists.add_entries(playlist, stored_keys(core)[-2:])

    renewed = core.training.renew()
    after = core.learned.serving(renewed.index)

    assert after.stamp != before.stamp
    assert after.tables.version != before.tables.version
    assert re.search(r"on 20 held-out lists; [\d.]+ became [\d.]+ on 20 of them$", renewed.remark)


def test_an_index_of_muddled_vectors_is_refused_and_answers_stay_as_they_were(
    core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    before, answers = core.catalog.index(), suggested(core)
    learned = core.learned.serving(before)
    shuffle_vectors(core)

    with caplog.at_level(logging.WARNING):
        renewed = core.training.renew()

    assert renewed.was_refused
    assert renewed.index is core.catalog.index() is before
    assert core.learned.serving(before) is learned
    assert suggested(core) == answers
    assert renewed.remark.startswith(
        "kept the old index and what lists taught: NDCG@10 on 20 held-out lists would fall"
    )
    assert renewed.remark.endswith("and QUALITY_MAY_FALL allows 10%")
    assert renewed.remark in marked(core)
    assert "new index refused" in caplog.text


def test_what_was_refused_is_refused_by_the_next_process_too_until_it_is_good_again(settings: Settings) -> None:
    with open_core(settings) as core:
        shuffle_vectors(core)
        core.training.renew()
    with open_core(settings) as core:
        assert core.training.renew().was_refused
        restore_vectors(core)

        renewed = core.training.renew()

    assert not renewed.was_refused
    assert renewed.index.generation == 2


def test_lists_that_teach_nonsense_are_refused(core: Core) -> None:
    learned = core.learned.serving(core.catalog.index())
    keys = np.random.default_rng(5).permutation(stored_keys(core)).tolist()[1:]
    with core.database.transaction() as stored:
        stored.playlists._connection.execute(table_of(PlaylistEntryRow).delete())
    add_playlists(core, [keys[start : start + PER_LIST] for start in range(0, len(keys), PER_LIST)])

    renewed = core.training.renew()

    assert renewed.was_refused
    assert core.learned.serving(core.catalog.index()) is learned


def test_an_operator_can_have_it_all_the_same(core: Core) -> None:
    shuffle_vectors(core)

    renewed = core.training.renew(is_gated=False)
    after = core.learned.serving(renewed.index)

    assert not renewed.was_refused
    assert renewed.index.generation == 2
    assert after.quality is not None
    assert after.quality.ndcg < 0.2
    assert not core.training.renew().was_refused


def test_a_fall_that_the_setting_allows_is_none(settings: Settings) -> None:
    with open_core(settings.model_copy(update={"quality_may_fall": 1.0})) as core:
        shuffle_vectors(core)

        assert not core.training.renew().was_refused


def test_with_too_few_lists_there_is_no_figure_and_the_new_is_served(tmp_path: Path) -> None:
    with open_core(installed(tmp_path / "home", 12)) as core:
        renewed = core.training.renew()
        learned = core.learned.serving(renewed.index)
        shuffle_vectors(core)
        again = core.training.renew()

        assert renewed.remark == again.remark == NO_FIGURE
        assert marked(core).endswith(NO_FIGURE)
        assert learned.quality is None
        assert learned.tables.lists is not None
        assert (again.was_refused, again.index.generation) == (False, 2)


def test_nothing_to_build_from_is_said(tmp_path: Path) -> None:
    with open_core(settings_for(tmp_path / "empty")) as core, pytest.raises(EmptyCatalogError):
        core.training.renew()


def test_learning_that_is_stopped_leaves_what_is_served(core: Core) -> None:
    before = core.catalog.index()
    shuffle_vectors(core)

    renewed = core.training.renew(stop=lambda: True)

    assert renewed.index is core.catalog.index() is before
    assert (renewed.is_complete, renewed.was_refused) == (False, False)


def test_without_a_gate_an_index_whose_lists_are_not_learnt_yet_is_served_already(core: Core) -> None:
    learned = core.learned.serving(core.catalog.index())
    restore_vectors(core)
    shuffle_vectors(core)

    renewed = core.training.renew(is_gated=False, stop=lambda: True)

    assert renewed.index.generation == 2
    assert not renewed.is_complete
    assert core.learned.serving(renewed.index).weights is learned.weights
    assert not core.training.renew(is_gated=False).remark.startswith("learning was stopped")


def test_a_bot_that_is_being_stopped_does_not_wait_for_lessons(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    index = core.catalog.index()
    shuffle_vectors(core)

    def closed_meanwhile(*_given: object, **others: object) -> None:
        core.catalog.close()

    monkeypatch.setattr(module, "lessons_of", closed_meanwhile)

    with pytest.raises(ClosingDownError):
        core.training.renew()

    assert core.catalog.index() is index


def test_bars_show_the_index_the_facts_and_the_lists(core: Core) -> None:
    shown: dict[str, tuple[int, int]] = {}

    def bar(title: str, unit: str):  # type: ignore[no-untyped-def]
        return lambda done, total: shown.__setitem__(f"{title} {unit}", (done, total))

    shuffle_vectors(core)
    core.training.renew(bar=bar)

    tracks = LISTS * PER_LIST
    assert shown == {"Index rows": (2 * tracks, 2 * tracks), "Facts tracks": (tracks, tracks), "Lists lists": (60, 60)}


def test_who_takes_consent_back_is_not_learnt_from_even_where_the_new_is_refused(core: Core) -> None:
    keys = stored_keys(core)
    add_member(core, MARA, keys[:9])
    core.training.renew(is_gated=False)
    with_mara = core.learned.serving(core.catalog.index())
    with core.database.transaction() as stored:
        stored.consents.withdraw(MARA, Consent.PEOPLE)
    shuffle_vectors(core)

    renewed = core.training.renew()
    without = core.learned.serving(core.catalog.index())

    assert renewed.was_refused
    assert renewed.remark.endswith("; lists were learnt anew, for a member took theirs back")
    assert with_mara.tables.lists is not None
    assert without.tables.lists is not None
    assert with_mara.tables.lists.table.shape[0] == LISTS + 1
    assert without.tables.lists.table.shape[0] == LISTS
    assert (without.weights, without.quality, without.stamp) == (with_mara.weights, with_mara.quality, with_mara.stamp)
    assert without.members == {}
    assert core.training.renew().remark.endswith("allows 10%")


def test_a_member_whose_tracks_only_fade_keeps_what_was_learnt(core: Core) -> None:
    keys = stored_keys(core)
    add_member(core, MARA, keys[:9])
    core.training.renew(is_gated=False)
    before = core.learned.serving(core.catalog.index())
    with core.database.transaction() as stored:
        stored.signals._connection.exec_driver_sql(f"DELETE FROM signal WHERE track_id = {keys[0]}")
    shuffle_vectors(core)

    renewed = core.training.renew()

    assert renewed.was_refused
    assert core.learned.serving(core.catalog.index()) is before
    assert list(replace(before).members.values()) == [9]
