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
from .paths import nodes_in


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


def kind_of(node: Node) -> str:
    """What an operation is where a part is told once for several places: its name, or "activation", which a part may be given as it is given numbers."""
    return node.operation.family if node.operation.family == "activation" else node.operation.name


@dataclass(frozen=True, slots=True)
class Outline:
    """A part, a call of the same block in it being one step: what else it does and what for, whatever the call holds."""

    nodes: tuple[Node, ...]
    """Without those of the calls."""
    calls: tuple[Scope, ...]
    wiring: tuple[object, ...]


def outline_of(graph: Graph, scope: Scope) -> Outline:
    """The outline of a call of a block. Without a call of the block in itself that are its operations, and where their operands are made."""
    steps: list[list[Node]] = []
    calls: dict[Scope, int] = {}
    step_of: dict[int, int] = {}
    for node in (graph.nodes[index] for index in nodes_in(graph, scope)):
        within = (above for above in node.scope.ancestors() if above.depth > scope.depth)
        call = next((above for above in within if (above.kind, above.template) == (scope.kind, scope.template)), None)
        place = len(steps) if call is None else calls.setdefault(call, len(steps))
        if place == len(steps):
            steps.append([])
        steps[place].append(node)
        step_of[node.index] = place
    outside: dict[int, int] = {}
    results: dict[int, dict[int, int]] = {}

    def made(place: int, source: int) -> object:
        if source not in step_of:
            return -1 - outside.setdefault(source, len(outside))
        known = results.setdefault(step_of[source], {})
        return place - step_of[source], known.setdefault(source, len(known))

    called = {place: call for call, place in calls.items()}
    wiring: list[object] = []
    for place, nodes in enumerate(steps):
        sources = [source for node in nodes for source in node.inputs if step_of.get(source) != place]
        kind = kind_of(nodes[0]) if place not in called else called[place].template
        wiring.append((kind, place in called, tuple(made(place, source) for source in sources)))
    own = tuple(node for place, nodes in enumerate(steps) if place not in called for node in nodes)
    return Outline(own, tuple(calls), tuple(wiring))


def _is_inside_a_use(scope: Scope | None) -> bool:
    """Whether a part with a name of its own around it is used again."""
    return scope is not None and any(above.shares is not None and above.names for above in scope.ancestors())
