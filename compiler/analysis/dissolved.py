"""Parts that could be modules and are not called as one, because of weights that are used again."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.graph import Graph
from ..graph.program import Node, Scope


def dissolved(order: Sequence[Node], graph: Graph) -> frozenset[Scope]:
    """The parts that use weights from outside themselves, and those whose steps do not stand together in `order`.

    The generated code calls their steps one by one from the module around them (`codegen/units.py`, which also looks at the code).
    """
    # What serves a side head alone and stands outside of it is called by the network itself.
    found = _scattered([node for node in order if not node.training_only or any(scope.kind == "aux" for scope in node.scope.ancestors())])
    if all(node.shares is None for node in graph.nodes):
        return frozenset(found)
    while True:
        before = len(found)
        for node in order:
            if node.shares is not None:
                _reach(graph.nodes[node.shares].path, _modules(node.scope, found), found)
        for scope in graph.members:
            if scope.shares is None or not scope.is_module or scope in found:
                continue
            if scope.shares in found or scope.shares not in graph.members:
                found.add(scope)
            else:
                _reach(scope.shares.path, _modules(scope, found)[:-1], found)
        if len(found) == before:
            return frozenset(found)


def _modules(scope: Scope, without: set[Scope]) -> list[Scope]:
    return [row for row in scope.ancestors() if row.is_module and row not in without]


def _reach(path: tuple[str, ...], modules: Sequence[Scope], found: set[Scope]) -> None:
    """A module reaches what is inside it, or inside the one that it is a further use of."""
    for scope in reversed(modules[1:]):
        base = (scope.shares or scope).path
        if path[: len(base)] == base:
            return
        found.add(scope)


def _scattered(order: Sequence[Node]) -> set[Scope]:
    """The scopes that are left and entered again."""
    found: set[Scope] = set()
    ended: set[Scope] = set()
    open_scopes: list[Scope] = []
    last: Scope | None = None
    for node in order:
        if node.operation.family == "port" or node.scope is last:
            continue
        last = node.scope
        around = last.ancestors()
        ended.update(scope for scope in open_scopes if scope not in around)
        found.update(scope for scope in around if scope in ended)
        open_scopes = around
    return found
