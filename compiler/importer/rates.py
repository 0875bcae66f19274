"""Probabilities of `drop_path` that rise from step to step, as papers write them: parts of one largest rate."""

from __future__ import annotations

from typing import Any

from ...base.records import dataclass
from .tree import Body, Op, Scope, walk


@dataclass(frozen=True, slots=True)
class Rate:
    """`most * step / steps`."""

    most: float
    step: Any
    steps: int

    def __repr__(self) -> str:
        return f"drop_rate / {self.steps}" if self.step == 1 else f"drop_rate * {self.step} / {self.steps}"


@dataclass(frozen=True, slots=True)
class Rising:
    """A rate that rises from round to round, from this one on, by as many steps as a round has blocks."""

    first: Rate
    every: int = 1

    def __repr__(self) -> str:
        more = f"{self.every} * i" if self.every > 1 else "i"
        step = f"({self.first.step} + {more})" if self.first.step else more
        return f"drop_rate * {step} / {self.first.steps}"


def rates(body: Body) -> Rate | None:
    """Write the rates as parts of the largest, where all are, in steps and in what constructors were given. None where they are not."""
    columns = [item.arguments["p"] for item, _ in walk(body) if isinstance(item, Op) and item.operation[0] == "drop_path"]
    values = [float(column[0]) for column in columns]
    positive = sorted({value for value in values if value > 0})
    if len(positive) < 2:
        return None
    gap = min(later - earlier for earlier, later in zip([0.0, *positive], positive, strict=False))
    if any(abs(value / gap - round(value / gap)) > 1e-3 for value in values) or positive[-1] / gap > 1000:
        return None
    last = round(positive[-1] / gap)
    # The rate of the paper is a round number that the last step, or what would come after it, has.
    steps = min(range(last, last + 3), key=lambda count: (len(f"{count * gap:.6g}"), count))
    most = float(f"{steps * gap:.6g}")
    for column in columns:
        column[0] = Rate(most, round(column[0] / gap), steps)
    for item, _ in walk(body):
        for column in item.arguments.values() if isinstance(item, Scope) else []:
            value = column[0]
            if isinstance(value, float) and 0 <= value <= most and abs(value / gap - round(value / gap)) < 1e-3:
                column[0] = Rate(most, round(value / gap), steps)
    return Rate(most, steps, steps)
