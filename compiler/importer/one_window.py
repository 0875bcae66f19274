"""A map that is one window: written as the windows that it is cut into elsewhere in the model.

Where a window is as large as the map, PyTorch's views come to less than where there are several: rows and columns become one axis, and
nothing is cut. Such steps are said as their like in other blocks says them, so that the blocks are one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import torch

from ..ops.base import Refusal
from .axes import record_of
from .flat_steps import Flat, Plain, Step
from .views import moved, numbered

MOVES = frozenset(("rearrange", "reshape", "flatten", "permute", "tokens"))
"""What the views around one window may have come to."""

WITHIN = frozenset(("attention", "linear", "ln", "dropout", "identity"))
"""Steps that do with each window alone what they do with the map, where its channels stand last."""

Shape = tuple[int, ...]
Arguments = dict[str, Plain]


Windows = tuple[Step, list[Step], Step]
"""What cuts a map, the steps with its windows, and what puts these together."""


def one_window(flat: Flat) -> None:
    """Change the list in place, after `rearranged`."""
    rows = list(_windows(flat))
    known: dict[str, list[tuple[Arguments, Arguments]]] = defaultdict(list)
    for first, _, last in rows:
        both = first.arguments, last.arguments
        if first.operation == last.operation == "rearrange" and both not in known[_kin(first)]:
            known[_kin(first)].append(both)
    shapes = flat.shapes()
    for first, inside, last in rows:
        found = _like(first, last, shapes, known[_kin(first)])
        if found is not None:
            first.operation = last.operation = "rearrange"
            first.arguments, last.arguments = found
            for step in (first, *inside):
                step.shape = (1, *step.shape)


def _like(
    first: Step, last: Step, shapes: Mapping[int, Shape], known: list[tuple[Arguments, Arguments]]
) -> tuple[Arguments, Arguments] | None:
    """What cuts and puts together elsewhere, where that does the same to a map of one window."""
    into, within = shapes[first.inputs[0]], shapes[last.inputs[0]]
    for cut, together in known:
        if _is_same(first, into, cut, into, (1, *first.shape)):
            for row in _in_one(together):
                if _is_same(last, within, row, (1, *within), last.shape):
                    return dict(cut), row
    return None


def _windows(flat: Flat) -> Iterator[Windows]:
    readers: dict[int, list[Step]] = defaultdict(list)
    for reader in flat.steps:
        for number in reader.inputs:
            readers[number].append(reader)
    read = {number for _, number in (*flat.outputs, *flat.side_outputs)}
    for first in [step for step in flat.steps if step.operation in MOVES and len(step.inputs) == 1]:
        inside: list[Step] = []
        step: Step | None = first
        while step is not None:
            following = readers[step.number] if step.number not in read else []
            last = following[0] if len(following) == 1 and len(following[0].inputs) == 1 else None
            if last is not None and last.operation in MOVES and inside:
                yield first, inside, last
            step = last if last is not None and last.operation in WITHIN else None
            inside += [step] if step is not None else []


def _kin(step: Step) -> str:
    """The name that its module and modules like it have, whatever their numbers."""
    return next((name for name in reversed(step.path.split(".")) if not name.isdigit()), "")


def _in_one(together: Arguments) -> Iterator[Arguments]:
    """What puts windows together, for one window: a size that is told becomes 1."""
    return ({**together, name: 1} for name in together if name != "pattern")


def _is_same(step: Step, own: Shape, arguments: Arguments, into: Shape, made: Shape) -> bool:
    """Whether a pattern makes `made` of `into`, with each element where the step has it that takes `own`."""
    like = Step(step.number, "rearrange", arguments, step.inputs, made, step.path)
    try:
        return record_of(like).output((into,)) == made and torch.equal(_moved(like, into).flatten(), _moved(step, own).flatten())
    except Refusal:
        return False


def _moved(step: Step, shape: Shape) -> torch.Tensor:
    """Where each element of a tensor of this shape comes to stand."""
    if step.operation != "rearrange":
        return moved([step], numbered(shape))
    expression = record_of(step).expression(["x"], (shape,))
    made: torch.Tensor = eval(expression or "", {"x": numbered((1, *shape))})[0]  # the text of the record itself
    return made
