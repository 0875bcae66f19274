"""What the backward pass of an operation finds, from which its record tells the memory that it needs."""

from __future__ import annotations

from ...base.records import dataclass
from .shapes import Shape, Shapes, product
from .strides import Layout


@dataclass(frozen=True, slots=True)
class Backward:
    """What the backward pass of one call finds. Layouts have the batch; shapes, as everywhere, do not.

    `gradient` is how that of the output lies; `freed` the elements that are free when it is let go of: none where something else
    holds it, more than its own where it is a part of a larger one. `wanted` tells whether each input's gradient is made, `kept_alone`
    whether nothing else keeps the input itself, `distinct` whether the inputs are different tensors. Where a
    gradient of the input is there already, what comes is added to it at once, and `freed_by_sum` elements are free then; `waiting` tells
    of each input whether one is there that nothing else holds.
    """

    inputs: Shapes
    output: Shape
    batch: int
    layouts: tuple[Layout, ...]
    gradient: Layout
    freed: int
    wanted: tuple[bool, ...]
    kept_alone: tuple[bool, ...]
    distinct: bool
    freed_by_sum: int = 0
    waiting: tuple[bool, ...] = ()

    @property
    def elements(self) -> int:
        """Those of the output, of the whole batch."""
        return product(self.output) * self.batch

    @property
    def made(self) -> int:
        """Elements of the gradients of all inputs that are wanted."""
        return sum(product(shape) for shape, wanted in zip(self.inputs, self.wanted, strict=True) if wanted) * self.batch

    def sizes(self, number: int) -> tuple[int, ...]:
        """Of an input, with the batch."""
        return (self.batch, *self.inputs[number])


def copied_gradient(back: Backward, made: int) -> int:
    """Elements of the copy of an output's gradient that must lie otherwise, beside the `made` ones that are worked out from the copy."""
    return max(back.elements - made, back.elements - back.freed)
