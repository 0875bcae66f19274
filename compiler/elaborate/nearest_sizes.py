"""Which input sizes would have done: the operation that refused, tried with the network's input a little smaller and larger."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.program import Node
from ..ops.base import Operation, Refusal, Shape
from .trial import ancestors, reshaped

MOST_WORK = 100_000
"""How many shape rules may be worked out for one message."""

OWN_WORK = 3000
"""How many of archc's own shape rules take as long as one that a text declares."""

FARTHEST = 512


def nearest_sizes(
    nodes: Sequence[Node], operation: Operation, inputs: Sequence[int], axes: Sequence[int] = (), refused: int | None = None
) -> str | None:
    """The help line with the nearest legal sizes of the network's only spatial input; None where no near size does.

    `refused` is the axis at fault, where it is one: a size that leaves it as it is helps nothing.

    Of an image that is no square the axes at fault change, where that is enough; else all spatial axes together.
    The steps before the operation must accept the size, too; those after it are not known yet.
    """
    steps = ancestors(nodes, inputs)
    roots = [node for node in steps if not node.inputs]
    if len(roots) != 1 or len(roots[0].shape) < 2:
        return None
    root = roots[0]
    if "channels" in root.axes[1:]:
        return None  # a sequence, whose length is not its last axis
    work = sum(1 if each.borrowed() is None else OWN_WORK for each in (operation, *(node.operation for node in steps)))
    spatial = tuple(range(1, len(root.shape)))
    # A square image stays square.
    alone = tuple(axis for axis in axes if axis in spatial) if len(set(root.shape[1:])) > 1 else ()
    tried = (alone, spatial) if alone else (spatial,)
    reach = min(FARTHEST, MOST_WORK // work // 2 // len(tried))
    for changed in tried:
        found = []
        for direction, most in ((-1, min(reach, *(root.shape[axis] for axis in changed)) - 1), (1, reach)):
            sizes = (_resized(root, changed, direction * step) for step in range(1, most + 1))
            size = next((size for size in sizes if _does(steps, root, size, operation, inputs, refused)), None)
            found += [_show(size)] if size is not None else []
        if found:
            return f"it would do with `{root.names[-1]}` of {' or '.join(found)} instead of {_show(root.shape)}"
    return None


def _resized(root: Node, axes: Sequence[int], by: int) -> Shape:
    return tuple(size + by if axis in axes else size for axis, size in enumerate(root.shape))


def _show(shape: Shape) -> str:
    return "x".join(map(str, shape[1:]))


def _does(steps: Sequence[Node], root: Node, size: Shape, operation: Operation, inputs: Sequence[int], refused: int | None) -> bool:
    shapes = reshaped(steps, {root.index: size}, {})
    # A map of a single row fits all that pools it: nobody has such an input. Nor does one want a path to shrink to where it is stretched.
    if shapes is None or set(size[1:]) == {1}:
        return False
    if any(set(shapes[index][1:]) == {1} != set(steps_shape[1:]) for index, steps_shape in _ends(steps, inputs)):
        return False
    if refused is not None:
        before = {node.index: node.shape for node in steps if node.index in inputs}
        if all(shapes[index][refused : refused + 1] == shape[refused : refused + 1] for index, shape in before.items()):
            return False
    try:
        operation.output(tuple(shapes[index] for index in inputs))
    except Refusal:
        return False
    return True


def _ends(steps: Sequence[Node], inputs: Sequence[int]) -> list[tuple[int, Shape]]:
    return [(node.index, node.shape) for node in steps if node.index in inputs and len(node.shape) > 1]
