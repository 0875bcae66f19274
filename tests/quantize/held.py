"""How eight bits are held to their definition: every step is given what oneDNN's was given, and may differ by one step of the scale."""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor, nn

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.emit.fast.int8 import Int8OneDnn, Simulated
from archc.compiler.emit.fast.step import Backend
from archc.compiler.graph.graph import Graph
from archc.compiler.quantize.quantize import Quantized, Search
from archc.compiler.quantize.watch import run, watched
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.sample_inputs import normal
from tests.emit.checks import shaken

Batches: TypeAlias = "list[tuple[Tensor, ...]]"


def samples(graph: Graph, seed: int = 1, count: int = 4) -> tuple[Tensor, ...]:
    return normal(graph, count, generator=torch.Generator().manual_seed(seed))


def search(graph: Graph, backend: Backend | None = None, batches: Batches | None = None, module: nn.Module | None = None) -> Search:
    torch.manual_seed(0)
    weights = (shaken(build(graph, Mode.INFERENCE)) if module is None else module).state_dict()
    return Search(graph, weights, batches or [samples(graph)], backend or Int8OneDnn())


def check_steps(found: Quantized, given: tuple[Tensor, ...]) -> int:
    """Each step in oneDNN against its definition, on the very same numbers. How many tensors of eight bits were compared."""
    fast: dict[int, Tensor] = {}

    def keep(index: int, value: Tensor) -> Tensor:
        fast[index] = value.clone()  # a sum may be made in its place
        return value

    run(watched(found.state, found.tensors, Int8OneDnn()), given, keep)
    compared = 0

    def compare(index: int, value: Tensor) -> Tensor:
        nonlocal compared
        other, node = fast[index], found.state.graph.nodes[index]
        assert (value.dtype, value.shape) == (other.dtype, other.shape), node.unique
        if value.dtype == torch.uint8:
            compared += 1
            assert int((value.int() - other.int()).abs().max()) <= 1, f"{node.unique}: {node.operation}"
        elif value.is_floating_point():
            assert torch.allclose(value, other, rtol=1e-4, atol=1e-4 * float(value.abs().max() + 1e-6)), f"{node.unique}: {node.operation}"
        return other

    run(watched(found.state, found.tensors, Simulated()), given, compare)
    return compared
