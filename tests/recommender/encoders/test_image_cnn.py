"""EfficientNet-lite0 is the trained network; ResNet-50 and VGG16 are used where their weights are."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from sklearn.datasets import load_sample_image

from recommender.encoders.image_cnn import MODELS, CnnModel, find_cnn, load_cnn, renamed_for_timm
from recommender.encoders.image_encoder import CnnImageEncoder
from recommender.encoders.networks import Backend
from recommender.encoders.pictures import network_input, pixels_of
from recommender.encoders.registry import image_encoder
from recommender.errors import EncoderUnavailableError, PictureRefusedError, WeightsCorruptError
from recommender.ports import ImageEncoder
from recommender.types import Matrix
from recommender.unit_rows import unit_rows
from tests.contracts.encoders import ImageEncoderContract
from tests.recommender.encoders.drawings import PATTERNS, as_file, corner, drawn

PALACE, DAISY = 698, 985
"""Numbers of ImageNet classes."""
UPPER = [as_file(corner(drawn(pattern), low=False)) for pattern in range(PATTERNS)]
LOWER = [as_file(corner(drawn(pattern), low=True)) for pattern in range(PATTERNS)]


def outputs(network: torch.nn.Module, files: list[bytes]) -> Matrix:
    model = find_cnn("efficientnet-lite0")
    squares = [pixels_of(file, model.side) for file in files]
    seen = network_input(squares, *np.asarray([model.mean, model.deviation], dtype=np.float32))
    with torch.inference_mode():
        return np.asarray(network(torch.from_numpy(seen)).numpy(), dtype=np.float32)


def margin(upper: Matrix, lower: Matrix) -> float:
    """Return by how much the least alike two crops of one picture are closer than any of two pictures."""
    cosines = unit_rows(upper) @ unit_rows(lower).T
    one_picture = np.eye(len(cosines), dtype=bool)
    return float(cosines[one_picture].min() - cosines[~one_picture].max())


def shuffled(network: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Put every layer's weights into another order: the same numbers, no training."""
    dice = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weights in network.parameters():
            weights.copy_(weights.flatten()[torch.randperm(weights.numel(), generator=dice)].reshape(weights.shape))
    return network


class TestLite0(ImageEncoderContract):
    @pytest.fixture
    def encoder(self, lite0: ImageEncoder) -> ImageEncoder:
        return lite0

    @pytest.fixture
    def pictures(self) -> list[bytes]:
        return [*UPPER, *LOWER, as_file(drawn(6), "JPEG"), as_file(drawn(2), "WEBP")]


class TestLite0InTorch(ImageEncoderContract):
    @pytest.fixture
    def encoder(self, lite0_in_torch: ImageEncoder) -> ImageEncoder:
        return lite0_in_torch

    @pytest.fixture
    def pictures(self) -> list[bytes]:
        return UPPER[:3]


def test_two_crops_of_one_picture_are_closer_than_any_two_pictures(lite0: ImageEncoder) -> None:
    assert margin(lite0.encode(UPPER), lite0.encode(LOWER)) > 0.15


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_network_with_its_weights_shuffled_cannot_tell_pictures_apart(seed: int) -> None:
    untrained = shuffled(load_cnn(find_cnn("efficientnet-lite0")), seed)

    assert margin(outputs(untrained, UPPER), outputs(untrained, LOWER)) < 0.01


def test_the_classifier_recognises_photographs() -> None:
    """Of a palace in China and of a flower; scikit-learn brings both."""
    photographs = [as_file(Image.fromarray(load_sample_image(name))) for name in ("china.jpg", "flower.jpg")]

    scores = outputs(load_cnn(find_cnn("efficientnet-lite0"), classifier=True), photographs)

    assert scores.shape == (2, 1000)
    assert scores.argmax(axis=1).tolist() == [PALACE, DAISY]


def test_openvino_agrees_with_torch(lite0: ImageEncoder, lite0_in_torch: ImageEncoder) -> None:
    agreement = np.sum(lite0.encode(UPPER + LOWER) * lite0_in_torch.encode(UPPER + LOWER), axis=1)

    assert float(agreement.min()) >= 0.999


def test_a_vector_holds_three_depths_each_at_its_share(lite0: ImageEncoder) -> None:
    rows = lite0.encode(UPPER)
    last, middle, early = rows[:, :1280], rows[:, 1280:1472], rows[:, 1472:]

    lengths = [np.linalg.norm(part, axis=1) / np.linalg.norm(last, axis=1) for part in (middle, early)]

    np.testing.assert_allclose(lengths, [[1.0] * PATTERNS, [0.6] * PATTERNS], atol=1e-5)
    assert (last >= 0).all()


def test_each_depth_is_the_mean_of_what_the_network_sees_there(lite0: ImageEncoder) -> None:
    network = load_cnn(find_cnn("efficientnet-lite0"), classifier=True)
    maps: dict[str, torch.Tensor] = {}
    for name in ("blocks.3", "blocks.5", "bn2"):
        layer = network.get_submodule(name)
        layer.register_forward_hook(lambda _layer, _inputs, output, name=name: maps.__setitem__(name, output))

    outputs(network, UPPER)

    means = {name: np.asarray(each.mean((2, 3)).numpy()) for name, each in maps.items()}
    expected = [unit_rows(np.sqrt(means["bn2"])), unit_rows(means["blocks.5"]), 0.6 * unit_rows(means["blocks.3"])]
    np.testing.assert_allclose(lite0.encode(UPPER), unit_rows(np.concatenate(expected, axis=1)), atol=1e-4)


def test_the_fingerprint_tells_that_depths_are_joined() -> None:
    joined = find_cnn("efficientnet-lite0")

    assert joined.fingerprint == "efficientnet-lite0@57934424/middle-square-224-levels1/1552"
    assert replace(joined, levels=None, dim=1280).fingerprint == "efficientnet-lite0@57934424/middle-square-224/1280"


def test_one_refused_picture_refuses_its_call(lite0: ImageEncoder) -> None:
    with pytest.raises(PictureRefusedError):
        lite0.encode([UPPER[0], UPPER[1][:300]])


def test_tampered_weights_are_refused(tmp_path: Path) -> None:
    model = find_cnn("efficientnet-lite0")
    content = bytearray(model.weights().read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "weights.pth").write_bytes(content)
    tampered = replace(model, weights=lambda: tmp_path / "weights.pth")

    for backend in Backend:
        with pytest.raises(WeightsCorruptError, match="reinstall"):
            CnnImageEncoder(tampered, tmp_path / "cache", backend=backend).encode([UPPER[0]])

    assert not list((tmp_path / "cache").glob("*"))


def test_every_weight_gets_exactly_one_of_timms_names() -> None:
    weights = torch.load(find_cnn("efficientnet-lite0").weights(), weights_only=True)

    renamed = renamed_for_timm(weights)

    assert len(renamed) == len(weights)
    assert renamed["blocks.6.0.bn3.bias"] is weights["_blocks.15._bn2.bias"]
    assert renamed["blocks.0.0.conv_pw.weight"] is weights["_blocks.0._project_conv.weight"]


def test_a_cache_that_cannot_be_written_gives_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")

    with pytest.raises(EncoderUnavailableError, match="cannot be written"):
        image_encoder("efficientnet-lite0", tmp_path / "cache").encode([UPPER[0]])


@pytest.mark.parametrize(("name", "file"), [("resnet50", "resnet50-0676ba61.pth"), ("vgg16", "vgg16-397923af.pth")])
def test_weights_that_are_not_here_give_one_sentence_that_says_where_they_go(
    name: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    with pytest.raises(EncoderUnavailableError, match=name) as refusal:
        image_encoder(name, tmp_path)

    assert file in str(refusal.value)
    assert str(tmp_path / "hub" / "checkpoints") in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_other_weights_under_torchvisions_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
    (tmp_path / "hub" / "checkpoints" / "resnet50-0676ba61.pth").write_bytes(b"not what torchvision published")

    encoder = image_encoder("resnet50", tmp_path / "cache")

    assert encoder.fingerprint == "resnet50@0676ba61/middle-square-224/2048"
    with pytest.raises(WeightsCorruptError, match="resnet50-0676ba61"):
        encoder.encode([UPPER[0]])


@pytest.fixture(scope="module")
def untrained_resnet(tmp_path_factory: pytest.TempPathFactory) -> CnnModel:
    """ResNet-50 with random weights in a file: what is tested is loading, cutting and converting."""
    torch.manual_seed(5)
    file = tmp_path_factory.mktemp("resnet") / "resnet50.pth"
    torch.save(torchvision.models.resnet50(weights=None).state_dict(), file)
    known_sum = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
    return replace(MODELS["resnet50"], weights=lambda: file, weights_sum=known_sum)


def test_resnet_serves_what_goes_into_its_last_layer(untrained_resnet: CnnModel, tmp_path: Path) -> None:
    served = CnnImageEncoder(untrained_resnet, tmp_path).encode(UPPER[:2])
    in_torch = CnnImageEncoder(untrained_resnet, tmp_path, backend=Backend.TORCH).encode(UPPER[:2])

    assert served.shape == (2, 2048)
    assert np.all(np.sum(served * in_torch, axis=1) > 0.999)


def test_vgg_is_cut_before_its_last_layer() -> None:
    model = MODELS["vgg16"]
    network = model.build(torchvision.models.vgg16(weights=None, init_weights=False).state_dict())

    last = network.get_submodule(model.classifier)

    assert (last.in_features, last.out_features) == (model.dim, 1000)
