"""When two parts of a network are equal for a reader.

They hold the same operations with the same parameters, wired alike. Their names, the channels that reach them (the
layers of a dense block are equal) and how much they are regularised (stochastic depth rises from block to block) may
differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node, Scope


@dataclass(slots=True)
class Likeness:
    """Gives every part a number that equal parts share. `nodes` are the indices of the nodes of each part, in order."""

    graph: Graph
    nodes: Mapping[Scope, Sequence[int]]
    marks: Sequence[str] = ()
    """A word for every node, which equal ones share too; empty: none have any."""
    _known: dict[Scope, int] = field(default_factory=dict)
    _interned: dict[object, int] = field(default_factory=dict)

    def kind(self, node: Node) -> object:
        """What equal operations share."""
        kind: object = type(node.operation) if node.operation.family == "regularise" else node.operation
        return (kind, self.marks[node.index]) if self.marks else kind

    def of(self, scope: Scope) -> int:
        known = self._known.get(scope)
        if known is None:
            rows = (scope.kind, scope.template, self._wiring(self.nodes[scope], scope.parent))
            known = self._known[scope] = self._interned.setdefault(rows, len(self._interned))
        return known

    def _wiring(self, indices: Sequence[int], around: Scope | None) -> tuple[object, ...]:
        """The operations, and where their operands are made."""
        nodes = [self.graph.nodes[index] for index in indices]
        return tuple(
            (self.kind(node), made, node.training_only, self.sharing(node, around))
            for node, made in zip(nodes, operands(nodes), strict=True)
        )

    def sharing(self, node: Node, around: Scope | None) -> object:
        """Whose weights it uses. Where it is compared `around` it inside a part that is used again, equal is what was equal the first time."""
        if node.shares is not None and _is_inside_a_use(around):
            return ("again", node.index - node.shares)
        return node.shares


def operands(nodes: Sequence[Node]) -> list[tuple[int, ...]]:
    """Of each node of a part, for each operand how far back it is made or, below zero, which outer tensor it is."""
    position = {node.index: place for place, node in enumerate(nodes)}
    outside: dict[int, int] = {}
    return [
        tuple(place - position[source] if source in position else -1 - outside.setdefault(source, len(outside)) for source in node.inputs)
        for place, node in enumerate(nodes)
    ]


def _is_inside_a_use(scope: Scope | None) -> bool:
    """Whether a part with a name of its own around it is used again."""
    return scope is not None and any(above.shares is not None and above.names for above in scope.ancestors())
