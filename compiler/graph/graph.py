"""The graph that analyses, pictures, rewrites and code generators read: a `networkx.MultiDiGraph`, with typed access.

`Graph.networkx` is lowered from the program (`lower.py`) when the first question about edges is asked: networkx takes as
long to import as ten Pythons to start, and `archc check` has no such question. It is never edited; a rewrite makes
a new program and a new graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ..ops.base import Weight
from .program import Node, Program, Scope

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True, eq=False)
class Graph:
    """Typed access to a program's nodes, edges and scopes. Nodes are told by their index, in networkx by their unique path."""

    program: Program
    trusted: bool = False
    """Whether code that is not archc's, the classes of the user's own operations, may be run for it."""

    def __reduce__(self) -> tuple[type[Graph], tuple[Program, bool]]:
        """Pickles and copies hold the program; what is derived from it is derived again."""
        return Graph, (self.program, self.trusted)

    @cached_property
    def networkx(self) -> networkx.MultiDiGraph[str]:
        """The graph itself, as `lower` says."""
        from .lower import lower

        return lower(self.program)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, in order of evaluation."""
        return self.program.nodes

    @property
    def trunk(self) -> tuple[Node, ...]:
        """The steps of inference: what serves side heads alone is left out, and so are inputs and outputs."""
        return tuple(node for node in self.nodes if not (node.training_only or node.is_port))

    @property
    def inputs(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.operation.name == "input")

    @property
    def outputs(self) -> tuple[Node, ...]:
        """The output nodes of inference, in order; those of aux heads are left out."""
        return tuple(node for node in self.nodes if node.operation.name == "output" and not node.training_only)

    def operands(self, node: Node) -> tuple[Node, ...]:
        """The nodes whose outputs `node` reads, in order."""
        return self._incoming[node.unique]

    @cached_property
    def _records(self) -> dict[str, Node]:
        return {name: attributes["node"] for name, attributes in self.networkx.nodes(data=True)}

    @cached_property
    def _incoming(self) -> dict[str, tuple[Node, ...]]:
        """For each node the producers of its operands, in order."""
        records = self._records
        return {
            user: tuple(records[producer] for _, producer in sorted((operand, name) for name, edges in row.items() for operand in edges))
            for user, row in self.networkx.pred.items()
        }

    @cached_property
    def _outgoing(self) -> dict[str, tuple[Node, ...]]:
        """For each node its users, once for each operand."""
        records = self._records
        return {
            producer: tuple(records[name] for name, edges in row.items() for _ in edges) for producer, row in self.networkx.succ.items()
        }

    def shared(self, part: Node | Scope) -> str:
        """Whose weights a step or part uses again, by its unique path; "" where it has its own, or none."""
        if isinstance(part, Node):
            owner = None if part.shares is None else self.nodes[part.shares]
            return owner.unique if owner is not None and owner.weights else ""
        if part.shares is None or part not in self._sharing:
            return ""
        return part.shares.unique or part.shares.title

    @cached_property
    def lenders(self) -> frozenset[Node | Scope]:
        """The steps and parts that others say they use again: a picture has to tell which they are."""
        steps = (node for node in self.nodes if self.shared(node) and not any(scope.shares for scope in node.scope.ancestors()))
        parts = (scope.shares for scope in self._sharing if scope.shares is not None)
        return frozenset((*(self.nodes[node.shares] for node in steps if node.shares is not None), *parts))

    def weights(self, node: Node) -> tuple[Weight, ...]:
        """The tensors that are counted at a node: its own. Where only a side head runs their owner, its first user in the trunk has them."""
        if node.index in self._heirs:
            return node.operation.weights(node.input_shapes)
        return () if node.index in self._heirs.values() else node.weights

    @cached_property
    def _heirs(self) -> dict[int, int]:
        """Nodes of the trunk that use weights whose owner runs in training alone: the first of them for each owner."""
        owners: dict[int, int] = {}
        for node in self.nodes:
            if node.shares is not None and self.nodes[node.shares].training_only and not node.training_only:
                owners.setdefault(node.shares, node.index)
        return {heir: owner for owner, heir in owners.items()}

    @cached_property
    def _sharing(self) -> frozenset[Scope]:
        """The parts with a step that uses another's weights."""
        return frozenset(scope for node in self.nodes if self.shared(node) for scope in node.scope.ancestors())

    def users(self, node: Node) -> tuple[Node, ...]:
        """The nodes that read `node`'s output, in order of evaluation, once for each operand."""
        return self._outgoing[node.unique]

    def integers(self, node: Node) -> int | None:
        """Where a node holds whole numbers, for a table behind it that perhaps other steps only move them to: how many there are."""
        import networkx as nx

        records = self._records

        def movers(name: str) -> Iterator[str]:
            at = records[name]
            moves = name == node.unique or at.operation.only_moves()
            return self.networkx.successors(name) if moves else iter(())

        reached = nx.generic_bfs_edges(self.networkx, node.unique, neighbors=movers)
        found = [records[name].operation.reads_integers() for _, name in reached]
        return min((count for count in found if count is not None), default=None)

    def edges(self) -> Iterator[tuple[Node, Node, int]]:
        """Producer, user and the position of the operand, in order of the user."""
        for node in self.nodes:
            for operand, producer in enumerate(self.operands(node)):
                yield producer, node, operand

    def needed_by(self, ends: Iterable[Node]) -> frozenset[int]:
        """The indices of `ends` and of all that they depend on."""
        import networkx as nx

        records = self._records
        layers = nx.bfs_layers(self.networkx.reverse(copy=False), [node.unique for node in ends])
        return frozenset(records[name].index for layer in layers for name in layer)

    @cached_property
    def members(self) -> dict[Scope, tuple[Node | Scope, ...]]:
        """What stands directly in each scope, in order of first appearance. Inputs and outputs stand in the root scope."""
        members: dict[Scope, list[Node | Scope]] = {self.program.root: []}
        for node in self.nodes:
            child: Node | Scope = node
            scope: Scope | None = node.scope
            while scope is not None:
                known = scope in members
                members.setdefault(scope, []).append(child)
                if known:
                    break
                child, scope = scope, scope.parent
        return {scope: tuple(row) for scope, row in members.items()}
