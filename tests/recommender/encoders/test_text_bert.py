"""BERT-family networks are found by name, checked, and refused in one clear sentence."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from recommender.encoders.networks import Backend
from recommender.encoders.registry import text_encoder
from recommender.encoders.text_bert import BertModel, Pooling, find_bert, load_bert, save_tokenizer
from recommender.encoders.text_encoder import BertTextEncoder
from recommender.errors import EncoderUnavailableError, WeightsCorruptError
from recommender.ports import TextEncoder
from tests.contracts.encoders import SAME, TextEncoderContract

LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
SIZES = {"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2, "intermediate_size": 64}


def bert() -> transformers.PreTrainedConfig:
    return transformers.BertConfig(vocab_size=len(VOCABULARY), max_position_embeddings=40, **SIZES)


def roberta() -> transformers.PreTrainedConfig:
    # Its positions start after the pad token's, so it needs the right pad token and two positions more.
    return transformers.RobertaConfig(vocab_size=len(VOCABULARY), max_position_embeddings=42, pad_token_id=0, **SIZES)


def distilbert() -> transformers.PreTrainedConfig:
    return transformers.DistilBertConfig(
        vocab_size=len(VOCABULARY), max_position_embeddings=40, dim=32, n_heads=4, n_layers=2, hidden_dim=64
    )


def small_network(folder: Path, config: transformers.PreTrainedConfig, *, pooling: str = "mean") -> Path:
    """Save a small network of this kind with random weights, and a tokenizer of letters."""
    torch.manual_seed(7)
    transformers.AutoModel.from_config(config).save_pretrained(folder)
    words = Tokenizer(WordPiece({word: number for number, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    words.pre_tokenizer = Whitespace()
    words.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=words,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=24,
    ).save_pretrained(folder)
    (folder / "1_Pooling").mkdir()
    flags = {"pooling_mode_cls_token": pooling == "cls", "pooling_mode_mean_tokens": pooling == "mean"}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(flags))
    return folder


@pytest.fixture(scope="module", params=[bert, roberta, distilbert])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_network(tmp_path_factory.mktemp(request.param.__name__), request.param())


@pytest.fixture(scope="module")
def family_encoder(network: Path, tmp_path_factory: pytest.TempPathFactory) -> TextEncoder:
    return text_encoder(str(network), tmp_path_factory.mktemp("cache"))


class TestFamily(TextEncoderContract):
    """Networks from a folder keep every promise that the default one keeps."""

    texts = ("rain on me", "", "a lullaby", "thunder " * 70, "   ", "雨 émilie")

    @pytest.fixture
    def encoder(self, family_encoder: TextEncoder) -> TextEncoder:
        return family_encoder

    def test_openvino_agrees_with_torch(self, encoder: TextEncoder, network: Path, tmp_path: Path) -> None:
        in_torch = text_encoder(str(network), tmp_path, backend=Backend.TORCH)
        texts = ["rain on me", "a lullaby for a bear", "x", "thunder " * 70]

        assert np.all(np.sum(encoder.encode(texts) * in_torch.encode(texts), axis=1) > 0.999)
        assert list(tmp_path.iterdir()) == []

    def test_windows_are_as_long_as_the_files_say(self, network: Path) -> None:
        assert find_bert(str(network)).window == 24


def test_a_model_trained_to_speak_through_its_first_token_does(tmp_path: Path) -> None:
    folder = small_network(tmp_path / "cls", bert(), pooling="cls")
    model = find_bert(str(folder))

    ids = torch.tensor([[2, 10, 11, 12, 3]])
    vector = load_bert(model)(ids, torch.ones_like(ids))
    whole = transformers.AutoModel.from_pretrained(folder)(input_ids=ids).last_hidden_state

    assert model.pooling is Pooling.CLS
    assert torch.allclose(vector, whole[:, 0], atol=1e-5)


def test_other_weights_in_a_folder_are_another_fingerprint(tmp_path: Path) -> None:
    folder = small_network(tmp_path / "mine", bert())
    before = find_bert(str(folder)).fingerprint
    weights = load_file(folder / "model.safetensors")
    save_file({name: values + 0.01 for name, values in weights.items()}, folder / "model.safetensors", {"format": "pt"})

    assert find_bert(str(folder)).fingerprint != before


def test_a_folder_with_missing_weights_is_refused_instead_of_filled_at_random(tmp_path: Path) -> None:
    folder = small_network(tmp_path / "holes", bert())
    weights = load_file(folder / "model.safetensors")
    kept = {name: values for name, values in weights.items() if "layer.1" not in name}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})

    with pytest.raises(EncoderUnavailableError, match="weights are missing"):
        load_bert(find_bert(str(folder)))


def test_a_folder_with_torn_weights_is_refused(tmp_path: Path) -> None:
    folder = small_network(tmp_path / "torn", bert())
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])

    with pytest.raises(EncoderUnavailableError, match="cannot be read"):
        text_encoder(str(folder), tmp_path / "cache").encode(["rain"])


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = small_network(tmp_path / "mute", bert())
    for file in (*folder.glob("tokenizer*"), *folder.glob("special*")):
        file.unlink()

    with pytest.raises(EncoderUnavailableError, match="holds no tokenizer"):
        find_bert(str(folder))


def test_a_folder_with_a_torn_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = small_network(tmp_path / "mumbling", bert())
    (folder / "tokenizer.json").write_text('{"version": "1.0", ')

    with pytest.raises(EncoderUnavailableError, match=r"tokenizer in .* cannot be read"):
        save_tokenizer(find_bert(str(folder)), tmp_path / "tokenizer.json")


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    folder = small_network(tmp_path / "empty", bert())
    (folder / "model.safetensors").unlink()

    with pytest.raises(EncoderUnavailableError, match="holds no weights"):
        find_bert(str(folder))


def test_a_folder_with_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    folder = small_network(tmp_path / "dangling", bert())
    (folder / "more.safetensors").symlink_to(tmp_path / "gone")

    with pytest.raises(EncoderUnavailableError, match="cannot be read"):
        find_bert(str(folder))


@pytest.mark.parametrize("config", ['{"model_type": "gpt2"}', "{", "[]", None])
def test_a_folder_with_something_else_is_refused(tmp_path: Path, config: str | None) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(config)

    with pytest.raises(EncoderUnavailableError, match="no network of the BERT family"):
        find_bert(str(tmp_path))


@pytest.mark.parametrize("name", ["bert-base-uncased", "no-such-owner/no-such-model", "not a name!", "/no/such/folder"])
def test_a_hub_model_that_is_not_here_gives_one_sentence_and_asks_nobody(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))

    with pytest.raises(EncoderUnavailableError, match="hf download") as refusal:
        text_encoder(name, tmp_path)

    assert name in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_hub_model_that_was_downloaded_is_found_under_its_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "models--someone--small-bert"
    small_network(repository / "snapshots" / revision, bert())
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(revision)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))

    model = find_bert("someone/small-bert")

    assert model.fingerprint == "small-bert@0123456789ab/mean-24/32"


@pytest.fixture
def copied_minilm(tmp_path: Path) -> BertModel:
    model = find_bert("minilm")
    shutil.copytree(model.folder, tmp_path / "minilm")
    return replace(model, folder=tmp_path / "minilm")


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "config.json"])
def test_tampered_minilm_is_refused_before_anything_of_it_is_used(
    copied_minilm: BertModel, file: str, tmp_path: Path
) -> None:
    with (copied_minilm.folder / file).open("r+b") as content:
        content.seek(-2, 2)
        content.write(b"!!")

    for backend in Backend:
        with pytest.raises(WeightsCorruptError, match=file):
            BertTextEncoder(copied_minilm, tmp_path / "cache", backend=backend).encode(["rain"])

    assert not list((tmp_path / "cache").glob("*"))


@pytest.mark.parametrize("name", ["minilm", "MiniLM", "sentence-transformers/all-MiniLM-L6-v2"])
def test_the_default_network_goes_by_its_usual_names(name: str) -> None:
    assert find_bert(name).fingerprint == "all-MiniLM-L6-v2@1110a243/mean-256/384"


def test_the_torch_module_is_the_published_recipe(minilm_in_torch: TextEncoder) -> None:
    """Mean over the tokens' last hidden states, at unit length, as the model's own description says."""
    folder = find_bert("minilm").folder
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    network = transformers.AutoModel.from_pretrained(folder)
    inputs = tokenizer(["rain on the motorway"], return_tensors="pt", padding=False, truncation=True, max_length=256)
    with torch.inference_mode():
        mean = network(**inputs).last_hidden_state[0].mean(0)

    [ours] = minilm_in_torch.encode(["rain on the motorway"])

    assert float(torch.nn.functional.normalize(mean, dim=0) @ torch.from_numpy(ours)) > SAME
