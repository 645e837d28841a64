"""Promises of the commands that build anew: lists are learnt from, and what is worse is kept out."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.wiring import open_core, utc_now
from recommender.types import Feedback, Verdict
from tests.bot.learned_world import LISTS, PER_LIST, installed, shuffle_vectors, stored_keys
from tests.command_line import Result, ran
from tests.installation import settings_for
from tests.storage.builders import ADA, remembered

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("quality") / "home"
    with open_core(installed(home)) as core:
        core.training.renew()
    return home


@pytest.fixture
def home(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "home"))


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRATEDIGGER_HOME", str(home))
    return lambda *arguments: ran(*arguments, monkeypatch=monkeypatch, capfd=capfd)


def test_a_worse_index_is_refused_unless_it_is_forced(run: Run, home: Path) -> None:
    with open_core(settings_for(home)) as core:
        shuffle_vectors(core)

    refused = run("rebuild-index", "--json")
    told = run("catalog", "stats", "--json").json["quality"]
    forced = run("rebuild-index", "--force", "--json")

    assert refused.code == 1
    assert refused.json["swapped"] is False
    assert "would fall from" in refused.json["quality"]
    assert "--force" in refused.err
    assert told.endswith(refused.json["quality"])
    assert (forced.code, forced.json["swapped"], forced.json["tracks"]) == (0, True, LISTS * PER_LIST)
    assert "became" in forced.json["quality"]


def test_how_suggestions_are_received_is_counted(run: Run, home: Path) -> None:
    now = utc_now()
    with open_core(settings_for(home)) as core:
        key = stored_keys(core)[0]
        with core.database.transaction() as stored:
            stored.suggestions.remember(ADA, [remembered(key, "text", "words")], now)
            stored.feedback.record(Feedback(member=ADA, track=key, verdict=Verdict.LIKE, given_at=now))

    counted = run("catalog", "stats", "--json").json["received"]
    table = run("catalog", "stats").out

    [by_part] = counted["by_modality"]
    assert by_part == by_part | {"name": "text", "suggested": 1, "judged": 1, "share": 1.0, "high": 1.0}
    assert 0.2 < by_part["low"] < 0.21
    assert [each["name"] for each in counted["by_source"]] == ["words"]
    assert "liked by source" in table
    assert "words 100% (21% to 100%) of 1" in " ".join(table.split())
