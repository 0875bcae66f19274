"""Names of steps that only together are wrong: labels with dots reach into parts that have names of their own."""

from __future__ import annotations

from collections.abc import Iterable

from ...base.diagnostics import Diagnostic, Label
from ..graph.program import Node


def collision(nodes: Iterable[Node]) -> Diagnostic | None:
    """E209 for the first two steps of one key, or for a step whose key begins with that of another step.

    The second would become a part of the first one's module: `y.weight` beside `y: ln(affine = false)` would be the weight of the norm.
    """
    steps: dict[tuple[str, ...], Node] = {}
    for node in nodes:
        if node.is_port or node.shares is not None or node.use > 1:
            continue
        earlier = steps.setdefault(node.path, node)
        if earlier is not node:
            return _refused(node, earlier, f"two steps are named `{node.key}`", "named again here", "first named here")
    for node in steps.values():
        for length in range(1, len(node.path)):
            holder = steps.get(node.path[:length])
            if holder is not None and holder.span != node.span:  # else it is another result of the same step
                message = f"`{node.key}` would be a part of the step `{holder.key}`, whose module has parts of its own"
                return _refused(node, holder, message, "named as a part of another step", f"`{holder.key}`")
    return None


def _refused(node: Node, other: Node, message: str, here: str, there: str) -> Diagnostic:
    return Diagnostic(
        "E209",
        message,
        Label(node.span, here),
        (Label(other.span, there),),
        help="give one of them another label; a label with dots is a path: what stands before a dot is a container",
    )
