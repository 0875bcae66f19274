"""Which step decided a size: read backwards through the nodes, only when a message needs it."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from ..ops.base import Operation, Shape, show
from .program import Node


def short(text: str, most: int = 60) -> str:
    """A text on one line, and not too long to stand in a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def width_parameter(operation: Operation) -> str | None:
    """The parameter that says how many channels the operation gives, if its own arguments say it."""
    return next((row.name for row in operation.parameters() if row.name in ("channels", "features")), None)


def passes_axis(node: Node, axis: int) -> bool:
    """Whether `axis` of the output is the first input's own, untouched."""
    if not node.input_shapes:
        return False
    first = node.input_shapes[0]
    if len(first) != len(node.shape) or first[axis] != node.shape[axis]:
        return False
    width = width_parameter(node.operation)
    return width is None or axis != (0 if width == "channels" else len(first) - 1)


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


def total_stride(nodes: Sequence[Node], index: int, stop: int | None) -> str:
    """How much the path from `stop` shrinks the first spatial axis: `stride 4 = 2 * 2`, `stride 1/2`; "" where it keeps the size."""
    from fractions import Fraction  # only a message needs it, and it brings decimal along

    factors: list[Fraction] = []
    for node in main_path(nodes, index, stop):
        windows = node.operation.windows(node.input_shapes, node.shape)
        # A global pool (kernel 0) has no stride to speak of.
        if windows and windows[0].kernel != 0 and windows[0].stride != windows[0].upscale:
            factors.append(Fraction(windows[0].stride, windows[0].upscale))
    total = prod(factors, start=Fraction(1))
    if total == 1:
        return ""
    return f"stride {total}" + (f" = {' * '.join(str(factor) for factor in factors)}" if len(factors) > 1 else "")


def lost_rows(nodes: Sequence[Node], index: int, stop: int | None) -> list[str]:
    """The steps from `stop` to node `index` whose windows leave the last rows of an axis unread, each as a sentence."""
    told = []
    for node in main_path(nodes, index, stop):
        for axis, window in enumerate(node.operation.windows(node.input_shapes, node.shape) or (), 1):
            size = node.input_shapes[0][axis]
            last = (node.shape[axis] - 1) * window.stride - window.before + window.dilation * (window.kernel - 1)
            if window.kernel > 1 and window.upscale == 1 and last < size - 1:
                told.append(f"`{short(node.span.text)}` at {node.span} reads {last + 1} of {size} rows and drops the rest")
                break
    return told


def has_even_half(operation: Operation) -> bool:
    """Whether the operation has an even window that its `pad = half` cannot centre."""
    return getattr(operation, "pad", None) == "half" and not has_odd_window(operation)


def has_odd_window(operation: Operation) -> bool:
    """Whether the operation has a window that `pad = half` can centre, or none."""
    kernel = getattr(operation, "kernel", None)
    sizes = kernel if isinstance(kernel, tuple) else (kernel,)
    return all(not isinstance(size, int) or size % 2 == 1 for size in sizes)


def parting(nodes: Sequence[Node], ends: Sequence[int]) -> int | None:
    """The last step from which all of `ends` come; None where they share none."""
    shared: set[int] | None = None
    for end in set(ends):
        seen = {end}
        stack = [end]
        while stack:
            for index in nodes[stack.pop()].inputs:
                if index not in seen:
                    seen.add(index)
                    stack.append(index)
        shared = seen if shared is None else shared & seen
    return max(shared) if shared else None


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
