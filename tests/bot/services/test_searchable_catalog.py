"""Promises of the catalog that can be searched: it follows the database, and heals itself."""

import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ClosingDownError
from bot.settings import Settings
from bot.wiring import open_core
from recommender.errors import EmptyCatalogError
from recommender.index.catalog_index import CatalogIndex
from recommender.types import Fact, Modality, Source, TrackFacts, TrackKey
from tests.installation import TRACKS, settings_for

NEW = TrackFacts(title="Harbour Without Boats", artists=("Ilse Vantongeren",), sources={Fact.WORDS: Source.MEMBER})
SPOTIFYS = TrackFacts(title="Quay", artists=("Somebody",), sources={Fact.WORDS: Source.SPOTIFY})


def test_what_was_built_is_opened_and_not_built_again(installation: Settings) -> None:
    with open_core(installation) as core:
        generation = core.catalog.index().generation
    with open_core(installation) as core:
        index = core.catalog.index()

    assert (index.generation, len(index)) == (generation, TRACKS)


@pytest.mark.parametrize("damage", ["torn", "flipped", "gone"])
def test_a_damaged_index_is_rebuilt_from_the_database(
    installation: Settings, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    with open_core(installation) as core:
        generation = core.catalog.index().generation
    for file in (installation.home / "index").rglob("*.usearch"):
        content = file.read_bytes()
        middle = len(content) // 2
        if damage == "gone":
            file.unlink()
        elif damage == "torn":
            file.write_bytes(content[:middle])
        else:
            file.write_bytes(content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :])

    with caplog.at_level(logging.WARNING), open_core(installation) as core:
        index = core.catalog.index()

    assert index.generation > generation
    assert len(index) == TRACKS
    assert "rebuilding" in caplog.text


def test_a_new_track_is_searchable_at_once_and_after_a_restart(installation: Settings) -> None:
    with open_core(installation) as core:
        generation = core.catalog.index().generation
        with core.database.transaction() as stored:
            [added] = stored.tracks.add_or_merge([NEW])

        absorbed = core.catalog.absorb()

        assert (absorbed.tracks, absorbed.is_complete) == (1, True)
        assert added.key in core.catalog.index().keys
        assert core.catalog.index().generation == generation
    with open_core(installation) as core:
        assert added.key in core.catalog.index().keys


def test_tracks_that_cannot_wait_are_read_and_found_and_no_others(installation: Settings) -> None:
    with open_core(settings_for(installation.home, content_sources="open")) as core:
        with core.database.transaction() as stored:
            waiting, wanted, silent = (
                each.key for each in stored.tracks.add_or_merge([replace(NEW, title="Waiting"), NEW, SPOTIFYS])
            )

        known_by = core.catalog.absorb_now([wanted, silent])

        assert known_by == {wanted: {Modality.TEXT}, silent: frozenset()}
        assert wanted in core.catalog.index().keys
        assert waiting not in core.catalog.index().keys
        assert core.catalog.absorb_now([TrackKey(10**9)]) == {10**9: frozenset()}
        assert core.catalog.absorb().tracks == 1
    with open_core(installation) as core:
        assert wanted in core.catalog.index().keys


def test_tracks_that_cannot_wait_need_others_to_be_compared_with(tmp_path: Path) -> None:
    with open_core(settings_for(tmp_path / "empty")) as core:
        with core.database.transaction() as stored:
            [added] = stored.tracks.add_or_merge([NEW])

        with pytest.raises(EmptyCatalogError):
            core.catalog.absorb_now([added.key])


def test_many_new_tracks_build_the_index_anew_and_read_all_words_again(installation: Settings) -> None:
    with open_core(installation) as core:
        before = core.learned.serving(core.catalog.index())
        with core.database.transaction() as stored:
            stored.tracks.add_or_merge([replace(NEW, title=f"Quay {number}") for number in range(70)])

        absorbed = core.catalog.absorb()
        after = core.learned.serving(core.catalog.index())

        assert absorbed.tracks == 70
        assert core.catalog.index().generation == 2
        assert len(after.tables) == len(before.tables) + 70
        assert after.generation == before.generation + 1


def test_an_index_that_is_found_worse_is_not_served_and_its_files_are_gone(installation: Settings) -> None:
    def refuse(index: CatalogIndex) -> None:
        seen.append(len(index))
        raise LookupError("worse")

    seen: list[int] = []
    with open_core(installation) as core:
        before = core.catalog.index()

        with pytest.raises(LookupError, match="worse"):
            core.catalog.rebuild(check=refuse)

        assert core.catalog.index() is before
    assert seen == [TRACKS]
    with open_core(installation) as core:
        assert core.catalog.index().generation == before.generation


def test_warming_up_opens_the_tables_too(installation: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_core(installation) as core:
        core.catalog.warm_up()
        monkeypatch.setattr("recommender.track_tables.TrackTables.load", None)

        assert len(core.learned.serving(core.catalog.index()).tables) == TRACKS


def test_absorbing_nothing_does_nothing(installation: Settings) -> None:
    with open_core(installation) as core:
        core.catalog.index()

        absorbed = core.catalog.absorb()

    assert (absorbed.tracks, absorbed.is_complete) == (0, True)


def test_closing_gives_up_an_index_that_is_half_built_and_loses_nothing(installation: Settings) -> None:
    with open_core(installation) as core:
        generation = core.catalog.index().generation

        def close_once_begun(done: int, _total: int) -> None:
            core.catalog.close()

        with pytest.raises(ClosingDownError, match="ask me again"):
            core.catalog.rebuild(close_once_begun)
        with core.database.transaction() as stored:
            [added] = stored.tracks.add_or_merge([NEW])

        assert core.catalog.absorb().tracks == 0
        assert core.catalog.index().generation == generation
    with open_core(installation) as core:
        core.catalog.absorb()

        assert added.key in core.catalog.index().keys
        assert core.catalog.index().generation == generation


def test_what_another_process_built_is_taken_over(installation: Settings) -> None:
    with open_core(installation) as ours, open_core(installation) as theirs:
        before = ours.catalog.index().generation
        rebuilt = theirs.catalog.rebuild().generation

        ours.catalog.refresh()

        assert ours.catalog.index().generation == rebuilt > before


def test_another_encoder_makes_the_index_stale(installation: Settings, tmp_path: Path) -> None:
    with open_core(installation) as core:
        generation = core.catalog.index().generation
    with open_core(installation) as core:
        ingestion = core.catalog._ingestion
        changed = type("Other", (), {"fingerprint": "other@1/none/384", "dim": 384, "encode": ingestion._text.encode})()
        ingestion._text = changed

        index = core.catalog.index()

        # Audio features still make the tracks comparable; their words are missing, not mixed.
        assert index.generation > generation
        assert index.space.text[0].startswith("other@1")


def test_an_empty_catalog_says_what_to_do(tmp_path: Path) -> None:
    with open_core(settings_for(tmp_path / "empty")) as core:
        with pytest.raises(EmptyCatalogError, match="catalog import"):
            core.catalog.index()
        assert core.catalog.absorb().tracks == 0


def test_a_prompt_that_was_read_is_not_read_again(installation: Settings) -> None:
    with open_core(installation) as core:
        first = core.catalog.encode_prompt("rain on a tin roof")

        assert core.catalog.encode_prompt("rain on a tin roof") is first
        with pytest.raises(ValueError, match="read-only"):
            first[0] = 1


def test_answering_loads_no_network_framework(installation: Settings) -> None:
    program = (
        "import sys; from bot.services.asks import Ask; from bot.wiring import open_recommending\n"
        "from tests.installation import settings_for; from pathlib import Path\n"
        f"with open_recommending(settings_for(Path({str(installation.home)!r}))) as recommending:\n"
        "    answer = recommending.answer(Ask(prompt='a quiet song for the night'))\n"
        "assert answer.recommendation.suggestions\n"
        "print(sorted({'torch', 'transformers', 'torchvision', 'timm'} & set(sys.modules)))"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert result.stdout.strip() == "[]", result.stderr
