"""The generated module of a graph, on the meta device: it costs no memory, and books the same."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from archc.compiler.codegen.pytorch import Mode, class_name, to_python
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime import sample_inputs


def built(graph: Graph, mode: Mode = Mode.TRAIN, device: str = "meta") -> nn.Module:
    space: dict[str, Any] = {"__name__": "generated"}
    exec(compile(to_python(graph, mode), f"{graph.program.name}.py", "exec"), space)
    with torch.device(device):
        model = space[class_name(graph)]()
    assert isinstance(model, nn.Module)
    return model


def zeros(graph: Graph, batch: int, device: str = "meta") -> tuple[torch.Tensor, ...]:
    return sample_inputs.zeros(graph, batch, torch.device(device))
