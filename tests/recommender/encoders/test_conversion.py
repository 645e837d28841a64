"""Networks can be converted beforehand, in another process."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from recommender.encoders.conversion import convert_beforehand, main
from recommender.errors import EncoderUnavailableError

FIRST_START = """
import sys
from pathlib import Path
from recommender.encoders.conversion import convert_beforehand
from recommender.encoders.registry import image_encoder, text_encoder

cache = Path(sys.argv[1])
assert convert_beforehand("minilm", "efficientnet-lite0", cache)
assert text_encoder("minilm", cache).encode(["rain"]).any()
assert "torch" not in sys.modules and "transformers" not in sys.modules
"""


def test_even_the_first_start_of_a_serving_process_imports_no_torch(tmp_path: Path) -> None:
    started = subprocess.run(
        [sys.executable, "-W", "error", "-c", FIRST_START, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": str(tmp_path / "home"), "PYTHONPATH": ":".join(path for path in sys.path if path)},
    )

    assert started.returncode == 0, started.stderr
    assert len(list(tmp_path.iterdir())) == 2


def test_converted_networks_start_no_child(
    converted: Path, cover_file: Path, minilm: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["minilm", "efficientnet-lite0", str(converted)]) == 0
    monkeypatch.setattr(sys, "executable", "/no/such/python")

    assert convert_beforehand("minilm", "efficientnet-lite0", converted)


def test_a_child_that_cannot_start_is_reported_and_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")

    with caplog.at_level(logging.WARNING):
        assert not convert_beforehand("minilm", "efficientnet-lite0", tmp_path)

    assert "encoders not converted" in caplog.text


def test_a_child_that_fails_is_reported_with_its_sentence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "cache").write_text("in the way")

    with caplog.at_level(logging.WARNING):
        assert not convert_beforehand("minilm", "efficientnet-lite0", tmp_path / "cache")

    assert "cannot be written" in caplog.text


def test_an_encoder_that_is_not_here_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailableError, match="clip"):
        convert_beforehand("minilm", "clip", tmp_path)


def test_the_command_says_one_sentence_when_it_cannot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["minilm", "clip", str(tmp_path)]) == 1

    assert "choose one of efficientnet-lite0" in capsys.readouterr().err


NETWORKS_ENDED = """
import gc, io, os, signal, sys
from pathlib import Path
from PIL import Image
from recommender.encoders.registry import image_encoder, text_encoder

cover = io.BytesIO()
Image.new("RGB", (64, 64)).save(cover, "JPEG")
text, image = text_encoder("minilm", Path(sys.argv[1])), image_encoder("efficientnet-lite0", Path(sys.argv[1]))
text.encode(["rain"]), image.encode([cover.getvalue()])
del text
gc.collect()
del image
gc.collect()
signal.signal(signal.SIGINT, lambda number, frame: print("heeded"))
os.kill(os.getpid(), signal.SIGINT)
"""


def test_a_signal_that_comes_after_networks_have_ended_is_heeded(models: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", NETWORKS_ENDED, str(models)], capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout) == (0, "heeded\n"), ended.stderr
