"""MiniLM with its real weights: what texts mean, on both backends, in a process without torch."""

import logging
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recommender.encoders.converted import converted_folder
from recommender.encoders.registry import text_encoder
from recommender.errors import EncoderUnavailableError
from recommender.ports import TextEncoder
from recommender.types import Matrix, Vector
from tests.contracts.encoders import SAME, TextEncoderContract

DESCRIPTIONS = [
    "Glass Harbour by Ines Valdor. Album: Low Tide Letters. Genres: indie folk, singer-songwriter.",
    "Iron Psalm by Gravemouth. Album: Cathedral of Rust. Genres: doom metal, sludge.",
    "Plastik Sonne by Neonkind. Album: Nachtbus. Genres: techno, minimal.",
    "Tiny Paper Moon by The Cradle Trio. Album: Hush. Genres: lullaby, children's music.",
    "Corazón de Barrio by Los Primos Rueda. Album: Calle 9. Genres: cumbia, latin.",
    "88 Bars (feat. Mo Kane) by Yung Ledger. Album: Paper Route. Genres: hip hop, trap.",
    "雨の高速道路 by 夜行バンド. Genres: city pop.",
    "x",
    "la la la " * 90,
    "I packed the last box of your records in the rain and drove until the radio lost the town " * 30,
]


class TestMiniLm(TextEncoderContract):
    @pytest.fixture
    def encoder(self, minilm: TextEncoder) -> TextEncoder:
        return minilm


class TestMiniLmInTorch(TextEncoderContract):
    @pytest.fixture
    def encoder(self, minilm_in_torch: TextEncoder) -> TextEncoder:
        return minilm_in_torch


def cosines(ours: Matrix, theirs: Matrix) -> Vector:
    return np.asarray(np.sum(ours * theirs, axis=1))


def test_openvino_agrees_with_torch_in_full_precision(minilm: TextEncoder, minilm_in_torch: TextEncoder) -> None:
    agreement = cosines(minilm.encode(DESCRIPTIONS), minilm_in_torch.encode(DESCRIPTIONS))

    assert float(agreement.min()) >= 0.999
    assert float(np.median(agreement)) >= 0.9999


def test_what_texts_mean_decides_and_not_which_words_they_share(minilm: TextEncoder) -> None:
    prompt, leaving, party, metal = minilm.encode(
        [
            "sad acoustic songs about leaving home",
            "I closed the farmhouse door, guitar on my back, and my mother cried by the road",
            "hands up everybody, the bass drops and we dance all night in the club",
            "blood and thunder, the war drums hammer the iron gates",
        ]
    )

    assert float(prompt @ leaving) > float(prompt @ party) + 0.1
    assert float(prompt @ leaving) > float(prompt @ metal) + 0.1


def test_the_end_of_a_long_text_counts(minilm: TextEncoder) -> None:
    beginning = "rain falls on the quiet harbour and the boats are sleeping. " * 40
    calm, changed, end = minilm.encode(
        [beginning, beginning + "war drums hammer the iron gates. " * 40, "war drums hammer the iron gates."]
    )

    assert float(changed @ end) > float(calm @ end) + 0.1


def test_a_window_weighs_by_its_tokens(minilm: TextEncoder) -> None:
    """254 tokens of one thing and a few of another are nearly the one thing."""
    long_part = "rain " * 254
    rain, rain_and_a_word = minilm.encode([long_part, long_part + "guitar"])

    assert float(rain @ rain_and_a_word) > 0.999


def test_many_texts_are_read_in_bounded_portions(minilm: TextEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = minilm.encode(DESCRIPTIONS)
    monkeypatch.setattr("recommender.encoders.text_encoder.TEXTS_AT_ONCE", 3)

    portions = minilm.encode(DESCRIPTIONS)

    assert np.all(cosines(whole, portions) > SAME)


SERVING = """
import sys
from pathlib import Path
from recommender.encoders.registry import image_encoder, text_encoder

cache = Path(sys.argv[1])
text, image = text_encoder("minilm", cache), image_encoder("efficientnet-lite0", cache)
known = (text.fingerprint, text.dim, image.fingerprint, image.dim)
early = {"torch", "transformers", "timm", "torchvision", "openvino", "tokenizers", "PIL"} & set(sys.modules)
assert not early, f"constructing imported {early}"
vector = text.encode(["rain on the motorway"])[0]
image.encode([Path(sys.argv[2]).read_bytes()])
never = {"torch", "transformers", "timm", "torchvision", "sentence_transformers", "openvino_telemetry"}
heavy = never & set(sys.modules)
assert not heavy, f"serving imported {heavy}"
print(" ".join(f"{x:.6f}" for x in vector[:8]))
"""


def test_a_serving_process_imports_neither_torch_nor_transformers_and_reports_to_nobody(
    minilm: TextEncoder, converted: Path, tmp_path: Path, cover_file: Path
) -> None:
    [vector] = minilm.encode(["rain on the motorway"])

    served = subprocess.run(
        [sys.executable, "-W", "error", "-c", SERVING, str(converted), str(cover_file)],
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": str(tmp_path), "PYTHONPATH": ":".join(path for path in sys.path if path)},
    )

    assert served.returncode == 0, served.stderr
    assert served.stderr == ""
    np.testing.assert_allclose([float(x) for x in served.stdout.split()], vector[:8], atol=1e-4)
    assert list(tmp_path.iterdir()) == [cover_file]


def never(folder: Path) -> None:
    raise AssertionError(folder)


def test_a_torn_converted_network_is_remade_with_the_same_vectors(
    minilm: TextEncoder, converted: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = minilm.encode(DESCRIPTIONS)
    whole = converted_folder(converted, minilm.fingerprint, never)
    weights = shutil.copytree(whole, tmp_path / whole.name) / "network.bin"
    weights.write_bytes(weights.read_bytes()[:1_000_000])

    with caplog.at_level(logging.WARNING):
        after = text_encoder("minilm", tmp_path).encode(DESCRIPTIONS)

    assert np.all(cosines(before, after) > SAME)
    assert "torn" in caplog.text
    assert weights.stat().st_size > 80_000_000


def test_a_whole_converted_network_is_not_made_again(minilm: TextEncoder, converted: Path) -> None:
    minilm.encode(["rain"])

    assert converted_folder(converted, minilm.fingerprint, never).is_dir()


def test_a_cache_that_cannot_be_written_gives_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")

    with pytest.raises(EncoderUnavailableError, match="cannot be written"):
        text_encoder("minilm", tmp_path / "cache").encode(["rain"])
