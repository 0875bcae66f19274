"""What a rewrite is: a graph that computes the same from fewer, larger steps, and what its weights are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import ClassVar

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import Weight
from .weights import Recipe, Stored


def weight_key(node: str, weight: Weight) -> str:
    """The key of a node's weight; some stand alone under the node's own name."""
    return f"{node}.{weight.name}" if weight.name else node


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A graph on its way, with a recipe for every weight of its nodes (by `weight_key` of the node's `unique`).

    `gains` tells in words what each rewrite that changed something has won.
    """

    graph: Graph
    weights: Mapping[str, Recipe] = field(default_factory=dict)
    gains: tuple[str, ...] = ()

    @staticmethod
    def of(graph: Graph) -> Rewritten:
        """The graph as it was compiled: every weight is the stored one."""
        return Rewritten(
            graph,
            {
                weight_key(node.unique, weight): Stored(weight.shape, weight_key(node.key, weight))
                for node in graph.nodes
                for weight in node.weights
            },
        )


@dataclass(frozen=True, slots=True)
class Property:
    """Something that holds of a graph, or does not: `offenders` finds the nodes where it does not."""

    name: str
    offenders: Callable[[Graph], tuple[Node, ...]] = field(compare=False)

    def holds(self, graph: Graph) -> bool:
        return not self.offenders(graph)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The base of every rewrite: a frozen dataclass whose fields are its options.

    `requires` must hold of the graph that it is given; `ensures` holds of the one that it returns. What a network puts out
    when it is evaluated stays the same, up to rounding.
    """

    name: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    """One sentence: what it does, and when that is legal."""
    requires: ClassVar[tuple[Property, ...]] = ()
    ensures: ClassVar[tuple[Property, ...]] = ()

    def apply(self, state: Rewritten) -> Rewritten:
        raise NotImplementedError
