"""Numbers of eight bits in the graph: what is worked out in them, and where tensors change from floating point and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from typing import ClassVar

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import Family, Operation, Shape, Shapes, Weight
from ..ops.parameters import Kind, parameter
from .base import Rewritten
from .counting import counted
from .draft import Draft, Item
from .fused import Fused, layer_of
from .weights import ChannelScales, Int8Weight

HIGHEST = 255
"""Tensors of eight bits hold whole numbers from 0 to this."""


@dataclass(frozen=True, slots=True)
class Grid:
    """What the numbers of a tensor of eight bits stand for: `scale * (number - zero)`."""

    scale: float
    zero: int

    @staticmethod
    def between(low: float, high: float) -> Grid:
        """One that holds all from `low` to `high`, and 0 exactly."""
        low, high = min(low, 0.0), max(high, 0.0)
        scale = (high - low) / HIGHEST
        # A tensor of nothing but zeros, or of numbers whose step is none in float32, has any scale.
        return Grid(scale, round(-low / scale)) if scale > 1e-30 else Grid(1.0, 0)

    def number(self, value: float) -> int:
        """What stands for a value."""
        return min(max(round(value / self.scale) + self.zero, 0), HIGHEST)


GRID = Kind("a grid")
OPERATION = Kind("an operation")


@dataclass(frozen=True, slots=True)
class _Change(Operation):
    family: ClassVar[Family] = "fused"

    grid: Grid = parameter(GRID, "what its numbers stand for")

    def output(self, inputs: Shapes) -> Shape:
        return inputs[0]


@dataclass(frozen=True, slots=True)
class Quantize(_Change):
    name: ClassVar[str] = "quantize"
    summary: ClassVar[str] = "A tensor in numbers of eight bits."


@dataclass(frozen=True, slots=True)
class Dequantize(_Change):
    name: ClassVar[str] = "dequantize"
    summary: ClassVar[str] = "What numbers of eight bits stand for."


@dataclass(frozen=True, slots=True)
class Int8(Operation):
    """An operation on tensors of eight bits. Without an `out` it gives what it computed as it is, in floating point."""

    name: ClassVar[str] = "int8"
    family: ClassVar[Family] = "fused"
    summary: ClassVar[str] = "An operation on numbers of eight bits, rounded to a scale of its own."
    most_inputs: ClassVar[int | None] = None

    of: Operation = parameter(OPERATION, "what it does")
    grids: tuple[Grid, ...] = parameter(GRID, "of its inputs")
    out: Grid | None = parameter(GRID, "of its output", None)

    def output(self, inputs: Shapes) -> Shape:
        return self.of.output(inputs)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        rows = {row.name: row for row in self.of.weights(inputs)}
        if not rows:
            return ()
        weight = rows["weight"]
        return (dataclasses.replace(weight, dtype="int8"), Weight("scales", weight.shape[:1]), rows["bias"])

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return self.of.macs(inputs, output)

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return self.of.flops(inputs, output)

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return self.of.caption(inputs, output)


# --------------------------------------------------------------------------------------------------- which


def stays(graph: Graph, kept: Mapping[str, str] | None = None) -> dict[int, str]:
    """Of every step that is not done in eight bits, by index, why. `kept` names steps that shall not be, with the reason.

    The graph is one after the rewrites for it: layers have a bias.
    """
    found: dict[int, str] = {}
    families = {node.index: node.index if node.shares is None else node.shares for node in graph.nodes}
    own: dict[int, str] = {}
    for node in graph.nodes:
        if not node.is_port:
            reason = (kept or {}).get(node.unique, "") or _reason(node)
            if reason:
                own.setdefault(families[node.index], reason)  # weights are of one type wherever they are used
                found[node.index] = reason
    for node in graph.nodes:
        if node.is_port or node.index in found:
            continue
        if families[node.index] in own and node.operation.weights(node.input_shapes):
            found[node.index] = own[families[node.index]]
        elif not node.operation.weights(node.input_shapes) and not _reads_int8(graph, node, found):
            found[node.index] = "what it reads is not int8"
    return found


def _reason(node: Node) -> str:
    operation = node.operation
    layer = layer_of(operation)
    reason = layer.not_int8(node.input_shapes[:1] if isinstance(operation, Fused) else node.input_shapes)
    if not reason and layer.weights(node.input_shapes[:1]) and layer.int8 != "computes":
        return "no int8 form"
    return reason


def _reads_int8(graph: Graph, node: Node, found: Collection[int]) -> bool:
    """Whether what it works on comes in eight bits: of a product, what has its shape; of all else, every input."""
    operands = graph.operands(node)
    if node.operation.int8 == "computes":
        operands = tuple(row for row in operands if row.shape == node.shape) or operands
    return bool(operands) and all(row.index not in found and not row.is_port for row in operands)


def holds(graph: Graph, stay: Collection[int]) -> frozenset[int]:
    """The nodes whose tensors come in eight bits: those of steps that work in them, but for a layer that floating point alone reads."""
    rows = set()
    for node in graph.nodes:
        if node.is_port or node.index in stay:
            continue
        lone = isinstance(node.operation, Fused) and node.operation.adds
        weighs = bool(node.operation.weights(node.input_shapes))
        if lone or not weighs or any(user.index not in stay and not user.is_port for user in graph.users(node)):
            rows.add(node.index)
    return frozenset(rows)


def gridded(graph: Graph, stay: Collection[int]) -> frozenset[int]:
    """The nodes whose tensors need a grid: those in eight bits, and those that come in floating point to a step that wants them so."""
    read = {index for node in graph.nodes if not node.is_port and node.index not in stay for index in node.inputs}
    return holds(graph, stay) | read


def one_scale(graph: Graph, stay: Collection[int], streams: bool) -> Iterator[tuple[int, int]]:
    """Pairs of nodes whose tensors have one grid: what an exact step reads and gives and, with `streams`, a sum and what it adds to."""
    for node in graph.nodes:
        if node.is_port or node.index in stay:
            continue
        operation = node.operation
        if layer_of(operation).int8 in ("exact", "passes"):
            yield from ((index, node.index) for index in node.inputs)
        elif streams and isinstance(operation, Fused) and operation.adds:
            yield node.inputs[1], node.index
        elif streams and operation.keeps_residual and len(set(node.inputs)) > 1:
            yield min(node.inputs), node.index


# ------------------------------------------------------------------------------------------------- rewrite


def quantized(state: Rewritten, stay: Collection[int], grids: Mapping[int, Grid]) -> Rewritten:
    """The graph with its layers in eight bits. `grids` are those of the tensors, by the node that makes them."""
    graph = state.graph
    draft = Draft.of(state)
    items = list(draft.items())
    small = holds(graph, stay)
    taken = {node.unique for node in graph.nodes}
    changed: dict[tuple[int, bool], Item] = {}
    last = graph.outputs[0].index

    def read(index: int, as_int8: bool, user: Item) -> Item:
        """The item that has the tensor of a node in the form that is wanted."""
        if (index in small) == as_int8:
            return items[index]
        if (index, as_int8) not in changed:
            item, grid = items[index], grids[index]
            names = (*item.names[:-1], f"{item.names[-1]}_{'int8' if as_int8 else 'float'}")
            while ".".join((*item.origin.scope.path, *names)) in taken:
                names = (*names[:-1], f"{names[-1]}_")
            made = Item(item.origin, Quantize(grid) if as_int8 else Dequantize(grid), [item], item.shape, names=names)
            # All outputs are handed over at the end: what is made for one must not stand between them.
            draft.insert(made, items[last] if user.operation.name == "output" else user)
            changed[index, as_int8] = made
        return changed[index, as_int8]

    count = 0
    for node, item in zip(graph.nodes, items, strict=True):
        as_int8 = not node.is_port and node.index not in stay
        if node.inputs:
            draft.read(item, [read(index, as_int8, item) for index in node.inputs])
        if not as_int8 or item.operation.int8 == "passes":
            continue
        out = grids[node.index] if node.index in small else None
        item.operation = Int8(item.operation, tuple(grids[index] for index in node.inputs), out)
        if node.operation.weights(node.input_shapes):
            count += 1
            if item.owner is None:
                weight = item.weights["weight"]
                scales = ChannelScales(weight.shape[:1], weight)
                item.weights = {"weight": Int8Weight(weight.shape, weight, scales), "scales": scales, "bias": item.weights["bias"]}
    return draft.finish(f"{counted(count, 'layer')} done in int8" if count else "")
