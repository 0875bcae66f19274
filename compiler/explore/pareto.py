"""The variants that nothing else beats, and which two figures that is about where nobody says it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ...base.records import dataclass

COST = "macs"
"""What a variant costs, where nobody says it."""

CAPACITY = "parameters"
"""What stands for the gain where nothing tells it. Another cost would not do: of two costs the smallest network has the least of both."""

GAINS = ("acc", "top", "map", "iou", "f1", "auc", "score", "psnr", "ssim", "bleu", "dice")
LOSSES = ("loss", "error", "err", "perplexity", "ppl", "fid", "rmse", "mae")
"""How words in the name of a column begin of which more, or less, is better."""


@dataclass(frozen=True, slots=True)
class Axes:
    """Two columns, of which more is better (`gains`) or less; `why` these, where nobody named them."""

    x: str
    y: str
    x_gains: bool = False
    y_gains: bool = False
    why: str = ""

    def __str__(self) -> str:
        x, y = (f"the most {name}" if most else f"the least {name}" for name, most in ((self.x, self.x_gains), (self.y, self.y_gains)))
        return f"on the Pareto front of {self.x} and {self.y} ({x}, {y})."


def axes_of(carried: Mapping[str, Sequence[object]]) -> Axes:
    """A cost against what one gains: a column of the list that tells it, else the parameters, as the capacity that is paid for."""
    numbers = [name for name, values in carried.items() if any(_is_number(value) for value in values)]
    for name in numbers:
        if _begins(name, LOSSES):
            return Axes(COST, name, why=f"`{name}` is taken for what one gains: less is better. `--pareto` names other columns.")
        if _begins(name, GAINS):
            return Axes(
                COST, name, y_gains=True, why=f"`{name}` is taken for what one gains: more is better. `--pareto` names other columns."
            )
    why = f"No column tells what one gains: the {CAPACITY} stand for it, as capacity. `--pareto {COST},+accuracy` names a column of a list."
    return Axes(COST, CAPACITY, y_gains=True, why=why)


def _begins(name: str, words: Sequence[str]) -> bool:
    """Whether a part of the name (`val_accuracy`, `top1.error`) begins with one of the words."""
    return any(part.startswith(word) for part in re.split(r"[^a-z0-9]+", name.lower()) for word in words)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def front(rows: Sequence[Sequence[float]], largest: Sequence[bool]) -> list[bool]:
    """Whether each row is on the Pareto front: no other is at least as good in every figure and better in one.

    `largest` says for each figure whether more is better. Two figures take a sort; more take all pairs.
    """
    signed = [tuple(-value if most else value for value, most in zip(row, largest, strict=True)) for row in rows]
    if len(largest) != 2:
        return [not any(_beats(other, row) for other in signed) for row in signed]
    best: list[bool] = [False] * len(signed)
    least = float("inf")
    order = sorted(range(len(signed)), key=lambda place: signed[place])
    for rank, place in enumerate(order):
        if signed[place][1] < least:
            least = signed[place][1]
            best[place] = True
        elif rank and signed[place] == signed[order[rank - 1]]:
            best[place] = best[order[rank - 1]]
    return best


def _beats(one: Sequence[float], two: Sequence[float]) -> bool:
    return one != two and all(a <= b for a, b in zip(one, two, strict=True))
