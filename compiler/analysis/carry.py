"""Other shapes at the inputs, carried through the graph by the operations' own rules."""

from __future__ import annotations

from collections.abc import Mapping

from ...base.records import dataclass
from ..graph.facts import facts_of
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import Operation, Refusal, Shape


@dataclass(frozen=True, slots=True)
class Run:
    """Whether every operation that evaluation runs accepts a shape, and those of side heads too.

    `changed` is the first node whose weights it changes, of those that evaluation runs; `held` the first one of side heads.
    """

    in_evaluation: bool
    in_training: bool
    changed: Node | None
    held: Node | None
    shapes: Mapping[int, Shape]
    """Those that differ from the network's own, by the index of the node."""

    refused: Node | None = None
    """The node that evaluation ends at, for it takes no such shapes."""

    @property
    def is_built(self) -> bool:
        """Whether the module with its weights takes the shapes in evaluation."""
        return self.in_evaluation and self.changed is None


def carry(graph: Graph, start: Mapping[int, Shape], instead: Mapping[int, Operation] = {}) -> Run:
    """What comes of other shapes at some inputs; `instead`: operations in the place of those of some nodes."""
    facts = facts_of(graph)
    shapes = dict(start)
    changed: Node | None = None
    held: Node | None = None
    in_training = True
    for node in graph.nodes:
        if node.index in start or not any(index in shapes for index in node.inputs):
            continue
        if node.training_only and not in_training:
            continue
        inputs = tuple(shapes.get(index, graph.nodes[index].shape) for index in node.inputs)
        if inputs == node.input_shapes:
            continue
        try:
            output = instead.get(node.index, node.operation).output(inputs)
        except Refusal:
            in_training = False
            if not node.training_only:
                return Run(False, False, changed, held, shapes, node)
            continue
        # Weights of side heads hold training to a size, not evaluation, which does not run them.
        if node.operation.weights(inputs) != facts[node.index].weights:
            if node.training_only:
                held = held or node
            else:
                changed = changed or node
        if output != node.shape:
            shapes[node.index] = output
    return Run(True, in_training, changed, held, shapes)


def carried(graph: Graph, inputs: Mapping[int, Shape]) -> list[Shape] | None:
    """The shape of every node where the inputs have these shapes, given by the index of the node; None where the built module takes them not."""
    run = carry(graph, inputs)
    if not run.in_evaluation or run.changed is not None:
        return None
    return [run.shapes.get(node.index, node.shape) for node in graph.nodes]
