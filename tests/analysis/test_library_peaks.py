"""The memory of every shipped network against the tracker, at the size of its file: one evaluation, and a step of training."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch
from torch import nn
from torch._subclasses import FakeTensorMode

from archc.compiler.analysis.memory import inference_profile, training_profile
from archc.compiler.files import library
from tests.sample import only_in_campaign

from .built import built, zeros
from .texts import shipped
from .tracker import inference_peak, training_peak

CLOSE = 0.03

OTHER_ON_META = {"attention", "sdpa", "gru"}
"""What PyTorch takes apart into other steps on meta tensors than on a CPU: tensors that say they lie there, and hold nothing, are taken."""

OF_ONEDNN = {"lstm"}
"""What a library works out in a memory of its own, which there is on a CPU alone: true tensors are taken."""


def as_on_cpu(module: nn.Module) -> nn.Module:
    """The module with tensors that say they lie on the processor; what two of its parts share they share after it."""
    made: dict[int, torch.Tensor] = {}
    for part in module.modules():
        for kept in (part._parameters, part._buffers):
            for name, value in list(kept.items()):
                if value is not None:
                    other = torch.empty(value.shape, dtype=value.dtype, device="cpu")
                    setattr(part, name, made.setdefault(id(value), nn.Parameter(other) if isinstance(value, nn.Parameter) else other))
    return module


@pytest.mark.slow
@only_in_campaign
@pytest.mark.parametrize("name", library.networks())
def test_peaks(name: str) -> None:
    graph = shipped(name)
    is_true = any(node.operation.name in OF_ONEDNN for node in graph.nodes)
    is_said = not is_true and any(node.operation.name in OTHER_ON_META for node in graph.nodes)
    device = "cpu" if is_true or is_said else "meta"

    def module() -> nn.Module:
        return as_on_cpu(built(graph)) if is_said else built(graph, device=device)

    with FakeTensorMode(allow_non_fake_inputs=True) if is_said else nullcontext():
        evaluated = inference_peak(module(), zeros(graph, 2, device))
        trained = training_peak(module(), zeros(graph, 2, device), lambda rows: torch.optim.SGD(rows, lr=0.1, momentum=0.9))[1]
    assert inference_profile(graph, batch=2).peak_bytes == pytest.approx(evaluated, rel=CLOSE)
    assert training_profile(graph, batch=2, optimizer="momentum").peak_bytes == pytest.approx(trained, rel=CLOSE)
