"""The rewritten graph as source: one class, its steps in the order in which they run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ....dsl.records import dataclass
from ...ops.base import show
from ...program import Node
from ...rewrite.base import Rewritten, weight_key
from ..layout import broken
from ..names import Namer, camel_case, variable_name
from .library import definitions
from .step import Backend, Step


@dataclass(frozen=True, slots=True)
class Written:
    """The source, the name of its class, and which recipe fills which tensor of the module (its key: the recipe's)."""

    source: str
    class_name: str
    tensors: dict[str, str]


def write(state: Rewritten, backend: Backend) -> Written:
    """The module's source for one back end."""
    return _Writer(state, backend).written()


class _Writer:
    def __init__(self, state: Rewritten, backend: Backend) -> None:
        self.state, self.graph, self.backend = state, state.graph, backend
        self.attributes = _names(self.graph.nodes)
        self.last_read = {index: node.index for node in self.graph.nodes for index in node.inputs}
        self.tensors: dict[str, str] = {}
        self.modules: list[str] = []
        self.kernels: dict[str, None] = {}
        self.helpers: dict[str, None] = {}
        self.variables: dict[int, str] = {}

    def written(self) -> Written:
        body = [line for node in self.graph.nodes for line in self.lines(node)]
        name = camel_case(self.graph.program.name)
        parts = [*definitions(self.kernels), *self.helpers, "\n".join(self._class(name, body))]
        code = "\n\n\n".join(part.strip("\n") for part in parts)
        return Written("\n\n".join([self._header(), _imports(code)]) + "\n\n\n" + code + "\n", name, self.tensors)

    # ------------------------------------------------------------------------------------------ statements

    def lines(self, node: Node) -> list[str]:
        """The statements that compute a node, unindented."""
        operation = node.operation
        if operation.name == "input":
            name = self.variables[node.index] = variable_name(node.names[-1])
            entered = self.backend.enter(name, node)
            return [f"{name} = {entered}"] if entered else []
        operands = [self.variables[index] for index in node.inputs]
        if operation.name == "output":
            return []
        attribute = f"self.{self.attributes[node.index]}"
        step = self.backend.step(self.graph, node, attribute, operands)
        self._keep(node, step)
        name = self.variables[node.index] = self._variable(node)
        return [] if step.value == name else [f"{name} = {step.value}"]

    def _keep(self, node: Node, step: Step) -> None:
        self.kernels |= dict.fromkeys(step.kernels)
        self.helpers |= dict.fromkeys(text.strip("\n") for text in step.helpers)
        if not step.module:
            return
        attribute = self.attributes[node.index]
        self.modules.append(f"self.{attribute} = {step.module}")
        owner = node if node.shares is None else self.graph.nodes[node.shares]
        for weight in node.operation.weights(node.input_shapes):
            self.tensors[weight_key(attribute, weight)] = weight_key(owner.unique, weight)

    def _variable(self, node: Node) -> str:
        """`x` for what the next step alone reads, else the node's own name."""
        return "x" if self.last_read.get(node.index) == node.index + 1 and len(self.graph.users(node)) == 1 else self.attributes[node.index]

    # ----------------------------------------------------------------------------------------------- texts

    def _class(self, name: str, body: Sequence[str]) -> list[str]:
        inputs = ", ".join(f"{self.variables[node.index]}: torch.Tensor" for node in self.graph.inputs)
        outputs = [self.backend.leave(self.variables[node.inputs[0]], node) for node in self.graph.outputs]
        kind = "torch.Tensor" if len(outputs) == 1 else f"tuple[{', '.join(['torch.Tensor'] * len(outputs))}]"
        lines = [f"class {name}(nn.Module):", f'    """{self._about()}"""', "", "    def __init__(self) -> None:", "        super().__init__()"]
        lines += [line for module in self.modules for line in broken(module, 8)]
        lines += ["", f"    def forward(self, {inputs}) -> {kind}:"]
        for statement in body:
            lines += broken(statement, 8)
        return [*lines, f"        return {', '.join(outputs)}"]

    def _about(self) -> str:
        sizes = ", ".join(f"{node.names[-1]} {show(node.shape)}" for node in self.graph.inputs)
        return f"For inference alone: {self.backend.summary}. Made for {sizes}."

    def _header(self) -> str:
        program = self.graph.program
        file = program.span.source.name.replace("\\", "/").rsplit("/", 1)[-1]
        gains = "\n".join(f"- {gain}" for gain in self.state.gains)
        told = f"`{program.name}` of `{file}`, made fast by archc."
        return f'"""{told}\n\n{gains}\n"""' if gains else f'"""{told}"""'


def _names(nodes: Iterable[Node]) -> dict[int, str]:
    """An attribute and variable for every node."""
    import torch

    namer = Namer([*dir(torch.nn.Module()), "x", "torch", "nn", "F", "self", "tuple"])
    return {node.index: namer.give(variable_name(re.sub(r"[.@]", "_", node.unique))) for node in nodes}


def _imports(code: str) -> str:
    lines = ["import torch"]
    if re.search(r"\bF\.", code):
        lines.append("import torch.nn.functional as F")
    lines.append("from torch import Tensor, nn" if re.search(r"(?<!\.)\bTensor\b", code) else "from torch import nn")
    standard = [f"import {word}" for word in ("math",) if re.search(rf"\b{word}\.", code)]
    return "\n".join([*standard, *lines])
