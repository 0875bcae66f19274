"""Numbers that an author worked out in floating point, `1 - 0.99`, as they were meant: 0.01 and not 0.010000000000000009."""

from __future__ import annotations

from .flat_steps import Flat

DIGITS = 9
"""A number that so few digits tell is one that somebody wrote; one that is worked out (`32 ** -0.5`) has them all."""

NEAR = 1e-14
"""How near the short number must be, as a part of it: far nearer than float32, in which networks compute, can tell two numbers apart."""


def as_meant(flat: Flat) -> None:
    """Change the numbers of the steps in place."""
    for step in flat.steps:
        for name, value in step.arguments.items():
            if isinstance(value, float):
                step.arguments[name] = short(value)


def short(value: float) -> float:
    """The number with few digits that is as good as equal, or the number itself."""
    found = float(f"{value:.{DIGITS}g}")
    return found if abs(found - value) <= NEAR * abs(value) else value
