"""Sizes of a shape that follow the input's."""

from __future__ import annotations

from .known import Data
from .lower import Lowering


def following(low: Lowering, made: Data) -> list[int]:
    """The shape, in which the one size that follows the input's works itself out."""
    wide = low.wide(made.number)
    if wide is None or len(wide) != len(made.bare):
        return list(made.bare)
    free = [axis for axis, sizes in enumerate(zip(made.bare, wide, strict=True)) if sizes[0] != sizes[1]]
    return [-1 if free == [axis] else size for axis, size in enumerate(made.bare)]
