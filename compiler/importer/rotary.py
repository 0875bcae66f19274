"""Rotary positions before attention: whatever steps turn queries and keys, the map as a whole is compared with what `attention` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import asin

import torch
from torch import Tensor

from ...base.records import dataclass
from ..ops import TABLE
from .flat_steps import Plain, Step
from .tables import made_by
from .views import is_view, moved
from .waves import ROUNDED

CLOSE = 1e-3
"""How far a turned number may be from the rule's: tables worked out in single precision are off by their angle's last digit."""


def _axis(step: Step) -> int:
    axis = step.arguments.get("axis", 0)
    return axis if isinstance(axis, int) else 0


def _factor(step: Step) -> float:
    factor = step.arguments["factor"]
    assert isinstance(factor, int | float)
    return float(factor)


LINEAR: dict[str, Callable[[Step, list[Tensor]], Tensor]] = {
    "expand": lambda step, given: given[0].expand(step.shape),
    "scale": lambda step, given: given[0] * _factor(step),
    "mul": lambda step, given: given[0] * given[1],
    "add": lambda step, given: sum(given[1:], given[0]),
    "sub": lambda step, given: given[0] - given[1],
    "concat": lambda step, given: torch.cat(given, _axis(step)),
    "stack": lambda step, given: torch.stack(given, _axis(step)),
}
"""Steps of which sines, cosines and turns are made, beside views; of a product one factor is a fixed tensor."""

FIXED: dict[str, Callable[[Step, list[Tensor]], Tensor]] = {
    "constant": lambda step, given: made_by(TABLE["constant"](**_told(step.arguments)))[0].double().reshape(step.shape),
    "sin": lambda step, given: given[0].sin(),
    "cos": lambda step, given: given[0].cos(),
}
"""Steps of which the tables themselves are made."""


def _told(arguments: Mapping[str, Plain]) -> dict[str, Plain]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in arguments.items()}


def before_turn(made: Mapping[int, Step], number: int) -> tuple[int, list[Step]] | None:
    """The tensor that a tensor is a linear map of, and the steps of the map in order; None where it is none of one tensor alone."""
    roots: set[int] = set()
    steps: dict[int, Step] = {}
    waiting = [number]
    while waiting:
        step = made.get(current := waiting.pop())
        if current in steps or current in roots:
            continue
        if step is not None and (is_view(step) or step.operation in LINEAR or step.operation in FIXED):
            steps[current] = step
            waiting += step.inputs
        else:
            roots.add(current)
    if len(roots) != 1:
        return None
    (root,) = roots
    order = [step for step in made.values() if steps.get(step.number) is step]
    reached = {root}
    for step in order:
        moving = [source in reached for source in step.inputs]
        if any(moving):
            # A sum with a fixed tensor, or a sine of what comes in, is no linear map.
            if step.operation in FIXED or all(moving) == (step.operation == "mul"):
                return None
            reached.add(step.number)
    return root, order


def probe(shape: tuple[int, ...]) -> Tensor:
    """Random numbers, the same each time."""
    return torch.rand(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def mapped(root: int, steps: Sequence[Step], given: Tensor) -> Tensor:
    """What the steps make of a tensor."""
    values = {root: given}
    for step in steps:
        rows = [values[number] for number in step.inputs]
        rule = LINEAR.get(step.operation) or FIXED.get(step.operation)
        values[step.number] = moved([step], rows[0]) if rule is None else rule(step, rows)
    return values[steps[-1].number] if steps else given


@dataclass(frozen=True, slots=True)
class Turn:
    """By what base a head's features turn, how many of them, and whether neighbours do so with each other, or one half with the other."""

    base: float
    size: int
    pairs: bool

    def of(self, plain: Tensor) -> Tensor:
        """What `attention` makes of [..., length, size]."""
        plain, rest = plain[..., : self.size], plain[..., self.size :]
        half = self.size // 2
        angles = torch.arange(plain.shape[-2], dtype=torch.float64)[:, None] * self.base ** (
            -torch.arange(half, dtype=torch.float64) / half
        )
        first, second = (plain[..., ::2], plain[..., 1::2]) if self.pairs else plain.chunk(2, -1)
        rows = [first * angles.cos() - second * angles.sin(), second * angles.cos() + first * angles.sin()]
        return torch.cat([torch.stack(rows, -1).flatten(-2) if self.pairs else torch.cat(rows, -1), rest], -1)


def turn_of(found: Tensor, plain: Tensor) -> Turn | None:
    """How `attention` turns one tensor of [..., length, size] into the other; None where it does not."""
    length = plain.shape[-2]
    # What stands behind the features that are turned is as it was.
    changed = (found != plain).flatten(0, -2).any(0).nonzero()
    size = int(changed[-1]) + 1 if len(changed) else 0
    if size % 2 or size < 4 or length < 2:
        return None
    half = size // 2
    for pairs in (False, True):
        # Of the slowest pair at the second place: what is 10000 in the text must not come out as 9999.97, and a small sine has the most digits.
        slowest = slice(size - 2, size) if pairs else slice(half - 1, size, half)
        first, second = (row[..., 1, slowest].reshape(-1, 2)[0] for row in (plain, found))
        sine = float((first[0] * second[1] - first[1] * second[0]) / (first * first).sum())
        if 0 < sine < 1:
            turn = Turn(float(f"{asin(sine) ** (-half / (half - 1)):.6g}"), size, pairs)
            if turn.base > 1 and torch.allclose(found, turn.of(plain), atol=CLOSE + ROUNDED * length):
                return turn
    return None
