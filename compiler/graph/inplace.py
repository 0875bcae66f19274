"""Where an operation may write its output over its input.

The one place that decides it: the code generator writes `inplace=True` where this says so in every module of one class, and
the memory analysis counts no new tensor there. A rule of its own in either would make the other wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from .graph import Graph
from .program import Node, Scope


def may_overwrite(graph: Graph, node: Node) -> bool:
    """Whether `node` may work in place on its first input.

    Its record must be able to; nobody else may read that tensor (a second operand, a side head, an output of the
    network); the backward pass of what made it must not need it; and it must be a tensor of its own: no input of the
    network, no view, and nothing that is the identity in evaluation and so hands on a tensor that others may read.
    """
    operation = node.operation
    if not operation.may_work_in_place or not node.inputs:
        return False
    producer = graph.nodes[node.inputs[0]]
    return (
        producer.operation.output_may_be_overwritten
        and not producer.operation.is_view
        and not producer.operation.training_only
        and producer.operation.family != "port"
        and producer.shape == node.shape
        and len(graph.users(producer)) == 1
    )


@lru_cache(maxsize=2)
def overwrites(graph: Graph) -> Sequence[bool]:
    """Whether each node does work in place: where modules are made alike they have one class, and all of them must allow it.

    The code generator tells classes by more than is compared here; at worst a node is taken not to work in place which does.
    """
    allowed = [may_overwrite(graph, node) for node in graph.nodes]
    modules: dict[Scope, list[Node]] = {}
    for node in graph.nodes:
        modules.setdefault(node.scope.module, []).append(node)
    alike: dict[tuple[object, ...], list[list[Node]]] = {}
    for scope, nodes in modules.items():
        if scope.parent is not None and any(node.operation.may_work_in_place for node in nodes):
            alike.setdefault(_made(graph, scope, nodes), []).append(nodes)
    for group in alike.values():
        for row in zip(*group, strict=True):
            if not all(allowed[node.index] for node in row):
                for node in row:
                    allowed[node.index] = False
    return allowed


def _made(graph: Graph, scope: Scope, nodes: Sequence[Node]) -> tuple[object, ...]:
    """What the nodes of one module are called and do, and which of them read one another."""
    places = {node.index: place for place, node in enumerate(nodes)}
    depth = len(scope.path)
    rows: list[tuple[object, ...]] = []
    for node in nodes:
        for index in node.inputs:
            places.setdefault(index, -len(places) - 1)  # from outside, told apart
        rows.append((node.operation.name, node.path[depth:] if node.shares is None else (), *(places[index] for index in node.inputs)))
    return (scope.template, *rows)
