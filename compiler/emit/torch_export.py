"""torch.export: one graph for every batch size."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..files.write import write
from ..graph.graph import Graph
from ..runtime.sample_inputs import zeros

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn
    from torch.export import ExportedProgram

EXAMPLE_BATCH = 2
"""The batch size while tracing: 0 and 1 would be taken for constants."""


def export(module: nn.Module, graph: Graph) -> ExportedProgram:
    """A generated module for inference as an exported program. The module itself is left as it was."""
    import torch

    with answering_plainly(module) as plain, torch.no_grad():
        return torch.export.export(plain, example_inputs(module, graph), dynamic_shapes=dynamic_shapes(graph))


def save(program: ExportedProgram, path: str) -> None:
    """Write the file whole or not at all."""
    import torch

    # By way of the memory: where a disk is full, PyTorch's own writer ends the process.
    made = io.BytesIO()
    torch.export.save(program, made)
    write(path, made.getbuffer())


@contextmanager
def answering_plainly(module: nn.Module) -> Iterator[nn.Module]:
    """The module, evaluating, and answering with a dictionary where it has several outputs.

    What is exported is loaded where the class of its named tuple does not exist.
    """
    made, was = type(module), module.training

    class Plain(made):  # type: ignore[misc, valid-type]
        @functools.wraps(made.forward)
        def forward(self, *inputs: Tensor) -> object:
            answer = made.forward(self, *inputs)
            return answer._asdict() if hasattr(answer, "_asdict") else answer

    try:
        module.__class__ = Plain
        yield module.eval()
    finally:
        module.__class__ = made
        module.train(was)


def example_inputs(module: nn.Module, graph: Graph, batch: int = EXAMPLE_BATCH) -> tuple[Tensor, ...]:
    """An input of the right shape for each of the network's, where the module is."""
    first = next(iter(module.parameters()), None)
    device, dtype = (None, None) if first is None else (first.device, first.dtype)
    return zeros(graph, batch, device, dtype)


def dynamic_shapes(graph: Graph) -> tuple[dict[int, torch.export.Dim], ...]:
    """The batch is free, and the same for all inputs."""
    import torch

    batch = torch.export.Dim("batch")
    return tuple({0: batch} for _ in graph.inputs)
