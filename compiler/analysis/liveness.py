"""Which tensors share a storage, and how long the running module holds each.

Two things keep a tensor alive while a network is evaluated: Python (a variable or an argument of a `forward` that has
not returned) and, in training, autograd (`memory.py`). The order is that of the generated module: node by node, a module
scope at a time; an argument of a module lives until that module returns, and a variable until it is assigned again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..graph import Graph
from ..program import Node, Scope
from .inplace import may_overwrite


@dataclass(frozen=True, slots=True)
class Storages:
    """`root[i]` is the node that made the storage in which the output of node `i` lies."""

    root: tuple[int, ...]

    @staticmethod
    def of(graph: Graph, training: bool) -> Storages:
        root: list[int] = []
        for node in graph.nodes:
            root.append(root[node.inputs[0]] if node.inputs and _writes_elsewhere(graph, node, training) else node.index)
        return Storages(tuple(root))

    def makes(self, node: Node) -> bool:
        """Whether the output of `node` is a new storage."""
        return self.root[node.index] == node.index


def _writes_elsewhere(graph: Graph, node: Node, training: bool) -> bool:
    operation = node.operation
    return (
        operation.is_view
        or operation.family == "port"
        or (operation.training_only and not training)
        or may_overwrite(graph, node)
    )


def releases(graph: Graph, order: Sequence[Node]) -> list[int]:
    """For each node (by index), the position in `order` after which Python holds its output no more.

    Nodes that are not in `order` do not run; a tensor that nothing reads is let go of at once, an output never.
    """
    position = {node.index: place for place, node in enumerate(order)}
    ends: dict[Scope, int] = {}
    for place, node in enumerate(order):
        scope: Scope | None = node.scope.module
        while scope is not None:
            ends[scope] = place
            scope = scope.parent.module if scope.parent is not None else None
    held = [-1] * len(graph.nodes)
    for node in order:
        last = position[node.index]
        for user in graph.users(node):
            if user.index not in position:
                continue
            if user.operation.family == "port":
                last = len(order)
                break
            last = max(last, _call_end(node, user, position, ends))
        held[node.index] = last
    return held


def _call_end(node: Node, user: Node, position: dict[int, int], ends: dict[Scope, int]) -> int:
    """When the call returns that the frame which holds `node`'s output makes with it: the user itself, or a module around it."""
    above = {id(scope) for scope in node.scope.module.ancestors()}
    callee: Scope | None = None
    scope = user.scope.module
    while id(scope) not in above and scope.parent is not None:
        callee = scope
        scope = scope.parent.module
    return position[user.index] if callee is None else ends[callee]
