"""Which step decided a size: read backwards through the nodes, only when a message needs it."""

from __future__ import annotations

from collections.abc import Sequence

from .ops.base import Operation, Shape, product, show
from .program import Node


def sets_channels(operation: Operation) -> bool:
    """Whether the operation's own arguments say how many channels it gives."""
    return any(row.name in ("channels", "features") for row in operation.parameters())


def passes_axis(node: Node, axis: int) -> bool:
    """Whether `axis` of the output is the first input's own, untouched."""
    if not node.input_shapes:
        return False
    first = node.input_shapes[0]
    if len(first) != len(node.shape) or first[axis] != node.shape[axis]:
        return False
    return not (axis == 0 and sets_channels(node.operation))


def decided_by(nodes: Sequence[Node], index: int, axis: int, stop: int | None = None) -> Node:
    """The step that decided the size of `axis` of node `index`'s output; no farther back than node `stop`."""
    node = nodes[index]
    while node.index != stop and passes_axis(node, axis):
        node = nodes[node.inputs[0]]
    return node


def main_path(nodes: Sequence[Node], index: int, stop: int | None) -> list[Node]:
    """The steps from `stop` (left out) to node `index`, along first operands."""
    path: list[Node] = []
    node = nodes[index]
    while node.index != stop and node.inputs:
        path.append(node)
        node = nodes[node.inputs[0]]
    return path[::-1]


def total_stride(nodes: Sequence[Node], index: int, stop: int | None) -> tuple[list[int], int]:
    """The strides above 1 along the path from `stop`, and their product (of the first spatial axis)."""
    strides = []
    for node in main_path(nodes, index, stop):
        windows = node.operation.windows(node.input_shapes, node.shape)
        if windows and windows[0].stride != 1 and windows[0].kernel != 0:  # a global pool has no stride to speak of
            strides.append(windows[0].stride)
    return strides, product(strides)


def chain_of_shapes(nodes: Sequence[Node], index: int, most: int = 9) -> str | None:
    """How the sizes came about, from the input: `32 -> 7 -> 3 -> 1`, for an image; None where there is nothing to tell."""
    path = main_path(nodes, index, None)
    if not path:
        return None
    shapes: list[Shape] = [path[0].input_shapes[0]] if path[0].input_shapes else []
    for node in path:
        if not shapes or node.shape != shapes[-1]:
            shapes.append(node.shape)
    if len(shapes) < 3:
        return None
    head = [] if len(shapes) <= most else [show(shapes[0]), "…"]
    return "sizes on the way: " + " -> ".join(head + [show(shape) for shape in shapes[-most:]])
