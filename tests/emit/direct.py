"""A graph run node by node, from what each operation's record says: what generated source must agree with.

It has no classes, no names of variables and nothing in place; weights are looked up by their keys.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archc.compiler.graph.graph import Graph
from archc.compiler.graph.program import Node


class Mode:
    """What an expression finds under `self`."""

    def __init__(self, training: bool) -> None:
        self.training = training


class Direct:
    """The modules of a graph, made once, with the weights of a state_dict."""

    def __init__(self, graph: Graph, weights: Mapping[str, Tensor]) -> None:
        self.graph = graph
        self.space: dict[str, object] = {"nn": nn, "F": F, "torch": torch, "Tensor": Tensor}
        self.modules: dict[int, nn.Module] = {}
        self.bare: dict[int, Tensor] = {}
        for node in graph.nodes:
            for text in node.operation.helpers(node.input_shapes):
                exec(text, self.space)
            if node.shares is None:
                self._make(node, weights)

    def _make(self, node: Node, weights: Mapping[str, Tensor]) -> None:
        construct = node.operation.module(node.input_shapes)
        if any(not weight.name for weight in node.weights):
            self.bare[node.index] = weights[node.key].clone().requires_grad_()
        elif construct is not None:
            arguments = ", ".join(f"{'' if name is None else f'{name}='}{value!r}" for name, value in construct.arguments)
            module = eval(f"{construct.target}({arguments})", self.space)
            module.load_state_dict({weight.name: weights[f"{node.key}.{weight.name}"] for weight in node.weights})
            self.modules[node.index] = module

    def __call__(self, *inputs: Tensor, training: bool = False, side_heads: bool = False) -> tuple[Tensor, ...]:
        """The outputs in order; those of side heads last, where they are asked for."""
        values: dict[int, Tensor] = dict(enumerate(inputs))
        for module in self.modules.values():
            module.train(training)
        for node in self.graph.nodes[len(inputs) :]:
            if side_heads or not node.training_only:
                values[node.index] = self._call(node, [values[index] for index in node.inputs], training)
        return tuple(values[node.index] for node in self.graph.nodes if node.operation.name == "output" and node.index in values)

    def _call(self, node: Node, operands: list[Tensor], training: bool) -> Tensor:
        if node.operation.name == "output":
            return operands[0]
        owner = node.index if node.shares is None else node.shares
        if owner in self.modules:
            result = self.modules[owner](*operands)
        else:
            given = [*operands, *([self.bare[owner]] if owner in self.bare else [])]
            names = [f"operand{number}" for number in range(len(given))]
            text = node.operation.expression(names, node.input_shapes)
            assert text is not None
            result = eval(text, {**self.space, **dict(zip(names, given, strict=True)), "self": Mode(training)})
        assert isinstance(result, Tensor)
        return result

    def gradients(self) -> dict[str, Tensor]:
        found = {}
        for node in self.graph.nodes:
            if node.index in self.bare:
                found[node.key] = self.bare[node.index].grad
            elif node.index in self.modules:
                found |= {f"{node.key}.{name}": value.grad for name, value in self.modules[node.index].named_parameters()}
        return {name: value for name, value in found.items() if value is not None}
