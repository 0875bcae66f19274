"""What the operations of a graph say of themselves, asked once for each distinct operation and input.

Networks repeat themselves: of 10,000 nodes a few dozen differ. The compiler gives equal steps one and the same record.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ...base.records import dataclass
from ..ops.base import Operation, Saved, Weight, product
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
    known: dict[tuple[int, object, object], Fact] = {}
    facts: list[Fact] = []
    learns: list[bool] = []
    for node in graph.nodes:
        operation = node.operation.asked([learns[index] for index in node.inputs])
        key = (id(node.operation), node.input_shapes, type(operation))
        fact = known.get(key)
        if fact is None:
            fact = known[key] = _fact(node, operation)
        facts.append(fact)
        learns.append(not operation.gives_integers and (fact.learns or any(learns[index] for index in node.inputs)))
    return facts


def _fact(node: Node, operation: Operation) -> Fact:
    inputs, output = node.input_shapes, node.shape
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
