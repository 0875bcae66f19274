"""Blocks through which maps of several sizes run beside each other, as HRNet's and a feature pyramid's do: a box would hide what they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..graph.graph import Graph
from ..graph.program import Scope
from .edges import is_read


def streams(graph: Graph, nodes: Mapping[Scope, Sequence[int]]) -> set[Scope]:
    """The blocks, of those whose nodes are given, that take maps of several sizes and give maps of several sizes."""
    return {scope for scope, inside in nodes.items() if scope.kind == "block" and _is_one(graph, frozenset(inside))}


def _is_one(graph: Graph, inside: frozenset[int]) -> bool:
    taken, given = set(), set()
    for index in inside:
        node = graph.nodes[index]
        for operand, source in enumerate(node.inputs):
            if source not in inside and len(shape := graph.nodes[source].shape) > 2 and is_read(graph.nodes, (source, index, operand)):
                taken.add(shape[1:])
        if len(node.shape) > 2 and any(user.index not in inside for user in graph.users(node)):
            given.add(node.shape[1:])
    return len(taken) > 1 and len(given) > 1
