"""Tensors of one number an image: [batch] in PyTorch, [batch, 1] here, for the language's have an axis at least."""

from __future__ import annotations

from ..ops import TABLE
from .flat_steps import Flat, Step
from .unsaid import Unsaid

FAMILIES = frozenset(("activation", "elementwise"))
EACH_BY_ITSELF = frozenset(("add", "mul", "div", "sub", "maximum", "minimum", "mean", "scale", "identity", "dropout", "drop_path", "?"))
"""What works alike on a tensor with an axis of 1 and on one without: further operations, beside those of the families."""


def with_an_axis(flat: Flat) -> None:
    """Change the list in place. Raises `Unsaid` where a step makes one number and has no form that keeps an axis."""
    flows, bare = {row.number for row in flat.inputs}, set[int]()
    shapes, last = flat.shapes(), 0
    for row in flat.inputs:
        if not row.shape:
            bare.add(row.number)
            row.shape = (1,)
    for step in list(flat.steps):
        if not flows.intersection(step.inputs):
            continue
        flows.add(step.number)
        if step.operation == "stack" and bare.issuperset(step.inputs):
            step.operation, step.arguments = "concat", {"axis": 0}
        if step.shape:
            continue
        bare.add(step.number)
        step.shape = (1,)
        for place, number in enumerate(step.inputs):
            if number not in flows and not shapes[number]:  # one that is learned or fixed
                step.inputs[place] = last = max(last, *shapes) + 1
                flat.steps.insert(flat.steps.index(step), Step(last, "reshape", {"shape": [1]}, [number], (1,), step.path))
        length = shapes.get(step.inputs[0], (1,))
        if step.operation == "select" and len(length) == 1:
            index = step.arguments["index"]
            assert isinstance(index, int)
            first = index % length[0]
            step.operation, step.arguments = "slice", {"axis": 0, "start": first, "stop": first + 1}
        elif step.operation == "reduce" and len(length) == 1:
            step.arguments["keep"] = True
        elif step.operation == "reshape":
            step.arguments["shape"] = [1]
        elif step.operation not in EACH_BY_ITSELF and TABLE[step.operation].family not in FAMILIES:
            raise Unsaid(f"`{step.operation}` that leaves one number an image")
