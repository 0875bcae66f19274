"""Positions of a map that stand in one axis for a while: what works on each of them alone works on the map as it stands.

A block that writes `x.reshape(B, -1, C)` before its perceptron and `x.reshape(B, H, W, C)` behind it has sizes in it that say nothing: without
the two views it is the same, at any size.
"""

from __future__ import annotations

from collections import defaultdict
from math import prod

from ..ops import TABLE
from .flat_steps import Flat, Step
from .one_number import EACH_BY_ITSELF, FAMILIES

Shape = tuple[int, ...]

ALONG_LAST = frozenset(("linear", "ln"))
"""What works along the last axis, wherever it is told to."""


def unfolded(flat: Flat) -> None:
    """Change the list in place, before `rearranged`."""
    shapes, instead = flat.shapes(), dict[int, int]()
    readers = _readers(flat)
    read = {number for _, number in (*flat.outputs, *flat.side_outputs)}
    seen: set[int] = set()
    for first in flat.steps:
        sides = _sides(first, shapes)
        if sides is None or first.number in seen:
            continue
        found = _between(first, sides, shapes, readers, flat.made())
        if found is None or read & {step.number for step in found}:
            continue
        seen |= {step.number for step in found}
        for step in found:
            if _sides(step, shapes) == sides:
                instead[step.number] = step.inputs[0]
            else:
                step.shape = (*sides, *step.shape[1:])
            for reader in readers[step.number]:
                if reader not in found and reader.shape == (*sides, *shapes[step.number][1:]):
                    instead[reader.number] = step.number
    for step in flat.steps:
        step.inputs = [_end(instead, number) for number in step.inputs]
    flat.outputs = [(name, _end(instead, number)) for name, number in flat.outputs]
    flat.side_outputs = [(name, _end(instead, number)) for name, number in flat.side_outputs]
    flat.prune()


def _readers(flat: Flat) -> dict[int, list[Step]]:
    found: dict[int, list[Step]] = defaultdict(list)
    for step in flat.steps:
        for number in step.inputs:
            found[number].append(step)
    return found


def _end(instead: dict[int, int], number: int) -> int:
    while number in instead:
        number = instead[number]
    return number


def _sides(step: Step, shapes: dict[int, Shape]) -> Shape | None:
    """The sides of a map that a step makes one axis, where it does."""
    if step.operation != "reshape" or len(step.inputs) != 1 or len(step.shape) != 2:
        return None
    *sides, channels = shapes[step.inputs[0]]
    return tuple(sides) if len(sides) > 1 and step.shape == (prod(sides), channels) else None


def _between(
    first: Step, sides: Shape, shapes: dict[int, Shape], readers: dict[int, list[Step]], made: dict[int, Step]
) -> list[Step] | None:
    """What stands between such steps and those that cut the axis again; None where anything else reads it."""
    found: dict[int, Step] = {}
    waiting = [first]
    ends = 0
    while waiting:
        step = waiting.pop()
        if step.number in found:
            continue
        if step.again is not None or step.shared:
            return None
        found[step.number] = step
        for number in step.inputs if _sides(step, shapes) != sides else ():
            if number not in made or len(shapes[number]) != 2:
                return None
            waiting.append(made[number])
        for reader in readers[step.number]:
            if reader.operation == "reshape":
                if len(reader.shape) < 3 or reader.shape[0] == prod(sides):
                    return None
                ends += 1
            elif not _is_alone(reader):
                return None
            else:
                waiting.append(reader)
    inner = [step for step in found.values() if _sides(step, shapes) != sides]
    return list(found.values()) if ends and all(_is_alone(step) and step.inputs for step in inner) else None


def _is_alone(step: Step) -> bool:
    """Whether a step works on each position by itself."""
    if step.operation in ALONG_LAST:
        return step.arguments.get("last") is True
    if step.operation not in TABLE or step.key is not None or step.arguments.get("broadcast") is True:
        return False
    record = TABLE[step.operation]
    works_on_axes = any(row.kind.names_axes for row in record.parameters())
    return not works_on_axes and (step.operation in EACH_BY_ITSELF or record.family in FAMILIES)
