"""The rewritten graph as source: one class, its steps in the order in which they run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ....base.records import dataclass
from ...codegen.borrowed import Naming, imported
from ...codegen.identifiers import Namer, camel_case, variable_name, variable_names
from ...codegen.line_breaking import broken
from ...graph.batchless import operands as expanded
from ...graph.batchless import stretched
from ...graph.program import Node
from ...ops.base import show
from ...rewrite.base import Rewritten, weight_key
from ...rewrite.groups import ends_in_groups, head_of
from .library import definitions
from .step import Backend, Step

_TAKEN = ("images", "groups", "group", "part", "first", "features", "of_a_group", "torch", "nn", "F", "self", "len", "max", "min", "tuple")
"""Names that the written class uses itself."""


@dataclass(frozen=True, slots=True)
class Written:
    """The source, the name of its class, which recipe fills which tensor of the module (its key: the recipe's), and under
    which attribute each node's module is."""

    source: str
    class_name: str
    tensors: dict[str, str]
    attributes: dict[str, str]


def write(state: Rewritten, backend: Backend, naming: Naming | None = None) -> Written:
    """The module's source for one back end. `naming` says where the classes of the user's own operations are imported from."""
    return _Writer(state, backend, naming).written()


class _Writer:
    def __init__(self, state: Rewritten, backend: Backend, naming: Naming | None) -> None:
        self.outside = [line for row in imported(state.graph, state.graph.nodes, naming) for line in row.lines()]
        self.state, self.graph, self.backend = state, state.graph, backend
        inputs = variable_names(node.names[-1] for node in self.graph.inputs)
        self.passing = next(name for name in ("x", "y", "z", "t", "u") if name not in inputs)
        self.attributes = _names(self.graph.nodes, [self.passing, *inputs])
        self.last_read = {index: node.index for node in self.graph.nodes for index in node.inputs}
        self.tensors: dict[str, str] = {}
        self.owned: dict[str, str] = {}
        self.families: dict[int, str] = {}
        """For every owner of weights, the attribute under which its first use has them."""
        self.made: dict[tuple[object, ...], str] = {}
        """For every module that may be called again: its attribute."""
        self.modules: list[str] = []
        self.kernels: dict[str, None] = {}
        self.helpers: dict[str, None] = {}
        self.variables: dict[int, str] = {}

    def written(self) -> Written:
        name = camel_case(self.graph.program.name)
        head = head_of(self.graph) if self.backend.images(self.graph) else None
        statements = [(node, line) for node in self.graph.nodes for line in self.lines(node)]
        if head is not None:
            methods = self._in_groups(head, statements)
        elif self.backend.images(self.graph) and ends_in_groups(self.graph):
            methods = self._all_in_groups([line for _, line in statements])
        else:
            methods = self._whole([line for _, line in statements])
        code = "\n\n\n".join([*definitions(self.kernels), *self.helpers, "\n".join(self._class(name, methods))])
        return Written(
            "\n\n".join([self._header(), "\n".join([_imports(code), *self.outside])]) + "\n\n\n" + code + "\n",
            name,
            self.tensors,
            self.owned,
        )

    # ------------------------------------------------------------------------------------------ statements

    def lines(self, node: Node) -> list[str]:
        """The statements that compute a node, unindented."""
        operation = node.operation
        if operation.name == "input":
            name = self.variables[node.index] = variable_name(node.names[-1])
            entered = self.backend.enter(name, node)
            return [f"{name} = {entered}"] if entered else []
        operands = expanded([self.variables[index] for index in node.inputs], stretched(self.graph, node), node)
        if operation.name == "output":
            return []
        if operation.result_number():
            name = self.variables[node.index] = self.attributes[node.index]
            return [f"{name} = {self._answer(self.graph.nodes[node.inputs[0]])}[{operation.result_number()}]"]
        step = self._step(node, operands)
        if operation.results(node.input_shapes):
            name = self.variables[node.index] = self.attributes[node.index]
            return [f"{self._answer(node)} = {step.value}", f"{name} = {self._answer(node)}[0]"]
        name = self.variables[node.index] = self._variable(node)
        if step.once:
            kept = self._kept(node)
            return [f"if len(self.{kept}.shape) == 0:", f"    self.{kept}.keep({step.value}, [1])", f"{name} = self.{kept}.tensor"]
        return [] if step.value == name else [f"{name} = {step.value}"]

    def _kept(self, node: Node) -> str:
        """The attribute that keeps what a node gives at the first run."""
        name = f"{self.attributes[node.index]}_kept"
        while name in self.attributes.values():
            name += "_"
        self.kernels["Packed"] = None
        self.modules.append(f"self.{name} = Packed()")
        return name

    def _answer(self, node: Node) -> str:
        """The variable of all that a module answers with."""
        return f"{self.attributes[node.index]}_all"

    def _step(self, node: Node, operands: Sequence[str]) -> Step:
        """The step, and what it needs. A step that is used again calls the same module where that may be, else one with the same tensors."""
        attribute = self.attributes[node.index]
        step = self.backend.step(self.graph, node, f"self.{attribute}", operands)
        self.kernels |= dict.fromkeys(step.kernels)
        self.helpers |= dict.fromkeys(text.strip("\n") for text in step.helpers)
        if not step.module:
            return step
        owner = node if node.shares is None else self.graph.nodes[node.shares]
        weights = node.operation.weights(node.input_shapes)
        # A kernel packs its weights for the size that comes in; for another it would pack them anew at every call.
        key = (owner.index, step.module, node.input_shapes if step.kernels else ())
        if weights and key in self.made:
            attribute = self.owned[node.unique] = self.made[key]
            return self.backend.step(self.graph, node, f"self.{attribute}", operands)
        self.made[key] = self.owned[node.unique] = attribute
        self.modules.append(f"self.{attribute} = {step.module}")
        first = self.families.setdefault(owner.index, attribute)
        for weight in weights:
            self.tensors[weight_key(attribute, weight)] = weight_key(owner.unique, weight)
            if first != attribute:
                self.modules.append(f"self.{weight_key(attribute, weight)} = self.{weight_key(first, weight)}")
        return step

    def _variable(self, node: Node) -> str:
        """One name for whatever the next step alone reads, else the node's own."""
        return (
            self.passing
            if self.last_read.get(node.index) == node.index + 1 and len(self.graph.users(node)) == 1
            else self.attributes[node.index]
        )

    # ----------------------------------------------------------------------------------------------- texts

    def _class(self, name: str, methods: Sequence[str]) -> list[str]:
        lines = [
            f"class {name}(nn.Module):",
            f'    """{self._about()}"""',
            "",
            "    def __init__(self) -> None:",
            "        super().__init__()",
        ]
        return [*lines, *(line for module in self.modules for line in broken(module, 8)), *methods]

    def _whole(self, body: Sequence[str]) -> list[str]:
        """`forward`, which works on the whole batch."""
        return self._method("forward", self._parameters(), self._kind(), [*self._guard(), *body, f"return {self._results()}"])

    def _in_groups(self, head: Node, statements: Sequence[tuple[Node, str]]) -> list[str]:
        """`features`, which works on a group of images, and `forward`, which calls it for each group and goes on with all."""
        image, result = self.variables[self.graph.inputs[0].index], self.variables[head.index]
        first = [line for node, line in statements if node.index <= head.index]
        rest = [line for node, line in statements if node.index > head.index]
        groups = [
            *self._images(image),
            f"groups = [self.features(part) for part in {image}.split(images)]",
            f"{result} = groups[0] if len(groups) == 1 else torch.cat(groups)",
        ]
        about = '"""What a group of images becomes before the network\'s head; all groups are of one size."""'
        return [
            *self._method("features", self._parameters(), "torch.Tensor", [about, *first, f"return {result}"]),
            *self._method("forward", self._parameters(), self._kind(), [*self._guard(), *groups, *rest, f"return {self._results()}"]),
        ]

    def _all_in_groups(self, body: Sequence[str]) -> list[str]:
        """`of_a_group`, which is the network, and `forward`, which calls it for each group and puts the outputs together."""
        names = [self.variables[node.index] for node in self.graph.inputs]
        one = len(self.graph.outputs) == 1
        given = ", ".join(f"{name}[first : first + images]" for name in names)
        joined = ", ".join(f"torch.cat([group[{place}] for group in groups])" for place in range(len(self.graph.outputs)))
        about = '"""A group of images; all groups are of one size."""'
        return [
            *self._method("of_a_group", self._parameters(), self._kind(), [about, *body, f"return {self._results()}"]),
            *self._method(
                "forward",
                self._parameters(),
                self._kind(),
                [
                    *self._guard(),
                    *self._images(names[0]),
                    f"groups = [self.of_a_group({given}) for first in range(0, max(1, {names[0]}.shape[0]), images)]",
                    "if len(groups) == 1:",
                    "    return groups[0]",
                    f"return {'torch.cat(groups)' if one else joined}",
                ],
            ),
        ]

    def _images(self, name: str) -> list[str]:
        """How many go at once: as many as fit, of those that divide the batch."""
        return [
            f"images = max(1, min({name}.shape[0], {self.backend.images(self.graph)}))",
            f"while {name}.shape[0] % images != 0:",
            "    images -= 1",
        ]

    def _method(self, name: str, parameters: str, kind: str, statements: Sequence[str]) -> list[str]:
        return ["", f"    def {name}(self, {parameters}) -> {kind}:", *(line for statement in statements for line in broken(statement, 8))]

    def _guard(self) -> list[str]:
        return self.backend.guard(self.variables[self.graph.inputs[0].index])

    def _parameters(self) -> str:
        return ", ".join(f"{self.variables[node.index]}: torch.Tensor" for node in self.graph.inputs)

    def _results(self) -> str:
        return ", ".join(self.backend.leave(self.variables[node.inputs[0]], node) for node in self.graph.outputs)

    def _kind(self) -> str:
        count = len(self.graph.outputs)
        return "torch.Tensor" if count == 1 else f"tuple[{', '.join(['torch.Tensor'] * count)}]"

    def _about(self) -> str:
        sizes = ", ".join(f"{node.names[-1]} {show(node.shape)}" for node in self.graph.inputs)
        return f"For inference alone: {self.backend.summary}. Made for {sizes}."

    def _header(self) -> str:
        program = self.graph.program
        file = program.span.source.name.replace("\\", "/").rsplit("/", 1)[-1]
        gains = "\n".join(f"- {gain}" for gain in self.state.gains)
        told = f"`{program.name}` of `{file}`, made fast by archc."
        return f'"""{told}\n\n{gains}\n"""' if gains else f'"""{told}"""'


def _names(nodes: Iterable[Node], taken: Sequence[str]) -> dict[int, str]:
    """An attribute and variable for every node."""
    import torch

    namer = Namer([*dir(torch.nn.Module()), *_TAKEN, *taken])
    return {node.index: namer.give(variable_name(re.sub(r"[.@]", "_", node.unique))) for node in nodes}


def _imports(code: str) -> str:
    lines = ["import torch"]
    if re.search(r"\bF\.", code):
        lines.append("import torch.nn.functional as F")
    lines.append("from torch import Tensor, nn" if re.search(r"(?<!\.)\bTensor\b", code) else "from torch import nn")
    standard = [f"import {word}" for word in ("math",) if re.search(rf"\b{word}\.", code)]
    return "\n".join([*standard, *lines])
