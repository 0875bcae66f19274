"""Which input sizes would have done: the operation that refused, tried with the network's input a little smaller and larger."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.program import Node
from ..ops.base import Operation, Refusal
from .trial import ancestors, reshaped

MOST_WORK = 100_000
"""How many shape rules may be worked out for one message."""

OWN_WORK = 3000
"""How many of archc's own shape rules take as long as one that a text declares."""

FARTHEST = 512


def nearest_sizes(nodes: Sequence[Node], operation: Operation, inputs: Sequence[int]) -> str | None:
    """The help line with the nearest legal sizes of the network's only spatial input; None where no near size does.

    All spatial axes of the input change together. The steps before the operation must accept the size, too; those after it
    are not known yet.
    """
    steps = ancestors(nodes, inputs)
    roots = [node for node in steps if not node.inputs]
    if len(roots) != 1 or len(roots[0].shape) < 2:
        return None
    root = roots[0]
    if "channels" in root.axes[1:]:
        return None  # a sequence, whose length is not its last axis
    work = sum(1 if each.borrowed() is None else OWN_WORK for each in (operation, *(node.operation for node in steps)))
    reach = min(FARTHEST, MOST_WORK // work // 2)
    smaller = next(
        (delta for delta in range(-1, -min(reach, min(root.shape[1:])), -1) if _does(steps, root, delta, operation, inputs)), None
    )
    larger = next((delta for delta in range(1, reach + 1) if _does(steps, root, delta, operation, inputs)), None)
    found = [_show(root, delta) for delta in (smaller, larger) if delta is not None]
    if not found:
        return None
    return f"it would do with `{root.names[-1]}` of {' or '.join(found)} instead of {_show(root, 0)}"


def _show(root: Node, delta: int) -> str:
    return "x".join(str(size + delta) for size in root.shape[1:])


def _does(steps: Sequence[Node], root: Node, delta: int, operation: Operation, inputs: Sequence[int]) -> bool:
    shapes = reshaped(steps, {root.index: (root.shape[0], *(size + delta for size in root.shape[1:]))}, {})
    # A map of a single row fits all that pools it: nobody has such an input.
    if shapes is None or all(size + delta == 1 for size in root.shape[1:]):
        return False
    try:
        operation.output(tuple(shapes[index] for index in inputs))
    except Refusal:
        return False
    return True
