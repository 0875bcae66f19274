"""Program to the networkx graph: the form that analyses, pictures, rewrites and code generators read.

The graph is a `networkx.MultiDiGraph`: an operand that is given twice is two edges. Its node ids are the unique paths
(`layer1.0.conv1`), its edges carry `operand`, the position among the user's inputs, as their key. It is never edited
after it was built; a rewrite makes a new program and a new graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ..ops.base import Weight
from .program import Node, Program, Scope

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True, eq=False)
class Graph:
    """Typed access to a program's nodes, edges and scopes."""

    program: Program

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, in order of evaluation."""
        return self.program.nodes

    @property
    def inputs(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.operation.name == "input")

    @property
    def outputs(self) -> tuple[Node, ...]:
        """The output nodes of inference, in order; those of aux heads are left out."""
        return tuple(node for node in self.nodes if node.operation.name == "output" and not node.training_only)

    def operands(self, node: Node) -> tuple[Node, ...]:
        """The nodes whose outputs `node` reads, in order."""
        return tuple(self.nodes[index] for index in node.inputs)

    def shared(self, part: Node | Scope) -> str:
        """Whose weights a step or part uses again, by its unique path; "" where it has its own, or none."""
        if isinstance(part, Node):
            owner = None if part.shares is None else self.nodes[part.shares]
            return owner.unique if owner is not None and owner.weights else ""
        if part.shares is None or part not in self._sharing:
            return ""
        return part.shares.unique or part.shares.title

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

    @cached_property
    def _uses(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        uses: list[list[tuple[int, int]]] = [[] for _ in self.nodes]
        for node in self.nodes:
            for operand, index in enumerate(node.inputs):
                uses[index].append((node.index, operand))
        return tuple(tuple(row) for row in uses)

    def users(self, node: Node) -> tuple[Node, ...]:
        """The nodes that read `node`'s output, in order of evaluation, once for each operand."""
        return tuple(self.nodes[index] for index, _ in self._uses[node.index])

    def integers(self, node: Node) -> int | None:
        """Where a node holds whole numbers, for a table behind it that perhaps other steps only move them to: how many there are."""
        found = [
            user.operation.reads_integers() or (self.integers(user) if user.operation.family == "shape" else None)
            for user in self.users(node)
        ]
        return min((count for count in found if count is not None), default=None)

    def edges(self) -> Iterator[tuple[Node, Node, int]]:
        """Producer, user and the position of the operand, in order of the user."""
        for node in self.nodes:
            for operand, index in enumerate(node.inputs):
                yield self.nodes[index], node, operand

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

    @cached_property
    def networkx(self) -> networkx.MultiDiGraph[str]:
        """The graph for whoever knows networkx. A node's attributes: `node` (the record), `operation` (the word),
        `path`, `shape`, `span`, `via`, `weights` (name to shape), `macs`, `flops`."""
        import networkx as nx

        graph: networkx.MultiDiGraph[str] = nx.MultiDiGraph(name=self.program.name)
        for node in self.nodes:
            graph.add_node(
                node.unique,
                node=node,
                operation=node.operation.name,
                path=node.path,
                shape=node.shape,
                span=node.span,
                via=node.via,
                weights={weight.name: weight.shape for weight in node.weights},
                macs=node.macs,
                flops=node.flops,
            )
        for producer, user, operand in self.edges():
            graph.add_edge(producer.unique, user.unique, key=operand, operand=operand)
        return graph
