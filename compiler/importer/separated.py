"""Fixed tensors that hang on few of their axes, such as coordinates: the numbers that they need, and how these are stretched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import isqrt, prod

import torch

from ...base.records import dataclass

FEW = 4
"""Up to so many numbers at each place are looked at one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class Separated:
    slices: tuple[torch.Tensor, ...]
    """What each is made of, with size 1 along the axes on which it does not hang."""
    whole: tuple[int, ...]
    """The shape to which each is stretched."""
    is_stacked: bool
    """Whether they are the last axis, side by side."""


def separated(tensor: torch.Tensor, most: int) -> Separated | None:
    """The tensor in parts of together at most `most` numbers; None where it has no such parts. The whole may have other axes of as many elements."""
    is_stacked = tensor.dim() > 1 and 1 < tensor.shape[-1] <= FEW
    rows = list(tensor.unbind(-1)) if is_stacked else [tensor]
    for shape in _shapes(rows[0].shape):
        found = tuple(_smallest(row.reshape(shape)) for row in rows)
        if sum(row.numel() for row in found) <= most:
            return Separated(found, shape, is_stacked)
    return None


def _shapes(sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The shape itself, and those in which axes are rows and columns of places, or of pairs of places."""
    splits = [list(_split(size)) for size in sizes]
    if prod(map(len, splits)) <= 64:
        for parts in product(*splits):
            yield tuple(size for part in parts for size in part)


def _split(size: int) -> Iterator[tuple[int, ...]]:
    yield (size,)
    side = isqrt(size)
    if side > 1 and side * side == size:
        yield (side, side)
        inner = isqrt(side)
        if inner > 1 and inner * inner == side:
            yield (inner,) * 4


def _smallest(tensor: torch.Tensor) -> torch.Tensor:
    for axis in range(tensor.dim()):
        first = tensor.narrow(axis, 0, 1)
        if torch.equal(first.expand_as(tensor), tensor):
            tensor = first
    return tensor
