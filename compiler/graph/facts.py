"""What the operations of a graph say of themselves, asked once for each distinct operation and input.

Networks repeat themselves: of 10,000 nodes a few dozen differ. The compiler gives equal steps one and the same record.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ...base.records import dataclass
from ..ops.base import Saved, Weight, product
from .graph import Graph
from .program import Node


@dataclass(frozen=True, slots=True)
class Fact:
    """Of one node, for one image. `weights` are those it would own; `elements` is the size of its output, `stored` that of the storage."""

    weights: tuple[Weight, ...]
    macs: int
    flops: int
    saved: Saved
    saved_in_place: Saved
    scratch: int
    partials: tuple[int, ...]
    elements: int
    stored: int
    is_module: bool
    """There is a module that stands for it."""
    is_heavy: bool
    """It has a matrix of weights."""
    is_operand: bool
    """Its code is its operand: nothing happens."""

    @property
    def learns(self) -> bool:
        return any(weight.trainable for weight in self.weights)


@lru_cache(maxsize=2)
def facts_of(graph: Graph) -> Sequence[Fact]:
    """One for each node, by index."""
    known: dict[tuple[int, object], Fact] = {}
    facts = []
    for node in graph.nodes:
        key = (id(node.operation), node.input_shapes)
        fact = known.get(key)
        if fact is None:
            fact = known[key] = _fact(node)
        facts.append(fact)
    return facts


def _fact(node: Node) -> Fact:
    operation, inputs, output = node.operation, node.input_shapes, node.shape
    weights = operation.weights(inputs)
    return Fact(
        weights,
        operation.macs(inputs, output),
        operation.flops(inputs, output),
        operation.saved(inputs, output),
        operation.saved_in_place(inputs, output),
        operation.scratch(inputs, output),
        operation.partials(inputs),
        product(output),
        operation.storage(inputs, output),
        operation.module(inputs) is not None,
        any(len(weight.shape) > 1 for weight in weights),
        operation.is_view and len(inputs) == 1 and operation.expression(["x"], inputs) == "x",
    )
