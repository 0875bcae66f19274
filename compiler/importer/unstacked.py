"""One of several tensors that were just stacked is that tensor: the last states of both directions are stacked for a reader who takes them apart."""

from __future__ import annotations

from .chains import enters
from .flat_steps import Flat


def unstacked(flat: Flat) -> None:
    """Change the list in place."""
    made, shapes, instead = flat.made(), flat.shapes(), dict[int, int]()
    for step in flat.steps:
        step.inputs = [instead.get(number, number) for number in step.inputs]
        before = made.get(enters(step))
        if step.operation != "select" or before is None:
            continue
        index, axis = step.arguments["index"], step.arguments["axis"]
        if not (isinstance(index, int) and isinstance(axis, int)):
            continue
        if before.operation == "stack" and before.arguments["axis"] == axis:
            instead[step.number] = before.inputs[index]
        elif before.operation == "reshape" and before.shape == _with_axis(shapes[enters(before)], axis):
            instead[step.number] = enters(before)
    flat.give_instead(instead)
    flat.prune()


def _with_axis(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], 1, *shape[axis:])
