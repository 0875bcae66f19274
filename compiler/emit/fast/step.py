"""How one node is written, and what a back end is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import ClassVar

from ....base.records import dataclass
from ...graph.graph import Graph
from ...graph.program import Node
from ...ops.base import Construct, literal
from ...rewrite.base import Rewrite, Rewritten
from ...rewrite.fused import Fused
from ...rewrite.pipeline import ALWAYS


@dataclass(frozen=True, slots=True)
class Step:
    """A node as text. `module` makes what holds its weights ("" where there are none), `value` computes it.

    `kernels` are the classes of `kernels/` that `module` names, `helpers` texts of further definitions.
    `bare`: the weight stands alone, as a parameter of the network itself. `once`: it is the same at each run, so that the first one's is kept.
    """

    value: str
    module: str = ""
    kernels: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    bare: bool = False
    once: bool = False


def made(construct: Construct) -> str:
    """The text of a constructor call."""
    arguments = ", ".join(literal(value) if word is None else f"{word}={literal(value)}" for word, value in construct.arguments)
    return f"{construct.target}({arguments})"


@dataclass(frozen=True, slots=True)
class Backend:
    """The base of back ends: every operation by PyTorch's own modules and functions.

    `passes` are the rewrites that it wants. `choices` are decisions for single nodes (by `unique`), of those that `options`
    offers; where there is none, `choose` decides by shapes.
    """

    name: ClassVar[str] = "plain"
    device: ClassVar[str] = ""
    """Where alone it runs; "" for anywhere."""
    summary: ClassVar[str] = "PyTorch's own operations"
    passes: ClassVar[tuple[Rewrite, ...]] = ()

    choices: dict[str, str] = field(default_factory=dict, hash=False)
    at_once: int = 0
    """How many images are worked on at once; 0: what fits."""

    @staticmethod
    def rewriting() -> Backend:
        """PyTorch's own operations after the rewrites that every way of running gains by."""
        return _Rewriting()

    def rewritten(self, graph: Graph) -> Rewritten:
        state = Rewritten.of(graph)
        for each in self.passes:
            state = each.apply(state)
        return state

    def guard(self, name: str) -> list[str]:
        """Statements that refuse an input that this module was not made for; `name` is the first input."""
        if not self.device:
            return []
        told = f"this module was made for {self.device}, and its input is on another device"
        return [f'if {name}.device.type != "{self.device}":', f'    raise RuntimeError("{told}")']

    def images(self, graph: Graph) -> int:
        """How many images are worked on at once; 0 for all."""
        return self.at_once

    def enter(self, name: str, node: Node) -> str:
        """What is done to an input first; "" for nothing."""
        return ""

    def leave(self, name: str, node: Node) -> str:
        """An output as it is handed over."""
        return name

    def options(self, node: Node) -> tuple[str, ...]:
        """The ways in which a node can be done, where there are several."""
        return ()

    def choose(self, node: Node) -> str:
        """The way that is expected to be the fastest, of `options`."""
        return ""

    def choice(self, node: Node) -> str:
        return self.choices.get(node.unique) or self.choose(node)

    def step(self, graph: Graph, node: Node, attribute: str, operands: Sequence[str]) -> Step:
        """The node as text; `attribute` (`self.conv1`) is where its weights are."""
        return plain(node, attribute, operands)


@dataclass(frozen=True, slots=True)
class _Rewriting(Backend):
    passes: ClassVar[tuple[Rewrite, ...]] = ALWAYS


def plain(node: Node, attribute: str, operands: Sequence[str]) -> Step:
    """A node by PyTorch's own module or function; what was fused is taken apart again."""
    operation, shapes = node.operation, node.input_shapes
    layer, inputs = (operation.layer, operands[:1]) if isinstance(operation, Fused) else (operation, operands)
    layer_shapes = shapes[: len(inputs)]
    if layer.borrowed() is not None:
        inputs = [f"{name}.contiguous()" for name in inputs]  # a class from outside may not know that images lie otherwise
        inputs = list(layer.handed(inputs)) or inputs
    weights = layer.weights(layer_shapes)
    helpers = layer.helpers(layer_shapes)
    if weights and not weights[0].name:
        shape = ", ".join(str(size) for size in weights[0].shape)
        value = layer.expression([*inputs, attribute], layer_shapes)
        assert value is not None
        kind = "" if weights[0].dtype == "float" else f", dtype=torch.{weights[0].dtype}"
        step = Step(value, f"nn.Parameter(torch.empty({shape or '()'}{kind}), requires_grad=False)", helpers=helpers, bare=True)
    elif (constant := layer.constant(layer_shapes)) is not None:
        value = layer.expression([*inputs, attribute], layer_shapes)
        assert value is not None
        step = Step(value, f"nn.Buffer({made(constant)}, persistent=False)", helpers=helpers)
    else:
        value = None if weights else layer.expression(inputs, layer_shapes)
        construct = layer.module(layer_shapes)
        if value is not None:
            step = Step(value, helpers=helpers)
        else:
            assert construct is not None
            step = Step(f"{attribute}({', '.join(inputs)})", made(construct), helpers=helpers)
    if not isinstance(operation, Fused):
        return step
    value = f"{step.value} + {operands[1]}" if operation.adds else step.value
    if operation.activation is not None:
        value = operation.activation.expression([value], (node.shape,)) or value
    return Step(value, step.module, step.kernels, step.helpers, step.bare)
