"""How a network is run: plain torch, or OpenVINO, which serves without importing torch."""

import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from recommender.types import Matrix

if TYPE_CHECKING:
    import torch

NETWORK_FILE = "network.xml"
_CORE_LOCK = threading.Lock()


class Backend(StrEnum):
    """What runs a network."""

    TORCH = "torch"
    """Loads torch in this process; the reference that the other one is compared to."""
    OPENVINO = "openvino"
    """Converts with torch once, then serves without it: a sixth of the start and a third of the memory."""


class Network(Protocol):
    """A network that is ready to run."""

    def run(self, *inputs: NDArray[Any]) -> Matrix:
        """Return one row for each row of the inputs."""
        ...


class TorchNetwork:
    """A torch module as a :class:`Network`, in full precision."""

    def __init__(self, module: "torch.nn.Module") -> None:
        self._module = module.eval()

    def run(self, *inputs: NDArray[Any]) -> Matrix:
        """Return one row for each row of the inputs."""
        import torch

        with torch.inference_mode():
            rows = self._module(*(torch.from_numpy(each) for each in inputs))
        return np.asarray(rows.numpy(), dtype=np.float32)


class OpenVinoNetwork:
    """A converted network, run by OpenVINO on the CPU."""

    def __init__(self, folder: Path, *, bfloat16: bool) -> None:
        """Load the network that :func:`convert_to_openvino` wrote into a folder.

        Args:
            folder: Holds ``network.xml`` and ``network.bin``.
            bfloat16: Compute in bfloat16 where the CPU can: twice as fast, for networks whose vectors stay the same.
        """
        core = _openvino_core()
        able = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        precision = "bf16" if bfloat16 and able else "f32"
        self._compiled = core.compile_model(
            str(folder / NETWORK_FILE), "CPU", {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
        )

    def run(self, *inputs: NDArray[Any]) -> Matrix:
        """Return one row for each row of the inputs; one thread at a time."""
        rows = self._compiled(list(inputs))[0]
        return np.array(rows, dtype=np.float32)  # a copy: the next run writes into the same memory


def _openvino_core() -> Any:
    """Return this process's only core.

    Each core sets an alternate stack for signals and on its end puts back the one before. When the older of two ends
    first, the younger puts back a stack that is gone, and the next signal, Ctrl-C say, kills the process.
    """
    with _CORE_LOCK:
        return _new_core()


@cache
def _new_core() -> Any:
    return openvino_without_reports().Core()


def convert_to_openvino(
    module: "torch.nn.Module",
    example: Sequence["torch.Tensor"],
    varying: Sequence[Mapping[int, str]],
    folder: Path,
) -> None:
    """Write a torch module as an OpenVINO network into a folder.

    Args:
        module: In evaluation mode; takes tensors in the order of ``example`` and returns one tensor.
        example: Inputs whose varying sizes are larger than one.
        varying: For each input, the axes whose size may change.
        folder: Gets ``network.xml`` and ``network.bin``.
    """
    import torch

    openvino = openvino_without_reports()
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.fx_decoder import TorchFXPythonDecoder
    from openvino.frontend.pytorch.torchdynamo.export_decompositions import ops_to_not_decompose

    dynamic = tuple(dict.fromkeys(axes, torch.export.Dim.AUTO) for axes in varying)
    with warnings.catch_warnings(), torch.no_grad():
        # torch.export reads deprecated attributes of transformers and of its own; nothing for us to change.
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        exported = torch.export.export(module, tuple(example), dynamic_shapes=dynamic)
        # openvino.convert_model does what follows, with tracing, which torch has deprecated, instead of exporting.
        decompositions = torch.export.default_decompositions()
        for operation in set(ops_to_not_decompose()) & set(decompositions):
            decompositions.pop(operation)
        decoder = TorchFXPythonDecoder(exported.run_decompositions(decompositions).module(), dynamic_shapes=True)
        frontend = FrontEndManager().load_by_framework("pytorch")
        network = frontend.convert(frontend.load(decoder))
    openvino.save_model(network, str(folder / NETWORK_FILE), compress_to_fp16=False)


def openvino_without_reports() -> ModuleType:
    """Import OpenVINO, but not the package by which it tells its makers over the network that it was imported.

    OpenVINO reports unless a file in the home folder says no; where the package is missing it goes on without.
    """
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    reporter = "openvino_telemetry"
    known = {reporter: modules[reporter]} if reporter in modules else {}
    modules[reporter] = None  # how Python marks a module that cannot be imported
    try:
        import openvino
    finally:
        del modules[reporter]
        modules.update(known)
    return cast("ModuleType", openvino)
