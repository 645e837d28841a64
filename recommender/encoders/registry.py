"""The encoders by the names that settings use."""

from pathlib import Path

from recommender.encoders.image_cnn import find_cnn
from recommender.encoders.image_encoder import CnnImageEncoder
from recommender.encoders.networks import Backend
from recommender.encoders.text_bert import find_bert
from recommender.encoders.text_encoder import BertTextEncoder


def text_encoder(name: str, cache: Path, *, backend: Backend = Backend.OPENVINO) -> BertTextEncoder:
    """Return the text encoder of this name; its network is loaded when the first text comes.

    Args:
        name: ``minilm``, a folder with a BERT-family network, or a hub name that was downloaded before.
        cache: Keeps converted networks, one folder per fingerprint.
        backend: What runs the network.

    Raises:
        EncoderUnavailableError: It is not on this machine, or it is no BERT-family network.
    """
    return BertTextEncoder(find_bert(name), cache, backend=backend)


def image_encoder(name: str, cache: Path, *, backend: Backend = Backend.OPENVINO) -> CnnImageEncoder:
    """Return the image encoder of this name; its network is loaded when the first picture comes.

    Args:
        name: ``efficientnet-lite0``, ``resnet50`` or ``vgg16``.
        cache: Keeps converted networks, one folder per fingerprint.
        backend: What runs the network.

    Raises:
        EncoderUnavailableError: There is no such encoder, or its weights are not on this machine.
    """
    return CnnImageEncoder(find_cnn(name), cache, backend=backend)
