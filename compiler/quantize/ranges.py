"""Which numbers each tensor takes, and the grids that lose least of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ..emit.fast.build import Fast
from ..rewrite.eight_bits import HIGHEST, Grid
from .watch import run

if TYPE_CHECKING:
    from torch import Tensor

VALUES = 1 << 15
"""How many numbers of a tensor are kept to choose its grid by, of all samples together."""

SHARES = tuple(share / 40 for share in range(12, 41))
"""Which parts of the range are tried: cutting off the rarest numbers makes the steps finer for all others."""


@dataclass(slots=True)
class Range:
    """Of one tensor: the smallest and the largest number, and some of the others."""

    low: float = 0.0
    high: float = 0.0
    values: list[Tensor] = field(default_factory=list)

    @property
    def is_finite(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)

    def take(self, value: Tensor, most: int) -> None:
        low, high = float(value.min()), float(value.max())  # both are `nan` where one number is, which Python's `min` would pass over
        self.low, self.high = (low, high) if math.isnan(low) else (min(self.low, low), max(self.high, high))
        flat = value.detach().flatten()
        # Another start each time, so that a period of the tensor's sizes is no period of what is taken.
        step = max(1, flat.numel() // most) | 1
        self.values.append(flat[len(self.values) % step :: step].clone())


def observe(made: Fast, batches: Sequence[Sequence[Tensor]], wanted: Iterable[int]) -> dict[int, Range]:
    """The ranges of the tensors of the `wanted` nodes over all batches."""
    found = {index: Range() for index in wanted}
    most = max(256, VALUES // len(batches))

    def seen(index: int, value: Tensor) -> Tensor:
        if index in found:
            found[index].take(value, most)
        return value

    for given in batches:
        run(made, given, seen)
    return found


def grids(ranges: Mapping[int, Range], pairs: Iterable[tuple[int, int]], cut: bool) -> dict[int, Grid]:
    """A grid for every tensor, those of a pair alike. With `cut` the rarest numbers may lie beyond it."""
    family = {index: index for index in ranges}

    def head(index: int) -> int:
        while family[index] != index:
            index = family[index]
        return index

    for one, other in pairs:
        first, second = sorted((head(one), head(other)))
        family[second] = first
    members: dict[int, list[Range]] = {}
    for index, row in ranges.items():
        members.setdefault(head(index), []).append(row)
    chosen = {index: _grid(rows, SHARES if cut else SHARES[-1:]) for index, rows in members.items()}
    return {index: chosen[head(index)] for index in ranges}


def _grid(rows: Sequence[Range], shares: Sequence[float]) -> Grid:
    """Of the grids that hold a part of the range, the one with the least square error."""
    import torch

    low, high = min(row.low for row in rows), max(row.high for row in rows)
    values = torch.cat([value for row in rows for value in row.values])
    tried = dict.fromkeys(Grid.between(low * share, high * share) for share in shares)
    return min(tried, key=lambda grid: float((nearest(values, grid) - values).square().sum()))


def nearest(value: Tensor, grid: Grid) -> Tensor:
    """The numbers of the grid that a tensor's are rounded to."""
    import torch

    return torch.fake_quantize_per_tensor_affine(value, grid.scale, grid.zero, 0, HIGHEST)
