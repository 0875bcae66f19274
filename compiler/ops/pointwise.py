"""What all functions of single elements share."""

from __future__ import annotations

from collections.abc import Sequence

from ...base.records import dataclass
from .base import Backward, Operation, Shape, Shapes, product
from .strides import Layout, elementwise


@dataclass(frozen=True, slots=True)
class Pointwise(Operation):
    """Each element of the output is worked out from that of the input in its place."""

    def output(self, inputs: Shapes) -> Shape:
        return inputs[0]

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return product(output)

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return elementwise(*inputs)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return elementwise(back.gradient, self.layout(back.layouts, (back.batch, *back.output)))
