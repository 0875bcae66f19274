"""Runs a graph in PyTorch node by node, from what each operation says of its module and its call. For tests alone."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

from archc.compiler.graph.graph import Graph
from archc.compiler.graph.program import Node


class Interpreter(nn.Module):
    """The network of a graph; the batch axis is added. Inference: side heads do not run."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        self.space: dict[str, object] = {"nn": nn, "F": F, "torch": torch}
        self.parts = nn.ModuleDict()
        for node in graph.nodes:
            for text in node.operation.helpers(node.input_shapes):
                exec(text, self.space)
        for node in graph.nodes:
            module = node.operation.module(node.input_shapes)
            if module is not None and node.shares is None:
                positional = ", ".join(repr(value) if name is None else f"{name}={value!r}" for name, value in module.arguments)
                self.parts[str(node.index)] = eval(f"{module.target}({positional})", self.space)

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.run(*inputs)[self.graph.outputs[0].index]

    def run(self, *inputs: torch.Tensor) -> Mapping[int, torch.Tensor]:
        """The output of every node, by index."""
        values: dict[int, torch.Tensor] = {}
        given = iter(inputs)
        for node in self.graph.nodes:
            if node.training_only:
                continue
            operands = [values[index] for index in node.inputs]
            if node.is_port:
                values[node.index] = operands[0] if operands else next(given)
            else:
                values[node.index] = self._call_node(node, operands)
        return values

    def _call_node(self, node: Node, operands: list[torch.Tensor]) -> torch.Tensor:
        owner = str(node.index if node.shares is None else node.shares)
        if owner in self.parts:
            result = self.parts[owner](*operands)
        else:
            names = [f"x{number}" for number in range(len(operands))]
            text = node.operation.expression(names, node.input_shapes)
            assert text is not None
            result = eval(text, {**self.space, **dict(zip(names, operands, strict=True)), "self": self})
        assert isinstance(result, torch.Tensor)
        return result
