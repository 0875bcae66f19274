"""What two modules answer, side by side: how far it differs, and whether that shows anything."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

from ...base.records import dataclass

if TYPE_CHECKING:
    from torch import Tensor

TINY = 1e-12
"""What counts as nothing, where all of an answer is 0."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The largest difference relative to the largest number of a tensor; infinite where one has a number and the other has none.

    `numbers` is how many finite numbers of the reference were compared, `ranges` the least and the largest of each tensor.
    """

    difference: float
    numbers: int
    ranges: tuple[tuple[float, float], ...]


def compared(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> Compared:
    """`ours` beside `theirs`, whose shapes are equal. NaN and infinities must stand in the same places."""
    import torch

    difference, numbers, ranges = 0.0, 0, []
    for one, other in zip(ours, theirs, strict=True):
        one, other = (row if row.is_floating_point() or row.is_complex() else row.double() for row in (one, other))
        finite = torch.isfinite(other)
        if not torch.equal(finite, torch.isfinite(one)) or not torch.equal(other.isnan(), one.isnan()):
            difference = inf
        rest = torch.isinf(other)
        if rest.any() and not torch.equal(other[rest], one[rest]):
            difference = inf
        count = int(finite.sum())
        numbers += count
        if not count:
            continue
        one, other = (row if count == row.numel() else row[finite] for row in (one, other))
        found = float((one - other).abs().max() / other.abs().max().clamp_min(TINY))
        difference = max(difference, inf if found != found else found)
        sizes = other.abs() if other.is_complex() else other
        ranges.append((float(sizes.min()), float(sizes.max())))
    return Compared(difference, numbers, tuple(ranges))


def shows_nothing(rows: Sequence[Compared]) -> bool:
    """Whether all answers of several runs hold one number each: then they are right whatever comes before."""
    columns = zip(*(row.ranges for row in rows), strict=False)
    return all(min(least for least, _ in column) == max(largest for _, largest in column) for column in columns)
