"""What an operation's record says of a quantised network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, TypeAlias

from .shapes import Shapes

InEightBits: TypeAlias = Literal["", "computes", "exact", "passes"]
"""What an operation does with numbers of eight bits: it `computes` and rounds what it makes to a scale of its own, is `exact` on them as they
are (the largest of a window is one of them), `passes` them on in another order or shape, or works on floating-point numbers alone ("")."""


class EightBits:
    """A part of every record."""

    __slots__ = ()

    int8: ClassVar[InEightBits] = ""

    def not_int8(self, inputs: Shapes) -> str:
        """Why it stays in floating point, with these parameters and shapes; "" where it does not."""
        return "" if self.int8 else "no int8 form"

    def int8_expression(self, names: Sequence[str], inputs: Shapes, zero: int) -> str | None:
        """Where it is `exact` without a kernel of its own: its text on uint8 tensors, whose number `zero` stands for 0."""
        return None
